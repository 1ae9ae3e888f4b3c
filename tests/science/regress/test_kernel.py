"""The factor of [X y] is a monoid: in whatever chunks rows come, R'R is the same."""

from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errors import DeadlineExceeded
from science.deadline import Deadline
from science.regress.kernel import BLOCK_ROWS, Triangle, absorb, empty, merge, solve
from science.regress.sample import sample_of
from science.table import FloatArray
from tests.science.regress.rows import COLUMNS, blocks, sample

EMPTY = empty(COLUMNS)
RNG = np.random.default_rng(4)


def triangle(rows: FloatArray) -> Triangle:
    return absorb(EMPTY, sample(rows))


def cross_products(one: Triangle) -> FloatArray:
    products = one.R.T @ one.R
    return np.ldexp(products, one.exponents[:, None] + one.exponents)


def same(a: Triangle, b: Triangle) -> bool:
    ours, theirs = cross_products(a), cross_products(b)
    size = np.sqrt(np.outer(theirs.diagonal(), theirs.diagonal()))
    return a.rows == b.rows and bool((np.abs(ours - theirs) <= 1e-13 * size).all())


@given(blocks())
def test_the_empty_factor_changes_nothing(rows: FloatArray) -> None:
    one = triangle(rows)
    assert merge(EMPTY, one) is one
    assert merge(one, EMPTY) is one


@given(blocks(), blocks(), blocks())
@settings(deadline=None)
def test_merge_is_associative(a: FloatArray, b: FloatArray, c: FloatArray) -> None:
    one, two, three = triangle(a), triangle(b), triangle(c)
    assert same(merge(merge(one, two), three), merge(one, merge(two, three)))


@given(blocks(), blocks())
@settings(deadline=None)
def test_merge_commutes(a: FloatArray, b: FloatArray) -> None:
    assert same(merge(triangle(a), triangle(b)), merge(triangle(b), triangle(a)))


@given(blocks(), blocks())
@settings(deadline=None)
def test_absorbing_both_is_merging_both(a: FloatArray, b: FloatArray) -> None:
    assert same(triangle(np.vstack([a, b])), merge(triangle(a), triangle(b)))


@given(blocks(least=4, most=12), st.lists(st.integers(1, 11), max_size=4))
@settings(deadline=None)
def test_any_chunking_gives_the_same(rows: FloatArray, cuts: list[int]) -> None:
    chunks = [chunk for chunk in np.split(rows, sorted(min(cut, len(rows)) for cut in cuts)) if len(chunk)]
    assert same(reduce(absorb, map(sample, chunks), EMPTY), triangle(rows))


def test_the_factor_holds_the_cross_products() -> None:
    rows = RNG.standard_normal((BLOCK_ROWS + 500, COLUMNS + 1))
    assert np.allclose(cross_products(triangle(rows)), rows.T @ rows, rtol=1e-12, atol=1e-9)


def test_weights_add_up_over_merges() -> None:
    rows, weights = RNG.standard_normal((8, COLUMNS + 1)), RNG.uniform(1, 2, 8)
    halves = [
        absorb(EMPTY, sample_of(rows[half, :-1], rows[half, -1], weights=weights[half])) for half in (slice(4), slice(4, 8))
    ]
    assert merge(*halves).log_weights == pytest.approx(np.log(weights).sum())


def test_chunks_give_the_solution_of_all_rows() -> None:
    rows = RNG.standard_normal((60, COLUMNS + 1))
    one = solve(reduce(absorb, map(sample, np.split(rows, 3)), EMPTY), intercept=False)
    beta = np.ldexp(one.estimate, one.exponents[-1] - one.exponents[:-1])
    assert np.allclose(beta, np.linalg.lstsq(rows[:, :-1], rows[:, -1], rcond=None)[0], rtol=1e-13)


def test_units_far_apart_merge() -> None:
    rows = RNG.standard_normal((10, COLUMNS + 1))
    tiny, huge = rows * 1e-70, rows * 1e70
    assert same(merge(triangle(tiny), triangle(huge)), triangle(np.vstack([tiny, huge])))


def test_the_deadline_is_asked_at_every_block() -> None:
    ticks = iter(range(100))
    with pytest.raises(DeadlineExceeded):
        absorb(EMPTY, sample(RNG.standard_normal((4 * BLOCK_ROWS, COLUMNS + 1))), Deadline(2, lambda: next(ticks)))
    assert next(ticks) == 4
