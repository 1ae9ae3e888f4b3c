import pytest

from errors import InvalidInput
from science.forecast.provenance import provenance
from tests.science.forecast.saved import stacking

CASES = stacking()["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_anchors_and_depths_are_as_derived(case):
    steps = provenance(case["n"], case["lags"], len(case["provenance"]))
    for step, known in zip(steps, case["provenance"], strict=True):
        assert (step.h, step.t, step.depth, step.all_real) == (known["h"], known["t"], known["depth_total"], known["all_real"])
        for level, derived in zip(reversed(step.levels), known["levels"], strict=True):
            found = (level.lag, level.anchor, level.real, level.depth, level.base)
            expected = (derived["lag"], derived["anchor_t"], derived["anchor"] == "real", derived["depth"])
            assert found == (*expected, derived["real_base_t"])


def test_in_the_worked_example_only_the_first_step_is_real_at_both_levels():
    assert [step.t for step in provenance(4, [3, 1], 6) if step.all_real] == [5]


def test_in_the_worked_example_three_steps_are_real_at_the_lag_3_level():
    assert [step.t for step in provenance(4, [3, 1], 6) if step.levels[1].real] == [5, 6, 7]


def test_the_total_depths_of_the_worked_example():
    assert [step.depth for step in provenance(4, [3, 1], 6)] == [0, 1, 2, 4, 5, 6]


def test_levels_are_named_by_the_series_they_anchor_on():
    assert [(level.lag, level.of) for level in provenance(30, [12, 1, 1], 1)[0].levels] == [
        (1, "diff[12,1]"),
        (1, "diff[12]"),
        (12, "y"),
    ]


@pytest.mark.parametrize("h", [0, -1, 10**9, True, 1.5])
def test_a_horizon_out_of_range_is_refused(h):
    with pytest.raises(InvalidInput, match="h must be a whole number from 1 to 1000") as raised:
        provenance(4, [3, 1], h)
    assert raised.value.field == "h"


@pytest.mark.parametrize("lag", [0, -3, 10**9, True, 2.0])
def test_a_lag_out_of_range_is_refused(lag):
    with pytest.raises(InvalidInput) as raised:
        provenance(40, [3, lag], 2)
    assert raised.value.field == "lags.1"


def test_a_series_shorter_than_the_stack_is_refused():
    with pytest.raises(InvalidInput, match="at least 13"):
        provenance(12, [12, 1], 2)
