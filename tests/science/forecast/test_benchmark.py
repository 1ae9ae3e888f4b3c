import numpy as np
import pytest

from benchmarks.forecast import FILES, FOLDER, read, score
from benchmarks.forecast_peers import left_out, scored


@pytest.mark.parametrize("name", FILES)
def test_forecasts_of_competition_series_beat_naive2(name):
    found = [score(FILES[name], "calibrated", *one) for one in read(FOLDER, name)[:4]]
    ours = np.mean([one.mase for one in found])
    assert ours < 1.1 * np.mean([one.mase2 for one in found])


@pytest.mark.soak
def test_the_saved_competition_series_are_covered():
    covered = [score(FILES[name], "calibrated", *one).covered for name in FILES for one in read(FOLDER, name)]
    assert 0.9 < np.mean(covered) < 0.99


def test_an_earlier_end_forecasts_the_values_that_it_leaves_out():
    file, series = FILES["quarterly_m3"], read(FOLDER, "quarterly_m3")[:2]
    for (_, y, followed), (_, known, actual) in zip(series, left_out(8, series, file), strict=True):
        assert np.array_equal(np.concatenate([known, actual]), y)
        assert len(actual) == file.h == len(followed)
    assert left_out(0, series, file) == series
    assert left_out(1_000, series, file) == []


def test_unwidened_intervals_are_scored_beside_those_that_are_told():
    file = FILES["other_m3"]
    told, unwidened = scored(file, left_out(8, read(FOLDER, "other_m3")[:2], file), {}).values()
    for one, other in zip(told, unwidened, strict=True):
        assert one.mase == other.mase
        assert one.msis != other.msis
