"""What a request is refused for is told where the caller wrote it, in a JSON Pointer (RFC 6901)."""

from __future__ import annotations

import pytest

from errors import InvalidInput
from kinds.forecast import ForecastSpec
from resources.body import Fields
from resources.dataset_models import PutRequest
from resources.validation import validated

DATA = {"data": {"a": ["x"]}}
NUMBER_OR_MASK = "Input should be greater than or equal to 1 or an object"
PUT = [
    ({"mask": {"a": -1}}, {"/mask/a": NUMBER_OR_MASK}),
    ({"mask": {"a/b~c": -1}}, {"/mask/a~1b~0c": NUMBER_OR_MASK}),
    (
        {"mask": {"Mask": {"left": 0}}},
        {"/mask/Mask": "Input should be a valid integer", "/mask/Mask/left": "Input should be greater than or equal to 1"},
    ),
    ({"fill": {"a": None}}, {"/fill/a": "Input should be a valid boolean or a valid number or a valid string"}),
    ({"fill": {"float": []}}, {"/fill/float": "Input should be a valid boolean or a valid number or a valid string"}),
    ({"where": {"a/b": {"like": 1}}}, {"/where/a~1b/like": "Input should be a valid string"}),
    ({"where": {"": {"like": "a"}}}, {"/where/": "String should have at least 1 character"}),
    ({"types": {"": "text"}}, {"/types/": "String should have at least 1 character"}),
]
FORECAST = [
    ({"model": {"p": -1}}, "/model/p"),
    ({"x": {"a": [1.0, "b"]}}, "/x/a/1"),
    ({"x": ["a", 1]}, "/x/1"),
    ({"differences": [0]}, "/differences/0"),
    ({"level": [10]}, "/level/0"),
    ({"aggregate": [[1, "b"]]}, "/aggregate/0/1"),
]


def faults_of(model, fields):
    with pytest.raises(InvalidInput) as refusal:
        validated(model, fields)
    return {fault.pointer: fault.detail for fault in refusal.value.faults}


@pytest.mark.parametrize(("rules", "told"), PUT)
def test_a_rule_is_pointed_to_by_its_column_and_not_by_the_type_that_was_tried(rules, told):
    assert faults_of(PutRequest, Fields(DATA | rules, strict=True)) == told


def test_what_no_mask_has_is_pointed_to_and_what_it_may_have_is_told():
    told = faults_of(PutRequest, Fields(DATA | {"mask": {"a": {"left": 1, "uper": "X"}}}, strict=True))
    assert "did you mean upper?" in told["/mask/a/uper"]
    assert set(faults_of(PutRequest, Fields(DATA | {"[key]": 1}, strict=True))) == {""}


@pytest.mark.parametrize(("asked", "pointer"), FORECAST)
def test_a_place_inside_one_of_several_types_is_kept(asked, pointer):
    told = faults_of(ForecastSpec, Fields({"h": 3, "y": [1.0]} | asked, strict=True))
    assert pointer in told
    assert all("[" not in each and "Orders" not in each for each in told)


def test_a_field_of_the_query_string_is_pointed_to_by_its_name(ask):
    refused = ask("GET", "/forecast", query_string={"dataset": "AirPassengers", "y": "value", "h": 3, "x": "t"})
    assert {fault["pointer"] for fault in refused.json["errors"]} == {"?x"}
