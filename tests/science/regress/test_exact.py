"""Rational arithmetic: what is exact in it, and that its work is bounded before it is done."""

import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errors import DeadlineExceeded, InvalidInput
from science.deadline import Deadline, no_deadline
from science.regress.eliminate import eliminate
from science.table import Numeric, Table
from tests.science.regress.data import columns, fitted, table

MTCARS = table("regress/mtcars")
IRIS = table("regress/iris")
SMALL = st.lists(st.integers(-9, 9), min_size=6, max_size=6)


def test_a_tenth_is_one_tenth() -> None:
    """0.1, 0.2, 0.3 lie on a line as decimals; as doubles they do not."""
    ours = fitted("y ~ x", columns(y=[0.1, 0.2, 0.3], x=[1, 2, 3]), precision="exact")
    assert (ours.estimate.tolist(), ours.glance.deviance) == ([0.0, 0.1], 0.0)


def test_a_column_that_differs_in_its_last_digit_is_not_aliased() -> None:
    data = columns(y=[1, 2, 4, 3], x=[1, 2, 3, 4], z=[1, 2, 3, 4.00000000000001])
    assert (fitted("y ~ x + z", data, precision="exact").aliased, fitted("y ~ x + z", data).aliased) == ((), ("z",))


@pytest.mark.parametrize(
    "formula",
    [
        "mpg ~ wt * hp + I(wt^3)",
        "mpg ~ I(wt / hp) + I((wt - 3)^2) + I(hp * qsec)",
        "mpg ~ factor(cyl) * wt",
        "mpg ~ I(-wt) + offset(hp / 100)",
        "I(mpg + wt) ~ hp",
    ],
)
def test_exact_and_double_agree_to_twelve_digits(formula: str) -> None:
    exact, double = fitted(formula, MTCARS, precision="exact"), fitted(formula, MTCARS)
    assert exact.estimate == pytest.approx(double.estimate, rel=1e-12)
    assert exact.std_error == pytest.approx(double.std_error, rel=1e-12)


@pytest.mark.parametrize("formula", ["log(mpg) ~ log(hp) + sqrt(wt)", "mpg ~ poly(hp, 2)", "mpg ~ bs(hp, 4)"])
def test_what_is_not_arithmetic_counts_as_its_double(formula: str) -> None:
    assert fitted(formula, MTCARS, precision="exact").estimate == pytest.approx(fitted(formula, MTCARS).estimate, rel=1e-11)


@given(SMALL, SMALL, SMALL)
@settings(deadline=None)
def test_elimination_solves_the_normal_equations(x: list[int], z: list[int], y: list[int]) -> None:
    rows = np.array([[1] * 6, x, z, y], dtype=object).T
    sums = rows.T @ rows
    ours = eliminate(sums.tolist(), 0.0, no_deadline())
    left = [[Fraction(sums[i, j], ours.determinant) for j in ours.kept] for i in range(3)]
    solved = [sum(a * b for a, b in zip(row, ours.estimate, strict=True)) for row in left]
    assert solved == sums[:3, 3].tolist()


@given(SMALL, SMALL, SMALL)
@settings(deadline=None)
def test_elimination_inverts_the_cross_products(x: list[int], z: list[int], y: list[int]) -> None:
    """The root times its transpose is inv(G), and the variances are its diagonal; all in fractions."""
    rows = np.array([[1] * 6, x, z, y], dtype=object).T
    sums = rows.T @ rows
    ours = eliminate(sums.tolist(), 0.0, no_deadline())
    rank = range(len(ours.kept))
    inverse = [
        [sum(Fraction(ours.root[k][i] * ours.root[k][j], ours.squares[k]) for k in rank if k >= max(i, j)) for j in rank]
        for i in rank
    ]
    G = sums[np.ix_(ours.kept, ours.kept)]
    product = [[sum(G[i, k] * inverse[k][j] for k in rank) for j in rank] for i in rank]
    assert product == [[int(i == j) for j in rank] for i in rank]
    assert [Fraction(v, ours.determinant) for v in ours.variance] == [inverse[i][i] for i in rank]


def big(n: int, p: int) -> Table:
    rng = np.random.default_rng(1)
    return Table({f"x{j}": Numeric(rng.standard_normal(n)) for j in range(p)} | {"y": Numeric(rng.standard_normal(n))}, n)


@pytest.mark.parametrize(("rows", "count"), [(150_000, 10), (1_000, 80)])
def test_too_much_work_is_refused_before_it_is_done(rows: int, count: int) -> None:
    data, start = big(rows, count), time.process_time()
    with pytest.raises(InvalidInput, match="too many for exact arithmetic; use precision double") as caught:
        fitted("y ~ .", data, precision="exact")
    assert caught.value.field == "precision"
    assert time.process_time() - start < 3.0


def test_numbers_that_run_away_are_refused() -> None:
    with pytest.raises(InvalidInput, match="more than 4000 bits") as caught:
        fitted("y ~ x + I(1 / x)", columns(y=list(range(400)), x=[v + 0.123 for v in range(400)]), precision="exact")
    assert caught.value.field == "precision"


def test_exact_arithmetic_ends_when_its_time_is_over() -> None:
    ticks = iter(range(100))
    with pytest.raises(DeadlineExceeded):
        fitted("mpg ~ wt + hp + qsec + disp", MTCARS, precision="exact", deadline=Deadline(3, lambda: next(ticks)))


def test_a_thousand_rows_are_quick() -> None:
    start = time.process_time()
    fitted("Sepal_Length ~ Sepal_Width * Species", IRIS.take(np.tile(np.arange(150), 7)), precision="exact")
    assert time.process_time() - start < 1.0
