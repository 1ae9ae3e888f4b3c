"""A second opinion of a question: statsmodels fits the same model, and the answer tells how far the two are apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np

from kinds.forecast import ForecastSpec, given_of
from kinds.kind import Computed, Tables
from kinds.mixed import MixedSpec
from kinds.mixed import spec_of as mixed_spec
from kinds.opinion import opinion_told
from kinds.regress import RegressSpec
from kinds.regress import spec_of as regress_spec
from science.forecast import second_opinion as forecasts
from science.forecast.spec import Series
from science.forecast.transform import Power
from science.limits import Limits
from science.mixed import second_opinion as mixed
from science.opinion import Numbers, Opinion, Pair
from science.regress import second_opinion as regressions

Rows = Sequence[Mapping[str, Any]]
Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Heard:
    """What statsmodels said: its numbers, its words, and which of ours it has nothing to say about."""

    theirs: Mapping[str, Numbers]
    said: Sequence[str]
    untold: Sequence[str]


def second_opinion(kind: str, asked: Any, tables: Tables, computed: Computed, limits: Limits) -> Computed:
    """Add what statsmodels says to an answer."""
    answer: Answer = computed.answer
    ours = OURS[kind](answer)
    try:
        heard = ASKED[kind](asked, tables, answer, limits)
    except (mixed.Unfit, forecasts.Unfit) as unfit:
        heard = Heard({}, [str(unfit)], [*ours])
    pairs = {group: Pair(numbers, heard.theirs[group]) for group, numbers in ours.items() if group in heard.theirs}
    missing = [group for group in ours if group not in heard.theirs]
    untold = list(dict.fromkeys([*missing, *heard.untold]))
    opinion = Opinion(f"statsmodels {version('statsmodels')}", pairs, untold, heard.said)
    return replace(computed, answer={**answer, "second_opinion": opinion_told(opinion)})


def _regress(asked: RegressSpec, tables: Tables, answer: Answer, limits: Limits) -> Heard:
    terms = [row["term"] for row in answer["coefficients"] if _known(row["estimate"])]
    theirs, said = regressions.statsmodels_fit(regress_spec(asked), tables["data"], terms, limits)
    return Heard(theirs, said, _beside(answer, "predictions"))


def _mixed(asked: MixedSpec, tables: Tables, answer: Answer, limits: Limits) -> Heard:
    theirs, said = mixed.statsmodels_fit(mixed_spec(asked), tables["data"], limits)
    if asked.df == "kenward-roger":
        theirs.pop("std_errors")  # adjusted for small samples here
    also = ["degrees of freedom and p-values: statsmodels takes the normal distribution", "aic", "bic", "r_squared", "icc"]
    return Heard(theirs, said, [*also, *_beside(answer, "predictions", "intervals", "anova", "f_tests", "simulations")])


def _forecast(asked: ForecastSpec, tables: Tables, answer: Answer, limits: Limits) -> Heard:
    given = given_of(asked, tables, limits)
    if given.many:
        raise forecasts.Unfit("a second opinion is of one series; ask for each alone")
    forecasts.orders_of(answer["model"]["name"])
    (series,) = given.series
    assert isinstance(series, Series)
    y = series.y
    if np.isnan(y).any():
        raise forecasts.Unfit("a series with gaps is not compared")
    model, lags = answer["model"], tuple(answer["differences"]["applied"])
    transformed = _power(model["transform"]).forward(y)
    told = forecasts.ArmaTold(transformed, lags, model["name"], tuple(model["coefficients"]), len(answer["forecast"]))
    theirs, said = forecasts.statsmodels_fit(told)
    return Heard(theirs, said, ["sigma2", "intervals", *_beside(answer, "backtest", "sums")])


def _power(name: str) -> Power:
    """Read a transform's name."""
    if name.startswith("boxcox("):
        return Power(float(name.removeprefix("boxcox(").removesuffix(")")))
    return {"none": Power(), "log": Power(0.0)}[name]


def _ours_of_regress(answer: Answer) -> dict[str, Numbers]:
    rows: Rows = answer["coefficients"]
    ends = {f"{row['term']} {end}": row[f"conf_{end}"] for row in rows for end in ("low", "high")}
    fit = {name: value for name, value in answer["fit"].items() if name not in ("df", "df_residual", "nobs")}
    return {**_fixed(rows), "p_values": _column(rows, "p_value"), "intervals": ends, "fit": fit}


def _ours_of_mixed(answer: Answer) -> dict[str, Numbers]:
    rows: Rows = answer["fixed"]
    fixed = _fixed(rows)
    del fixed["statistics"]
    return {
        **fixed,
        "standard_deviations": {f"{row['group']} {row['term']}": row["sd"] for row in answer["random"]},
        "effects": {f"{row['group']} {row['level']} {row['term']}": row["estimate"] for row in answer["effects"]},
        "fit": {name: answer["fit"][name] for name in ("log_lik", "sigma")},
    }


def _ours_of_forecast(answer: Answer) -> dict[str, Numbers]:
    if answer.get("model") is None:
        return {}
    model = answer["model"]
    return {
        "coefficients": model["coefficients"],
        "std_errors": model["std_errors"],
        "fit": {name: model[name] for name in ("log_lik", "aic", "aicc", "bic", "sigma2_ml")},
        "forecast": {f"w at h={row['h']}": row["w"] for row in answer["forecast"]},
    }


def _fixed(rows: Rows) -> dict[str, Numbers]:
    names = {"coefficients": "estimate", "std_errors": "std_error", "statistics": "statistic"}
    return {group: _column(rows, column) for group, column in names.items()}


def _column(rows: Rows, name: str) -> Numbers:
    return {row["term"]: row[name] for row in rows}


def _beside(answer: Answer, *names: str) -> list[str]:
    """Name what the answer tells beside the model, if it does."""
    return [name for name in names if answer.get(name)]


def _known(value: float | None) -> bool:
    return value is not None and value == value


ASKED: Mapping[str, Callable[[Any, Tables, Answer, Limits], Heard]] = {
    "regress": _regress,
    "mixed": _mixed,
    "forecast": _forecast,
}
OURS: Mapping[str, Callable[[Answer], dict[str, Numbers]]] = {
    "regress": _ours_of_regress,
    "mixed": _ours_of_mixed,
    "forecast": _ours_of_forecast,
}
