"""The second stage: tokens to a bounded tree, with R's precedence of operators."""

from __future__ import annotations

import math
from functools import lru_cache

from errors import FormulaError, LimitExceeded
from science.formula.tokens import Token, tokens_of
from science.formula.tree import Argument, Call, Chain, Formula, Group, Name, Node, Number, Power, Text, Truth, Unary, names
from science.limits import Limits

# How tightly an infix operator binds, in R's order (?Syntax). All but ^ read from the left.
BINDING = {
    "|": 1, "||": 1, "&": 2, "&&": 2,
    "<": 4, ">": 4, "<=": 4, ">=": 4, "==": 4, "!=": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "%in%": 7, "%%": 7, "%/%": 7, ":": 8, "^": 10,
}  # fmt: skip
PREFIX_BINDING = {"!": 3, "-": 9, "+": 9}
COMPARISON, POWER = 4, 10
TRUTHS = {"TRUE": True, "FALSE": False}
RESERVED = frozenset({"if", "else", "repeat", "while", "function", "for", "next", "break", "in", "NULL", "NA", "NaN"})


@lru_cache(maxsize=64)
def parse(text: str, limits: Limits) -> Formula:
    """Read `response ~ predictors` (or `~ predictors`) into a tree.

    Syntax only: no name is looked up. Raises LimitExceeded for length and depth before anything is built, FormulaError
    with the place of whatever cannot be read.
    """
    parser = _Parser(text, limits)
    response = None if parser.at("~") else parser.expression(0)
    parser.expect("~", "a formula has a ~ between the response and the predictors, as in y ~ x")
    predictors = parser.expression(0)
    parser.expect("", "the formula should end here, or go on with an operator such as +")
    return Formula(text, response, predictors, any(name.text == "." for name in names(predictors)))


@lru_cache(maxsize=64)
def parse_expression(text: str, limits: Limits) -> Node:
    """Read one expression without a ~, such as `log(x)`."""
    parser = _Parser(text, limits)
    node = parser.expression(0)
    parser.expect("", "the expression should end here")
    return node


class _Parser:
    """A place in the tokens, and how deep we are. The depth bounds every recursion over the tree."""

    def __init__(self, text: str, limits: Limits) -> None:
        self.text, self.limits = text, limits
        self.tokens = tokens_of(text, limits)
        self.index = 0
        self.depth = 0
        self._check_nesting()

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def at(self, operator: str) -> bool:
        token = self.tokens[self.index]
        return token.text == operator and token.kind in ("operator", "end")

    def take(self) -> Token:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def expect(self, operator: str, reason: str) -> Token:
        if not self.at(operator):
            raise self.error(reason, self.token.start)
        return self.tokens[self.index] if not operator else self.take()

    def error(self, reason: str, position: int) -> FormulaError:
        return FormulaError(reason, formula=self.text, position=position)

    def expression(self, minimum: int) -> Node:
        """Read operands and the infix operators that bind at least as tightly as `minimum`."""
        self.depth += 1
        if self.depth > self.limits.max_formula_depth:
            raise self._too_deep()
        node = self._operand()
        while (binding := self._binding()) >= max(minimum, 1):
            node = self._power(node) if binding == POWER else self._chain(node, binding)
        self.depth -= 1
        return node

    def _binding(self) -> int:
        token = self.tokens[self.index]
        return BINDING.get(token.text, 0) if token.kind == "operator" else 0

    def _chain(self, first: Node, binding: int) -> Chain:
        rest: list[tuple[str, Node]] = []
        while self._binding() == binding:
            operator = self.take()
            if binding == COMPARISON and rest:
                raise self.error("comparisons cannot be chained; put one in parentheses", operator.start)
            rest.append((operator.text, self.expression(binding + 1)))
        return Chain(first, tuple(rest), first.start, rest[-1][1].end)

    def _power(self, base: Node) -> Power:
        self.take()
        exponent = self.expression(POWER)
        return Power(base, exponent, base.start, exponent.end)

    def _operand(self) -> Node:
        token = self.take()
        if token.kind == "operator" and token.text in PREFIX_BINDING:
            operand = self.expression(PREFIX_BINDING[token.text])
            return Unary(token.text, operand, token.start, operand.end)
        if token.kind == "operator" and token.text == "(":
            inner = self.expression(0)
            end = self.expect(")", "a ) is missing here").end
            return Group(inner, token.start, end)
        if token.kind in ("name", "quoted"):
            return self._name(token)
        if token.kind == "text":
            return Text(token.text, token.start, token.end)
        if token.kind == "number":
            return self._number(token)
        where = "at the end" if token.kind == "end" else "here"
        raise self.error(f"a column, a number or a function is missing {where}", token.start)

    def _name(self, token: Token) -> Node:
        if self.at("("):
            return self._call(None, token, token.start)
        if self.at("::"):
            self.take()
            if self.token.kind != "name" or self.tokens[self.index + 1].text != "(":
                raise self.error("a function is missing after ::", self.token.start)
            return self._call(token.text, self.take(), token.start)
        if token.kind == "name" and token.text in TRUTHS:
            return Truth(TRUTHS[token.text], token.start, token.end)
        if token.kind == "name" and token.text == "Inf":
            return Number(math.inf, False, token.start, token.end)
        if token.kind == "name" and token.text in RESERVED:
            raise self.error(f"{token.text} is a word of R's own; a column of this name is written in backquotes", token.start)
        return Name(token.text, token.start, token.end)

    def _number(self, token: Token) -> Number:
        value = float(token.text.rstrip("L"))
        following = self.token
        if following.kind == "name" and following.start == token.end:
            raise self.error("a name cannot begin with a digit; write the column in backquotes", token.start)
        if math.isinf(value):
            raise self.error("this number is too large for double precision", token.start)
        return Number(value, token.text.endswith("L"), token.start, token.end)

    def _call(self, prefix: str | None, function: Token, start: int) -> Call:
        self.take()
        arguments: list[Argument] = []
        while not self.at(")"):
            if arguments:
                self.expect(",", "a , or a ) is missing here")
            arguments.append(self._argument())
        return Call(prefix, function.text, tuple(arguments), start, self.take().end)

    def _argument(self) -> Argument:
        following = self.tokens[min(self.index + 1, len(self.tokens) - 1)]
        if self.token.kind in ("name", "quoted") and following.kind == "operator" and following.text == "=":
            name = self.take().text
            self.take()
            return Argument(name, self.expression(0))
        return Argument(None, self.expression(0))

    def _check_nesting(self) -> None:
        depth = 0
        for token in self.tokens:
            if token.kind == "operator" and token.text in "()":
                depth += 1 if token.text == "(" else -1
                if depth > self.limits.max_formula_depth:
                    raise self._too_deep()

    def _too_deep(self) -> LimitExceeded:
        limit = self.limits.max_formula_depth
        return LimitExceeded("max_formula_depth", limit, "the formula is nested too deeply", field="formula")
