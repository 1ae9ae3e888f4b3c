"""Whether a question fits the columns of the data that it is to be asked of: what is refused when a model is put, not at night.

Each check has a table with the columns of the data and no rows, and raises what fitting would have raised.
"""

from __future__ import annotations

from errors import FormulaError, InvalidInput
from kinds.forecast import ForecastSpec
from kinds.fraud import FraudSpec
from kinds.mixed import MixedSpec
from kinds.regress import RegressSpec
from science.design.fitting import check_effects, check_expression, check_formula, check_response
from science.design.frame import listed
from science.formula import Formula, parse
from science.formula.tree import Call
from science.fraud.prepare import numbers
from science.limits import Limits
from science.mixed.bars import fixed_text, random_terms
from science.mixed.design import check_groups
from science.regress.weights import weights_column
from science.table import Numeric, Table

MOST_TIMES = 1  # columns of numbers that may be the time, where neither y nor ds is named


def check_regress(asked: RegressSpec, table: Table, limits: Limits) -> None:
    """Check the columns of formula and weights."""
    tree = parse(asked.formula, limits)
    check_response(tree, table, limits)
    check_formula(tree, table, limits)
    if asked.weights is not None:
        weights_column(asked.weights, table)


def check_mixed(asked: MixedSpec, table: Table, limits: Limits) -> None:
    """Check the columns of formula, random effects included, and weights."""
    tree = parse(asked.formula, limits)
    _check_family(asked, tree, table, limits)
    terms = random_terms(tree, table.names, limits)
    check_groups(terms, tree, table, limits)
    for bar in {term.bar: None for term in terms}:
        check_effects(bar.effects, table, tree.text, limits)
    check_formula(parse(fixed_text(tree), limits), table, limits)
    if asked.weights is not None:
        weights_column(asked.weights, table)


def check_forecast(asked: ForecastSpec, table: Table, limits: Limits) -> None:
    """Check that there is one series: a column of numbers, and what else is named."""
    for field in ("series", "unique_id", "x", "x_future"):
        if getattr(asked, field) is not None:
            raise InvalidInput(f"a stored forecast is of one series without regressors; leave {field} out", field=field)
    for field in ("y", "ds"):
        name = getattr(asked, field)
        if name is not None and (not isinstance(name, str) or name not in table):
            raise InvalidInput(f"{field} must name a column of the data; there are {listed(table.names)}", field=field)
    if "unique_id" in table:
        raise InvalidInput(
            "the data hold several series, told apart by unique_id; a stored forecast is of one", field="unique_id"
        )
    _check_values(asked, table)


def check_fraud(asked: FraudSpec, table: Table, limits: Limits) -> None:
    """Check that what is scored, labelled and weighed are columns of numbers."""
    for place, name in enumerate(asked.columns):
        numbers(table, name, f"columns.{place}")
    for field in ("label", "time", "weight", "alerted"):
        if (name := getattr(asked, field)) is not None:
            numbers(table, name, field)


def _check_family(asked: MixedSpec, tree: Formula, table: Table, limits: Limits) -> None:
    """Check the response, which of a gaussian model is a number."""
    response = tree.response
    if isinstance(response, Call) and response.function == "cbind":
        if asked.family != "binomial":
            reason = "cbind(successes, failures) is the response of the binomial family, without weights"
            raise FormulaError(reason, formula=tree.text, position=response.start)
        for argument in response.arguments:
            check_expression(argument.value, table, tree.text, limits, numeric=True)
    elif asked.family == "gaussian" or response is None:
        check_response(tree, table, limits)
    else:
        check_expression(response, table, tree.text, limits)


def _check_values(asked: ForecastSpec, table: Table) -> None:
    name = asked.y or ("y" if "y" in table else None)
    if name is not None:
        if not isinstance(table[name], Numeric):
            raise InvalidInput(f"the column {name} holds no numbers; a forecast is of numbers", field="y")
        return
    known = [name for name, column in table.columns.items() if name != asked.ds and isinstance(column, Numeric)]
    if not 1 <= len(known) <= (1 if asked.ds or "ds" in table else 1 + MOST_TIMES):
        raise InvalidInput(f"name the column to forecast as y; columns of numbers are {listed(known) or 'none'}", field="y")
