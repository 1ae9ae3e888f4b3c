import numpy as np
import pytest

from errors import InvalidInput, LimitExceeded
from science.deadline import no_deadline
from science.forecast.answer import Forecast
from science.forecast.batch import Refused, forecast_all
from science.forecast.spec import Series, Spec
from science.limits import Limits

GOOD, SHORT = np.arange(20.0) ** 1.5, np.arange(2.0)


def _all(*series, limits=None):
    return forecast_all(Spec(h=2), series, limits or Limits(), no_deadline())


def test_one_bad_series_answers_its_own_error():
    first, second, third = _all(Series(GOOD, unique_id="a"), Series(SHORT, unique_id="b"), Series(GOOD, unique_id="c"))
    assert isinstance(first, Forecast)
    assert isinstance(second, Refused)
    assert "needs at least 4" in second.error.detail
    assert third.forecast == first.forecast


def test_two_series_may_not_share_an_id():
    with pytest.raises(InvalidInput, match="same unique_id") as raised:
        _all(Series(GOOD, unique_id="a"), Series(GOOD, unique_id="a"))
    assert raised.value.field == "series.1.unique_id"


@pytest.mark.parametrize("count", [0, 1001])
def test_too_few_and_too_many_series_are_refused(count):
    with pytest.raises(InvalidInput, match="send 1 to 1000"):
        _all(*(Series(GOOD, unique_id=str(i)) for i in range(count)))


def test_the_values_of_all_series_are_counted_together():
    with pytest.raises(LimitExceeded):
        _all(Series(GOOD, unique_id="a"), Series(GOOD, unique_id="b"), limits=Limits(max_rows=30))
