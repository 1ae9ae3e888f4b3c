"""The search: zeros that are no minimum, zeros that are, and few evaluations."""

from __future__ import annotations

import numpy as np
import pytest

from science.deadline import no_deadline
from science.mixed.optimise import Search, minimise
from science.mixed.sample import prepare
from tests.science.mixed.data import LIMITS, fitted, models, question
from tests.science.mixed.samples import SHAPES, sample


def searched(shape, start=None):
    search = Search(prepare(sample(shape), LIMITS).criterion(reml=True), no_deadline())
    return search, minimise(search, None if start is None else np.full(search.pattern.length, start))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_start_at_zero_finds_the_same_minimum(shape):
    _, best = searched(shape)
    search, other = searched(shape, 1e-7)
    assert other.point.value == pytest.approx(best.point.value, abs=1e-6), search.evaluations


@pytest.mark.parametrize("shape", SHAPES)
def test_no_direction_leads_further_down(shape):
    search, best = searched(shape)
    rng = np.random.default_rng(0)
    for _ in range(20):
        beside = search.evaluate(best.point.theta + 1e-3 * rng.normal(size=search.pattern.length))
        assert beside.value >= best.point.value - 1e-9


@pytest.mark.parametrize("shape", SHAPES)
def test_the_gradient_vanishes_and_diagonals_are_not_negative(shape):
    search, best = searched(shape)
    assert best.converged
    assert best.point.steepest <= 1e-6
    assert (best.point.theta[search.pattern.diagonal() > 0] >= 0.0).all()


def test_published_models_take_few_evaluations():
    counts = []
    for model in models():
        if not model["id"].startswith("insteval"):
            data, weights = question(model)
            counts.append(fitted(model["formula"], data, weights=weights, df="none").fit.evaluations)
    assert sum(counts) / len(counts) < 11.0
    assert max(counts) < 40
