"""POST /mixed and GET /mixed: linear and generalized linear mixed models, as R's lmer, glmer and lmerTest."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from flask_restful import Resource
from pydantic import Field

from kinds.mixed import MIXED, MixedSpec
from kinds.mixed_answer import MixedAnswer
from resources.operation import Operation
from resources.questions import answer_get, answer_post
from resources.tables import TableInput
from resources.work import SecondOpinionAsked


class MixedRequest(MixedSpec):
    """A mixed model to fit: a formula in lme4's spelling, and the data or the name of stored data."""

    data: TableInput = None
    dataset: Annotated[str | None, Field(description="The name of stored data, in place of data.")] = None
    predict: Annotated[TableInput, Field(description="New rows to predict; a new level is predicted for the population.")] = None
    second_opinion: SecondOpinionAsked = False


class MixedQuery(MixedRequest):
    """The same about stored data alone, for GET."""

    dataset: str


EXAMPLE = {
    "formula": "weight ~ day + (1 | chick)",
    "data": {
        "weight": [42, 51, 59, 64, 40, 49, 58, 72, 43, 39, 55, 67],
        "day": [0, 2, 4, 6, 0, 2, 4, 6, 0, 2, 4, 6],
        "chick": ["a", "a", "a", "a", "b", "b", "b", "b", "c", "c", "c", "c"],
    },
}


class Mixed(Resource):
    """Fit a mixed model."""

    operations = {  # noqa: RUF012
        "post": Operation("Fit a mixed model to the data sent", MixedAnswer, body=MixedRequest, example=EXAMPLE, keeps=True),
        "get": Operation("Fit a mixed model to stored data", MixedAnswer, query=MixedQuery, keeps=True),
    }

    def post(self) -> Response:
        return answer_post(MixedRequest, MIXED)

    def get(self) -> Response:
        return answer_get(MixedQuery, MIXED)
