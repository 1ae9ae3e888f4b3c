"""Scores as CSV: a line for each payment, in order, with what JSON says of it."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from tests.kinds.samples import sample as sample_data

COLUMNS = [*(f"V{number}" for number in range(1, 29)), "Amount"]
ROWS = [0, *np.flatnonzero(sample_data("payments")["Class"].values)[:3].tolist(), 7]
HEAD = ["id", "risk_score", "risk_level", "alert", "probability"]
WHY = ["reason_1", "reason_1_observed", "reason_1_expected", "reason_1_direction", "reason_1_share"]


def payment(place, **changed):
    table = sample_data("payments")
    return {name: table[name].values[place] for name in COLUMNS} | changed


@pytest.fixture
def asked_for(client):
    """Ask the sample detector, which answers everybody, for a media type."""

    def ask(media_type, transactions, **given):
        body = {"model": "cards", "transactions": transactions, **given}
        return client.post("/fraud", json=body, headers={"Accept": media_type})

    return ask


def records(response):
    assert (response.status_code, response.mimetype) == (200, "text/csv"), response.text
    names, *rows = csv.reader(io.StringIO(response.text))
    return names, [dict(zip(names, row, strict=True)) for row in rows]


def test_each_line_says_what_json_says(asked_for):
    sent = [payment(place, id=f"t{place}") for place in ROWS]
    sent.insert(2, payment(0, id="bad", V3="much"))
    told = asked_for("application/json", sent, reasons=2).json["results"]
    names, lines = records(asked_for("text/csv", sent, reasons=2))
    assert names == [*HEAD, *WHY, *(name.replace("1", "2", 1) for name in WHY), "error", "detail"]
    for row, line in zip(told, lines, strict=True):
        assert line["id"] == row["id"]
        if row["error"]:
            assert (line["error"], line["detail"]) == ("text", "V3: is no number")
            assert not any(line[name] for name in names[1:-2])
            continue
        assert [float(line[name]) for name in ("risk_score", "probability")] == [row["risk_score"], row["probability"]]
        assert (line["risk_level"], line["alert"], line["error"]) == (row["risk_level"], str(row["alert"]).lower(), "")
        for place, reason in enumerate(row["reasons"], 1):
            assert (line[f"reason_{place}"], line[f"reason_{place}_direction"]) == (reason["column"], reason["direction"])
            assert float(line[f"reason_{place}_share"]) == reason["share"]


def test_without_reasons_there_are_no_columns_of_them(asked_for):
    names, (line,) = records(asked_for("text/csv", [payment(0)], reasons=0))
    assert names == [*HEAD, "error", "detail"]
    assert (line["id"], line["alert"]) == ("", "false")


def test_a_file_goes_in_and_comes_out(client):
    out = io.StringIO()
    writer = csv.DictWriter(out, ["id", *COLUMNS])
    writer.writeheader()
    writer.writerows(payment(place, id=f"t{place}") for place in ROWS)
    headers = {"Content-Type": "text/csv", "Accept": "text/csv"}
    _, lines = records(client.post("/fraud?model=cards", data=out.getvalue(), headers=headers))
    assert [line["id"] for line in lines] == [f"t{place}" for place in ROWS]


@pytest.mark.parametrize(("mark", "told"), [(";", "semicolons"), ("\t", "tabs")])
def test_a_file_with_other_separators_is_told_so(client, mark, told):
    body = "\ufeff" + mark.join(COLUMNS) + "\n" + mark.join("0,5" for _ in COLUMNS)
    response = client.post("/fraud?model=cards", data=body.encode(), headers={"Content-Type": "text/csv"})
    assert (response.status_code, response.json["errors"][0]["pointer"]) == (422, "/data")
    assert f"separated by {told}" in response.json["detail"]


def test_an_id_is_no_formula(asked_for):
    _, (line,) = records(asked_for("text/csv", [payment(0, id="=HYPERLINK(A1)")]))
    assert line["id"] == "'=HYPERLINK(A1)"


def test_another_format_is_refused(asked_for):
    assert asked_for("image/png", [payment(0)]).status_code == 406
    assert asked_for("text/html, application/json;q=0.5", [payment(0)]).mimetype == "application/json"
