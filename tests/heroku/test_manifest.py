"""What Procfile, app.json and Dockerfile name is there."""

from __future__ import annotations

import json
import re
import shlex
from fnmatch import fnmatch
from importlib.util import find_spec

import pytest
from flask import Flask

from config import PREFIX, Settings
from resources.commands import register
from tests.serving import ROOT

PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
APP = json.loads((ROOT / "app.json").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
COMMANDS = [shlex.split(command) for line in PROCFILE.values() for command in line.split(" && ")]


def sources_of_copies() -> list[str]:
    """What the Dockerfile copies from this folder."""
    copies = [line.split()[1:-1] for line in DOCKERFILE if line.startswith("COPY ") and "--from" not in line]
    return [source for copy in copies for source in copy]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_line_of_the_procfile_runs_something_that_is_there(command: list[str]) -> None:
    match command:
        case ["python", "-m", module]:
            assert find_spec(module)
        case ["flask", "--app", "app", group, name]:
            assert name in words_of(group)
        case _:
            pytest.fail("this test does not know such a command")


def words_of(group: str) -> list[str]:
    app = Flask("lamplight")
    register(app)
    context = app.cli.make_context("flask", [], resilient_parsing=True)
    found = app.cli.get_command(context, group)
    assert found, f"flask knows no {group}"
    return found.list_commands(context)  # type: ignore[attr-defined]


def test_the_formation_has_the_processes_of_the_procfile() -> None:
    assert {"release", *APP["formation"]} == set(PROCFILE)


def test_app_json_sets_only_settings_that_there_are() -> None:
    assert set(APP["env"]) <= {PREFIX + field.upper() for field in Settings.model_fields}


def test_app_json_leaves_no_required_setting_open() -> None:
    given = {name: env.get("value", "generated" * 8 if "generator" in env else "") for name, env in APP["env"].items()}
    settings = Settings.from_env(given | {"DATABASE_URL": "postgres://given-by-the-add-on/app"})
    assert settings.public is False


def test_app_json_orders_postgres_and_the_scheduler() -> None:
    assert {addon.partition(":")[0] for addon in APP["addons"]} == {"heroku-postgresql", "scheduler"}


@pytest.mark.parametrize("source", sources_of_copies())
def test_what_the_dockerfile_copies_is_there(source: str) -> None:
    assert (ROOT / source).exists()


@pytest.mark.parametrize("source", sources_of_copies())
def test_what_the_dockerfile_copies_is_sent_to_docker(source: str) -> None:
    sent = [line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert any(fnmatch(source.rstrip("/"), pattern) or source.startswith(f"{pattern}/") for pattern in sent)


def test_the_image_serves_as_the_procfile_does() -> None:
    command = next(json.loads(line.removeprefix("CMD ")) for line in DOCKERFILE if line.startswith("CMD "))
    assert command == shlex.split(PROCFILE["web"])


def test_the_image_and_the_dyno_run_the_same_python() -> None:
    python = (ROOT / "runtime.txt").read_text().strip().removeprefix("python-")
    assert set(re.findall(r"^FROM python:([\d.]+)-slim", "\n".join(DOCKERFILE), re.MULTILINE)) == {python}


def test_every_hook_of_the_buildpack_can_be_run() -> None:
    assert (ROOT / "bin" / "post_compile").stat().st_mode & 0o111
