"""Risk scores: counted inside, a Pareto tail outside, never flat."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import genpareto

from science.fraud.reference import levels_of, reference_of

RNG = np.random.default_rng(5)
SCORES = RNG.gumbel(size=20_000)
WEIGHT = np.ones(20_000)


def test_p_is_uniform_on_new_legitimate_rows() -> None:
    reference = reference_of(SCORES, WEIGHT)
    new = np.random.default_rng(6).gumbel(size=200_000)
    for risk, share in ((25.0, 0.1), (50.0, 0.01), (75.0, 0.001)):
        assert np.mean(reference.risk(new) >= risk) == pytest.approx(share, rel=0.25)


def test_the_tail_is_scipys_generalised_pareto() -> None:
    reference = reference_of(RNG.pareto(4.0, 20_000), WEIGHT)
    u = reference.knots[-1]
    beyond = u + np.array([0.0, 0.3, 1.0, 10.0])
    expected = reference.log_p[-1] + genpareto.logsf(beyond - u, reference.shape, scale=reference.scale)
    np.testing.assert_allclose(reference.log_tail(beyond), expected, rtol=1e-12)
    assert reference.shape == pytest.approx(0.25, abs=0.1)  # 1 / 4


def test_no_two_high_scores_have_the_same_probability() -> None:
    reference = reference_of(SCORES, WEIGHT)
    tail = reference.log_tail(np.linspace(np.median(SCORES), SCORES.max() * 50, 5000))
    assert (np.diff(tail) < 0).all()


def test_a_bounded_tail_is_not_taken_to_end() -> None:
    reference = reference_of(RNG.uniform(size=5000), WEIGHT[:5000])
    assert reference.shape == 0.0
    assert np.isfinite(reference.log_tail(np.array([100.0]))).all()


def test_a_row_that_stands_for_many_counts_as_many() -> None:
    times = RNG.integers(1, 6, 2000)
    repeated = reference_of(np.repeat(SCORES[:2000], times), np.ones(times.sum()))
    weighted = reference_of(SCORES[:2000], times.astype(float))
    at = np.quantile(SCORES, [0.1, 0.5, 0.9, 0.97])
    np.testing.assert_allclose(weighted.log_tail(at), repeated.log_tail(at), atol=0.02)


@pytest.mark.parametrize("scores", [[1.0, 1.0, 1.0], [2.0], list(range(10))])
def test_few_or_equal_scores_give_a_reference(scores: list[float]) -> None:
    reference = reference_of(np.array(scores, float), np.ones(len(scores)))
    risk = reference.risk(np.array([-5.0, *scores, 1e6]))
    assert ((risk >= 0) & (risk <= 100)).all()
    assert (np.diff(risk) >= 0).all()


def test_levels_begin_at_50_and_75() -> None:
    assert levels_of(np.array([0.0, 49.9, 50.0, 74.9, 75.0, 100.0])) == ["low", "low", "elevated", "elevated", "high", "high"]
