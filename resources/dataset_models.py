"""What requests about datasets say, and what is told of one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from resources.tables import TableInput
from store.datasets import DatasetInfo
from store.rules import Rules
from store.sites import SAMPLES

MOST_ROWS = 1000  # on one page

Cell = float | str | bool | None


class PutRequest(Rules):
    """Rows to store, and what is done to them and to all that are appended."""

    data: TableInput

    @property
    def rules(self) -> Rules:
        return Rules.model_construct(**{name: getattr(self, name) for name in Rules.model_fields})


class AppendRequest(BaseModel):
    """Rows to add, with the columns of those that are there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: TableInput


class RowsQuery(BaseModel):
    """Which rows to show beside the summary."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: Annotated[int | None, Field(ge=0, le=MOST_ROWS, description="Give so many rows, too.")] = None
    after: Annotated[int, Field(ge=0, le=10**15, description="`next` of the page before.")] = 0


class NoQuery(BaseModel):
    """Nothing may stand in the query string."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatasetColumn(BaseModel):
    """A column and what is in it: the range of numbers, the number of different texts (null where it was not counted yet)."""

    name: str
    type: Literal["number", "text", "boolean"]
    missing: int
    distinct: int | None = None
    min: float | None = None
    max: float | None = None


class Dataset(BaseModel):
    """Stored data. `sample` ones come with the server and are everybody's; `registered` ones are tables of somebody else."""

    name: str
    rows: int
    columns: list[DatasetColumn]
    sample: bool
    registered: bool
    fingerprint: str | None
    created_at: datetime
    updated_at: datetime
    rules: Rules | None


class DatasetList(BaseModel):
    datasets: list[Dataset]


class DatasetPage(Dataset):
    """A dataset, with a page of its rows when they are asked for; `next` is null where they end."""

    page: list[dict[str, Cell]]
    next: int | None


class Kept(Dataset):
    """A dataset after rows were stored: how many were sent, and how many of them the rules let in."""

    rows_sent: int
    rows_added: int


def told(info: DatasetInfo) -> dict[str, object]:
    """Write a dataset as its model says."""
    return {
        "name": info.name,
        "rows": info.rows,
        "columns": [{name: getattr(column, name) for name in DatasetColumn.model_fields} for column in info.columns],
        "sample": info.site_id == SAMPLES,
        "registered": info.source is not None,
        "fingerprint": info.fingerprint,
        "created_at": info.created_at,
        "updated_at": info.updated_at,
        "rules": info.rules.told(),
    }
