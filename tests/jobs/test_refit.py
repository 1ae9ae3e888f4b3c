"""The nightly run as an operator sees it: the command, its lines and exit code, and what psql finds afterwards."""

from __future__ import annotations

import signal
import time

import pytest

from jobs.refit import WrongArguments, arguments_of, night_of, show
from jobs.refitting import TASKS
from store import runs, versions
from store.engine import reading, writing
from tests.jobs.refits import append, ended_refit, iris, launch_refit, new_site, psql, put, refitted, store

# R 4.2.2: coef(lm(Sepal.Length ~ Sepal.Width + Petal.Length, iris))
IRIS_IN_R = {"(Intercept)": 2.249140160383231, "Sepal_Width": 0.595524748743591, "Petal_Length": 0.471920039327133}
COEFFICIENTS = """
SELECT c->>'term', (c->>'estimate')::float8 FROM models JOIN versions v ON v.id = models.live,
    json_array_elements(v.summary->'coefficients') AS c WHERE models.name = '{}'
"""


def live(database_url, name):
    found = psql(database_url, f"SELECT v.number FROM models m LEFT JOIN versions v ON v.id = m.live WHERE m.name = '{name}'")
    return found[0][0]


def test_the_classic_job_from_end_to_end(engine, database_url):
    site = new_site(engine)
    store(engine, site, "flowers", iris())
    model = put(engine, site, "sepals", dataset="flowers")
    first = refitted(database_url)
    assert (first.code, first.states) == (0, {"sepals": "promoted"}), first.errors
    assert dict(psql(database_url, COEFFICIENTS.format("sepals"))) == pytest.approx(IRIS_IN_R, rel=1e-12)
    append(engine, site, "flowers", {name: values[:40] for name, values in iris().items()})
    psql(database_url, "UPDATE runs SET date = date - 1")  # the next night
    second = refitted(database_url)
    assert second.lines[0]["version"] == live(database_url, "sepals") == 2
    assert second.lines[0]["state"] == "promoted"
    assert psql(database_url, "SELECT rows FROM versions ORDER BY number") == [(150,), (190,)]
    with writing(engine) as connection:
        before = versions.before(connection, model.id, 2)
        versions.point(connection, model.id, before.id)
    assert live(database_url, "sepals") == 1
    assert dict(psql(database_url, COEFFICIENTS.format("sepals"))) == pytest.approx(IRIS_IN_R, rel=1e-12)


def test_one_that_fails_stops_no_other_and_the_exit_code_tells(engine, database_url):
    site = new_site(engine)
    for name in ("a", "b", "c"):
        put(engine, site, name)
    put(engine, site, "broken", spec={"formula": "Sepal_Length ~ nothing"})
    put(engine, site, "homeless", dataset="gone")
    told = refitted(database_url)
    assert told.code == 1
    assert told.states == {"a": "promoted", "b": "promoted", "c": "promoted", "broken": "failed", "homeless": "failed"}
    reasons = {line["model"]: line["reason"] for line in told.lines[:-1] if line["state"] == "failed"}
    assert "no column nothing" in reasons["broken"]
    assert "gone is not there" in reasons["homeless"]
    put(engine, site, "homeless", dataset="iris")
    again = refitted(database_url)
    assert again.states["homeless"] == "promoted"
    assert again.states["broken"] == "failed"


def due(engine, *arguments):
    return [each.name for each in night_of(engine, arguments_of(arguments)).due]


def test_only_what_is_asked_for_is_due(engine, database_url):
    site, other = new_site(engine), new_site(engine, "other")
    for name in ("nightly", "weekly", "manual"):
        put(engine, site, name, refit=name)
    put(engine, other, "elsewhere")
    assert due(engine) == ["nightly", "weekly", "elsewhere"]
    assert due(engine, "--model", "manual") == ["manual"]
    assert due(engine, "--site", "shop") == ["nightly", "weekly"]
    assert due(engine, "--all") == ["nightly", "weekly", "manual", "elsewhere"]


@pytest.mark.parametrize("arguments", [("--model", "nobody"), ("--site", "nowhere"), ("--date", "2999-01-01")], ids=" ".join)
def test_what_there_is_not_is_refused(engine, arguments):
    put(engine, new_site(engine), "m")
    with pytest.raises(WrongArguments):
        due(engine, *arguments)


def test_a_dry_run_says_what_is_due_and_does_nothing(engine, database_url, capsys):
    put(engine, new_site(engine), "m")
    show(engine, night_of(engine, arguments_of(["--dry-run"])))
    assert capsys.readouterr().out.startswith("shop/m: due\n")
    assert psql(database_url, "SELECT count(*) FROM runs") == [(0,)]


def test_two_runs_started_together_do_each_model_once(engine, database_url):
    site = new_site(engine)
    for number in range(6):
        put(engine, site, f"m{number}", kind="slow")
    processes = [launch_refit(database_url) for _ in range(2)]
    ends = [ended_refit(process) for process in processes]
    assert [end.code for end in ends] == [0, 0]
    for end in ends:
        assert end.states == {f"m{number}": "promoted" for number in range(6)}
    assert psql(database_url, "SELECT count(*), count(DISTINCT model_id) FROM versions") == [(6, 6)]
    assert psql(database_url, "SELECT count(*) FROM runs") == [(6,)]


def test_a_run_that_is_told_to_stop_leaves_the_rest_to_the_next(engine, database_url):
    site = new_site(engine)
    for number in range(8):
        put(engine, site, f"m{number}", kind="slow")
    process = launch_refit(database_url)
    give_up = time.monotonic() + 60
    while not psql(database_url, "SELECT 1 FROM runs WHERE state = 'promoted'"):
        assert time.monotonic() < give_up
        time.sleep(0.02)
    for _ in range(3):
        process.send_signal(signal.SIGTERM)
    told = ended_refit(process, 20)
    assert told.code == 3
    assert 0 < len(told.states) < 8
    assert refitted(database_url).code == 0
    assert psql(database_url, "SELECT count(*), count(DISTINCT model_id) FROM versions") == [(8, 8)]


@pytest.mark.parametrize("hours", [2, -2])
def test_a_clock_that_jumped_by_hours_changes_nothing(engine, database_url, hours):
    site = new_site(engine)
    put(engine, site, "m")
    put(engine, site, "poisoned", kind="poison")  # tried again after pauses that are told by the wrong clock
    with reading(engine) as connection:
        _, today = runs.now(connection)
    told = ended_refit(launch_refit(database_url, hours=hours))
    assert told.states == {"m": "promoted", "poisoned": "failed"}
    assert {line["date"] for line in told.lines[:-1]} == {today.isoformat()}
    right = refitted(database_url, "--model", "m")
    assert right.lines[0]["already"]
    assert psql(database_url, "SELECT count(*) FROM versions") == [(1,)]


def test_the_task_is_known_to_the_worker():
    assert set(TASKS) == {"refit"}


def test_the_dates_are_the_databases(engine):
    with reading(engine) as connection:
        moment, today = runs.now(connection)
    assert moment.date() == today


def test_a_model_that_asks_for_tensorflow_is_refitted_by_it(engine, database_url):
    site, question = new_site(engine), {"formula": "Reaction ~ Days + (Days || Subject)", "method": "mackay", "iterations": 100}
    for backend in ("numpy", "tensorflow"):
        put(engine, site, backend, kind="mixed", dataset="sleepstudy", spec={**question, "backend": backend})
    told = refitted(database_url)
    assert told.states == {"numpy": "promoted", "tensorflow": "promoted"}, told.errors
    rows = psql(database_url, "SELECT m.name, v.libraries, v.summary FROM versions v JOIN models m ON m.id = v.model_id")
    found = {name: (libraries, summary) for name, libraries, summary in rows}
    assert ["tensorflow" in found[name][0] for name in ("numpy", "tensorflow")] == [False, True]
    plain, walked = found["numpy"][1], found["tensorflow"][1]
    assert walked["method"] == plain["method"] == "mackay"
    for one, other in zip(walked["random"], plain["random"], strict=True):
        assert one["sd"] == pytest.approx(other["sd"], rel=1e-5)
    assert "tensorflow" in [each["code"] for each in walked["warnings"]]
