"""Is the challenger no worse than the champion? Their losses on the same rows, compared pair by pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from science.table import FloatArray

ROUNDING = 1e-9  # of the loss of knowing nothing: two exact fits differ by this and it means nothing


@dataclass(frozen=True)
class Guard:
    """A challenger is refused when its mean loss is above the champion's by more than `tolerance` of it, and by more than chance.

    tolerance: a model of p coefficients on n rows has an expected loss of about (1 + p/n) times the least possible, so one
    night's rows move it by a percent or two though nothing happened: 0.02. confidence: of the paired, one-sided test; 0.95
    refuses an equally good challenger on at most one night in twenty, and 0.5 looks at the means alone.
    """

    tolerance: float = 0.02
    confidence: float = 0.95


@dataclass(frozen=True)
class Comparison:
    """Mean losses over the rows that both could tell something of. std_error: of the mean of the differences."""

    rows: int
    champion: float | None
    challenger: float | None
    std_error: float | None
    lost: int  # rows of which only the champion could tell something
    no_worse: bool
    reason: str


def compared(champion: FloatArray, challenger: FloatArray, guard: Guard, *, scale: float = 0.0) -> Comparison:
    """Compare losses (m,) and (m,), NaN where a fit could tell nothing. scale: the mean loss of knowing nothing."""
    both = np.isfinite(champion) & np.isfinite(challenger)
    rows, lost = int(both.sum()), int((np.isfinite(champion) & ~np.isfinite(challenger)).sum())
    if lost > guard.tolerance * max(rows, 1):
        reason = f"the challenger could tell nothing of {lost} rows that the champion knows"
        return Comparison(rows, None, None, None, lost, False, reason)
    if rows == 0:
        return Comparison(0, None, None, None, lost, True, "no row was held back that both could tell something of")
    return _paired(champion[both], challenger[both], lost, guard, scale)


def _paired(champion: FloatArray, challenger: FloatArray, lost: int, guard: Guard, scale: float) -> Comparison:
    rows, before, now = len(champion), float(champion.mean()), float(challenger.mean())
    differences = challenger - champion
    error = float(differences.std(ddof=1) / np.sqrt(rows)) if rows > 1 else 0.0
    allowed = guard.tolerance * abs(before) + ROUNDING * scale
    chance = float(special.ndtri(guard.confidence)) * error
    worse = now - before > max(allowed, chance)
    return Comparison(rows, before, now, error, lost, not worse, _told(before, now, worse=worse))


def _told(before: float, now: float, *, worse: bool) -> str:
    change = "" if before == 0 else f" ({(now - before) / abs(before):+.2%})"
    return f"mean loss {now:.6g} where the champion has {before:.6g}{change}: {'worse' if worse else 'no worse'}"
