"""The document says what the service does, and the service does nothing else."""

import pytest

from resources.openapi import document_of
from resources.routes import OPEN, ROUTES

PAGES = {"/", "/docs", "/static/<path:name>", "/docs/ui/<path:name>"}  # for people: not part of the API


@pytest.fixture(scope="module")
def document(application):
    with application.app_context():
        return document_of(application)


def test_every_route_and_verb_is_documented_and_no_other(application, document):
    served = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in application.url_map.iter_rules()
        if rule.rule not in PAGES
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert served == {(path, verb) for path, verbs in document["paths"].items() for verb in verbs}


def test_every_reference_is_defined(document):
    def references(node):
        if isinstance(node, dict):
            yield from ([node["$ref"]] if "$ref" in node else [])
            for child in node.values():
                yield from references(child)
        elif isinstance(node, list):
            for child in node:
                yield from references(child)

    defined = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= defined


def test_the_document_is_served(ask):
    response = ask("GET", "/openapi.json")
    assert response.json["openapi"] == "3.1.0"
    assert "/regress" in response.json["paths"]


def test_what_is_open_is_a_route():
    assert {resource.__name__.lower() for resource, *_ in ROUTES} >= OPEN
