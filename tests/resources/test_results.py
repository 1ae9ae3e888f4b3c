"""Results are kept, listed, told in every format, deleted, and expire."""

import csv
import io
import xml.etree.ElementTree as ElementTree
from datetime import timedelta

import orjson
import pytest

from resources import formats
from store import results
from store.engine import writing
from tests.resources.conftest import engine_of

DATA = {"y": [1.0, 2.5, 2.9, 4.2, 5.1], "x": [1, 2, 3, 4, 5], "g": ["<b>", "a", "<b>", "a", "a"]}


@pytest.fixture
def result(ask):
    return ask("POST", "/regress", json={"formula": "y ~ x + g", "data": DATA, "predict": {"x": [6], "g": ["a"]}}).json


MEDIA_TYPES = {
    "json": "application/json",
    "csv": "text/csv",
    "svg": "image/svg+xml",
    "png": "image/png",
    "html": "text/html",
    "txt": "text/plain",
}


@pytest.mark.parametrize(("suffix", "media_type"), MEDIA_TYPES.items())
def test_a_suffix_and_accept_give_the_same_format(ask, result, suffix, media_type):
    by_suffix = ask("GET", f"{result['url']}.{suffix}")
    by_accept = ask("GET", result["url"], headers={"Accept": media_type})
    assert by_suffix.status_code == by_accept.status_code == 200
    assert by_suffix.mimetype == by_accept.mimetype == media_type
    assert by_suffix.data == by_accept.data


def test_csv_holds_the_coefficients_in_full_precision(ask, result):
    rows = list(csv.DictReader(io.StringIO(ask("GET", result["url"] + ".csv").text)))
    assert [float(row["estimate"]) for row in rows] == [row["estimate"] for row in result["coefficients"]]


def test_html_is_a_fragment_with_its_texts_escaped(ask, result):
    page = ask("GET", result["url"] + ".html").text
    assert "g&lt;b&gt;" not in page  # "<b>" sorts first: it is the reference
    assert "<script" not in page
    assert page.startswith('<section class="lamplight-result">')
    ElementTree.fromstring(page)


def test_a_level_that_looks_like_a_tag_is_escaped(ask):
    data = DATA | {"g": ["0", "<b>", "0", "<b>", "0"]}
    url = ask("POST", "/regress", json={"formula": "y ~ x + g", "data": data}).json["url"]
    assert "g&lt;b&gt;" in ask("GET", url + ".html").text


def test_a_control_character_in_a_level_leaves_the_fragment_well_formed(ask):
    data = DATA | {"g": ["0", "a\u0001\u000b\u0085\uffffb", "0", "a\u0001\u000b\u0085\uffffb", "0"]}
    url = ask("POST", "/regress", json={"formula": "y ~ x + g", "data": data}).json["url"]
    page = ask("GET", url + ".html").text
    ElementTree.fromstring(page)
    assert "ga\ufffd\ufffd\ufffd\ufffdb" in page


def test_text_reads_like_r(ask, result):
    text = ask("GET", result["url"] + ".txt").text
    assert "Multiple R-squared:" in text
    assert "Std. Error" in text


def test_a_picture_may_be_shown_but_not_run(ask, result):
    assert "sandbox" in ask("GET", result["url"] + ".svg").headers["Content-Security-Policy"]


@pytest.mark.parametrize("view", ['"', "a\nb", "nothing"])
def test_an_unknown_view_is_refused(ask, result, view):
    assert ask("GET", result["url"] + ".svg", query_string={"view": view}).status_code == 422
    assert ask("GET", result["url"] + ".json", query_string={"view": view}).status_code == 422


def test_an_unknown_suffix_is_not_found(ask, result):
    assert ask("GET", result["url"] + ".pdf").status_code == 404


def test_an_etag_saves_sending_the_result_again(ask, result):
    etag = ask("GET", result["url"]).headers["ETag"]
    assert ask("GET", result["url"], headers={"If-None-Match": etag}).status_code == 304
    assert ask("GET", result["url"] + ".csv", headers={"If-None-Match": etag}).status_code == 200


def test_a_pictures_etag_changes_with_the_code_that_draws_it(ask, result, monkeypatch):
    tags = {suffix: ask("GET", f"{result['url']}.{suffix}").headers["ETag"] for suffix in ("svg", "json")}
    monkeypatch.setattr(formats, "DRAWING", "another")
    assert ask("GET", f"{result['url']}.json", headers={"If-None-Match": tags["json"]}).status_code == 304
    assert ask("GET", f"{result['url']}.svg", headers={"If-None-Match": tags["svg"]}).status_code == 200


def test_a_deleted_result_is_gone_and_can_be_computed_again(ask, result):
    assert ask("DELETE", result["url"]).status_code == 204
    assert ask("GET", result["url"]).status_code == 404
    assert ask("DELETE", result["url"]).status_code == 404
    again = ask("POST", "/regress", json={"formula": "y ~ x + g", "data": DATA, "predict": {"x": [6], "g": ["a"]}})
    assert (again.status_code, again.json) == (201, result)


def test_an_expired_result_is_gone(application, ask, site):
    with writing(engine_of(application)) as connection:
        results.save(
            connection, id="res_old", site_id=site.id, kind="regress", answer=b"{}", picture=None, ttl=timedelta(seconds=-1)
        )
    assert ask("GET", "/results/res_old").status_code == 404
    assert ask("GET", "/results").json["results"] == []


def test_the_listing_has_pages(ask):
    ids = []
    for degree in (1, 2, 3):
        body = {"formula": f"y ~ poly(x, {degree})", "data": DATA}
        ids.insert(0, ask("POST", "/regress", json=body).json["id"])
    first = ask("GET", "/results", query_string={"limit": 2}).json
    second = ask("GET", "/results", query_string={"limit": 2, "before": first["next"]}).json
    assert [item["id"] for item in first["results"] + second["results"]] == ids
    assert second["next"] is None


def test_a_kind_that_is_none_is_refused(ask, result):
    assert [item["id"] for item in ask("GET", "/results", query_string={"kind": "regress"}).json["results"]] == [result["id"]]
    response = ask("GET", "/results", query_string={"kind": "zz"})
    assert (response.status_code, response.json["errors"][0]["pointer"]) == (422, "?kind")


def test_a_cursor_that_is_none_is_refused(ask):
    for cursor in ("x", "MDAwMS0wMS0wMVQwMDowMDowMCsyMzo1OXxh"):  # the second is in the year 0
        assert ask("GET", "/results", query_string={"before": cursor}).status_code == 422


def test_numbers_survive_the_store_to_the_last_digit(ask, result):
    kept = orjson.loads(ask("GET", result["url"]).data)
    assert kept == result
