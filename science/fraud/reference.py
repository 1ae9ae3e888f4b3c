"""Scores as probabilities under the legitimate reference: counted where rows are many, a generalised Pareto tail beyond."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from science.fraud.weighted import quantile
from science.table import FloatArray

KNOTS = 1001
TAIL = 0.02  # of the reference lies beyond the threshold of the tail, more where that would be too few rows
FEWEST_IN_TAIL = 30
HEAVIEST = 0.5  # of the tail's shape; below zero the tail would end, and every score beyond would be the same
SCALE = 25.0  # of the risk score: 50 is one legitimate row in a hundred, 75 one in a thousand
MOST = 100.0
ELEVATED, HIGH = 50.0, 75.0
LEVELS = ("low", "elevated", "high")


@dataclass(frozen=True)
class Reference:
    """P(score >= s) of a legitimate row. knots: (k,) increasing scores; log_p: (k,) decreasing, natural logarithms.

    Beyond the last knot u: log P = log_p[-1] - log(1 + shape (s - u) / scale) / shape.
    """

    knots: FloatArray
    log_p: FloatArray
    shape: float
    scale: float

    def log_tail(self, scores: FloatArray) -> FloatArray:
        """Return log P(score >= s) for scores (n,): decreasing, strictly so beyond the median."""
        inside = np.interp(scores, self.knots, self.log_p)
        beyond = scores - self.knots[-1]
        if beyond.max(initial=0.0) <= 0:  # what most payments are
            return np.asarray(inside)
        beyond = np.maximum(beyond, 0.0) / self.scale
        tail = np.log1p(self.shape * beyond) / self.shape if self.shape > 0 else beyond
        return np.asarray(inside - tail)

    def risk(self, scores: FloatArray) -> FloatArray:
        """Return -25 log10 P, within 0 and 100, for scores (n,)."""
        return np.asarray(np.minimum(np.maximum(self.log_tail(scores) * (-SCALE / log(10.0)), 0.0), MOST))


def reference_of(scores: FloatArray, weight: FloatArray) -> Reference:
    """Learn the reference from scores (n,) of legitimate rows of weight (n,)."""
    order = np.argsort(scores, kind="stable")
    s, w = scores[order], weight[order]
    share = min(0.5, max(TAIL, FEWEST_IN_TAIL / len(s)))
    u = quantile(s, w, 1 - share)
    half = w.sum() / len(s) / 2  # of an average row, so that no probability is zero or one
    above = (np.cumsum(w[::-1])[::-1] - w / 2 + half) / (w.sum() + 2 * half)
    values, first = np.unique(s[s <= u], return_index=True)
    picked = np.unique(np.linspace(0, len(values) - 1, min(KNOTS, len(values))).round().astype(np.intp))
    knots, log_p = values[picked], np.log(above[first[picked]])
    shape, scale = _pareto(s[s > u] - u, w[s > u])
    return Reference(knots, log_p, shape, scale)


def levels_of(risk: FloatArray) -> list[str]:
    """Return low, elevated (from 50) or high (from 75) for risk scores (n,)."""
    return [LEVELS[place] for place in np.searchsorted((ELEVATED, HIGH), risk, side="right").tolist()]


def _pareto(excess: FloatArray, weight: FloatArray) -> tuple[float, float]:
    """Fit shape and scale by moments (Hosking and Wallis 1987), the shape held between 0 and HEAVIEST."""
    if len(excess) < 2:
        return 0.0, max(float(excess.mean()), 1e-6) if len(excess) else 1.0
    mean = max(float(np.average(excess, weights=weight)), 1e-6)
    variance = float(np.average((excess - mean) ** 2, weights=weight))
    shape = float(np.clip(0.5 * (1 - mean**2 / max(variance, 1e-12)), 0.0, HEAVIEST))
    return shape, mean * (1 - shape)
