from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.design.contrasts import POLYNOMIAL, contrast_matrix
from science.design.polynomial import evaluated, orthogonal

badly_scaled = st.tuples(st.sampled_from([0.0, 1950.0, 1e6, -1e9]), st.sampled_from([1e-3, 1.0, 1e5]))


@given(badly_scaled, st.integers(1, 15))
def test_polynomials_are_orthonormal_however_x_is_scaled(place: tuple[float, float], degree: int) -> None:
    x = place[0] + place[1] * np.arange(40.0)
    Q = np.vstack([np.full(40, 1 / np.sqrt(40)), orthogonal(x, degree)[0]])
    np.testing.assert_allclose(Q @ Q.T, np.eye(degree + 1), atol=1e-14)


def test_high_degrees_are_right() -> None:
    """The Gram polynomial of degree 12 on 1947..1986, in rational arithmetic from its recurrence."""
    x = np.arange(1947.0, 1987.0)
    rows = [[Fraction(1)] * 40]
    t = [Fraction(2 * i - 39) for i in range(40)]
    for _ in range(12):
        row = [a * b for a, b in zip(t, rows[-1], strict=True)]
        for earlier in rows[-2:]:
            share = sum(a * b for a, b in zip(row, earlier, strict=True)) / sum(b * b for b in earlier)
            row = [a - share * b for a, b in zip(row, earlier, strict=True)]
        rows.append(row)
    norm = float(sum(a * a for a in rows[12])) ** 0.5
    np.testing.assert_allclose(orthogonal(x, 12)[0][11], [float(a) / norm for a in rows[12]], atol=1e-14)


@given(st.integers(1, 10))
def test_learned_polynomials_give_the_same_values_again(degree: int) -> None:
    x = np.linspace(1900.0, 2000.0, 23)
    values, learned = orthogonal(x, degree)
    np.testing.assert_allclose(evaluated(learned, x), values, atol=1e-14)


@pytest.mark.parametrize("levels", [2, 3, 30, 95])
def test_polynomial_contrasts_are_orthonormal_up_to_rs_bound(levels: int) -> None:
    C = contrast_matrix(POLYNOMIAL, levels)
    np.testing.assert_allclose(np.hstack([C @ C.T, C.sum(axis=1, keepdims=True)]), np.eye(levels - 1, levels), atol=1e-13)
