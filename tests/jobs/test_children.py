"""The nursery that the worker keeps: it goes when nothing is asked of it, and is there again when something is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import psutil
import pytest

from jobs.child import Order
from jobs.children import Children


async def note(progress: float, lines: Sequence[str]) -> bool:
    return True


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LAMPLIGHT_SECRET", "s" * 40)


def nurseries() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "jobs.nursery" in child.cmdline()]


def test_an_idle_nursery_gives_its_memory_back_and_another_is_there_when_it_is_needed(environment: None) -> None:
    async def live() -> tuple[bool, bool, list[psutil.Process]]:
        children, order = Children(("tests.jobs.tasks",), idle_seconds=0.2), Order("job_" + "0" * 32, 1, 5.0, 100)
        first = await children.run(order, note)
        (nursery,) = nurseries()
        gone, _ = await asyncio.to_thread(psutil.wait_procs, [nursery], 10)
        second = await children.run(order, note)
        await children.close()
        assert gone == [nursery]
        return first.superseded, second.superseded, nurseries()

    assert asyncio.run(live()) == (True, True, [])
