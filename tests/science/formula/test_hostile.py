"""Every hostile text is refused as invalid input, or is harmless, at once and without touching anything outside."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from errors import FormulaError, InvalidInput, LimitExceeded
from science.design import build
from science.limits import Limits
from science.table import Factor, Numeric, Table
from tests.science.formula.hostile import HOSTILE

ROOT = Path(__file__).parents[3]
LIMITS = Limits()
QUIET = 1.3e-3  # seconds that slowness() counts in where 5 ms was measured


def wide_table() -> Table:
    """900 columns, so that `.^5` is a bomb, with x, y and the factor g among them."""
    rng = np.random.default_rng(0)
    columns = {name: Numeric(rng.random(60)) for name in ("y", "x", *(f"c{i}" for i in range(897)))}
    return Table({**columns, "g": Factor(np.arange(60) % 3, ("a", "b", "c"))}, 60)


TABLE = wide_table()


def refusal(text: str) -> InvalidInput | None:
    """None is a design that is harmless; anything but InvalidInput is a failure."""
    try:
        build(text, TABLE, LIMITS)
    except InvalidInput as error:
        return error
    return None


def seconds_to_refuse(text: str) -> float:
    """The best of two; 0 for what is computed, be it refused for its values in the end."""
    started = time.thread_time()
    first = refusal(text)
    taken = time.thread_time() - started
    if not isinstance(first, FormulaError | LimitExceeded):
        return 0.0
    started = time.thread_time()
    refusal(text)
    return min(taken, time.thread_time() - started)


def test_there_are_many_hostile_texts() -> None:
    assert len(HOSTILE) > 2000


def slowness() -> float:
    """How many times slower than when it has a whole core to itself does this machine run Python just now?"""
    started = time.thread_time()
    sum(number * number for number in range(20_000))
    return max(1.0, (time.thread_time() - started) / QUIET)


def is_slow(text: str) -> bool:
    return seconds_to_refuse(text) > 5e-3 * slowness()


def test_every_hostile_text_is_refused_or_harmless_and_quickly() -> None:
    slow = [text for text in HOSTILE if is_slow(text)]
    assert [text for text in slow if all(is_slow(text) for _ in range(20))] == []


@pytest.fixture(scope="module")
def refusals() -> list[InvalidInput]:
    return [error for text in HOSTILE if (error := refusal(text)) is not None]


def test_most_hostile_texts_are_refused(refusals: list[InvalidInput]) -> None:
    assert len(refusals) > 0.9 * len(HOSTILE)


def test_no_refusal_carries_a_control_character(refusals: list[InvalidInput]) -> None:
    controls = {chr(code) for code in range(32)} - set("\n\t\r\v\f")
    assert [error.detail for error in refusals if controls & set(error.detail)] == []


WATCHED = """
import sys
from tests.science.formula.test_hostile import HOSTILE, LIMITS, TABLE
from science.design import build
from errors import InvalidInput

def attempt(text):
    try:
        design = build(text, TABLE, LIMITS)
    except InvalidInput:
        return
    design.recipe.matrix(TABLE, LIMITS)

for text in ("y ~ x", "y ~ bs(x, 4) + log(zz)", "y ~ poly(x, 2) * C(g, sum) + cut(x, 3)"):
    attempt(text)  # whatever NumPy imports at its first use

FORBIDDEN = ("exec", "compile", "import", "open", "os.", "subprocess.", "socket.", "shutil.", "ctypes.", "marshal.", "pickle.")
seen = []
def watch(event, arguments):
    if event.startswith(FORBIDDEN):
        seen.append(event)
sys.addaudithook(watch)
for text in HOSTILE:
    attempt(text)
found = sorted(set(seen))
open(sys.executable, "rb").close()
print(len(HOSTILE), found, "open" in seen)
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[Path]]:
    """Build every hostile text in an empty folder under an audit hook."""
    folder = tmp_path_factory.mktemp("watched")
    command = [sys.executable, "-B", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{WATCHED}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout.strip() + done.stderr, list(folder.iterdir())


def test_nothing_is_executed_imported_or_opened(watched: tuple[str, list[Path]]) -> None:
    assert watched[0] == f"{len(HOSTILE)} [] True"


def test_nothing_is_written(watched: tuple[str, list[Path]]) -> None:
    assert watched[1] == []
