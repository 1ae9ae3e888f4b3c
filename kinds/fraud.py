"""A detector of fraud: what can be asked of it. It is no question answered at once: it is kept as a model, which jobs train."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from errors import InvalidInput
from kinds.kind import Computed, Kind, Tables
from science.deadline import Deadline
from science.fraud import spec as science
from science.limits import Limits
from science.table import Table

POSTED_LABEL, RAISED_ALERT = "(posted label)", "(raised alert)"  # columns that feedback adds to the data trained on

Name = Annotated[str, Field(min_length=1, max_length=200)]


class FraudSpec(BaseModel):
    """A detector of payments that are unlike legitimate ones, or of any rows that are unlike the usual ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: Annotated[
        list[Name], Field(min_length=1, max_length=science.MOST_COLUMNS, description="The numbers that a payment is scored by.")
    ]
    label: Annotated[
        Name | None,
        Field(description="A column: 1 is fraud, 0 legitimate, null unknown. To judge by, and to keep frauds out of training."),
    ] = None
    time: Annotated[Name | None, Field(description="A number that orders the rows: the newest are held back.")] = None
    weight: Annotated[Name | None, Field(description="A column: how many payments a row stands for.")] = None
    alerted: Annotated[
        Name | None, Field(description="A column: 1 where an alert was raised. Such rows are not trained on unless labelled 0.")
    ] = None
    null_label: Annotated[
        Literal["drop", "fill"], Field(description="Rows without a label are left out, or trained on and never judged by.")
    ] = "drop"
    amounts: Annotated[
        Literal["auto"] | list[Name],
        Field(description="Columns whose logarithm is taken; auto: those that are skewed and never negative."),
    ] = "auto"
    trim: Annotated[
        list[Annotated[float, Field(ge=0, le=science.LARGEST_TRIM)]],
        Field(
            min_length=1,
            max_length=science.MOST_TRIMS,
            description="Shares of the strangest rows to leave out; the holdout chooses one.",
        ),
    ] = [0.0, 0.005, 0.02, 0.05]
    detector: Annotated[
        Literal["auto", "mahalanobis"], Field(description="auto: an autoencoder's ensemble if it does no worse than mahalanobis.")
    ] = "auto"
    supervised: Annotated[bool, Field(description="Learn a calibrated probability from the labels, beside the score.")] = False
    widths: Annotated[
        Literal["auto"] | list[Annotated[int, Field(ge=1, le=science.MOST_WIDTH)]],
        Field(description="Of the autoencoder's hidden layers, down to the narrowest."),
    ] = "auto"
    epochs: Annotated[int, Field(ge=1, le=science.MOST_EPOCHS)] = 40
    batch: Annotated[int, Field(ge=8, le=science.MOST_BATCH)] = 256
    learning_rate: Annotated[float, Field(ge=1e-6, le=1)] = 1e-3
    dropout: Annotated[float, Field(ge=0, le=0.9)] = 0.2
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    tensorboard: Annotated[bool, Field(description="Write each epoch's losses to the server's TensorBoard.")] = False

    @model_validator(mode="after")
    def _makes_sense(self) -> FraudSpec:
        """Raise science's InvalidInput, which names the field, for columns that contradict each other."""
        spec_of(self)
        return self


def spec_of(asked: FraudSpec, table: Table | None = None) -> science.FraudSpec:
    """Turn what was asked into the question that science answers; with what feedback added to a table, if it did.

    Raises InvalidInput naming the field.
    """
    fields = asked.model_dump(exclude={"tensorboard"})
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    if table is not None and POSTED_LABEL in table:  # rows that nobody labelled are what there is to train on
        fields |= {"label": POSTED_LABEL, "null_label": "fill" if asked.label is None else asked.null_label}
    if table is not None and RAISED_ALERT in table:
        fields["alerted"] = RAISED_ALERT
    return science.FraudSpec(**fields)


def answer(asked: FraudSpec, tables: Tables, limits: Limits, deadline: Deadline) -> Computed:
    """Refuse: training takes longer than a request may."""
    raise InvalidInput("a detector of fraud is trained as a model: PUT /models/<name> with kind fraud", field="kind")


FRAUD = Kind("fraud", asks=FraudSpec, decides=spec_of, answer=answer)
