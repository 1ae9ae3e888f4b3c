"""The folders of jobs: removed by whoever made them, or by the next process when that one was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from jobs.scratch import PREFIX, YOUNG_SECONDS, Scratch
from tests.serving import ROOT

KILLED = """
import os, signal
from jobs.scratch import Scratch
print(Scratch().folder(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def left_by_a_killed_process() -> Path:
    done = subprocess.run((sys.executable, "-c", KILLED), cwd=ROOT, capture_output=True, text=True, check=False)
    return Path(done.stdout.strip()).parent


def aged(folder: Path) -> Path:
    before = folder.stat().st_mtime - YOUNG_SECONDS - 1
    os.utime(folder, (before, before))
    return folder


def test_what_a_killed_process_left_is_removed() -> None:
    left = aged(left_by_a_killed_process())
    Scratch()
    assert not left.exists()


def test_what_a_living_process_made_stays(temporary: Path) -> None:
    folder = Scratch().folder()
    assert folder is not None
    home = aged(Path(folder).parent)
    Scratch()
    assert home.exists()


def test_what_was_made_just_now_stays() -> None:
    left = left_by_a_killed_process()
    Scratch()
    assert left.exists()


def test_nothing_is_left_of_one_that_ends_well(temporary: Path) -> None:
    scratch = Scratch()
    assert scratch.folder() != scratch.folder()
    scratch.remove()
    assert list(temporary.glob(f"{PREFIX}*")) == []


def test_a_temporary_folder_that_cannot_be_written_gives_none(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "gone"))
    assert Scratch().folder() is None


def test_a_link_leads_nowhere(temporary: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    kept = tmp_path_factory.mktemp("kept")
    (kept / "file").touch()
    aged(kept)
    (temporary / f"{PREFIX}link").symlink_to(kept)
    Scratch()
    assert (kept / "file").exists()


def test_what_belongs_to_another_user_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    left = aged(left_by_a_killed_process())
    monkeypatch.setattr(os, "geteuid", lambda: left.stat().st_uid + 1)
    Scratch()
    assert left.exists()
