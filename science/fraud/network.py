"""The forward pass of a trained autoencoder in NumPy, and the whitened energy of what it fails to reconstruct."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from science.fraud.whitening import Whitening

Activation = Literal["relu", "linear"]


@dataclass(frozen=True)
class Layer:
    """A dense layer. weights: (inputs, outputs) float32, bias: (outputs,) float32."""

    weights: np.ndarray
    bias: np.ndarray
    activation: Activation


@dataclass(frozen=True)
class Network:
    """Layers applied one after the other."""

    layers: tuple[Layer, ...]

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Reconstruct X: (..., p) float32 to the same shape."""
        for layer in self.layers:
            X = X @ layer.weights
            X += layer.bias
            if layer.activation == "relu":
                np.maximum(X, 0.0, out=X)
        return X


@dataclass(frozen=True)
class Autoencoder:
    """A network and the whitening of its residuals on the training rows."""

    network: Network
    residuals: Whitening

    def deviations(self, B: np.ndarray) -> np.ndarray:
        """Return the residuals of rows (..., p) less their mean."""
        return self.residuals.deviations(B - self.network(B))

    def energies(self, D: np.ndarray) -> np.ndarray:
        """Return the whitened energy of residuals: (..., p) to (...)."""
        return self.residuals.energies(D)

    def contributions(self, D: np.ndarray) -> np.ndarray:
        """Return what each column adds to the energy. Shape of D."""
        return self.residuals.contributions(D)

    def expected(self, B: np.ndarray, D: np.ndarray) -> np.ndarray:
        """Return the reconstruction of rows B, and what it usually lacks."""
        return np.asarray(B - D)
