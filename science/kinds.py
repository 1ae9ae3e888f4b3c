"""The kinds of analysis, each registered once: the same fit and predict serve requests, stored models and benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from science.regress.fit import Fit, fit
from science.regress.predict import predict
from science.regress.spec import Spec


@dataclass(frozen=True)
class Kind:
    """spec: the question's class. fit(spec, table, limits, deadline) -> Fit; predict(fit, table, limits)."""

    spec: type[Any]
    fitted: type[Any]  # with to_parameters and from_parameters
    fit: Callable[..., Any]
    predict: Callable[..., Any]


KINDS: Mapping[str, Kind] = {"regress": Kind(Spec, Fit, fit, predict)}
