"""Population stability: published values, the laws of a monoid, and what chance alone gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.drift import Histogram, drift_between, histogram_of, numeric_histogram
from science.limits import Limits
from science.table import Numeric, factor_of, table_of_columns

RNG = np.random.default_rng(5)
VALUES = st.lists(st.one_of(st.none(), st.floats(-100, 100, allow_nan=False)), max_size=40)
BINS = numeric_histogram(RNG.normal(0, 40, 1000))


def column(values):
    return Numeric(np.array([np.nan if v is None else v for v in values], dtype=np.float64))


def test_the_index_of_shares_is_the_published_sum():
    """sum((a - e) ln(a / e)) for 25/25/25/25 -> 10/20/30/40 per cent: 0.2282 (worked by hand); Siddiqi's formula."""
    before = Histogram(None, ("a", "b", "c", "d"), (250_000, 250_000, 250_000, 250_000, 0, 0))
    now = Histogram(None, ("a", "b", "c", "d"), (100_000, 200_000, 300_000, 400_000, 0, 0))
    by_hand = sum((a - 0.25) * np.log(a / 0.25) for a in (0.1, 0.2, 0.3, 0.4))
    told = drift_between(before, now)
    assert by_hand == pytest.approx(0.2282, abs=1e-4)
    assert told.psi == pytest.approx(by_hand, abs=1e-4)
    assert told.verdict == "moderate"


@given(VALUES, VALUES)
def test_absorbing_is_merging(one, other):
    together = BINS.empty().absorb(column(one + other))
    assert BINS.empty().absorb(column(one)).merge(BINS.empty().absorb(column(other))) == together
    assert together.merge(BINS.empty()) == together
    assert together.total == len(one) + len(other)


@given(VALUES)
def test_a_histogram_travels_as_json(values):
    kept = BINS.empty().absorb(column(values))
    assert Histogram.from_json(kept.to_json()) == kept


def test_numbers_are_counted_between_their_deciles():
    counts = numeric_histogram(np.arange(1.0, 1001.0)).counts
    assert counts == (100,) * 10 + (0,)


def test_missing_values_have_a_bin_and_new_levels_share_one():
    before = histogram_of(factor_of(["a", "b", "b", None]))
    now = before.empty().absorb(factor_of(["b", "new", "newer", None]))
    assert (before.names(), before.counts) == (("a", "b", "other", "missing"), (1, 2, 0, 1))
    assert now.counts == (0, 1, 2, 1)


def test_a_column_that_changed_its_type_is_all_missing():
    assert BINS.empty().absorb(factor_of(["a", "b"])).counts[-1] == 2


@pytest.mark.parametrize("values", [[1.0] * 50, [1.0, 2.0] * 50, [None] * 5, []])
def test_few_different_values_make_few_bins(values):
    kept = numeric_histogram(column(values).values)
    assert kept.total == len(values)
    assert len(kept.counts) <= 4
    assert len(kept.names()) == len(kept.counts)


def test_what_chance_gives_is_passed_once_in_a_hundred():
    """Yurdakul and Naranjo (2020): chi-squared with B - 1 degrees of freedom, times 1/n + 1/m."""
    passed = 0
    for _ in range(2000):
        before = numeric_histogram(RNG.normal(size=500))
        told = drift_between(before, before.empty().absorb(Numeric(RNG.normal(size=300))))
        passed += told.psi > told.chance
    assert passed / 2000 < 0.03


def test_a_shift_by_one_deviation_is_large():
    before = numeric_histogram(RNG.normal(size=5000))
    told = drift_between(before, before.empty().absorb(Numeric(RNG.normal(1, 1, size=5000))))
    assert told.verdict == "large"
    assert told.psi == pytest.approx(1.0, abs=0.15)  # of normal densities a deviation apart the divergence is 1


def test_a_table_of_another_order_has_no_drift():
    table = table_of_columns({"x": [1.0, 5.0, 2.0, 9.0], "g": ["b", "a", "a", "c"]}, Limits())
    for name in table.names:
        before = histogram_of(table[name])
        told = drift_between(before, before.empty().absorb(table.take(np.array([3, 1, 0, 2]))[name]))
        assert (told.psi, told.verdict) == (0.0, "stable")
