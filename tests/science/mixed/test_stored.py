"""A fit travels as JSON and arrays."""

from __future__ import annotations

import json

import numpy as np
import pytest

from errors import RefitNeeded
from science.mixed.predict import predict
from science.mixed.spec import Variances
from science.mixed.stored import from_parameters, to_parameters
from tests.science.mixed.data import LIMITS, fitted, sleepstudy, table

GIVEN = Variances({"Subject": ((612.1, 9.7), (9.7, 35.07))}, 654.94)
FITS = [
    ("Reaction ~ Days + (Days | Subject)", "sleepstudy", {}),
    ("Reaction ~ Days + (Days | Subject)", "sleepstudy", {"variances": GIVEN}),
    ("diameter ~ 1 + (1 | plate) + (1 | sample)", "Penicillin", {}),
    ("strength ~ 1 + (1 | batch/cask)", "Pastes", {"df": "kenward-roger"}),
    ("cbind(incidence, size - incidence) ~ period + (1 | herd)", "cbpp", {"family": "binomial"}),
]


@pytest.mark.parametrize(("formula", "name", "options"), FITS)
def test_a_fit_comes_back_and_predicts_the_same(formula, name, options):
    fit = fitted(formula, table(name), **options)
    document, arrays = to_parameters(fit)
    back = from_parameters(json.loads(json.dumps(document)), arrays)
    one, other = (predict(each, table(name), LIMITS) for each in (fit, back))
    np.testing.assert_array_equal(one.fit, other.fit)
    np.testing.assert_allclose(one.std_error, other.std_error, rtol=1e-12)
    assert back.spec == fit.spec
    assert back.fit == fit.fit
    assert back.warnings == fit.warnings
    assert back.term_recipes == fit.term_recipes


def test_the_arrays_need_no_pickle():
    _, arrays = to_parameters(sleepstudy())
    assert all(array.dtype != object for array in arrays.values())


def test_an_unknown_format_asks_for_a_new_fit():
    document, arrays = to_parameters(sleepstudy())
    with pytest.raises(RefitNeeded):
        from_parameters({**document, "format": 99}, arrays)


def test_an_unknown_part_asks_for_a_new_fit():
    with pytest.raises(RefitNeeded):
        from_parameters({"format": 1, "fit": {"type": "Popen", "fields": {}}}, {})


@pytest.mark.parametrize("damage", ["array", "field", "fit"])
def test_a_damaged_fit_asks_for_a_new_one(damage):
    document, arrays = to_parameters(sleepstudy())
    if damage == "array":
        del arrays["a0"]
    if damage == "field":
        del document["fit"]["fields"]["posterior"]
    with pytest.raises(RefitNeeded, match="part"):
        from_parameters(document if damage != "fit" else {"format": 1}, arrays)
