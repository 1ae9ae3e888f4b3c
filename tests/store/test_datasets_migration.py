"""Datasets of the first schema, which had no numbered rows, are read in their order afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from store import datasets, migrate
from store.columns import StoredColumn
from store.datasets import Bounds
from store.engine import engine_of, writing
from store.rows import rows_of_columns
from store.sites import SAMPLES
from tests.conftest import administer, database, settings_for

NAME = "lamplight_first_schema"
FIRST = """
CREATE TABLE site_1."old-data" (x double precision, "row" text);
INSERT INTO site_1."old-data" SELECT n, 'row ' || n FROM generate_series(5, 1, -1) AS n;
INSERT INTO datasets (site_id, name, rows, columns, fingerprint) VALUES (1, 'old-data', 5, '[
    {"name": "x", "type": "number", "physical": "x", "missing": 0, "distinct": null, "min": 1, "max": 5},
    {"name": "row", "type": "text", "physical": "row", "missing": 0, "distinct": 5, "min": null, "max": null}]', 'f');
"""


@pytest.fixture
def old_engine(postgres: str) -> Iterator[Engine]:
    administer(postgres, f"CREATE DATABASE {NAME}")
    engine = engine_of(settings_for(database(postgres, NAME)))
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).with_name("migrations")))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(FIRST)
    yield engine
    engine.dispose()
    administer(postgres, f"DROP DATABASE {NAME} WITH (FORCE)")


def test_rows_are_numbered_as_they_were_read(old_engine: Engine) -> None:
    migrate.migrate(old_engine)
    with writing(old_engine) as connection:
        info = datasets.find(connection, SAMPLES, "old-data")
        assert info is not None
        assert datasets.load(connection, info)["x"] == [5.0, 4.0, 3.0, 2.0, 1.0]
        more = rows_of_columns([StoredColumn("x", "number", [0.0]), StoredColumn("row", "text", ["last"])], 1)
        appended = datasets.append(connection, SAMPLES, "old-data", more, secret=b"s", bounds=Bounds()).info
        assert datasets.load(connection, appended)["row"] == [*(f"row {n}" for n in (5, 4, 3, 2, 1)), "last"]
