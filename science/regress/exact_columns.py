"""The columns of a model as rational numbers, evaluated from the formula's tree."""

from __future__ import annotations

from functools import reduce
from operator import add, mul, sub, truediv

import numpy as np

from science.design import Design
from science.formula import Terms, expand, parse
from science.formula.tree import Call, Chain, Group, Name, Node, Number, Power, Unary, names, ungrouped
from science.limits import Limits
from science.regress.rational import Rationals, is_long, of_constant, of_decimals, of_doubles
from science.table import FloatArray, IntArray, Numeric, Table

OPERATIONS = {"+": add, "-": sub, "*": mul, "/": truediv}
TRANSPARENT = ("I", "offset")  # functions whose value is that of their argument
MOST_POWER = 64
NEAR = 1e-9  # of the coding of a factor to the whole number that it stands for


def exact_columns(text: str, design: Design, table: Table, limits: Limits) -> tuple[list[Rationals], bool]:
    """Return the columns of [X y - offset] of the formula `text` for the design's rows, and whether any column of X was rounded.

    A column is exact when it is a product of arithmetic in columns of the data and of a factor coded in whole numbers,
    and those have at most 15 digits: a sum that was rounded before it came is near its parts' span, not in it.
    """
    formula = parse(text, limits)
    terms = expand(formula, table.names if formula.has_dot else (), limits)
    variables = [_evaluated(variable.node, table, design.rows) for variable in terms.variables]
    made_of: list[tuple[int, ...]] = [(), *terms.terms]
    columns = []
    rounded = _any_long({i for term in terms.terms for i in term}, terms, table, design.rows)
    for j, term in enumerate(design.assign):
        exact = _column(design.X[:, j], [variables[i] for i in made_of[term]])
        rounded |= exact is None
        columns.append(exact or of_doubles(design.X[:, j], None if design.X_low is None else design.X_low[:, j]))
    offsets = [variables[i] for i in terms.offsets]
    return [*columns, _response(design, variables[0], offsets)], rounded


def _any_long(variables: set[int], terms: Terms, table: Table, rows: IntArray) -> bool:
    used = {name.text for i in variables for name in names(terms.variables[i].node)}
    columns = [table.columns.get(name) for name in used]
    return any(is_long(column.values[rows]) for column in columns if isinstance(column, Numeric))


def _response(design: Design, response: Rationals | None, offsets: list[Rationals | None]) -> Rationals:
    y = of_doubles(design.y, None) if response is None else response
    if design.offset is None:
        return y
    if None in offsets:
        return y - of_doubles(design.offset, None)
    return reduce(sub, [offset for offset in offsets if offset is not None], y)


def _column(values: FloatArray, variables: list[Rationals | None]) -> Rationals | None:
    """Multiply the exact variables of a term, and what is left of the column where that is a whole number in every row."""
    exact = reduce(mul, [variable for variable in variables if variable is not None], of_constant(1.0))
    if variables and None not in variables:
        return exact
    size = np.broadcast_to(np.asarray(exact.numerators / exact.denominator, dtype=np.float64), len(values))
    coding = np.divide(values, size, out=np.zeros(len(values)), where=size != 0)
    whole = np.rint(coding)
    if (np.abs(coding - whole) > NEAR).any():
        return None
    return exact * of_decimals(whole)


def _evaluated(node: Node, table: Table, rows: IntArray) -> Rationals | None:
    """Compute an expression of arithmetic in columns; None for anything else."""
    match node:
        case Name():
            column = table.columns.get(node.text)
            return of_decimals(column.values[rows]) if isinstance(column, Numeric) else None
        case Number():
            return of_constant(node.value)
        case Group():
            return _evaluated(node.inner, table, rows)
        case Unary() if node.operator in "+-":
            inner = _evaluated(node.operand, table, rows)
            return -inner if inner is not None and node.operator == "-" else inner
        case Power():
            return _power(node, table, rows)
        case Chain() if all(operator in OPERATIONS for operator, _ in node.rest):
            return _chain(node, table, rows)
        case Call() if node.function in TRANSPARENT and len(node.arguments) == 1:
            return _evaluated(node.arguments[0].value, table, rows)
    return None


def _power(node: Power, table: Table, rows: IntArray) -> Rationals | None:
    exponent = ungrouped(node.exponent)
    if not isinstance(exponent, Number) or not (exponent.value.is_integer() and 0 <= exponent.value <= MOST_POWER):
        return None
    base = _evaluated(node.base, table, rows)
    return None if base is None else base ** int(exponent.value)


def _chain(node: Chain, table: Table, rows: IntArray) -> Rationals | None:
    value = _evaluated(node.first, table, rows)
    for operator, operand in node.rest:
        other = _evaluated(operand, table, rows)
        if value is None or other is None:
            return None
        value = OPERATIONS[operator](value, other)
    return value
