"""How rare an energy is: counted where rows are many, a power of the energy beyond."""

from __future__ import annotations

import numpy as np
import pytest

from science.fraud.rarity import COUNTED, Rarity, rarity_of

POWER = 2.5


def of(rarity: Rarity, *energies: float) -> np.ndarray:
    return rarity.of(np.array(energies)[:, None])[:, 0]


def pareto(count: int) -> np.ndarray:
    """Energies of which exactly the share e ** -POWER is as high: quantiles of Pareto's distribution."""
    return ((np.arange(count) + 0.5) / count) ** (-1 / POWER)


def test_paretos_distribution_is_found_again_and_far_beyond() -> None:
    rarity = rarity_of(pareto(20_000)[:, None], np.ones(20_000))
    np.testing.assert_allclose(of(rarity, 1.05, 2.0, 5.0), POWER * np.log([1.05, 2.0, 5.0]), rtol=0.02)
    np.testing.assert_allclose(of(rarity, 1e3, 1e9), POWER * np.log([1e3, 1e9]), rtol=0.05)  # Hill's error with 200 rows


def test_the_tail_is_hills_estimate() -> None:  # Hill 1975: the mean logarithm above the threshold
    energies = np.random.default_rng(4).lognormal(size=5_000)
    rarity = rarity_of(energies[:, None], np.ones(5_000))
    threshold = np.exp(rarity.knots[0, -1])
    above = energies[energies > threshold]
    hill = 1 / np.log(above / threshold).mean()
    slope = np.diff(of(rarity, 1e3, 1e3 * np.e))
    np.testing.assert_allclose(slope, hill, rtol=1e-9)


def test_a_probability_that_was_counted_is_told() -> None:
    energies = np.random.default_rng(5).lognormal(size=4_000)
    told = of(rarity_of(energies[:, None], np.ones(4_000)), *np.quantile(energies, 1 - np.array(COUNTED[1:]), method="lower"))
    np.testing.assert_allclose(told, -np.log(COUNTED[1:]), rtol=0.01)


def test_a_row_that_stands_for_three_is_three_rows() -> None:
    energies = np.random.default_rng(6).lognormal(size=3_000)
    weight = np.where(np.arange(3_000) < 500, 3.0, 1.0)
    once, thrice = (
        rarity_of(energies[:, None], weight),
        rarity_of(np.repeat(energies, weight.astype(int))[:, None], np.ones(4_000)),
    )
    np.testing.assert_allclose(of(once, 0.5, 2.0, 30.0), of(thrice, 0.5, 2.0, 30.0), rtol=1e-6)


def test_middles_are_the_medians() -> None:
    energies = np.random.default_rng(7).lognormal(size=(2_001, 3)) * [1.0, 10.0, 0.01]
    np.testing.assert_allclose(rarity_of(energies, np.ones(2_001)).middles(), np.log(np.median(energies, axis=0)), atol=0.01)


@pytest.mark.parametrize("energies", [[3.0] * 50, [0.0] * 49 + [2.0], [1.0], [0.0, 1e-9, 1e17], list(range(40))])
def test_few_or_equal_energies_give_finite_numbers_that_grow(energies: list[float]) -> None:
    told = of(rarity_of(np.array(energies)[:, None], np.ones(len(energies))), 0.0, 1e-6, 1.0, 4.0, 1e6, 1e18)
    assert np.isfinite(told).all()
    assert (np.diff(told) >= 0).all()
    assert told[-1] > told[-2] > told[-3]
