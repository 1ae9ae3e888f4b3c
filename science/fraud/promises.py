"""Does a detector do on new legitimate rows what it promised: an alert in a hundred at 50, usual energies, scores that differ?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.fraud.fit import Fit, Scores
from science.fraud.holdout import Holdout
from science.fraud.network import Autoencoder
from science.fraud.rarity import LEAST
from science.fraud.reference import ELEVATED
from science.fraud.weighted import mean_sd, quantile
from science.fraud.whitening import Whitening
from science.table import FloatArray

RATE = 0.01  # of legitimate rows, promised at a risk score of 50
SAME = 1e-9  # standard deviation of scores: below it all rows are told the same
OF_MEDIAN = 1.2533  # a median's standard error, in those of the mean of normal values: sqrt(pi / 2)


@dataclass(frozen=True)
class Check:
    """One condition: its name, the number found, what it has to be at least (or within), and whether it holds."""

    name: str
    value: float
    least: float
    most: float
    holds: bool


@dataclass(frozen=True)
class Bounds:
    """How far off is too far. rates: of alerts at 50; energy: times its median in calibration, or as many times less."""

    rates: tuple[float, float]
    energy: float


LATER = Bounds((0.003, 0.03), 2.0)
FIRST = Bounds((0.001, 0.1), 10.0)  # ten times off: nothing else would answer, so only what is wildly wrong is held back


def promises(fit: Fit, X: FloatArray, found: Scores, held: Holdout, bounds: Bounds) -> list[Check]:
    """Check a fit's promises by the legitimate rows of a holdout. X: its rows (n, p) in the fit's columns, and their scores."""
    legitimate, weight = held.legitimate, held.weight[held.legitimate]
    logs = np.log(fit.detector.energies(fit.scaling.apply(X[legitimate])) + LEAST)
    spread = mean_sd(found.score[legitimate], weight)[1] if np.ptp(found.score[legitimate]) > SAME else 0.0
    return [
        _rate(found.risk[legitimate], weight, bounds),
        _energy(fit, logs, weight, bounds),
        Check("spread", spread, SAME, np.inf, bool(np.isfinite(spread) and spread > SAME)),
    ]


def _rate(risk: FloatArray, weight: FloatArray, bounds: Bounds) -> Check:
    """Check the alerts at 50, with two standard errors of what few rows leave to chance."""
    rate = float(np.average(risk >= ELEVATED, weights=weight))
    chance = 2 * np.sqrt(RATE * (1 - RATE) / _effective(weight))
    least, most = float(max(0.0, bounds.rates[0] - chance)), float(bounds.rates[1] + chance)
    return Check("alert_rate", rate, least, most, least <= rate <= most)


def _energy(fit: Fit, logs: FloatArray, weight: FloatArray, bounds: Bounds) -> Check:
    """Check the median energy of the view that is farthest off. Of views without a covariance half of the rows may have none."""
    views, middles = fit.detector.views, fit.detector.rarity.middles()
    told: list[tuple[float, float]] = []
    for v, view in enumerate(views):
        if isinstance(view, Autoencoder | Whitening):
            error = OF_MEDIAN * mean_sd(logs[:, v], weight)[1] / np.sqrt(_effective(weight))
            told.append((quantile(logs[:, v], weight, 0.5) - middles[v], float(np.log(bounds.energy) + 2 * error)))
    off, most = max(told, key=lambda each: abs(each[0]) - each[1])
    return Check("energy", float(np.exp(off)), float(np.exp(-most)), float(np.exp(most)), abs(off) <= most)


def _effective(weight: FloatArray) -> float:
    """How many rows of equal weight say as much."""
    return float(weight.sum() ** 2 / np.square(weight).sum())
