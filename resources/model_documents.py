"""What requests about models say, and what is told of models, versions and runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kinds import KINDS
from resources.fraud_card import FraudCard
from store.models import Age, Model
from store.runs import Run
from store.versions import Version

SHOWN_RUNS = 30  # with a model: a month of nights
MODELLED = tuple(kind.name for kind in KINDS.values() if kind.model is not None)


class GuardInput(BaseModel):
    """When a new fit is worse than the one that answers: by more than the tolerance, and by more than chance."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tolerance: Annotated[float, Field(ge=0, le=10, description="Of the mean loss: 0.02 lets it grow by 2 %.")] = 0.02
    confidence: Annotated[float, Field(ge=0.5, le=0.9999, description="Of the paired test; 0.5 looks at the means alone.")] = 0.95


class ModelRequest(BaseModel):
    """A model to keep: a question without its data, the stored data it is asked of, and when it is asked again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Annotated[str, Field(description=f"One of {', '.join(MODELLED)}.")]
    spec: Annotated[dict[str, Any], Field(description="What a request of this kind says, without its data.")]
    dataset: Annotated[str, Field(description="The name of stored data.")]
    refit: Literal["nightly", "weekly", "manual"] = "nightly"
    holdout: Annotated[float, Field(ge=0, le=0.5, description="The share of the rows that fits are judged by.")] = 0.2
    guard: GuardInput = GuardInput()
    public: Annotated[bool, Field(description="May publishable keys ask it for predictions?")] = False


class VersionAnswer(BaseModel):
    """A fit that is kept. summary: what the fit says, as its kind tells it; metrics: how it did on the rows held back."""

    number: int
    live: bool
    promoted: bool
    fitted_at: datetime
    dataset: str
    fingerprint: str
    rows: int
    spec: dict[str, Any]
    engine: str
    libraries: dict[str, str]
    digest: str
    metrics: dict[str, Any]
    summary: dict[str, Any]


class RunAnswer(BaseModel):
    """One refit: what was decided, and by which figures."""

    id: int
    model: str
    date: date
    trigger: Literal["night", "asked"]
    state: Literal["queued", "promoted", "kept", "unchanged", "failed"]
    reason: str | None
    version: int | None
    figures: dict[str, Any]
    job: str | None
    created_at: datetime
    finished_at: datetime | None


class ModelAnswer(BaseModel):
    """A model. version: the one that answers, null before the first refit; age_seconds, metrics: its own."""

    name: str
    url: str
    kind: str
    spec: dict[str, Any]
    dataset: str
    refit: Literal["nightly", "weekly", "manual"]
    holdout: float
    guard: GuardInput
    public: bool
    created_at: datetime
    changed_at: datetime
    version: int | None
    fitted_at: datetime | None
    checked_at: datetime | None
    age_seconds: float | None
    metrics: dict[str, Any] | None
    stale: bool


class DriftSummary(BaseModel):
    """How far the data are now from those that the live version was fitted to: null where nothing can be told."""

    verdict: Literal["stable", "moderate", "large"] | None
    worst: str | None
    psi: float | None


class ModelPage(ModelAnswer):
    """A model with its live version, its last runs, and how far its data have drifted."""

    live: VersionAnswer | None
    drift: DriftSummary | None
    card: Annotated[FraudCard | None, Field(description="Of a detector of fraud: how it was learned, and how it does.")]
    runs: list[RunAnswer]


class ModelList(BaseModel):
    models: list[ModelAnswer]


class VersionList(BaseModel):
    """Versions that are kept, newest first."""

    versions: list[VersionAnswer]


class RunList(BaseModel):
    """Runs, newest first; `next` is null on the last page."""

    runs: list[RunAnswer]
    next: int | None


def model_told(model: Model, age: Age, version: int | None) -> dict[str, object]:
    return {
        "name": model.name,
        "url": f"/models/{model.name}",
        **{name: getattr(model, name) for name in ("kind", "spec", "dataset", "refit", "holdout")},
        "guard": GuardInput(**model.guard).model_dump(),
        **{name: getattr(model, name) for name in ("public", "created_at", "changed_at")},
        "version": version,
        "fitted_at": age.fitted_at,
        "checked_at": age.checked_at,
        "age_seconds": age.seconds,
        "metrics": age.metrics,
        "stale": age.stale,
    }


def version_told(version: Version, live: int | None) -> dict[str, object]:
    same = ("number", "promoted", "dataset", "fingerprint", "rows", "spec", "engine", "libraries", "digest", "metrics", "summary")
    told: Mapping[str, object] = {name: getattr(version, name) for name in same}
    return {**told, "live": version.id == live, "fitted_at": version.created_at}


def run_told(run: Run) -> dict[str, object]:
    return {name: getattr(run, name) for name in RunAnswer.model_fields}
