"""What a caller should know about a fit, in the cases in which R warns."""

from __future__ import annotations

import math

import numpy as np

from science.notice import Notice
from science.regress.glance import Glance
from science.table import FloatArray

PERFECT = 1e-30  # of the residual variance to the size of the fit: the bound of R's summary.lm
RANK_DEFICIENT = Notice("rank_deficient", "the model has aliased coefficients: a prediction from it may mislead")
CONSTANT_VARIANCE = Notice(
    "constant_variance",
    "the model is weighted: prediction intervals are for new observations of weight 1",
)


def notices_of(aliased: tuple[str, ...], glance: Glance, fitted: FloatArray) -> tuple[Notice, ...]:
    """Tell of aliased columns, of no residual degrees of freedom, of a perfect fit and of sums beyond double precision."""
    notices = []
    if aliased:
        names = ", ".join(aliased)
        notices.append(Notice("aliased", f"not defined because of singularities, each depends on columns before it: {names}"))
    if glance.df_residual == 0:
        notices.append(
            Notice("saturated", "there are as many coefficients as rows: no residual degrees of freedom, no standard errors")
        )
    elif _perfect(glance.sigma, fitted):
        notices.append(Notice("perfect_fit", "essentially perfect fit: standard errors and tests may be unreliable"))
    if glance.sigma > 0.0 and (glance.deviance == 0.0 or math.isinf(glance.deviance) or math.isinf(glance.statistic)):
        notices.append(Notice("out_of_range", "a sum of squares, or F, is not in double precision's range; rescale the response"))
    return tuple(notices)


def _perfect(sigma: float, fitted: FloatArray) -> bool:
    largest = float(np.abs(fitted).max())
    if sigma > largest * 1e-14 or largest == 0.0:
        return sigma == 0.0
    scaled = fitted / largest
    return bool((sigma / largest) ** 2 < (scaled.mean() ** 2 + scaled.var(ddof=1)) * PERFECT)
