"""Answers of /mixed and what their pictures need, as the wire makes them of fits of lme4's data sets."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson

from kinds.mixed_answer import Extras, answer_of, picture_of
from science.deadline import no_deadline
from science.mixed import Spec, Variances, analyse, profile
from science.table import Table
from tests.science.mixed.data import LIMITS, table

SLEEPSTUDY = "Reaction ~ Days + (Days | Subject)"
GIVEN = Variances({"Subject": ((612.1, 9.6), (9.6, 35.07))}, 655.0)


@cache
def answered(formula: str, name: str, *, profiled: bool = False, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answer and the picture of a published data set."""
    return answer_to(Spec(formula, **options), table(name), profiled=profiled)


def answer_to(spec: Spec, data: Table, *, profiled: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    analysis = analyse(spec, data, LIMITS, no_deadline())
    extras = Extras(profile(analysis, LIMITS, no_deadline()) if profiled else None)
    return _sent(answer_of(analysis.fit, None, extras, residuals=False)), _sent(picture_of(analysis.fit, data, extras))


def _sent(value: dict[str, object]) -> dict[str, Any]:
    sent: dict[str, Any] = orjson.loads(orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY))
    return sent
