"""The random-effects terms of a formula, taken apart as lme4 does: a/b, || and the part that is left for the fixed effects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from errors import FormulaError
from science.formula import Bar, Formula, Terms, expand, parse
from science.formula.spelling import quoted_name
from science.formula.tree import Call, Chain, Group, Name, Node, names, ungrouped
from science.limits import Limits

FACTOR_CALLS = frozenset({"factor", "as.factor"})
NOTHING = ("0", "-1", "- 1")
NOTHING_VARIES = "nothing varies here: neither an intercept nor a slope"


@dataclass(frozen=True)
class RandomTerm:
    """One term: `effects` (a right side such as `1 + Days`) varying over the levels of `parts` crossed."""

    effects: str
    group: str  # as R spells it: Subject, cask:batch
    parts: tuple[str, ...]  # the columns whose combinations are the levels
    bar: Bar


def random_terms(formula: Formula, columns: tuple[str, ...], limits: Limits) -> tuple[RandomTerm, ...]:
    """List the terms of every (effects | group), in the order written. Raises FormulaError where there is none."""
    terms = expanded(formula, columns, limits)
    if not terms.bars:
        reason = "a mixed model has a random effect such as (1 | group); without one it is a regression"
        raise FormulaError(reason, formula=formula.text, position=formula.predictors.start)
    found = [
        RandomTerm(effects, group, parts, bar)
        for bar in terms.bars
        for group, parts in _groups(bar.group, formula)
        for effects in _effects(bar, formula, limits)
    ]
    limits.check("max_terms", len(found), f"the formula has {len(found)} random-effects terms", field="formula")
    return tuple(found)


def expanded(formula: Formula, columns: tuple[str, ...], limits: Limits) -> Terms:
    return expand(formula, columns if formula.has_dot else (), limits)


def columns_needed(terms: tuple[RandomTerm, ...]) -> tuple[str, ...]:
    """Name the columns that a missing value of which drops a row."""
    needed: dict[str, None] = {}
    for term in terms:
        needed |= dict.fromkeys(name.text for name in names(term.bar.effects))
        needed |= dict.fromkeys(term.parts)
    return tuple(needed)


def fixed_text(formula: Formula) -> str:
    """Return the formula without its bars, everything else at its old position."""
    characters = list(formula.text)
    for first, last, replacement in _gaps(formula.predictors, leading=True):
        characters[first:last] = replacement.ljust(last - first)
    return "".join(characters)


def _gaps(node: Node, *, leading: bool) -> Iterator[tuple[int, int, str]]:
    """Yield what to overwrite. leading: nothing that could have moved the intercept stands before the node."""
    if _is_bar(node):
        yield node.start, node.end, "1"  # which, at the very beginning, changes nothing
    elif isinstance(node, Group):
        yield from _gaps(node.inner, leading=leading)
    elif isinstance(node, Chain) and node.rest[0][0] in ("+", "-"):
        yield from _gaps_in_sum(node, leading=leading)


def _gaps_in_sum(node: Chain, *, leading: bool) -> Iterator[tuple[int, int, str]]:
    end = node.first.end
    if leading or not _is_bar(node.first):
        yield from _gaps(node.first, leading=leading)
    else:
        yield node.first.start, node.rest[0][1].start, ""
    for _, operand in node.rest:
        if _is_bar(operand):
            yield end, operand.end, ""
        else:
            yield from _gaps(operand, leading=False)
        end = operand.end


def _is_bar(node: Node) -> bool:
    inner = ungrouped(node)
    return isinstance(inner, Chain) and inner.rest[0][0] in ("|", "||")


def _has_bar(node: Node) -> bool:
    """Tell whether a bar stands anywhere in a sum or a product."""
    inner = ungrouped(node)
    if not isinstance(inner, Chain):
        return False
    return _is_bar(inner) or any(_has_bar(part) for part in (inner.first, *(operand for _, operand in inner.rest)))


Grouped = tuple[str, tuple[str, ...]]  # a factor: as R spells it, and its columns


def _groups(node: Node, formula: Formula) -> list[Grouped]:
    """a/b/c is a, b:a and c:(b:a), as in lme4; a:b is one factor."""
    node = ungrouped(node)
    if isinstance(node, Chain) and node.rest[0][0] in (":", "/"):
        groups = _groups(node.first, formula)
        for operator, operand in node.rest:
            inner = _groups(operand, formula)
            if len(inner) > 1 or (operator == ":" and len(groups) > 1):
                raise _not_a_group(operand, formula)
            groups = [_crossed(groups[0], inner[0])] if operator == ":" else [*groups, _nested(inner[0], groups[-1])]
        return groups
    if isinstance(node, Call) and node.function in FACTOR_CALLS and len(node.arguments) == 1:
        node = node.arguments[0].value
    if not isinstance(node, Name):
        raise _not_a_group(node, formula)
    return [(quoted_name(node.text), (node.text,))]


def _crossed(one: Grouped, other: Grouped) -> Grouped:
    return f"{one[0]}:{other[0]}", (*one[1], *other[1])


def _nested(inner: Grouped, outer: Grouped) -> Grouped:
    return _crossed(inner, outer if len(outer[1]) == 1 else (f"({outer[0]})", outer[1]))


def _not_a_group(node: Node, formula: Formula) -> FormulaError:
    reason = "a grouping factor is a column, columns crossed as in a:b, or nested as in a/b"
    return FormulaError(reason, formula=formula.text, position=node.start)


def _effects(bar: Bar, formula: Formula, limits: Limits) -> list[str]:
    text = formula.text[bar.effects.start : bar.effects.end]
    if _has_bar(bar.effects):
        raise FormulaError("a random effect cannot stand inside another one", formula=formula.text, position=bar.effects.start)
    if text.strip() in NOTHING:
        raise FormulaError(NOTHING_VARIES, formula=formula.text, position=bar.start)
    if bar.correlated:
        return [text]
    inner = expand(parse(f"~ {text}", limits), (), limits)
    uncorrelated = ["1"] * inner.intercept + [f"0 + {label}" for label in inner.labels]
    if not uncorrelated:
        raise FormulaError(NOTHING_VARIES, formula=formula.text, position=bar.start)
    return uncorrelated


def is_intercept(effects: str) -> bool:
    return effects.strip() == "1"


def response_text(formula: Formula) -> str:
    """Return the text of the response. Raises FormulaError where there is none."""
    if formula.response is None:
        raise FormulaError("the response is missing: a column or an expression to the left of ~", formula=formula.text)
    return formula.text[formula.response.start : formula.response.end]
