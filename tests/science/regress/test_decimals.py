import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.regress.decimals import decimals_of


def places(*columns: list[float]) -> list[int]:
    with np.errstate(all="ignore"):
        return decimals_of(np.array(columns, dtype=np.float64).T).places.tolist()


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([5.1, 4.9], 1),
        ([1.0, 2.0], 0),
        ([0.0, -0.0], 0),
        ([1.0, 2.5, 0.125], 3),
        ([-6.860120914, 1.0], 9),
        ([123456789012345.0], 0),
        ([1234567890123456.0], -1),  # 16 digits may be those of another double
        ([0.1 + 0.2], -1),
        ([1 / 3], -1),
        ([1e-22], 22),
        ([1e-23], -1),
        ([1e300], -1),
        ([5e-324], -1),
        ([1e15, 0.1], -1),
    ],
)
def test_places_of_a_column(column: list[float], expected: int) -> None:
    assert places(column) == [expected]


def test_a_late_row_with_more_places_is_seen() -> None:
    assert places([1.0] * 50 + [1.25] + [2.0] * 50 + [0.001]) == [3]


def test_a_late_row_that_is_no_decimal_is_seen() -> None:
    assert places([0.5] * 50 + [1 / 3], [0.5] * 51) == [-1, 1]


@given(st.lists(st.integers(-(10**15) + 1, 10**15 - 1), min_size=1, max_size=20), st.integers(0, 22))
def test_a_decimal_of_fifteen_digits_is_read_back(whole: list[int], shift: int) -> None:
    column = [float(f"{number}e-{shift}") for number in whole]
    found = decimals_of(np.array(column)[:, None])
    assert 0 <= found.places[0] <= shift
    assert [float(f"{int(number)}e-{found.places[0]}") for number in found.whole[:, 0]] == column
