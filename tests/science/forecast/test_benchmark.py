import numpy as np
import pytest

from benchmarks.forecast import FILES, FOLDER, _score, _series


@pytest.mark.parametrize("name", FILES)
def test_forecasts_of_competition_series_beat_naive2(name):
    found = [_score(FILES[name], "calibrated", *one) for one in _series(FOLDER, name)[:4]]
    ours = np.mean([score.mase for score in found])
    assert ours < 1.1 * np.mean([score.mase2 for score in found])


@pytest.mark.soak
def test_the_saved_competition_series_are_covered():
    covered = [_score(FILES[name], "calibrated", *one).covered for name in FILES for one in _series(FOLDER, name)]
    assert 0.9 < np.mean(covered) < 0.99
