import pytest

from errors import InvalidInput, LamplightError, LimitExceeded, MalformedBody
from resources.csv_text import columns_of_csv
from science.limits import Limits

LIMITS = Limits(max_rows=10, max_columns=5)

READ = [
    (b"x,g\n1,a\n2,b\n", {"x": [1.0, 2.0], "g": ["a", "b"]}),
    (b"\xef\xbb\xbfx\r\n1\r\n2\r\n", {"x": [1.0, 2.0]}),  # a byte order mark and Windows line ends
    (b'x,g\n1,"a,\nb"\n2,"say ""hi"""\n', {"x": [1.0, 2.0], "g": ["a,\nb", 'say "hi"']}),
    (b"x\n1\n\n2\n", {"x": [1.0, 2.0]}),  # a blank line is no row
    (b"x,y\n,NA\n1,2\n", {"x": [None, 1.0], "y": [None, 2.0]}),
    (b"b\nTRUE\nfalse\nNA\n", {"b": [True, False, None]}),
    (b"x\n 1 \n-2.5e-3\n", {"x": [1.0, -0.0025]}),
    ("größe\nä\n".encode(), {"größe": ["ä"]}),
    ("g\na\u2028b\n".encode(), {"g": ["a\u2028b"]}),  # a line separator is no line end
    (b"g\n1_000\n2_000\n", {"g": ["1_000", "2_000"]}),  # float() would read a thousand
]

REFUSED = [
    (b"", InvalidInput, "no data"),
    (b"x,y\n", InvalidInput, "no rows"),
    (b"x,x\n1,2\n", InvalidInput, "stands twice"),
    (b"x,\n1,2\n", InvalidInput, "column 2 has no name"),
    (b"x," + b"n" * 201 + b"\n1,2\n", InvalidInput, "column 2 has a name of 201 characters"),
    (b"1,2\n3,4\n", InvalidInput, "must hold the column names"),
    (b"x,y\n1,2\n3\n", InvalidInput, "row 2 has 1 cells where there are 2 columns"),
    (b"x\n1\n2\ntwo\n", InvalidInput, "row 3 of column x is a text where most are numbers"),
    (b"x\n\xff\n", MalformedBody, "byte 3 is not UTF-8"),
    (b'x\n"1\n', MalformedBody, "is not CSV"),
    (b"g\na\x00b\n", InvalidInput, "NUL"),
    (b"a,b,c,d,e,f\n1,2,3,4,5,6\n", LimitExceeded, "max_columns"),
    (b"x\n" + b"1\n" * 11, LimitExceeded, "max_rows"),
    (b'"x\ny",' + b",".join(b"k%d" % i for i in range(50_000)) + b"\n", LimitExceeded, "max_columns"),
    (b"x\n" + b"," * 10_000_000, LimitExceeded, "max_columns"),
    (b"," * 10_000_000, LimitExceeded, "max_columns"),
]


@pytest.mark.parametrize(("body", "columns"), READ)
def test_a_table_is_read(body, columns):
    assert columns_of_csv(body, LIMITS) == columns


@pytest.mark.parametrize(("body", "error", "told"), REFUSED)
def test_what_is_no_table_is_refused_telling_the_place(body, error, told):
    with pytest.raises(error, match=told):
        columns_of_csv(body, LIMITS)


def test_a_refusal_does_not_echo_a_cell():
    with pytest.raises(LamplightError) as refusal:
        columns_of_csv(b"x\n1\n2\nsecret\n", LIMITS)
    assert "secret" not in str(refusal.value)


def test_a_refusal_points_to_a_column_whatever_it_is_called():
    with pytest.raises(InvalidInput) as refusal:
        columns_of_csv(b"a/b~c\n1\n2\n3\ntwo\n", LIMITS)
    assert refusal.value.faults[0].pointer == "/data/a~1b~0c/3"
