"""The eleven linear sets of NIST StRD. Certified values and their source: tests/reference/nist/certified.json.

Correct digits are -log10 of the relative error (absolute where zero is certified), and 15 for a number that rounds to
the 15 certified digits. PEERS: the most digits of a coefficient and of a standard error that statsmodels 0.15 (pinv,
qr), numpy 2.5 lstsq, scipy 1.18 lstsq (gelsd, gelsy), scikit-learn 1.9 (either tolerance) or R 4.2.2 lm (either tolerance)
reach; benchmarks/nist.py measures them again.
"""

import math
from decimal import Decimal, localcontext
from functools import cache

import numpy as np
import pytest

from science.regress import Fit
from tests.science.regress.data import certified, fitted, table

CERTIFIED = certified()
PEERS = {
    "Norris": (13.1, 14.0),
    "Pontius": (12.7, 13.2),
    "NoInt1": (14.7, 15.0),
    "NoInt2": (15.0, 15.0),
    "Filip": (8.1, 7.0),
    "Longley": (13.6, 14.1),
    "Wampler1": (10.2, 10.0),
    "Wampler2": (13.6, 14.7),
    "Wampler3": (9.6, 13.6),
    "Wampler4": (9.2, 13.6),
    "Wampler5": (7.6, 13.6),
}
LEAST, LEAST_EXACT = 9.0, 14.0  # digits

sets = pytest.mark.parametrize("name", CERTIFIED)


@cache
def answer(name: str, precision: str) -> Fit:
    return fitted(CERTIFIED[name]["formula"], table(f"nist/{name}"), precision=precision)


def digits(value: float, right: float) -> float:
    if f"{value:.14e}" == f"{right:.14e}":
        return 15.0
    return min(15.0, -math.log10(abs(value - right) / (abs(right) or 1.0)))


def worst(values: np.ndarray, right: list[float]) -> float:
    return min(digits(value, number) for value, number in zip(values.tolist(), right, strict=True))


@sets
def test_nine_digits_of_every_coefficient_are_right(name: str) -> None:
    assert worst(answer(name, "double").estimate, CERTIFIED[name]["coef"]) >= LEAST


@sets
def test_fourteen_digits_are_right_in_exact_arithmetic(name: str) -> None:
    exact, right = answer(name, "exact"), CERTIFIED[name]
    assert min(worst(exact.estimate, right["coef"]), worst(exact.std_error, right["se"])) >= LEAST_EXACT


@sets
def test_no_peer_has_more_digits_of_a_coefficient(name: str) -> None:
    assert worst(answer(name, "double").estimate, CERTIFIED[name]["coef"]) >= PEERS[name][0]


@sets
def test_no_peer_has_more_digits_of_a_standard_error(name: str) -> None:
    assert worst(answer(name, "double").std_error, CERTIFIED[name]["se"]) >= PEERS[name][1]


@pytest.mark.parametrize("number", ["resid_sd", "ss_residual", "r_squared", "f_statistic"])
@sets
def test_fourteen_digits_of_the_fit_are_right(name: str, number: str) -> None:
    ours = {"resid_sd": "sigma", "ss_residual": "deviance", "f_statistic": "statistic"}.get(number, number)
    value, right = getattr(answer(name, "double").glance, ours), float(CERTIFIED[name][number])
    assert value == right or digits(value, right) >= 14.0


def test_a_standard_error_is_the_double_nearest_to_the_truth() -> None:
    """NoInt2 by hand: the residual squares are 3/11 on 2 degrees of freedom, the squares of x 77."""
    with localcontext() as context:
        context.prec = 30
        truth = float((Decimal(3) / 11 / 2 / 77).sqrt())
    assert abs(answer("NoInt2", "double").std_error[0] - truth) <= math.ulp(truth)
