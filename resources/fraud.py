"""POST /fraud: payments scored by a detector, each with the reasons for its score."""

from __future__ import annotations

from typing import Annotated

from flask import Response, request
from flask_restful import Resource
from pydantic import Field

from errors import LamplightError
from kinds.fraud_scoring import PaymentsToScore
from resources.body import CSV, read_body
from resources.caller import confirm, reading_caller
from resources.fraud_scoring import FraudAnswer, answering, fields_of_payments, scored
from resources.operation import Operation
from resources.service import service
from resources.validation import validated

SAMPLE = "cards"


class FraudRequest(PaymentsToScore):
    """Payments to score, and the detector to do it: the site's own, or the sample one."""

    model: Annotated[str, Field(max_length=63, description="The name of a model of kind fraud; cards is a sample.")]


EXAMPLE = {
    "model": SAMPLE,
    "transactions": [{"id": "t1", **{f"V{number}": 0.1 for number in range(1, 29)}, "Amount": 149.62}],
    "threshold": {"mode": "alert_rate", "value": 0.01},
    "reasons": 3,
}


class Fraud(Resource):
    """Score payments."""

    operations = {  # noqa: RUF012
        "post": Operation(
            "Score payments with the live version of a detector",
            FraudAnswer,
            body=FraudRequest,
            example=EXAMPLE,
            statuses={200: "The scores, in the order of the payments"},
            also=(CSV,),
        )
    }

    def post(self) -> Response:
        this = service()
        try:
            asker = reading_caller(this)
            body = read_body(request, this.settings.max_body_bytes)
            asked = validated(FraudRequest, fields_of_payments(request, body, this))
            return scored(asked.model, asked, answering(asked.model, asker, this), asker, this)
        except LamplightError:
            confirm(this)  # a key that is dead is told that before anything else
            raise
