"""Storing datasets: what is sent as JSON, CSV or a form comes back, with its types; what cannot be stored is told where."""

import io
import json

import pytest

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
