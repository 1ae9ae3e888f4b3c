"""`bin/prepare`: a Python that really runs is found, and a .venv is made, kept or mended."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import ROOT

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return new_project(tmp_path)


@pytest.fixture(scope="module")
def shims(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A PATH where every python fails when run, as pyenv's may, and a real one among pyenv's versions."""
    folder = tmp_path_factory.mktemp("pythons")
    for name in ("python3.13", "python3.12", "python3.11", "python3", "python"):
        write_program(folder / "shims" / name, "exit 127")
    python = Path(sys.base_prefix) / "bin" / "python3"
    write_program(folder / "pyenv" / "versions" / f"{VERSION}.0" / "bin" / "python", f'exec "{python}" "$@"')
    return {"PATH": f"{folder / 'shims'}:/usr/bin:/bin", "PYENV_ROOT": str(folder / "pyenv")}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, shims: dict[str, str]) -> Path:
    project = new_project(tmp_path_factory.mktemp("finished"))
    assert prepare(project, shims).returncode == 0
    return project


def test_a_python_is_believed_only_once_it_has_run(finished: Path) -> None:
    assert version_of(finished) == VERSION


def test_a_finished_venv_is_left_alone(finished: Path, shims: dict[str, str]) -> None:
    (finished / ".venv" / "mark").touch()
    assert (prepare(finished, shims).stderr, (finished / ".venv" / "mark").exists()) == ("", True)


def test_an_interrupted_venv_is_made_anew(project: Path) -> None:
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "python").touch()
    assert "making .venv" in prepare(project, {}).stderr
    assert version_of(project)


def test_where_no_python_runs_it_says_what_to_install(project: Path, shims: dict[str, str]) -> None:
    ended = prepare(project, shims | {"PYENV_ROOT": "/nowhere"})
    assert (ended.returncode, "Python 3.11, 3.12 or 3.13" in ended.stderr) == (1, True)


def new_project(folder: Path) -> Path:
    """A project that needs no packages, in a folder with a space in its name."""
    root = folder / "a project"
    (root / "bin").mkdir(parents=True)
    for name in ("prepare", "environment.py"):
        shutil.copy(ROOT / "bin" / name, root / "bin" / name)
    for name in ("requirements.txt", "requirements-dev.txt"):
        (root / name).touch()
    return root


def write_program(file: Path, line: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)


def prepare(project: Path, more: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = ("bash", str(project / "bin" / "prepare"))
    return subprocess.run(command, env={**os.environ, **more}, capture_output=True, text=True, cwd="/", timeout=120)


def version_of(project: Path) -> str:
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    python = project / ".venv" / "bin" / "python"
    return subprocess.run((python, "-c", program), capture_output=True, text=True, check=True).stdout.strip()
