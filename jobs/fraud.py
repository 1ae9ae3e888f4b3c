"""What jobs alone do for a detector of fraud: train it, which takes TensorFlow, with what became of the payments it scored."""

from __future__ import annotations

import hashlib
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from jobs.task import Context
from kinds.fraud import FraudSpec, spec_of
from kinds.fraud_feedback import Feedback, columns_digest, feedback_of, with_feedback
from kinds.fraud_model import Kept
from science.deadline import Deadline
from science.fraud.fit import Fit, score, shares
from science.fraud.prepare import rows_of, windows_of
from science.fraud.train import fit
from science.limits import Limits
from science.table import FloatArray, Table
from store import payments
from store.models import Model

MOST_FEEDBACK = 50_000  # newest payments: 12 MB of 30 columns
STRANGEST = 0.02  # of the holdout: whose reasons are told of the model
KILOBYTES = 1024 if sys.platform == "linux" else 1024 * 1024  # of ru_maxrss, in a megabyte


@dataclass(frozen=True)
class Trainer:
    """Trains one model within one job."""

    model: Model
    context: Context

    def __call__(self, asked: FraudSpec, table: Table, limits: Limits, deadline: Deadline) -> Kept:
        """Fit to a table. Raises InvalidInput, DeadlineExceeded."""
        spec = spec_of(asked, table)
        fitted = fit(spec, table, limits, deadline, self._progress, self._scalars(asked))
        self.context.report(line=f"trained {fitted.used} on {fitted.trained.rows} rows; {peak_mb()} MB at most")
        return Kept(fitted, shares_of_strangest(fitted, table, limits))

    def _progress(self, part: float) -> None:
        self.context.report(0.1 + 0.7 * part)

    def _scalars(self, asked: FraudSpec) -> Path | None:
        """The folder of a model that wants its losses shown, where the server has one for that."""
        folder = self.context.settings.tensorboard
        return Path(folder) / f"model-{self.model.id}" if asked.tensorboard and folder else None


@dataclass(frozen=True)
class Learned:
    """What became of a model's payments, to be put into its data."""

    asked: FraudSpec
    feedback: Feedback

    def into(self, table: Table) -> Table:
        return with_feedback(self.asked, table, self.feedback)

    def named(self, fingerprint: str | None) -> str | None:
        """The fingerprint of the data with this in them; None where that of the data is not known."""
        if fingerprint is None or not len(self.feedback.X):
            return fingerprint
        return hashlib.sha256(f"{fingerprint} {self.feedback.fingerprint}".encode()).hexdigest()


def learned(connection: Connection, model: Model) -> Learned:
    """Read what became of the payments that a model scored."""
    asked = FraudSpec.model_validate(model.spec)
    found = payments.decided(connection, model.id, columns_digest(asked.columns), MOST_FEEDBACK)
    rows = ((each.numbers, each.time, each.alert, each.fraud) for each in found)
    return Learned(asked, feedback_of(rows, len(asked.columns)))


def peak_mb() -> int:
    """The most memory that this process had in use."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KILOBYTES


def shares_of_strangest(fitted: Fit, table: Table, limits: Limits) -> FloatArray:
    """The share of each column (p,) in the energy of the strangest rows of the holdout."""
    rows, _ = rows_of(fitted.spec, table, limits)
    X = windows_of(rows, fitted.spec.seed).holdout.X
    strangest = np.argsort(-score(fitted, X).score, kind="stable")[: max(1, round(STRANGEST * len(X)))]
    mean = shares(fitted, X[strangest]).mean(axis=0)
    return np.asarray(mean / mean.sum())
