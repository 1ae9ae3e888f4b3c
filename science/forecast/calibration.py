"""How wide intervals have to be to hold what they promise: the model's own, widened by what its forecasts have missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from scipy.special import ndtri, stdtrit

from science.forecast.mixture import Mixture
from science.table import BoolArray, FloatArray

# Measured on half of M3 and M4 and on earlier parts of all, as the next four.
CHOSEN = 3.0  # over n: what intervals of short series miss one step ahead, because a form was chosen
GROWTH = 7.0  # over n: how much more they miss as the steps go on, in logarithms of the cycles ahead
FREEDOM = 5  # degrees of freedom of the errors: how far off forecasts are differs more than the model knows
PRIOR_ORIGINS = 64.0  # origins that the model's own variance counts for, against those observed
PRIOR_FADES = 300.0  # values after which that prior has halved
FARTHEST = 1e6  # standard errors: beyond it only an overflow is new
WORST = 9.0  # an origin's mean squared standardised error counts as this at most: an outlier says less of the next than of itself
BEST = 0.02  # and that of all origins as this at least: a few good guesses do not make a forecast certain


@dataclass(frozen=True)
class Calibration:
    """How much wider than the model's own the intervals are made, and with which tails."""

    learned: float  # what earlier origins widen every step by
    origins: int
    shortness: float  # 1 / n of the series that it was measured on; 0 for intervals as the model has them
    season: int  # steps of a cycle; 1 without a season, and where it is weak
    freedom: float  # degrees of freedom of Student's t; infinite for the normal distribution

    def multipliers(self, h: int) -> FloatArray:
        """Return what the model's standard error of each step is multiplied by, (h,)."""
        cycles = np.arange(h) / self.season
        widened: FloatArray = self.learned * (1 + self.shortness * (CHOSEN + GROWTH * np.log1p(cycles)))
        return widened

    def quantile(self, level: float) -> float:
        """Return how many standard errors are between the median and a bound of `level` percent."""
        upper = 0.5 + level / 200
        if self.freedom == inf:
            return float(ndtri(upper))
        return float(stdtrit(self.freedom, upper)) * sqrt((self.freedom - 2) / self.freedom)


OWN = Calibration(1.0, 0, 0.0, 1, inf)


def calibrate(y: FloatArray, known: BoolArray, mixture: Mixture, lengths: Sequence[int], season: int) -> Calibration:
    """Learn from K earlier origins how much wider intervals have to be: sqrt(r)^(K / (nu + K)), of nu origins' worth of prior.

    y: (n,) with gaps filled, of which only what is known is scored; lengths: of the mixture's origins, n first; season: the
    steps of a cycle, 1 for none. r is the mean squared standardised error, 1 if the model is right; its logarithm is what is
    shrunken. To this come the widths that grow with the steps, and the tails, that a Calibration has.
    """
    n, h = len(y), mixture.outlooks[0].mean.shape[1]
    median, errors = mixture.median, mixture.standard_error
    ahead = np.minimum(n - np.array(lengths), h)
    places = np.array(lengths)[:, None] + np.arange(h)
    there = np.arange(h) < ahead[:, None]
    there &= known[np.where(there, places, 0)]
    scored = np.flatnonzero(there.any(axis=1) & (errors[:, 0] > 0))
    there = there[scored]
    actual = y[np.where(there, places[scored], 0)]
    z = np.divide(actual - median[scored], errors[scored], out=np.zeros(there.shape), where=there)
    squares = np.minimum(WORST, (np.clip(z, -FARTHEST, FARTHEST) ** 2).sum(axis=1) / there.sum(axis=1))
    count = len(squares)
    observed = float(squares.mean()) if count else 1.0
    prior = PRIOR_ORIGINS / (1 + n / PRIOR_FADES)
    learned = max(observed, BEST) ** (0.5 * count / (prior + count))
    return Calibration(learned, count, 1 / n, season, FREEDOM)
