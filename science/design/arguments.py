"""The arguments of a call, matched to a signature as R matches them, and read as constants where they have to be."""

from __future__ import annotations

import math
from typing import NamedTuple

from science.design.frame import Frame
from science.formula.spelling import spelled
from science.formula.tree import Call, Name, Node, Number, Text, Truth, Unary

FLAGS = {"T": True, "F": False}


class Signature(NamedTuple):
    """Names of a function's arguments: the first `required` must be given, those after `positional` only by name."""

    names: tuple[str, ...]
    required: int = 1
    positional: int = 99


def matched(call: Call, signature: Signature, frame: Frame) -> dict[str, Node]:
    """Match arguments by name, then the rest by place. Raises FormulaError at the argument that is wrong."""
    found: dict[str, Node] = {}
    for argument in call.arguments:
        if argument.name is None:
            continue
        if argument.name not in signature.names:
            known = ", ".join(signature.names)
            raise frame.error(f"{call.function}() has no argument {argument.name} here; it has {known}", argument.value)
        if argument.name in found:
            raise frame.error(f"{argument.name} is given twice", argument.value)
        found[argument.name] = argument.value
    free = [name for name in signature.names[: signature.positional] if name not in found]
    for argument in call.arguments:
        if argument.name is None:
            if not free:
                raise frame.error(
                    f"{call.function}() takes no further argument; its arguments are {', '.join(signature.names)}", argument.value
                )
            found[free.pop(0)] = argument.value
    for name in signature.names[: signature.required]:
        if name not in found:
            raise frame.error(f"{call.function}() needs its argument {name}", call)
    return found


def whole(node: Node, what: str, frame: Frame) -> int:
    """Read a whole number, such as a degree."""
    value = _constant(node)
    if value is None or value != int(value if math.isfinite(value) else 0):
        raise frame.error(f"{what} must be a whole number, written out", node)
    return int(value)


def flag(node: Node | None, default: bool, frame: Frame) -> bool:
    if node is None:
        return default
    if isinstance(node, Truth):
        return node.value
    if isinstance(node, Name) and node.text in FLAGS:
        return FLAGS[node.text]
    raise frame.error("this must be TRUE or FALSE", node)


def is_flag(node: Node) -> bool:
    return isinstance(node, Truth) or (isinstance(node, Name) and node.text in FLAGS)


def text(node: Node, what: str, frame: Frame) -> str:
    """Read a level's name: a text, or a number as R would write it."""
    if isinstance(node, Text):
        return node.value
    if _constant(node) is not None:
        return spelled(node)
    raise frame.error(f'{what} must be a text in quotes, as in "a"', node)


def _constant(node: Node) -> float | None:
    if isinstance(node, Unary) and node.operator in "+-":
        inner = _constant(node.operand)
        return None if inner is None else inner if node.operator == "+" else -inner
    return node.value if isinstance(node, Number) else None
