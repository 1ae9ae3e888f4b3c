import json
from calendar import monthrange
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import InvalidInput
from science.forecast.calendar import calendar, counted


@pytest.mark.parametrize(
    ("stamps", "frequency", "following"),
    [
        (["1949", "1950", "1951"], "Y", ["1952", "1953"]),
        (["2019-Q3", "2019-Q4"], "Q", ["2020-Q1", "2020-Q2"]),
        (["2019Q4", "2020Q1"], "Q", ["2020Q2", "2020Q3"]),
        (["1949-11", "1949-12"], "M", ["1950-01", "1950-02"]),
        (["2020-01", "2020-04"], "Q", ["2020-07", "2020-10"]),
        (["2024-02-27", "2024-02-28"], "D", ["2024-02-29", "2024-03-01"]),
        (["2024-02-20", "2024-02-27"], "W", ["2024-03-05", "2024-03-12"]),
        (["2023-12-31", "2024-01-31"], "M", ["2024-02-29", "2024-03-31"]),
        (["2024-01-15", "2024-02-15", "2024-03-15"], "M", ["2024-04-15", "2024-05-15"]),
        (["2024-03-31", "2024-06-30"], "Q", ["2024-09-30", "2024-12-31"]),
        (["2024-01-01T23:00:00Z", "2024-01-02T00:00:00Z"], "H", ["2024-01-02T01:00:00Z", "2024-01-02T02:00:00Z"]),
        (
            ["2024-01-01T23:00:00.000Z", "2024-01-02T00:00:00.000Z"],
            "H",
            ["2024-01-02T01:00:00.000Z", "2024-01-02T02:00:00.000Z"],
        ),  # JavaScript
        (["2024-01-01 00:00", "2024-01-01 00:30"], "30min", ["2024-01-01 01:00", "2024-01-01 01:30"]),
        (
            ["2024-01-01T00:00:00+01:00", "2024-01-01T00:15:00+01:00"],
            "15min",
            ["2024-01-01T00:30:00+01:00", "2024-01-01T00:45:00+01:00"],
        ),
        ([1, 2, 3], "", [4, 5]),
        ([1.5, 2.0], "", [2.5, 3.0]),
        (["2024-01"], "M", ["2024-02", "2024-03"]),
        (["2019-q3", "2019-q4"], "Q", ["2020-q1", "2020-q2"]),
        (["2023-12-30", "2024-01-30", "2024-02-29", "2024-03-30"], "M", ["2024-04-30", "2024-05-30"]),
        (["2023-01-29", "2023-02-28", "2023-03-29"], "M", ["2023-04-29", "2023-05-29"]),
        (["2023-11-30", "2024-02-29", "2024-05-30"], "Q", ["2024-08-30", "2024-11-30"]),
        (["2023-11-30", "2024-02-29", "2024-05-31"], "Q", ["2024-08-31", "2024-11-30"]),
        (["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28"], "Y", ["2028-02-29", "2029-02-28"]),
        (["2022-02-28", "2023-02-28", "2024-02-28"], "Y", ["2025-02-28", "2026-02-28"]),
        (["9999-09-30", "9999-10-31"], "M", ["9999-11-30", "9999-12-31"]),
        (["2024-01-01T00:00:00", "2024-02-01T00:00:00"], "M", ["2024-03-01T00:00:00", "2024-04-01T00:00:00"]),
        (["2023-12-31 23:00", "2024-01-31 23:00"], "M", ["2024-02-29 23:00", "2024-03-31 23:00"]),
        (["2024-01-01T00:00:00Z", "2024-04-01T00:00:00Z"], "Q", ["2024-07-01T00:00:00Z", "2024-10-01T00:00:00Z"]),
        (["2023-01-01T00:00+13:00", "2024-01-01T00:00+13:00"], "Y", ["2025-01-01T00:00+13:00", "2026-01-01T00:00+13:00"]),
        (["2024-01-01T00:00", "2024-01-29T00:00", "2024-02-26T00:00"], "", ["2024-03-25T00:00", "2024-04-22T00:00"]),
        (["2024-02-20T12:00-0330", "2024-02-27T12:00-0330"], "W", ["2024-03-05T12:00-0330", "2024-03-12T12:00-0330"]),
        (["2024-02-28T23:30+05:30", "2024-02-29T00:00+05:30"], "30min", ["2024-02-29T00:30+05:30", "2024-02-29T01:00+05:30"]),
        (["0001-01-01T00:00:00+12:00"], "", ["0001-01-01T00:00:01+12:00", "0001-01-01T00:00:02+12:00"]),
        (["9999-12-31T22:00-12:00", "9999-12-31T22:30-12:00"], "30min", ["9999-12-31T23:00-12:00", "9999-12-31T23:30-12:00"]),
    ],
)
def test_timestamps_are_continued_in_their_own_format(stamps, frequency, following):
    times = calendar(stamps)
    assert times.frequency == frequency
    assert [times.at(i) for i in range(len(stamps) + 2)] == stamps + following


def test_gaps_are_counted():
    times = calendar(["2020", "2021", "2024"])
    assert times.places.tolist() == [0, 1, 4]
    assert times.length == 5


@pytest.mark.parametrize(
    ("stamps", "field", "told"),
    [
        ([], "ds", "no timestamps"),
        (["2020-02-30"], "ds.0", "does not exist"),
        (["2020-13"], "ds.0", "does not exist"),
        (["2020-01-01T25:00"], "ds.0", "does not exist"),
        (["2020", "2021", "2021"], "ds.2", "same as the one before"),
        (["2020", "2022", "2021"], "ds.2", "before the one in front"),
        (["2024-01-01", "2024-01-03", "2024-01-04", "2024-01-05T00:00"], "ds.3", "written otherwise"),
        ([0, 1, 2.5], "ds.2", "whole number of steps"),
        (["2020", 2021], "ds.1", "written otherwise"),
        (["2020-01-01T00:00:00+01:00", "2020-01-01T01:00:00+02:00"], "ds.1", "time zone"),
        (["2020-01-01T00:00:00Z", "2020-01-01T01:00:00"], "ds.1", "time zone"),
        (["tomorrow"], "ds.0", "YYYY"),
        ([None], "ds.0", "YYYY"),
        ([True], "ds.0", "YYYY"),
        ([float("nan")], "ds.0", "finite"),
        (["2020-01-01", "2020-01-02", "9999-01-01"], "ds", "gaps"),
        (["２０２０", "2021"], "ds.0", "YYYY"),
        (["0000", "0001"], "ds.0", "does not exist"),
        (["0000-Q4", "0001-Q1"], "ds.0", "does not exist"),
        (["2024-01-01T00:00", "2024-01-01T00:00:30"], "ds.1", "written otherwise"),
        (["2024-01-30", "2024-02-28", "2024-03-30"], "ds.2", "whole number of steps"),
        (["2024-02-01T00:00", "2024-03-01T00:00", "2024-04-01T01:00"], "ds.2", "whole number of steps"),
        ([0, 1000, 2005], "ds.2", "whole number of steps"),
        ([1e20 * i for i in range(1, 9)], "ds.0", "send dates, or count in a larger unit"),
        ([-1e300, 0, 1e300], "ds.0", "last digits"),
        ([1.7e308 / 8 * i for i in range(9)], "ds.1", "last digits"),
        ([0, 1, 1e19, 2e19, 3e19], "ds.2", "last digits"),
        ([0, 1, 2**62, 2**63 - 1], "ds.2", "last digits"),
        ([10**400], "ds.0", "last digits"),
        ([1700000000000000123, 1700000000000000124], "ds.0", "last digits"),
        ([0, 1, 2**53 - 1], "ds", "3 timestamps leave more than 27 gaps"),
        ([0, 5e-324, 1], "ds", "gaps"),
        ([0, 1e-300, 1e100], "ds.2", "last digits"),
    ],
)
def test_bad_timestamps_are_refused_with_their_index(stamps, field, told):
    with pytest.raises(InvalidInput, match=told) as raised:
        calendar(stamps)
    assert raised.value.field == field


@pytest.mark.parametrize("stamp", ["9999", "9999-Q4", "9999-12", "9999-12-31", "9999-12-31T23:59:59"])
def test_no_year_follows_9999(stamp):
    with pytest.raises(InvalidInput, match="beyond the year 9999"):
        calendar([stamp]).at(1)


def test_no_number_follows_the_last_that_is_exact():
    times = calendar([2**53 - 3, 2**53 - 2])
    assert times.at(2) == 2**53 - 1
    with pytest.raises(InvalidInput, match="beyond 9007199254740991") as raised:
        times.at(3)
    assert raised.value.field == "h"


def test_a_series_without_timestamps_is_counted_from_one():
    assert counted(3).at(3) == 4


@pytest.mark.parametrize(
    ("stamps", "following", "frequency"),
    [
        ([round(1949 + i / 12, 6) for i in range(24)], [1951.0, 1951.083333, 1951.166667], "M"),
        ([round(1949 + i / 4, 2) for i in range(9)], [1951.25, 1951.5, 1951.75], "Q"),
        ([1.5, 2.0, 2.5], [3.0, 3.5, 4.0], ""),
        ([1e-7, 2e-7, 3e-7], [4e-7, 5e-7, 6e-7], ""),
        ([round(1949 + i / 12, 4) for i in range(1, 12)], [1950.0, 1950.0833, 1950.1667], "M"),
        ([round(1949 + i / 12, 6) for i in range(1, 12)], [1950.0, 1950.083333, 1950.166667], "M"),
        ([1949 + i / 12 for i in range(1, 12)], [1950.0, 1950 + 1 / 12, 1950 + 2 / 12], "M"),
        ([1e-300, 2e-300, 3e-300], [4e-300, 5e-300, 6e-300], ""),
        ([1.5e-7, 3e-7, 4.5e-7], [6e-7, 7.5e-7, 9e-7], ""),
        ([0.25, 0.5, 0.75], [1.0, 1.25, 1.5], ""),
        ([1700000000000, 1700000060000], [1700000120000, 1700000180000, 1700000240000], ""),
        ([10, 20, 30], [40, 50, 60], ""),
    ],
)
def test_numbers_go_on_with_as_many_decimals_as_they_had(stamps, following, frequency):
    found = calendar(stamps)
    assert [found.at(len(stamps) + i) for i in range(3)] == following
    assert [found.at(i) for i in range(len(stamps))] == stamps
    assert found.frequency == frequency


def test_months_in_decimal_years_are_months_across_a_gap():
    times = calendar([round(1949 + i / 12, 6) for i in range(24) if i != 5])
    assert times.frequency == "M"
    assert (times.length, times.at(5), times.at(24)) == (24, 1949.416667, 1951.0)


@pytest.mark.parametrize("stamps", [[1.0, 2.0, 3.0], [10, 20, 30]])
def test_whole_numbers_are_written_without_a_fraction(stamps):
    assert json.dumps(calendar(stamps).at(3)) == str(int(stamps[0] + stamps[-1]))


def continued_is_the_same(stamps: list[object], further: int) -> None:
    times = calendar(stamps)
    assert [times.at(i) for i in times.places.tolist()] == stamps
    again = calendar([times.at(i) for i in range(times.length + further)])
    assert (again.format, again.start, again.step) == (times.format, times.start, times.step)
    assert again.places.tolist() == list(range(times.length + further))


@given(
    st.integers(12, 12 * 9_000),
    st.integers(1, 31),
    st.sampled_from([1, 3, 12]),
    st.sets(st.integers(2, 6)),
    st.sampled_from(["", "T00:00:00", " 06:30", "T23:00Z", "T00:00:00+13:00"]),
)
def test_months_read_back_are_the_same(first: int, day: int, step: int, later: set[int], time: str) -> None:
    months = [first + step * place for place in (0, 1, *sorted(later))]
    dates = [(month // 12, month % 12 + 1) for month in months]
    stamps = [f"{year:04d}-{month:02d}-{min(day, monthrange(year, month)[1]):02d}{time}" for year, month in dates]
    assert calendar(stamps).frequency == {1: "M", 3: "Q", 12: "Y"}[step]
    continued_is_the_same([*stamps], 30)


@given(st.datetimes(datetime(1, 1, 1), datetime(9990, 1, 1)), st.integers(1, 2_000), st.sets(st.integers(2, 9)))
def test_half_hours_read_back_are_the_same(first: datetime, step: int, later: set[int]) -> None:
    times = [first.replace(second=0, microsecond=0) + timedelta(minutes=30 * step * place) for place in (0, 1, *sorted(later))]
    continued_is_the_same([f"{time.isoformat(timespec='minutes')}+05:30" for time in times], 30)


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6), st.integers(2, 30))
def test_whole_numbers_read_back_are_the_same(first: int, step: int, n: int) -> None:
    continued_is_the_same([first + step * i for i in range(n)], 30)


@given(st.integers(1500 * 12, 2400 * 12), st.sampled_from([1, 3]), st.integers(4, 17), st.integers(4, 30))
def test_decimal_years_read_back_are_the_same(first: int, step: int, decimals: int, n: int) -> None:
    continued_is_the_same([round((first + step * i) / 12, decimals) for i in range(n)], 30)
