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
from science.table import Table


@dataclass
class Frame:
    """`learning` fills states; otherwise they are read. text is the formula that the nodes' positions point into."""

    table: Table
    text: str
    limits: Limits
    functions: Mapping[str, Callable[[Call, Frame], Value]]
    learning: bool = True
    states: dict[str, State] = field(default_factory=dict)

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
    near = get_close_matches(name.text, frame.table.names, n=3)
    folded = [column for column in frame.table.names if column.casefold() == name.text.casefold()]
    suggestions = list(dict.fromkeys(folded + near))
    hint = (
        f"did you mean {' or '.join(map(quoted_name, suggestions))}?"
        if suggestions
        else f"there are {listed(map(quoted_name, frame.table.names))}"
    )
    if not frame.learning:
        return InvalidInput(f"the rows to predict need the column {quoted_name(name.text)}; {hint}", field="predict")
    return frame.error(f"the data has no column {quoted_name(name.text)}; {hint}", name)


def listed(words: Iterable[str], most: int = 20) -> str:
    """List columns or levels for a message: at most `most` of them."""
    words = list(words)
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")
