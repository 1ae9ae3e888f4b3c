"""The data field of a request → rows to store: a file of CSV, or a value of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from resources.csv_rows import rows_of_csv
from resources.json_rows import rows_of_json
from resources.service import Service
from store.columns import Type
from store.datasets import DatasetInfo
from store.drift import check_columns, sent_columns
from store.rows import Rows
from store.rules import Rules


@dataclass(frozen=True)
class WantedColumns:
    """What is known of the columns before the data are read."""

    types: Mapping[str, Type]  # the others' are inferred
    written: frozenset[str]  # texts, even where JSON has numbers
    only: frozenset[str] | None  # the others are not kept
    of: DatasetInfo | None  # that is appended to

    @classmethod
    def to_put(cls, rules: Rules) -> WantedColumns:
        return cls(rules.declared, _texts(rules), frozenset(rules.columns) if rules.columns is not None else None, None)

    @classmethod
    def to_append(cls, info: DatasetInfo) -> WantedColumns:
        wanted = cls.to_put(info.rules)
        return cls({column.name: column.type for column in sent_columns(info)}, wanted.written, wanted.only, info)


def rows_of(data: Any, wanted: WantedColumns, service: Service) -> Rows:
    """Check the rows of a request. Raises InvalidInput naming the place, LimitExceeded, MalformedBody."""
    limits, most = service.limits, service.settings.max_dataset_rows
    if hasattr(data, "read"):
        rows = rows_of_csv(data, wanted.types, wanted.only, limits, most)
    else:
        rows = rows_of_json(data, wanted.types, wanted.written, limits, most)
    if wanted.of is not None:
        check_columns(wanted.of, list(rows.types))
    return rows


def _texts(rules: Rules) -> frozenset[str]:
    return frozenset(name for name, type in rules.declared.items() if type == "text")
