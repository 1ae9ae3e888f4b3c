"""Functions that learn something from the data they are fitted on: poly, bs, ns, scale, center, cut, mean, ..."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from science.design import extended
from science.design.arguments import Signature, flag, is_flag, matched, whole
from science.design.evaluate import evaluate, numbers
from science.design.extended import Extended
from science.design.frame import Frame
from science.design.polynomial import evaluated, orthogonal
from science.design.splines import b_spline, natural_spline, quantile_knots
from science.design.state import Polynomial, Scaling, Spline, State, Statistic
from science.design.values import Columns, Numbers, Value, Vector, of_length
from science.formula.spelling import spelled
from science.formula.tree import Call, Node
from science.table import BoolArray, FloatArray

POLY = Signature(("x", "degree", "raw"), positional=2)
BS = Signature(("x", "df", "knots", "degree", "intercept", "Boundary.knots"))
NS = Signature(("x", "df", "knots", "intercept", "Boundary.knots"))
Kind = TypeVar("Kind", bound=State)
STATISTICS: dict[str, Callable[[FloatArray], float]] = {
    "mean": lambda x: float(x.mean()),
    "median": lambda x: float(np.median(x)),
    "sd": lambda x: float(x.std(ddof=1)),
    "min": lambda x: float(x.min()),
    "max": lambda x: float(x.max()),
}


def width(call: Call, frame: Frame) -> int:
    """Count a call's columns from its text alone, checking them against the limits."""
    if call.function == "poly":
        return _degree(matched(call, POLY, frame), frame)
    if call.function in ("bs", "ns"):
        return _spline_width(call, frame)
    return 1


def _poly(call: Call, frame: Frame) -> Columns:
    given = matched(call, POLY, frame)
    degree = _degree(given, frame)
    x = _over_rows(given["x"], frame)
    names = tuple(str(d) for d in range(1, degree + 1)) if degree > 1 else ("",)
    if flag(given.get("raw"), False, frame):
        return _raw_powers(x, degree, names)
    values = np.zeros((degree, frame.table.rows))
    known = ~x.missing if x.missing is not None else slice(None)
    if frame.learning:
        here = _present(x, call, frame)
        distinct = len(np.unique(here))
        if degree >= distinct:
            raise frame.data_error(f"{spelled(call)} needs more than {degree} distinct values and has {distinct}")
        values[:, known], frame.states[frame.key(call)] = orthogonal(here, degree)
    else:
        values[:, known] = evaluated(_state(call, frame, Polynomial), x.values[known])
    return Columns(values, names, None, x.missing)


def _degree(given: dict[str, Node], frame: Frame) -> int:
    degree = whole(given["degree"], "the degree", frame) if "degree" in given else 1
    if degree < 1:
        raise frame.error("the degree must be at least 1", given["degree"])
    frame.limits.check("max_degree", degree, f"a polynomial of degree {min(degree, 10**9)} is asked", field="formula")
    return degree


def _raw_powers(x: Numbers, degree: int, names: tuple[str, ...]) -> Columns:
    powers = [extended.power(Extended(x.values, x.low), d) for d in range(1, degree + 1)]
    values = np.stack([power.values for power in powers])
    if all(power.low is None for power in powers):
        return Columns(values, names, None, x.missing)
    low = np.stack([np.zeros_like(x.values) if power.low is None else power.low for power in powers])
    return Columns(values, names, low, x.missing)


def _bs(call: Call, frame: Frame) -> Columns:
    given = matched(call, BS, frame)
    x = _over_rows(given["x"], frame)
    degree = whole(given["degree"], "the degree", frame) if "degree" in given else 3
    intercept = flag(given.get("intercept"), False, frame)
    count = _spline_width(call, frame)
    spline = _spline(call, given, x, count - degree - intercept, frame)
    return _basis(b_spline(_filled(x, spline), spline, degree, intercept), x)


def _ns(call: Call, frame: Frame) -> Columns:
    given = matched(call, NS, frame)
    x = _over_rows(given["x"], frame)
    intercept = flag(given.get("intercept"), False, frame)
    spline = _spline(call, given, x, _spline_width(call, frame) - 1 - intercept, frame)
    return _basis(natural_spline(_filled(x, spline), spline, intercept), x)


def _spline_width(call: Call, frame: Frame) -> int:
    """Columns of bs() or ns(): df where it is given, else what the knots make. Checked against the limits."""
    given = matched(call, BS if call.function == "bs" else NS, frame)
    degree = whole(given["degree"], "the degree", frame) if "degree" in given else 3
    if degree < 1:
        raise frame.error("the degree must be at least 1", given["degree"])
    frame.limits.check("max_degree", degree, f"a spline of degree {min(degree, 10**9)} is asked", field="formula")
    least = (degree if call.function == "bs" else 1) + flag(given.get("intercept"), False, frame)
    count = least
    if "knots" in given:
        count = least + _listed(given["knots"])
    elif "df" in given:
        count = whole(given["df"], "df", frame)
        if count < least:
            raise frame.error(f"df must be at least {least} here", given["df"])
    frame.limits.check("max_spline_df", count, f"a spline of {min(count, 10**9)} columns is asked", field="formula")
    return count


def _listed(node: Node) -> int:
    return len(node.arguments) if isinstance(node, Call) and node.function == "c" else 1


def _spline(call: Call, given: dict[str, Node], x: Numbers, knots: int, frame: Frame) -> Spline:
    if not frame.learning:
        return _state(call, frame, Spline)
    here = _present(x, call, frame)
    low, high = float(here.min()), float(here.max())
    if "Boundary.knots" in given:
        bounds = _constants(given["Boundary.knots"], frame)
        if len(bounds) != 2:
            raise frame.error("Boundary.knots are two numbers, as in c(0, 10)", given["Boundary.knots"])
        low, high = min(bounds), max(bounds)
    if not low < high:
        raise frame.data_error(f"{spelled(call)} needs at least two distinct values")
    inside = here[(here >= low) & (here <= high)]
    inner = _constants(given["knots"], frame) if "knots" in given else _quantiles(inside, knots)
    if any(not low <= knot <= high for knot in inner):
        raise frame.error("knots must lie between the boundary knots", given.get("knots", call))
    spline = Spline(tuple(sorted(inner)), (low, high))
    frame.states[frame.key(call)] = spline
    return spline


def _quantiles(inside: FloatArray, count: int) -> tuple[float, ...]:
    return quantile_knots(inside, count) if count and len(inside) else ()


def _filled(x: Numbers, spline: Spline) -> FloatArray:
    return x.values if x.missing is None else np.where(x.missing, spline.boundary[0], x.values)


def _basis(values: FloatArray, x: Numbers) -> Columns:
    names = tuple(str(j + 1) for j in range(len(values))) if len(values) > 1 else ("",)
    return Columns(values, names, None, x.missing)


def _scale(call: Call, frame: Frame) -> Numbers:
    given = matched(call, Signature(("x", "center", "scale")), frame)
    x = _over_rows(given["x"], frame)
    if frame.learning:
        here = _present(x, call, frame)
        center = _parameter(given.get("center"), lambda: float(here.mean()), 0.0, frame)
        scale = _parameter(given.get("scale"), lambda: _root_mean_square(here - center), 1.0, frame)
        if not scale > 0:
            raise frame.data_error(f"{spelled(call)} cannot scale: all its values are equal")
        frame.states[frame.key(call)] = Scaling(center, scale)
    learned = _state(call, frame, Scaling)
    return Numbers((x.values - learned.center) / learned.scale, None, x.missing)


def _root_mean_square(x: FloatArray) -> float:
    return float(np.sqrt(x @ x / max(1, len(x) - 1)))


def _parameter(node: Node | None, computed: Callable[[], float], absent: float, frame: Frame) -> float:
    if node is None or is_flag(node):
        return computed() if flag(node, True, frame) else absent
    return _constants(node, frame)[0]


def _center(call: Call, frame: Frame) -> Numbers:
    x = _over_rows(matched(call, Signature(("x",)), frame)["x"], frame)
    if frame.learning:
        frame.states[frame.key(call)] = Scaling(float(_present(x, call, frame).mean()), 1.0)
    return Numbers(x.values - _state(call, frame, Scaling).center, None, x.missing)


def _statistic(call: Call, frame: Frame) -> Numbers:
    given = matched(call, Signature(("x", "na.rm")), frame)
    if frame.learning:
        here = _present(_over_rows(given["x"], frame), call, frame)
        if call.function == "sd" and len(here) < 2:
            raise frame.data_error(f"{spelled(call)} needs at least two values")
        frame.states[frame.key(call)] = Statistic(STATISTICS[call.function](here))
    return Numbers(np.float64(_state(call, frame, Statistic).value))  # type: ignore[arg-type]


def _over_rows(node: Node, frame: Frame) -> Numbers:
    return of_length(numbers(node, frame), frame.table.rows)


def _present(x: Numbers, call: Call, frame: Frame) -> FloatArray:
    """The values that are not missing: at least one, all finite."""
    here = x.values if x.missing is None else x.values[~x.missing]
    if not len(here):
        raise frame.data_error(f"{spelled(call)} has no values: all of them are missing")
    bad = _first_bad(x.values, x.missing)
    if bad is not None:
        raise frame.data_error(f"{spelled(call)} is made of something that is not a finite number in row {bad + 1}")
    return here


def _first_bad(values: FloatArray, missing: BoolArray | None) -> int | None:
    bad = ~np.isfinite(values)
    if missing is not None:
        bad &= ~missing
    return int(np.argmax(bad)) if bad.any() else None


def _constants(node: Node, frame: Frame) -> tuple[float, ...]:
    value: Value = evaluate(node, frame)
    if isinstance(value, Numbers) and value.values.ndim == 0:
        value = Vector((float(value.values),))
    if not isinstance(value, Vector) or not all(isinstance(element, float) for element in value.elements):
        raise frame.error("numbers are needed here, written out, as in c(1, 2)", node)
    return tuple(float(element) for element in value.elements)


def _state(call: Call, frame: Frame, kind: type[Kind]) -> Kind:
    state = frame.states[frame.key(call)]
    assert isinstance(state, kind)
    return state


LEARNED_FUNCTIONS: dict[str, Callable[[Call, Frame], Value]] = {
    "poly": _poly,
    "bs": _bs,
    "ns": _ns,
    "scale": _scale,
    "center": _center,
    **dict.fromkeys(STATISTICS, _statistic),
}
