"""Registered datasets: somebody else's tables and views, read as they are just now, and never written."""

from __future__ import annotations

from io import BytesIO

import pytest
from sqlalchemy import Connection, text

from errors import Conflict, InvalidInput
from store import datasets, registered, sites
from store.columns import StoredColumn
from store.datasets import Bounds
from store.registered import ROLE
from store.rows import rows_of_columns

TABLE = """
CREATE SCHEMA shop;
CREATE TABLE shop."Odd ""name" (
    id integer PRIMARY KEY, "price €" numeric(10, 2), day date, paid boolean, kind varchar(10)
);
INSERT INTO shop."Odd ""name" VALUES
    (2, 2.5, '2024-02-01', true, 'b'), (1, 1.25, '2024-01-01', NULL, 'a'), (3, NULL, NULL, false, 'a');
CREATE VIEW shop.paid AS SELECT id, "price €" FROM shop."Odd ""name" WHERE paid;
"""
NAME = 'Odd "name'


@pytest.fixture
def site_id(connection: Connection) -> int:
    connection.exec_driver_sql(TABLE)
    return sites.create(connection, "shop").id


def test_a_table_is_read_by_its_primary_key_with_its_types(connection: Connection, site_id: int) -> None:
    info = registered.register(connection, site_id, "orders", "shop", NAME)
    assert [(c.name, c.type, c.missing, c.distinct, c.min, c.max) for c in info.columns] == [
        ("id", "number", 0, None, 1.0, 3.0),
        ("price €", "number", 1, None, 1.25, 2.5),
        ("day", "text", 1, 2, None, None),
        ("paid", "boolean", 1, 2, None, None),
        ("kind", "text", 0, 2, None, None),
    ]
    assert datasets.load(connection, info) == {
        "id": [1.0, 2.0, 3.0],
        "price €": [1.25, 2.5, None],
        "day": ["2024-01-01", "2024-02-01", None],
        "paid": [None, True, False],
        "kind": ["a", "b", "a"],
    }
    assert datasets.load(connection, info, after=1, limit=1)["id"] == [2.0]
    csv = BytesIO()
    datasets.write_csv(connection, info, csv, limit=2)
    assert csv.getvalue() == b"1,1.25,2024-01-01,,a\n2,2.5,2024-02-01,true,b\n"


def test_rows_are_ordered_as_the_columns_are_and_not_as_their_texts(connection: Connection, site_id: int) -> None:
    connection.exec_driver_sql("CREATE TABLE shop.versions (id interval PRIMARY KEY)")
    connection.exec_driver_sql("INSERT INTO shop.versions VALUES ('10 days'), ('9 days')")
    info = registered.register(connection, site_id, "versions", "shop", "versions")
    assert datasets.load(connection, info) == {"id": ["9 days", "10 days"]}


def test_it_has_no_fingerprint_and_is_read_as_it_is_now(connection: Connection, site_id: int) -> None:
    info = registered.register(connection, site_id, "orders", "shop", NAME)
    connection.exec_driver_sql('DELETE FROM shop."Odd ""name" WHERE id = 2')
    assert info.fingerprint is None
    assert datasets.load(connection, info)["id"] == [1.0, 3.0]
    assert datasets.counted(connection, info).rows == 2


def test_a_view_needs_an_order(connection: Connection, site_id: int) -> None:
    with pytest.raises(InvalidInput, match="no primary key"):
        registered.register(connection, site_id, "paid", "shop", "paid")
    info = registered.register(connection, site_id, "paid", "shop", "paid", ["price €"])
    assert datasets.load(connection, info) == {"id": [2.0], "price €": [2.5]}


def test_a_view_that_writes_is_stopped(connection: Connection, site_id: int) -> None:
    connection.exec_driver_sql(
        "CREATE FUNCTION shop.note() RETURNS integer LANGUAGE plpgsql AS"
        ' \'BEGIN DELETE FROM shop."Odd ""name"; RETURN 1; END\';'
        "CREATE VIEW shop.trap AS SELECT shop.note() AS n"
    )
    with pytest.raises(Conflict, match="cannot be read"):
        registered.register(connection, site_id, "trap", "shop", "trap", ["n"])
    assert connection.execute(text('SELECT count(*) FROM shop."Odd ""name"')).scalar_one() == 3


def test_it_is_read_as_a_role_that_may_nothing_else(connection: Connection, site_id: int) -> None:
    connection.exec_driver_sql("CREATE VIEW shop.who AS SELECT current_user::text AS reader")
    info = registered.register(connection, site_id, "who", "shop", "who", ["reader"])
    assert info.source is not None
    assert info.source.role == ROLE
    assert datasets.load(connection, info) == {"reader": [ROLE]}
    for right in ("INSERT", "UPDATE", "DELETE"):
        query = text("SELECT has_table_privilege(:role, 'shop.paid', :right)")
        assert connection.execute(query, {"role": ROLE, "right": right}).scalar_one() is False
    assert connection.execute(text("SELECT has_table_privilege(:role, 'keys', 'SELECT')"), {"role": ROLE}).scalar_one() is False
    assert connection.execute(text("SELECT current_user")).scalar_one() != ROLE


OWN = [("public", "keys"), ("public", "procrastinate_jobs"), ("pg_catalog", "pg_authid"), ("site_1", "iris"), ("public", "sites")]


@pytest.mark.parametrize(("schema", "table"), OWN)
def test_what_is_the_servers_own_is_not_registered(connection: Connection, site_id: int, schema: str, table: str) -> None:
    with pytest.raises(InvalidInput, match="the server itself"):
        registered.register(connection, site_id, "d", schema, table, ["id"])


@pytest.mark.parametrize(
    ("schema", "table"), [("shop", "nothing"), ('shop"; DROP SCHEMA shop --', "x"), ("", ""), ("shop", "paid.id")]
)
def test_what_is_not_there_is_told(connection: Connection, site_id: int, schema: str, table: str) -> None:
    with pytest.raises(InvalidInput, match="no such table"):
        registered.register(connection, site_id, "d", schema, table)


def test_a_table_that_changed_or_went_is_a_conflict(connection: Connection, site_id: int) -> None:
    info = registered.register(connection, site_id, "orders", "shop", NAME)
    for change in ('ALTER TABLE shop."Odd ""name" DROP day', 'DROP TABLE shop."Odd ""name" CASCADE'):
        connection.exec_driver_sql(change)
        with pytest.raises(Conflict, match="register it again"):
            datasets.load(connection, info)


def test_only_the_administrator_changes_it(connection: Connection, site_id: int) -> None:
    registered.register(connection, site_id, "orders", "shop", NAME)
    rows = rows_of_columns([StoredColumn("id", "number", [1.0])], 1)
    with pytest.raises(Conflict, match="administrator"):
        datasets.put(connection, site_id, "orders", rows, secret=b"", bounds=Bounds())
    with pytest.raises(Conflict, match="administrator"):
        datasets.append(connection, site_id, "orders", rows, secret=b"", bounds=Bounds())
    with pytest.raises(Conflict, match="administrator"):
        datasets.remove(connection, site_id, "orders")
    assert registered.unregister(connection, site_id, "orders")
    assert datasets.find(connection, site_id, "orders") is None
    assert connection.execute(text('SELECT count(*) FROM shop."Odd ""name"')).scalar_one() == 3


def test_a_stored_dataset_is_not_registered_over(connection: Connection, site_id: int) -> None:
    datasets.save(connection, site_id, "orders", [StoredColumn("x", "number", [1.0])], 1)
    with pytest.raises(Conflict, match="deleted first"):
        registered.register(connection, site_id, "orders", "shop", NAME)
    assert not registered.unregister(connection, site_id, "orders")
