"""Generated requests against the running service: no crash, no status and no shape that the document does not tell."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import models, sites
from store.engine import engine_of, reading
from tests.conftest import settings_for
from tests.jobs.refits import decided
from tests.serving import Server

CONFIG = Path(__file__).with_name("schemathesis.toml")
# Not positive_data_acceptance: whether a formula fits its data no schema can say.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
)


MODELS = {
    "of_lines": {"kind": "regress", "dataset": "iris", "spec": {"formula": "Sepal_Length ~ Petal_Length"}},
    "of_groups": {"kind": "mixed", "dataset": "sleepstudy", "spec": {"formula": "Reaction ~ Days + (Days | Subject)"}},
    "of_months": {"kind": "forecast", "dataset": "AirPassengers", "spec": {"h": 3}},
    "of_payments": {"kind": "fraud", "dataset": "payments", "spec": {"columns": ["V14", "Amount"], "detector": "mahalanobis"}},
}


OF_ONE_MODEL = """
[parameters]
"path.name" = "{name}"
"""


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest, server: Server, server_key: str) -> Iterator[str]:
    """The name of a model of the server's site that has two versions."""
    name, key = request.param, {"Authorization": f"Bearer {server_key}"}
    engine = engine_of(settings_for(server.database_url))
    for holdout in (0.2, 0):
        told = server.ask("PUT", f"/models/{name}", MODELS[name] | {"refit": "manual", "holdout": holdout}, **key)
        assert told.status in (200, 201), told.json
        with reading(engine) as connection:
            found = models.find(connection, sites.find(connection, "served").id, name)
        assert decided(engine, found).state == "promoted"
    yield name
    server.ask("DELETE", f"/models/{name}", **key)
    engine.dispose()


def generated_requests(server: Server, key: str, examples: int, config: Path = CONFIG, *more: str) -> int:
    """Let schemathesis ask, and give how many requests it made."""
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", f"{server.url}/openapi.json"]
    command += ["--max-examples", str(examples), "--continue-on-failure", *more]
    command += ["--checks", ",".join(CHECKS), "--header", f"Authorization: Bearer {key}", "--seed", "1", "--workers", "2"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    assert ended.returncode == 0, ended.stdout[-8000:] + ended.stderr[-2000:]
    count = re.search(r"(\d+) generated", ended.stdout)
    assert count is not None, ended.stdout
    return int(count[1])


def requests_about(name: str, server: Server, key: str, examples: int, folder: Path) -> int:
    """Let schemathesis ask about a model that there is: all but to delete it, or to put another in its place."""
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG.read_text() + OF_ONE_MODEL.format(name=name))
    which = ("--include-path-regex", "^/models/[{]name[}]", "--exclude-method", "DELETE", "--exclude-method", "PUT")
    return generated_requests(server, key, examples, config, *which, "--phases", "coverage,fuzzing")


def test_generated_requests_are_answered_as_documented(server, server_key):
    assert generated_requests(server, server_key, examples=10) > 200


def test_generated_requests_about_a_model_are_answered_as_documented(server, server_key, model, tmp_path):
    assert requests_about(model, server, server_key, 5, tmp_path) > 100


@pytest.mark.soak
def test_five_thousand_generated_requests_are_answered_as_documented(server, server_key):
    assert generated_requests(server, server_key, examples=150) > 5_000


@pytest.mark.soak
def test_a_thousand_generated_requests_about_a_model_are_answered_as_documented(server, server_key, model, tmp_path):
    assert requests_about(model, server, server_key, 200, tmp_path) > 1_000
