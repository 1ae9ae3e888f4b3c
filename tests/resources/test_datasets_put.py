"""Storing datasets: what is sent as JSON, CSV or a form comes back, with its types; what cannot be stored is told where."""

import io
import json

import pytest
from sqlalchemy import text

from app import create_app
from store.engine import reading
from tests.resources.conftest import engine_of, new_site, settings_for

CSV = "city,n,ok\nUlm,1,TRUE\n,2.5,\nBonn,,false\n"
COLUMNS = {"city": ["Ulm", None, "Bonn"], "n": [1, 2.5, None], "ok": [True, None, False]}
RECORDS = [{"city": "Ulm", "n": 1, "ok": True}, {"n": 2.5, "city": None, "ok": None}, {"city": "Bonn", "ok": False}]
PAGE = [
    {"city": "Ulm", "n": 1.0, "ok": True},
    {"city": None, "n": 2.5, "ok": None},
    {"city": "Bonn", "n": None, "ok": False},
]
SENT = {
    "json columns": {"json": {"data": COLUMNS}},
    "json records": {"json": {"data": RECORDS}},
    "csv": {"data": CSV, "content_type": "text/csv"},
    "form text": {"data": {"data": CSV}},
    "form json": {"data": {"data": json.dumps(COLUMNS)}},
    "multipart csv": {"data": {"data": (io.BytesIO(CSV.encode()), "d.csv")}},
    "multipart json": {"data": {"data": (io.BytesIO(json.dumps(RECORDS).encode()), "d.json")}},
}


@pytest.fixture
def put(ask):
    def send(name="d", **given):
        return ask("PUT", f"/datasets/{name}", **given)

    return send


@pytest.mark.parametrize("how", SENT)
def test_however_it_is_sent_it_is_stored_alike(ask, put, how):
    stored = put(**SENT[how])
    assert stored.status_code == 201, stored.text
    assert stored.headers["Location"] == "/datasets/d"
    told = ask("GET", "/datasets/d", query_string={"rows": 10}).json
    assert told["page"] == PAGE
    assert [(c["name"], c["type"], c["missing"]) for c in told["columns"]] == [
        ("city", "text", 1),
        ("n", "number", 1),
        ("ok", "boolean", 1),
    ]
    reference = put("reference", json={"data": COLUMNS}).json
    assert told["fingerprint"] == reference["fingerprint"]


def test_what_has_the_name_is_replaced_whole(ask, put):
    put(json={"data": COLUMNS})
    assert put(json={"data": {"x": [1]}}).status_code == 200
    told = ask("GET", "/datasets/d", query_string={"rows": 5}).json
    assert (told["rows"], told["page"]) == (1, [{"x": 1.0}])


def test_types_can_be_given(ask, put):
    csv = "id,n\n007,1\n008,\n"
    stored = put(data=csv, content_type="text/csv", query_string={"types": '{"id": "text", "n": "number"}'})
    assert stored.status_code == 201, stored.text
    assert ask("GET", "/datasets/d", query_string={"rows": 1}).json["page"] == [{"id": "007", "n": 1.0}]
    put(json={"data": {"id": [7, 8.5, None]}, "types": {"id": "text"}})
    assert [row["id"] for row in ask("GET", "/datasets/d", query_string={"rows": 3}).json["page"]] == ["7", "8.5", None]


def test_rules_are_done_and_told(ask, put):
    put("users", json={"data": {"user": ["Hans"], "city": ["Premium"]}, "mask": {"user": 1}})
    rules = {
        "columns": ["user", "Amount", "Class"],
        "mask": {"user": {"left": 2, "upper": "X", "lower": "x", "digit": "n", "other": "-"}},
        "join": {"dataset": "users", "on": "user", "columns": ["city"]},
        "drop_null": ["Amount"],
        "where": {"city": {"like": "Prem%"}},
        "fill": {"Class": -1},
    }
    data = {"user": ["Hans", "Otto", "Hans"], "Amount": [1, 2, None], "Class": [None, 0, 1], "note": ["a", "b", "c"]}
    stored = put("p", json={"data": data, **rules})
    assert stored.status_code == 201, stored.text
    assert (stored.json["rows_sent"], stored.json["rows_added"], stored.json["rows"]) == (3, 1, 1)
    assert stored.json["rules"] == rules
    told = ask("GET", "/datasets/p", query_string={"rows": 5}).json
    assert told["page"] == [{"user": "Xxns", "Amount": 1.0, "Class": -1.0, "city": "Premium"}]
    form = {name: json.dumps(rule) for name, rule in rules.items()} | {"data": (io.BytesIO(csv_of(data)), "p.csv")}
    assert put("form", data=form).json["fingerprint"] == stored.json["fingerprint"]
    query = {name: json.dumps(rule) for name, rule in rules.items()}
    sent = put("query", data=csv_of(data), content_type="text/csv", query_string=query)
    assert sent.json["fingerprint"] == stored.json["fingerprint"]


def csv_of(columns):
    rows = zip(*([("" if value is None else str(value)) for value in values] for values in columns.values()), strict=True)
    return "\n".join([",".join(columns), *map(",".join, rows)]).encode()


def test_the_clear_text_is_nowhere(application, ask, put):
    put("users", json={"data": {"user": ["Rumpelstilzchen"]}, "mask": {"user": 12}})
    ask("POST", "/datasets/users/rows", json={"data": {"user": ["Rumpelstilzchen"]}}, headers={"Idempotency-Key": "a"})
    with reading(engine_of(application)) as connection:
        tables = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname ~ '^(site_|public)'"
        for (table,) in connection.execute(text(tables)).all():
            assert "Rumpelst" not in repr(connection.execute(text(f"SELECT * FROM {table}")).all()), table


def test_all_rows_can_be_had_as_csv_and_sent_back(ask, put):
    texts = ["a,b", 'say "hi"', "two\nlines", None, "ä", "x"]
    put(json={"data": {"g": texts, "x": [1, 0.1, 1e300, -2.5e-7, None, 3], "b": [True, False, None, True, True, True]}})
    for address, headers in (("/datasets/d.csv", {}), ("/datasets/d", {"Accept": "text/csv"})):
        answer = ask("GET", address, headers=headers)
        assert answer.mimetype == "text/csv"
        assert int(answer.headers["Content-Length"]) == len(answer.data)
    back = put("back", data=answer.data, content_type="text/csv").json
    assert back["fingerprint"] == ask("GET", "/datasets/d").json["fingerprint"]


def test_a_page_of_rows_leads_to_the_next(ask, put):
    put(json={"data": {"x": list(range(5))}})
    seen, after = [], 0
    while after is not None:
        page = ask("GET", "/datasets/d", query_string={"rows": 2, "after": after}).json
        seen.append([row["x"] for row in page["page"]])
        after = page["next"]
    assert seen == [[0, 1], [2, 3], [4]]
    csv = ask("GET", "/datasets/d.csv", query_string={"rows": 2, "after": 3})
    assert csv.text == "x\n3\n4\n"


def test_a_deleted_dataset_is_gone(ask, put):
    put(json={"data": {"x": [1]}})
    assert ask("DELETE", "/datasets/d").status_code == 204
    assert ask("DELETE", "/datasets/d").status_code == 404
    assert ask("GET", "/datasets/d").status_code == 404


def test_a_stored_dataset_is_computed_on(ask, put):
    data = {"y": [1, 2, 4, 7, 9], "x": [1, 2, 3, 4, 6], "g": ["a", "b", "a", "b", "a"]}
    put(json={"data": data})
    by_name = ask("POST", "/regress", json={"formula": "y ~ x + g", "dataset": "d"}).json
    sent = ask("POST", "/regress", json={"formula": "y ~ x + g", "data": data}).json
    assert by_name["coefficients"] == sent["coefficients"]


def test_more_rows_than_may_be_computed_on_are_refused_before_they_are_read(application, client, site):
    small = create_app(settings_for(engine_of(application).url.render_as_string(hide_password=False), max_rows=3))
    asked = small.test_client()
    asked.put("/datasets/d", json={"data": {"x": [1, 2, 3, 4], "y": [1, 2, 3, 5]}}, headers=site.headers)
    refused = asked.post("/regress", json={"formula": "y ~ x", "dataset": "d"}, headers=site.headers)
    assert (refused.status_code, refused.json["type"]) == (422, "urn:lamplight:problem:limit-exceeded")
    assert refused.json["errors"][0]["pointer"] == "/dataset"
    engine_of(small).dispose()


def test_a_sample_is_replaced_for_the_site_alone(application, client, ask, put):
    put("iris", json={"data": {"x": [1]}})
    assert ask("GET", "/datasets/iris").json["sample"] is False
    assert client.get("/datasets/iris", headers=new_site(application).headers).json["rows"] == 150


@pytest.mark.parametrize(("method", "path"), [("PUT", "/datasets/d"), ("POST", "/datasets/d/rows"), ("DELETE", "/datasets/d")])
def test_only_a_secret_key_changes_what_is_kept(client, site, ask, put, method, path):
    put(json={"data": {"x": [1]}})
    sent = {"data": {"x": [2]}} if method != "DELETE" else None
    assert client.open(path, method=method, json=sent).status_code == 401
    assert client.open(path, method=method, json=sent, headers=site.page_headers).status_code == 403
    assert ask("GET", "/datasets/d", query_string={"rows": 1}).json["page"] == [{"x": 1.0}]
    assert client.get("/datasets/d", headers=site.page_headers).status_code == 404


GOOD = {"x": [1, 2], "g": ["a", "b"]}
BAD = [
    # what is sent, the status, the pointer, a part of what is told
    ({}, 422, "/data", "required"),
    ({"data": None}, 422, "/data", "columns by name"),
    ({"data": 7}, 422, "/data", "columns by name"),
    ({"data": {}}, 422, "/data", "no columns"),
    ({"data": {"x": []}}, 422, "/data", "no rows"),
    ({"data": [1]}, 422, "/data/0", "not an object"),
    ({"data": {"x": [1], "y": [1, 2]}}, 422, "/data/y", "one length"),
    ({"data": {"x": [1, "a"]}}, 422, "/data/x/1", "is a text"),
    ({"data": {"x": [[1]]}}, 422, "/data/x/0", "a list"),
    ({"data": {"x": "abc"}}, 422, "/data/x", "a list of values"),
    ({"data": {"": [1]}}, 422, "/data", "column name"),
    ({"data": {"g": ["a\u0000"]}}, 422, "/data/g", "NUL"),
    ({"data": {"x" * 201: [1]}}, 422, "/data", "1 to 200 characters"),
    ({"data": {f"x{i}": [1] for i in range(1001)}}, 422, "/data", "max_columns"),
    ({"data": GOOD, "types": {"x": "text", "g": "number"}}, 422, "/data/g/0", "is a text; the column holds a number"),
    ({"data": GOOD, "types": {"x": "date"}}, 422, "/types/x", "'number', 'text' or 'boolean'"),
    ({"data": GOOD, "types": {"z": "text"}}, 422, "/types/z", "not there"),
    ({"data": GOOD, "mask": {"g": 0}}, 422, "/mask/g", "greater than or equal to 1"),
    ({"data": GOOD, "mask": {"g": {"left": 1, "upper": "XX"}}}, 422, "/mask/g/upper", "at most 1 character"),
    ({"data": GOOD, "mask": {"z": 1}}, 422, "/mask/z", "not there"),
    ({"data": GOOD, "fill": {"x": "a"}}, 422, "/fill/x", "holds a number"),
    ({"data": GOOD, "fill": {"x": None}}, 422, "/fill/x", ""),
    ({"data": GOOD, "drop_null": ["z"]}, 422, "/drop_null/z", "not there"),
    ({"data": GOOD, "where": {"g": "a%"}}, 422, "/where/g", "an object"),
    ({"data": GOOD, "join": {"dataset": "nobody", "on": "g"}}, 422, "/join/dataset", "no other dataset"),
    ({"data": GOOD, "join": {"dataset": "iris"}}, 422, "/join/on", "required"),
    ({"data": GOOD, "colour": 1}, 422, "/colour", "no such field"),
]


@pytest.mark.parametrize(("sent", "status", "field", "told"), BAD)
def test_what_cannot_be_stored_is_told_where(ask, put, sent, status, field, told):
    refused = put(json=sent)
    assert refused.status_code == status, refused.text
    assert refused.mimetype == "application/problem+json"
    assert any(fault["pointer"].startswith(field) for fault in refused.json["errors"]), refused.json
    assert told in refused.json["detail"]
    assert ask("GET", "/datasets/d").status_code == 404


BAD_CSV = [
    (b"", 411, "Content-Length"),
    (b"\n", 422, "no data"),
    (b"x,y\n", 422, "no rows"),
    (b"x,x\n1,2\n", 422, "stands twice"),
    (b"x,\n1,2\n", 422, "no name"),
    (b"x,y\n1,2\n3\n", 422, "row 2 has 1 cells"),
    (b"x\n1\n2\ntwo\n", 422, "row 3 of column x is a text where most are numbers"),
    (b"x\n1\ninf\n", 422, "row 2 of column x is infinite"),
    (b"x\n1\n1e999\n", 422, "infinite"),
    (b"x\n1\n" + b"9" * 310 + b"\n", 422, "infinite"),
    (b"x\n\xff\n", 400, "not UTF-8"),
    (b'x\n"1\n', 400, "not CSV"),
    (b"x\na\x00b\n", 422, "NUL"),
    (b"x\n" + b"a" * 200_000 + b"\n", 400, "not CSV"),
    (b"x" * 1_100_000 + b"\n1\n", 422, "characters"),
    (b"," * 100_000 + b"\n", 422, "max_columns"),
]


@pytest.mark.parametrize(("sent", "status", "told"), BAD_CSV)
def test_what_is_no_csv_is_told(put, sent, status, told):
    refused = put(data=sent, content_type="text/csv", headers={"Content-Length": str(len(sent))} if sent else {})
    assert refused.status_code == status, refused.text
    assert told in refused.json["detail"]
    assert "two" not in refused.text


NUMBERS = [
    "1",
    "-2.5",
    "+3",
    ".5",
    "5.",
    "1e3",
    "1E-400",
    "0." + "0" * 400 + "1",
    " 7 ",
    "\u0664",
    "NA",
    "",
    "0x1".replace("x", ""),
]


def test_numbers_are_read_as_python_reads_them(ask, put):
    put(data="x,i\n" + "".join(f"{number},{i}\n" for i, number in enumerate(NUMBERS)), content_type="text/csv")
    page = ask("GET", "/datasets/d", query_string={"rows": 100}).json["page"]
    assert [row["x"] for row in page] == [None if text in ("NA", "") else float(text) for text in NUMBERS]


@pytest.mark.parametrize("name", ["1a", "a.b", "a%20b", "ä", "a" * 64, "~a", "a%00"])
def test_a_name_that_cannot_be_is_refused(put, name):
    refused = put(name, json={"data": {"x": [1]}})
    assert refused.status_code in (404, 422), refused.text


@pytest.mark.parametrize(("setting", "sent"), [("max_dataset_rows", 4), ("max_site_cells", 101), ("max_datasets", 1)])
def test_more_than_may_be_kept_is_refused_naming_the_setting(application, site, setting, sent):
    few = {"max_dataset_rows": 3, "max_site_cells": 100, "max_datasets": 1}[setting]
    app = create_app(settings_for(engine_of(application).url.render_as_string(hide_password=False), **{setting: few}))
    client = app.test_client()
    for how in ({"json": {"data": {"x": [1] * sent}}}, {"data": "x\n" + "1\n" * sent, "content_type": "text/csv"}):
        client.put("/datasets/first", headers=site.headers, json={"data": {"x": [1]}})
        refused = client.put("/datasets/second", headers=site.headers, **how)
        assert refused.status_code == 422, refused.text
        assert setting in refused.json["detail"]
    engine_of(app).dispose()


def test_a_body_that_is_cut_short_stores_nothing(ask):
    environ = {"wsgi.input_terminated": True, "CONTENT_LENGTH": "400"}
    refused = ask("PUT", "/datasets/d", data=b"x\n1\n", content_type="text/csv", environ_overrides=environ)
    assert (refused.status_code, "ended after 4 of the 400" in refused.json["detail"]) == (400, True)
    assert ask("GET", "/datasets/d").status_code == 404


@pytest.mark.parametrize("values", [[1, None, 3], ["a", None, "b\n\nc"], [None, True, None]])
def test_a_column_alone_comes_back_from_its_own_csv_with_what_is_missing(ask, put, values):
    put(json={"data": {"y": values}})
    written = ask("GET", "/datasets/d.csv")
    put("back", data=written.data, content_type="text/csv")
    assert [row["y"] for row in ask("GET", "/datasets/back", query_string={"rows": 9}).json["page"]] == values
    assert ask("GET", "/datasets/d.csv", query_string={"rows": 1, "after": 1}).data.count(b"\n") == 2


@pytest.mark.parametrize("verb", ["put", "append"])
def test_a_column_name_that_is_too_long_is_refused_in_csv_as_in_json(ask, put, verb):
    put(json={"data": {"y": [1]}})
    send = put if verb == "put" else lambda **given: ask("POST", "/datasets/d/rows", **given)
    for how in ({"json": {"data": {"n" * 201: [1]}}}, {"data": "n" * 201 + "\n1\n", "content_type": "text/csv"}):
        refused = send(**how)
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/data")
        assert "1 to 200 characters" in refused.json["detail"]
    assert put("longest", data="n" * 200 + "\n1\n", content_type="text/csv").status_code == 201


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_columns_that_commas_do_not_separate_are_refused(ask, mark):
    told = ask("PUT", "/datasets/d", data=f"a{mark}b\n1{mark}2\n", content_type="text/csv")
    assert (told.status_code, told.json["errors"][0]["pointer"]) == (422, "/data")
    assert "separate them by commas" in told.json["detail"]
    assert ask("GET", "/datasets/d").status_code == 404
