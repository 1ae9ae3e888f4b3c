"""Functions that make factors: factor, ordered, relevel, C and cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from science.design.arguments import FLAGS, Signature, flag, matched, text, whole
from science.design.contrasts import KINDS, Contrast
from science.design.evaluate import evaluate, numbers
from science.design.frame import Frame, listed
from science.design.state import Breaks, Levels
from science.design.values import Categories, Numbers, Value, Vector, of_length, where_any
from science.formula.spelling import number_text, spelled
from science.formula.tree import Call, Name, Node, Text, Truth
from science.notice import Notice
from science.table import BOOLEAN_LEVELS, FloatArray, IntArray

FACTOR = Signature(("x", "levels", "labels", "ordered"))
CONTRAST = Signature(("x", "contr", "ref", "base"), positional=3)
CUT = Signature(("x", "breaks", "labels", "include.lowest", "right", "dig.lab", "ordered_result"), required=2)
MOST_INTERVALS = 1000


def categories(value: Value, node: Node, frame: Frame) -> Categories:
    """Make a factor of a value. Numbers become levels named as R names them, in their order."""
    if isinstance(value, Categories):
        return value
    if not isinstance(value, Numbers):
        raise frame.error(f"{spelled(node)} cannot become a factor", node)
    value = of_length(value, frame.table.rows)
    if value.logical:
        return logical_categories(value)
    known = ~np.isnan(value.values) if value.missing is None else ~value.missing
    distinct, inverse = np.unique(value.values[known], return_inverse=True)
    count = len(distinct)
    frame.limits.check("max_levels", count, f"{spelled(node)} has {count} different values", field=frame.field)
    codes = np.full(frame.table.rows, -1, dtype=np.intp)
    codes[known] = inverse
    return _merged(codes, [number_text(number) for number in distinct.tolist()])


def logical_categories(value: Numbers) -> Categories:
    """TRUE and FALSE as R codes them in a model: a factor with both levels."""
    codes = value.values.astype(np.intp)
    return _categories(codes if value.missing is None else np.where(value.missing, -1, codes), BOOLEAN_LEVELS)


def _categories(codes: IntArray, levels: tuple[str, ...], ordered: bool = False) -> Categories:
    return Categories(codes, levels, ordered, None, where_any(codes < 0))


def _merged(codes: IntArray, names: Sequence[str]) -> Categories:
    """Give equal names one code: numbers that differ after 15 digits are one level, as in R."""
    levels = tuple(dict.fromkeys(names))
    if len(levels) < len(names):
        codes = np.array([*map(levels.index, names), -1], dtype=np.intp)[codes]
    return _categories(codes, levels)


def _factor(call: Call, frame: Frame) -> Categories:
    given = matched(call, FACTOR, frame)
    value = categories(evaluate(given["x"], frame), given["x"], frame)
    ordered = flag(given.get("ordered"), call.function == "ordered" or value.ordered, frame)
    if "levels" in given:
        levels = _names(given["levels"], frame)
        if len(set(levels)) < len(levels):
            raise frame.error("a level is listed twice", given["levels"])
        value = _chosen(value, levels)
    else:
        value = _as_learned(call, value, frame)
    levels = _labelled(value.levels, given["labels"], frame) if "labels" in given else value.levels
    return Categories(value.codes, levels, ordered, None, value.missing)


def _as_learned(call: Call, value: Categories, frame: Frame) -> Categories:
    """Keep the levels that the data of the fit had, so that labels mean the same in other rows."""
    if frame.learning:
        value = used_levels(value)
        frame.states[frame.key(call)] = Levels(value.levels)
        return value
    state = frame.states[frame.key(call)]
    assert isinstance(state, Levels)
    known = _chosen(value, state.names)
    unseen = (known.codes < 0) & (value.codes >= 0)
    if unseen.any():
        row = int(np.argmax(unseen)) + 1
        raise frame.data_error(f"row {row} has a level of {spelled(call)} that the fit never saw; it knows {listed(state.names)}")
    return known


def _names(node: Node, frame: Frame) -> tuple[str, ...]:
    value = evaluate(node, frame)
    if isinstance(value, Numbers) and value.values.ndim == 0:
        value = Vector((float(value.values),))
    if not isinstance(value, Vector):
        raise frame.error('texts or numbers are needed here, as in c("a", "b")', node)
    return tuple(element if isinstance(element, str) else number_text(element) for element in value.elements)


def _chosen(value: Categories, levels: tuple[str, ...]) -> Categories:
    place = {level: i for i, level in enumerate(levels)}
    codes = np.array([*(place.get(level, -1) for level in value.levels), -1], dtype=np.intp)[value.codes]
    return _categories(codes, levels)


def used_levels(value: Categories) -> Categories:
    """Drop levels that no row has, as R's factor() and lm() do. FALSE and TRUE both stay, as in R."""
    used = np.bincount(value.codes[value.codes >= 0], minlength=len(value.levels)) > 0
    if value.logical or used.all():
        return value
    place = np.append(np.where(used, np.cumsum(used) - 1, -1), -1)
    levels = tuple(level for level, kept in zip(value.levels, used, strict=True) if kept)
    contrast = value.contrast
    if contrast is not None:
        contrast = replace(contrast, base=max(int(place[contrast.base]), 0))
    return replace(value, codes=place[value.codes], levels=levels, contrast=contrast)


def _labelled(levels: tuple[str, ...], node: Node, frame: Frame) -> tuple[str, ...]:
    labels = _names(node, frame)
    if len(labels) != len(levels) or len(set(labels)) < len(labels):
        raise frame.error(f"labels must be {len(levels)} different texts, one for each level", node)
    return labels


def _relevel(call: Call, frame: Frame) -> Categories:
    given = matched(call, Signature(("x", "ref"), required=2), frame)
    value = categories(evaluate(given["x"], frame), given["x"], frame)
    if value.ordered:
        raise frame.error("relevel() is for factors that are not ordered", call)
    if not frame.learning:
        return value
    first = _place(value.levels, given["ref"], frame)
    levels = (value.levels[first], *value.levels[:first], *value.levels[first + 1 :])
    return _chosen(value, levels)


def _place(levels: tuple[str, ...], node: Node, frame: Frame) -> int:
    name = text(node, "the reference", frame)
    if name in levels:
        return levels.index(name)
    if not isinstance(node, Text) and name.isdecimal() and 1 <= int(name) <= len(levels):
        return int(name) - 1
    raise frame.error(f"the reference must be one of the {len(levels)} levels, by its name in quotes", node)


def _contrast(call: Call, frame: Frame) -> Categories:
    given = matched(call, CONTRAST, frame)
    value = categories(evaluate(given["x"], frame), given["x"], frame)
    kind = _kind(given["contr"], frame) if "contr" in given else "poly" if value.ordered else "treatment"
    contrast = Contrast(kind, numbered=_is_function_name(given.get("contr")))
    if not frame.learning:
        return value
    for name in ("ref", "base"):
        if name in given and kind != "treatment":
            raise frame.error(f"{name} goes with treatment contrasts; {kind} contrasts have none", given[name])
    if "base" in given:
        contrast = Contrast(kind, _base(given["base"], value, frame), numbered=True)
    if "ref" in given:
        contrast = Contrast(kind, _place(value.levels, given["ref"], frame))
    return replace(used_levels(value), contrast=contrast)


def _kind(node: Node, frame: Frame) -> str:
    written = node.text if isinstance(node, Name) else node.value if isinstance(node, Text) else ""
    name = written.removeprefix("contr.").casefold()
    for kind in KINDS:
        if kind.casefold() == name:
            return kind
    raise frame.error(f"the contrasts are {', '.join(KINDS)}", node)


def _is_function_name(node: Node | None) -> bool:
    """contr.treatment without quotes: R then names the columns by number."""
    return isinstance(node, Name) and node.text.startswith("contr.")


def _base(node: Node, value: Categories, frame: Frame) -> int:
    base = whole(node, "base", frame)
    if not 1 <= base <= len(value.levels):
        raise frame.error(f"base is the number of a level, from 1 to {len(value.levels)}", node)
    return base - 1


def _cut(call: Call, frame: Frame) -> Value:
    given = matched(call, CUT, frame)
    x = of_length(numbers(given["x"], frame), frame.table.rows)
    edges = _edges(call, given["breaks"], x, frame)
    right, lowest = flag(given.get("right"), True, frame), flag(given.get("include.lowest"), False, frame)
    codes = _intervals(x.values, edges, right, lowest)
    if x.missing is not None:
        codes[x.missing] = -1
    _tell_outside(call, codes, x, frame)
    if _is_false(given.get("labels")):
        return Numbers(codes.astype(np.float64) + 1.0, None, where_any(codes < 0))
    digits = whole(given["dig.lab"], "dig.lab", frame) if "dig.lab" in given else 3
    levels = _interval_names(edges, right, lowest, max(1, min(digits, 15)))
    if "labels" in given:
        levels = _labelled(levels, given["labels"], frame)
    return _categories(codes, levels, flag(given.get("ordered_result"), False, frame))


def _tell_outside(call: Call, codes: IntArray, x: Numbers, frame: Frame) -> None:
    outside = codes < 0 if x.missing is None else (codes < 0) & ~x.missing
    count = int(outside.sum())
    if count and frame.learning:
        detail = f"{count} values lie outside the breaks of {spelled(call)} and count as missing"
        frame.warnings.append(Notice("outside_breaks", detail))


def _edges(call: Call, node: Node, x: Numbers, frame: Frame) -> FloatArray:
    if frame.learning:
        written = evaluate(node, frame)
        if isinstance(written, Numbers) and written.values.ndim == 0:
            edges = _equal_edges(call, node, x, frame)
        elif isinstance(written, Vector) and all(isinstance(element, float) for element in written.elements):
            edges = np.sort(np.array(written.elements, dtype=np.float64))
        else:
            raise frame.error("breaks are a number of intervals or the edges, as in c(0, 10, 20)", node)
        if len(edges) < 2 or not (np.diff(edges) > 0).all():
            raise frame.error("breaks must be at least two different numbers", node)
        frame.states[frame.key(call)] = Breaks(tuple(edges.tolist()))
    state = frame.states[frame.key(call)]
    assert isinstance(state, Breaks)
    return np.array(state.edges)


def _equal_edges(call: Call, node: Node, x: Numbers, frame: Frame) -> FloatArray:
    """Cut the range into intervals of one width, the outer edges 0.1% further out, as R's cut()."""
    count = whole(node, "a number of breaks", frame)
    if not 2 <= count <= MOST_INTERVALS:
        raise frame.error(f"cut() makes 2 to {MOST_INTERVALS} intervals", node)
    here = x.values if x.missing is None else x.values[~x.missing]
    if not len(here) or not np.isfinite(here).all():
        raise frame.data_error(f"{spelled(call)} needs finite numbers")
    low, high = float(here.min()), float(here.max())
    spread = high - low
    if spread == 0:
        spread = abs(low) or 1.0
        return np.linspace(low - spread / 1000, high + spread / 1000, count + 1)
    edges = np.linspace(low, high, count + 1)
    edges[[0, -1]] = low - spread / 1000, high + spread / 1000
    return edges


def _intervals(x: FloatArray, edges: FloatArray, right: bool, lowest: bool) -> IntArray:
    codes = np.searchsorted(edges, x, side="left" if right else "right") - 1
    codes[(codes < 0) | (codes >= len(edges) - 1) | np.isnan(x)] = -1
    if lowest:
        closed, code = (edges[0], 0) if right else (edges[-1], len(edges) - 2)
        codes[x == closed] = code
    return codes


def _interval_names(edges: FloatArray, right: bool, lowest: bool, digits: int) -> tuple[str, ...]:
    for width in range(digits, max(12, digits) + 1):
        shown = [_shown_edge(edge, width) for edge in edges.tolist()]
        if all(one != other for one, other in pairwise(shown)):
            break
    else:
        return tuple(f"Range_{i}" for i in range(1, len(edges)))
    opening, closing = ("(", "]") if right else ("[", ")")
    names = [f"{opening}{low},{high}{closing}" for low, high in pairwise(shown)]
    if lowest and right:
        names[0] = "[" + names[0][1:]
    elif lowest:
        names[-1] = names[-1][:-1] + "]"
    return tuple(names)


def _shown_edge(edge: float, digits: int) -> str:
    return number_text(edge) if np.isinf(edge) else f"{edge + 0.0:.{digits}g}"


def _is_false(node: Node | None) -> bool:
    return (isinstance(node, Truth) and not node.value) or (isinstance(node, Name) and FLAGS.get(node.text) is False)


FACTOR_FUNCTIONS: dict[str, Callable[[Call, Frame], Value]] = {
    "factor": _factor,
    "as.factor": _factor,
    "ordered": _factor,
    "as.ordered": _factor,
    "relevel": _relevel,
    "C": _contrast,
    "cut": _cut,
}
