"""What is wrong with a request is told in its field, with a 4xx, and nothing of the data is echoed."""

import io
import time

import orjson
import pytest

GOOD = {"y": [1, 2, 4, 8, 9], "x": [1, 2, 3, 4, 6]}


def body(**changed):
    return {"formula": "y ~ x", "data": GOOD} | changed


def data(**columns):
    return body(data=GOOD | columns)


BAD = [
    # what is sent, the status, the field that is named, a part of what is told
    (body(data={"x": [1, 2], "y": [1, 2, 3]}), 422, "/data/y", "all must be of one length"),
    (data(x=[1, 2, "three", 4, 6]), 422, "/data/x/2", "is a text"),
    (data(x=[1, 2, True, 4, 6]), 422, "/data/x/2", "true or false"),
    (data(x=[1, 2, [3], 4, 6]), 422, "/data/x/2", "a list"),
    (data(x=[None] * 5), 422, "x", "all of them are missing"),
    (data(x="12345"), 422, "/data/x", "a list of values"),
    (body(data={}), 422, "/data", "no columns"),
    (body(data=[]), 422, "/data", "no columns"),
    (body(data={"y": [], "x": []}), 422, "/data", "no rows"),
    (body(data="iris"), 422, "/data", "columns by name"),
    (body(data=[1, 2]), 422, "/data/0", "not an object"),
    (body(data={"y": [1, 2], "x": [1, 2]}, formula="y ~ x + I(x^2)"), 422, "/formula", "2 rows"),
    (data(y=[3, 3, 3, 3, 3]), 422, "y", "the same value in every row"),
    (data(x=["a\u0000b", "c", "d", "e", "f"]), 422, "/data/x", "NUL"),
    (body(formula="y ~ z"), 422, "/formula", "z"),
    (body(formula="y ~ x +"), 422, "/formula", "^"),
    (body(formula=""), 422, "/formula", "1 character"),
    (body(formula=7), 422, "/formula", "string"),
    (body(formula="y ~ x + (1 | x)"), 422, "/formula", "/mixed"),
    (body(formula="y ~ __import__('os')"), 422, "/formula", ""),
    (body(level=1), 422, "/level", "less than or equal to 0.999"),
    (body(level="0.9"), 422, "/level", "number"),
    (body(missing="ignore"), 422, "/missing", "'drop' or 'refuse'"),
    (body(precision="quadruple"), 422, "/precision", "'double' or 'exact'"),
    (body(weights="w"), 422, "/weights", "w"),
    (data(w=[1, 1, -1, 1, 1]) | {"weights": "w"}, 422, "/weights", "negative"),
    (body(colour="red"), 422, "/colour", "no such field"),
    (body(formulas="y ~ x"), 422, "/formulas", "did you mean formula?"),
    (body(dataset="iris"), 422, "/data", "either data or dataset"),
    ({"formula": "y ~ x"}, 422, "/data", "either data or dataset"),
    ({"data": GOOD}, 422, "/formula", "required"),
    (body(predict={"z": [1]}), 422, "predict", "x"),
    (body(data={f"x{i}": [1] for i in range(1001)}), 422, "/data", "max_columns"),
]


@pytest.mark.parametrize(("sent", "status", "field", "told"), BAD)
def test_a_bad_field_is_named(ask, sent, status, field, told):
    response = ask("POST", "/regress", json=sent)
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    problem = response.json
    assert any(field in fault["pointer"] or field in fault["detail"] for fault in problem["errors"]), problem
    assert told in problem["detail"]


WRONG_BYTES = [
    (b"{", "application/json", 400, "not JSON"),
    (b'{"formula": "y ~ x", "data": {"x": [NaN]}}', "application/json", 400, "not JSON"),
    (b'{"formula": "\xff"}', "application/json", 400, "UTF-8"),
    (b"[]", "application/json", 400, "must be a JSON object"),
    (b'{"formula": "y ~ x", "data": {"x": [1], "x": [2]}}', "application/json", 422, "stands twice"),
    (b"<xml/>", "application/xml", 415, "Content-Type must be"),
    (b"x", "", 415, "Content-Type must be"),
    (b'{"formula": "y ~ x"}', "application/x-www-form-urlencoded", 415, "looks like JSON"),
    (b"--b\r\nbroken", "multipart/form-data; boundary=b", 400, "not multipart/form-data"),
    (b"x", "multipart/form-data", 400, "not multipart/form-data"),
]


@pytest.mark.parametrize(("sent", "content_type", "status", "told"), WRONG_BYTES)
def test_bytes_that_are_not_what_they_claim_are_refused(ask, sent, content_type, status, told):
    response = ask("POST", "/regress", data=sent, content_type=content_type)
    assert (response.status_code, response.mimetype) == (status, "application/problem+json"), response.text
    assert told in response.json["detail"]


def test_compressed_bodies_are_not_opened(ask):
    response = ask("POST", "/regress", data=b"\x1f\x8b", content_type="application/json", headers={"Content-Encoding": "gzip"})
    assert response.status_code == 415


def test_a_body_over_the_limit_is_refused_naming_the_setting(ask):
    response = ask("POST", "/regress", data=b"x" * (8 * 1024 * 1024 + 1), content_type="text/csv")
    assert response.status_code == 413
    assert "max_body_bytes" in response.json["detail"]


def test_a_factor_of_65000_levels_is_refused(ask):
    many = {"y": [float(i % 7) for i in range(65_000)], "g": [f"g{i}" for i in range(65_000)]}
    response = ask("POST", "/regress", json={"formula": "y ~ g", "data": many})
    assert response.status_code == 422
    assert "max_levels" in response.json["detail"]


def test_few_bytes_that_ask_for_many_cells_are_refused(ask):
    names = orjson.dumps(dict.fromkeys((f"c{i}" for i in range(1000)), 1))
    rows = b'{"formula": "y ~ x", "data": [' + names + b",{}" * 150_000 + b"]}"
    response = ask("POST", "/regress", data=rows, content_type="application/json")
    assert response.status_code == 422
    assert "max_cells" in response.json["detail"]


def test_every_wrong_field_is_told_at_once(ask):
    response = ask("POST", "/regress", json=body(level=7, missing="no"))
    assert {fault["pointer"] for fault in response.json["errors"]} == {"/level", "/missing"}


QUERIES = [
    ({"dataset": "iris", "formula": "y ~ x", "colour": "red"}, "?colour"),
    ({"dataset": "iris"}, "?formula"),
    ({"formula": "y ~ x"}, "?dataset"),
    ({"dataset": "iris", "formula": "Sepal_Length ~ 1", "level": "high"}, "?level"),
    ({"dataset": "iris", "formula": "Sepal_Length ~ 1", "predict": "{"}, "?predict"),
    ({"dataset": "iris", "formula": ["a", "b"]}, "?formula"),
    ({"dataset": "iris", "formula": "Sepal_Length ~ Sepal_Width", "ttl": "soon"}, "?ttl"),
    ({"dataset": "iris", "formula": "Sepal_Length ~ nothing"}, "?formula"),
    ({"dataset": "iris", "formula": "Sepal_Length ~ Sepal_Width", "weights": "nothing"}, "?weights"),
]


@pytest.mark.parametrize(("query", "field"), QUERIES)
def test_a_bad_query_is_named(ask, query, field):
    response = ask("GET", "/regress", query_string=query)
    assert response.status_code == 422, response.text
    assert field in {fault["pointer"] for fault in response.json["errors"]}


def test_a_field_beside_a_csv_body_is_pointed_to_where_it_stands(ask):
    query = {"formula": "y ~ x", "level": "2"}
    response = ask("POST", "/regress", data="y,x\n1,2\n3,4\n", content_type="text/csv", query_string=query)
    assert [fault["pointer"] for fault in response.json["errors"]] == ["?level"]


def test_a_second_file_is_refused(ask):
    files = [(io.BytesIO(b"y,x\n1,2\n2,3\n4,4\n"), "a.csv"), (io.BytesIO(b"y,x\n1,2\n2,3\n4,5\n"), "b.csv")]
    response = ask("POST", "/regress", data={"formula": "y ~ x", "data": files}, content_type="multipart/form-data")
    assert (response.status_code, response.json["errors"][0]["pointer"]) == (422, "/data")


BOMBS = [
    (b"x,y\n1,2\n" + b"\n" * 8_000_000, "text/csv", 422),
    (b'"x",y\n1,2\n' + b"\r\n" * 4_000_000, "text/csv", 422),
    (b"," * 8_000_000, "text/csv", 422),
    (b"x,y\n" + b",\n" * 4_000_000, "text/csv", 422),
    (b"a=1&" * 2_000_000, "application/x-www-form-urlencoded", 400),
    (b"&" * 8_000_000, "application/x-www-form-urlencoded", 400),
]


@pytest.mark.parametrize(("sent", "content_type", "status"), BOMBS)
def test_megabytes_of_separators_are_refused_before_they_are_taken_apart(ask, sent, content_type, status):
    start = time.process_time()
    response = ask("POST", "/regress", data=sent, content_type=content_type, query_string={"formula": "y ~ x"})
    assert response.status_code == status, response.text
    assert time.process_time() - start < 0.4


def test_no_value_is_echoed(ask):
    response = ask("POST", "/regress", json=data(x=[1, 2, "SECRET", 4, 6], g=["SECRET"] * 5) | {"level": "SECRET"})
    assert b"SECRET" not in response.data


def test_a_problem_says_what_the_standard_asks(ask):
    problem = ask("POST", "/regress", json={"data": GOOD}).json
    assert set(problem) == {"type", "title", "status", "detail", "request_id", "errors"}
    assert problem["type"] == "urn:lamplight:problem:invalid-input"


def test_a_formula_in_a_message_is_shown_with_a_mark_under_the_place(ask):
    detail = ask("POST", "/regress", json=body(formula="y ~ x + zz")).json["detail"]
    lines = detail.split("\n")
    formula_line = next(i for i, line in enumerate(lines) if "y ~ x + zz" in line)
    assert lines[formula_line + 1].index("^") == lines[formula_line].index("zz")


def test_columns_of_a_json_body_are_counted_before_they_are_read(ask):
    wide = orjson.dumps({"formula": "y ~ x", "data": {f"c{i}": [] for i in range(100_000)}})
    response = ask("POST", "/regress", data=wide, content_type="application/json")
    assert response.status_code == 422
    assert "max_columns" in response.json["detail"]


GIVEN_TWICE = [
    ("/regress", "formula", {"json": {"formula": "y ~ x", "data": {"y": [1, 2, 3], "x": [1, 2, 4]}}}),
    ("/regress", "data", {"data": "y,x\n1,1\n2,2\n3,4\n", "content_type": "text/csv"}),
    ("/regress", "formula", {"data": {"formula": "y ~ x", "data": "y,x\n1,1\n2,2\n3,4\n"}}),
    ("/fraud", "data", {"data": "V1\n1\n", "content_type": "text/csv"}),
    ("/fraud", "model", {"data": {"model": "cards", "data": "V1\n1\n"}}),
    ("/datasets/d", "fill", {"json": {"data": {"y": [1, None]}, "fill": {"y": 0}}}),
    ("/datasets/d", "fill", {"data": {"data": "y\n1\n", "fill": "{}"}}),
]


@pytest.mark.parametrize(("path", "name", "sent"), GIVEN_TWICE)
def test_a_field_that_stands_in_the_query_string_and_in_the_body_is_refused(ask, path, name, sent):
    response = ask("PUT" if path == "/datasets/d" else "POST", path, query_string={name: "{}"}, **sent)
    assert response.status_code == 422
    assert [fault["pointer"] for fault in response.json["errors"]] == [f"?{name}"]
    assert "give it once" in response.json["errors"][0]["detail"]
