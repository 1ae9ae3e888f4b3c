"""`bin/serve`: Postgres, tables, sample data, a key, web and worker; started together and stopped together."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from config import Settings
from errors import ConfigurationError, StoreUnavailable
from jobs.credentials import key_of, secret_of
from store import embedded, samples
from store.engine import engine_of, writing
from store.migrate import migrate

HOST = "127.0.0.1"  # a development server is nobody else's business
ROOT = Path(__file__).resolve().parent.parent
LOCAL = {  # unless set: whoever is on this machine may ask, and a loop of one's own is no flood
    "LAMPLIGHT_PUBLIC": "1",
    "LAMPLIGHT_RATE_PER_KEY": "600000",
    "LAMPLIGHT_RATE_PER_ADDRESS": "600000",
}
READY_SECONDS = 60.0
STOP_SECONDS = 25.0  # gunicorn lets requests finish for 20
GLANCE_SECONDS = 0.1
FORMULA = "Sepal_Length ~ Sepal_Width + Petal_Length"


class Stop:
    """Whether we were asked to stop. Signals only set this, so that none of them can interrupt the cleaning up."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup stays nohup
                signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True


def main() -> None:
    stop = Stop()
    try:
        with ExitStack() as stack:
            serve(os.environ, stop, stack)
    except (ConfigurationError, StoreUnavailable) as error:
        sys.exit(f"lamplight: {error}")
    except subprocess.CalledProcessError:
        if not stop.asked:  # the terminal's Ctrl-C reaches the programs that set Postgres up, too
            raise


def serve(environ: Mapping[str, str], stop: Stop, stack: ExitStack) -> None:
    """Start everything and wait; whatever was started is stopped by `stack`, in the opposite order."""
    data = Path(environ.get("LAMPLIGHT_DATA") or ROOT / ".data").resolve()
    port = free_port(environ.get("PORT") or "8000")
    data.mkdir(parents=True, exist_ok=True)
    database = environ.get("DATABASE_URL") or stack.enter_context(postgres(str(data)))
    environ = {
        "LAMPLIGHT_SECRET": secret_of(data),
        **LOCAL,
        **environ,
        "LAMPLIGHT_DATA": str(data),
        "DATABASE_URL": database,
        "PORT": str(port),
    }
    settings = Settings.from_env(environ)
    key = prepare(settings, data)
    gunicorn = (sys.executable, "-m", "gunicorn", "--bind", f"{HOST}:{port}", "--log-level", "warning", "app:create_app()")
    web = stack.enter_context(process("web", gunicorn, environ))
    children = {"web": web}
    if settings.worker_beside:
        children["worker"] = stack.enter_context(process("worker", (sys.executable, "-m", "jobs.worker"), environ))
    wait_until_ready(port, web, stop)
    if not stop.asked:
        print(greeting(port, data, key), flush=True)
    while not stop.asked:
        time.sleep(GLANCE_SECONDS)
        for name, child in children.items():
            if child.poll() is not None:
                sys.exit(f"lamplight: the {name} process ended by itself; its last words are above")


def free_port(asked: str) -> int:
    """Check that PORT is a port nobody listens on."""
    if not asked.isdecimal() or not 1 <= int(asked) <= 65535:
        raise ConfigurationError("PORT must be a whole number from 1 to 65535")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(asked)))
        except OSError as error:
            detail = f"port {asked} cannot be used ({error.strerror}); choose another: PORT=8001 bin/serve"
            raise ConfigurationError(detail) from None
    return int(asked)


@contextmanager
def postgres(data: str) -> Iterator[str]:
    """Run the embedded PostgreSQL; stop it afterwards if it did not run before."""
    ran_before = alive(Path(data) / "postgres" / "postmaster.pid")
    try:
        yield embedded.start(data)
    finally:
        if not ran_before:
            embedded.stop(data)


def alive(pid_file: Path) -> bool:
    """Say whether the process that wrote its number into the file still runs."""
    try:
        os.kill(int(pid_file.read_text().split()[0]), 0)
    except (FileNotFoundError, IndexError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def prepare(settings: Settings, data: Path) -> str | None:
    """Bring tables and samples up to date. Returns the secret key if one had to be made."""
    engine = engine_of(settings)
    migrate(engine)
    with writing(engine) as connection:
        samples.load(connection)
        key = key_of(connection, data)
    engine.dispose()
    return key


@contextmanager
def process(name: str, command: tuple[str, ...], environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a session of its own, where the terminal's Ctrl-C does not reach it; ask it to end, then make it."""
    child = subprocess.Popen(command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"lamplight: {name} did not end in {STOP_SECONDS:.0f} s and was killed", file=sys.stderr)
        with_its_children(child.pid)
        child.wait()


def with_its_children(session: int) -> None:
    """Kill what is left of a process's group."""
    try:
        os.killpg(session, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # nothing left; macOS calls that a lack of permission
        return


def wait_until_ready(port: int, web: subprocess.Popen[bytes], stop: Stop) -> None:
    give_up = time.monotonic() + READY_SECONDS
    while not (stop.asked or ready(port)):
        if web.poll() is not None:
            sys.exit("lamplight: the web process did not start; its last words are above")
        if time.monotonic() > give_up:
            sys.exit(f"lamplight: the web process was not ready in {READY_SECONDS:.0f} s")
        time.sleep(GLANCE_SECONDS)


def ready(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def greeting(port: int, data: Path, key: str | None) -> str:
    """Say where the service is, the key that was made, and a line to paste."""
    url = f"http://{HOST}:{port}"
    body = f'{{"dataset": "iris", "formula": "{FORMULA}"}}'
    file = shlex.quote(str(data / "key"))
    lines = [
        f"ready {url}",
        f"curl -H \"Authorization: Bearer $(cat {file})\" -H 'Content-Type: application/json' -d '{body}' {url}/regress",
        "Ctrl-C stops everything.",
    ]
    return "\n".join([f"key {key} (kept in {file})", *lines] if key else lines)


if __name__ == "__main__":
    main()
