"""What is asked of a mixed model beside its fit, told together."""

from __future__ import annotations

import numpy as np
import orjson
import pytest

from kinds.mixed import MixedSpec, answer
from kinds.mixed_answer import MixedAnswer
from science.deadline import no_deadline
from science.limits import Limits
from science.mixed import optimise
from science.table import table_of_columns
from tests.kinds.samples import sample

COUNTS = {"y": [0, 1, 3, 2, 5, 4, 1, 0, 2, 6, 7, 3] * 2, "x": [0, 1, 2] * 8, "g": [f"g{i // 4}" for i in range(24)]}
SLEEPSTUDY = {"formula": "Reaction ~ Days + (Days | Subject)"}
NAMES = {"id": "res_1", "kind": "mixed", "url": "/results/res_1", "engine": "lamplight"}


def told(asked, table, **more):
    with np.errstate(all="ignore"):
        computed = answer(MixedSpec.model_validate(asked), {"data": table, **more}, Limits(), no_deadline())
    answered = orjson.loads(orjson.dumps(NAMES | computed.answer, option=orjson.OPT_SERIALIZE_NUMPY))
    MixedAnswer.model_validate(answered)
    return answered


@pytest.mark.parametrize("intervals", ["profile", "bootstrap"])
def test_a_poisson_model_has_intervals_tests_and_simulations(intervals):
    asked = {"formula": "y ~ x + (1 | g)", "family": "poisson", "intervals": intervals, "samples": 10}
    answered = told(asked | {"f_tests": True, "simulate": 1}, table_of_columns(COUNTS, Limits()))
    assert [row["term"] for row in answered["intervals"]["rows"]] == ["sd_(Intercept)|g", "(Intercept)", "x"]
    assert answered["f_tests"][0]["den_df"] is None
    assert len(answered["simulations"][0]) == 24


def test_everything_at_once_fits_each_model_once(monkeypatch):
    """The model by REML, the same by ML for profile and comparison each, and the other one: four searches."""
    searched = []
    explore = optimise.explore
    monkeypatch.setattr(optimise, "explore", lambda *given: searched.append(given) or explore(*given))
    asked = {"intervals": "profile", "anova": ["Reaction ~ Days + (1 | Subject)"], "f_tests": True, "simulate": 3}
    answered = told(SLEEPSTUDY | asked, sample("sleepstudy"))
    assert len(searched) == 4
    assert len(answered["simulations"]) == 3


def test_a_loop_can_be_compared_too():
    answered = told(
        SLEEPSTUDY | {"method": "em", "iterations": 5, "anova": ["Reaction ~ Days + (1 | Subject)"]}, sample("sleepstudy")
    )
    assert answered["anova"][1]["statistic"] == pytest.approx(42.139, abs=1e-3)
