"""The pictures of a detector: what they show, and what they say when there is nothing to show."""

from __future__ import annotations

import re
from typing import Any

import pytest

from errors import NotFound
from plots import draw

RISK = [2.0 * place for place in range(50)]
OUTCOMES = {"risk": RISK, "legitimate": [10.0] * 25 + [0.0] * 25, "fraud": [0.0] * 25 + [1.0] * 25}  # told apart at 50
CARD: dict[str, Any] = {
    "metrics": {"average_precision": 1.0},
    "reasons": [{"column": "V17", "share": 0.7}, {"column": "Amount", "share": 0.4}, {"column": "V1", "share": -0.1}],
    "nights": [
        {"date": "2026-03-02", "score": 0.05, "worst": {"column": "V14", "psi": 0.31}},
        {"date": "2026-03-01", "score": None, "worst": None},
    ],
}
PICTURE = {"name": "cards", "version": 2, "outcomes": OUTCOMES, "seen": [1] * 50}


def drawn(view, card=CARD, **changed):
    return draw("fraud", card, PICTURE | changed, "svg", view).decode()


def texts(svg):
    return set(re.findall(r">([^<>\n]+)<", svg))


def test_the_scores_show_levels_and_what_was_seen():
    assert {"elevated", "high", "scored since", "fraud, held back"} <= texts(drawn("scores"))


def test_without_labels_the_scores_of_payments_seen_are_shown():
    assert "fraud, held back" not in texts(drawn("scores", outcomes=None))


def test_without_labels_and_payments_there_are_no_scores():
    with pytest.raises(NotFound):
        drawn("scores", outcomes=None, seen=[0] * 50)


def test_the_curve_names_the_scores_that_people_know():
    assert {"Average precision 1.000", "by chance"} <= texts(drawn("precision"))


def test_without_labels_there_is_no_curve():
    with pytest.raises(NotFound):
        drawn("precision", outcomes=None)


def test_the_reasons_are_named_with_their_shares():
    assert {"V17", "70%", "Amount", "-10%"} <= texts(drawn("reasons"))


def test_the_nights_are_shown_with_the_column_that_moved_most():
    assert {"02 Mar", "V14", "moderate", "large"} <= texts(drawn("drift"))


def test_a_long_name_is_cut_in_the_drift():
    long = {"date": "2026-03-02", "score": 0.05, "worst": {"column": "amount\x07 " + "x" * 200, "psi": 0.31}}
    assert f"amount {'x' * 16}…" in texts(drawn("drift", CARD | {"nights": [long]}))


def test_after_one_night_there_is_no_drift():
    with pytest.raises(NotFound):
        drawn("drift", card=CARD | {"nights": CARD["nights"][1:]})


def test_a_column_called_as_markup_is_told_as_text():
    card = CARD | {"reasons": [{"column": "<script>$x$", "share": 1.0}]}
    assert "<script>" not in drawn("reasons", card=card)
