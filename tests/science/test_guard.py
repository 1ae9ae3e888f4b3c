"""A challenger is refused when it is worse by more than the tolerance and by more than chance."""

import numpy as np
import pytest

from science.guard import Guard, compared

RNG = np.random.default_rng(1)
CHAMPION = RNG.chisquare(1, 400)


@pytest.mark.parametrize(("factor", "no_worse"), [(0.5, True), (1.0, True), (1.015, True), (1.05, False), (2.0, False)], ids=str)
def test_the_tolerance_decides_where_every_pair_says_the_same(factor, no_worse):
    """The differences vary with the losses, and 5 % of a mean whose error is 7 % of it is three of their errors."""
    told = compared(CHAMPION, CHAMPION * factor, Guard(confidence=0.5))
    assert told.no_worse is no_worse
    assert told.challenger == pytest.approx(factor * CHAMPION.mean())


def test_chance_excuses_a_difference_that_few_pairs_make():
    challenger = CHAMPION.copy()
    challenger[0] += 0.05 * CHAMPION.sum()
    assert compared(CHAMPION, challenger, Guard()).no_worse
    assert not compared(CHAMPION, challenger, Guard(confidence=0.5)).no_worse


def test_the_test_is_the_paired_t_test():
    """Against scipy's ttest_rel: t = mean(d) / se(d)."""
    from scipy.stats import ttest_rel

    challenger = CHAMPION + RNG.normal(0.1, 0.5, 400)
    told = compared(CHAMPION, challenger, Guard())
    t = (told.challenger - told.champion) / told.std_error
    assert t == pytest.approx(ttest_rel(challenger, CHAMPION).statistic, rel=1e-12)


def test_rows_that_only_one_can_tell_something_of_are_left_out_and_counted():
    champion, challenger = CHAMPION.copy(), CHAMPION.copy()
    champion[:3], challenger[5] = np.nan, np.nan
    told = compared(champion, challenger, Guard())
    assert (told.rows, told.lost, told.no_worse) == (396, 1, True)


def test_a_challenger_that_knows_much_less_is_worse():
    challenger = CHAMPION.copy()
    challenger[:100] = np.nan
    told = compared(CHAMPION, challenger, Guard())
    assert not told.no_worse
    assert "100 rows" in told.reason


def test_two_exact_fits_are_equally_good():
    assert compared(np.full(50, 1e-28), np.full(50, 7e-28), Guard(confidence=0.5), scale=1.0).no_worse


def test_an_equally_good_challenger_is_refused_on_one_night_in_twenty_at_most():
    refused = 0
    for _ in range(1000):
        champion = RNG.chisquare(1, 60)
        refused += not compared(champion, champion + RNG.normal(0, 0.5, 60), Guard(tolerance=0.0)).no_worse
    assert refused / 1000 == pytest.approx(0.05, abs=0.03)


def test_without_a_row_to_judge_by_nothing_speaks_against_it():
    assert compared(np.empty(0), np.empty(0), Guard()).no_worse
