"""The parametric bootstrap and simulation."""

from __future__ import annotations

import numpy as np
import pytest

from errors import InvalidInput
from science.deadline import no_deadline
from science.mixed.bootstrap import bootstrap
from science.mixed.fit import analyse
from science.mixed.model import model_of
from science.mixed.sample import prepare
from science.mixed.simulate import replacer, simulate, simulated
from science.mixed.solve import solve
from science.mixed.spec import Spec
from tests.science.mixed.data import LIMITS, extras, table

SPEC = Spec("Reaction ~ Days + (Days | Subject)")


def bootstrapped(spec=SPEC, name="sleepstudy", **options):
    return bootstrap(analyse(spec, table(name), LIMITS, no_deadline()), no_deadline(), **options)


def test_equal_seeds_give_equal_intervals():
    one, other = bootstrapped(seed=7, count=20), bootstrapped(seed=7, count=20)
    np.testing.assert_array_equal(one.samples, other.samples)
    assert not np.array_equal(one.samples, bootstrapped(seed=8, count=20).samples)


def test_the_intervals_are_near_those_of_lme4():
    """lme4's are random too (500 samples): their ends vary by about a tenth of their width."""
    ours, published = bootstrapped(seed=1, count=300), extras()["sleep_ci_boot500_seed101"]
    assert list(ours.names) == published["names"]
    low, high = np.array(published["lo"]), np.array(published["hi"])
    assert (np.abs(ours.conf_low - low) < 0.25 * (high - low)).all()
    assert (np.abs(ours.conf_high - high) < 0.25 * (high - low)).all()


@pytest.mark.parametrize(
    ("name", "formula", "weights"),
    [
        ("sleepstudy", "Reaction ~ Days + offset(2 * Days) + (Days | Subject)", "Reaction"),
        ("Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", None),
        ("Pastes", "strength ~ 1 + (1 | batch/cask)", None),
    ],
)
def test_another_response_gives_the_system_of_a_fresh_start(name, formula, weights):
    spec = Spec(formula, weights=weights)
    model = model_of(spec, table(name), LIMITS)
    y = model.sample.y + model.offset + np.sin(np.arange(model.sample.rows))
    replaced = replacer(model).prepared_for(y)
    fresh = prepare(type(model.sample)(y - model.offset, model.sample.X, model.groupings, model.sample.weights), LIMITS)
    theta = replaced.pattern.identity()
    one, other = (prepared.criterion(reml=True).at(theta) for prepared in (replaced, fresh))
    assert one.value == pytest.approx(other.value, abs=1e-8)
    np.testing.assert_allclose(replaced.scaling.beta(one.beta), fresh.scaling.beta(other.beta), rtol=1e-9)


def test_simulated_responses_have_the_moments_of_the_fit():
    model = model_of(SPEC, table("sleepstudy"), LIMITS)
    estimate = solve(SPEC, model, no_deadline()).estimate
    drawn = simulate(model, estimate, np.random.default_rng(5), 4_000)
    np.testing.assert_allclose(drawn.mean(0), model.fixed_part(estimate.beta), atol=4.0)
    days = table("sleepstudy")["Days"].values
    z = np.column_stack([np.ones(180), days])
    expected = np.einsum("na,ab,nb->n", z, estimate.covariances()[0], z) + estimate.sigma2
    np.testing.assert_allclose(drawn.var(0), expected, rtol=0.15)


def test_simulation_is_seeded():
    analysis = analyse(SPEC, table("sleepstudy"), LIMITS, no_deadline())
    one, other = (simulated(analysis, LIMITS, no_deadline(), seed=seed, count=2) for seed in (1, 1))
    np.testing.assert_array_equal(one, other)
    assert one.shape == (2, 180)


def test_other_methods_are_refused():
    with pytest.raises(InvalidInput, match="bootstrap"):
        bootstrapped(Spec(SPEC.formula, method="em"), seed=1, count=2)
