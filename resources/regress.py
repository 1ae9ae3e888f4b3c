"""POST /regress and GET /regress: a linear model by ordinary or weighted least squares, as R's lm."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from flask_restful import Resource
from pydantic import Field

from kinds.regress import REGRESS, RegressAnswer, RegressSpec
from resources.operation import Operation
from resources.questions import answer_get, answer_post
from resources.tables import TableInput
from resources.work import SecondOpinionAsked


class RegressRequest(RegressSpec):
    """A regression to fit: a formula in R's spelling, and the data or the name of stored data."""

    data: TableInput = None
    dataset: Annotated[str | None, Field(description="The name of stored data, in place of data.")] = None
    predict: Annotated[TableInput, Field(description="New rows to predict.")] = None
    second_opinion: SecondOpinionAsked = False


class RegressQuery(RegressRequest):
    """The same about stored data alone, for GET."""

    dataset: str


EXAMPLE = {
    "formula": "dist ~ speed",
    "data": {"speed": [4, 7, 8, 9, 10, 11], "dist": [2, 4, 16, 10, 18, 17]},
    "predict": {"speed": [12]},
}


class Regress(Resource):
    """Fit a linear model."""

    operations = {  # noqa: RUF012
        "post": Operation("Fit a linear model to the data sent", RegressAnswer, body=RegressRequest, example=EXAMPLE, keeps=True),
        "get": Operation("Fit a linear model to stored data", RegressAnswer, query=RegressQuery, keeps=True),
    }

    def post(self) -> Response:
        return answer_post(RegressRequest, REGRESS)

    def get(self) -> Response:
        return answer_get(RegressQuery, REGRESS)
