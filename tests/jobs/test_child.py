"""Jobs in child processes: what is told of those that go well, and of those that do not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from config import Settings
from store.engine import engine_of
from tests.conftest import administer, database
from tests.jobs.working import ended, job_of, queued, wait_until, working

MEMORY_MB = 100


@pytest.fixture(scope="module")
def engine(postgres: str, template: str) -> Iterator[Engine]:
    """A database of this file's own, with one worker at work for all its tests."""
    administer(postgres, f"CREATE DATABASE lamplight_children TEMPLATE {template}")
    url = database(postgres, "lamplight_children")
    engine = engine_of(Settings(database_url=url, secret="s" * 40))
    with working(url, LAMPLIGHT_JOB_MEMORY_MB=str(MEMORY_MB), LAMPLIGHT_WORKER_CONCURRENCY="8"):
        yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def failing(engine: Engine) -> dict[str, str]:
    """Jobs that fail again and again, begun before the others because their retries take 21 s."""
    return {task: queued(engine, task) for task in ("poison", "buggy")}


def test_a_job_that_goes_well_tells_its_result(engine: Engine, failing: dict[str, str]) -> None:
    job = ended(engine, queued(engine, "nap"))
    assert (job.state, job.progress, job.result, job.reason) == ("succeeded", 1.0, "/results/res_nap", None)


def test_progress_and_log_are_told_while_it_runs(engine: Engine) -> None:
    id = queued(engine, "nap", payload={"seconds": 3})
    wait_until(lambda: 0 < job_of(engine, id).progress < 1)
    assert (job_of(engine, id).log[0], job_of(engine, id).state) == ("step 0", "running")
    assert ended(engine, id).log == ("step 0", "step 10", "step 20", "step 30", "step 40", "step 50")


def test_the_data_sent_along_reaches_the_task_and_is_deleted_at_the_end(engine: Engine) -> None:
    id = queued(engine, "data", data=b"\x00" * 1000)
    assert ended(engine, id).log == ("1000 bytes",)
    with engine.connect() as connection:
        assert connection.exec_driver_sql(f"SELECT data FROM jobs WHERE id = '{id}'").scalar() is None


@pytest.mark.parametrize(
    ("task", "type_"),
    [
        ("wrong", "invalid-input"),
        ("endless", "deadline-exceeded"),
        ("patient", "deadline-exceeded"),
        ("hungry", "memory-exceeded"),
    ],
)
def test_what_no_other_attempt_would_mend_fails_at_once(engine: Engine, task: str, type_: str) -> None:
    job = ended(engine, queued(engine, task, seconds=1.0 if type_ == "deadline-exceeded" else None))
    assert job.reason is not None
    assert (job.state, job.reason["type"], attempts(engine, job.id)) == ("failed", f"urn:lamplight:problem:{type_}", 1)


def test_a_bad_question_is_told_as_the_request_would_have_been(engine: Engine) -> None:
    detail = "there is no column speeed; did you mean speed?"
    reason = ended(engine, queued(engine, "wrong")).reason
    assert reason is not None
    assert (reason["status"], reason["detail"], reason["errors"]) == (422, detail, [{"pointer": "/formula", "detail": detail}])


def test_a_child_that_is_killed_once_is_followed_by_one_that_does_the_job(engine: Engine) -> None:
    job = ended(engine, queued(engine, "poison", payload={"until": 1}))
    assert (job.state, attempts(engine, job.id), job.log) == ("succeeded", 2, ("attempt 1", "attempt 2"))


def test_a_job_that_kills_its_child_has_failed_after_three_retries(engine: Engine, failing: dict[str, str]) -> None:
    job = ended(engine, failing["poison"])
    assert job.reason is not None
    assert (job.state, attempts(engine, job.id)) == ("failed", 4)
    assert job.reason["detail"] == "the process that did the job died before it was done (killed by SIGSEGV)"


def test_an_error_that_nobody_foresaw_is_told_without_its_words(engine: Engine, failing: dict[str, str]) -> None:
    job = ended(engine, failing["buggy"])
    assert job.reason is not None
    assert (job.reason["type"], "Zanzibar" in str(job)) == ("urn:lamplight:problem:internal-error", False)


def attempts(engine: Engine, id: str) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql(f"SELECT attempt FROM jobs WHERE id = '{id}'").scalar_one())
