"""The random part of a formula, taken apart."""

from __future__ import annotations

import pytest

from errors import FormulaError
from science.formula import parse
from science.limits import Limits
from science.mixed.bars import fixed_text, random_terms
from tests.science.mixed.data import fitted, table

LIMITS = Limits()


@pytest.mark.parametrize(
    ("formula", "terms"),
    [
        ("y ~ x + (1 | g)", [("1", "g")]),
        ("y ~ (x | g)", [("x", "g")]),
        ("y ~ x + (1 | a/b)", [("1", "a"), ("1", "b:a")]),
        ("y ~ x + (1 | a/b/c)", [("1", "a"), ("1", "b:a"), ("1", "c:(b:a)")]),
        ("y ~ x + (1 | a:b/c)", [("1", "a:b"), ("1", "c:(a:b)")]),
        ("y ~ x + (1 | a:b)", [("1", "a:b")]),
        ("y ~ x + (x || g)", [("1", "g"), ("0 + x", "g")]),
        ("y ~ x + (0 + x || g)", [("0 + x", "g")]),
        ("y ~ x + (x * z || g)", [("1", "g"), ("0 + x", "g"), ("0 + z", "g"), ("0 + x:z", "g")]),
        ("y ~ x + (1 | factor(g)) + ((0 + x | h))", [("1", "g"), ("0 + x", "h")]),
    ],
)
def test_terms_are_taken_apart_as_in_lme4(formula, terms):
    found = random_terms(parse(formula, LIMITS), (), LIMITS)
    assert [(term.effects.strip(), term.group) for term in found] == terms


@pytest.mark.parametrize(
    ("formula", "fixed"),
    [
        ("y ~ x + (1 | g)", "y ~ x"),
        ("y ~ (1 | g)", "y ~ 1"),
        ("y ~ (1 | g) + x", "y ~ 1 + x"),
        ("y ~ 0 + (1 | g) + x", "y ~ 0 + x"),
        ("y ~ (1 | g) + 0 + x", "y ~ 1 + 0 + x"),
        ("y ~ 0 + ((1 | g) + x)", "y ~ 0 + ( x)"),
        ("y ~ x + (1 | g) - 1", "y ~ x - 1"),
        ("y ~ x + (x || g) + z + (1 | h)", "y ~ x + z"),
        ("y ~ x * (z + w) + (1 | g)", "y ~ x * (z + w)"),
    ],
)
def test_the_fixed_part_is_what_is_left(formula, fixed):
    assert fixed_text(parse(formula, LIMITS)).split() == fixed.split()


def test_what_is_left_keeps_its_place():
    formula = "y ~ x + (1 | g) + zz"
    assert fixed_text(parse(formula, LIMITS)).index("zz") == formula.index("zz")


def test_a_factor_varies_with_rs_contrasts():
    fit = fitted("distance ~ age + (Sex | Subject)", table("Orthodont"))
    assert fit.random[0].names == ("(Intercept)", "SexFemale")


def test_an_uncorrelated_factor_keeps_its_levels_together():
    fit = fitted("angle ~ temp + (recipe || replicate)", table("cake"))
    assert [effect.names for effect in fit.random] == [("(Intercept)",), ("recipeA", "recipeB", "recipeC")]


def test_nested_levels_are_named_as_in_lme4():
    fit = fitted("strength ~ 1 + (1 | batch/cask)", table("Pastes"))
    inner = fit.effects[0]
    assert (inner.group, inner.levels[:3], len(inner.levels)) == ("cask:batch", ("a:A", "a:B", "a:C"), 30)


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        ("y ~ x + ((1 | g) | h)", "inside another"),
        ("y ~ x + (x + (1 | g) | h)", "inside another"),
        ("y ~ x + (0 | g)", "nothing varies here"),
        ("y ~ x + (-1 | g)", "nothing varies here"),
        ("y ~ x + (0 || g)", "nothing varies here"),
    ],
)
def test_what_cannot_vary_is_refused(formula, reason):
    with pytest.raises(FormulaError, match=reason):
        random_terms(parse(formula, LIMITS), (), LIMITS)
