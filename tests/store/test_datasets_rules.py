"""What is declared of a dataset is done to every row on its way in: choosing, masking, joining, dropping, filling."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from errors import Conflict, InvalidInput, StoreUnavailable
from store import datasets, sites
from store.columns import StoredColumn
from store.datasets import Bounds
from store.engine import reading, writing
from store.masking import joining_key, masked_text
from store.rows import Rows, rows_of_columns
from store.rules import Mask, Rules, type_of
from store.sites import ANONYMOUS

SECRET = b"s" * 32
KSQL = {"left": 2, "upper": "X", "lower": "x", "digit": "n", "other": "-"}


def rows(**columns: list[Any]) -> Rows:
    """Columns of one length; a text's type shows in its first value."""
    stored = [StoredColumn(name, type_of(values[0]), values) for name, values in columns.items()]
    return rows_of_columns(stored, len(stored[0].values))


@pytest.fixture
def site_id(connection: Connection) -> int:
    return sites.create(connection, "cards").id


@pytest.fixture
def keep(connection: Connection, site_id: int) -> Any:
    def put(name: str, given: Rows, **rules: Any) -> dict[str, list[Any]]:
        stored = datasets.put(connection, site_id, name, given, Rules.model_validate(rules), secret=SECRET, bounds=Bounds())
        return datasets.load(connection, stored.info)

    return put


@pytest.fixture
def add(connection: Connection, site_id: int) -> Any:
    def append(name: str, given: Rows) -> dict[str, list[Any]]:
        stored = datasets.append(connection, site_id, name, given, secret=SECRET, bounds=Bounds())
        return datasets.load(connection, stored.info)

    return append


MASKED = [
    # Confluent's documentation of MASK_LEFT: MASK_LEFT("My Test $123", 4) is "Xx-Xest $123"
    ("My Test $123", Mask(left=4, upper="X", lower="x", digit="n", other="-"), "Xx-Xest $123"),
    ("Hans", Mask(left=2, upper="X", lower="x", digit="n", other="-"), "Xxns"),
    ("Hans", Mask(left=2), "**ns"),
    ("Al", Mask(left=9), "**"),
    ("", Mask(left=2), ""),
    ("4711-Ä", Mask(left=6, upper="X", lower="x", digit="n", other="-"), "nnnn-X"),
]


@pytest.mark.parametrize(("clear", "mask", "hidden"), MASKED)
def test_a_text_is_masked(clear: str, mask: Mask, hidden: str) -> None:
    assert masked_text(clear, mask) == hidden


@pytest.mark.parametrize(("mask", "hidden"), [(2, "**ns"), (KSQL, "Xxns")])
def test_masked_texts_never_reach_the_table(
    connection: Connection, site_id: int, keep: Any, add: Any, mask: Any, hidden: str
) -> None:
    assert keep("users", rows(user=["Hans", None]), mask={"user": mask}) == {"user": [hidden, None]}
    assert add("users", rows(user=["Hans"]))["user"] == [hidden, None, hidden]
    stored = connection.execute(text(f"SELECT * FROM site_{site_id}.users")).all()
    assert "Hans" not in repr(stored)
    assert stored[0][2] == stored[2][2] == joining_key(SECRET, site_id)("Hans")
    assert stored[1][2] is None


def test_the_key_of_a_text_is_another_at_another_site_and_with_another_secret() -> None:
    keys = {joining_key(SECRET, 3)("Hans"), joining_key(SECRET, 4)("Hans"), joining_key(b"t" * 32, 3)("Hans")}
    assert len(keys) == 3


def test_a_column_that_is_called_like_a_key_is_kept(keep: Any) -> None:
    given = rows(**{"user": ["Hans"], "user~key": ["mine"]})
    assert keep("users", given, mask={"user": 2}) == {"user": ["**ns"], "user~key": ["mine"]}


def test_missing_values_are_filled_and_rows_without_them_dropped(connection: Connection, keep: Any, add: Any) -> None:
    given = rows(Class=[1.0, None, None], Amount=[5.0, 6.0, None])
    declared: dict[str, Any] = {"fill": {"Class": -1}, "drop_null": ["Amount"]}
    assert keep("p", given, **declared) == {"Class": [1.0, -1.0], "Amount": [5.0, 6.0]}
    assert add("p", given)["Class"] == [1.0, -1.0, 1.0, -1.0]


def test_each_type_can_be_filled(keep: Any) -> None:
    given = rows(x=[1.5, None], g=["a", None], b=[True, None])
    filled = keep("p", given, fill={"x": 0, "g": "it's %s", "b": False})
    assert filled == {"x": [1.5, 0.0], "g": ["a", "it's %s"], "b": [True, False]}


LIKE = [
    ("Premium%", ["Premium", "Premium 1"]),
    ("premium%", []),
    ("_remium", ["Premium"]),
    ("%\\", ["a\\"]),
    ("%1", ["Premium 1"]),
]


@pytest.mark.parametrize(("pattern", "kept"), LIKE)
def test_rows_are_kept_that_are_like_a_pattern(keep: Any, pattern: str, kept: list[str]) -> None:
    given = rows(city=["Premium", "Basic", None, "Premium 1", "a\\"])
    assert keep("p", given, where={"city": {"like": pattern}}) == {"city": kept}


def test_columns_are_chosen_in_the_order_named_and_others_ignored_ever_after(keep: Any, add: Any) -> None:
    given = rows(a=[1.0], b=[2.0], c=[3.0])
    assert list(keep("p", given, columns=["c", "a"]).items()) == [("c", [3.0]), ("a", [1.0])]
    assert add("p", given)["c"] == [3.0, 3.0]


def test_the_other_datasets_columns_are_found_by_a_value_both_have(keep: Any, add: Any) -> None:
    keep("users", rows(user=["Hans", "Anna"], city=["Ulm", "Bonn"], age=[30.0, 40.0]))
    payments = rows(Amount=[1.0, 2.0, 3.0], user=["Anna", "Otto", "Hans"])
    join = {"dataset": "users", "on": "user"}
    assert keep("inner", payments, join=join) == {
        "Amount": [1.0, 3.0],
        "user": ["Anna", "Hans"],
        "city": ["Bonn", "Ulm"],
        "age": [40.0, 30.0],
    }
    left = keep("left", payments, join=join | {"how": "left", "columns": ["city"]}, fill={"city": "?"})
    assert left == {"Amount": [1.0, 2.0, 3.0], "user": ["Anna", "Otto", "Hans"], "city": ["Bonn", "?", "Ulm"]}
    assert add("left", rows(Amount=[4.0], user=["Hans"]))["city"] == ["Bonn", "?", "Ulm", "Ulm"]


def test_masked_columns_are_joined_by_their_keys(keep: Any) -> None:
    keep("users", rows(user=["Hans", "Jens"], city=["Ulm", "Bonn"]), mask={"user": 4})  # both are **** there
    joined = keep("p", rows(user=["Jens", "Hans"]), mask={"user": 2}, join={"dataset": "users", "on": "user"})
    assert joined == {"user": ["**ns", "**ns"], "city": ["Bonn", "Ulm"]}


def test_the_card_payments_are_prepared_as_the_article_does(keep: Any) -> None:
    keep("users", rows(user=["Hans", "Anna"], city=["Premium Ulm", "Basic Bonn"]), mask={"user": 2})
    payments = rows(
        row=[1.0, 2.0, 3.0, 4.0],
        user=["Hans", "Anna", "Hans", "Otto"],
        Amount=[149.62, 2.69, 378.66, 1.0],
        Class=[0.0, 0.0, None, 1.0],
    )
    prepared = keep(
        "payments",
        payments,
        columns=["user", "Amount", "Class"],
        mask={"user": KSQL},
        join={"dataset": "users", "on": "user", "columns": ["city"]},
        where={"city": {"like": "Premium%"}},
        fill={"Class": -1},
    )
    assert prepared == {
        "user": ["Xxns", "Xxns"],
        "Amount": [149.62, 378.66],
        "Class": [0.0, -1.0],
        "city": ["Premium Ulm", "Premium Ulm"],
    }


def test_what_is_joined_is_settled_when_it_is_declared(keep: Any, add: Any) -> None:
    keep("users", rows(user=["Hans"], city=["Ulm"]))
    keep("p", rows(user=["Hans"]), join={"dataset": "users", "on": "user"})
    keep("users", rows(user=["Hans"], city=["Bonn"], age=[30.0]))
    assert add("p", rows(user=["Hans"])) == {"user": ["Hans", "Hans"], "city": ["Ulm", "Bonn"]}


@pytest.mark.parametrize(
    ("before", "now"), [(1.0, "dear"), (1.0, True), ("dear", 1.0), ("dear", True), (True, 1.0), (True, "dear")]
)
def test_a_joined_column_that_became_of_another_type_is_refused(keep: Any, add: Any, before: Any, now: Any) -> None:
    keep("prices", rows(item=["tea"], tax=[7.0], price=[before]))
    orders = {"item": ["tea"], "tax": [7.0], "price": [before]}
    assert keep("orders", rows(item=["tea"]), join={"dataset": "prices", "on": "item"}) == orders
    keep("prices", rows(item=["tea"], tax=[7.0], price=[now]))
    with pytest.raises(InvalidInput, match=r"price is a \w+ in prices now and a \w+ here") as refusal:
        add("orders", rows(item=["tea"]))
    assert refusal.value.faults[0].pointer == "/join/columns/1"
    keep("prices", rows(item=["tea"], tax=[7.0], price=[before]))
    assert add("orders", rows(item=["tea"])) == {name: values * 2 for name, values in orders.items()}


USERS = {"user": ["Hans", "Hans"], "city": ["Ulm", "Bonn"], "age": [1.0, 2.0]}
JOIN = {"on": "user", "how": "left"}
CITY = {"dataset": "users", "on": "user", "columns": ["city"]}
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"types": {"z": "text"}}, "/types/z", "not there"),
    ({"columns": ["z"]}, "/columns/z", "not there"),
    ({"columns": ["x", "x"]}, "/columns/1", "stands twice"),
    ({"mask": {"z": 1}}, "/mask/z", "not there"),
    ({"mask": {"user": 1}, "types": {"user": "number"}}, "/types/user", "only texts are masked"),
    ({"mask": {"user": 1}, "columns": ["x"]}, "/mask/user", "not there"),
    ({"fill": {"z": 1}}, "/fill/z", "not there"),
    ({"fill": {"x": "a"}}, "/fill/x", "holds a number"),
    ({"fill": {"user": True}}, "/fill/user", "holds a text"),
    ({"fill": {"x": 1}, "drop_null": ["x"]}, "/fill/x", "nothing is left to fill"),
    ({"drop_null": ["z"]}, "/drop_null/z", "not there"),
    ({"where": {"x": {"like": "1%"}}}, "/where/x", "like is for texts"),
    ({"where": {"z": {"like": "1%"}}}, "/where/z", "not there"),
    ({"join": {"dataset": "nobody", "on": "user"}}, "/join/dataset", "no other dataset"),
    ({"join": {"dataset": "p", "on": "user"}}, "/join/dataset", "no other dataset"),
    ({"join": {"dataset": "users", "on": "z"}}, "/join/z", "not there"),
    ({"join": {"dataset": "users", "on": "x"}}, "/join/on", "has no column x"),
    ({"join": {"dataset": "users", "on": "user", "columns": ["z"]}}, "/join/columns/0", "has no column z"),
    ({"join": {"dataset": "users", "on": "user", "columns": ["user"]}}, "/join/columns", "a column user already"),
    ({"join": {"dataset": "users", "on": "user"}}, "/join/columns", "a column age already"),
    ({"join": CITY}, "/join/on", "each value there once"),
    ({"join": CITY | {"on": "age"}}, "/join/on", "one type in both"),
    ({"join": CITY, "mask": {"user": 2}}, "/join/on", "mask it in both"),
]


@pytest.mark.parametrize(("rules", "pointer", "told"), REFUSED)
def test_a_rule_that_does_not_fit_is_named(keep: Any, rules: dict[str, Any], pointer: str, told: str) -> None:
    keep("users", rows(**USERS))
    keep("p", rows(x=[1.0]))
    with pytest.raises(InvalidInput, match=told) as refusal:
        keep("p", rows(user=["Hans"], x=[1.0], age=["30"]), **rules)
    assert refusal.value.faults[0].pointer == pointer


def test_a_site_joins_neither_another_sites_data_nor_reads_its_keys(connection: Connection, keep: Any) -> None:
    theirs = sites.create(connection, "theirs").id
    datasets.save(connection, theirs, "secret", [StoredColumn("user", "text", ["Hans"])], 1)
    with pytest.raises(InvalidInput, match="no other dataset"):
        keep("p", rows(user=["Hans"]), join={"dataset": "secret", "on": "user"})


def remove_users(connection: Connection) -> None:
    assert datasets.remove(connection, ANONYMOUS, "users")


def replace_users(connection: Connection, **columns: list[Any]) -> None:
    given = rows(**(columns or {"user": ["Hans"], "city": ["Bonn"]}))
    datasets.put(connection, ANONYMOUS, "users", given, secret=SECRET, bounds=Bounds())


def put_joined(connection: Connection) -> None:
    joining = Rules.model_validate({"join": CITY})
    datasets.put(connection, ANONYMOUS, "p", rows(user=["Hans"]), joining, secret=SECRET, bounds=Bounds())


def append_joined(connection: Connection) -> None:
    datasets.append(connection, ANONYMOUS, "p", rows(user=["Hans"]), secret=SECRET, bounds=Bounds())


def wait_until_one_waits(engine: Engine) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(1000):
        with reading(engine) as connection:
            if connection.execute(waiting).scalar():
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def joined_while(engine: Engine, change: Any, join: Any) -> Future[None]:
    """Change the dataset users in a transaction, and join it in another one that waits for the end of the first."""

    def joined() -> None:
        with writing(engine) as connection:
            join(connection)

    with writing(engine) as connection:
        replace_users(connection, user=["Hans"], city=["Ulm"])
        put_joined(connection)
    with ThreadPoolExecutor(1) as threads, writing(engine) as connection:
        change(connection)
        told = threads.submit(joined)
        wait_until_one_waits(engine)
    return told


CHANGES = {
    "removed": remove_users,
    "another column": partial(replace_users, user=["Hans"], town=["Bonn"]),
    "another type": partial(replace_users, user=["Hans"], city=[1.0]),
    "another key": partial(replace_users, name=["Hans"], city=["Bonn"]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("join", [put_joined, append_joined])
def test_what_is_replaced_or_removed_while_it_is_joined_is_a_conflict(engine: Engine, change: Any, join: Any) -> None:
    with pytest.raises(Conflict, match="users was replaced or removed while it was being joined"):
        joined_while(engine, change, join).result()
    with reading(engine) as connection:
        kept = datasets.find(connection, ANONYMOUS, "p")
        assert kept is not None
        assert datasets.load(connection, kept) == {"user": ["Hans"], "city": ["Ulm"]}


def test_what_is_replaced_by_the_same_columns_while_it_is_joined_is_joined_as_it_is_then(engine: Engine) -> None:
    joined_while(engine, replace_users, append_joined).result()
    with reading(engine) as connection:
        kept = datasets.find(connection, ANONYMOUS, "p")
        assert kept is not None
        assert datasets.load(connection, kept) == {"user": ["Hans", "Hans"], "city": ["Ulm", "Bonn"]}


def test_two_datasets_that_are_joined_with_each_other_at_once_are_put_or_refused_for_now(engine: Engine) -> None:
    given = {name: rows(user=["Hans"], **{name: [1.0]}) for name in ("a", "b")}

    def put(name: str, **rules: Any) -> str:
        try:
            with writing(engine) as connection:
                made = Rules.model_validate(rules)
                datasets.put(connection, ANONYMOUS, name, given[name], made, secret=SECRET, bounds=Bounds())
        except StoreUnavailable:
            return "not now"
        return "put"

    put("a")
    put("b")
    with ThreadPoolExecutor(2) as threads:
        for _ in range(5):
            others = {"a": "b", "b": "a"}
            joins = {one: JOIN | {"dataset": other, "columns": [other]} for one, other in others.items()}
            told = [threads.submit(put, one, join=join) for one, join in joins.items()]
            assert {each.result() for each in told} <= {"put", "not now"}
            assert put("a") == put("b") == "put"
