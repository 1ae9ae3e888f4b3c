import time

import pytest

from science.design.coding import coding

Y, A, B, X = range(4)  # variables: A and B are factors


@pytest.mark.parametrize(
    ("terms", "intercept", "full"),  # the parts that R 4.2.2 codes by a column for each level: attr(terms, "factors") == 2
    [
        ([(A,), (B,)], True, []),
        ([(A,), (B,)], False, [(0, A)]),
        ([(A, B)], True, [(0, A), (0, B)]),
        ([(A,), (A, B)], True, [(1, A)]),
        ([(B,), (A, B)], True, [(1, B)]),
        ([(A,), (B,), (A, B)], True, []),
        ([(X, A)], True, [(0, A)]),
        ([(X,), (X, A)], True, []),
        ([(X, B), (X, A)], False, [(0, B)]),
        ([(X,), (A,)], False, [(1, A)]),
    ],
)
def test_a_factor_gets_all_its_levels_where_r_gives_them(
    terms: list[tuple[int, ...]], intercept: bool, full: list[tuple[int, int]]
) -> None:
    coded = coding(terms, lambda variable: variable in (A, B), intercept)
    assert [(at, variable) for at, term in enumerate(coded) for variable, all_levels in term if all_levels] == full


def test_five_hundred_terms_are_coded_quickly() -> None:
    terms = [(i,) for i in range(30)] + [(i, j) for i in range(30) for j in range(i)]
    started = time.process_time()
    coding(terms, lambda _: True, intercept=True)
    assert time.process_time() - started < 0.1  # 2 ms when nothing else runs
