"""The size of the slug and the memory of a web dyno, against what Heroku gives: 500 MB compressed, and 512 MB.

    .venv/bin/python -m benchmarks.footprint

The slug: what git tracks without what .slugignore names, the packages of requirements.txt as bin/post_compile leaves them, and
Python. The memory: the Procfile's web line after 100 regressions, the proportional set size of master and two workers.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from config import Settings
from store import embedded, samples
from store.engine import engine_of, writing
from store.migrate import migrate
from tests.heroku.dyno import wait_until, web_dyno
from tests.serving import ROOT

if TYPE_CHECKING:
    from tests.serving import Server

SLUG_GOAL = 400  # MB
MEMORY_GOAL = 300  # MB
FITS = 100
ROWS = 150
MB = 1_000_000  # Heroku counts so
OPEN = {"LAMPLIGHT_PUBLIC": "1", "LAMPLIGHT_RATE_PER_ADDRESS": "1000000"}
STANDARD_LIBRARY_WITHOUT = (
    "site-packages",
    "test",
    "idlelib",
    "turtledemo",
    "config-*",
    "__pycache__",
)  # nor has Heroku's Python


def main() -> None:
    slug = slug_sizes()
    told = [f"{size / MB:8.1f} MB  {part}" for part, size in slug.items()]
    report("Slug, compressed", told, sum(slug.values()) / MB, SLUG_GOAL)
    memory = memory_after_fits()
    told = [f"{size / MB:8.1f} MB  {process}" for process, size in memory.items()]
    report(f"Memory (PSS) of the web dyno after {FITS} fits", told, sum(memory.values()) / MB, MEMORY_GOAL)
    sys.exit(sum(slug.values()) > SLUG_GOAL * MB or sum(memory.values()) > MEMORY_GOAL * MB)


def report(title: str, lines: list[str], total: float, goal: int) -> None:
    print(title, *lines, f"{total:8.1f} MB  in all; the goal is under {goal}: {'met' if total < goal else 'MISSED'}\n", sep="\n")


def slug_sizes() -> dict[str, int]:
    """Compress each part of the slug. Gives its size in bytes."""
    with tempfile.TemporaryDirectory() as name:
        parts = {"the app": Path(name) / "app", "packages": Path(name) / "packages", "Python": Path(name) / "python"}
        copy_app(parts["the app"])
        copy_packages(parts["packages"])
        copy_python(parts["Python"])
        return {part: compressed(folder) for part, folder in parts.items()}


def copy_app(to: Path) -> None:
    tracked = subprocess.run(("git", "ls-files"), cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    left_out = (ROOT / ".slugignore").read_text().split()
    for file in tracked:
        if not any(fnmatch(f"/{file}", pattern) or f"/{file}".startswith(f"{pattern}/") for pattern in left_out):
            copy(ROOT / file, to / file)


def copy_packages(to: Path) -> None:
    """Copy what pip installed for requirements.txt, then trim it as Heroku is told to."""
    installed = Path(sysconfig.get_path("purelib"))
    for name in pinned():
        for file in distribution(name).files or ():
            if not file.is_absolute() and ".." not in file.parts and (installed / file).exists():
                copy(installed / file, to / file)
    subprocess.run((ROOT / "bin" / "post_compile", to), check=True)


def pinned() -> Iterator[str]:
    """The distributions that requirements.txt installs here."""
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        requirement = line.partition("#")[0].strip()
        if requirement and ((parsed := Requirement(requirement)).marker is None or parsed.marker.evaluate()):
            yield parsed.name


def copy_python(to: Path) -> None:
    shutil.copytree(sysconfig.get_path("stdlib"), to / "lib", ignore=shutil.ignore_patterns(*STANDARD_LIBRARY_WITHOUT))
    copy(Path(sys.executable).resolve(), to / "bin" / "python")


def copy(file: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, to)


def compressed(folder: Path) -> int:
    archive = folder.with_suffix(".tar.gz")
    subprocess.run(("tar", "--create", "--gzip", "--file", archive, "--directory", folder, "."), check=True)
    return archive.stat().st_size


def memory_after_fits() -> dict[str, int]:
    """Serve, fit, and read the kernel's account of each process. Gives bytes, shared pages divided among who shares them."""
    with database() as url, web_dyno(url, **OPEN) as server:
        for number in range(FITS):
            ask(server, number)
        wait_until(lambda: len(server.workers()) == 2)
        first, second = server.workers()
        return {"master": pss(server.process.pid), "first worker": pss(first), "second worker": pss(second)}


@contextmanager
def database() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            url = embedded.start(folder)
            engine = engine_of(Settings(database_url=url, secret="s" * 32))
            migrate(engine)
            with writing(engine) as connection:
                samples.load(connection)
            engine.dispose()
            yield url
        finally:
            embedded.stop(folder)


def ask(server: Server, number: int) -> None:
    """Fit a table of which no other is the like, and every tenth time draw the picture."""
    x = list(range(ROWS))
    data = {"x": x, "group": ["abc"[each % 3] for each in x], "y": [0.5 * each + (each * 37 + number) % 101 for each in x]}
    told = server.ask("POST", "/regress", {"formula": "y ~ x + group", "data": data})
    assert told.status == 201, told
    if number % 10 == 0:
        assert server.ask("GET", f"{told.json['url']}.svg").status == 200


def pss(process: int) -> int:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main()
