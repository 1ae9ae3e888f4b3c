"""A night with many models of every kind: one fails, one kills its process, one never ends, and all the others are refitted."""

from __future__ import annotations

import pytest

from store.models import Model
from tests.jobs.refits import append, decided, iris, new_site, psql, put, refitted, store

SHORT, LONG = 20, 200
TRAINED = 3  # of the long form: detectors that TensorFlow trains, 600 MB and some seconds each
PAID = {"columns": ["V4", "V11", "V14", "Amount"], "label": "Class", "time": "Time", "weight": "weight"}
SPECS = (
    ("regress", "iris", {"formula": "Sepal_Length ~ Sepal_Width + Petal_Length"}),
    ("regress", "mtcars", {"formula": "mpg ~ poly(wt, 2) + factor(cyl)"}),
    ("regress", "airquality", {"formula": "log(Ozone) ~ Wind + Temp"}),
    ("mixed", "sleepstudy", {"formula": "Reaction ~ Days + (Days | Subject)"}),
    ("mixed", "ChickWeight", {"formula": "weight ~ Time + (1 | Chick)"}),
    ("forecast", "Nile", {"y": "y", "h": 5, "season": 1}),
    ("fraud", "payments", {**PAID, "detector": "mahalanobis"}),
)
BAD = ("failing", "poison", "endless")
JOB_SECONDS = {SHORT: "20", LONG: "60"}


def fleet(engine, site: int, count: int) -> list[Model]:
    trained = TRAINED if count == LONG else 0
    specs = [SPECS[number % len(SPECS)] for number in range(count - len(BAD) - trained)]
    specs += [("fraud", "payments", {**PAID, "epochs": 2, "seed": number}) for number in range(trained)]
    return [
        put(engine, site, f"m{number:03}", kind=kind, dataset=dataset, spec=spec)
        for number, (kind, dataset, spec) in enumerate(specs)
    ]


def bad_ones(engine, site: int, database_url: str) -> None:
    """Models that have a version each, and go wrong from now on."""
    store(engine, site, "flowers", iris())
    for name in BAD:
        decided(engine, put(engine, site, name, dataset="flowers"))
    append(engine, site, "flowers", {name: values[:10] for name, values in iris().items()})
    psql(database_url, "UPDATE models SET spec = '{\"formula\": \"y ~ nothing\"}' WHERE name = 'failing'")
    psql(database_url, "UPDATE models SET kind = name WHERE name IN ('poison', 'endless')")


def one_night(engine, database_url, count: int):
    site = new_site(engine)
    models = fleet(engine, site, count)
    bad_ones(engine, site, database_url)
    told = refitted(database_url, LAMPLIGHT_JOB_SECONDS=JOB_SECONDS[count], seconds=3600)
    assert told.code == 1
    assert told.states == {**{model.name: "promoted" for model in models}, **dict.fromkeys(BAD, "failed")}, told.errors
    reasons = {line["model"]: line["reason"] for line in told.lines[:-1]}
    assert "no column" in reasons["failing"]
    assert "died" in reasons["poison"]
    assert "took longer" in reasons["endless"]
    assert (told.summary["due"], told.summary["promoted"], told.summary["failed"]) == (count, count - 3, 3)
    bad = psql(database_url, "SELECT v.number FROM models m JOIN versions v ON v.id = m.live WHERE m.dataset = 'flowers'")
    assert bad == [(1,)] * 3
    once = psql(database_url, "SELECT count(*), count(DISTINCT model_id) FROM versions WHERE dataset <> 'flowers'")
    assert once == [(count - 3, count - 3)]
    return told


def test_a_night_of_all_kinds_with_one_failing_one_poisoned_and_one_endless(engine, database_url):
    one_night(engine, database_url, SHORT)


@pytest.mark.soak
def test_two_hundred_models_in_one_night(engine, database_url):
    told = one_night(engine, database_url, LONG)
    print(f"{LONG} models in {told.summary['seconds']} s")
