"""Where an expression is evaluated: the table, what was learned from it, and how an error is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from errors import FormulaError, InvalidInput
from science.design.state import State
from science.design.values import Value
from science.formula.spelling import quoted_name
from science.formula.tree import Call, Name, Node
from science.limits import Limits
from science.notice import Notice
from science.table import Table

LONGEST_COMPARED, MOST_COMPARED = 40, 100  # of column names when a misspelt one is looked for: under 5 ms


@dataclass
class Frame:
    """`learning` fills states; otherwise they are read. text is the formula that the nodes' positions point into."""

    table: Table
    text: str
    limits: Limits
    functions: Mapping[str, Callable[[Call, Frame], Value]]
    learning: bool = True
    states: dict[str, State] = field(default_factory=dict)
    warnings: list[Notice] = field(default_factory=list)

    def key(self, node: Node) -> str:
        """Name a node by its own text: what was learned for it is found again under this name."""
        return self.text[node.start : node.end]

    def error(self, reason: str, node: Node) -> InvalidInput:
        """Something is wrong with the formula itself."""
        return FormulaError(reason, formula=self.text, position=node.start, field=self.field)

    def data_error(self, reason: str) -> InvalidInput:
        """Something is wrong with the data for this formula."""
        return InvalidInput(reason, field=self.field)

    @property
    def field(self) -> str:
        return "formula" if self.learning else "predict"


def unknown_column(name: Name, frame: Frame) -> InvalidInput:
    """Say that there is no such column, naming the nearest or the available ones."""
    suggestions = _near(name.text, frame.table.names)
    hint = f"did you mean {' or '.join(map(quoted_name, suggestions))}?" if suggestions else f"there are {_all_of(frame.table)}"
    if not frame.learning:
        return InvalidInput(f"the rows to predict need the column {quoted_name(name.text)}; {hint}", field="predict")
    return frame.error(f"the data has no column {quoted_name(name.text)}; {hint}", name)


def _near(name: str, columns: Iterable[str]) -> list[str]:
    """Find columns spelled much like a name. Comparing is quadratic in the lengths, so few and short ones are compared."""
    folded = name.casefold()
    if len(folded) > LONGEST_COMPARED:
        return []
    alike = [column for column in columns if column.casefold()[:1] == folded[:1] or column.casefold()[-1:] == folded[-1:]]
    compared = {column.casefold(): column for column in alike if len(column) <= LONGEST_COMPARED}
    return [compared[near] for near in get_close_matches(folded, list(compared)[:MOST_COMPARED], n=3)]


def _all_of(table: Table) -> str:
    return listed(map(quoted_name, table.names))


def listed(words: Iterable[str], most: int = 20) -> str:
    """List columns or levels for a message: at most `most` of them."""
    words = list(words)
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")
