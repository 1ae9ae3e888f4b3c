"""A question and its tables as bytes that wait with a job: JSON and arrays in one .npz. Nothing is ever unpickled."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import orjson

from science.table import Column, Factor, Numeric, Table

LEVEL = 1  # of compression: most of what can be won, in a tenth of the time


@dataclass(frozen=True)
class Parcel:
    """What is asked, as JSON, and the tables that came with it."""

    asked: dict[str, Any]
    tables: Mapping[str, Table]


def packed(parcel: Parcel) -> bytes:
    """Write a question and its tables: names and levels as JSON, which holds any text, and numbers as arrays."""
    heads = {name: _head(table) for name, table in parcel.tables.items()}
    arrays: dict[str, Any] = {"head": np.frombuffer(orjson.dumps({"asked": parcel.asked, "tables": heads}), dtype=np.uint8)}
    for number, table in enumerate(parcel.tables.values()):
        for place, column in enumerate(table.columns.values()):
            arrays[f"{number}_{place}"] = column.values if isinstance(column, Numeric) else column.codes.astype(np.int32)
    file = BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return zlib.compress(file.getvalue(), LEVEL)


def unpacked(parcel: bytes) -> Parcel:
    """Read a question and its tables again, equal to what they were."""
    with np.load(BytesIO(zlib.decompress(parcel)), allow_pickle=False) as arrays:
        head = orjson.loads(arrays["head"].tobytes())
        tables = {}
        for number, (name, table) in enumerate(head["tables"].items()):
            columns = {
                column["name"]: _column(column, arrays[f"{number}_{place}"]) for place, column in enumerate(table["columns"])
            }
            tables[name] = Table(columns, table["rows"])
    return Parcel(head["asked"], tables)


def _head(table: Table) -> dict[str, Any]:
    columns = [
        {"name": name} if isinstance(column, Numeric) else {"name": name, "levels": column.levels, "ordered": column.ordered}
        for name, column in table.columns.items()
    ]
    return {"rows": table.rows, "columns": columns}


def _column(head: dict[str, Any], values: Any) -> Column:
    if "levels" in head:
        return Factor(values.astype(np.intp), tuple(head["levels"]), head["ordered"])
    values.flags.writeable = False
    return Numeric(values)
