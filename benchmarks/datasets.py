"""A table of 100,000 rows x 10 columns put, appended and fetched over HTTP: seconds and the web process's peak memory.

    .venv/bin/python -m benchmarks.datasets [--rows 100000]

Against pandas.read_csv and DataFrame.to_sql in a process of their own, which is what a page of Flask would do, and against the
floor: Postgres' COPY of the same file by itself. Seconds of processor time stand beside those of the clock.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import Request, urlopen

import psycopg2

from benchmarks.load import dsn, prepared
from store import embedded
from tests.serving import Server, serving

ROOMY = {
    "WEB_CONCURRENCY": "1",
    "LAMPLIGHT_MAX_BODY_BYTES": str(256 * 1024 * 1024),
    "LAMPLIGHT_MAX_DATASET_ROWS": str(10**7),
}
CITIES = ("Ulm", "Bonn", "Köln")
PANDAS = """
import json, resource, sys, time
import pandas, sqlalchemy
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begun, worked = time.monotonic(), time.process_time()
engine = sqlalchemy.create_engine(sys.argv[2])
pandas.read_csv(sys.argv[1]).to_sql("by_pandas", engine, index=False, if_exists="replace")
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([time.monotonic() - begun, time.process_time() - worked, before / 1024, peak / 1024]))
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--rows", type=int, default=100_000)
    body = written(arguments.parse_args().rows)
    print(f"{len(body) / 1e6:.1f} MB of CSV")
    with tempfile.TemporaryDirectory() as folder:
        database = embedded.start(folder)
        try:
            compare(database, body, Path(folder) / "table.csv")
        finally:
            embedded.stop(folder)


def compare(database: str, body: bytes, file: Path) -> None:
    file.write_bytes(body)
    key = prepared(database)
    with serving(database, **ROOMY) as server:
        ask(server, key, "GET", "/datasets", None)
        ours = ask(server, key, "PUT", "/datasets/d", body)
        ask(server, key, "POST", "/datasets/d/rows", body)
        ask(server, key, "GET", "/datasets/d.csv", None)
    report("COPY alone", copied(database, body), 0, 0, 0)
    command = (sys.executable, "-c", PANDAS, str(file), dsn(database))
    theirs, worked, before, peak = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    report("pandas.read_csv + to_sql", theirs, worked, before, peak)
    print(f"PUT takes {theirs / ours:.1f} times less time than pandas")


def ask(server: Server, key: str, method: str, path: str, body: bytes | None) -> float:
    """Send a request, tell what it took, and give its seconds."""
    (worker,) = server.workers()
    before, begun, worked = peak_of(worker), time.monotonic(), work_of(worker)
    headers = {"Authorization": key, "Content-Type": "text/csv"}
    with urlopen(Request(server.url + path, body, headers, method=method), timeout=300) as response:
        while response.read(1 << 16):
            pass
    seconds = time.monotonic() - begun
    report(f"{method} {path}", seconds, work_of(worker) - worked, before, peak_of(worker))
    return seconds


def report(what: str, seconds: float, worked: float, before: float, peak: float) -> None:
    print(f"{what:28}{seconds:7.2f} s, of work here {worked:5.2f} s, peak {peak:5.0f} MB ({before:.0f} before)", flush=True)


def copied(database: str, body: bytes) -> float:
    """Copy the file into a table that is there, and give the seconds."""
    names = body[: body.index(b"\n")].decode().split(",")
    columns = ", ".join(f'"{name}" {"text" if name in ("user", "city") else "float8"}' for name in names)
    with tempfile.TemporaryFile() as file:
        file.write(body)
        file.seek(0)
        driver = psycopg2.connect(dsn(database))
        with driver, driver.cursor() as cursor:
            begun = time.monotonic()
            cursor.execute(f"CREATE TABLE by_copy ({columns})")
            cursor.copy_expert("COPY by_copy FROM STDIN (FORMAT csv, HEADER)", file)
        driver.close()
    return time.monotonic() - begun


def written(rows: int) -> bytes:
    chance = random.Random(1)
    lines = ["user,city," + ",".join(f"V{number}" for number in range(1, 9))]
    for _ in range(rows):
        numbers = ",".join(repr(chance.gauss(0, 1)) for _ in range(8))
        lines.append(f"u{chance.randrange(5000)},{chance.choice(CITIES)},{numbers}")
    return "\n".join([*lines, ""]).encode()


def peak_of(process: int) -> float:
    """Largest resident memory so far, in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def work_of(process: int) -> float:
    """Processor time so far, in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    main()
