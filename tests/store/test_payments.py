"""Payments that were scored: remembered once, labelled, counted by week, and forgotten."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from sqlalchemy import text

from store import labels, models, payments, sites
from store.engine import reading, writing, writing_once
from store.payments import Payment, keyed

ASKED = models.Asked("fraud", {"columns": ["a"]}, "payments", "nightly", 0.2, {}, False)
COLUMNS = b"columns!"
KEY = keyed(b"s" * 32, 1)
EVERYTHING = 10_000


@pytest.fixture
def model(connection):
    return new_model(connection)


def new_model(connection, name="shop"):
    site = sites.create(connection, name).id
    return models.put(connection, site, "cards", ASKED, max_models=10)[0].id


def payment(id, *, alert=False, numbers=b"\x00" * 8):
    return Payment(KEY(id), numbers, None, 1.0, 60.0 if alert else 10.0, alert)


def remember(connection, model, *given, version=1, columns=COLUMNS):
    payments.remember(connection, model, version, columns, 0.01, given)


def age(connection, model, days):
    connection.execute(text(f"UPDATE payments SET scored_at = scored_at - interval '{days} days' WHERE model_id = {model}"))


def test_the_first_decision_about_a_payment_stays(connection, model):
    remember(connection, model, payment("t1", alert=True))
    remember(connection, model, payment("t1"), version=2)
    assert payments.tally(connection, model, 1).alerts == 1
    assert payments.tally(connection, model, 2).payments == 0


def test_a_model_with_other_columns_decides_anew(connection, model):
    remember(connection, model, payment("t1", alert=True))
    remember(connection, model, payment("t1"), version=2, columns=b"others")
    assert (payments.tally(connection, model, 1).payments, payments.tally(connection, model, 2).payments) == (0, 1)


def test_two_thousand_five_hundred_payments_are_remembered(connection, model):
    remember(connection, model, *(payment(f"t{number}") for number in range(2_500)))
    assert payments.tally(connection, model, 1).payments == 2_500


def test_precision_and_recall_are_of_what_was_labelled(connection, model):  # by hand: two alerts labelled, one fraud missed
    remember(connection, model, *(payment(id, alert=id in "ab") for id in "abcdef"))
    labels.note(connection, model, {KEY("a"): True, KEY("b"): False, KEY("c"): True, KEY("d"): False})
    told = payments.tally(connection, model, 1)
    assert (told.labelled, told.precision, told.recall, told.planned) == (4, 0.5, 0.5, 0.01)


def test_without_labels_there_is_neither_precision_nor_recall(connection, model):
    remember(connection, model, payment("a", alert=True))
    assert (payments.tally(connection, model, 1).precision, payments.tally(connection, model, 1).recall) == (None, None)


def test_weeks_begin_on_monday_in_utc(connection, model):
    remember(connection, model, payment("a"), payment("b"))
    connection.execute(text("UPDATE payments SET scored_at = '2026-03-01 23:59:59Z'"))  # a Sunday
    remember(connection, model, payment("c"))
    connection.execute(text("UPDATE payments SET scored_at = '2026-03-02 00:00Z' WHERE scored_at > '2026-03-02'"))
    assert [(week.week, week.payments) for week in payments.weeks(connection, model, 1)] == [
        (date(2026, 3, 2), 1),
        (date(2026, 2, 23), 2),
    ]


def test_only_what_was_labelled_or_alerted_is_read_for_training(connection, model):
    remember(connection, model, payment("a", alert=True), payment("b"), payment("c", numbers=b"\x01" * 8))
    labels.note(connection, model, {KEY("c"): False})
    found = payments.decided(connection, model, COLUMNS, 10)
    assert sorted((each.numbers, each.alert, each.fraud) for each in found) == [
        (b"\x00" * 8, True, None),
        (b"\x01" * 8, False, False),
    ]
    assert payments.decided(connection, model, b"others", 10) == []


def test_a_label_said_again_is_not_noted_again(connection, model):
    remember(connection, model, payment("a"))
    assert [labels.note(connection, model, {KEY("a"): fraud})[KEY("a")] for fraud in (True, True, False)] == [
        "noted",
        "unchanged",
        "changed",
    ]
    assert [label.fraud for label in labels.history(connection, model, KEY("a"))] == [False, True]


def test_a_label_of_a_payment_that_nobody_scored_is_unknown(connection, model):
    assert labels.note(connection, model, {KEY("never"): True}) == {KEY("never"): "unknown"}


def test_a_payment_of_one_model_is_none_of_another(connection, model):
    remember(connection, model, payment("a"))
    assert labels.note(connection, new_model(connection, "another"), {KEY("a"): True}) == {KEY("a"): "unknown"}


def test_the_id_itself_is_not_kept(connection, model):
    remember(connection, model, payment("visible-id"))
    assert "visible" not in str(connection.execute(text("SELECT payments.*::text FROM payments")).all())


def test_two_sites_have_keys_of_their_own_for_one_id():
    assert keyed(b"s" * 32, 1)("a") != keyed(b"s" * 32, 2)("a") != keyed(b"t" * 32, 2)("a")


def test_payments_are_forgotten_with_their_labels(connection, model):
    remember(connection, model, payment("a"))
    labels.note(connection, model, {KEY("a"): True})
    age(connection, model, 31)
    remember(connection, model, payment("b"))
    assert payments.sweep(connection, days=30, most=EVERYTHING) == 1
    assert labels.history(connection, model, KEY("a")) == []


def test_of_too_many_payments_the_oldest_are_forgotten(connection, model):
    remember(connection, model, payment("a"))
    age(connection, model, 1)
    remember(connection, model, payment("b"), payment("c"))
    assert payments.sweep(connection, days=30, most=2) == 1
    assert labels.note(connection, model, {KEY("a"): True}) == {KEY("a"): "unknown"}


def test_a_model_that_is_deleted_takes_its_payments_along(connection, model):
    remember(connection, model, payment("a"))
    labels.note(connection, model, {KEY("a"): True})
    connection.execute(text(f"DELETE FROM models WHERE id = {model}"))
    assert payments.tally(connection, model, 1).payments == 0


def test_a_label_sent_many_times_at_once_is_noted_once(engine):
    with writing(engine) as connection:
        model = new_model(connection)
        remember(connection, model, payment("a"))
    noted: list[str] = []

    def say() -> None:
        with writing_once(engine) as connection:
            noted.append(labels.note(connection, model, {KEY("a"): True})[KEY("a")])

    threads = [threading.Thread(target=say) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(noted) == ["noted", "unchanged", "unchanged", "unchanged"]
    with reading(engine) as connection:
        assert len(labels.history(connection, model, KEY("a"))) == 1
