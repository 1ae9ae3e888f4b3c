"""A night on a disk that is full: nothing by halves, and the next run finishes the work when there is room again.

The disk is a small tmpfs, so this needs the right to mount one: root on Linux.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest

from store import embedded
from tests.conftest import administer
from tests.faults.test_refit import FIRST, Host, every_model_answers, finished, nothing_is_half_or_double
from tests.jobs.refits import append, iris, psql, put, store

MEGABYTES = 320
MODELS = 3


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    disk = tmp_path / "disk"
    disk.mkdir(mode=0o755)
    subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=755", "tmpfs", str(disk)), check=True)
    try:
        host = Host(disk)
        administer(host.database, "ALTER SYSTEM SET max_wal_size = '64MB'", "ALTER SYSTEM SET wal_recycle = off",
                   "SELECT pg_reload_conf()")  # fmt: skip
        yield host
        host.end()
    finally:
        subprocess.run(("umount", "-l", str(disk)), check=False)


def fill(file: Path) -> None:
    """Write until nothing fits any more."""
    with suppress(OSError), file.open("wb", buffering=0) as ballast:
        while True:
            ballast.write(b"\0" * 65_536)


@pytest.mark.soak
def test_a_full_disk_leaves_every_model_whole_and_the_next_run_finishes(host):
    store(host.engine, host.site, "flowers", iris())
    for number in range(MODELS):
        put(host.engine, host.site, f"m{number}", dataset="flowers")
    finished(host, FIRST)
    for round_, seconds in enumerate((0.0, 1.0, 3.0), 1):
        night = FIRST + timedelta(days=round_)
        append(host.engine, host.site, "flowers", {name: values[round_ : round_ + 2] for name, values in iris().items()})
        process = host.refit(night)
        time.sleep(seconds)
        fill(host.folder / "ballast")
        with pytest.raises((psycopg2.errors.DiskFull, psycopg2.OperationalError)):
            psql(host.database, "CREATE TABLE too_large AS SELECT repeat('x', 100) FROM generate_series(1, 200000)")
        time.sleep(3)
        host.folder.joinpath("ballast").unlink()
        embedded.start(str(host.folder))  # a full disk may have ended it
        process.communicate(timeout=200)
        every_model_answers(host, round_)
        finished(host, night)
        nothing_is_half_or_double(host, night, round_ + 1)
