"""The examples of README.md and docs/: what a page says to type is typed, and what it shows must come back.

A ```console block is run by bash against a running server: lines after `$ ` are typed, the rest is what comes back, where
`...` stands for anything. A page is one session in one folder, where $KEY is a secret key. Of ```sh blocks, the lines of
`flask` are run.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from config import PREFIX, SERVER_SETTINGS, Settings
from errors import JobFailed, LamplightError, Unavailable
from tests.jobs.working import working
from tests.serving import ROOT, SETTINGS, Server

PAGES = sorted((ROOT / "README.md", *(ROOT / "docs").rglob("*.md")))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
SETTING = re.compile(r"^\| `([A-Z_]+)` \| `?(.*?)`? \| (.+) \|$", re.MULTILINE)
SHOWN_URL = "http://localhost:8000"
SHOWN_KEY = "KEY=$(cat .data/key)"
MARK = "-- typed --"
REQUIRED = "required"


@dataclass(frozen=True)
class Example:
    """A command and what the page shows of its output."""

    page: Path
    number: int  # among the page's commands
    command: str
    shown: str


def blocks(page: Path, language: str) -> list[str]:
    return [text for name, text in BLOCK.findall(page.read_text()) if name == language]


def examples(page: Path) -> list[Example]:
    typed = [pair for block in blocks(page, "console") for pair in commands(block)]
    return [Example(page, number, command, shown) for number, (command, shown) in enumerate(typed)]


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Read a block as commands, each with the lines that follow it. A command goes on as long as a quote is open."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        end = next(end for end in range(1, len(lines) + 1) if complete("\n".join(lines[:end])))
        yield "\n".join(lines[:end]), "\n".join(lines[end:])


def complete(command: str) -> bool:
    try:
        shlex.split(command)
    except ValueError:
        return False
    return not command.endswith("\\")


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def label(example: Example) -> str:
    return f"{named(example.page)}-{example.number}"


@pytest.fixture(scope="module")
def told(server: Server, server_key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], list[str]]]:
    """Type all that a page says to type, once, with a worker at work. Gives what each command answered."""

    @cache
    def session(page: Path) -> list[str]:
        typed = [f"echo '{MARK}'\n{example.command}" for example in examples(page)]
        script = "\n".join(typed).replace(SHOWN_KEY, ":").replace(SHOWN_URL, server.url)
        ended = subprocess.run(
            ("bash", "-c", script),
            cwd=tmp_path_factory.mktemp(page.stem),
            env=environment(server) | {"KEY": server_key},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        return [answer.strip("\n") for answer in ended.stdout.split(f"{MARK}\n")[1:]]

    with working(server.database_url):
        yield session


def environment(server: Server) -> dict[str, str]:
    """What a terminal beside the server has: its settings, its database, and our commands."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return {**os.environ, **SETTINGS, "DATABASE_URL": server.database_url, "PATH": path, "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("example", [example for page in PAGES for example in examples(page)], ids=label)
def test_an_example_answers_as_shown(example: Example, told: Callable[[Path], list[str]]) -> None:
    answer = told(example.page)[example.number]
    assert like(example.shown, answer), f"shown:\n{example.shown}\n\ntold:\n{answer}"


def like(shown: str, answer: str) -> bool:
    return re.fullmatch(".*?".join(map(re.escape, shown.split("..."))), answer, re.DOTALL) is not None


@pytest.mark.parametrize("page", [page for page in PAGES if any("flask " in block for block in blocks(page, "sh"))], ids=named)
def test_the_flask_commands_of_a_page_work_one_after_the_other(page: Path, database_url: str) -> None:
    lines = [line for block in blocks(page, "sh") for line in block.splitlines() if line.startswith("flask ")]
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environ = os.environ | SETTINGS | {"DATABASE_URL": database_url, "PATH": path}
    subprocess.run(("bash", "-ec", "\n".join(lines)), cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, check=True, timeout=60)


@pytest.mark.php
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "php")], ids=named)
def test_php_is_php(page: Path) -> None:
    for block in blocks(page, "php"):
        subprocess.run(("php", "-l"), input="<?php " + block.removeprefix("<?php"), text=True, capture_output=True, check=True)


@pytest.mark.node
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "js")], ids=named)
def test_javascript_is_javascript(page: Path, tmp_path: Path) -> None:
    for block in blocks(page, "js"):
        (tmp_path / "block.mjs").write_text(block)
        subprocess.run(("node", "--check", "block.mjs"), cwd=tmp_path, capture_output=True, check=True)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_link_leads_to_a_page_that_is_there(page: Path) -> None:
    assert [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()] == []


def test_every_setting_is_told_with_its_default() -> None:
    table = {name: default for name, default, _ in SETTING.findall((ROOT / "docs" / "HEROKU.md").read_text())}
    assert {name: table.get(name) for name in defaults()} == defaults()


def test_no_setting_is_told_that_there_is_not() -> None:
    known = {*defaults(), *SERVER_SETTINGS, "LAMPLIGHT_KEY"}  # the last is what callers keep their key in
    assert set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", "".join(page.read_text() for page in PAGES))) <= known


def test_every_type_of_problem_is_told_with_its_status() -> None:
    told = set(re.findall(r"^\| (\d+) \| (.+?) \|", (ROOT / "docs" / "errors.md").read_text(), re.MULTILINE))
    pairs = {(int(status), name) for status, names in told for name in re.findall(r"`([a-z-]+)`", names)}
    assert {(error.status, error.type) for error in problems(LamplightError)} <= pairs


def problems(kind: type[LamplightError]) -> Iterator[type[LamplightError]]:
    """Every kind of problem that the application itself tells, without those that only others are made of."""
    for error in kind.__subclasses__():
        yield from problems(error)
        if error not in (Unavailable, JobFailed):
            yield error


def defaults() -> dict[str, str]:
    """Every setting of the application by its variable's name, with its default as the table writes it."""
    return {variable_of(name): default_of(name) for name in Settings.model_fields}


def variable_of(field: str) -> str:
    return "DATABASE_URL" if field == "database_url" else PREFIX + field.upper()


def default_of(field: str) -> str:
    information = Settings.model_fields[field]
    if information.is_required():
        return REQUIRED
    match information.default:
        case None:
            return ""
        case bool(claim):
            return str(int(claim))
        case number_or_text:
            return f"{number_or_text}"
