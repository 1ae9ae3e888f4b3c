"""What a question may cost, in seconds of one core, estimated before it is computed: cheap ones are answered at once.

The figures were measured on a core that does 10**10 multiplications of matrices' numbers a second, and rounded up. An
estimate decides who computes, not whether: one that is too high makes a job of a request, one that is too low meets the deadline.
"""

from __future__ import annotations

from math import prod

from errors import FormulaError, LimitExceeded
from kinds.forecast import ForecastSpec, Orders
from kinds.regress import RegressSpec
from kinds.shape import Shape, Shapes
from science.formula import Terms, expand, parse
from science.formula.tree import Node, names
from science.limits import Limits

CHEAP_ROWS = 2_500  # with the 2,000 columns that a design has at most, a regression of so many takes 2 s
MOST_COLUMNS = 2_000
MULTIPLICATION = 2e-10  # one of n p**2: 5,000 x 2,000 took 3.2 s
CELL = 2e-7  # one of n p, weighted and checked: 200,000 x 40 took 1.4 s
EXACT = 4e-7  # one of n p**2 with whole numbers of 50 digits: 10,000 x 25 took 1.4 s, 50,000 x 12 took 2.8
UNKNOWN_LEVELS = 30  # of factor(x), whose levels are seen only when it is read

ARMA_SEARCH = (0.3, 1e-3)  # for a series, and for each of its first 1,000 values: 0.1 s of 144 values, 0.6 of 1,000, 1 of 10,000
ARMA_ORDER = (0.15, 3e-4)  # the same when its orders are given: 0.05 s of 144 values, 0.2 of 1,000, 0.6 of 10,000
ARMA_SEASON = 8e-8  # for each value, by the square of a season that was named: 800 likelihoods
LONG = 1_000  # values, beyond which an ARMA takes hardly longer
SIMPLE = (
    0.001,
    1e-5,
    5e-5,
)  # for a series, each of its first 1,000 values, each step: naive took 0.9 to 6 ms, 46 for 1,000 steps
SMOOTHED = (0.002, 6e-5, 5e-5)  # theta took 2 ms of 20 values, 11 of 144, 34 of 1,000
AVERAGE = (0.01, 2e-4, 3e-4)  # of all forms: 4 ms of 20 values, 34 of 144, 68 of 1,000; 290 of 144 for 1,000 steps
FORMS = {"naive": SIMPLE, "snaive": SIMPLE, "drift": SIMPLE, "holt-winters": SIMPLE, "auto": AVERAGE}
VALUE = 1e-5  # each value: 0.13 s of 10,000
ORIGIN = 0.02


def regress_seconds(asked: RegressSpec, shapes: Shapes, limits: Limits) -> float:
    """Estimate a regression: columns of the design come from the formula's text and the factors' levels."""
    shape = shapes["data"]
    if shape.rows <= CHEAP_ROWS and asked.precision == "double":
        return 0.0
    p = design_columns(asked.formula, shape, limits)
    if asked.precision == "exact":
        return EXACT * shape.rows * p**2
    return MULTIPLICATION * shape.rows * p**2 + CELL * shape.rows * p


def forecast_seconds(asked: ForecastSpec, shapes: Shapes, limits: Limits) -> float:
    """Estimate forecasts: how many series, how long, and whether the orders of an ARMA are searched for."""
    if "data" in shapes:
        values, series = shapes["data"].rows, shapes["data"].levels.get(asked.unique_id or "unique_id") or 1
    elif isinstance(asked.series, list):
        series = max(len(asked.series), 1)
        values = sum(len(one["y"]) for one in asked.series if isinstance(one, dict) and isinstance(one.get("y"), list))
    else:
        series, values = 1, len(asked.y) if isinstance(asked.y, list) else 0
    long = min(values / series, LONG)
    one, value, step = FORMS.get(str(asked.model), SMOOTHED)
    each = one + value * long + step * asked.h
    if asked.model == "arma":
        each += ARMA_SEARCH[0] + ARMA_SEARCH[1] * long
    elif isinstance(asked.model, Orders):
        each += ARMA_ORDER[0] + ARMA_ORDER[1] * long
    if (asked.model == "arma" or isinstance(asked.model, Orders)) and isinstance(asked.season, int):
        each += ARMA_SEASON * values / series * asked.season**2
    origins = asked.backtest.origins if asked.backtest else 0
    return series * (each + ORIGIN * origins) + VALUE * values


def design_columns(formula: str, shape: Shape, limits: Limits) -> int:
    """Count the columns of a design from a formula's text; none for a text that will be refused anyway."""
    terms = terms_of(formula, shape, limits)
    return 0 if terms is None else min(columns_of(terms, shape), MOST_COLUMNS)


def terms_of(formula: str, shape: Shape, limits: Limits) -> Terms | None:
    """Parse and expand a formula; None for one that will be refused anyway."""
    try:
        tree = parse(formula.strip(), limits)
        return expand(tree, shape.names if tree.has_dot else (), limits)
    except (FormulaError, LimitExceeded):
        return None


def columns_of(terms: Terms, shape: Shape) -> int:
    """Count the columns of the fixed part, on the safe side."""
    widths = [_width(variable.node, shape) for variable in terms.variables]
    return terms.intercept + sum(prod(widths[index] for index in term) for term in terms.terms)


def _width(node: Node, shape: Shape) -> int:
    """Guess how many columns a variable makes: a factor as many as it has levels, a spline or a polynomial a handful."""
    used = [name.text for name in names(node)]
    levels = [shape.levels.get(name) for name in used]
    if any(levels):
        return prod(max(each or 1, 1) for each in levels)
    return 1 if len(used) == 1 and getattr(node, "text", None) == used[0] else min(UNKNOWN_LEVELS, shape.rows)
