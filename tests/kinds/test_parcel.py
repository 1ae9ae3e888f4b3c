"""A question packed for a job comes out as it went in."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kinds.parcel import Parcel, packed, unpacked
from science.limits import Limits
from science.table import Factor, Table, table_of_columns

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=10)
NUMBERS = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))
TEXTS = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    rows = draw(st.integers(1, 5))
    column = st.one_of(*(st.lists(cells, min_size=rows, max_size=rows) for cells in (NUMBERS, TEXTS, st.booleans())))
    return table_of_columns(draw(st.dictionaries(NAMES, column, min_size=1, max_size=4)), Limits())


@given(tables(), tables())
def test_tables_come_out_as_they_went_in(data: Table, predict: Table) -> None:
    found = unpacked(packed(Parcel({"formula": "y ~ x"}, {"data": data, "predict": predict})))
    assert found.asked == {"formula": "y ~ x"}
    assert (found.tables["data"].fingerprint, found.tables["predict"].fingerprint) == (data.fingerprint, predict.fingerprint)
    assert found.tables["data"].names == data.names


def test_a_question_without_tables_is_a_parcel_too() -> None:
    asked = {"y": [1.0, None, 0.1 + 0.2], "model": {"p": 1}}
    assert unpacked(packed(Parcel(asked, {}))).asked == asked


def test_an_ordered_factor_stays_ordered() -> None:
    table = Table({"g": Factor(np.array([0, 1, -1]), ("low", "high"), ordered=True)}, 3)
    column = unpacked(packed(Parcel({}, {"data": table}))).tables["data"]["g"]
    assert isinstance(column, Factor)
    assert (column.ordered, column.levels, column.codes.tolist()) == (True, ("low", "high"), [0, 1, -1])
