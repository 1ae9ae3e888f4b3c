"""The value of an expression over a table: columns, arithmetic, comparisons, and calls of the known functions."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

import numpy as np

from errors import InvalidInput
from science.design import extended
from science.design.extended import Extended
from science.design.frame import Frame, unknown_column
from science.design.values import Categories, Columns, Numbers, Value, Vector, either, where_any
from science.formula.spelling import spelled
from science.formula.tree import Call, Chain, Group, Name, Node, Number, Power, Text, Truth, Unary
from science.table import BoolArray, Factor, FloatArray

CONSTANTS = {"T": (1.0, True), "F": (0.0, True), "pi": (np.pi, False)}
ARITHMETIC = {"+": extended.add, "-": extended.subtract, "*": extended.multiply, "/": extended.divide}
CONSTANT_ARITHMETIC: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide,
}  # fmt: skip
REMAINDERS: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {"%%": np.mod, "%/%": np.floor_divide}
COMPARISONS: dict[str, Callable[[FloatArray, FloatArray], BoolArray]] = {
    "<": np.less, ">": np.greater, "<=": np.less_equal, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal,
}  # fmt: skip
PACKAGES = {"splines": ("bs", "ns"), "dplyr": ("lag",)}  # base:: and stats:: may stand before any function
LOGIC: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "&": np.minimum, "&&": np.minimum, "|": np.maximum, "||": np.maximum,
}  # fmt: skip


def evaluate(node: Node, frame: Frame) -> Value:
    """Compute an expression over all rows of the frame's table.

    A value is missing where a value it is made of is. Raises FormulaError at the part that makes no sense.
    """
    match node:
        case Name():
            return _column(node, frame)
        case Number():
            return Numbers(np.float64(node.value))  # type: ignore[arg-type]
        case Text():
            return Vector((node.value,))
        case Truth():
            return Numbers(np.float64(node.value), logical=True)  # type: ignore[arg-type]
        case Group():
            return evaluate(node.inner, frame)
        case Unary():
            return _unary(node, frame)
        case Power():
            return _power(node, frame)
        case Call():
            return _called(node, frame)
    return _chain(node, frame)


def numbers(node: Node, frame: Frame) -> Numbers:
    """Compute an expression that has to be numeric; TRUE and FALSE count as 1 and 0."""
    return as_numbers(evaluate(node, frame), node, frame)


def as_numbers(value: Value, node: Node, frame: Frame) -> Numbers:
    """Take a computed value for numbers. (Evaluating a node twice would double the work at every level of nesting.)"""
    if isinstance(value, Numbers):
        return value
    if isinstance(value, Categories) and value.logical:
        return truths(value)
    kind = {Categories: "a factor", Columns: "several columns", Vector: "a constant that is no number"}[type(value)]
    raise frame.error(f"{spelled(node)} is {kind} where numbers are needed", node)


def truths(value: Categories) -> Numbers:
    return Numbers(np.maximum(value.codes, 0).astype(np.float64), None, value.missing, logical=True)


def _column(node: Name, frame: Frame) -> Value:
    if node.text not in frame.table:
        if node.text in CONSTANTS:
            value, logical = CONSTANTS[node.text]
            return Numbers(np.float64(value), logical=logical)  # type: ignore[arg-type]
        raise unknown_column(node, frame)
    column = frame.table[node.text]
    missing = where_any(column.missing)
    if isinstance(column, Factor):
        return Categories(column.codes, column.levels, column.ordered, None, missing)
    return Numbers(column.values, None, missing, computed=False)


def _called(call: Call, frame: Frame) -> Value:
    known = call.prefix in (None, "base", "stats") or call.function in PACKAGES.get(call.prefix, ())
    if known and call.function in frame.functions:
        return frame.functions[call.function](call, frame)
    raise unknown_function(call, frame)


def unknown_function(call: Call, frame: Frame) -> InvalidInput:
    """Say that there is no such function, naming the nearest and all there are."""
    near = get_close_matches(call.function, frame.functions, n=2)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    listed = ", ".join(sorted(frame.functions, key=str.lower))
    return frame.error(f"{call.function}() is not known here; {hint}the functions are {listed}", call)


def _unary(node: Unary, frame: Frame) -> Numbers:
    inner = numbers(node.operand, frame)
    if node.operator == "!":
        return Numbers((inner.values == 0).astype(np.float64), None, inner.missing, logical=True)
    if node.operator == "+":
        return inner
    return Numbers(*extended.negative(_extended(inner)), inner.missing)


def _power(node: Power, frame: Frame) -> Numbers:
    base, exponent = numbers(node.base, frame), numbers(node.exponent, frame)
    missing = either(base.missing, exponent.missing)
    if exponent.values.ndim == 0 and float(exponent.values).is_integer() and abs(float(exponent.values)) < 1e9:
        return Numbers(*extended.power(_extended(base), int(exponent.values)), missing)
    return Numbers(np.power(base.values, exponent.values), None, missing)


def _chain(node: Chain, frame: Frame) -> Numbers:
    if node.rest[0][0] in COMPARISONS:
        return _comparison(node, frame)
    left: Numbers | None = None
    for symbol, operand in node.rest:
        if symbol == "%in%":
            left = _membership(node.first, operand, frame)
            continue
        left = numbers(node.first, frame) if left is None else left
        left = _combined(symbol, left, numbers(operand, frame), operand, frame)
    assert left is not None
    return left


def _combined(symbol: str, left: Numbers, right: Numbers, operand: Node, frame: Frame) -> Numbers:
    missing = either(left.missing, right.missing)
    if symbol in ARITHMETIC and left.values.ndim == right.values.ndim == 0:  # a constant is the double that R makes of it
        return Numbers(CONSTANT_ARITHMETIC[symbol](left.values, right.values))
    if symbol in ARITHMETIC:
        return Numbers(*ARITHMETIC[symbol](_extended(left), _extended(right)), missing)
    if symbol in REMAINDERS:
        return Numbers(REMAINDERS[symbol](left.values, right.values), None, missing)
    if symbol in LOGIC:
        values = LOGIC[symbol]((left.values != 0).astype(np.float64), (right.values != 0).astype(np.float64))
        return Numbers(values, None, missing, logical=True)
    raise frame.error(f"{symbol} has no meaning inside a function", operand)


def _comparison(node: Chain, frame: Frame) -> Numbers:
    symbol, operand = node.rest[0]
    left, right = evaluate(node.first, frame), evaluate(operand, frame)
    if symbol in ("==", "!="):
        factor, constant = (left, right) if isinstance(left, Categories) else (right, left)
        if isinstance(factor, Categories) and isinstance(constant, Vector):
            chosen = _among(factor, constant)
            return Numbers(chosen if symbol == "==" else 1.0 - chosen, None, factor.missing, logical=True)
    one, other = as_numbers(left, node.first, frame), as_numbers(right, operand, frame)
    compared = np.asarray(COMPARISONS[symbol](one.values, other.values))
    return Numbers(compared.astype(np.float64), None, either(one.missing, other.missing), logical=True)


def _membership(first: Node, operand: Node, frame: Frame) -> Numbers:
    value, among = evaluate(first, frame), evaluate(operand, frame)
    if isinstance(among, Numbers) and among.values.ndim == 0:
        among = Vector((float(among.values),))
    if not isinstance(among, Vector):
        raise frame.error('%in% needs constants here, as in c("a", "b")', operand)
    if isinstance(value, Categories):
        return Numbers(_among(value, among), None, value.missing, logical=True)
    one = as_numbers(value, first, frame)
    listed = np.array([element for element in among.elements if isinstance(element, float)])
    return Numbers(np.isin(one.values, listed).astype(np.float64), None, one.missing, logical=True)


def _among(value: Categories, among: Vector) -> FloatArray:
    chosen = np.array([level in among.elements for level in value.levels] + [False], dtype=np.float64)
    found: FloatArray = chosen[value.codes]
    return found


def _extended(value: Numbers) -> Extended:
    return Extended(value.values, value.low)
