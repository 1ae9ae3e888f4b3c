from typing import Any

import pytest

from errors import InvalidInput
from science.regress import Spec


@pytest.mark.parametrize(
    ("field", "value"),
    [("level", 0.49), ("level", 1.0), ("level", float("nan")), ("missing", "keep"), ("precision", "single")],
)
def test_a_value_that_cannot_be_used_names_its_field(field: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        Spec("y ~ x", **{field: value})
    assert caught.value.field == field
