"""The sample datasets as tables."""

from __future__ import annotations

import csv
from functools import cache

from science.limits import Limits
from science.table import Table, table_of_columns
from store.samples import FOLDER, NUMBERS


@cache
def sample(name: str) -> Table:
    names, *rows = csv.reader((FOLDER / f"{name}.csv").read_text().splitlines())
    texts = dict(zip(names, zip(*rows, strict=True), strict=True))
    columns = {each: [_value(text, each in NUMBERS[name]) for text in values] for each, values in texts.items()}
    return table_of_columns(columns, Limits())


def _value(text: str, number: bool) -> object:
    return None if text == "NA" else float(text) if number else text
