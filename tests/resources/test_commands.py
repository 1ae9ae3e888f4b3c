"""The commands of an operator, each run as `flask --app app ...` would run it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import Result
from flask import Flask

from resources.service import EXTENSION
from store import keys, results
from store.engine import reading, writing
from store.sites import ANONYMOUS


def run(application: Flask, *words: str) -> Result:
    return application.test_cli_runner().invoke(args=words)


def new_key(application: Flask, *more: str) -> str:
    return run(application, "keys", "create", "--site", "shop", *more).stdout.strip()


def id_of(application: Flask, text: str) -> int:
    with reading(application.extensions[EXTENSION].engine) as connection:
        key = keys.find(connection, text)
    assert key
    return key.id


def test_a_secret_key_is_made_and_opens_its_site(application: Flask) -> None:
    headers = {"Authorization": f"Bearer {new_key(application)}"}
    assert application.test_client().get("/results", headers=headers).status_code == 200


def test_keys_of_one_site_see_the_same_things(application: Flask) -> None:
    question = {"formula": "y ~ x", "data": {"x": [1, 2, 3], "y": [2, 1, 4]}}
    client = application.test_client()
    first, second = ({"Authorization": f"Bearer {new_key(application)}"} for _ in range(2))
    assert (
        client.post("/regress", json=question, headers=first).json == client.post("/regress", json=question, headers=second).json
    )


@pytest.mark.parametrize("more", [("--kind", "pk"), ("--origin", "https://shop.example")])
def test_a_publishable_key_and_its_origins_come_together(application: Flask, more: tuple[str, ...]) -> None:
    ended = run(application, "keys", "create", "--site", "shop", *more)
    assert (ended.exit_code, "a pk key needs at least one --origin" in ended.output) == (2, True)


def test_what_is_no_origin_is_told(application: Flask) -> None:
    ended = run(application, "keys", "create", "--site", "shop", "--kind", "pk", "--origin", "shop.example")
    assert (ended.exit_code, ended.output.startswith("Error: "), "Traceback" in ended.output) == (1, True, False)


def test_a_list_of_keys_does_not_hold_the_keys(application: Flask) -> None:
    text = new_key(application)
    listed = run(application, "keys", "list", "--site", "shop").stdout
    assert (text in listed, text[-4:] in listed) == (False, True)


def test_a_list_is_of_one_site_when_asked(application: Flask) -> None:
    new_key(application)
    listed = run(application, "keys", "list", "--site", "nobody's").stdout
    assert "shop" not in listed


def test_a_revoked_key_opens_nothing(application: Flask) -> None:
    text = new_key(application)
    run(application, "keys", "revoke", str(id_of(application, text)))
    answer = application.test_client().get("/results", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 401


def test_a_key_is_revoked_once(application: Flask) -> None:
    number = str(id_of(application, new_key(application)))
    assert [run(application, "keys", "revoke", number).exit_code for _ in range(2)] == [0, 1]


def test_expired_results_are_swept(application: Flask) -> None:
    engine = application.extensions[EXTENSION].engine
    with writing(engine) as connection:
        kept = {"site_id": ANONYMOUS, "kind": "regress", "answer": b"{}", "picture": None}
        results.save(connection, id="res_swept", **kept, ttl=timedelta(seconds=-1))
    ended = run(application, "results", "sweep")
    assert (ended.exit_code, ended.stdout.endswith("expired results deleted\n"), ended.stdout[0] != "0") == (0, True, True)


def test_samples_can_be_loaded_again(application: Flask) -> None:
    assert run(application, "samples", "load").exit_code == 0


@pytest.mark.parametrize("shared", ["samples", "anonymous"])
def test_what_is_everybodys_has_no_key(application: Flask, shared: str) -> None:
    assert run(application, "keys", "create", "--site", shared).exit_code == 2
