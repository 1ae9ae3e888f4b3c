"""The functions a formula may call. A name that is not in this table is refused: nothing else can be reached."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from science.design.arguments import Signature, matched, whole
from science.design.evaluate import as_numbers, evaluate, numbers
from science.design.factors import FACTOR_FUNCTIONS
from science.design.frame import Frame
from science.design.learned import LEARNED_FUNCTIONS
from science.design.values import Categories, Numbers, Value, Vector, either, of_length, where_any
from science.formula.tree import Call, Node
from science.table import BoolArray, FloatArray

Function = Callable[[Call, Frame], Value]

ELEMENTWISE: dict[str, Callable[[FloatArray], FloatArray]] = {
    "log2": np.log2, "log10": np.log10, "log1p": np.log1p, "exp": np.exp, "expm1": np.expm1, "sqrt": np.sqrt, "abs": np.abs,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "floor": np.floor, "ceiling": np.ceil, "round": np.round, "sign": np.sign,
}  # fmt: skip
EXTREMES = {"pmin": np.minimum, "pmax": np.maximum}
MOST_CONSTANTS = 1000


def _elementwise(call: Call, frame: Frame) -> Numbers:
    x = numbers(matched(call, Signature(("x",)), frame)["x"], frame)
    return Numbers(ELEMENTWISE[call.function](x.values), None, x.missing)


def _log(call: Call, frame: Frame) -> Numbers:
    given = matched(call, Signature(("x", "base")), frame)
    x = numbers(given["x"], frame)
    if "base" not in given:
        return Numbers(np.log(x.values), None, x.missing)
    base = numbers(given["base"], frame)
    exact = {2.0: np.log2, 10.0: np.log10}.get(float(base.values) if base.values.ndim == 0 else 0.0)
    values = exact(x.values) if exact else np.log(x.values) / np.log(base.values)
    return Numbers(values, None, either(x.missing, base.missing))


def _as_is(call: Call, frame: Frame) -> Value:
    return evaluate(matched(call, Signature(("x",)), frame)["x"], frame)


def _as_numeric(call: Call, frame: Frame) -> Numbers:
    value = numbers(matched(call, Signature(("x",)), frame)["x"], frame)
    return Numbers(value.values, value.low, value.missing)


def _is_missing(call: Call, frame: Frame) -> Numbers:
    value = evaluate(matched(call, Signature(("x",)), frame)["x"], frame)
    missing = None if isinstance(value, Vector) else value.missing
    values = np.zeros(frame.table.rows) if missing is None else missing.astype(np.float64)
    return Numbers(values, logical=True)


def _extreme(call: Call, frame: Frame) -> Numbers:
    if not call.arguments:
        raise frame.error(f"{call.function}() needs at least one argument", call)
    for argument in call.arguments:
        if argument.name is not None:
            raise frame.error(f"{call.function}() has no argument {argument.name} here", argument.value)
    first, *rest = (numbers(argument.value, frame) for argument in call.arguments)
    for other in rest:
        values = EXTREMES[call.function](first.values, other.values)
        first = Numbers(values, None, either(first.missing, other.missing))
    return first


def _lag(call: Call, frame: Frame) -> Numbers:
    given = matched(call, Signature(("x", "k")), frame)
    x = of_length(numbers(given["x"], frame), frame.table.rows)
    steps = whole(given["k"], "k", frame) if "k" in given else 1
    source = np.arange(frame.table.rows) - max(-frame.table.rows, min(steps, frame.table.rows))
    outside = (source < 0) | (source >= frame.table.rows)
    source[outside] = 0
    missing = outside if x.missing is None else outside | x.missing[source]
    return Numbers(x.values[source], None if x.low is None else x.low[source], where_any(missing))


def _if_else(call: Call, frame: Frame) -> Value:
    given = matched(call, Signature(("test", "yes", "no"), required=3), frame)
    test = of_length(numbers(given["test"], frame), frame.table.rows)
    chosen = test.values != 0
    yes, no = (evaluate(given[name], frame) for name in ("yes", "no"))
    if isinstance(yes, Vector) or isinstance(no, Vector) or _is_factor(yes) or _is_factor(no):
        return _chosen_levels(test, chosen, _levels(yes, given["yes"], frame), _levels(no, given["no"], frame))
    one = of_length(as_numbers(yes, given["yes"], frame), frame.table.rows)
    other = of_length(as_numbers(no, given["no"], frame), frame.table.rows)
    missing = either(test.missing, _chosen_missing(chosen, one.missing, other.missing))
    values = np.where(chosen, one.values, other.values)
    return Numbers(values, None, missing, logical=one.logical and other.logical)


def _is_factor(value: Value) -> bool:
    return isinstance(value, Categories) and not value.logical


def _levels(value: Value, node: Node, frame: Frame) -> Categories:
    if isinstance(value, Categories):
        return value
    if isinstance(value, Vector) and len(value.elements) == 1 and isinstance(value.elements[0], str):
        return Categories(np.zeros(frame.table.rows, dtype=np.intp), (value.elements[0],))
    raise frame.error("ifelse() needs both of its results to be texts, or both to be numbers", node)


def _chosen_levels(test: Numbers, chosen: BoolArray, yes: Categories, no: Categories) -> Categories:
    levels = tuple(sorted({*yes.levels, *no.levels}))
    places = [np.array([*map(levels.index, side.levels), -1], dtype=np.intp)[side.codes] for side in (yes, no)]
    codes = np.where(chosen, places[0], places[1])
    if test.missing is not None:
        codes[test.missing] = -1
    return Categories(codes, levels, missing=where_any(codes < 0))


def _chosen_missing(chosen: BoolArray, yes: BoolArray | None, no: BoolArray | None) -> BoolArray | None:
    if yes is None and no is None:
        return None
    return np.where(chosen, False if yes is None else yes, False if no is None else no)


def _vector(call: Call, frame: Frame) -> Vector:
    if not 0 < len(call.arguments) <= MOST_CONSTANTS:
        raise frame.error(f"c() takes 1 to {MOST_CONSTANTS} constants", call)
    elements = [_element(argument.value, frame) for argument in call.arguments]
    if len({type(element) for element in elements}) > 1:
        raise frame.error("c() takes numbers or texts, not both", call)
    return Vector(tuple(elements))  # type: ignore[arg-type]


def _element(node: Node, frame: Frame) -> float | str:
    value = evaluate(node, frame)
    if isinstance(value, Vector) and len(value.elements) == 1:
        return value.elements[0]
    if isinstance(value, Numbers) and value.values.ndim == 0:
        return float(value.values)
    raise frame.error("c() takes constants", node)


FUNCTIONS: dict[str, Function] = {
    **dict.fromkeys(ELEMENTWISE, _elementwise),
    **dict.fromkeys(EXTREMES, _extreme),
    "log": _log,
    "I": _as_is,
    "offset": _as_numeric,
    "as.numeric": _as_numeric,
    "is.na": _is_missing,
    "lag": _lag,
    "ifelse": _if_else,
    "c": _vector,
    **FACTOR_FUNCTIONS,
    **LEARNED_FUNCTIONS,
}
