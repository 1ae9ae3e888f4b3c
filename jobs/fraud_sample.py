"""`python -m jobs.fraud_sample`: train the sample detector anew, and write it where the web process finds it. For releases."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import Any

import orjson

from jobs.challenge import LIBRARIES
from jobs.fraud import peak_mb, shares_of_strangest
from kinds import KINDS
from kinds.fraud import FraudSpec, spec_of
from kinds.fraud_model import Kept
from kinds.packing import packed
from science.deadline import Deadline
from science.fraud.train import fit
from science.limits import Limits
from science.table import Table, table_of_columns
from science.version import ENGINE
from store import sample_detector
from store.versions import Artifact

SPEC = {
    "columns": [*(f"V{number}" for number in range(1, 29)), "Amount"],
    "label": "Class",
    "time": "Time",
    "weight": "weight",
    "supervised": True,
}
HOLDOUT = 0.2
SECONDS = 600.0


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    asked, limits = FraudSpec.model_validate(SPEC), Limits()
    model = KINDS["fraud"].model
    assert model is not None
    table = table_of_columns(sample_detector.payments(), limits)
    rest, held = model.split(asked, table, HOLDOUT)
    kept = trained(asked, rest, limits)
    artifact, figures = Artifact(*packed(model, kept)), told(kept, table, held, rest, model, limits)
    files = {"document": sample_detector.DOCUMENT, "arrays": sample_detector.ARRAYS}
    sample_detector.write(artifact, datetime.now(UTC), figures, **files)
    print(f"{kept.fit.used}: {figures['metrics']}; {peak_mb()} MB at most")


def trained(asked: FraudSpec, table: Table, limits: Limits) -> Kept:
    deadline = Deadline(time.monotonic() + SECONDS, time.monotonic)
    fitted = fit(spec_of(asked), table, limits, deadline, lambda part: None)
    return Kept(fitted, shares_of_strangest(fitted, table, limits))


def told(kept: Kept, table: Table, held: Table, rest: Table, model: Any, limits: Limits) -> dict[str, object]:
    """Everything that a version keeps but its arrays, as JSON."""
    plain = {
        "spec": SPEC,
        "holdout": HOLDOUT,
        "rows": table.rows,
        "fingerprint": table.fingerprint,
        "engine": ENGINE,
        "libraries": LIBRARIES,
        "summary": model.told(kept),
        "metrics": model.judge(kept, rest, held, limits).metrics,
    }
    read: dict[str, object] = orjson.loads(orjson.dumps(plain, option=orjson.OPT_SERIALIZE_NUMPY))
    return read


if __name__ == "__main__":
    main()
