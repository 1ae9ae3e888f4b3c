"""Housekeeping, run by a worker that ends when the queue is empty."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from procrastinate import App
from sqlalchemy import Engine

from jobs.queue import QUEUE, connector_of
from jobs.sweep import rescue_stalled
from store import results
from store.engine import reading, writing
from store.sites import ANONYMOUS

FOUR_DAYS_AGO = "now() - interval '4 days'"


def test_an_expired_result_is_deleted(engine: Engine) -> None:
    save(engine, "res_old", timedelta(seconds=-1))
    run_task(engine, "sweep")
    assert stored_results(engine) == []


def test_a_living_result_stays(engine: Engine) -> None:
    save(engine, "res_new", timedelta(days=1))
    run_task(engine, "sweep")
    assert stored_results(engine) == ["res_new"]


def test_a_job_that_ended_days_ago_is_deleted(engine: Engine) -> None:
    execute(engine, insert_job("succeeded"))
    execute(engine, "DELETE FROM procrastinate_events")
    execute(
        engine,
        f"INSERT INTO procrastinate_events (job_id, type, at) SELECT id, 'succeeded', {FOUR_DAYS_AGO} FROM procrastinate_jobs",
    )
    run_task(engine, "sweep")
    assert "killed" not in [task for task, _ in jobs(engine)]


def test_a_job_of_a_killed_worker_is_queued_again(engine: Engine) -> None:
    execute(engine, insert_job("doing", attempts=0))
    rescue(engine)
    assert jobs(engine) == [("killed", "todo")]


def test_a_job_that_took_three_workers_along_has_failed(engine: Engine) -> None:
    execute(engine, insert_job("doing", attempts=2))
    rescue(engine)
    assert jobs(engine) == [("killed", "failed")]


def test_a_job_of_a_living_worker_is_left_alone(engine: Engine) -> None:
    execute(engine, "INSERT INTO procrastinate_workers DEFAULT VALUES")
    execute(engine, insert_job("doing"))
    execute(engine, "UPDATE procrastinate_jobs SET worker_id = (SELECT id FROM procrastinate_workers)")
    rescue(engine)
    assert jobs(engine) == [("killed", "doing")]


def insert_job(status: str, attempts: int = 0) -> str:
    return (
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts) "
        f"VALUES ('default', 'killed', '{status}', {attempts})"
    )


def save(engine: Engine, id: str, ttl: timedelta) -> None:
    with writing(engine) as connection:
        results.save(connection, id=id, site_id=ANONYMOUS, kind="regress", answer=b"{}", picture=None, ttl=ttl)


def stored_results(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.exec_driver_sql("SELECT id FROM results").scalars())


def jobs(engine: Engine) -> list[tuple[str, str]]:
    with reading(engine) as connection:
        return [tuple(row) for row in connection.exec_driver_sql("SELECT task_name, status::text FROM procrastinate_jobs")]


def execute(engine: Engine, statement: str) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql(statement)


def run_task(engine: Engine, name: str) -> None:
    async def run(queue: App) -> None:
        async with queue.open_async():
            await queue.configure_task(name).defer_async(timestamp=0)
            await queue.run_worker_async(wait=False, install_signal_handlers=False, additional_context={"engine": engine})

    with QUEUE.replace_connector(connector_of(engine)) as queue:
        asyncio.run(run(queue))


def rescue(engine: Engine) -> None:
    async def run(queue: App) -> None:
        async with queue.open_async():
            await rescue_stalled(queue.job_manager)

    with QUEUE.replace_connector(connector_of(engine)) as queue:
        asyncio.run(run(queue))
