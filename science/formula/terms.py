"""The third stage: a tree to the terms of a model, in the order and with the rules of R's terms.formula."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from math import comb

from errors import FormulaError, LimitExceeded
from science.formula.spelling import spelled
from science.formula.tree import Bar, Call, Chain, Formula, Group, Name, Node, Number, Power, Truth, Unary, names, ungrouped
from science.limits import Limits
from science.notice import Notice

PAIRS_PER_TERM = 20  # products of terms looked at for one term allowed: generous, and 10,000 take about a millisecond
PRODUCTS = frozenset({":", "*", "/", "%in%"})
BARS = frozenset({"|", "||"})
LEAF_OPERATORS = frozenset({"<", ">", "<=", ">=", "==", "!=", "&", "&&", "%%", "%/%"})  # R takes x > 2 for one variable

TermSet = dict[int, None]  # ordered set; a term is the set of its variables' bits


@dataclass(frozen=True)
class Variable:
    """What a term is made of: a column or an expression of columns."""

    label: str  # R's spelling
    node: Node


@dataclass(frozen=True)
class Terms:
    """A formula multiplied out. Variable 0 is the response when there is one; a term lists its variables' indices."""

    formula: Formula
    variables: tuple[Variable, ...]
    terms: tuple[tuple[int, ...], ...]
    labels: tuple[str, ...]
    intercept: bool
    offsets: tuple[int, ...]
    bars: tuple[Bar, ...]
    warnings: tuple[Notice, ...]


@lru_cache(maxsize=64)
def expand(formula: Formula, columns: tuple[str, ...], limits: Limits) -> Terms:
    """Multiply a formula out, ordering terms by their order of interaction, then as written.

    columns: the data's, needed for `.` alone (give () when the formula has none). Raises LimitExceeded for more
    terms or a higher interaction than allowed, counted before they are made; FormulaError with the place otherwise.
    """
    expansion = _Expansion(formula, columns, limits)
    if formula.response is not None:
        expansion.install(formula.response)
    found = expansion.terms_of(formula.predictors, 1, additive=True)
    return expansion.finished(found)


@dataclass
class _Expansion:
    formula: Formula
    columns: tuple[str, ...]
    limits: Limits
    intercept: bool = True
    pairs: int = 0
    bits: dict[str, int] = field(default_factory=dict)
    variables: list[Variable] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    warnings: list[Notice] = field(default_factory=list)

    def error(self, reason: str, node: Node | Bar) -> FormulaError:
        return FormulaError(reason, formula=self.formula.text, position=node.start)

    def install(self, node: Node) -> int:
        label = spelled(node)
        if label not in self.bits:
            self.bits[label] = 1 << len(self.variables)
            self.variables.append(Variable(label, node))
        return self.bits[label]

    def terms_of(self, node: Node, sign: int, *, additive: bool) -> TermSet:
        """Multiply out one node. sign: -1 inside a subtraction, where 1 and 0 change sides."""
        match node:
            case Group():
                return self._group(node, sign, additive=additive)
            case Number() if node.value in (0, 1):
                self.intercept = (node.value == 1) == (sign > 0)
                return {}
            case Name() if node.text == ".":
                return self._others(node)
            case Unary() if node.operator != "!":
                found = self.terms_of(node.operand, sign if node.operator == "+" else -sign, additive=False)
                return found if node.operator == "+" else {}
            case Power():
                return self._power(node, sign)
            case Chain() if node.rest[0][0] in ("+", "-"):
                return self._sum(node, sign, additive=additive)
            case Chain() if node.rest[0][0] in BARS:
                raise self.error("a random effect is written in parentheses, as in (1 | group)", node)
            case Chain() if any(operator in PRODUCTS for operator, _ in node.rest):
                return self._products(node, sign)
        return self._leaf(node)

    def finished(self, found: TermSet) -> Terms:
        terms = self._without_response(found)
        offset_bits = sum(self.bits[v.label] for v in self.variables if _is_offset(v.node))
        offsets = [term for term in terms if term & offset_bits]
        for term in offsets:
            if term.bit_count() > 1:
                raise self.error("an offset can only be added", self._node_of(term & offset_bits))
        ordered = sorted((term for term in terms if not term & offset_bits), key=int.bit_count)
        indices = [tuple(_indices(term)) for term in ordered]
        return Terms(
            formula=self.formula,
            variables=tuple(self.variables),
            terms=tuple(indices),
            labels=tuple(":".join(self.variables[i].label for i in term) for term in indices),
            intercept=self.intercept,
            offsets=tuple(i for term in offsets for i in _indices(term)),
            bars=tuple(self.bars),
            warnings=tuple(self.warnings),
        )

    def _group(self, node: Group, sign: int, *, additive: bool) -> TermSet:
        inner = node.inner
        if not (isinstance(inner, Chain) and inner.rest[0][0] in BARS):
            return self.terms_of(inner, sign, additive=additive)
        if len(inner.rest) > 1:
            raise self.error("a random effect has one | between its effects and its group", inner)
        if not additive or sign < 0:
            raise self.error("a random effect can only be added", node)
        operator, group = inner.rest[0]
        self.bars.append(Bar(inner.first, group, operator == "|", node.start, node.end))
        return {}

    def _others(self, node: Name) -> TermSet:
        if not self.columns:
            raise self.error("there are no columns that . could stand for", node)
        response = self.formula.response
        taken = {name.text for name in names(response)} if response is not None else set()
        others = [column for column in self.columns if column not in taken]
        self._check_terms(len(others))
        return dict.fromkeys(self.install(Name(column, node.start, node.end)) for column in others)

    def _leaf(self, node: Node) -> TermSet:
        if isinstance(node, Name | Call) or (isinstance(node, Unary | Chain) and _operator(node) in LEAF_OPERATORS | {"!"}):
            return {self.install(node): None}
        if isinstance(node, Number | Truth):
            raise self.error("only 1 and 0 can stand alone here, for the intercept; arithmetic goes in I(), as in I(2 * x)", node)
        raise self.error("a term is a column or a function of columns; a text is neither", node)

    def _sum(self, node: Chain, sign: int, *, additive: bool) -> TermSet:
        found = self.terms_of(node.first, sign, additive=additive)
        for operator, operand in node.rest:
            more = self.terms_of(operand, sign if operator == "+" else -sign, additive=additive and operator == "+")
            found = found | more if operator == "+" else {term: None for term in found if term not in more}
            self._check_terms(len(found))
        return found

    def _products(self, node: Chain, sign: int) -> TermSet:
        left = self._operand(node.first, sign)
        for operator, operand in node.rest:
            if operator not in PRODUCTS:
                raise self.error(f"{operator} does not go with terms; arithmetic goes in I()", operand)
            right = self._operand(operand, sign)
            left = self._combined(operator, left, right)
        return left

    def _operand(self, node: Node, sign: int) -> TermSet:
        bare = ungrouped(node)
        if isinstance(bare, Number) and bare.value in (0, 1):
            raise self.error("1 and 0 stand for the intercept: they can be added and taken away, not multiplied", node)
        if isinstance(bare, Unary) and bare.operator != "!":
            raise self.error(f"a {bare.operator} stands between terms; put what it applies to in parentheses", node)
        found = self.terms_of(node, sign, additive=False)
        if not found:
            raise self.error("no term is left here to multiply", node)
        return found

    def _combined(self, operator: str, left: TermSet, right: TermSet) -> TermSet:
        match operator:
            case ":":
                return self._crossed(left, right)
            case "*":
                return left | right | self._crossed(left, right)
            case "/":
                return left | self._crossed({_union(left): None}, right)
        return self._crossed(left, {_union(right): None})

    def _power(self, node: Power, sign: int) -> TermSet:
        exponent = ungrouped(node.exponent)
        if not isinstance(exponent, Number) or exponent.value < 1 or exponent.value != int(exponent.value):
            raise self.error("the power of a group of terms is a whole number from 1; arithmetic goes in I(), as in I(x^2)", node)
        degree = exponent.value
        self.limits.check("max_interaction_order", int(min(degree, 1e9)), f"a power of {degree:.15g} is asked", field="formula")
        terms = self._operand(node.base, sign)
        if all(term.bit_count() == 1 for term in terms):
            self._check_terms(sum(comb(len(terms), order) for order in range(1, int(degree) + 1)))
        if len(terms) == 1 and degree > 1:
            self._warn_of_power(node)
        found = terms
        for _ in range(int(degree) - 1):
            found = self._crossed(terms, found)
        return found

    def _warn_of_power(self, node: Power) -> None:
        base = spelled(node.base)
        detail = f"{spelled(node)} means {base} alone, as in R; for the power of its values write I({spelled(node)})"
        self.warnings.append(Notice("power_of_a_term", detail))

    def _crossed(self, left: TermSet, right: TermSet) -> TermSet:
        self.pairs += len(left) * len(right)
        if self.pairs > PAIRS_PER_TERM * self.limits.max_terms:
            raise self._too_many("the formula multiplies out to too many terms")
        found = dict.fromkeys(one | other for one in left for other in right)
        self._check_terms(len(found))
        order = max(map(int.bit_count, found), default=0)
        self.limits.check("max_interaction_order", order, f"the formula has an interaction of {order} variables", field="formula")
        return found

    def _check_terms(self, count: int) -> None:
        if count > self.limits.max_terms:
            raise self._too_many(f"the formula has {count} terms" if count < 10**9 else "the formula has too many terms")

    def _too_many(self, what: str) -> LimitExceeded:
        return LimitExceeded("max_terms", self.limits.max_terms, what, field="formula")

    def _without_response(self, found: TermSet) -> list[int]:
        if self.formula.response is None:
            return list(found)
        for term in found:
            if term & 1 and term > 1:
                raise self.error("the response cannot be part of an interaction", self.formula.predictors)
        if 1 in found:
            label = self.variables[0].label
            self.warnings.append(
                Notice("response_dropped", f"{label} is the response and was dropped from the right side, as in R")
            )
        return [term for term in found if term != 1]

    def _node_of(self, bits: int) -> Node:
        return self.variables[bits.bit_length() - 1].node


def _is_offset(node: Node) -> bool:
    return isinstance(node, Call) and node.function == "offset"


def _operator(node: Unary | Chain) -> str:
    return node.operator if isinstance(node, Unary) else node.rest[0][0]


def _union(terms: TermSet) -> int:
    union = 0
    for term in terms:
        union |= term
    return union


def _indices(term: int) -> Iterable[int]:
    return (i for i in range(term.bit_length()) if term >> i & 1)
