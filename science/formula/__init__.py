"""Wilkinson–Rogers formulas in R's spelling: text → tokens → bounded tree → terms. Nothing of a text is ever executed."""

from science.formula.parser import parse, parse_expression
from science.formula.terms import Terms, expand
from science.formula.tree import Bar, Formula

__all__ = ["Bar", "Formula", "Terms", "expand", "parse", "parse_expression"]
