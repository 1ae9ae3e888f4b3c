"""Putting work into the queue: within the caller's transaction, and once however often it is asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine

from jobs.queue import cancel, enqueue
from store import jobs, sites
from store.engine import reading, writing
from store.sites import ANONYMOUS
from tests.jobs.working import job_of, queued


def test_a_transaction_that_is_rolled_back_leaves_no_job(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin() as transaction:
        enqueue(connection, ANONYMOUS, "nap", {})
        transaction.rollback()
    assert (count(engine, "jobs"), count(engine, "procrastinate_jobs")) == (0, 0)


def test_the_payload_is_kept_as_it_is_and_the_data_beside_it(engine: Engine) -> None:
    payload = {"formula": "y ~ x % 2 : z", "level": 0.95, "ids": [1, None]}
    id = queued(engine, "nap", payload=payload, data=b"\x00\xff")
    begun = begin(engine, id)
    with reading(engine) as connection:
        assert jobs.work_of(connection, id, begun) == jobs.Assignment(ANONYMOUS, "nap", payload, b"\x00\xff", ())


def test_whoever_asks_for_what_waits_already_is_given_that_job(engine: Engine) -> None:
    assert queued(engine, "nap", lock="res_1") == queued(engine, "nap", lock="res_1")
    assert count(engine, "procrastinate_jobs") == 1


def test_whoever_asks_for_what_runs_already_is_given_that_job(engine: Engine) -> None:
    id = queued(engine, "nap", lock="res_1")
    begin(engine, id)
    assert queued(engine, "nap", lock="res_1") == id


def test_what_has_ended_is_done_again_when_it_is_asked_for(engine: Engine) -> None:
    id = queued(engine, "nap", lock="res_1")
    with writing(engine) as connection:
        jobs.succeed(connection, id, None)
    assert queued(engine, "nap", lock="res_1") != id


def test_twenty_who_ask_at_once_are_given_one_job(engine: Engine) -> None:
    with ThreadPoolExecutor(5) as pool:
        ids = set(pool.map(lambda _: queued(engine, "nap", lock="res_1"), range(20)))
    assert (len(ids), count(engine, "procrastinate_jobs")) == (1, 1)


def test_two_sites_do_not_share_a_lock(engine: Engine) -> None:
    with writing(engine) as connection:
        ours = sites.create(connection, "ours").id
    assert queued(engine, "nap", lock="res_1") != queued(engine, "nap", site=ours, lock="res_1")


def test_the_position_counts_those_who_wait_in_front(engine: Engine) -> None:
    ids = [queued(engine, "nap") for _ in range(3)]
    assert [job_of(engine, id).position for id in ids] == [0, 1, 2]
    begin(engine, ids[0])
    assert [job_of(engine, id).position for id in ids] == [None, 0, 1]


def test_a_job_that_waits_is_cancelled_and_its_data_are_gone(engine: Engine) -> None:
    id = queued(engine, "nap", data=b"secret")
    with writing(engine) as connection:
        cancel(connection, ANONYMOUS, id)
        cancel(connection, ANONYMOUS, id)
    assert (job_of(engine, id).state, job_of(engine, id).finished) == ("cancelled", True)
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT data FROM jobs").scalar() is None
        assert connection.exec_driver_sql("SELECT status::text FROM procrastinate_jobs").scalar() == "cancelled"


def test_a_job_of_another_site_is_neither_found_nor_cancelled(engine: Engine) -> None:
    id = queued(engine, "nap")
    with writing(engine) as connection:
        other = sites.create(connection, "other").id
        cancel(connection, other, id)
        assert jobs.find(connection, other, id) is None
    assert job_of(engine, id).state == "queued"


def test_a_log_keeps_its_last_lines(engine: Engine) -> None:
    id = queued(engine, "nap")
    attempt = begin(engine, id)
    with writing(engine) as connection:
        for start in range(0, 450, 150):
            jobs.note(connection, id, attempt, 0.1, [f"line {number}" for number in range(start, start + 150)])
    log = job_of(engine, id).log
    assert (len(log), log[0], log[-1]) == (jobs.LOG_LINES, f"line {450 - jobs.LOG_LINES}", "line 449")


def test_pages_of_jobs_are_newest_first_and_do_not_overlap(engine: Engine) -> None:
    ids = [queued(engine, "nap") for _ in range(5)]
    with reading(engine) as connection:
        first, next_ = jobs.page(connection, ANONYMOUS, before=None, limit=3)
        second, end = jobs.page(connection, ANONYMOUS, before=next_, limit=3)
    assert ([job.id for job in (*first, *second)], end) == (ids[::-1], None)


def begin(engine: Engine, id: str) -> int:
    with writing(engine) as connection:
        queue_id = connection.exec_driver_sql(f"SELECT queue_id FROM jobs WHERE id = '{id}'").scalar_one()
        begun = jobs.begin(connection, id, queue_id)
    assert begun is not None
    return begun.attempt


def count(engine: Engine, table: str) -> int:
    with reading(engine) as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())
