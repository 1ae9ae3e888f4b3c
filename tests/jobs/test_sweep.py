"""Housekeeping: what is swept, and what is rescued of jobs whose worker was killed."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from jobs.queue import enqueue
from jobs.sweep import Kept, rescue, sweep
from store import jobs, results
from store.engine import reading, writing
from store.sites import ANONYMOUS
from tests.jobs.working import job_of

KEPT = Kept(payment_days=180, max_payments=1_000_000)


def test_an_expired_result_is_deleted(engine: Engine) -> None:
    save(engine, "res_old", timedelta(seconds=-1))
    sweep(engine, KEPT)
    assert stored_results(engine) == []


def test_a_living_result_stays(engine: Engine) -> None:
    save(engine, "res_new", timedelta(days=1))
    sweep(engine, KEPT)
    assert stored_results(engine) == ["res_new"]


def test_a_job_that_ended_days_ago_is_deleted_and_a_later_one_is_not(engine: Engine) -> None:
    old, new = begun(engine), begun(engine)
    with writing(engine) as connection:
        for id in (old, new):
            jobs.succeed(connection, id, None)
    execute(engine, f"UPDATE jobs SET finished_at = now() - interval '4 days' WHERE id = '{old}'")
    sweep(engine, KEPT)
    assert stored_jobs(engine) == [new]


def test_a_job_of_a_killed_worker_is_queued_again(engine: Engine) -> None:
    id = begun(engine)
    rescue(engine)
    assert (job_of(engine, id).state, in_queue(engine)) == ("queued", ["todo"])


def test_a_job_that_took_four_workers_along_has_failed(engine: Engine) -> None:
    id = begun(engine)
    for _ in range(jobs.RETRIES):
        rescue(engine)
        begin(engine, id)
    rescue(engine)
    job = job_of(engine, id)
    assert job.reason is not None
    assert (job.state, job.reason["detail"]) == ("failed", "the worker that did the job died before it was done")
    assert in_queue(engine) == ["failed"]


def test_a_job_of_a_living_worker_is_left_alone(engine: Engine) -> None:
    id = begun(engine)
    execute(engine, "INSERT INTO procrastinate_workers DEFAULT VALUES")
    execute(engine, "UPDATE procrastinate_jobs SET worker_id = (SELECT id FROM procrastinate_workers)")
    rescue(engine)
    assert (job_of(engine, id).state, in_queue(engine)) == ("running", ["doing"])


def test_a_job_whose_worker_has_been_silent_for_long_is_queued_again(engine: Engine) -> None:
    id = begun(engine)
    execute(engine, "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '10 seconds')")
    execute(engine, "UPDATE procrastinate_jobs SET worker_id = (SELECT id FROM procrastinate_workers)")
    rescue(engine)
    assert job_of(engine, id).state == "queued"


def test_a_job_that_the_queue_does_not_know_is_queued_again(engine: Engine) -> None:
    id = begun(engine)
    execute(engine, "DELETE FROM procrastinate_jobs")
    rescue(engine)
    assert (job_of(engine, id).state, in_queue(engine)) == ("queued", ["todo"])


def test_a_retry_that_waits_for_a_clock_set_back_is_brought_forward(engine: Engine) -> None:
    begun(engine)
    execute(engine, "UPDATE procrastinate_jobs SET status = 'todo', scheduled_at = now() + interval '2 hours'")
    rescue(engine)
    assert fetched(engine, "SELECT scheduled_at <= now() FROM procrastinate_jobs") == [True]


def test_an_attempt_that_was_believed_dead_ends_nothing_any_more(engine: Engine) -> None:
    id = begun(engine)
    rescue(engine)
    begin(engine, id)
    with writing(engine) as connection:
        assert jobs.hold(connection, id, attempt=1) is None
        assert jobs.work_of(connection, id, attempt=1) is None
        assert not jobs.note(connection, id, 1, 0.5, ["still here"])
        assert jobs.hold(connection, id, attempt=2) == "running"


def begun(engine: Engine) -> str:
    """A job that a worker has taken which then was killed."""
    with writing(engine) as connection:
        id = enqueue(connection, ANONYMOUS, "nap", {})
    begin(engine, id)
    return id


def begin(engine: Engine, id: str) -> None:
    execute(engine, "UPDATE procrastinate_jobs SET status = 'doing' WHERE status = 'todo'")
    with writing(engine) as connection:
        queue_id = connection.exec_driver_sql(f"SELECT queue_id FROM jobs WHERE id = '{id}'").scalar_one()
        assert jobs.begin(connection, id, queue_id) is not None


def save(engine: Engine, id: str, ttl: timedelta) -> None:
    with writing(engine) as connection:
        results.save(connection, id=id, site_id=ANONYMOUS, kind="regress", answer=b"{}", picture=None, ttl=ttl)


def stored_results(engine: Engine) -> list[object]:
    return fetched(engine, "SELECT id FROM results")


def stored_jobs(engine: Engine) -> list[object]:
    return fetched(engine, "SELECT id FROM jobs")


def in_queue(engine: Engine) -> list[object]:
    return fetched(engine, "SELECT status::text FROM procrastinate_jobs")


def fetched(engine: Engine, query: str) -> list[object]:
    with reading(engine) as connection:
        return list(connection.exec_driver_sql(query).scalars())


def execute(engine: Engine, statement: str) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql(statement)
