import pytest

from errors import InvalidInput, MalformedBody
from resources.body import json_of

READ = [
    (b'{"x": [1, 2]}', {"x": [1, 2]}),
    (b'{"f": "y ~ a:b"}', {"f": "y ~ a:b"}),  # a colon in a text is no key
    (b'[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
    (b'{"a": {"b": {"a": 1}}}', {"a": {"b": {"a": 1}}}),  # the same name in different objects
]

REFUSED = [
    (b"", MalformedBody, "not JSON"),
    (b'{"x": NaN}', MalformedBody, "not JSON"),
    (b'{"x": Infinity}', MalformedBody, "not JSON"),
    (b'{"x": 1e999}', MalformedBody, "infinity"),
    (b'{"x": "\xff"}', MalformedBody, "UTF-8"),
    (b'{"x": "\\ud800"}', MalformedBody, "surrogate"),
    (b'{"x": [1], "x": [2]}', InvalidInput, "stands twice"),
    (b'{"x": ":", "x": 2}', InvalidInput, "stands twice"),
    (b'[1, [{"x": 1, "x": 2}]]', InvalidInput, "stands twice"),
    (b"[" * 100_000, MalformedBody, "depth limit"),
]


@pytest.mark.parametrize(("body", "value"), READ)
def test_json_is_read(body, value):
    assert json_of(body) == value


@pytest.mark.parametrize(("body", "error", "told"), REFUSED)
def test_what_is_not_strict_json_is_refused(body, error, told):
    with pytest.raises(error, match=told):
        json_of(body)


def test_many_names_take_no_longer_than_few():
    names = ",".join(f'"k{number}":1' for number in range(60_000))
    assert len(json_of(b'{":":1,' + names.encode() + b"}")) == 60_001


def test_nesting_as_deep_as_the_parser_allows_does_not_overflow_the_stack():
    body = b'{"a": ":", "b":' + b'{"x":' * 990 + b"1" + b"}" * 991
    try:
        value = json_of(body)
    except MalformedBody:  # Python 3.11 nests less deeply
        value = {}
    assert isinstance(value, dict)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"x": [1,\n NaN]}', "NaN is no number of JSON, write null for one that is missing, at line 2, column 2"),
        (b'{"x": [-Infinity]}', "-Infinity is no number of JSON, write null for one that is missing, at line 1, column 9"),
        (
            '{"\u00e9": Infinity}'.encode(),
            "Infinity is no number of JSON, write null for one that is missing, at line 1, column 7",
        ),
    ],
)
def test_a_number_that_json_has_not_is_named_with_its_place(body, place):
    with pytest.raises(MalformedBody) as caught:
        json_of(body)
    assert caught.value.detail == f"the body is not JSON: {place}"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"level": 0.9, "x": 1, "level": 0.8}', "/level"),
        (b'{"data": {"x": [1], "y": [2], "x": [3]}}', "/data/x"),
        (b'{"data": [{"a/b": 1}, {"a/b": 1, "a/b": 2}]}', "/data/1/a~1b"),
    ],
)
def test_a_name_that_stands_twice_is_pointed_to(body, pointer):
    with pytest.raises(InvalidInput) as caught:
        json_of(body)
    assert [fault.pointer for fault in caught.value.faults] == [pointer]
