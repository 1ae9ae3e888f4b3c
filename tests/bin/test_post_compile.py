"""`bin/post_compile`: what is never imported goes, and whatever is imported stays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.footprint import copy_packages
from tests.serving import ROOT

IMPORTS = (
    "numpy, numpy.testing, scipy.special, scipy.stats, scipy.linalg, scipy.optimize, scipy.signal, pandas, pandas.testing, "
    "patsy, statsmodels.api, statsmodels.formula.api, matplotlib.figure, matplotlib.backends.backend_svg, "
    "matplotlib.backends.backend_agg, flask, flask_restful, sqlalchemy, alembic.command, psycopg2, psycopg, pydantic, orjson, "
    "procrastinate, gunicorn.app.wsgiapp"
)


def test_tests_headers_and_compiled_files_go(tmp_path: Path) -> None:
    for file in ("tensorflow/include/a.h", "clang/native.so", "scipy/stats/tests/test_a.py", "flask/__pycache__/app.pyc"):
        make(tmp_path / file)
    trim(tmp_path)
    assert files(tmp_path) == []


def test_code_stays_and_so_does_what_only_sounds_like_tests(tmp_path: Path) -> None:
    kept = ["flask/testing.py", "numpy/testing/__init__.py", "pandas/_testing/a.py", "tensorflow/python/a.py", "other/tests/a.py"]
    for file in kept:
        make(tmp_path / file)
    trim(tmp_path)
    assert files(tmp_path) == sorted(kept)


def test_nothing_to_trim_is_no_error(tmp_path: Path) -> None:
    trim(tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("modules", [IMPORTS, "tensorflow"])
def test_what_is_left_can_be_imported(slug: Path, modules: str) -> None:
    program = f"import sys; sys.path.insert(0, {str(slug)!r}); import {modules}"
    subprocess.run((sys.executable, "-I", "-S", "-c", program), check=True, timeout=120)


@pytest.fixture(scope="module")
def slug(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of requirements.txt as Heroku keeps them; nothing else is in reach of the imports."""
    folder = tmp_path_factory.mktemp("slug")
    copy_packages(folder)
    return folder


def trim(folder: Path) -> None:
    subprocess.run((ROOT / "bin" / "post_compile", folder), check=True)


def make(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.touch()


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
