import pytest

from errors import LimitExceeded
from science.limits import Limits


def test_the_limit_itself_is_allowed() -> None:
    Limits(max_terms=3).check("max_terms", 3, "the formula has 3 terms")


def test_more_than_the_limit_names_setting_count_and_limit() -> None:
    with pytest.raises(LimitExceeded) as caught:
        Limits(max_terms=3).check("max_terms", 4, "the formula has 4 terms", field="formula")
    assert caught.value.detail == "the formula has 4 terms; at most 3 are allowed here (setting max_terms)"
    assert (caught.value.setting, caught.value.limit, caught.value.field) == ("max_terms", 3, "formula")
