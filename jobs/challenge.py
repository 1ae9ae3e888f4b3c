"""A model is fitted anew, and the fit is judged beside the one that answers now: both on rows that neither has seen."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import scipy

from errors import InvalidInput, RefitNeeded
from jobs.fraud import Trainer
from jobs.mixed_tf import tensorflow_fit
from jobs.task import Context
from kinds.kind import Judged, Kind, Modelled
from kinds.packing import packed, unpacked
from science.deadline import Deadline
from science.drift import histogram_of, numeric_histogram
from science.guard import Comparison, Guard, compared
from science.limits import Limits
from science.table import Table
from science.version import ENGINE
from store.models import Model
from store.versions import Artifact, NewVersion

LIBRARIES = {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__, "lamplight": ENGINE}
RARE = "tensorflow"  # told where it took part: a child has it only if its job asked for it

Train = Callable[[Any, Table, Limits, Deadline], Any]
# Of kinds that only jobs can fit, because it takes TensorFlow: the model and its job → what trains it.
TRAINERS: Mapping[str, Callable[[Model, Context], Train]] = {"fraud": Trainer}


@dataclass(frozen=True)
class Challenger:
    """A new fit, of all rows, and the fit of the rows not held back (`judged`), which may be the same."""

    fit: Any
    judged: Any
    verdict: Judged | None  # None: nothing could be held back
    excuse: str  # why it was not judged


@dataclass(frozen=True)
class Decision:
    """What comes of it. figures: JSON of what was decided by."""

    promote: bool
    reason: str
    figures: dict[str, Any]


def challenger_of(kind: Kind, asked: Any, model: Model, rest: Table, held: Table, table: Table, context: Context) -> Challenger:
    """Fit to the rows not held back and judge that, then fit to all rows. Raises what fitting raises."""
    modelled = _modelled(kind)
    train = _train(kind, asked, model, context)
    judged, verdict, excuse = _judged(modelled, train, asked, rest, held, context)
    if judged is not None and not modelled.whole:
        return Challenger(judged, judged, verdict, excuse)
    context.report(0.5)
    fit = train(asked, table, context.limits, context.deadline)
    return Challenger(fit, judged, verdict, excuse)


def decided(kind: Kind, challenger: Challenger, champion: Judged | str, guard: Guard) -> Decision:
    """Decide whether the challenger answers from now on. champion: how it was judged, or why there is none to compare with."""
    figures: dict[str, Any] = {"challenger": challenger.verdict and challenger.verdict.metrics}
    if not _modelled(kind).finite(challenger.fit):
        return Decision(False, "a number that predictions are made of is not finite", figures)
    if isinstance(champion, str):
        against = _objection(_modelled(kind), challenger.verdict)
        return Decision(not against, against or champion, figures)
    figures["champion"] = champion.metrics
    if challenger.verdict is None:
        return Decision(False, f"{challenger.excuse}; so the version that answers stays", figures)
    comparison = (_modelled(kind).compare or _by_losses)(champion, challenger.verdict, guard)
    return Decision(comparison.no_worse, comparison.reason, figures | {"comparison": _told(comparison, guard)})


def champion_of(kind: Kind, stored: Artifact, rest: Table, held: Table, limits: Limits) -> Judged | str:
    """Judge the version that answers now on the same rows; or say why it cannot be."""
    modelled = _modelled(kind)
    try:
        return modelled.judge(unpacked(modelled, stored.document, stored.arrays), rest, held, limits)
    except RefitNeeded:
        return "the version that answers cannot be read any more"
    except InvalidInput as error:
        return f"the version that answers cannot predict these data: {error.detail}"


def carried_on(
    kind: Kind, stored: Artifact, judged: Artifact, verdict: Judged, table: Table, limits: Limits
) -> Challenger | None:
    """Let the version that answers go on from the end of these rows, judged as it was; None where that changes nothing, or fails.

    stored: its fit that predicts; judged: the one it is judged by, tonight and later, which stays.
    """
    modelled = _modelled(kind)
    if modelled.carry is None:
        return None
    try:
        fit = modelled.carry(unpacked(modelled, stored.document, stored.arrays), table, limits)
    except (InvalidInput, RefitNeeded):
        return None
    return Challenger(fit, unpacked(modelled, judged.document, judged.arrays), verdict, "") if modelled.finite(fit) else None


def new_version(
    kind: Kind, model: Model, table: Table, fingerprint: str, challenger: Challenger, decision: Decision, limits: Limits
) -> NewVersion:
    """Write a challenger down."""
    modelled = _modelled(kind)
    separate = challenger.judged is not None and challenger.judged is not challenger.fit
    return NewVersion(
        model_id=model.id,
        revision=model.revision,
        promoted=decision.promote,
        kind=kind.name,
        spec=model.spec,
        dataset=model.dataset,
        fingerprint=fingerprint,
        rows=table.rows,
        engine=ENGINE,
        libraries=LIBRARIES | ({RARE: sys.modules[RARE].__version__} if RARE in sys.modules else {}),
        artifact=Artifact(*packed(modelled, challenger.fit)),
        judged=Artifact(*packed(modelled, challenger.judged)) if separate else None,
        summary=_json(modelled.told(challenger.fit)),
        metrics=_json(challenger.verdict.metrics if challenger.verdict else {}),
        statistics=_json(statistics_of(modelled, challenger.fit, table, limits)),
    )


def statistics_of(modelled: Modelled, fit: Any, table: Table, limits: Limits) -> dict[str, Any]:
    """Count the columns that a fit is made of, and what it predicts of these rows: what drift is measured against."""
    columns = {name: histogram_of(table[name]).to_json() for name in modelled.columns(fit) if name in table}
    score = None if modelled.scores is None else numeric_histogram(modelled.scores(fit, table, limits)).to_json()
    return {"rows": table.rows, "columns": columns, "score": score}


def _train(kind: Kind, asked: Any, model: Model, context: Context) -> Train:
    if getattr(asked, "backend", "numpy") == "tensorflow":
        return tensorflow_fit
    return _modelled(kind).fit or TRAINERS[kind.name](model, context)


def _judged(
    modelled: Modelled, train: Train, asked: Any, rest: Table, held: Table, context: Context
) -> tuple[Any, Judged | None, str]:
    if not held.rows:
        return None, None, "no row was held back to judge by"
    try:
        fit = train(asked, rest, context.limits, context.deadline)
    except InvalidInput as error:
        return None, None, f"without the rows held back it could not be fitted: {error.detail}"
    return fit, modelled.judge(fit, rest, held, context.limits), ""


def _objection(modelled: Modelled, verdict: Judged | None) -> str | None:
    return None if modelled.objection is None or verdict is None else modelled.objection(verdict)


def _by_losses(champion: Judged, challenger: Judged, guard: Guard) -> Comparison:
    return compared(champion.losses, challenger.losses, guard, scale=challenger.scale)


def _modelled(kind: Kind) -> Modelled:
    assert kind.model is not None  # whoever stored the model has checked
    return kind.model


def _told(comparison: Any, guard: Guard) -> dict[str, Any]:
    return {**vars(comparison), "tolerance": guard.tolerance, "confidence": guard.confidence}


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
