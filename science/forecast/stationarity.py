"""Which differences a series needs, each with its reason, and signs that it has had too many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.forecast.differences import difference
from science.forecast.season import STRONG, strength
from science.notice import Notice
from science.table import FloatArray

KPSS_CRITICAL = 0.463  # at 5%, level stationarity: Kwiatkowski, Phillips, Schmidt and Shin (1992), table 1
MOST = 2  # first differences at most; one after a seasonal difference
SHORTEST = 8  # differenced values that a test needs
NEAR_UNIT = 0.05


@dataclass(frozen=True)
class Choice:
    """The lags to difference at, in order, and why."""

    lags: tuple[int, ...]
    reasons: tuple[str, ...]


def choose(y: FloatArray, seasons: Sequence[int]) -> Choice:
    """Difference at the strongest season if its strength is above 0.64, then at 1 while KPSS rejects a level (R's ndiffs)."""
    lags: list[int] = []
    reasons: list[str] = []
    if np.ptp(y) == 0:
        return Choice((), ("the series is constant",))
    strengths = {season: strength(y, season) for season in seasons if len(y) >= 2 * season + SHORTEST}
    if strengths:
        best = max(strengths, key=lambda season: strengths[season])
        strong = strengths[best] > STRONG
        reasons.append(f"seasonal strength {strengths[best]:.2f} at {best} is {'above' if strong else 'not above'} {STRONG}")
        if strong:
            lags.append(best)
    most = 1 if lags else MOST
    while True:
        w, _ = difference(y, lags)
        after = f" after {'a difference' if len(lags) == 1 else 'differences'} at {', '.join(map(str, lags))}" if lags else ""
        if len(w) < SHORTEST:
            reasons.append(f"{len(w)} values{after} are too few to test a level; that takes {SHORTEST}")
            break
        if np.ptp(w) <= 1e-12 * np.max(np.abs(y)):
            reasons.append(f"the series is constant{after}")
            break
        statistic = kpss(w)
        if statistic <= KPSS_CRITICAL or lags.count(1) == most:
            reasons.append(f"KPSS {statistic:.3f}{after} is {'not ' if statistic <= KPSS_CRITICAL else ''}above {KPSS_CRITICAL}")
            break
        reasons.append(f"KPSS {statistic:.3f}{after} is above {KPSS_CRITICAL}")
        lags.append(1)
    return Choice(tuple(lags), tuple(reasons))


def kpss(w: FloatArray) -> float:
    """Return the KPSS statistic of a level, with trunc(3 sqrt(n) / 13) lags as R's ndiffs."""
    n = len(w)
    e = w - w.mean()
    variance = float(e @ e) / n
    lags = int(3 * np.sqrt(n) / 13)
    for lag in range(1, lags + 1):
        variance += 2 * (1 - lag / (lags + 1)) * float(e[lag:] @ e[:-lag]) / n
    return float(np.sum(np.cumsum(e) ** 2)) / (n**2 * variance) if variance > 0 else 0.0


def warnings_of(y: FloatArray, lags: Sequence[int], ma: Sequence[FloatArray] = ()) -> tuple[Notice, ...]:
    """Tell the signs of over-differencing: variance that rises, lag-1 autocorrelation below -.5, an MA root at the unit circle.

    ma: the factors of the moving average, each in its own lag operator (ma, sma).
    """
    found = []
    w, _ = difference(y, lags)
    for place in range(len(lags)):
        fewer, _ = difference(y, [*lags[:place], *lags[place + 1 :]])
        if len(w) > 2 and np.var(w) > np.var(fewer) > 0:
            detail = f"the variance rises with the difference at {lags[place]}; one difference fewer may do"
            found.append(Notice("over_differenced", detail))
            break
    if lags and len(w) > 2 and np.var(w) > 0:
        e = w - w.mean()
        first = float(e[1:] @ e[:-1] / (e @ e))
        if first < -0.5:
            found.append(Notice("over_differenced", f"the differenced series has lag-1 autocorrelation {first:.2f}, below -0.5"))
    if lags and any(_near_unit(factor) for factor in ma):
        found.append(Notice("over_differenced", f"a moving-average root is within {NEAR_UNIT} of the unit circle"))
    return tuple(found)


def _near_unit(factor: FloatArray) -> bool:
    used = np.trim_zeros(factor, "b")
    return bool(len(used) and np.max(np.abs(np.roots(np.r_[1.0, used]))) > 1 - NEAR_UNIT)
