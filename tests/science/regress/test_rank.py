import numpy as np
import pytest

from science.regress.rank import independent

RNG = np.random.default_rng(3)


def factor(X: np.ndarray) -> np.ndarray:
    return np.linalg.qr(np.column_stack([X, RNG.standard_normal(len(X))]), mode="r")


@pytest.mark.parametrize("scale", [1e-200, 1e-20, 1.0, 1e20, 1e120])
def test_the_unit_of_a_column_does_not_decide_its_rank(scale: float) -> None:
    X = RNG.standard_normal((20, 3))
    assert independent(factor(X * [1.0, scale, 1.0]))[0].tolist() == [0, 1, 2]


def test_the_earlier_column_stays() -> None:
    X = RNG.standard_normal((20, 3))
    assert independent(factor(np.column_stack([X[:, 0], 3 * X[:, 0], X[:, 1], X[:, 0] - X[:, 1], X[:, 2]])))[0].tolist() == [
        0,
        2,
        4,
    ]


def test_a_column_of_zeros_is_dependent() -> None:
    X = RNG.standard_normal((20, 3))
    X[:, 1] = 0.0
    assert independent(factor(X))[0].tolist() == [0, 2]


@pytest.mark.parametrize(("distance", "kept"), [(1e-9, [0, 1]), (1e-13, [0])])
def test_the_tolerance_is_a_share_of_the_column(distance: float, kept: list[int]) -> None:
    x, z = np.linalg.qr(RNG.standard_normal((20, 2)))[0].T
    assert independent(factor(np.column_stack([x, x + distance * z])))[0].tolist() == kept


def test_what_is_left_is_the_factor_of_the_kept_columns() -> None:
    X = RNG.standard_normal((30, 4))
    R = factor(np.column_stack([X[:, 0], X[:, 1], X[:, 0] + X[:, 1], X[:, 2], X[:, 1] * 2, X[:, 3]]))
    kept, ours = independent(R)
    columns = R[:, [*kept, -1]]
    assert np.allclose(np.tril(ours, -1), 0.0, atol=1e-13)
    assert np.allclose(ours.T @ ours, columns.T @ columns, rtol=1e-12, atol=1e-12)
