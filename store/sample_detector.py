"""The sample detector of fraud, trained on the sample payments: files that come with the code, and no row of any table."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from errors import RefitNeeded
from store.samples import FOLDER
from store.versions import Artifact

NAME = "cards"
DATASET = "payments"
DOCUMENT, ARRAYS = FOLDER / "cards.json", FOLDER / "cards.npz"


@dataclass(frozen=True)
class SampleDetector:
    """A version as the table of versions would keep it."""

    fitted_at: datetime
    artifact: Artifact
    told: dict[str, Any]  # spec, rows, summary, metrics


@cache
def sample_detector() -> SampleDetector:
    """Read the sample detector, once in a process. Raises RefitNeeded when its files are not those that were written."""
    told = json.loads(DOCUMENT.read_text())
    artifact = Artifact(told.pop("document").encode(), ARRAYS.read_bytes())
    if artifact.digest != told["digest"]:
        raise RefitNeeded("the sample detector's files are damaged; install this release again")
    return SampleDetector(datetime.fromisoformat(told["fitted_at"]), artifact, told)


def write(artifact: Artifact, fitted_at: datetime, told: dict[str, Any], *, document: Path, arrays: Path) -> None:
    """Write a sample detector, as sample_detector reads it."""
    whole = {**told, "fitted_at": fitted_at.isoformat(), "digest": artifact.digest, "document": artifact.document.decode()}
    document.write_text(json.dumps(whole) + "\n")
    arrays.write_bytes(artifact.arrays)


def payments() -> dict[str, list[float]]:
    """Read the sample payments: columns by name."""
    names, *rows = csv.reader((FOLDER / f"{DATASET}.csv").read_text().splitlines())
    return {name: list(map(float, column)) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
