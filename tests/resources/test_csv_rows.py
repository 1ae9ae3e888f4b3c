"""CSV read for keeping: a file of any length in the same memory, with the types that reading it whole would give."""

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import InvalidInput
from resources.csv_rows import rows_of_csv
from resources.csv_text import columns_of_csv
from science.limits import Limits
from store.copy_text import Encoder
from store.rows import rows_at_once

LIMITS = Limits()
cells = st.sampled_from(["1", "-2.5", "", "NA", "TRUE", "false", "a", " b ", "1e5", "1_000", "nan", '"x,y"', "+.5", "0x1"])


def rows_of(text, **types):
    return rows_of_csv(io.BytesIO(text.encode()), types, None, LIMITS, 10**6)


def values_of(rows):
    chunks = list(rows.chunks())
    return {
        name: [_told(value, type) for chunk in chunks for value in chunk[place]]
        for place, (name, type) in enumerate(rows.types.items())
    }


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=8))
def test_it_is_read_as_a_table_that_comes_with_a_question_is(table):
    text = "x,y\n" + "".join(f"{a},{b}\n" for a, b in table)
    assert outcome(lambda: values_of(rows_of(text))) == outcome(lambda: columns_of_csv(text.encode(), LIMITS))


def outcome(read):
    try:
        return repr(read())
    except InvalidInput as refusal:
        return refusal.detail


def _told(value, type):
    """Numbers may be handed on as they are written."""
    return (float(value) if value else None) if type == "number" and isinstance(value, str) else value


def test_a_type_is_found_however_late_it_shows():
    many = rows_at_once(1) + 5
    assert rows_of("x\n" + "1\n" * many).types == {"x": "number"}
    assert rows_of("x\n" + "NA\n" * many + "TRUE\n").types == {"x": "boolean"}
    assert rows_of("x\n" + "\n".join(["a"] * many + ["1"]) + "\n").types == {"x": "text"}
    with pytest.raises(InvalidInput, match=f"row {many + 1} of column x is a text"):
        rows_of("x\n" + "1\n" * many + "a\n")


def test_ten_times_the_rows_need_no_more_memory():
    def peak(rows):
        text = "g," + ",".join(f"x{i}" for i in range(9)) + "\n" + (f"level,{',' * 8}0.123456789\n") * rows
        file = io.BytesIO(text.encode())
        tracemalloc.start()
        read = rows_of_csv(file, {}, None, LIMITS, 10**6)
        encoder = Encoder(list(read.types.values()), read.chunks())
        while encoder.read():
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    few, many = peak(3_000), peak(30_000)
    assert many < 1.2 * few < 10e6
