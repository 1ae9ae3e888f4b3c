"""Log and Box-Cox, with the median and the mean of what comes back told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import boxcox

from science.table import FloatArray

HIGHEST = 700.0  # exp of more is infinite
STEEPEST = 1e200  # a derivative of more says no more, and its products overflow


@dataclass(frozen=True)
class Power:
    """The Box-Cox transform of one lambda: 0 is the logarithm, None leaves y as it is."""

    exponent: float | None = None

    @property
    def name(self) -> str:
        return {None: "none", 0.0: "log"}.get(self.exponent, f"boxcox({self.exponent})")

    def forward(self, y: FloatArray) -> FloatArray:
        """Transform y, which is positive unless the exponent is None; where it is above 0, what back() gives below zero, too."""
        if self.exponent is None:
            return y
        transformed: FloatArray = boxcox(np.abs(y), self.exponent)  # (y^lambda - 1) / lambda, exact near a lambda of 0 too
        return transformed if self.exponent <= 0 else np.where(y < 0, -transformed - 2 / self.exponent, transformed)

    def back(self, x: FloatArray) -> FloatArray:
        """Return to the scale of y: quantiles to quantiles, so a mean on this scale becomes a median there.

        With an exponent above 0 the curve goes on below zero as its mirror image (R's InvBoxCox).
        """
        if self.exponent is None:
            return x
        if self.exponent == 0:
            grown: FloatArray = np.exp(np.clip(x, -HIGHEST, HIGHEST))
            return grown
        base = self.exponent * x
        below = (base < -1) & (self.exponent > 0)
        with np.errstate(divide="ignore"):
            logarithm = np.log1p(np.where(below, -base - 2, np.maximum(base, -1.0))) / self.exponent
        size = np.exp(np.clip(logarithm, -HIGHEST, HIGHEST))
        return np.where(below, -size, size)

    def reached(self, y: FloatArray) -> FloatArray:
        """Return y, or NaN where a forecast went past the highest value that the transform has (R's InvBoxCox: NA).

        Only a negative exponent has one: y^lambda cannot fall below 0, whatever a trend of the transformed series says.
        """
        if self.exponent is None or self.exponent >= 0:
            return y
        highest = self.back(np.array(np.inf))
        return np.where(y < np.sqrt(highest), y, np.nan)  # an average may hold part of it

    def slope(self, x: FloatArray) -> FloatArray:
        """Return the derivative of back() at x."""
        if self.exponent is None:
            return np.ones_like(x)
        y = np.maximum(np.abs(self.back(x)), 1e-300)
        if self.exponent == 0:
            return y
        with np.errstate(over="ignore"):
            return np.minimum(y ** (1 - self.exponent), STEEPEST)

    def mean(self, x: FloatArray, variance: FloatArray) -> FloatArray:
        """Return the mean on the scale of y of what has mean x and this variance here: to second order, as forecast's biasadj."""
        y = self.back(x)
        if self.exponent is None:
            return y
        with np.errstate(over="ignore", divide="ignore"):
            curved = y * (1 + 0.5 * variance * (1 - self.exponent) / np.maximum(np.abs(y), 1e-300) ** (2 * self.exponent))
        adjusted: FloatArray = np.where(np.isfinite(curved), curved, y)
        return adjusted


NONE, LOG = Power(), Power(0.0)
