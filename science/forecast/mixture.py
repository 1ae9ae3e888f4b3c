"""An average of forms: weighed by how they forecast from earlier origins, with one set of shocks behind them all.

If every form sees the same shock, the error of the average is the average of the errors, shock by shock: so the average has
psi weights too. And it is not known which form is right: how far each is from the average is one more error, drawn once for
all steps, whose variance is added (as between models in Draper 1995; within them it is that of the shared shocks, which is at
most the mean of theirs). Both together give variances, covariances of sums and simulated paths. A single form is an average
of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from science.forecast.outlook import Outlook
from science.table import BoolArray, FloatArray, IntArray

STEEPEST = 6.0  # the highest power of the errors' ratio that weights are made of
PER_POWER = 20.0  # values of the series per power: a short series cannot tell good forms from lucky ones
NEGLIGIBLE = 1e-3  # a smaller weight counts as none
FAR = 8.0  # standard errors from the middle of the forms, beyond which one is left out: it fitted an outlier, or runs away
WIDE = 2.0  # the same of its standard errors, over their geometric mean: it has the wrong scale for this series
APART = 1.5  # standard errors from the middle of the forms that are left, to which those further away are drawn
PRIOR = {"ar": 0.25, "holt": 8.0}  # prior weights of forms without a season, where they are not 1


@dataclass(frozen=True)
class Mixture:
    """Forms, and their weights at every origin, which use only what was known there."""

    outlooks: tuple[Outlook, ...]
    weights: FloatArray  # (forms, origins)
    positive: bool  # y is, so that intervals stay so

    @cached_property
    def median(self) -> FloatArray:
        """(origins, h) on y's scale."""
        return self._averaged(self._medians)

    @cached_property
    def standard_error(self) -> FloatArray:
        """(origins, h) on y's scale, to first order."""
        shared = self._averaged(np.stack([outlook.standard_error for outlook in self.outlooks]))
        unit = np.abs(self._apart).max(axis=0)  # in which squares do not overflow
        shares = np.divide(self._apart, unit, out=np.zeros_like(self._apart), where=unit > 0)
        error: FloatArray = np.hypot(shared, unit * np.sqrt(self._averaged(shares**2)))
        return error

    def mean(self) -> FloatArray:
        """Return the means, (h,), of the forecasts from the last origin."""
        means = np.stack([outlook.expected() for outlook in self.outlooks])
        return self.weights[:, 0] @ means

    def shocks(self) -> FloatArray:
        """Return the (h, h + forms) matrix that turns unit shocks into errors on y's scale, to first order.

        The last columns are those of the doubt which form is right.
        """
        pairs = zip(self.outlooks, self.weights[:, 0], strict=True)
        shared: FloatArray = sum(w * outlook.steepness()[0][:, None] * outlook.shocks() for outlook, w in pairs)
        doubt = (np.sqrt(self.weights[:, :1]) * self._apart[:, 0]).T
        return np.hstack([shared, doubt])

    @property
    def alone(self) -> Outlook | None:
        """The form, if there is only one."""
        return self.outlooks[0] if len(self.outlooks) == 1 else None

    def bounds(self, z: FloatArray, origins: slice = slice(None)) -> tuple[FloatArray, FloatArray]:
        """Return lower and upper bounds, (origins, h), that are z, (h,), standard errors from the median.

        Those of a single form are mapped from its own scale.
        """
        if self.alone is not None:
            return self.alone.quantile(-z, origins), self.alone.quantile(z, origins)
        return around(self.median[origins], z * self.standard_error[origins], positive=self.positive)

    def bounds_of_sum(self, total: FloatArray, half_width: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return bounds of a sum of steps; those about a single form's are as far on its own scale, to first order."""
        if self.alone is None:
            return around(total, half_width, positive=self.positive)
        power = self.alone.power
        x = power.forward(total)
        apart = half_width / power.slope(x)
        return power.back(x - apart), power.back(x + apart)

    def paths(self, shocks: FloatArray, generator: np.random.Generator) -> FloatArray:
        """Return simulated futures, (paths, h), of standardised shocks (paths, h); of each, one of the forms is right."""
        total: FloatArray = self._apart[generator.choice(len(self.outlooks), size=len(shocks), p=self.weights[:, 0]), 0]
        for outlook, weight in zip(self.outlooks, self.weights[:, 0], strict=True):
            x = outlook.mean[0] + shocks @ outlook.shocks().T
            total += weight * outlook.restored(x, slice(0, 1))
        return total

    def reached(self, y: FloatArray) -> FloatArray:
        """Return y, or NaN past the highest value that the forms' transform has; where they have several, none has one."""
        return self.outlooks[0].power.reached(y)

    def fitted(self) -> FloatArray:
        """Return the average of the forms' one-step forecasts, (n,), of those that have one; NaN where none has."""
        fitted = np.stack([outlook.fitted for outlook in self.outlooks])
        known = np.isfinite(fitted)
        share = self.weights[:, 0] @ known
        total = self.weights[:, 0] @ np.where(known, fitted, 0.0)
        averaged: FloatArray = np.divide(total, share, out=np.full(len(total), np.nan), where=share > 0)
        return averaged

    def latest(self) -> Mixture:
        """Return the mixture at the last origin alone: what the forecast is made of, without what it was judged by."""
        kept = np.flatnonzero(self.weights[:, 0] > 0)
        return Mixture(tuple(self.outlooks[i].latest() for i in kept), self.weights[kept, :1], self.positive)

    @cached_property
    def _apart(self) -> FloatArray:
        """How far each form's median is from the average: (forms, origins, h)."""
        apart: FloatArray = self._medians - self.median
        return apart

    @cached_property
    def _medians(self) -> FloatArray:
        return np.stack([outlook.median for outlook in self.outlooks])

    def _averaged(self, values: FloatArray) -> FloatArray:
        averaged: FloatArray = np.einsum("co,coh->oh", self.weights, values)
        return averaged


def around(median: FloatArray, half_width: FloatArray, *, positive: bool) -> tuple[FloatArray, FloatArray]:
    """Return bounds; of a positive series the lower one is as far below in ratio as it would be in units, if there is a ratio."""
    if not positive:
        return median - half_width, median + half_width
    centre = np.maximum(median, np.finfo(float).tiny)
    with np.errstate(over="ignore", under="ignore"):
        lower = np.where(median > 0, median * np.exp(-half_width / centre), median - half_width)
    return lower, median + half_width


def single(outlook: Outlook, *, positive: bool) -> Mixture:
    """Return the average of one form."""
    return Mixture((outlook,), np.ones((1, len(outlook.mean))), positive)


def average(y: FloatArray, known: BoolArray, outlooks: Sequence[Outlook], lengths: Sequence[int], season: int) -> Mixture:
    """Weigh forms by their mean absolute errors from earlier origins, more sharply the longer the series.

    y: (n,) with gaps filled, of which only what is known is looked at; lengths: of the origins, n first. Forms that are
    negligible at every origin are left out, and at each origin those whose forecasts, or standard errors, are far from what
    the others say.
    """
    outlooks = [o for o in outlooks if np.isfinite(o.mean).all() and np.isfinite(o.median).all()]
    prior = np.array([PRIOR.get(outlook.name, 1.0) if season == 1 else 1.0 for outlook in outlooks])
    medians, errors = np.stack([o.median for o in outlooks]), np.stack([o.standard_error for o in outlooks])
    totals = _cumulated_errors(y, known, medians, lengths)
    weights = _weights(totals, prior, np.array(lengths), y)
    errors = np.maximum(errors, 1e-12 * float(np.mean(np.abs(y))) + np.finfo(float).tiny)
    weights = _without(_far(medians, errors, weights), weights)
    weights = _without(_wide(errors, weights), weights)
    kept = np.flatnonzero(weights.max(axis=1) > 0)
    return together([outlooks[i] for i in kept], weights[kept], positive=bool(y.min() > 0))


def together(outlooks: Sequence[Outlook], weights: FloatArray, *, positive: bool) -> Mixture:
    """Average forms by these weights, (forms, origins), after those that stand apart were drawn to the middle."""
    middle = _middle(np.stack([o.median for o in outlooks]), weights)
    apart = APART * _middle(np.stack([o.standard_error for o in outlooks]), weights)
    low, high = middle - apart, middle + apart
    return Mixture(tuple(o.within(low, high) for o in outlooks), weights, positive)


def _far(medians: FloatArray, errors: FloatArray, weights: FloatArray) -> BoolArray:
    """Tell which forms forecast, at any step, far from the weighted median: (forms, origins)."""
    away = np.abs(medians - _middle(medians, weights)) / _middle(errors, weights)
    far: BoolArray = away.max(axis=2) > FAR
    return far


def _wide(errors: FloatArray, weights: FloatArray) -> BoolArray:
    ratios = np.exp(np.log(errors) - np.einsum("co,coh->oh", weights, np.log(errors)))
    wide: BoolArray = ratios.mean(axis=2) > WIDE
    return wide


def _middle(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the weighted median over the forms: (origins, h) of values (forms, origins, h)."""
    order = np.argsort(values, axis=0)
    below = np.cumsum(np.take_along_axis(np.broadcast_to(weights[:, :, None], values.shape), order, axis=0), axis=0)
    place = np.argmax(below >= 0.5 - 1e-12, axis=0)[None]
    middle: FloatArray = np.take_along_axis(values, np.take_along_axis(order, place, axis=0), axis=0)[0]
    return middle


def _without(left_out: BoolArray, weights: FloatArray) -> FloatArray:
    """Share the weights of what is left out among the rest, at the origins where there is a rest."""
    kept = np.where(left_out, 0.0, weights)
    totals = kept.sum(axis=0)
    rest: FloatArray = np.divide(kept, totals, out=weights.copy(), where=totals > 0)
    return rest


def _cumulated_errors(y: FloatArray, known: BoolArray, medians: FloatArray, lengths: Sequence[int]) -> FloatArray:
    """Sum absolute errors over 1, 2, ... steps: (forms, origins, h); steps beyond y, and into gaps, add nothing."""
    places = np.array(lengths)[:, None] + np.arange(medians.shape[2])
    within = places < len(y)
    places = np.where(within, places, 0)
    errors = np.where(within & known[places], np.abs(medians - y[places]), 0.0)
    return np.cumsum(errors, axis=2)


def _weights(totals: FloatArray, prior: FloatArray, lengths: IntArray, y: FloatArray) -> FloatArray:
    """Weigh the forms at every origin by the errors already seen there, from the origins before it: (forms, origins)."""
    ahead = np.clip(lengths[:, None] - lengths, 0, totals.shape[2])  # (origins, origins before)
    seen = (ahead > 0).sum(axis=1)
    shares = (ahead > 0) / np.maximum(ahead, 1)
    loss = (totals[:, np.arange(len(lengths)), np.maximum(ahead, 1) - 1] * shares).sum(axis=2) / np.maximum(seen, 1)
    loss = np.maximum(loss, 1e-12 * float(np.mean(np.abs(y))) + np.finfo(float).tiny)
    powers = np.where(seen > 0, np.minimum(STEEPEST, lengths / PER_POWER), 0.0)
    weights = prior[:, None] * (loss / loss.min(axis=0)) ** -powers
    weights /= weights.sum(axis=0)
    weights[(weights < NEGLIGIBLE) & (seen > 0)] = 0.0
    kept: FloatArray = weights / weights.sum(axis=0)
    return kept
