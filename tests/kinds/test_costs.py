"""What a question may cost: what was measured to take seconds is a job, what takes milliseconds is not."""

from __future__ import annotations

from math import inf

import pytest

from kinds import KINDS
from kinds.costs import design_columns
from kinds.shape import Shape
from science.limits import Limits

INLINE = 2.0  # seconds, as the setting has it
LIMITS = Limits()


def seconds(kind: str, rows: int, levels: dict[str, int | None], **asked: object) -> float:
    shapes = {"data": Shape(rows, levels)} if levels else {}
    return KINDS[kind].seconds(KINDS[kind].asks.model_validate(asked), shapes, LIMITS)


def numbers(count: int) -> dict[str, int | None]:
    return {"y": None, **{f"x{i}": None for i in range(count)}}


CHEAP = [  # each was measured to take less than half a second
    ("regress", 2_000, numbers(5), {"formula": "y ~ ."}),
    ("regress", 200_000, numbers(9), {"formula": "y ~ ."}),
    ("regress", 1_000, numbers(3), {"formula": "y ~ .", "precision": "exact"}),
    ("mixed", 180, {"y": None, "x": None, "g": 18}, {"formula": "y ~ x + (x | g)"}),
    ("mixed", 200_000, {"y": None, "x": None, "g": 5_000}, {"formula": "y ~ x + (1 | g)"}),
    ("mixed", 180, {"y": None, "x": None, "g": 18}, {"formula": "y ~ x + (x | g)", "intervals": "profile"}),
    ("mixed", 20_000, {"y": None, "x": None, "g": 1_000, "h": 100}, {"formula": "y ~ x + (1 | g) + (1 | h)"}),
    ("mixed", 20_000, {"y": None, "x": None, "g": 1_000}, {"formula": "y ~ x + (1 | g)", "family": "binomial"}),
    ("mixed", 56, {"y": None, "p": 4, "g": 15}, {"formula": "y ~ p + (1 | g)", "family": "binomial", "intervals": "profile"}),
    ("mixed", 30_000, {"y": None, "a": 3_000, "b": 9_000}, {"formula": "y ~ 1 + (1 | a/b)"}),
    ("forecast", 0, {}, {"y": [1.0] * 1_000, "h": 12}),
]
DEAR = [  # each was measured to take more than a second
    ("regress", 5_000, {"y": None, "g": 1_900}, {"formula": "y ~ g"}),
    ("regress", 100_000, {"y": None, "a": 30, "b": 30}, {"formula": "y ~ a * b"}),
    ("regress", 50_000, numbers(12), {"formula": "y ~ .", "precision": "exact"}),
    ("mixed", 180, {"y": None, "x": None, "g": 18}, {"formula": "y ~ x + (x | g)", "intervals": "bootstrap", "samples": 2_000}),
    ("mixed", 31_000, {"y": None, "g": 2_410, "h": 131}, {"formula": "y ~ 1 + (1 | g) + (1 | h)", "df": "kenward-roger"}),
    ("mixed", 70_000, {"y": None, "x": None, "g": 3_000, "h": 2_000}, {"formula": "y ~ x + (1 | g) + (1 | h)"}),
    (
        "mixed",
        40_000,
        {"y": None, "x": None, "g": 1_000, "h": 100},
        {"formula": "y ~ x + (1 | g) + (1 | h)", "family": "binomial"},
    ),
    ("forecast", 0, {}, {"y": [1.0] * 1_000, "h": 12, "model": "arma", "season": 168}),
    ("forecast", 0, {}, {"series": [{"y": [1.0] * 144}] * 100, "h": 12}),
]


@pytest.mark.parametrize(("kind", "rows", "levels", "asked"), CHEAP)
def test_what_is_cheap_is_answered_in_the_request(kind, rows, levels, asked):
    assert seconds(kind, rows, levels, **asked) < INLINE


@pytest.mark.parametrize(("kind", "rows", "levels", "asked"), DEAR)
def test_what_is_dear_becomes_a_job(kind, rows, levels, asked):
    assert seconds(kind, rows, levels, **asked) > INLINE


def test_tensorflow_is_never_beside_a_request():
    small = {"formula": "y ~ 1 + (1 | g)", "method": "mackay", "backend": "tensorflow"}
    assert seconds("mixed", 10, {"y": None, "g": 2}, **small) == inf


@pytest.mark.parametrize("formula", ["y ~", "y ~ (((", "y ~ x^^2", ""])
def test_a_formula_that_will_be_refused_costs_nothing(formula):
    assert design_columns(formula, Shape(10_000, numbers(2)), LIMITS) == 0


@pytest.mark.parametrize(
    ("formula", "columns"),
    [("y ~ x0", 2), ("y ~ 0 + x0", 1), ("y ~ g", 8), ("y ~ g * h", 1 + 7 + 3 + 21), ("y ~ x0 + poly(x1, 3)", 32)],
)
def test_columns_are_counted_from_the_text_and_on_the_safe_side(formula, columns):
    assert design_columns(formula, Shape(10_000, {"y": None, "x0": None, "x1": None, "g": 7, "h": 3}), LIMITS) == columns
