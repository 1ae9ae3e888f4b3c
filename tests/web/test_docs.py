"""The page at /docs: the OpenAPI document in the bundled Swagger UI, under the policy every page has."""

from __future__ import annotations

import pytest

from tests.web.page import Page

pytestmark = pytest.mark.browser


def test_docs_shows_regress(page: Page):
    page.open("/docs")
    assert page.text("#operations-regress-post_Regress .opblock-summary-path").replace("\u200b", "") == "/regress"


def test_an_operation_opens_without_a_complaint_of_the_policy(page: Page):
    page.open("/docs")
    page.find("#operations-regress-post_Regress button").click()
    page.find("#operations-regress-post_Regress .opblock-body")
    assert page.complaints() == []


def test_docs_asks_nobody_else(page: Page):
    page.open("/docs")
    page.find(".opblock")
    hosts = "return performance.getEntriesByType('resource').map((e) => new URL(e.name).origin)"
    assert set(page.run(hosts)) == {page.url}


def test_docs_does_not_scroll_sideways_on_a_phone(page: Page):
    page.resize(360)
    page.open("/docs")
    page.find("#operations-regress-post_Regress button").click()
    page.find("#operations-regress-post_Regress .opblock-body")
    assert not page.too_wide()
