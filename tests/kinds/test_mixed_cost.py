"""What a mixed model is estimated to cost, against what it costs here."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from kinds.mixed import MixedSpec
from kinds.mixed_cost import mixed_seconds, size_of
from kinds.shape import Shape
from science.formula import expand, parse
from tests.kinds.mixed_measured import CASES, LIMITS

WITHIN = 3.0


@pytest.fixture(scope="module")
def measured() -> list[float]:
    command = [sys.executable, "-m", "tests.kinds.mixed_measured"]
    found = subprocess.run(command, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"}, capture_output=True, check=True)
    ratios: list[float] = json.loads(found.stdout)
    return ratios


@pytest.mark.parametrize("case", range(len(CASES)), ids=lambda case: f"{CASES[case][0]} {CASES[case][2]}")
def test_an_estimate_is_near_what_a_model_costs(measured, case):
    assert 1.0 / WITHIN < measured[case] < WITHIN


@pytest.mark.parametrize(
    ("formula", "effects", "others"),
    [
        ("y ~ x + (1 | a/b)", (50, 5), 0),
        ("y ~ x + (1 | a) + (1 | a:b)", (50, 5), 0),
        ("y ~ x + (1 | a) + (1 | b)", (10, 5), 5),
        ("y ~ x + (x | b) + (0 + x | a:b)", (100, 20), 0),
        ("y ~ x + (c | a)", (20,), 0),
    ],
)
def test_what_is_nested_by_its_name_crosses_nothing(formula, effects, others):
    shape = Shape(1_000, {"y": None, "x": None, "a": 5, "b": 10, "c": 4})
    size = size_of(expand(parse(formula, LIMITS), (), LIMITS), shape, LIMITS)
    assert (size.effects, size.others) == (effects, others)


def test_kenward_and_roger_over_many_crossed_levels_are_dear():
    """30,000 rows in 2,400 and 130 levels took 6.7 s."""
    shapes = {"data": Shape(31_000, {"y": None, "g": 2_400, "h": 130})}
    one, other = (MixedSpec(formula="y ~ 1 + (1 | g) + (1 | h)", df=df) for df in ("satterthwaite", "kenward-roger"))
    assert mixed_seconds(one, shapes, LIMITS) < 0.1
    assert mixed_seconds(other, shapes, LIMITS) > 3.0


def test_many_effects_of_one_level_are_dear():
    """A factor of six levels with 200 effects each takes longer than a request may."""
    formula = "y ~ 1" + "+(1|g)" * 200
    assert mixed_seconds(MixedSpec(formula=formula), {"data": Shape(60, {"y": None, "g": 6})}, LIMITS) > 2.0


def test_what_is_refused_for_its_covariances_is_refused_in_the_request():
    shapes = {"data": Shape(4_000, {"y": None, "h": 40, "g": 90})}
    assert mixed_seconds(MixedSpec(formula="y ~ 1 + (h | g)"), shapes, LIMITS) == 0.0


def test_what_a_limit_refuses_is_not_estimated_at_hours():
    shapes = {"data": Shape(150_000, {"y": None, "g": None, "h": None})}
    assert mixed_seconds(MixedSpec(formula="y ~ 1 + (1 | g) + (1 | h)", df="kenward-roger"), shapes, LIMITS) < 60.0
