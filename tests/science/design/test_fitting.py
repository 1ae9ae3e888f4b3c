"""What a formula is refused for by the columns of the data alone: nothing that R fits, and what it would not find."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from errors import FormulaError
from science.design.fitting import check_effects, check_formula, check_response
from science.formula import parse
from science.table import Factor, Table
from tests.science.formula.tables import LIMITS, REFERENCE, reference_table

WHOLE = reference_table("data")
NO_ROWS = np.empty(0, dtype=np.intp)
DATA = Table(
    {
        name: replace(column.take(NO_ROWS), levels=column.levels if "TRUE" in column.levels else ("a text",))
        if isinstance(column, Factor)
        else column.take(NO_ROWS)
        for name, column in WHOLE.columns.items()
    },
    0,
)


def check(formula: str) -> None:
    tree = parse(formula, LIMITS)
    check_response(tree, DATA, LIMITS)
    check_formula(tree, DATA, LIMITS)


@pytest.mark.parametrize("formula", [case["formula"] for case in REFERENCE["cases"]])
def test_nothing_that_r_fits_is_refused(formula: str) -> None:
    check(formula)


@pytest.mark.parametrize(
    ("formula", "reason", "wrong"),
    [
        ("y ~ x + zz", "no column zz", "zz"),
        ("yy ~ x", "no column yy; did you mean y?", "yy"),
        ("y ~ x * Z", "no column Z; did you mean z?", "Z"),
        ("y ~ log(xx)", "no column xx", "xx"),
        ("y ~ poly(xx, 2)", "no column xx", "xx"),
        ("y ~ factor(kk)", "no column kk", "kk"),
        ("y ~ x:I(z^2 + qq)", "no column qq", "qq"),
        ("y ~ ifelse(a == 'p', x, zz)", "no column zz", "zz"),
        ("y ~ log(a)", "a is a factor where numbers are needed", "a)"),
        ("y ~ scale(g)", "g is a factor where numbers are needed", "g)"),
        ("y ~ I(x + a)", "a is a factor where numbers are needed", "a)"),
        ("y ~ I(a > 2)", "a is a factor where numbers are needed", "a >"),
        ("y ~ pmax(x, g)", "g is a factor where numbers are needed", "g)"),
        ("y ~ lgo(x)", "lgo() is not known here", "lgo"),
        ("a ~ x", "the response must be numeric and a is a factor", "a ~"),
        ("l ~ x", "the response must be numeric and l is true or false", "l ~"),
        ("log(a) ~ x", "a is a factor where numbers are needed", "a)"),
        ("y ~ x + (1 | g)", "random effects", "(1"),
        ("~ x", "the response is missing", None),
        ("y ~ 0", "nothing is left to fit", "0"),
    ],
)
def test_what_is_not_there_or_of_another_type_is_refused_at_its_place(formula: str, reason: str, wrong: str | None) -> None:
    with pytest.raises(FormulaError) as refused:
        check(formula)
    assert reason in refused.value.detail
    if wrong is not None:
        assert refused.value.position == formula.index(wrong)


@pytest.mark.parametrize(
    "formula", ["y ~ I(a == 'p')", "y ~ l + I(l * x)", "y ~ is.na(a)", "y ~ C(a, contr.sum)", "y ~ I(g %in% c('a'))"]
)
def test_texts_may_be_compared_counted_and_coded(formula: str) -> None:
    check(formula)


def test_the_effects_of_a_bar_are_terms() -> None:
    effects = parse("~ 0 + x * a + I(z^2)", LIMITS).predictors
    check_effects(effects, DATA, "~ 0 + x * a + I(z^2)", LIMITS)
    wrong = parse("~ x * (a + nothing)", LIMITS).predictors
    with pytest.raises(FormulaError, match="no column nothing"):
        check_effects(wrong, DATA, "~ x * (a + nothing)", LIMITS)
