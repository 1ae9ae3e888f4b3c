"""Generated requests against the running service: no crash, no status and no shape that the document does not tell."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

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


def generated_requests(server: Server, key: str, examples: int) -> int:
    """Let schemathesis ask, and give how many requests it made."""
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", f"{server.url}/openapi.json"]
    command += ["--max-examples", str(examples), "--continue-on-failure"]
    command += ["--checks", ",".join(CHECKS), "--header", f"Authorization: Bearer {key}", "--seed", "1", "--workers", "2"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    assert ended.returncode == 0, ended.stdout[-8000:] + ended.stderr[-2000:]
    count = re.search(r"(\d+) generated", ended.stdout)
    assert count is not None, ended.stdout
    return int(count[1])


def test_generated_requests_are_answered_as_documented(server, server_key):
    assert generated_requests(server, server_key, examples=10) > 200


@pytest.mark.soak
def test_five_thousand_generated_requests_are_answered_as_documented(server, server_key):
    assert generated_requests(server, server_key, examples=150) > 5_000
