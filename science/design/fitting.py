"""Whether a formula fits data, by the names and the types of their columns alone: what can be said before a row is read."""

from __future__ import annotations

from collections.abc import Iterator

from errors import FormulaError
from science.design.build import check_terms, response_missing
from science.design.evaluate import COMPARISONS, CONSTANTS, unknown_function
from science.design.factors import FACTOR_FUNCTIONS
from science.design.frame import Frame, unknown_column
from science.design.functions import FUNCTIONS
from science.design.learned import LEARNED_FUNCTIONS
from science.formula import Formula, expand
from science.formula.spelling import spelled
from science.formula.tree import Call, Chain, Group, Name, Node, Power, Unary, ungrouped
from science.limits import Limits
from science.table import BOOLEAN_LEVELS, Factor, Table

EQUALITIES = frozenset({"==", "!="})
OF_TERMS = frozenset({"+", "-", "*", ":", "/", "%in%"})  # between terms these are no arithmetic
# Calls that take what is not a column: names of contrasts, levels. Of these the first argument alone is looked at.
FIRST_ALONE = frozenset({*FACTOR_FUNCTIONS, *LEARNED_FUNCTIONS})
OF_ANYTHING = frozenset({"I", "is.na", "ifelse", "c", *FACTOR_FUNCTIONS} - {"cut"})


def check_formula(tree: Formula, table: Table, limits: Limits) -> None:
    """Check the right side of a formula without random effects; its left side has to be there.

    table: the columns of the data; its rows are not looked at. Raises FormulaError at a column that is not there, or that is a
    text where numbers are needed, and at a function that is not known; LimitExceeded.
    """
    terms = expand(tree, table.names if tree.has_dot else (), limits)
    check_terms(terms, Frame(table, tree.text, limits, FUNCTIONS))
    for one in terms.variables[1:]:
        check_expression(one.node, table, tree.text, limits)


def check_response(tree: Formula, table: Table, limits: Limits) -> None:
    """Check the left side of a formula, which has to be a number. Raises FormulaError."""
    node = tree.response
    if node is None:
        raise response_missing(tree.text)
    column = table.columns.get(node.text) if isinstance(node, Name) else None
    if isinstance(column, Factor):
        kind = "a factor" if is_text(node, table) else "true or false"
        reason = f"the response must be numeric and {spelled(node)} is {kind}"
        raise FormulaError(reason, formula=tree.text, position=node.start)
    check_expression(node, table, tree.text, limits)


def check_effects(node: Node, table: Table, text: str, limits: Limits) -> None:
    """Check terms that stand inside a formula, such as those of a random effect."""
    for leaf in _leaves(node):
        if leaf != Name(".", leaf.start, leaf.end):
            check_expression(leaf, table, text, limits)


def check_expression(node: Node, table: Table, text: str, limits: Limits, *, numeric: bool = False) -> None:
    """Check what one variable is computed from; numeric: it has to be a number."""
    _check(node, Frame(table, text, limits, FUNCTIONS), numeric=numeric)


def is_text(node: Node, table: Table) -> bool:
    """Say whether a node is a column of texts."""
    node = ungrouped(node)
    column = table.columns.get(node.text) if isinstance(node, Name) else None
    return isinstance(column, Factor) and column.levels != BOOLEAN_LEVELS


def _leaves(node: Node) -> Iterator[Node]:
    match node:
        case Group():
            yield from _leaves(node.inner)
        case Chain() if {operator for operator, _ in node.rest} <= OF_TERMS:
            yield from _leaves(node.first)
            for _, operand in node.rest:
                yield from _leaves(operand)
        case Power():
            yield from _leaves(node.base)
        case _:
            yield node


def _check(node: Node, frame: Frame, *, numeric: bool) -> None:
    match node:
        case Name():
            _check_name(node, frame, numeric=numeric)
        case Group():
            _check(node.inner, frame, numeric=numeric)
        case Unary():
            _check(node.operand, frame, numeric=True)
        case Power():
            _check(node.base, frame, numeric=True)
            _check(node.exponent, frame, numeric=True)
        case Chain():
            _check_chain(node, frame)
        case Call():
            _check_call(node, frame)


def _check_name(node: Name, frame: Frame, *, numeric: bool) -> None:
    if node.text not in frame.table:
        if node.text not in CONSTANTS:
            raise unknown_column(node, frame)
    elif numeric and is_text(node, frame.table):
        raise frame.error(f"{spelled(node)} is a factor where numbers are needed", node)


def _check_chain(node: Chain, frame: Frame) -> None:
    """Texts may be compared with ==, != and %in%, and with nothing else."""
    operators = {operator for operator, _ in node.rest}
    numeric = not operators & (EQUALITIES | {"%in%"})
    _check(node.first, frame, numeric=numeric)
    for operator, operand in node.rest:
        _check(operand, frame, numeric=numeric or operator not in COMPARISONS.keys() | {"%in%"})


def _check_call(call: Call, frame: Frame) -> None:
    if call.function not in frame.functions:
        raise unknown_function(call, frame)
    arguments = [argument.value for argument in call.arguments]
    if call.function in FIRST_ALONE:
        named = [argument.value for argument in call.arguments if argument.name == "x"]
        arguments = (named or [argument.value for argument in call.arguments if argument.name is None])[:1]
    for argument in arguments:
        _check(argument, frame, numeric=call.function not in OF_ANYTHING)
