"""The files of the pages over HTTP: what they may load, and what is not served."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.serving import Server

WEB = Path(__file__).resolve().parents[2] / "web"
PAGES = ["/", "/docs"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_may_load_nothing_from_elsewhere_and_nothing_inline(server: Server, path: str):
    policy = server.ask("GET", path).headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_script_style_or_handler_of_its_own(server: Server, path: str):
    page = server.ask("GET", path).body.decode()
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\s(style|on\w+)=|javascript:", page)


@pytest.mark.parametrize("path", PAGES)
def test_whatever_a_page_names_is_served(server: Server, path: str):
    named = re.findall(r'(?:src|href)="(/[^"#]*)"', server.ask("GET", path).body.decode())
    assert {name: server.ask("GET", name).status for name in named} == dict.fromkeys(named, 200)


@pytest.mark.parametrize("name", ["nothing.js", "../app.py", "..%2fapp.py", "%2e%2e/templates/home.html", "/etc/passwd"])
def test_what_is_not_a_static_file_is_a_problem(server: Server, name: str):
    told = server.ask("GET", f"/static/{name}")
    assert (told.status, told.headers["Content-Type"]) == (404, "application/problem+json")


def test_a_file_that_has_not_changed_is_not_sent_again(server: Server):
    tag = server.ask("GET", "/static/page.js").headers["ETag"]
    assert server.ask("GET", "/static/page.js", If_None_Match=tag).status == 304


@pytest.mark.parametrize("path", sorted((WEB / "static").glob("*.js")), ids=lambda path: path.name)
def test_no_script_turns_text_into_markup(path: Path):
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", path.read_text())
