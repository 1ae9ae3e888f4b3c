"""A row's score and shares do not depend on the rows it comes with, and shares sum to one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from science.fraud.tails import tails_of
from tests.science.fraud.data import ensemble

Z = np.random.default_rng(11).normal(size=(2500, 29)).astype(np.float32)


@settings(deadline=None, max_examples=10)
@given(st.lists(st.integers(0, 2500), max_size=8))
def test_any_chunking_gives_the_same_bits(cuts: list[int]) -> None:
    detector = ensemble()
    edges = [0, *sorted(cuts), len(Z)]
    parts = [detector.scores(Z[a:b]) for a, b in zip(edges, edges[1:], strict=False)]  # noqa: RUF007  empty parts too
    assert np.concatenate(parts).tobytes() == detector.scores(Z).tobytes()


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2499))
def test_a_row_alone_gets_what_it_gets_among_others(row: int) -> None:
    detector = ensemble()
    assert detector.scores(Z[row : row + 1]).tobytes() == detector.scores(Z)[row : row + 1].tobytes()
    alone, among = detector.seen(Z[row : row + 1]), detector.seen(Z)
    for name in ("scores", "shares", "expected"):
        assert getattr(alone, name).tobytes() == getattr(among, name)[row : row + 1].tobytes()
    assert alone.scores.tobytes() == detector.scores(Z[row : row + 1]).tobytes()


@pytest.mark.parametrize("columns", [1, 2, 5, 17, 40])
def test_so_it_is_for_any_number_of_columns(columns: int) -> None:
    detector = ensemble(columns)
    rows = np.random.default_rng(columns).normal(size=(333, columns)).astype(np.float32)
    alone = np.concatenate([detector.scores(row[None]) for row in rows])
    assert alone.tobytes() == detector.scores(rows).tobytes()


def test_order_does_not_matter() -> None:
    detector, order = ensemble(), np.random.default_rng(1).permutation(len(Z))
    assert detector.scores(Z[order]).tobytes() == detector.scores(Z)[order].tobytes()


def test_shares_sum_to_one() -> None:
    np.testing.assert_allclose(ensemble().seen(Z).shares.sum(1), 1.0, rtol=1e-12)


def test_the_score_is_scipys_weighted_harmonic_mean_of_the_views_probabilities() -> None:
    detector = ensemble()
    probabilities = np.exp(-detector.rarity.of(detector.energies(Z)))
    np.testing.assert_allclose(np.exp(-detector.scores(Z)), stats.hmean(probabilities, axis=1, weights=[[1, 1, 1, 2]]), rtol=1e-9)


def test_a_views_shares_count_by_what_it_adds_to_the_mean() -> None:
    detector, rows = ensemble(), Z[:40]
    parts = [view.contributions(view.deviations(rows[:, None]))[:, 0].astype(float) for view in detector.views]
    said = np.exp(detector.rarity.of(detector.energies(rows))) * detector.weights  # 1 / P
    by_view = np.stack([part / part.sum(1, keepdims=True) for part in parts])
    expected = (said.T[:, :, None] * by_view).sum(0) / said.sum(1)[:, None]
    np.testing.assert_allclose(detector.seen(rows).shares, expected, rtol=1e-4, atol=1e-6)


def test_no_rows_give_no_scores() -> None:
    assert ensemble().scores(Z[:0]).shape == (0,)


def test_farther_out_is_stranger_without_end() -> None:
    far = np.outer(np.geomspace(2, 1e6, 40), np.ones(29)).astype(np.float32)
    assert (np.diff(ensemble().scores(far)) > 0).all()


def test_tails_count_both_sides_as_the_empirical_distribution_does() -> None:
    values = np.random.default_rng(2).integers(0, 30, (4000, 2)).astype(np.float32)
    tails = tails_of(values, np.ones(4000))
    at = np.array([[7.0, 29.0], [0.0, 15.0]], np.float32)
    for j in range(2):
        below = [(np.sum(values[:, j] <= x) + 0.5) / 4001 for x in at[:, j]]
        above = [(np.sum(values[:, j] >= x) + 0.5) / 4001 for x in at[:, j]]
        expected = -np.log(np.minimum(1, 2 * np.minimum(below, above)))
        np.testing.assert_allclose(tails.deviations(at)[:, j], expected, rtol=1e-5)


@pytest.mark.parametrize("value", [-1e6, -5.0, 5.0, 1e6])
def test_a_value_beyond_all_that_were_seen_is_the_least_likely(value: float) -> None:
    values = np.random.default_rng(2).uniform(-1, 1, size=(999, 3)).astype(np.float32)
    heights = tails_of(values, np.ones(999)).deviations(np.full((1, 3), value, np.float32))
    np.testing.assert_allclose(heights, np.log(1000), rtol=1e-6)
