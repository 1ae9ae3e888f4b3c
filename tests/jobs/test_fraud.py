"""A detector of fraud through the nights: trained in a child, judged beside its predecessor, taught by labels."""

from __future__ import annotations

import re
import signal
import time

import numpy as np
import pytest

from jobs.challenge import TRAINERS
from jobs.fraud import Trainer, learned
from jobs.queue import enqueue
from jobs.refitting import refit
from jobs.task import Context
from kinds.fraud_feedback import columns_digest, numbers_of
from science.deadline import no_deadline
from science.limits import Limits
from science.table import Numeric, Table
from store import labels, models, payments, runs, versions
from store.engine import reading, writing
from store.payments import Payment, keyed
from tests.conftest import settings_for
from tests.jobs.refits import append, launch_refit, new_site, psql, put, refitted, store
from tests.kinds.samples import sample

COLUMNS = [*(f"V{number}" for number in range(1, 29)), "Amount"]
SPEC = {"columns": COLUMNS, "label": "Class", "time": "Time", "weight": "weight"}
QUICK = {**SPEC, "detector": "mahalanobis"}  # no TensorFlow
ALL = 4_399
GIGABYTE = 1024  # MB


def rows(start, stop):
    table = sample("payments")
    return {name: table[name].values[start:stop].tolist() for name in table.names}


def put_payments(engine, site, stop):
    store(engine, site, "paid", rows(0, stop))


def put_cards(engine, site, spec=SPEC, **changed):
    return put(engine, site, "cards", kind=changed.pop("kind", "fraud"), spec=spec, dataset="paid", **changed)


def next_night(database_url):
    psql(database_url, "UPDATE runs SET date = date - 1")


def live(database_url):
    return psql(database_url, "SELECT v.number FROM models m LEFT JOIN versions v ON v.id = m.live WHERE m.name = 'cards'")[0][0]


def night(engine, model):
    """One run, in this process: what the decision was."""
    with writing(engine) as connection:
        run = runs.ask(connection, model.id)
        id = enqueue(connection, model.site_id, "refit", {"run": run.id})
    settings = settings_for(engine.url.render_as_string(hide_password=False))
    context = Context(id, 1, model.site_id, None, settings, Limits(), engine, no_deadline(), lambda *_, **__: None)
    done = refit({"run": run.id}, context)
    with writing(engine) as connection:
        done.keep(connection)
        decided = runs.find(connection, run.id)
    assert decided is not None
    return decided


def test_night_by_night_in_children_under_a_gigabyte(engine, database_url, tmp_path):
    site = new_site(engine)
    put_payments(engine, site, 4_000)
    model = put_cards(engine, site, spec={**SPEC, "epochs": 3, "tensorboard": True})
    first = refitted(database_url, LAMPLIGHT_TENSORBOARD=str(tmp_path))
    assert first.states == {"cards": "promoted"}, first.errors
    append(engine, site, "paid", rows(4_000, ALL))
    next_night(database_url)
    second = refitted(database_url, LAMPLIGHT_TENSORBOARD=str(tmp_path))
    assert second.lines[0]["version"] == 2, second.lines
    assert sorted(each.name for each in (tmp_path / f"model-{model.id}").iterdir()) == ["graph", "run-0001", "run-0002"]
    ((figures,),) = psql(database_url, "SELECT figures FROM runs WHERE version = 2")
    assert set(figures["drift"]["columns"]) == set(COLUMNS)  # between the two versions
    assert figures["drift"]["score"] >= 0
    lines = [line for (log,) in psql(database_url, "SELECT log FROM jobs") for line in log]
    peaks = [int(found[1]) for line in lines if (found := re.search(r"(\d+) MB at most", line))]
    print("peak memory of the training children:", peaks, "MB")
    assert len(peaks) == 2
    assert max(peaks) < GIGABYTE
    killed_while_training(engine, database_url, site, model)


def killed_while_training(engine, database_url, site, model):
    """A night whose processes are killed in the middle of it: nothing changes."""
    before = psql(database_url, "SELECT * FROM versions ORDER BY id"), live(database_url)
    put_cards(engine, site, spec={**SPEC, "epochs": 500})
    next_night(database_url)
    process = launch_refit(database_url)
    try:
        _until_training(database_url)
    finally:
        process.send_signal(signal.SIGKILL)  # its children die with it
        process.communicate(timeout=60)
    assert (psql(database_url, "SELECT * FROM versions ORDER BY id"), live(database_url)) == before
    assert psql(database_url, "SELECT state FROM runs ORDER BY id DESC LIMIT 1") == [("queued",)]


@pytest.fixture
def shuffling(monkeypatch):
    """The second night's challenger is trained on columns that are torn apart."""

    def trainer(model, context):
        train = Trainer(model, context)
        return lambda asked, table, *rest: train(asked, shuffled(table, asked.columns), *rest)

    return lambda: monkeypatch.setitem(TRAINERS, "fraud", trainer)


def shuffled(table, names):
    rng = np.random.default_rng(0)
    mixed = {name: Numeric(rng.permutation(table[name].values)) for name in names}
    return Table({**table.columns, **mixed}, table.rows)


def test_a_challenger_trained_on_shuffled_columns_is_rejected(engine, database_url, shuffling):
    site = new_site(engine)
    put_payments(engine, site, 4_300)
    model = put_cards(engine, site, spec=QUICK)
    assert night(engine, model).state == "promoted"
    append(engine, site, "paid", rows(4_300, ALL))
    shuffling()
    second = night(engine, model)
    assert (second.state, live(database_url)) == ("kept", 1), second.reason
    assert not second.figures["comparison"]["no_worse"]
    assert second.figures["challenger"]["average_precision"] < second.figures["champion"]["average_precision"]


@pytest.mark.parametrize(
    ("spoilt", "told"), [(lambda v: v * 50, "risk score of 50 or more"), (lambda v: v * 0, "the same score")]
)
def test_a_first_version_that_breaks_its_promises_on_new_rows_does_not_answer(engine, database_url, spoilt, told):
    site = new_site(engine)
    kept, newest = rows(0, 3_500), rows(3_500, ALL)
    newest |= {name: spoilt(np.array(newest[name])).tolist() for name in COLUMNS}  # another payment system's
    store(engine, site, "paid", {name: kept[name] + newest[name] for name in kept})
    first = night(engine, put_cards(engine, site, spec=QUICK))
    assert (first.state, live(database_url)) == ("kept", None)
    assert told in first.reason


def test_labels_teach_the_next_night_and_without_news_there_is_none(engine):
    site = new_site(engine)
    put_payments(engine, site, ALL)
    model = put_cards(engine, site, spec=QUICK)
    night(engine, model)
    assert night(engine, model).state == "unchanged"
    remember(engine, site, model, (0, 1), labelled=True)
    assert night(engine, model).version == 2
    with reading(engine) as connection:
        newest = versions.list_(connection, model.id)[0]
    assert newest.summary["labelled_frauds"] == frauds_before_the_holdout() + 2


def frauds_before_the_holdout():
    label = sample("payments")["Class"].values
    return int(label[: ALL - round(0.2 * ALL)].sum())


def remember(engine, site, model, places, *, labelled):
    """Score rows of the sample, which are legitimate there, and say that they were fraud."""
    table, key = sample("payments"), keyed(b"s" * 40, site)
    assert not table["Class"].values[list(places)].any()
    rows_ = [numbers_of(np.array([table[name].values[place] for name in COLUMNS])) for place in places]
    given = [Payment(key(str(place)), row, None, 1.0, 60.0, True) for place, row in zip(places, rows_, strict=True)]
    with writing(engine) as connection:
        payments.remember(connection, model.id, 1, columns_digest(COLUMNS), 0.01, given)
        if labelled:
            labels.note(connection, model.id, {each.key: True for each in given})


def test_an_alert_changes_what_the_data_are_called(engine, database_url):
    site = new_site(engine)
    model = put_cards(engine, site, spec=QUICK)
    with reading(engine) as connection:
        assert learned(connection, model).named("f") == "f"
    remember(engine, site, model, (5,), labelled=False)
    with reading(engine) as connection:
        assert learned(connection, models.by_id(connection, model.id)).named("f") not in ("f", None)


def _until_training(database_url):
    give_up = time.monotonic() + 90
    while not psql(database_url, "SELECT 1 FROM jobs WHERE state = 'running' AND progress > 0.1"):
        assert time.monotonic() < give_up
        time.sleep(0.05)
