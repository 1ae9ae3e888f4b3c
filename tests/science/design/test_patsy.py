"""Generated formulas, ours beside patsy's: the same columns where the codings agree, the same column space always."""

from typing import Any

import numpy as np
import pandas as pd
import patsy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from science.design import Design, build
from science.formula import expand, parse
from science.table import table_of_columns
from tests.science.formula.tables import LIMITS

ROWS = 60
rng = np.random.default_rng(7)
COLUMNS: dict[str, list[Any]] = {
    "y": rng.normal(size=ROWS).tolist(),
    "x": rng.normal(size=ROWS).tolist(),
    "z": rng.uniform(1, 3, size=ROWS).tolist(),
    "a": rng.choice(["p", "q", "r"], ROWS).tolist(),
    "b": rng.choice(["u", "v"], ROWS).tolist(),
    "c": rng.choice(["k", "l", "m", "n"], ROWS).tolist(),
}
TABLE = table_of_columns(COLUMNS, LIMITS)
FRAME = pd.DataFrame(COLUMNS)

variables = st.sampled_from(["x", "z", "a", "b", "c", "log(z)", "I(x ** 2)", "I(x + z)"])
terms = st.recursive(
    variables,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" + ", ":", " * ", " / "]), inner).map(lambda t: f"({''.join(t)})"),
        inner.map(lambda one: f"({one} + a) ** 2"),
    ),
    max_leaves=4,
)
formulas = st.tuples(terms, st.sampled_from(["", " - 1", " + 0", " + x", " - a:b", " + b", " - b - x + sin(x)"])).map("".join)


def ours(formula: str) -> Design:
    return build(f"y ~ {formula}", TABLE, LIMITS)


def theirs(formula: str) -> Any:
    return patsy.dmatrix(formula.replace("log(", "np.log(").replace("sin(", "np.sin("), FRAME, return_type="matrix")


def renamed(names: list[str]) -> list[str]:
    """patsy's a[T.q] is aq in R, a[p] is ap, and its powers are **."""
    plain = [name.replace("[T.", "").replace("[", "").replace("]", "").replace("np.", "").replace(" ** ", "^") for name in names]
    return ["(Intercept)" if name == "Intercept" else name for name in plain]


def codings_agree(formula: str) -> bool:
    """R takes what is left of a term as covered when an earlier term holds it and more; patsy wants the very thing."""
    found = expand(parse(f"y ~ {formula}", LIMITS), (), LIMITS)
    terms = [frozenset(term) for term in found.terms]
    rests = [(term - {one}, terms[:at]) for at, term in enumerate(terms) for one in term if len(term) > 1]
    return all(rest in earlier or not any(rest < term for term in earlier) for rest, earlier in rests)


def projection(X: Any) -> Any:
    U, s, _ = np.linalg.svd(np.asarray(X), full_matrices=False)
    kept = U[:, s > 1e-9 * s[0]]
    return kept @ kept.T


@settings(max_examples=300, deadline=None)
@given(formulas)
def test_the_column_space_is_patsys(formula: str) -> None:
    other = theirs(formula)
    assume(0 < other.shape[1] <= ROWS // 2 and codings_agree(formula))
    np.testing.assert_allclose(projection(ours(formula).X), projection(other), atol=1e-8)


@settings(max_examples=300, deadline=None)
@given(formulas)
def test_a_column_of_the_same_name_has_the_same_values(formula: str) -> None:
    other = theirs(formula)
    assume(other.shape[1] > 0)
    design = ours(formula)
    values = dict(zip(renamed(other.design_info.column_names), np.asarray(other).T, strict=True))
    shared = [name for name in design.columns if name in values]
    assume(shared)
    for name in shared:
        np.testing.assert_allclose(design.X[:, design.columns.index(name)], values[name], rtol=1e-13)
