"""Results: one answer per id, for as long as asked, listed in stable pages."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, text

from errors import InvalidInput
from store import keys, results, sites
from store.engine import reading, writing, writing_once
from store.sites import ANONYMOUS, SAMPLES

ANSWER = b'{"b": 1.10, "a": [0.1000000000000000055511151231257827, null]}'
HOUR = timedelta(hours=1)


def save(
    connection: Connection,
    id: str,
    *,
    site_id: int = ANONYMOUS,
    kind: str = "regress",
    answer: bytes = ANSWER,
    picture: bytes | None = None,
    ttl: timedelta | None = None,
) -> None:
    results.save(connection, id=id, site_id=site_id, kind=kind, answer=answer, picture=picture, ttl=ttl)


def expire(connection: Connection, id: str) -> None:
    connection.execute(text("UPDATE results SET expires_at = now() - interval '1 s' WHERE id = :id"), {"id": id})


def ids_of_all_pages(connection: Connection, limit: int) -> list[str]:
    ids: list[str] = []
    page = results.page(connection, ANONYMOUS, limit=limit)
    while True:
        ids += [item.id for item in page.items]
        if page.next is None:
            return ids
        page = results.page(connection, ANONYMOUS, limit=limit, before=page.next)


def test_an_answer_comes_back_byte_for_byte(connection: Connection) -> None:
    save(connection, "res_1")
    found = results.answer_of(connection, ANONYMOUS, "res_1")
    assert found is not None
    assert found.text == ANSWER


def test_a_result_comes_back_whole(connection: Connection) -> None:
    save(connection, "res_1", kind="regress", picture=b'{"x": "\\u00e9\xc3\xa9%s"}', ttl=HOUR)
    found = results.find(connection, ANONYMOUS, "res_1")
    assert found is not None
    assert (found.id, found.site_id, found.kind, found.answer) == ("res_1", ANONYMOUS, "regress", ANSWER)
    assert found.picture == b'{"x": "\\u00e9\xc3\xa9%s"}'
    assert found.expires_at == found.created_at + HOUR


def test_a_missing_result_is_none(connection: Connection) -> None:
    assert results.find(connection, ANONYMOUS, "res_1") is None


@pytest.mark.parametrize("id", ["", "\x00", "res_\x00", "res_1'; DROP TABLE results --", "é", "x" * 10_000, "\ud800", "%s"])
def test_an_id_that_cannot_be_is_missing(connection: Connection, id: str) -> None:
    assert results.find(connection, ANONYMOUS, id) is None
    assert results.answer_of(connection, ANONYMOUS, id) is None
    assert not results.remove(connection, ANONYMOUS, id)


def test_two_sites_with_one_id_have_two_answers(connection: Connection) -> None:
    save(connection, "res_1", answer=b"1")
    save(connection, "res_1", site_id=SAMPLES, answer=b"2")
    assert [results.find(connection, site, "res_1").answer for site in (ANONYMOUS, SAMPLES)] == [b"1", b"2"]  # type: ignore[union-attr]


def test_another_sites_result_is_missing(connection: Connection) -> None:
    save(connection, "res_1")
    assert results.find(connection, SAMPLES, "res_1") is None


def test_another_sites_result_is_not_removed(connection: Connection) -> None:
    save(connection, "res_1")
    assert not results.remove(connection, SAMPLES, "res_1")
    assert results.answer_of(connection, ANONYMOUS, "res_1") is not None


def test_another_sites_result_is_not_listed(connection: Connection) -> None:
    save(connection, "res_1")
    assert results.page(connection, SAMPLES, limit=10).items == []


def test_a_removed_result_is_missing(connection: Connection) -> None:
    save(connection, "res_1")
    assert results.remove(connection, ANONYMOUS, "res_1")
    assert results.answer_of(connection, ANONYMOUS, "res_1") is None


def test_an_expired_result_is_missing_everywhere(connection: Connection) -> None:
    save(connection, "res_1", ttl=HOUR)
    expire(connection, "res_1")
    assert results.find(connection, ANONYMOUS, "res_1") is None
    assert results.answer_of(connection, ANONYMOUS, "res_1") is None
    assert results.page(connection, ANONYMOUS, limit=10).items == []
    assert not results.remove(connection, ANONYMOUS, "res_1")


def test_an_expired_result_saved_again_is_new(engine: Engine) -> None:
    with writing_once(engine) as connection:
        save(connection, "res_1", answer=b"1", ttl=HOUR)
        before = results.find(connection, ANONYMOUS, "res_1")
        expire(connection, "res_1")
        save(connection, "res_1", answer=b"2", ttl=HOUR)
        after = results.find(connection, ANONYMOUS, "res_1")
    assert before is not None
    assert after is not None
    assert after.answer == b"2"
    assert after.created_at > before.created_at


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [(HOUR, 2 * HOUR, 2 * HOUR), (2 * HOUR, HOUR, 2 * HOUR), (HOUR, None, None), (None, HOUR, None), (None, None, None)],
)
def test_a_result_asked_again_is_kept_for_the_longer_time(
    connection: Connection, first: timedelta | None, second: timedelta | None, kept: timedelta | None
) -> None:
    save(connection, "res_1", ttl=first)
    save(connection, "res_2", ttl=first)
    save(connection, "res_1", ttl=second)
    results.keep(connection, ANONYMOUS, "res_2", second)
    for id in ("res_1", "res_2"):
        found = results.find(connection, ANONYMOUS, id)
        assert found is not None
        assert found.expires_at == (kept and found.created_at + kept)


def test_forty_threads_saving_one_id_leave_one_row(engine: Engine) -> None:
    def save_once(_: int) -> None:
        with writing_once(engine) as connection:
            save(connection, "res_1")

    with ThreadPoolExecutor(5) as threads:
        list(threads.map(save_once, range(40)))
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM results")).scalar_one() == 1


def test_a_statement_by_itself_is_committed(engine: Engine) -> None:
    with writing_once(engine) as connection:
        save(connection, "res_1")
        with reading(engine) as another:
            assert results.answer_of(another, ANONYMOUS, "res_1") is not None


def test_pages_are_newest_first(engine: Engine) -> None:
    with writing_once(engine) as connection:
        for number in range(3):
            save(connection, f"res_{number}")
        page = results.page(connection, ANONYMOUS, limit=2)
    assert [item.id for item in page.items] == ["res_2", "res_1"]


def test_pages_hold_every_result_once_even_when_all_are_of_one_moment(connection: Connection) -> None:
    for number in range(7):
        save(connection, f"res_{number}")  # one transaction: now() stands still
    assert sorted(ids_of_all_pages(connection, 3)) == [f"res_{number}" for number in range(7)]


def test_results_that_come_and_go_shift_no_page(engine: Engine) -> None:
    with writing_once(engine) as connection:
        for number in range(6):
            save(connection, f"res_{number}")
        first = results.page(connection, ANONYMOUS, limit=3)
        save(connection, "res_new")
        results.remove(connection, ANONYMOUS, "res_3")
        second = results.page(connection, ANONYMOUS, limit=3, before=first.next)
    assert [item.id for item in first.items + second.items] == [f"res_{number}" for number in (5, 4, 3, 2, 1, 0)]


def test_the_last_page_has_no_next(connection: Connection) -> None:
    for number in range(4):
        save(connection, f"res_{number}")
    page = results.page(connection, ANONYMOUS, limit=2)
    assert results.page(connection, ANONYMOUS, limit=2, before=page.next).next is None


def test_pages_can_be_of_one_kind(connection: Connection) -> None:
    save(connection, "res_1", kind="regress")
    save(connection, "res_2", kind="forecast")
    assert [item.id for item in results.page(connection, ANONYMOUS, kind="forecast", limit=9).items] == ["res_2"]


def test_a_kind_that_cannot_be_has_no_results(connection: Connection) -> None:
    assert results.page(connection, ANONYMOUS, kind="\x00", limit=9).items == []


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "é",
        "=====",
        "\x00",
        *(base64.urlsafe_b64encode(place).decode() for place in (b"2020-01-01|res_1", b"|", b"\xff")),
    ],
)
def test_a_cursor_of_ones_own_making_is_refused(connection: Connection, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="before"):
        results.page(connection, ANONYMOUS, limit=9, before=cursor)


def test_a_sweep_deletes_what_expired_and_nothing_else(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "SWEEP_BATCH", 2)
    with writing(engine) as connection:
        for number in range(5):
            save(connection, f"res_{number}", ttl=HOUR)
            expire(connection, f"res_{number}")
        save(connection, "res_live", ttl=HOUR)
        save(connection, "res_for_good")
    with writing_once(engine) as connection:
        assert results.sweep(connection) == 5
        assert ids_of_all_pages(connection, 9) == ["res_live", "res_for_good"]


def test_a_living_key_and_its_answer_come_in_one_statement(connection: Connection) -> None:
    site = sites.create(connection, "one statement").id
    key = keys.create(connection, site, "sk")
    digest = keys.digest_of(key.text)
    assert digest is not None
    assert results.answer_to_key(connection, digest, site, "res_1") == (True, None)
    save(connection, "res_1", site_id=site)
    lives, found = results.answer_to_key(connection, digest, site, "res_1")
    assert (lives, found and found.text) == (True, ANSWER)
    assert results.answer_to_key(connection, digest, ANONYMOUS, "res_1") == (False, None)
    keys.revoke(connection, key.id)
    assert results.answer_to_key(connection, digest, site, "res_1") == (False, None)


def test_a_statement_is_prepared_once_per_connection_and_again_after_a_reconnect(engine: Engine) -> None:
    prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE name = 'find_answer'")
    for _ in range(2):
        with reading(engine) as connection:
            results.answer_of(connection, ANONYMOUS, "res_1")
            results.answer_of(connection, ANONYMOUS, "res_2")
            assert connection.execute(prepared).scalar_one() == 1
        engine.dispose()


def test_saving_for_a_key_takes_it_alive_and_leaves_the_answer_that_is_there(connection: Connection) -> None:
    site = sites.create(connection, "saving for a key").id
    key = keys.create(connection, site, "sk")
    digest = keys.digest_of(key.text)
    assert digest is not None

    def saved(answer: bytes, *, site_id: int = site, ttl: timedelta | None = None) -> tuple[bool, bytes | None]:
        lives, found = results.save_for_key(
            connection, digest, id="res_1", site_id=site_id, kind="regress", answer=answer, picture=b"[1]", ttl=ttl
        )
        return lives, found and found.text

    assert saved(ANSWER, ttl=HOUR) == (True, None)
    assert saved(b"{}") == (True, ANSWER)
    expire(connection, "res_1")
    assert saved(b"{}", ttl=HOUR) == (True, None)
    found = results.find(connection, site, "res_1")
    assert found is not None
    assert (found.answer, found.picture) == (b"{}", b"[1]")
    assert saved(ANSWER, site_id=ANONYMOUS) == (False, None)
    keys.revoke(connection, key.id)
    assert saved(ANSWER) == (False, None)
    assert results.answer_of(connection, ANONYMOUS, "res_1") is None
