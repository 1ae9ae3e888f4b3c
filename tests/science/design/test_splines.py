import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from science.design.splines import b_spline, derivative, design, natural_spline, quantile_knots
from science.design.state import Spline

SPLINE = Spline((2.0, 5.0, 5.5), (0.0, 10.0))
KNOTS = np.array([0.0] * 4 + [2.0, 5.0, 5.5] + [10.0] * 4)


@given(st.lists(st.floats(0, 10), min_size=1))
def test_b_splines_add_up_to_one_inside(x: list[float]) -> None:
    np.testing.assert_allclose(design(KNOTS, np.array(x), 4).sum(axis=0), 1.0, rtol=1e-14)


@given(st.floats(0.01, 9.99))
def test_a_derivative_is_the_slope(x: float) -> None:
    step = 1e-6
    values = design(KNOTS, np.array([x - step, x + step]), 4)
    np.testing.assert_allclose(
        derivative(KNOTS, np.array([x]), 4, 1)[:, 0], (values[:, 1] - values[:, 0]) / (2 * step), atol=1e-5
    )


@given(st.floats(10, 1000), st.booleans())
def test_a_natural_spline_is_straight_outside(x: float, above: bool) -> None:
    points = np.array([x, x + 1, x + 2]) if above else -np.array([x, x + 1, x + 2])
    basis = natural_spline(points, SPLINE, intercept=False)
    np.testing.assert_allclose(basis[:, 0] - 2 * basis[:, 1] + basis[:, 2], 0, atol=1e-9)


@given(st.floats(0, 1), st.booleans())
def test_a_cubic_spline_goes_on_as_the_outermost_cubic(beyond: float, above: bool) -> None:
    edge, inward = (10.0, -0.5) if above else (0.0, 0.5)
    inside = np.linspace(edge, edge + inward, 4)
    x = edge - np.sign(inward) * beyond
    basis = b_spline(np.append(inside, x), SPLINE, 3, intercept=True)
    cubics = np.polyfit(inside - edge, basis[:, :4].T, 3)
    np.testing.assert_allclose(np.polyval(cubics, x - edge), basis[:, 4], atol=1e-9)


def test_knots_are_quantiles_of_type_seven() -> None:
    x = np.array([9.0, 1.0, 4.0, 2.0, 7.0, 30.0])
    np.testing.assert_allclose(quantile_knots(x, 4), np.quantile(x, [0.2, 0.4, 0.6, 0.8]), rtol=1e-15)
