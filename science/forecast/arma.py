"""A seasonal ARMA on the differenced series, with regressors and gaps: fitted, told and forecast exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import log, prod

import numpy as np
from scipy.linalg import solve_triangular

from errors import InvalidInput, RefitNeeded
from science.deadline import Deadline, no_deadline
from science.forecast import kalman
from science.forecast.banded import Process, process
from science.forecast.bordered import DEPENDENT
from science.forecast.differences import check_length, difference, extend
from science.forecast.estimate import Estimate, at, estimate, reach, sketch, standard_errors, work
from science.forecast.likelihood import FEW, Sample, missing_root
from science.forecast.orders import Orders
from science.forecast.stepwise import MOST, stepwise
from science.forecast.weights import psi_weights, undo_shocks
from science.table import FloatArray

SPARE = 3  # values beyond the coefficients that a fit needs
DEAREST = 1.5e11  # multiplications of a fit: 3 to 6 s; an airline model of a season of 300 in the longest series
DEAREST_FILTER = 1e9  # numbers that R's filter touches: 1.5 s; a state of 316 over the longest series
MOST_BRIDGED = 1e9  # values times gaps squared: each gap is an unknown, whose covariance with the others is told


@dataclass(frozen=True)
class Arma:
    """A fitted model of a series and its forecasts.

    sigma2 is the sum of squared standardised innovations over nobs - coefficients; sigma2_ml, that of R's stats::arima, divides
    by nobs. With likelihood "r" the forecasts are those of R's filter and sigma2 is forecast::Arima's.
    """

    orders: Orders
    lags: tuple[int, ...]
    terms: tuple[str, ...]  # R's names: ar1, ma1, sar1, sma1, then intercept or drift, then the regressors'
    estimate: FloatArray
    std_error: FloatArray
    sigma2: float
    sigma2_ml: float
    log_lik: float
    aic: float
    aicc: float
    bic: float
    nobs: int
    converged: bool
    y: FloatArray  # (n,) with gaps filled by their expectation
    fitted: FloatArray  # (n,) one step ahead, behind a gap by what filled it; NaN for the first sum(lags) and where y is missing
    mean: FloatArray  # (h,)
    root: FloatArray  # (h, h) root of the errors' covariance over sigma2
    psi: FloatArray  # (h,) of y, as if the past were infinite
    explained: FloatArray  # (n - sum(lags) + h,) what constant and regressors make of w
    stretch: FloatArray  # (h,) standard errors over those of a series whose gaps were known to be as they are filled
    shrunken: float  # sigma over that of such a series

    @property
    def name(self) -> str:
        """R's name of an ARIMA where it has one; else the lags are told."""
        season, orders = self.orders.season, self.orders
        d, seasonal = sum(lag == 1 for lag in self.lags), sum(lag == season > 1 for lag in self.lags)
        if d + seasonal < len(self.lags):
            return f"ARMA({orders.p},{orders.q})({orders.P},{orders.Q})[{season}] of diff[{','.join(map(str, self.lags))}]"
        plain = f"ARIMA({orders.p},{d},{orders.q})"
        return f"{plain}({orders.P},{seasonal},{orders.Q})[{season}]" if orders.P + orders.Q + seasonal else plain

    @property
    def moving_average(self) -> tuple[FloatArray, FloatArray]:
        """The factors of the moving average, each in its own lag operator."""
        _, ma, _, sma = self.orders.split(self.estimate[: self.orders.count])
        return ma, sma

    def means_from(self, lengths: Sequence[int], h: int) -> tuple[FloatArray, FloatArray]:
        """Forecast from earlier origins with these coefficients: (origins, h), and sigma there, (origins,)."""
        found, regression = self._process(len(self.y) + h), self.explained
        means, sigmas = np.empty((len(lengths), h)), np.empty(len(lengths))
        for i, length in enumerate(lengths):
            w, _ = difference(self.y[:length], self.lags)
            part = regression[: len(w) + h]
            ahead = np.pad(part[len(w) :], (0, max(0, len(w) + h - len(part))), mode="edge")
            residual = w - part[: len(w)]
            z = found.innovations(residual)
            means[i] = extend(self.y[:length], found.forecast(residual, h) + ahead, self.lags)
            sigmas[i] = (float(z @ z) / max(len(z) - len(self.terms), 1)) ** 0.5
        return means, sigmas

    def _process(self, length: int) -> Process:
        found = process(*self.orders.polynomials(self.estimate[: self.orders.count]), length)
        assert found is not None
        return found


@dataclass(frozen=True)
class Data:
    """What is fitted: y, (n,) with NaN for gaps, regressors over n + h times, and the horizon."""

    y: FloatArray
    X: FloatArray  # (n + h, r)
    names: tuple[str, ...]
    h: int


def fit(data: Data, lags: Sequence[int], orders: Orders, deadline: Deadline, *, constant: bool, by_r: bool = False) -> Arma:
    """Fit by exact maximum likelihood. Raises TooShort, and InvalidInput for regressors that depend on each other."""
    _check_work(data, lags, orders, by_r=by_r)
    prepared = _prepared(data, lags, constant)
    _check_length(data, lags, orders, prepared)
    with _told_apart(data):
        return _told(data, lags, estimate(orders, prepared.sample, deadline), prepared, deadline, by_r=by_r)


def carried(data: Data, lags: Sequence[int], orders: Orders, values: FloatArray, sigma2: float, *, by_r: bool = False) -> Arma:
    """Forecast from these data by what was estimated from others: coefficients, a constant if there is one more, and sigma2."""
    constant = len(values) > orders.count + len(data.names)
    _check_work(data, lags, orders, by_r=by_r)
    prepared = _prepared(data, lags, constant)
    _check_length(data, lags, orders, prepared)
    own, beta = values[: orders.count], values[orders.count :]
    sample = prepared.sample
    found = at(orders, own, Sample(sample.w - sample.X @ beta, sample.gaps, sample.X[:, :0]))
    if found is None:
        raise RefitNeeded("the stored coefficients are of no stationary process; fit the model again")
    told = _told(data, lags, Estimate(orders, own, replace(found, beta=beta), True), prepared, no_deadline(), by_r=by_r)
    return replace(told, sigma2=sigma2)


def one_step(model: Arma, data: Data, deadline: Deadline) -> FloatArray:
    """Forecast each value, (n,), by what is known before it: NaN from the first gap on where that takes too long."""
    fitted, missing = model.fitted.copy(), np.flatnonzero(np.isnan(data.y))
    if not len(missing):
        return fitted
    fitted[missing[0] :] = np.nan
    if _filter_work(data, model.lags, model.orders) > DEAREST_FILTER:
        return fitted
    coefficients, beta = np.split(model.estimate, [model.orders.count])
    y = data.y - _regression_of_y(data, model.lags, beta, model.terms[model.orders.count :])[: len(data.y)]
    level = y[np.isfinite(y)][0] if model.lags else 0.0  # the start of the filter is diffuse, but not without end
    with np.errstate(over="ignore", invalid="ignore"):  # of a series without noise the start may have no end
        errors = kalman.filtered(y - level, *model.orders.polynomials(coefficients), model.lags, 0, deadline).errors
    fitted[missing[0] :] = (data.y - errors)[missing[0] :]
    return fitted


def search(data: Data, lags: Sequence[int], season: int, deadline: Deadline, *, by_r: bool = False) -> Arma:
    """Choose the orders (and a constant after at most one difference) by AICc, stepwise (Hyndman and Khandakar 2008)."""
    _check_work(data, lags, Orders(MOST, MOST), by_r=by_r)
    prepared = _prepared(data, lags, len(lags) <= 1)
    seasonal = season > 1 and len(data.y) >= 3 * season and _searchable(data, lags, Orders(1, 1, 1, 1, season), by_r=by_r)
    values = int(np.isfinite(data.y).sum()) - sum(lags) - data.X.shape[1]
    _check_length(data, lags, Orders(), prepared)

    def sketched(orders: Orders, also: Sequence[FloatArray]) -> tuple[float, Estimate]:
        found = sketch(orders, quick.sample, deadline, also=also)
        return _criteria(found, quick)[1], found

    with _told_apart(data):
        quick = replace(prepared, sample=prepared.sample.shortened(season if seasonal else 1))
        rough = stepwise(sketched, season if seasonal else 1, max(0, values - SPARE - 2))
        found = estimate(rough.orders, prepared.sample, deadline, also=[rough.coefficients])
        return _told(data, lags, found, prepared, deadline, by_r=by_r)


@dataclass(frozen=True)
class _Prepared:
    """What all orders are fitted to."""

    filled: FloatArray
    sample: Sample
    X: FloatArray
    names: tuple[str, ...]


def _check_work(data: Data, lags: Sequence[int], orders: Orders, *, by_r: bool) -> None:
    """Refuse what takes too long, before any of it is done."""
    if by_r and _filter_work(data, lags, orders) > DEAREST_FILTER:
        state = reach(orders) + 1 + sum(lags)
        detail = f"R's filter of {state} numbers over {len(data.y)} values and {data.h} steps takes too long"
        raise InvalidInput(f'{detail}; ask for likelihood "exact", or for shorter lags', field="likelihood")
    gaps = int(np.isnan(data.y).sum())
    if _fit_work(data, lags, orders, 0) > DEAREST:
        detail = f"{orders.count} coefficients that reach back {reach(orders)} values, of a series this long, take too long"
        raise InvalidInput(f"{detail}; ask for fewer of them, or of its season", field="model")
    if _fit_work(data, lags, orders, gaps) > DEAREST:
        detail = f"{gaps} missing values of {len(data.y)} take too long to bridge: differences or coefficients reach far"
        raise InvalidInput(f"{detail}; ask for shorter ones, or send a shorter series", field="y")


def _searchable(data: Data, lags: Sequence[int], orders: Orders, *, by_r: bool) -> bool:
    fitted = _fit_work(data, lags, orders, int(np.isnan(data.y).sum())) <= DEAREST
    return fitted and not (by_r and _filter_work(data, lags, orders) > DEAREST_FILTER)


def _fit_work(data: Data, lags: Sequence[int], orders: Orders, gaps: int) -> float:
    bridging = gaps if gaps <= FEW else min(gaps, max(reach(orders), sum(lags)))
    return work(orders, len(data.y) - sum(lags) + data.h, bridging + data.X.shape[1])


def _filter_work(data: Data, lags: Sequence[int], orders: Orders) -> float:
    return kalman.work(len(data.y) + data.h, reach(orders) + 1, lags)


def _check_length(data: Data, lags: Sequence[int], orders: Orders, prepared: _Prepared) -> None:
    gaps = int(np.isnan(data.y).sum())
    check_length(len(data.y) - gaps, lags, remaining=orders.count + len(prepared.names) + SPARE)


@contextmanager
def _told_apart(data: Data) -> Iterator[None]:
    try:
        yield
    except np.linalg.LinAlgError:
        if not data.names:
            raise InvalidInput("too little is known between the gaps to tell what is missing", field="y") from None
        raise InvalidInput("the columns of x depend on each other after differencing; leave one out", field="x") from None


def _criteria(found: Estimate, prepared: _Prepared, value: float | None = None) -> tuple[float, float, float]:
    """Return AIC, AICc and BIC, which count sigma as a coefficient; of another value of the log-likelihood if there is one."""
    value = found.profile.log_likelihood if value is None else value
    k, nobs = found.orders.count + len(prepared.names) + 1, prepared.sample.nobs
    aic = -2 * value + 2 * k
    return aic, aic + (2 * k * (k + 1) / (nobs - k - 1) if nobs > k + 1 else np.inf), -2 * value + k * log(nobs)


def _prepared(data: Data, lags: Sequence[int], constant: bool) -> _Prepared:
    n = len(data.y)
    missing = np.flatnonzero(np.isnan(data.y))
    known = np.flatnonzero(np.isfinite(data.y))
    check_length(len(known), lags, remaining=1)
    if n * len(missing) ** 2 > MOST_BRIDGED:
        raise InvalidInput(f"{len(missing)} missing values of {n} take too long to bridge; send a shorter series", field="y")
    filled = data.y.copy()
    filled[missing] = np.interp(missing, known, data.y[known])
    unit = np.zeros((n, len(missing)))
    unit[missing, np.arange(len(missing))] = 1.0
    columns = data.X
    for lag in lags:
        unit = unit[lag:] - unit[:-lag]
        columns = columns[lag:] - columns[:-lag]
    names = data.names
    slope = np.full(len(columns), float(prod(lags)))  # what is left of a line that rises by one
    if constant and not (lags and _explains(columns, slope)):
        columns = np.column_stack([slope, columns])
        names = ("drift" if lags else "intercept", *names)
    w, _ = difference(filled, lags)
    return _Prepared(filled, Sample(w, unit, columns[: len(w)]), columns, names)


def _explains(columns: FloatArray, y: FloatArray) -> bool:
    if not columns.shape[1]:
        return False
    rest = y - columns @ np.linalg.lstsq(columns, y, rcond=None)[0]
    return bool(np.linalg.norm(rest) <= DEPENDENT * np.linalg.norm(y))


def _told(data: Data, lags: Sequence[int], found: Estimate, prepared: _Prepared, deadline: Deadline, *, by_r: bool) -> Arma:
    sample, X, names = prepared.sample, prepared.X, prepared.names
    orders, profile, h = found.orders, found.profile, data.h
    phi, theta = orders.polynomials(found.coefficients)
    whole = process(phi, theta, len(sample.w) + h)
    assert whole is not None
    missing = np.flatnonzero(np.isnan(data.y))
    y = prepared.filled.copy()
    y[missing] += profile.missing
    w, _ = difference(y, lags)
    regression = X @ profile.beta
    residual = w - regression[: len(w)]
    mean = extend(y, whole.forecast(residual, h) + regression[len(w) :], lags)
    root = filled_root = undo_shocks(whole.shocks(len(w), h), lags)
    if len(missing):
        root = _with_gaps(root, whole, sample, y, missing, lags)
    count = orders.count + len(names)
    shrunken = (max(sample.nobs + len(missing) - count, 1) / max(sample.nobs - count, 1)) ** 0.5
    stretch = shrunken * np.sqrt((root**2).sum(axis=1) / (filled_root**2).sum(axis=1))
    nobs, value = sample.nobs, profile.log_likelihood
    sigma2 = profile.sigma2 * nobs / max(nobs - count, 1)
    if by_r:
        in_y = _regression_of_y(data, lags, profile.beta, names)
        by_filter = kalman.filtered(data.y - in_y[: len(data.y)], phi, theta, lags, h, deadline)
        mean, sigma2, value = by_filter.mean + in_y[len(data.y) :], by_filter.sigma2_forecast(count), by_filter.log_likelihood
        root = root * (by_filter.std_error / np.sqrt((root**2).sum(axis=1)))[:, None]
    z = profile.z
    fitted = np.full(len(y), np.nan)
    fitted[sum(lags) :] = y[sum(lags) :] - z * whole.L[0, : len(w)]
    fitted[missing] = np.nan
    aic, aicc, bic = _criteria(found, prepared, value)
    return Arma(
        orders=orders,
        lags=tuple(lags),
        terms=(*orders.names, *names),
        estimate=np.r_[found.coefficients, profile.beta],
        std_error=np.r_[standard_errors(found, sample, deadline), _regression_errors(whole, sample, profile.sigma2)],
        sigma2=sigma2,
        sigma2_ml=profile.sigma2,
        log_lik=value,
        aic=aic,
        aicc=aicc,
        bic=bic,
        nobs=nobs,
        converged=found.converged,
        y=y,
        fitted=fitted,
        mean=mean,
        root=root,
        psi=psi_weights(phi, theta, lags, h),
        explained=regression,
        stretch=stretch,
        shrunken=shrunken,
    )


def _with_gaps(
    root: FloatArray, whole: Process, sample: Sample, y: FloatArray, missing: np.ndarray, lags: Sequence[int]
) -> FloatArray:
    """Add to the forecasts' errors what the gaps' own uncertainty does to them."""
    h = len(root)
    ahead = whole.forecast(sample.gaps, h)
    effects = np.empty_like(ahead)
    for k, place in enumerate(missing):
        unit = np.zeros(len(y))
        unit[place] = 1.0
        effects[:, k] = extend(unit, ahead[:, k], lags)
    carried = effects @ missing_root(whole, sample)
    covariance = root @ root.T + carried @ carried.T
    total: FloatArray = np.linalg.cholesky(covariance)
    return total


def _regression_of_y(data: Data, lags: Sequence[int], beta: FloatArray, names: tuple[str, ...]) -> FloatArray:
    """What the regressors explain of y itself; a drift is a line there."""
    constant = len(names) > len(data.names)
    explained = data.X @ beta[int(constant) :]
    if constant and len(lags) > 1:
        raise InvalidInput("a constant after two differences has no counterpart in R's arima", field="likelihood")
    if constant:
        explained = explained + beta[0] * (np.arange(len(data.X)) if lags else 1.0)
    return explained


def _regression_errors(whole: Process, sample: Sample, sigma2: float) -> FloatArray:
    if not sample.X.shape[1]:
        return np.zeros(0)
    z = whole.innovations(np.column_stack([sample.gaps, sample.X]))
    R = np.linalg.qr(z, mode="r")
    root = solve_triangular(R, np.eye(len(R)))
    errors: FloatArray = np.sqrt(sigma2 * (root**2).sum(axis=1))[sample.gaps.shape[1] :]
    return errors
