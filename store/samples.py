"""The sample datasets: iris and the like, readable by every site. `python -m store.samples` loads them."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from config import Settings
from store import datasets
from store.columns import StoredColumn, Type
from store.engine import engine_of, writing
from store.sites import SAMPLES

FOLDER = Path(__file__).with_name("samples")
NUMBERS: Mapping[str, tuple[str, ...]] = {
    "AirPassengers": ("t", "y"),
    "ChickWeight": ("weight", "Time"),
    "Longley": ("y", "x1", "x2", "x3", "x4", "x5", "x6"),
    "Nile": ("t", "y"),
    "ToothGrowth": ("len", "dose"),
    "airquality": ("Ozone", "Solar.R", "Wind", "Temp", "Month", "Day"),
    "co2": ("t", "y"),
    "iris": ("Sepal_Length", "Sepal_Width", "Petal_Length", "Petal_Width"),
    "mtcars": ("mpg", "cyl", "disp", "hp", "drat", "wt", "qsec", "vs", "am", "gear", "carb"),
    "payments": ("Time", *(f"V{number}" for number in range(1, 29)), "Amount", "Class", "weight"),
    "sleepstudy": ("Reaction", "Days"),
    "warpbreaks": ("breaks",),
}  # the columns that hold numbers; the others are text, as Subject of sleepstudy is


def load(connection: Connection) -> None:
    """Store the samples that are missing or have changed. Needs a transaction."""
    present = {info.name: info.fingerprint for info in datasets.list_(connection, SAMPLES)}
    for name, numbers in NUMBERS.items():
        content = (FOLDER / f"{name}.csv").read_bytes()
        fingerprint = hashlib.sha256(repr(numbers).encode() + content).hexdigest()
        if present.get(name) != fingerprint:
            columns = _columns(content.decode(), numbers)
            datasets.save(connection, SAMPLES, name, columns, len(columns[0].values), fingerprint=fingerprint)


def main() -> None:
    engine = engine_of(Settings.from_env(os.environ))
    with writing(engine) as connection:
        load(connection)
    engine.dispose()


def _columns(content: str, numbers: tuple[str, ...]) -> list[StoredColumn]:
    names, *rows = csv.reader(content.splitlines())
    return [_column(name, values, name in numbers) for name, values in zip(names, zip(*rows, strict=True), strict=True)]


def _column(name: str, texts: tuple[str, ...], number: bool) -> StoredColumn:
    read: Any = float if number else str
    type: Type = "number" if number else "text"
    return StoredColumn(name, type, [None if text == "NA" else read(text) for text in texts])


if __name__ == "__main__":
    main()
