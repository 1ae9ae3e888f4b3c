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

    def energies(self, B: np.ndarray) -> np.ndarray:
        """Return the whitened residual energy: (..., p) to (...)."""
        return self.residuals.energies(B - self.network(B))

    def contributions(self, B: np.ndarray) -> np.ndarray:
        """Return what each column adds to the energy. Shape of B."""
        return self.residuals.contributions(B - self.network(B))

    def expected(self, B: np.ndarray) -> np.ndarray:
        """Return the reconstruction, and what it usually lacks."""
        return np.asarray(self.network(B) + self.residuals.mean)
