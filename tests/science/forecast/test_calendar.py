import pytest

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
        (["2024-01-01 00:00", "2024-01-01 00:30"], "30min", ["2024-01-01 01:00", "2024-01-01 01:30"]),
        (
            ["2024-01-01T00:00:00+01:00", "2024-01-01T00:15:00+01:00"],
            "15min",
            ["2024-01-01T00:30:00+01:00", "2024-01-01T00:45:00+01:00"],
        ),
        ([1, 2, 3], "", [4, 5]),
        ([1.5, 2.0], "", [2.5, 3.0]),
        (["2024-01"], "M", ["2024-02", "2024-03"]),
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


def test_a_series_without_timestamps_is_counted_from_one():
    assert counted(3).at(3) == 4


@pytest.mark.parametrize(
    ("stamps", "following", "frequency"),
    [
        ([round(1949 + i / 12, 6) for i in range(24)], [1951.0, 1951.083333, 1951.166667], "M"),
        ([round(1949 + i / 4, 2) for i in range(9)], [1951.25, 1951.5, 1951.75], "Q"),
        ([1.5, 2.0, 2.5], [3.0, 3.5, 4.0], ""),
        ([1e-7, 2e-7, 3e-7], [4e-7, 5e-7, 6e-7], ""),
        ([0.25, 0.5, 0.75], [1.0, 1.25, 1.5], ""),
        ([10, 20, 30], [40, 50, 60], ""),
    ],
)
def test_numbers_go_on_with_as_many_decimals_as_they_had(stamps, following, frequency):
    found = calendar(stamps)
    assert [found.at(len(stamps) + i) for i in range(3)] == following
    assert [found.at(i) for i in range(len(stamps))] == stamps
    assert found.frequency == frequency
