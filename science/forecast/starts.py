"""Where the search for a seasonal ARMA's coefficients begins: likelihoods have several peaks, and one start finds one of them."""

from __future__ import annotations

from math import log10

import numpy as np
from scipy.signal import lfilter

from science.forecast.likelihood import Sample
from science.forecast.minimum import bounded, minimum
from science.forecast.orders import Orders
from science.table import FloatArray

CONDITIONAL = 1e-7  # of the sum of squares, left to gain
PERSISTENT = 0.76  # the first coefficient of an AR part that hardly forgets: where a spectrum's peak is at zero


def starts(orders: Orders, sample: Sample) -> list[FloatArray]:
    """Return coefficients to start from, none of which depends on the others."""
    w = _without_regressors(sample) / sample.unit
    return [np.zeros(orders.count), regressed(orders, w), conditional(orders, w), _persistent(orders)]


def quick_starts(orders: Orders, sample: Sample) -> list[FloatArray]:
    """Return the starts that cost less than one step from them."""
    return [np.zeros(orders.count), regressed(orders, _without_regressors(sample))]


def conditional(orders: Orders, w: FloatArray) -> FloatArray:
    """Minimise the conditional sum of squares from zero, where R's arima(method = "CSS-ML") starts."""
    lost = min(orders.p + orders.P * orders.season, len(w) // 2)

    def residuals(free: FloatArray) -> FloatArray:
        phi, theta = orders.polynomials(orders.stationary(free))
        with np.errstate(over="ignore", invalid="ignore"):
            return bounded(lfilter(np.append(1.0, -phi), np.append(1.0, theta), w)[lost:])

    free, _ = minimum(residuals, np.zeros(orders.count), CONDITIONAL)
    return orders.invertible(orders.stationary(free))


def regressed(orders: Orders, w: FloatArray) -> FloatArray:
    """Regress w on its past and on the past residuals of a long autoregression (Hannan and Rissanen 1982).

    Products of seasonal and other coefficients are left out; zeros where the series is too short for it.
    """
    season = orders.season
    own = [*range(1, orders.p + 1), *(season * i for i in range(1, orders.P + 1))]
    shocks = [*range(1, orders.q + 1), *(season * i for i in range(1, orders.Q + 1))]
    furthest = max(own + shocks, default=0)
    long = min(len(w) // 4, max(int(10 * log10(len(w))), furthest + 3)) if shocks else 0
    first = long + furthest
    if len(w) - first < orders.count + 2:
        return np.zeros(orders.count)
    residuals = w.copy()
    residuals[long:] -= _explained(_past(w, range(1, long + 1), long), w[long:])
    design = np.hstack([_past(w, own, first), _past(residuals, shocks, first)])
    found = np.linalg.lstsq(design, w[first:], rcond=None)[0]
    ar, sar, ma, sma = np.split(found, np.cumsum([orders.p, orders.P, orders.q]))
    return orders.invertible(orders.stationary(orders.free(np.concatenate([ar, ma, sar, sma]))))


def _persistent(orders: Orders) -> FloatArray:
    start = np.zeros(orders.count)
    ar, _, sar, _ = orders.split(start)
    ar[:1] = sar[:1] = PERSISTENT
    return start


def _without_regressors(sample: Sample) -> FloatArray:
    return sample.w - _explained(sample.columns[:, 1:], sample.w)


def _past(x: FloatArray, lags: list[int] | range, first: int) -> FloatArray:
    """Return x at these lags before x[first:], a column each."""
    return np.stack([x[first - lag : len(x) - lag] for lag in lags], axis=1) if lags else np.zeros((len(x) - first, 0))


def _explained(design: FloatArray, y: FloatArray) -> FloatArray | float:
    return design @ np.linalg.lstsq(design, y, rcond=None)[0] if design.size else 0.0
