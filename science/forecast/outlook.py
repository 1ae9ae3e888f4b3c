"""What one form says at every origin: medians, spreads and how shocks stay, on its own scale and back on y's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from science.forecast.transform import Power
from science.table import FloatArray


@dataclass(frozen=True)
class Origins:
    """Where forecasts are made from: after n, n-1, ... values."""

    lengths: tuple[int, ...]  # longest first
    h: int


@dataclass(frozen=True)
class Outlook:
    """The forecasts of one form from origins (n first, then n-1, n-2, ...)."""

    name: str
    lags: tuple[int, ...]  # the differences that the form stands on
    power: Power
    mean: FloatArray  # (origins, h) on the transformed scale, without the season that was taken out
    sigma: FloatArray  # (origins,) of one shock
    psi: FloatArray  # (h,) what a shock leaves j steps later, by the fit at the first origin; earlier ones share it
    season: FloatArray  # (origins, h) what to multiply by, or to add
    multiplicative: bool
    fitted: FloatArray  # (n,) one step ahead, on the scale of y; NaN where there is none
    parameters: Mapping[str, float]
    root: FloatArray | None = None  # (h, h) exact root of the errors' covariance / sigma^2, where psi alone is not exact
    stretch: FloatArray | None = None  # (origins, h) what standard errors are multiplied by, because gaps were filled

    @cached_property
    def spread(self) -> FloatArray:
        """Standard errors on the transformed scale over sigma, (h,)."""
        squares: FloatArray = (self.root**2).sum(axis=1) if self.root is not None else np.cumsum(self.psi**2)
        spread: FloatArray = np.sqrt(squares)
        return spread

    def shocks(self) -> FloatArray:
        """Return the (h, h) lower triangular matrix that turns unit shocks into errors on the transformed scale."""
        shocks = self._unstretched()
        return shocks if self.stretch is None else self.stretch[0][:, None] * shocks

    def _unstretched(self) -> FloatArray:
        if self.root is not None:
            exact: FloatArray = self.sigma[0] * self.root
            return exact
        h = len(self.psi)
        lower = np.subtract.outer(np.arange(h), np.arange(h))
        shocks: FloatArray = np.where(lower >= 0, self.sigma[0] * self.psi[np.maximum(lower, 0)], 0.0)
        return shocks

    @cached_property
    def median(self) -> FloatArray:
        """Return the medians on y's scale: (origins, h)."""
        return self.quantile(0.0)

    def quantile(self, z: float | FloatArray, origins: slice = slice(None)) -> FloatArray:
        """Return on y's scale what lies z standard errors above the median: (origins, h)."""
        return self.restored(self.mean[origins] + z * self._errors[origins], origins)

    def expected(self) -> FloatArray:
        """Return the mean on y's scale at the first origin, (h,)."""
        variance = self._errors[0] ** 2
        if not self.multiplicative:
            return self.power.mean(self.mean[0] + self.season[0], variance)
        expected: FloatArray = self.power.mean(self.mean[0], variance) * self.season[0]
        return expected

    def restored(self, x: FloatArray, origins: slice = slice(None)) -> FloatArray:
        """Bring values of the transformed scale back on y's."""
        season = self.season[origins]
        restored: FloatArray = self.power.back(x) * season if self.multiplicative else self.power.back(x + season)
        return restored

    def within(self, low: FloatArray, high: FloatArray) -> Outlook:
        """Bring medians that are outside these bounds, (origins, h) on y's scale, to the nearer one."""
        nearer = np.clip(self.median, low, high)
        outside = (nearer != self.median) & ((nearer > 0) | (self.power.exponent is None))
        if not outside.any():
            return self
        kept = np.where(outside, nearer, self.median)
        x = self.power.forward(kept / self.season) if self.multiplicative else self.power.forward(kept) - self.season
        return replace(self, mean=np.where(outside, x, self.mean))

    def steepness(self) -> FloatArray:
        """Return how much y moves per unit of the transformed scale, at the median: (origins, h)."""
        x = self.mean if self.multiplicative else self.mean + self.season
        slope: FloatArray = self.power.slope(x)
        return slope * self.season if self.multiplicative else slope

    @cached_property
    def standard_error(self) -> FloatArray:
        """Return the standard errors on y's scale, to first order: (origins, h)."""
        error: FloatArray = np.abs(self.steepness()) * self._errors
        return error

    def latest(self) -> Outlook:
        """Return what is said from the first origin alone."""
        stretch = None if self.stretch is None else self.stretch[:1]
        return replace(self, mean=self.mean[:1], sigma=self.sigma[:1], season=self.season[:1], stretch=stretch)

    @cached_property
    def _errors(self) -> FloatArray:
        """Standard errors on the transformed scale, (origins, h)."""
        errors: FloatArray = self.sigma[:, None] * self.spread
        return errors if self.stretch is None else errors * self.stretch
