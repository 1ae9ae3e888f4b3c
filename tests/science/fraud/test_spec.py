"""A spec is valid once it exists, and names the field that is not."""

from __future__ import annotations

import pytest

from errors import InvalidInput
from science.fraud.spec import FraudSpec


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"columns": ()}, "columns"),
        ({"columns": tuple(f"x{i}" for i in range(201))}, "columns"),
        ({"columns": ("a", "a")}, "columns.1"),
        ({"columns": ("a", "")}, "columns.1"),
        ({"columns": ("a", "y"), "label": "y"}, "columns.1"),
        ({"label": "t", "time": "t"}, "label"),
        ({"label": ""}, "label"),
        ({"null_label": "guess"}, "null_label"),
        ({"detector": "magic"}, "detector"),
        ({"amounts": ("a", "b")}, "amounts.1"),
        ({"trim": ()}, "trim"),
        ({"trim": (0.0, 0.3)}, "trim.1"),
        ({"trim": (float("nan"),)}, "trim.0"),
        ({"widths": (8, 0)}, "widths.1"),
        ({"widths": (8,) * 5}, "widths"),
        ({"epochs": 0}, "epochs"),
        ({"epochs": True}, "epochs"),
        ({"batch": 4}, "batch"),
        ({"learning_rate": float("inf")}, "learning_rate"),
        ({"dropout": 0.95}, "dropout"),
        ({"seed": -1}, "seed"),
        ({"supervised": True}, "label"),
    ],
)
def test_what_cannot_be_used_is_named(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        FraudSpec(**{"columns": ("a",), **changes})
    assert caught.value.field == field


def test_the_bottleneck_of_29_columns_is_16() -> None:
    assert FraudSpec(tuple(f"x{i}" for i in range(29))).layers == (64, 32, 16)


def test_time_may_be_a_column_that_is_scored_by() -> None:
    assert FraudSpec(("t", "a"), time="t").columns == ("t", "a")
