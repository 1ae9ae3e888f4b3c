"""`bin/serve` after its packages are installed: what it starts, what it says, and what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from store import embedded
from tests.serving import ROOT, free_port


@dataclass(frozen=True)
class Run:
    """One run of bin/serve: the lines it said when it was ready, and how it ended."""

    key: str | None
    ready: str
    curl: str
    answer: dict[str, object]
    returncode: int
    left: list[psutil.Process]
    postgres_left: bool


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("a folder") / "its data"
    yield folder
    embedded.stop(str(folder))


@pytest.fixture(scope="module")
def first(data: Path) -> Run:
    """The run on a fresh machine, ended by Ctrl-C."""
    return run(data, signal.SIGINT)


@pytest.fixture(scope="module")
def second(first: Run, data: Path) -> Run:
    """A later run, while somebody else has Postgres running; ended by SIGTERM."""
    embedded.start(str(data))
    return run(data, signal.SIGTERM)


def test_a_fresh_machine_is_told_its_key(first: Run, data: Path) -> None:
    assert first.key == (data / "key").read_text().strip()


def test_the_curl_line_works_when_pasted(first: Run) -> None:
    coefficients = first.answer["coefficients"]
    assert [round(each["estimate"], 4) for each in coefficients] == [2.2491, 0.5955, 0.4719]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["key", "secret"])
def test_what_is_secret_is_for_its_owner_alone(first: Run, data: Path, name: str) -> None:
    assert stat.S_IMODE((data / name).stat().st_mode) == 0o600


def test_ctrl_c_ends_it_cleanly(first: Run) -> None:
    assert (first.returncode, first.left) == (0, [])


def test_ctrl_c_stops_the_postgres_it_started(first: Run) -> None:
    assert not first.postgres_left


def test_a_later_run_keeps_the_key_and_does_not_show_it(first: Run, second: Run) -> None:
    assert second.key is None


def test_a_later_run_knows_the_question_again(first: Run, second: Run) -> None:
    assert second.answer["id"] == first.answer["id"]


def test_somebody_elses_postgres_is_left_running(second: Run) -> None:
    assert second.postgres_left


def test_a_port_in_use_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = refused(tmp_path, port=str(taken.getsockname()[1]))
    assert (ended.returncode, "choose another: PORT=8001 bin/serve" in ended.stderr, list(tmp_path.iterdir())) == (1, True, [])


@pytest.mark.parametrize("port", ["0", "70000", "http"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    assert refused(tmp_path, port).stderr == "lamplight: PORT must be a whole number from 1 to 65535\n"


def test_a_database_that_does_not_answer_is_told(tmp_path: Path) -> None:
    ended = refused(tmp_path, str(free_port()), DATABASE_URL="postgres://127.0.0.1:1/none")
    assert (ended.returncode, ended.stderr) == (1, "lamplight: the database does not answer in time; try again in a moment\n")


def run(data: Path, number: signal.Signals) -> Run:
    with started(data) as process:
        assert process.stdout
        said = list(iter(process.stdout.readline, "Ctrl-C stops everything.\n"))
        key = next((line.split()[1] for line in said if line.startswith("key ")), None)
        ready, curl = said[-2:]
        answer = subprocess.run(("bash", "-c", curl), capture_output=True, text=True, check=True, cwd="/")
        family = [process, *psutil.Process(process.pid).children(recursive=True)]
        process.send_signal(number)
        process.send_signal(number)
        returncode = process.wait(20)
        left = [each for each in family[1:] if psutil.pid_exists(each.pid)]
        postgres_left = (data / "postgres" / "postmaster.pid").exists()
    return Run(key, ready.strip(), curl, json.loads(answer.stdout), returncode, left, postgres_left)


@contextmanager
def started(data: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        (sys.executable, "-m", "jobs.serve"),
        cwd=ROOT,
        env=environment(data, str(free_port())),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def refused(data: Path, port: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", "jobs.serve")
    return subprocess.run(command, cwd=ROOT, env=environment(data, port) | more, capture_output=True, text=True, timeout=30)


def environment(data: Path, port: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LAMPLIGHT_")}
    return {**ours, "LAMPLIGHT_DATA": str(data), "PORT": port}
