"""What a run decides: promoted, kept or unchanged, by which figures, and nothing by halves."""

from __future__ import annotations

import numpy as np
import orjson
import pytest

from errors import InvalidInput, NotFound
from jobs.refitting import _loaded
from kinds import KINDS
from kinds.packing import unpacked
from science.deadline import no_deadline
from science.drift import Histogram
from science.limits import Limits
from store import datasets, models, runs, versions
from store.engine import reading, writing
from tests.jobs.kinds import BAD
from tests.jobs.refits import append, decided, iris, new_site, psql, put, store
from tests.kinds.samples import sample
from tests.science.forecast.saved import series


@pytest.fixture
def site(engine, monkeypatch):
    for name, kind in BAD.items():
        monkeypatch.setitem(KINDS, name, kind)
    return new_site(engine)


@pytest.fixture
def flowers(engine, site):
    store(engine, site, "flowers", iris())
    return "flowers"


def more(engine, site, rows=10):
    append(engine, site, "flowers", {name: values[:rows] for name, values in iris().items()})


def live(engine, model):
    with reading(engine) as connection:
        found = models.by_id(connection, model.id)
        return None if found.live is None else versions.by_id(connection, found.live)


def test_the_first_version_is_promoted_when_it_is_finite(engine, site):
    run = decided(engine, put(engine, site, "m"))
    assert (run.state, run.version, run.reason) == ("promoted", 1, "the first version")
    assert run.figures["challenger"]["rows"] == pytest.approx(30, abs=15)
    bad = decided(engine, put(engine, site, "i", kind="infinite"))
    assert (bad.state, bad.version) == ("kept", 1)
    assert "not finite" in bad.reason
    assert live(engine, put(engine, site, "i", kind="infinite")) is None


def test_a_version_keeps_what_it_was_made_of_and_the_bytes_of_its_fit(engine, site):
    model = put(engine, site, "m")
    decided(engine, model)
    version = live(engine, model)
    assert (version.number, version.rows, version.dataset, version.promoted) == (1, 150, "iris", True)
    assert set(version.libraries) >= {"python", "numpy", "scipy", "lamplight"}
    with reading(engine) as connection:
        artifact = versions.artifact_of(connection, version.id)
        judged = versions.artifact_of(connection, version.id, judged=True)
    regress = KINDS["regress"].model
    fit = unpacked(regress, artifact.document, artifact.arrays)
    directly = regress.fit(KINDS["regress"].asks(**model.spec), sample("iris"), Limits(), no_deadline())
    assert fit.estimate.tobytes() == directly.estimate.tobytes()
    assert unpacked(regress, judged.document, judged.arrays).nobs == 150 - version.metrics["rows"]
    score = Histogram.from_json(version.statistics["score"])
    assert score.total == 150
    assert set(version.statistics["columns"]) == {"Sepal_Length", "Sepal_Width", "Petal_Length"}


def test_unchanged_data_are_not_fitted_again_not_even_after_a_rollback(engine, site, flowers):
    model = put(engine, site, "m", dataset=flowers)
    decided(engine, model)
    first = live(engine, model)
    assert decided(engine, model).reason == "the data are those of version 1"
    more(engine, site)
    assert decided(engine, model).version == 2
    with writing(engine) as connection:
        versions.point(connection, model.id, first.id)
    run = decided(engine, model)
    assert (run.state, run.reason) == ("unchanged", "the data are those of version 2")
    assert live(engine, model).number == 1
    with reading(engine) as connection:
        assert not models.age(connection, model.id).stale


@pytest.mark.parametrize(("kind", "reason"), [("wrong", "worse"), ("infinite", "not finite")])
def test_what_is_worse_or_not_finite_is_left_alone_with_the_reason(engine, site, flowers, kind, reason, database_url):
    model = put(engine, site, "m", dataset=flowers)
    decided(engine, model)
    psql(database_url, f"UPDATE models SET kind = '{kind}'")  # as if the engine had gone bad over night
    more(engine, site)
    run = decided(engine, model)
    assert (run.state, run.version) == ("kept", 2)
    assert reason in run.reason
    assert live(engine, model).number == 1
    if kind == "wrong":
        assert run.figures["challenger"]["rmse"] > run.figures["champion"]["rmse"]
        assert run.figures["comparison"]["challenger"] > run.figures["comparison"]["champion"]
    assert decided(engine, model).reason == "the data are those of version 2, which was found worse"


def test_champion_and_challenger_are_judged_on_rows_that_neither_has_seen(engine, site):
    """y jumps between rows: whoever has seen a row knows it, so a fit to all rows would have losses near zero."""
    rng = np.random.default_rng(3)
    y, group = rng.normal(size=60).tolist(), [f"g{i // 2:02}" for i in range(60)]
    store(engine, site, "noise", {"y": y, "group": group})
    model = put(engine, site, "m", dataset="noise", spec={"formula": "y ~ group"}, holdout=0.3)
    run = decided(engine, model)
    assert run.figures["challenger"]["rmse"] > 0.8
    append(engine, site, "noise", {"y": [0.0, 1.0], "group": ["g00", "g01"]})
    later = decided(engine, model)
    assert later.figures["champion"]["rmse"] > 0.8


def test_another_question_is_not_compared_with_the_old_one(engine, site, flowers):
    model = put(engine, site, "m", dataset=flowers)
    decided(engine, model)
    changed = put(engine, site, "m", dataset=flowers, spec={"formula": "log(Sepal_Length) ~ Species"})
    run = decided(engine, changed)
    assert run.state == "promoted"
    assert "something else" in run.reason


def test_without_a_holdout_nothing_speaks_against_the_challenger(engine, site, flowers):
    model = put(engine, site, "m", dataset=flowers, holdout=0.0)
    decided(engine, model)
    more(engine, site)
    run = decided(engine, model)
    assert run.state == "promoted"
    assert "no row is held back" in run.reason


def test_what_is_too_small_to_be_judged_does_not_replace_what_answers(engine, site):
    store(engine, site, "tiny", {"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0, 2.5]})
    model = put(engine, site, "m", dataset="tiny", spec={"formula": "y ~ x"}, holdout=0.5)
    assert decided(engine, model).state == "promoted"
    append(engine, site, "tiny", {"x": [4.0], "y": [9.0]})
    run = decided(engine, model)
    assert run.state in ("promoted", "kept")
    assert run.reason


def test_a_damaged_champion_gives_way(engine, site, flowers, database_url):
    model = put(engine, site, "m", dataset=flowers)
    decided(engine, model)
    psql(database_url, "UPDATE versions SET judged_arrays = 'x'")
    more(engine, site)
    run = decided(engine, model)
    assert (run.state, run.reason) == ("promoted", "the version that answers is damaged")


@pytest.mark.parametrize("damage", ["arrays = 'x'", "format = 99"])
def test_a_version_that_cannot_be_read_is_replaced_although_the_data_are_the_same(engine, site, flowers, database_url, damage):
    """Whoever asks it is told to refit the model: that must not end with the data being those of that version."""
    model = put(engine, site, "m", dataset=flowers)
    decided(engine, model)
    psql(database_url, f"UPDATE versions SET {damage}")
    assert decided(engine, model).state == "promoted"
    assert live(engine, model).number == 2
    assert decided(engine, model).reason == "the data are those of version 2"


def test_a_model_changed_meanwhile_is_not_promoted_as_what_it_was(engine, site):
    model = put(engine, site, "m")
    run = decided(engine, model, lambda: put(engine, site, "m", spec={"formula": "Sepal_Length ~ 1"}))
    assert run.state == "kept"
    assert "meanwhile" in run.reason
    assert live(engine, model) is None


def test_a_rollback_meanwhile_holds(engine, site, flowers):
    model = put(engine, site, "m", dataset=flowers)
    decided(engine, model)
    first = live(engine, model)
    more(engine, site)
    decided(engine, model)
    more(engine, site)

    def roll_back():
        with writing(engine) as connection:
            versions.point(connection, model.id, first.id)

    assert "another version" in decided(engine, model, roll_back).reason
    assert live(engine, model).number == 1


def test_a_model_deleted_meanwhile_leaves_nothing(engine, site):
    model = put(engine, site, "m")

    def delete():
        with writing(engine) as connection:
            models.remove(connection, site, "m")

    with pytest.raises(AssertionError):
        decided(engine, model, delete)
    with reading(engine) as connection:
        assert versions.list_(connection, model.id) == []


def test_a_decision_kept_twice_is_kept_once(engine, site):
    model = put(engine, site, "m")
    decided(engine, model)
    with writing(engine) as connection:
        run = runs.ask(connection, model.id)
        runs.decide(connection, run.id, "unchanged", "by somebody else")
    assert psql_count(engine) == 1


def psql_count(engine):
    with reading(engine) as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM versions").scalar_one()


@pytest.mark.parametrize(
    ("changed", "error"), [({"spec": {"formula": "Sepal_Length ~ no"}}, InvalidInput), ({"dataset": "gone"}, NotFound)], ids=str
)
def test_what_cannot_be_fitted_fails_with_its_reason(engine, site, changed, error):
    model = put(engine, site, "m", **changed)
    with pytest.raises(error, match=r"no column no|gone is not there"):
        decided(engine, model)


@pytest.mark.parametrize(
    ("kind", "spec", "dataset"),
    [
        ("mixed", {"formula": "Reaction ~ Days + (Days | Subject)"}, "sleepstudy"),
        ("mixed", {"formula": "breaks ~ tension + (1 | wool)", "family": "poisson"}, "warpbreaks"),
        ("regress", {"formula": "mpg ~ wt", "weights": "hp", "precision": "exact"}, "mtcars"),
    ],
)
def test_every_kind_is_refitted(engine, site, kind, spec, dataset):
    model = put(engine, site, "m", kind=kind, spec=spec, dataset=dataset)
    run = decided(engine, model)
    assert run.state == "promoted", run.reason
    summary = live(engine, model).summary
    assert summary["fixed" if kind == "mixed" else "coefficients"]
    orjson.dumps(run.figures)


def test_data_that_were_put_anew_while_they_were_read_are_read_as_they_are_now(engine, site, flowers):
    with reading(engine) as connection:
        found = datasets.find(connection, site, flowers)
    store(engine, site, flowers, {"Sepal_Length": [1.0, 2.0]})
    with reading(engine) as connection:
        now, columns = _loaded(connection, found)
    assert (columns, now.rows, now.fingerprint != found.fingerprint) == ({"Sepal_Length": [1.0, 2.0]}, 2, True)


def test_a_forecast_that_stays_goes_on_from_the_new_end_of_its_series(engine, site):
    y = series("AirPassengers")
    store(engine, site, "air", {"y": y[:100].tolist(), "t": list(range(100))})
    model = put(engine, site, "air", kind="forecast", dataset="air", spec={"y": "y", "ds": "t", "h": 12, "model": "arma"})
    decided(engine, model)
    first = live(engine, model)
    append(engine, site, "air", {"y": y[100:].tolist(), "t": list(range(100, 144))})
    run = decided(engine, model)
    assert (run.state, run.version) == ("promoted", 2)
    assert "worse" in run.reason
    assert "goes on from the new end" in run.reason
    before, after = (version.summary for version in (first, live(engine, model)))
    assert (before["last"], after["last"]) == (99, 143)
    assert after["model"]["coefficients"] == before["model"]["coefficients"]
    assert decided(engine, model).state == "unchanged"
