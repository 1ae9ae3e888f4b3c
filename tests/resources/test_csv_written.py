"""What is written as CSV is read back as it was, and no text of it begins what a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.csv_written import FORMULAS, RowsOfOneColumn, csv_of_rows

NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))


def read(text):
    return list(csv.reader(io.StringIO(text, newline="")))


@given(st.lists(NUMBERS, min_size=1, max_size=5))
def test_numbers_are_altered_by_nothing_whatever_their_sign(numbers):
    (cells,) = read(csv_of_rows([], [numbers]))[1:]
    assert [type(number)(cell) for number, cell in zip(numbers, cells, strict=True)] == numbers
    assert cells == [str(number) for number in numbers]


@given(st.lists(TEXTS, min_size=2, max_size=5))
def test_no_text_begins_a_formula_and_none_is_lost(texts):
    head, cells = read(csv_of_rows(texts, [texts], "\r\n"))
    assert head == cells
    for text, cell in zip(texts, cells, strict=True):
        assert not cell.startswith(FORMULAS)
        assert cell.removeprefix("'" if text.startswith(FORMULAS) else "") == text


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_owasp_names_is_a_text(text):
    """OWASP, CSV Injection: the characters that a cell must not begin with."""
    assert read(csv_of_rows(["a"], [[text]]))[1] == [f"'{text}"]


def test_a_missing_cell_is_empty():
    assert csv_of_rows(["a", "b"], [[None, -0.5]]) == "a,b\n,-0.5\n"


def test_the_only_cell_of_a_line_is_quoted_when_it_is_missing():
    assert csv_of_rows(["y"], [[1], [None], [3]]) == 'y\n1\n""\n3\n'


def test_a_row_of_one_column_is_never_an_empty_line():
    file = io.BytesIO()
    rows = RowsOfOneColumn(file)
    for row in (b"1\n", b"\n", b'"a\n\nb"\n'):
        rows.write(row)
    assert file.getvalue() == b'1\n""\n"a\n\nb"\n'
    assert rows.tell() == len(file.getvalue())
