"""MacKay's loop as published, and the repairs that reach REML."""

from __future__ import annotations

import numpy as np
import pytest

from errors import InvalidInput
from science.mixed.spec import Variances
from tests.science.mixed.data import fitted, sleepstudy, table

VARIANCE = float(np.var(table("sleepstudy")["Reaction"].values))
HIGH = 0.99 * np.sqrt(600.0 * 35.0)
STARTS = {
    "author": Variances({"Subject": ((410.0, 10.0), (10.0, 22.0))}, VARIANCE / 4.0),
    "units": Variances({"Subject": ((1.0, 0.0), (0.0, 1.0))}, VARIANCE),
    "large": Variances({"Subject": ((1e4, 0.0), (0.0, 1e4))}, 1.0),
    "small": Variances({"Subject": ((0.01, 0.0), (0.0, 0.01))}, 1e4),
    "correlated": Variances({"Subject": ((600.0, HIGH), (HIGH, 35.0))}, 500.0),
}
# Steps to 1e-6 of the REML optimum (relative; of the correlation absolute) counted with an independent implementation.
COUNTED = {
    "em": {"author": 30, "units": 283, "large": 30, "small": 23_631, "correlated": 89},
    "mackay_gamma": {"author": 15, "units": 22, "large": 15, "small": 34, "correlated": 20},
    "px_em": {"author": 11, "units": 18, "large": 12, "small": 24, "correlated": 13},
}
CASES = [(method, start) for method in COUNTED for start in STARTS if (method, start) != ("em", "small")]


def steps_to(fit, tolerance):
    best = sleepstudy()
    optimum = np.array([*best.random[0].variance, best.residual.variance])
    values = fit.trace.values
    variances = values[:, [0, 2, 3]]
    correlations = values[:, 1] / np.sqrt(values[:, 0] * values[:, 2])
    errors = np.abs(variances / optimum - 1.0).max(1)
    errors = np.maximum(errors, np.abs(correlations - best.random[0].correlation[0, 1]))
    arrived = np.flatnonzero(errors < tolerance)
    return int(arrived[0]) if arrived.size else None


def test_the_published_numbers_after_a_hundred_loops():
    """The author's loop keeps the two effects apart: 302.9045, 31.0890 and 670.8547."""
    start = Variances({"Subject": ((410.0, 0.0), (0.0, 22.0))}, VARIANCE / 4.0)
    fit = fitted("Reaction ~ Days + (Days || Subject)", table("sleepstudy"), method="mackay", start=start, iterations=100)
    assert fit.trace.values[-1, :3] == pytest.approx([302.904541, 31.089024, 670.854696], abs=1e-6)
    assert len(fit.trace.values) == 101
    assert "underestimates" in {notice.code for notice in fit.warnings}


def test_the_plain_loop_breaks_when_effects_correlate():
    fit = fitted("Reaction ~ Days + (Days | Subject)", table("sleepstudy"), method="mackay", start=STARTS["author"])
    assert "broken" in {notice.code for notice in fit.warnings}
    assert not fit.fit.converged
    assert fit.random[0].correlation[0, 1] > 0.99


@pytest.mark.parametrize(("method", "start"), CASES)
def test_the_repairs_reach_reml(method, start):
    fit = fitted("Reaction ~ Days + (Days | Subject)", table("sleepstudy"), method=method, start=STARTS[start])
    assert steps_to(fit, 1e-6) <= 2 * COUNTED[method][start]
    assert fit.fit.reml_criterion == pytest.approx(1743.628271958, abs=1e-6)


@pytest.mark.soak
def test_em_arrives_from_far_below_too():
    options = {"method": "em", "start": STARTS["small"], "iterations": 50_000}
    fit = fitted("Reaction ~ Days + (Days | Subject)", table("sleepstudy"), **options)
    assert steps_to(fit, 1e-6) <= 2 * COUNTED["em"]["small"]


def test_em_has_hardly_moved_from_far_below_after_a_thousand_steps():
    options = {"method": "em", "start": STARTS["small"], "iterations": 1_000}
    fit = fitted("Reaction ~ Days + (Days | Subject)", table("sleepstudy"), **options)
    assert "not_converged" in {notice.code for notice in fit.warnings}
    assert fit.random[0].variance[0] < 10.0


@pytest.mark.parametrize("method", ["em", "px_em"])
def test_the_em_methods_never_go_up(method):
    fit = fitted("Reaction ~ Days + (Days | Subject)", table("sleepstudy"), method=method, start=STARTS["units"])
    assert (np.diff(fit.trace.values[:, -1]) <= 1e-9).all()


@pytest.mark.parametrize("method", ["em", "mackay_gamma", "px_em"])
@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"),
        ("Pastes", "strength ~ 1 + (1 | batch/cask)"),
        ("Orthodont", "distance ~ age + (age | Subject)"),
    ],
)
def test_several_factors_reach_reml_too(method, name, formula):
    best = fitted(formula, table(name))
    fit = fitted(formula, table(name), method=method)
    assert fit.fit.reml_criterion == pytest.approx(best.fit.reml_criterion, abs=1e-6)


@pytest.mark.parametrize("method", ["mackay_gamma", "px_em"])
def test_a_boundary_is_reached_within_a_hundred_steps(method):
    fit = fitted("Yield ~ 1 + (1 | Batch)", table("Dyestuff2"), method=method, iterations=100)
    assert fit.fit.reml_criterion == pytest.approx(161.82827781, abs=1e-6)


def test_a_start_must_be_positive_definite():
    start = Variances({"Subject": ((1.0, 2.0), (2.0, 1.0))}, 1.0)
    with pytest.raises(InvalidInput, match="negative variance"):
        fitted("Reaction ~ Days + (Days | Subject)", table("sleepstudy"), method="em", start=start)


def test_a_repair_that_arrives_has_the_degrees_of_freedom_of_reml():
    fit = fitted("Reaction ~ Days + (Days | Subject)", table("sleepstudy"), method="px_em")
    np.testing.assert_allclose(fit.fixed.df, [17.0, 17.0], atol=1e-4)


def test_the_plain_loop_has_none():
    fit = fitted("Reaction ~ Days + (Days || Subject)", table("sleepstudy"), method="mackay")
    assert np.isnan(fit.fixed.df).all()
