"""Models, their versions and runs: who points where, what is due, and what only one can make."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import date, timedelta

import pytest

from errors import LimitExceeded, RefitNeeded
from store import models, runs, sites, versions
from store.engine import writing
from store.versions import KEPT, Artifact, NewVersion

TODAY = date(2026, 3, 10)
ASKED = models.Asked("regress", {"formula": "y ~ x"}, "iris", "nightly", 0.2, {}, False)
FIT = Artifact(b'{"a":1}', b"\x00arrays")


@pytest.fixture
def site(connection):
    return sites.create(connection, "models").id


def put(connection, site, name="m", **changed):
    return models.put(connection, site, name, replace(ASKED, **changed), max_models=1000)


def version(model, *, promoted=True, judged=None, kind="regress"):
    return NewVersion(
        model.id, model.revision, promoted, kind, {}, "iris", "f", 150, "lamplight", {}, FIT, judged, b"{}", b"{}", b"{}"
    )


def live(connection, model, **given):
    id, number = versions.add(connection, version(model, **given))
    versions.point(connection, model.id, id)
    return number


def test_a_model_is_found_again_and_is_new_once(connection, site):
    model, new = put(connection, site)
    assert new
    assert models.find(connection, site, "m") == model == models.by_id(connection, model.id)
    assert put(connection, site)[1] is False
    assert models.list_(connection, site) == [model]


def test_another_question_is_another_revision_and_another_hour_of_refits_is_not(connection, site):
    put(connection, site)
    assert put(connection, site, refit="weekly", public=True)[0].revision == 1
    assert put(connection, site, spec={"formula": "y ~ z"})[0].revision == 2
    assert put(connection, site, spec={"formula": "y ~ z"})[0].revision == 2


def test_a_live_version_goes_on_answering_unless_the_kind_changes(connection, site):
    model, _ = put(connection, site)
    live(connection, model)
    assert put(connection, site, dataset="other")[0].live is not None
    assert put(connection, site, kind="mixed")[0].live is None


def test_a_site_has_so_many_models_and_no_more(connection, site):
    models.put(connection, site, "a", ASKED, max_models=1)
    models.put(connection, site, "a", ASKED, max_models=1)
    with pytest.raises(LimitExceeded, match="max_models"):
        models.put(connection, site, "b", ASKED, max_models=1)


def test_another_sites_model_is_not_found(connection, site):
    put(connection, site)
    other = sites.create(connection, "other").id
    assert models.find(connection, other, "m") is None
    assert models.pointer(connection, other, "m") is None
    assert not models.remove(connection, other, "m")
    assert models.find(connection, site, "' OR true --") is None


def test_a_removed_model_takes_versions_and_runs_along(connection, site):
    model, _ = put(connection, site)
    live(connection, model)
    run = runs.ask(connection, model.id)
    assert models.remove(connection, site, "m")
    assert versions.list_(connection, model.id) == []
    assert runs.find(connection, run.id) is None


def test_the_pointer_tells_the_version_that_answers(connection, site):
    model, _ = put(connection, site)
    assert models.pointer(connection, site, "m").version is None
    assert [live(connection, model) for _ in range(2)] == [1, 2]
    assert models.pointer(connection, site, "m").number == 2
    before = versions.before(connection, model.id, 2)
    versions.point(connection, model.id, before.id)
    assert models.pointer(connection, site, "m").number == 1


def test_the_version_before_is_one_that_answered(connection, site):
    model, _ = put(connection, site)
    live(connection, model)
    versions.add(connection, version(model, promoted=False))
    live(connection, model)
    assert versions.before(connection, model.id, 3).number == 1
    assert versions.before(connection, model.id, 1) is None


def test_the_version_before_is_of_the_kind_that_the_model_is_now(connection, site):
    model, _ = put(connection, site)
    live(connection, model)
    model, _ = put(connection, site, kind="fraud")
    number = live(connection, model, kind="fraud")
    assert versions.before(connection, model.id, number) is None
    assert live(connection, model, kind="fraud") == 3
    assert versions.before(connection, model.id, 3).number == 2
    model, _ = put(connection, site)
    assert versions.before(connection, model.id, live(connection, model)).number == 1


def test_old_versions_are_forgotten_and_never_the_one_that_answers(connection, site):
    model, _ = put(connection, site)
    live(connection, model)
    for _ in range(KEPT + 3):
        versions.add(connection, version(model))
    numbers = [kept.number for kept in versions.list_(connection, model.id)]
    assert numbers == [*range(KEPT + 4, 4, -1), 1]


def test_an_artifact_comes_back_as_it_was_written(connection, site):
    model, _ = put(connection, site)
    judged = Artifact(b'{"b":2}', b"others")
    id, _ = versions.add(connection, version(model, judged=judged))
    assert versions.artifact_of(connection, id) == FIT
    assert versions.artifact_of(connection, id, judged=True) == judged
    id, _ = versions.add(connection, version(model))
    assert versions.artifact_of(connection, id, judged=True) is None
    assert versions.artifact_of(connection, 0) is None


@pytest.mark.parametrize(
    "damage", ["arrays = '\\x00617272617973ff'", "document = '{\"a\":2}'", "digest = 'x'", "format = 99"], ids=str
)
def test_what_is_damaged_or_of_an_old_format_has_to_be_refitted(connection, site, damage):
    model, _ = put(connection, site)
    id, _ = versions.add(connection, version(model))
    connection.exec_driver_sql(f"UPDATE versions SET {damage} WHERE id = {id}")
    with pytest.raises(RefitNeeded):
        versions.artifact_of(connection, id)


def set_back(connection, what, hours):
    connection.exec_driver_sql(f"UPDATE {what} = now() - interval '{hours} hours'")


@pytest.mark.parametrize(
    ("refit", "hours", "stale"),
    [("nightly", 25, False), ("nightly", 27, True), ("weekly", 27, False), ("weekly", 171, True), ("manual", 10_000, False)],
)
def test_a_model_is_stale_when_its_night_is_missed(connection, site, refit, hours, stale):
    model, _ = put(connection, site, refit=refit)
    live(connection, model)
    set_back(connection, "versions SET created_at", hours)
    age = models.age(connection, model.id)
    assert age.stale is stale
    assert age.seconds == pytest.approx(hours * 3600, abs=60)
    assert models.freshness(connection)[1] is (stale and refit != "manual")


def test_a_version_found_to_be_good_still_is_not_stale(connection, site):
    model, _ = put(connection, site)
    live(connection, model)
    set_back(connection, "versions SET created_at", 50)
    run = runs.ask(connection, model.id)
    runs.decide(connection, run.id, "unchanged", "the data are the same")
    age = models.age(connection, model.id)
    assert not age.stale
    assert age.checked_at > age.fitted_at


def test_a_model_that_was_never_fitted_is_stale_a_day_later(connection, site):
    model, _ = put(connection, site)
    assert not models.age(connection, model.id).stale
    set_back(connection, "models SET changed_at", 27)
    assert models.age(connection, model.id).stale


def due(connection, site, on=TODAY, **given):
    return [each.name for each in runs.due(connection, on, site=site, **given)]


def decided(connection, model, on, state="promoted"):
    moment, _ = runs.now(connection)
    run = runs.ask_for_night(connection, model.id, on, before=moment)
    runs.decide(connection, run.id, state, "as told")
    return run


def test_what_is_due_is_nightly_or_its_week_is_over(connection, site):
    for refit in ("nightly", "weekly", "manual"):
        put(connection, site, refit, refit=refit)
    assert due(connection, site) == ["nightly", "weekly"]
    assert due(connection, site, all_=True) == ["nightly", "weekly", "manual"]
    assert due(connection, site, model="manual", all_=True) == ["manual"]
    weekly = models.find(connection, site, "weekly")
    decided(connection, weekly, TODAY)
    assert "weekly" not in due(connection, site, TODAY + timedelta(days=6))
    assert "weekly" in due(connection, site, TODAY + timedelta(days=7))


def test_a_failed_week_is_tried_again_the_next_night(connection, site):
    model, _ = put(connection, site, refit="weekly")
    decided(connection, model, TODAY, "failed")
    assert due(connection, site, TODAY + timedelta(days=1)) == ["m"]


def test_a_night_is_one_row_however_often_it_is_asked_for(connection, site):
    model, _ = put(connection, site)
    moment, _ = runs.now(connection)
    assert runs.ask_for_night(connection, model.id, TODAY, before=moment) is not None
    assert runs.ask_for_night(connection, model.id, TODAY, before=moment) is None
    assert runs.ask_for_night(connection, model.id, TODAY + timedelta(days=1), before=moment) is not None
    put(connection, site, spec={"formula": "y ~ z"})
    assert runs.ask_for_night(connection, model.id, TODAY, before=moment) is not None


def test_a_failed_night_is_taken_up_again_by_whoever_comes_later(connection, site):
    model, _ = put(connection, site)
    moment, _ = runs.now(connection)
    run = decided(connection, model, TODAY, "failed")
    assert runs.ask_for_night(connection, model.id, TODAY, before=moment) is None
    again = runs.ask_for_night(connection, model.id, TODAY, before=moment + timedelta(seconds=1))
    assert (again.id, again.state) == (run.id, "queued")
    runs.decide(connection, run.id, "promoted", "good")
    assert runs.ask_for_night(connection, model.id, TODAY, before=moment + timedelta(days=1)) is None


def test_a_run_is_decided_once(connection, site):
    model, _ = put(connection, site)
    run = runs.ask(connection, model.id)
    assert runs.ask(connection, model.id).id == run.id
    assert runs.hold(connection, run.id) == run
    assert runs.decide(connection, run.id, "promoted", "good", figures=b'{"loss":1}', version=1)
    assert not runs.decide(connection, run.id, "failed", "bad")
    assert runs.hold(connection, run.id) is None
    told = runs.find(connection, run.id)
    assert (told.state, told.figures, told.version) == ("promoted", {"loss": 1}, 1)
    assert runs.ask(connection, model.id).id != run.id


def test_runs_are_told_in_pages_newest_first(connection, site):
    model, _ = put(connection, site)
    made = [decided(connection, model, TODAY + timedelta(days=n)).id for n in range(5)]
    first, following = runs.page(connection, site, limit=3)
    second, last = runs.page(connection, site, before=following, limit=3)
    assert [run.id for run in first + second] == made[::-1]
    assert last is None
    assert runs.page(connection, site, model="other")[0] == []
    assert runs.page(connection, sites.create(connection, "x").id)[0] == []


def test_twenty_who_ask_at_once_make_one_run(engine):
    with writing(engine) as connection:
        model, _ = put(connection, sites.create(connection, "many").id)
        moment, _ = runs.now(connection)
    made = []

    def ask():
        with writing(engine) as connection:
            made.append(runs.ask_for_night(connection, model.id, TODAY, before=moment))

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([run for run in made if run]) == 1


@pytest.mark.parametrize("night", [False, True])
def test_whoever_asks_for_a_run_of_a_model_that_is_being_deleted_is_told_that_it_is_gone(engine, night):
    with writing(engine) as connection:
        site = sites.create(connection, "deleting").id
        model, _ = put(connection, site)
        moment, _ = runs.now(connection)
    with ThreadPoolExecutor(1) as pool:
        with writing(engine) as connection:
            models.remove(connection, site, "m")
            asking = pool.submit(asked_beside, engine, model.id, moment if night else None)
            wait([asking], timeout=0.5)  # it waits for the end of this transaction
            assert not asking.done()
        assert asking.result(10) is None


def asked_beside(engine, model_id, moment):
    with writing(engine) as connection:
        if moment is None:
            return runs.ask(connection, model_id)
        return runs.ask_for_night(connection, model_id, TODAY, before=moment)
