"""What the classic article's streaming SQL does to text before a row is scored: mask it, and join with another table."""

from __future__ import annotations

import numpy as np

from errors import InvalidInput
from science.limits import Limits
from science.table import Factor, Numeric, Table, factor_of

MASKS = ("X", "x", "n", "-")  # of an upper-case letter, a lower-case letter, a digit and anything else: KSQL's defaults
STARS = ("*", "*", "*", "*")


def mask_left(text: str, count: int, masks: tuple[str, str, str, str] = MASKS) -> str:
    """Mask the first `count` characters, as KSQL's MASK_LEFT: Hans, 2 gives Xxns."""
    upper, lower, digit, other = masks

    def mask(letter: str) -> str:
        return upper if letter.isupper() else lower if letter.islower() else digit if letter.isdigit() else other

    return "".join(map(mask, text[:count])) + text[count:]


def masked(column: Factor, count: int, masks: tuple[str, str, str, str] = STARS) -> Factor:
    """Mask every text of a column; texts that look alike then are one level."""
    if count < 0:
        raise InvalidInput("count must not be negative", field="count")
    texts = [mask_left(level, count, masks) for level in column.levels]
    return factor_of([texts[code] if code >= 0 else None for code in column.codes.tolist()])


def joined(left: Table, right: Table, on: str, limits: Limits) -> Table:
    """Return the rows of `left` whose `on` is in `right`, with the other columns of `right` beside them: SQL's inner join.

    `on` holds texts in both, and each at most once in `right`. Raises InvalidInput otherwise, or where a name is in both.
    """
    keys = _texts(right, on)
    place = {key: row for row, key in enumerate(keys) if key is not None}
    if len(place) < sum(key is not None for key in keys):
        raise InvalidInput(f"column {on} has a text twice in the table that is joined", field=on)
    both = set(left.names) & set(right.names) - {on}
    if both:
        raise InvalidInput(f"column {min(both)} is in both tables", field=min(both))
    found = np.array([place.get(key, -1) if key is not None else -1 for key in _texts(left, on)], dtype=np.intp)
    rows = np.flatnonzero(found >= 0)
    columns = len(left.names) + len(right.names) - 1
    limits.check("max_cells", len(rows) * columns, f"the joined table has {len(rows)} x {columns} cells")
    beside = {name: column.take(found[rows]) for name, column in right.columns.items() if name != on}
    return Table({**left.take(rows).columns, **beside}, len(rows))


def _texts(table: Table, name: str) -> list[str | None]:
    if name not in table:
        raise InvalidInput(f"there is no column {name}", field=name)
    column = table[name]
    if isinstance(column, Numeric):
        raise InvalidInput(f"column {name} must hold texts to be joined on", field=name)
    return [column.levels[code] if code >= 0 else None for code in column.codes.tolist()]
