"""Make or mend .venv with the pinned requirements. Run by bin/prepare with the Python that is to live in it.

A stamp is written last: a .venv without one was interrupted and is made anew, one with another stamp is brought up to date.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "requirements.sha256"
REQUIREMENTS = (ROOT / "requirements.txt", ROOT / "requirements-dev.txt")
STILL_SECONDS = 20  # between two signs of life


def main() -> None:
    alone = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(alone, fcntl.LOCK_EX)  # bin/serve and bin/test may start at once; the lock goes with the process
    if not usable():
        say(f"making .venv with Python {platform.python_version()}")
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, symlinks=True, with_pip=True)
    if stamp() != wanted():
        STAMP.unlink(missing_ok=True)
        install()
        STAMP.write_text(wanted())


def usable() -> bool:
    """Say whether .venv was finished once and its Python still runs."""
    if not stamp() or not PYTHON.exists():
        return False
    return subprocess.run([PYTHON, "-c", "import pip"], check=False).returncode == 0  # noqa: S603  our own .venv


def stamp() -> str:
    return STAMP.read_text() if STAMP.exists() else ""


def wanted() -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in REQUIREMENTS)).hexdigest()


def install() -> None:
    say("installing the pinned packages; this takes a minute or two and 2 GB of disk")
    started = time.monotonic()
    command = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input", "-r", REQUIREMENTS[-1]]
    pip = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)  # noqa: S603  fixed arguments
    while pip.poll() is None:
        try:
            pip.wait(timeout=STILL_SECONDS)
        except subprocess.TimeoutExpired:
            say(f"still installing, {time.monotonic() - started:.0f} s so far")
    if pip.returncode:
        sys.exit("lamplight: the packages could not be installed; pip's own words are above. Run the command again to retry.")
    say(f"installed in {time.monotonic() - started:.0f} s")


def say(words: str) -> None:
    print(f"lamplight: {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
