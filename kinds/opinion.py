"""A second opinion as it is told: how far another program's numbers are from ours."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from science.opinion import Opinion


class Agreement(BaseModel):
    """One group of numbers, and the largest relative difference in it."""

    numbers: str
    compared: int
    largest_relative_difference: float
    at: Annotated[str | None, Field(description="The number that differs most.")]


class SecondOpinion(BaseModel):
    """What statsmodels says of the same model."""

    by: str
    agreement: list[Agreement]
    untold: Annotated[list[str], Field(description="What statsmodels cannot tell, or tells by another definition.")]
    said: Annotated[list[str], Field(description="Its own words about its fit.")]


def opinion_told(opinion: Opinion) -> dict[str, object]:
    """Present an opinion."""
    agreement = [
        {"numbers": each.numbers, "compared": each.compared, "largest_relative_difference": each.largest, "at": each.at}
        for each in opinion.differences()
    ]
    return {"by": opinion.by, "agreement": agreement, "untold": list(opinion.untold), "said": list(opinion.said)}
