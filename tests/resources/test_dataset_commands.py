"""`flask --app app datasets register`: a table of the database becomes a dataset of one site, and of no other."""

import pytest

from resources.service import EXTENSION
from store.engine import writing
from tests.resources.conftest import new_site

NUMBERS = iter(range(1, 1000))


@pytest.fixture
def table(application):
    name = f"orders_{next(NUMBERS)}"
    with writing(application.extensions[EXTENSION].engine) as connection:
        connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS shop")
        connection.exec_driver_sql(f"CREATE TABLE shop.{name} (id integer PRIMARY KEY, x float8, y float8)")
        connection.exec_driver_sql(f"INSERT INTO shop.{name} SELECT n, n, 2 * n + n %% 2 FROM generate_series(1, 6) AS n")
    return f"shop.{name}"


@pytest.fixture
def named(application):
    """A site by its name, and a way to ask with its key."""
    with writing(application.extensions[EXTENSION].engine) as connection:
        site = new_site(application)
        name = connection.exec_driver_sql(f"SELECT name FROM sites WHERE id = {site.id}").scalar_one()
    return name, lambda method, path, **given: application.test_client().open(path, method=method, headers=site.headers, **given)


def run(application, *words):
    return application.test_cli_runner().invoke(args=("datasets", *words))


def test_a_registered_table_is_described_read_and_computed_on(application, client, named, table):
    site, ask = named
    ended = run(application, "register", site, "orders", table)
    assert (ended.exit_code, ended.output) == (0, "orders: 6 rows of 3 columns\n")
    told = ask("GET", "/datasets/orders", query_string={"rows": 2}).json
    assert (told["registered"], told["fingerprint"], told["rows"], told["next"]) == (True, None, 6, 2)
    assert told["page"] == [{"id": 1, "x": 1, "y": 3}, {"id": 2, "x": 2, "y": 4}]
    assert ask("GET", "/datasets/orders.csv").text.splitlines()[:2] == ["id,x,y", "1,1,3"]
    assert client.get("/datasets/orders", headers=new_site(application).headers).status_code == 404
    query = {"dataset": "orders", "formula": "y ~ x"}
    before = ask("GET", "/regress", query_string=query).json
    assert ask("GET", "/regress", query_string=query).json["id"] == before["id"]
    with writing(application.extensions[EXTENSION].engine) as connection:
        connection.exec_driver_sql(f"INSERT INTO {table} VALUES (7, 7, 100)")
    after = ask("GET", "/regress", query_string=query).json
    assert (before["nobs"], after["nobs"], before["id"] != after["id"]) == (6, 7, True)


def test_it_cannot_be_changed_over_http(application, named, table):
    site, ask = named
    run(application, "register", site, "orders", table)
    for method, path in (("PUT", "/datasets/orders"), ("POST", "/datasets/orders/rows")):
        refused = ask(method, path, json={"data": {"id": [1], "x": [1], "y": [1]}})
        assert (refused.status_code, "administrator" in refused.json["detail"]) == (409, True), refused.text
    assert ask("DELETE", "/datasets/orders").status_code == 409
    assert run(application, "unregister", site, "orders").exit_code == 0
    assert ask("GET", "/datasets/orders").status_code == 404
    assert run(application, "unregister", site, "orders").exit_code == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nobody", "d", "shop.t"), "no such site"),
        (("{site}", "d", "t"), "schema.table"),
        (("{site}", "d", "public.keys"), "the server itself"),
        (("{site}", "d", "shop.nothing"), "no such table"),
        (("{site}", "1d", "{table}"), "a dataset's name is"),
        (("{site}", "d", "{table}", "--order-by", "z"), "no column z"),
    ],
)
def test_what_cannot_be_registered_is_told(application, named, table, words, told):
    given = [word.format(site=named[0], table=table) for word in words]
    ended = run(application, "register", *given)
    assert ended.exit_code != 0
    assert told in ended.output
    assert "Traceback" not in ended.output
