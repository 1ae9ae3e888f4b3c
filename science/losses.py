"""What a prediction costs that was wrong, row by row; and the figures people read of a holdout."""

from __future__ import annotations

import numpy as np
from scipy import special

from science.table import FloatArray

LEAST = 1e-15  # a probability is kept this far from 0 and 1, or one miss would cost infinitely much


def squared_error(y: FloatArray, predicted: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """(y - predicted)^2, times the row's weight: what least squares minimises."""
    loss: FloatArray = (y - predicted) ** 2
    return loss if weights is None else loss * weights


def log_loss(share: FloatArray, predicted: FloatArray, trials: FloatArray) -> FloatArray:
    """-trials (share log p + (1 - share) log(1 - p)): the binomial deviance up to what no prediction changes."""
    p = np.clip(predicted, LEAST, 1.0 - LEAST)
    loss: FloatArray = -trials * (share * np.log(p) + (1.0 - share) * np.log1p(-p))
    return loss


def poisson_deviance(y: FloatArray, predicted: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """2 (y log(y / m) - (y - m)), times the row's weight."""
    m = np.maximum(predicted, np.finfo(np.float64).tiny)
    deviance: FloatArray = 2.0 * (special.xlogy(y, y / m) - (y - m))
    return deviance if weights is None else deviance * weights


def fit_metrics(y: FloatArray, predicted: FloatArray, low: FloatArray, high: FloatArray) -> dict[str, float]:
    """rmse, mae, r_squared (against the rows' own mean) and the share inside the prediction interval; NaN where unknown."""
    known = np.isfinite(y) & np.isfinite(predicted)
    y, predicted, low, high = y[known], predicted[known], low[known], high[known]
    if not len(y):
        return dict.fromkeys(("rows", "rmse", "mae", "r_squared", "coverage"), float("nan")) | {"rows": 0}
    error, spread = y - predicted, float(((y - y.mean()) ** 2).sum())
    bounded = np.isfinite(low).all() and np.isfinite(high).all()
    return {
        "rows": len(y),
        "rmse": float(np.sqrt((error**2).mean())),
        "mae": float(np.abs(error).mean()),
        "r_squared": 1.0 - float((error**2).sum()) / spread if spread else float("nan"),
        "coverage": float(((low <= y) & (y <= high)).mean()) if bounded else float("nan"),
    }
