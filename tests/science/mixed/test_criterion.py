"""The blocked criterion, its gradient and its covariances against the dense textbook ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from science.mixed.coupling import StreamedCoupling, gathered
from science.mixed.crossed import CrossedSystem
from science.mixed.nested import NestedSystem
from science.mixed.sample import prepare
from science.mixed.small import SmallSystem
from tests.science.mixed import dense
from tests.science.mixed.data import LIMITS
from tests.science.mixed.samples import SHAPES, random_theta, sample


def in_data_units(prepared, theta):
    scaled = prepared.pattern.lambdas(theta)
    return [inverse @ Lambda for inverse, Lambda in zip(prepared.bases.inverses, scaled, strict=True)]


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_criterion_is_that_of_the_textbook(shape, reml):
    model = sample(shape)
    prepared = prepare(model, LIMITS)
    theta = random_theta(prepared.pattern)
    expected = dense.criterion(model, in_data_units(prepared, theta), reml=reml)
    assert prepared.criterion(reml=reml).at(theta).value == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_gradient_is_that_of_differences(shape, reml):
    prepared = prepare(sample(shape), LIMITS)
    criterion, theta, step = prepared.criterion(reml=reml), random_theta(prepared.pattern), 1e-5
    moves = step * np.eye(len(theta))
    differences = [(criterion.at(theta + move).value - criterion.at(theta - move).value) / (2 * step) for move in moves]
    np.testing.assert_allclose(criterion.gradient(criterion.at(theta)), differences, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_gradient_exists_where_a_variance_is_zero(shape):
    prepared = prepare(sample(shape), LIMITS)
    theta = random_theta(prepared.pattern)
    theta[-1] = 0.0
    criterion = prepared.criterion(reml=True)
    assert criterion.gradient(criterion.at(theta))[-1] == pytest.approx(0.0, abs=1e-9) or prepared.pattern.places[-1].size > 1


def test_nested_factors_never_meet_a_dense_matrix():
    assert isinstance(prepare(sample("nested slopes"), LIMITS).system, NestedSystem)


def test_few_crossed_effects_are_one_dense_factor():
    assert isinstance(prepare(sample("crossed small"), LIMITS).system, SmallSystem)


@pytest.mark.parametrize("form", [StreamedCoupling, gathered])
@pytest.mark.parametrize("shape", ["crossed", "crossed slopes", "crossed slopes weighted"])
def test_all_forms_of_the_products_are_equal(shape, form):
    prepared = prepare(sample(shape), LIMITS)
    system = prepared.system
    assert isinstance(system, CrossedSystem)
    streamed = replace(prepared, system=replace(system, coupling=form(system.coupling.sparse(), system.A.shape[1])))
    theta = random_theta(prepared.pattern)
    one, other = prepared.criterion(reml=True), streamed.criterion(reml=True)
    assert one.at(theta).value == pytest.approx(other.at(theta).value, abs=1e-10)
    np.testing.assert_allclose(one.gradient(one.at(theta)), other.gradient(other.at(theta)), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_variance_of_any_combination_is_that_of_the_dense_inverse(shape):
    model = sample(shape)
    prepared = prepare(model, LIMITS)
    theta = random_theta(prepared.pattern)
    factor = prepared.criterion(reml=True).at(theta).factor
    rng = np.random.default_rng(3)
    m, p = 7, model.X.shape[1]
    x = rng.normal(size=(p, m))
    loadings = [
        rng.normal(size=(grouping.effects, m)) * (rng.random((grouping.effects, m)) < 0.2) for grouping in model.groupings
    ]
    expected = np.einsum("im,ij,jm->m", c := np.vstack([x, *loadings]), dense.posterior(model, in_data_units(prepared, theta)), c)
    scaled = [
        np.kron(np.eye(len(grouping.levels)), inverse.T) @ loading
        for grouping, inverse, loading in zip(model.groupings, prepared.bases.inverses, loadings, strict=True)
    ]
    ours = prepared.system.quadratic(factor, list(map(sparse.csr_matrix, scaled)), np.linalg.solve(prepared.scaling.R.T, x))
    np.testing.assert_allclose(ours, expected, rtol=1e-8)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_blocks_of_the_posterior_are_those_of_the_dense_inverse(shape):
    model = sample(shape)
    prepared = prepare(model, LIMITS)
    theta = random_theta(prepared.pattern)
    evaluation = prepared.criterion(reml=True).at(theta)
    p = model.X.shape[1]
    H = np.zeros((p + 1, p + 1))
    H[:p, :p] = np.linalg.inv(evaluation.precision)
    blocks = prepared.system.covariance(evaluation.factor, H)
    whole = dense.posterior(model, in_data_units(prepared, theta))
    at = p
    for grouping, inverse, (own, with_beta) in zip(model.groupings, prepared.bases.inverses, blocks, strict=True):
        q = grouping.width
        for level in range(len(grouping.levels)):
            place = slice(at + level * q, at + (level + 1) * q)
            np.testing.assert_allclose(inverse @ own[level] @ inverse.T, whole[place, place], rtol=1e-7, atol=1e-9)
            beta = np.linalg.solve(prepared.scaling.R, with_beta[level].T).T
            np.testing.assert_allclose(inverse @ beta, whole[place, :p], rtol=1e-6, atol=1e-8)
        at += grouping.effects


@pytest.mark.parametrize("shape", SHAPES)
def test_the_conditional_modes_are_those_of_the_dense_formula(shape):
    model = sample(shape)
    prepared = prepare(model, LIMITS)
    theta = random_theta(prepared.pattern)
    evaluation = prepared.criterion(reml=True).at(theta)
    lambdas = in_data_units(prepared, theta)
    V = dense.relative_covariance(model, lambdas)
    residual = np.linalg.solve(V, model.y - model.X @ prepared.scaling.beta(evaluation.beta))
    modes = prepared.bases.effects(prepared.system.effects(evaluation.factor, evaluation.beta))
    for grouping, Lambda, mode in zip(model.groupings, lambdas, modes, strict=True):
        scores = np.array(
            [grouping.Z[grouping.codes == level].T @ residual[grouping.codes == level] for level in range(len(mode))]
        )
        np.testing.assert_allclose(prepared.scaling.scale * mode, scores @ (Lambda @ Lambda.T).T, rtol=1e-7, atol=1e-9)
