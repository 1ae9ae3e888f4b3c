"""A row's score and shares do not depend on the rows it comes with, and shares sum to one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.fraud.tails import tails_of
from tests.science.fraud.data import ensemble

Z = np.random.default_rng(11).normal(size=(2500, 29)).astype(np.float32)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 2500), max_size=8))
def test_any_chunking_gives_the_same_bits(cuts: list[int]) -> None:
    detector = ensemble()
    edges = [0, *sorted(cuts), len(Z)]
    parts = [detector.scores(Z[a:b]) for a, b in zip(edges, edges[1:], strict=False)]  # noqa: RUF007  empty parts too
    assert np.concatenate(parts).tobytes() == detector.scores(Z).tobytes()


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2499))
def test_a_row_alone_gets_what_it_gets_among_others(row: int) -> None:
    detector = ensemble()
    assert detector.scores(Z[row : row + 1]).tobytes() == detector.scores(Z)[row : row + 1].tobytes()
    assert detector.shares(Z[row : row + 1]).tobytes() == detector.shares(Z)[row : row + 1].tobytes()


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
    np.testing.assert_allclose(ensemble().shares(Z).sum(1), 1.0, rtol=1e-12)


def test_shares_are_those_of_the_geometric_mean_of_the_energies() -> None:
    """The share of a column is the share of the blended energy that goes when its part of every view's energy goes."""
    detector = ensemble()
    exponents = (1 / detector.sd) / (1 / detector.sd).sum()
    B = Z[:16]
    expected = sum(
        exponent * view.contributions(B) / view.contributions(B).sum(1, keepdims=True)
        for view, exponent in zip(detector.views, exponents, strict=True)
    )
    np.testing.assert_allclose(detector.shares(Z[:16]), expected, rtol=1e-4, atol=1e-5)


def test_no_rows_give_no_scores() -> None:
    assert ensemble().scores(Z[:0]).shape == (0,)


def test_farther_out_is_stranger_without_end() -> None:
    far = np.outer(np.geomspace(2, 1e6, 40), np.ones(29)).astype(np.float32)
    assert (np.diff(ensemble().scores(far)) > 0).all()


def test_tails_count_both_sides_and_go_on_beyond_the_data() -> None:
    values = np.random.default_rng(2).normal(size=(100_000, 1)).astype(np.float32)
    at = np.array([[0.0], [1.96], [-1.96], [2.576], [10.0], [1e5]], np.float32)
    heights = tails_of(values, np.ones(len(values))).energies(at)
    assert heights[0] == pytest.approx(0.0, abs=0.05)
    np.testing.assert_allclose(heights[1:3], -np.log(0.05), rtol=0.05)
    assert heights[3] == pytest.approx(-np.log(0.01), rel=0.06)
    assert heights[3] < heights[4] < heights[5]
