"""The nodes of a formula's tree. `start` and `end` are positions in the text, so that an error can point at them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """A column of the data (without its backquotes), or `.` for the other columns."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Number:
    value: float
    whole: bool  # written with R's L, as in 2L
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Text:
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Truth:
    """TRUE or FALSE. (T and F are names, as in R.)"""

    value: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `+x` or `!x`."""

    operator: str
    operand: Node
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Operands of one precedence, read from the left: a - b + c is first a, rest (("-", b), ("+", c))."""

    first: Node
    rest: tuple[tuple[str, Node], ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Power:
    base: Node
    exponent: Node
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Group:
    """Something in parentheses."""

    inner: Node
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Argument:
    name: str | None
    value: Node


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`; prefix is the package of `splines::bs`."""

    prefix: str | None
    function: str
    arguments: tuple[Argument, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A random effect: `(effects | group)`, or `(effects || group)` when its effects are not correlated."""

    effects: Node
    group: Node
    correlated: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Formula:
    """`response ~ predictors`; the response is None in a one-sided formula."""

    text: str
    response: Node | None
    predictors: Node
    has_dot: bool


Node = Name | Number | Text | Truth | Unary | Chain | Power | Group | Call


def children(node: Node) -> tuple[Node, ...]:
    """List the nodes directly below, from the left."""
    match node:
        case Unary():
            return (node.operand,)
        case Chain():
            return (node.first, *(operand for _, operand in node.rest))
        case Power():
            return (node.base, node.exponent)
        case Group():
            return (node.inner,)
        case Call():
            return tuple(argument.value for argument in node.arguments)
    return ()


def names(node: Node) -> Iterator[Name]:
    """Yield every name below, from the left. (The tree's depth is bounded by the parser.)"""
    if isinstance(node, Name):
        yield node
    for child in children(node):
        yield from names(child)


def ungrouped(node: Node) -> Node:
    """Take the parentheses off."""
    while isinstance(node, Group):
        node = node.inner
    return node
