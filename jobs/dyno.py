"""`python -m jobs.dyno`: what a web dyno runs: gunicorn, and beside it a worker unless LAMPLIGHT_WORKER_BESIDE is 0.

Without the worker this process becomes gunicorn. With it, it waits for both: gunicorn's end is the dyno's; a worker that ends by
itself is started again. It imports nothing of the application, so it stays at 12 MB; the others check the settings.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

WEB = ("gunicorn", "app:create_app()")
WORKER = ("jobs.worker",)
SETTING = "LAMPLIGHT_WORKER_BESIDE"
NO = frozenset({"0", "false", "f", "no", "n", "off"})  # what pydantic reads as false
FAREWELLS = (signal.SIGTERM, signal.SIGINT)
PAUSES = (1.0, 5.0, 30.0)  # seconds before a worker that ended is started again; the last for all further ones
GLANCE_SECONDS = 0.2
STEADY_SECONDS = 300.0  # a worker that lived so long begins with the first pause again
LAST_SECONDS = 12.0  # for a worker, once gunicorn has gone


class Worker:
    """The worker beside the web: started again, after a while, when it ends by itself."""

    def __init__(self) -> None:
        self._ends, self._again = 0, 0.0
        self._start()

    def look_after(self) -> None:
        """Start the worker again when it has ended and its pause is over."""
        if self._process.poll() is None:
            return
        if not self._again:
            lived = time.monotonic() - self._started
            self._ends = 0 if lived > STEADY_SECONDS else self._ends + 1
            self._again = time.monotonic() + PAUSES[min(max(self._ends, 1), len(PAUSES)) - 1]
        elif time.monotonic() > self._again:
            self._start()

    def tell(self, number: int) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)

    def end(self) -> None:
        """Ask the worker to end, and make it."""
        self.tell(signal.SIGTERM)
        try:
            self._process.wait(LAST_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> None:
        self._process = subprocess.Popen((sys.executable, "-m", *WORKER))  # noqa: S603  a fixed program
        self._started, self._again = time.monotonic(), 0.0


def main() -> None:
    command = (sys.executable, "-m", *WEB)
    if os.environ.get(SETTING, "1").lower() in NO:
        os.execv(sys.executable, command)  # noqa: S606  a fixed program
    asked: list[int] = []
    for number in FAREWELLS:
        signal.signal(number, lambda number, _: asked.append(number))
    web = subprocess.Popen(command)  # noqa: S603  a fixed program
    worker = Worker()
    while web.poll() is None:
        if asked:
            web.send_signal(asked[0])
            worker.tell(asked[0])
            asked.clear()
            for number in FAREWELLS:
                signal.signal(number, signal.SIG_IGN)  # however often it is said: once was enough
            web.wait()
        else:
            worker.look_after()
            time.sleep(GLANCE_SECONDS)
    worker.end()
    sys.exit(web.returncode)


if __name__ == "__main__":
    main()
