"""The arrows of docs/ARCHITECTURE.md, read from the code: who imports whom, and what stays out of the web process."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ARROWS = {
    "app": {"config", "errors", "resources", "store"},
    "resources": {"config", "errors", "logs", "kinds", "science", "store", "plots", "jobs.queue"},
    "jobs": {"config", "errors", "logs", "kinds", "science", "store"},
    "kinds": {"errors", "science"},
    "plots": {"errors"},
    "store": {"config", "errors"},
    "science": {"errors"},
    "config": {"errors"},
    "errors": set(),
    "logs": set(),
}
HOMES = {  # a library → the only parts of the house that may import it
    "flask": {"app", "resources"},
    "flask_restful": {"resources"},
    "werkzeug": {"resources"},
    "sqlalchemy": {"app", "store", "jobs"},
    "psycopg2": {"store"},
    "procrastinate": {"jobs", "store"},
    "matplotlib": {"plots"},
    "tensorflow": {"science"},
    "keras": {"science"},
    "statsmodels": {"science"},
}
PURE = {"errors", "numpy", "scipy", "science"}  # what science imports besides the standard library
FORBIDDEN = {"patsy", "formulaic", "pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
LATE = {"matplotlib", "tensorflow", "keras", "statsmodels"}  # imported inside a function, with the reason beside it


@dataclass(frozen=True)
class Import:
    file: Path
    line: int
    module: str  # dotted, as written
    late: bool  # inside a function

    @property
    def part(self) -> str:
        return part_of(self.file)

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.module}"


def part_of(file: Path) -> str:
    """The part of the house a file belongs to: its top folder, or its own name."""
    return file.relative_to(ROOT).parts[0].removesuffix(".py")


def sources() -> list[Path]:
    found = [path for part in ARROWS for path in (ROOT / f"{part}.py", *(ROOT / part).rglob("*.py"))]
    return sorted(path for path in found if path.exists())


class Reader(ast.NodeVisitor):
    """Gather the imports of one file. An import for the type checker alone never runs, and is no arrow."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.depth = 0
        self.found: list[Import] = []

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815  named by ast

    def visit_If(self, node: ast.If) -> None:
        if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            self._add(node, name.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        assert node.level == 0, f"{self.file}:{node.lineno} is a relative import"
        for name in node.names:
            self._add(node, f"{node.module}.{name.name}")

    def _add(self, node: ast.stmt, module: str) -> None:
        self.found.append(Import(self.file, node.lineno, module, late=self.depth > 0))


def imports() -> Iterator[Import]:
    for file in sources():
        reader = Reader(file)
        reader.visit(ast.parse(file.read_text()))
        yield from reader.found


IMPORTS = list(imports())


def breaking(rule: object) -> list[str]:
    return [str(each) for each in IMPORTS if rule(each)]  # type: ignore[operator]


def test_a_part_imports_only_to_the_right() -> None:
    def wrong(each: Import) -> bool:
        allowed = ARROWS[each.part] | {each.part}
        return each.top in ARROWS and not any(f"{each.module}.".startswith(f"{to}.") for to in allowed)

    assert breaking(wrong) == []


@pytest.mark.parametrize("library", sorted(HOMES))
def test_a_library_is_imported_only_at_home(library: str) -> None:
    assert breaking(lambda each: each.top == library and each.part not in HOMES[library]) == []


def test_science_imports_numpy_scipy_and_nothing_else() -> None:
    def wrong(each: Import) -> bool:
        return each.part == "science" and each.top not in PURE | LATE | sys.stdlib_module_names

    assert breaking(wrong) == []


def test_what_is_heavy_is_imported_late() -> None:
    assert breaking(lambda each: each.top in LATE and not each.late and part_of(each.file) != "plots") == []


def test_nothing_imports_what_runs_the_text_it_reads() -> None:
    assert breaking(lambda each: each.top in FORBIDDEN) == []


def test_nothing_runs_text_as_code() -> None:
    calls = [
        f"{file.relative_to(ROOT)}:{node.lineno} calls {node.func.id}"
        for file in sources()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS
    ]
    assert calls == []


@pytest.mark.parametrize("library", ["tensorflow", "keras", "statsmodels"])
def test_nothing_the_web_process_can_reach_imports_what_is_for_jobs_not_even_late(library: str) -> None:
    reached = files_reached_from(ROOT / "app.py")
    assert breaking(lambda each: each.file in reached and each.top == library) == []


@pytest.mark.parametrize("heavy", ["tensorflow", "keras", "matplotlib", "pandas", "statsmodels"])
def test_the_web_process_starts_without(loaded: set[str], heavy: str) -> None:
    assert heavy not in loaded


def test_the_rule_book_is_the_one_in_the_documents() -> None:
    """The arrows above are those that docs/ARCHITECTURE.md shows."""
    lines = (ROOT / "docs" / "ARCHITECTURE.md").read_text().splitlines()
    shown = {line.split()[0]: set(line.split("→")[1].split()) for line in lines if line.startswith("    ") and " → " in line}
    arrows = {part: reached for part, reached in shown.items() if part in ARROWS}
    assert arrows == {part: reached for part, reached in ARROWS.items() if part not in ("config", "errors", "logs")}


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The libraries in memory once the application is imported and made. No database is needed for that."""
    program = (
        "import app, config, sys\n"
        "app.create_app(config.Settings(secret='s' * 32, database_url='postgresql://nobody@127.0.0.1:1/none'))\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    ended = subprocess.run((sys.executable, "-c", program), cwd=ROOT, capture_output=True, text=True, check=True)
    return set(ended.stdout.split())


def files_reached_from(start: Path) -> set[Path]:
    reached: set[Path] = set()
    waiting = {start}
    while waiting:
        file = waiting.pop()
        reached.add(file)
        waiting |= {to for each in IMPORTS if each.file == file for to in files_of(each.module)} - reached
    return reached


def files_of(module: str) -> set[Path]:
    """The files that importing `a.b.c` may run: a/__init__.py, a/b.py, a/b/c.py and the like."""
    parts = module.split(".")
    stems = [ROOT.joinpath(*parts[: i + 1]) for i in range(len(parts))]
    candidates = {path for stem in stems for path in (stem.with_suffix(".py"), stem / "__init__.py")}
    return {path for path in candidates if path.exists()}
