"""Fit a series: its calendar, its differences, its model and how wide its intervals have to be. Fitted tells the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from errors import InvalidInput
from science.deadline import Deadline, no_deadline
from science.forecast import arma, naive
from science.forecast.answer import Forecast, ModelTold, Part
from science.forecast.backtest import backtest
from science.forecast.calendar import Calendar, calendar, counted
from science.forecast.calibration import OWN, Calibration, calibrate
from science.forecast.differences import check_length
from science.forecast.fitted import Fitted, tell
from science.forecast.mixture import Mixture, average, single, together
from science.forecast.orders import Orders
from science.forecast.outlook import Origins, Outlook
from science.forecast.pool import outlooks
from science.forecast.season import PERIODS, WEAK, guess, strength
from science.forecast.spec import FREQUENCIES, ArmaOrders, BoxCox, Series, Spec, check_series
from science.forecast.stationarity import Choice, choose, warnings_of
from science.forecast.transform import LOG, NONE, Power
from science.limits import Limits
from science.notice import Notice
from science.table import BoolArray, FloatArray

SHORTEST = 4  # values that any forecast needs
TRAINED = 8  # values, and two seasons and two, that an origin needs behind it
ORIGINS_PER = 4  # values of the series per origin
FEWEST, MOST, MOST_LONG = 8, 24, 12  # origins; fewer where the season is a day of hours or longer
LONG_SEASON = 24
MOST_FILLED = 0.1  # of the values may be gaps that are filled for an average of forms; with more an ARMA bridges them exactly
CONSTANT = "constant"  # name of the model of a series that never changes
LOOKED_BACK = 10_000  # values; older ones are left out, and that is told


@dataclass(frozen=True)
class _Prepared:
    """A series on its calendar: gaps are NaN, regressors reach over the horizon."""

    y: FloatArray
    calendar: Calendar
    X: FloatArray
    names: tuple[str, ...]
    seasons: tuple[int, ...]
    frequency: str
    cut: bool  # older values than are looked back on were left out

    @property
    def season(self) -> int:
        return self.seasons[0] if self.seasons else 1

    @property
    def known(self) -> BoolArray:
        """(n,) False at a gap."""
        return np.isfinite(self.y)


def forecast(spec: Spec, series: Series, limits: Limits, deadline: Deadline) -> Forecast:
    """Answer the spec for one series. Raises as fit() does."""
    return tell(fit(spec, series, limits, deadline))


def fit(spec: Spec, series: Series, limits: Limits, deadline: Deadline) -> Fitted:
    """Learn from one series all that its forecast for the spec's h steps needs.

    Raises InvalidInput (TooShort among them) naming what cannot be used, LimitExceeded, DeadlineExceeded.
    """
    return _fit(spec, series, limits, deadline, None)


def continued(fitted: Fitted, series: Series, h: int, limits: Limits) -> Fitted:
    """Forecast h steps from another end of the series by what a fit has learned, as a fit of that series.

    Differences, ARMA coefficients with their variance, weights of an average and the widening stay as they are; the values behind
    the forecast are those given. Forms that average their parameters over a grid do so over these values. Raises as fit() does.
    """
    spec = replace(fitted.spec, h=h, aggregate=())
    again = _fit(replace(spec, differences=fitted.choice.lags), series, limits, no_deadline(), fitted)
    return replace(again, spec=spec, choice=fitted.choice)


def _fit(spec: Spec, series: Series, limits: Limits, deadline: Deadline, learned: Fitted | None) -> Fitted:
    check_series(series, spec, limits)
    ready = _prepared(series, spec)
    known = ready.y[ready.known]
    asked = () if spec.differences == "auto" else spec.differences
    check_length(len(known), asked, remaining=2 if asked else SHORTEST)
    if np.ptp(known) == 0 and not ready.names:
        return _constant(ready, spec, series, float(known[0]))
    by_arma = _is_by_arma(ready, spec, learned)
    powers = _powers(spec, known)[: 1 if by_arma else None]
    choice = _choice(ready, spec, powers)
    models = _by_arma if by_arma else _by_forms
    y, modelled, told, notices = models(ready, spec, powers, choice, deadline, learned)
    lengths = _lengths(y, ready, spec)
    widened = learned.calibration if learned else _widened(y, modelled, lengths, ready, spec)
    return Fitted(
        spec=spec,
        unique_id=series.unique_id,
        season=ready.season,
        frequency=ready.frequency,
        calendar=ready.calendar,
        choice=choice,
        mixture=modelled.latest(),
        model=told,
        y=y,
        known=ready.known,
        calibration=widened,
        backtest=backtest(y, ready.known, modelled, lengths, ready.season, spec.level, widened),
        warnings=tuple(dict.fromkeys((*notices, *_notices(ready, spec, choice, _powers(spec, y)[-1].forward(y))))),
    )


def _widened(y: FloatArray, modelled: Mixture, lengths: Sequence[int], ready: _Prepared, spec: Spec) -> Calibration:
    if spec.interval != "calibrated":
        return OWN
    season = ready.season if strength(y, ready.season) >= WEAK else 1
    return calibrate(y, ready.known, modelled, lengths, season)


def _prepared(series: Series, spec: Spec) -> _Prepared:
    given = calendar(series.ds) if series.ds is not None else counted(len(series.y))
    gaps = given.length - len(series.y)
    if gaps and spec.missing == "refuse":
        place = int(np.argmax(np.diff(given.places) > 1)) + 1
        detail = f'{gaps} timestamps are missing, the first before timestamp {place + 1}; ask for missing "kalman" to bridge them'
        raise InvalidInput(detail, field=f"ds.{place}")
    if gaps and series.x:
        raise InvalidInput("columns x need a series without gaps in its timestamps", field="ds")
    y = np.full(given.length, np.nan)
    y[given.places] = series.y
    names = tuple(series.x)
    X = (
        np.column_stack([np.r_[series.x[name], series.x_future[name]] for name in names])
        if names
        else np.zeros((len(y) + spec.h, 0))
    )
    first = max(0, len(y) - LOOKED_BACK)
    if first:
        y, X = y[first:], X[first:]
        kept = given.places[given.places >= first] - first
        given = replace(given, start=given.start + first * given.step, length=len(y), places=kept)
    frequency = FREQUENCIES[spec.freq] if spec.freq else given.frequency
    return _Prepared(y, given, X, names, _seasons(spec, frequency, y), frequency, first > 0)


def _seasons(spec: Spec, frequency: str, y: FloatArray) -> tuple[int, ...]:
    if spec.season != "auto":
        return () if spec.season == 1 else (spec.season,)
    if frequency:
        periods = PERIODS[frequency]
    else:
        found = guess(y) if np.all(np.isfinite(y)) else 1
        periods = (found,) if found > 1 else ()
    return tuple(period for period in periods if len(y) >= 3 * period + 2)


def _powers(spec: Spec, known: FloatArray) -> list[Power]:
    if isinstance(spec.transform, BoxCox):
        return [Power(float(spec.transform.exponent))]
    if spec.transform == "log":
        return [LOG]
    if spec.transform == "auto" and spec.model == "auto" and known.min() > 0:
        return [NONE, LOG]
    return [NONE]


def _choice(ready: _Prepared, spec: Spec, powers: Sequence[Power]) -> Choice:
    if spec.differences != "auto":
        return Choice(tuple(spec.differences), ("the caller",))
    known = np.flatnonzero(ready.known)
    bridged = np.interp(np.arange(len(ready.y)), known, ready.y[known])
    return choose(powers[-1].forward(bridged), ready.seasons)


def _is_by_arma(ready: _Prepared, spec: Spec, learned: Fitted | None) -> bool:
    """Tell whether an ARMA is asked for, or the one model that can do it: regressors and many gaps need one."""
    if isinstance(spec.model, ArmaOrders) or spec.model == "arma" or ready.names:
        return True
    if learned and learned.model.name != CONSTANT:
        return learned.model.log_lik is not None
    return spec.model == "auto" and float(ready.known.mean()) < 1 - MOST_FILLED


def _by_forms(
    ready: _Prepared, spec: Spec, powers: Sequence[Power], choice: Choice, deadline: Deadline, learned: Fitted | None
) -> tuple[FloatArray, Mixture, ModelTold, list[Notice]]:
    """Return y without gaps, its forecasts by a form or an average of forms, what is told of them, and warnings."""
    gaps = int((~ready.known).sum())
    y, notices, bridge = ready.y, [], None
    if gaps:
        bridge = _fitted_arma(ready, spec, powers[-1], choice, deadline)
        y = powers[-1].back(bridge.y)
        notices.append(Notice("gaps_bridged", f"{gaps} missing values were replaced by their expectation under {bridge.name}"))
    lengths = _lengths(y, ready, spec)
    origins = Origins(lengths, spec.h)
    if spec.model in naive.FORMS:
        pool = [naive.outlook(spec.model, y, ready.season, powers[0], origins)]
    else:
        pool = outlooks(y, ready.seasons, powers, origins, deadline, only=None if spec.model == "auto" else str(spec.model))
    if not pool:
        raise InvalidInput(f"the series is too short, or has no season, for the model {spec.model}", field="model")
    if bridge is not None:
        stretch = np.vstack([bridge.stretch, np.full((len(lengths) - 1, spec.h), bridge.shrunken)])
        untold = ~(ready.known & np.r_[True, ready.known[:-1]])  # the value before was filled by what came after
        pool = [replace(each, stretch=stretch, fitted=np.where(untold, np.nan, each.fitted)) for each in pool]
    if spec.model != "auto":
        positive = spec.model not in naive.FORMS and bool(y.min() > 0)
        return y, single(pool[0], positive=positive), _told(pool[0], "the caller"), notices
    mixture = (learned and _weighed_alike(pool, learned.mixture)) or average(y, ready.known, pool, lengths, ready.season)
    return y, mixture, _told_average(mixture, len(lengths) - 1), notices


def _weighed_alike(pool: Sequence[Outlook], learned: Mixture) -> Mixture | None:
    """Give the forms the weights of an earlier average; None when one of its forms is not to be had of this series."""
    forms = {(outlook.name, outlook.power): outlook for outlook in pool}
    wanted = [(outlook.name, outlook.power) for outlook in learned.outlooks]
    if not set(wanted) <= set(forms):
        return None
    weights = np.repeat(learned.weights[:, :1], len(pool[0].mean), axis=1)
    return together([forms[key] for key in wanted], weights, positive=learned.positive)


def _by_arma(
    ready: _Prepared, spec: Spec, powers: Sequence[Power], choice: Choice, deadline: Deadline, learned: Fitted | None
) -> tuple[FloatArray, Mixture, ModelTold, list[Notice]]:
    """Return the same by an ARMA."""
    (power,) = powers
    model = _fitted_arma(ready, spec, power, choice, deadline, learned)
    y = power.back(model.y)
    lengths = _lengths(y, ready, spec)
    behind, sigmas = model.means_from(lengths[1:], spec.h)
    coefficients = dict(zip(model.terms, map(float, model.estimate), strict=True))
    found = Outlook(
        name=model.name,
        lags=model.lags,
        power=power,
        mean=np.vstack([model.mean, behind]),
        sigma=np.r_[model.sigma2**0.5, sigmas],
        psi=model.psi,
        season=np.zeros((len(lengths), spec.h)),
        multiplicative=False,
        fitted=power.back(arma.one_step(model, _data(ready, spec, power), deadline)),
        parameters=coefficients,
        root=model.root,
    )
    told = replace(
        _told(found, "the caller" if isinstance(spec.model, ArmaOrders) else "AICc, stepwise"),
        std_errors=dict(zip(model.terms, map(float, model.std_error), strict=True)),
        sigma2_ml=model.sigma2_ml,
        log_lik=model.log_lik,
        aic=model.aic,
        aicc=model.aicc,
        bic=model.bic,
        nobs=model.nobs,
    )
    notices = list(warnings_of(model.y, model.lags, model.moving_average))
    if not model.converged:
        notices.append(Notice("not_converged", "the likelihood may have a higher maximum than the one found"))
    return y, single(found, positive=False), told, notices


def _data(ready: _Prepared, spec: Spec, power: Power) -> arma.Data:
    return arma.Data(power.forward(ready.y), ready.X, ready.names, spec.h)


def _fitted_arma(
    ready: _Prepared, spec: Spec, power: Power, choice: Choice, deadline: Deadline, learned: Fitted | None = None
) -> arma.Arma:
    data = _data(ready, spec, power)
    by_r = spec.likelihood == "r"
    if learned and learned.model.log_lik is not None:  # it is an ARMA, not of a constant series
        values, orders = learned.model.coefficients, Orders.of_names(learned.model.coefficients, learned.season)
        sigma2 = learned.model.sigma2
        return arma.carried(data, choice.lags, orders, np.array(list(values.values())), sigma2, by_r=by_r)
    if isinstance(spec.model, ArmaOrders):
        asked = spec.model
        if asked.P + asked.Q and ready.season == 1:
            raise InvalidInput("P and Q need a season; give season, or timestamps that tell it", field="season")
        orders = Orders(asked.p, asked.q, asked.P, asked.Q, ready.season)
        return arma.fit(data, choice.lags, orders, deadline, constant=not choice.lags, by_r=by_r)
    return arma.search(data, choice.lags, ready.season, deadline, by_r=by_r)


def _lengths(y: FloatArray, ready: _Prepared, spec: Spec) -> tuple[int, ...]:
    """Return how many values each origin has behind it, all of them first."""
    n, season = len(y), ready.season
    most = MOST_LONG if max(ready.seasons, default=1) >= LONG_SEASON and season < 52 else MOST
    count = spec.origins or min(most, max(FEWEST, n // ORIGINS_PER))
    fewest = max(TRAINED, 2 * season + 2)
    if spec.differences != "auto":
        fewest = max(fewest, sum(spec.differences) + 2)
    return tuple(n - k for k in range(count + 1) if k == 0 or n - k >= fewest)


def _told(found: Outlook, chosen_by: str) -> ModelTold:
    part = Part(found.name, found.power.name, 1.0, found.lags, found.parameters)
    return ModelTold(found.name, found.power.name, chosen_by, (part,), found.parameters, {}, float(found.sigma[0] ** 2))


def _told_average(mixture: Mixture, origins: int) -> ModelTold:
    pairs = sorted(zip(mixture.weights[:, 0], mixture.outlooks, strict=True), key=lambda pair: -pair[0])
    parts = tuple(Part(o.name, o.power.name, float(weight), o.lags, o.parameters) for weight, o in pairs if weight > 0)
    sigma2 = float(mixture.standard_error[0, 0] ** 2)
    return ModelTold("average", "by part", f"errors from {origins} earlier origins", parts, {}, {}, sigma2)


def _notices(ready: _Prepared, spec: Spec, choice: Choice, x: FloatArray) -> list[Notice]:
    """Tell what to mind of the series; x: (n,) on the scale that is differenced, without gaps."""
    found = []
    n, lost = len(x), sum(choice.lags)
    if n <= lost + 3:
        found.append(Notice("short", f"{n} values leave {n - lost} after the differences; little can be estimated from them"))
    if spec.h > n / 2:
        found.append(Notice("far", f"the horizon {spec.h} is more than half the {n} values of the series"))
    if ready.cut:
        found.append(Notice("cut", f"only the last {LOOKED_BACK} values were used"))
    if spec.differences != "auto":
        found += warnings_of(x, choice.lags)
    return found


def _constant(ready: _Prepared, spec: Spec, series: Series, value: float) -> Fitted:
    """Answer a series that never changes: it stays, with intervals of no width, and that is warned of."""
    n, h = len(ready.y), spec.h
    stays = Outlook(
        name=CONSTANT,
        lags=(),
        power=NONE,
        mean=np.full((1, h), value),
        sigma=np.zeros(1),
        psi=np.ones(h),
        season=np.zeros((1, h)),
        multiplicative=False,
        fitted=np.full(n, value),
        parameters={},
    )
    return Fitted(
        spec=spec,
        unique_id=series.unique_id,
        season=ready.season,
        frequency=ready.frequency,
        calendar=ready.calendar,
        choice=Choice(() if spec.differences == "auto" else tuple(spec.differences), ("the series is constant",)),
        mixture=single(stays, positive=False),
        model=ModelTold(CONSTANT, "none", "every value is the same", (), {}, {}, 0.0),
        y=np.full(n, value),
        known=ready.known,
        calibration=OWN,
        backtest=None,
        warnings=(Notice("constant", "every value is the same: the intervals have no width and say nothing"),),
    )
