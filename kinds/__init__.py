"""The kinds of questions, each registered once: what can be asked, and how science answers it. They know no wire and no store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kinds.costs import forecast_seconds, regress_seconds
from kinds.forecast import FORECAST
from kinds.forecast_model import FORECAST_MODEL
from kinds.fraud import FRAUD
from kinds.fraud_model import FRAUD_MODEL
from kinds.kind import Kind
from kinds.mixed import MIXED
from kinds.mixed_cost import mixed_seconds
from kinds.mixed_model import MIXED_MODEL
from kinds.regress import REGRESS
from kinds.regress_model import REGRESS_MODEL

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        replace(REGRESS, model=REGRESS_MODEL, seconds=regress_seconds),
        replace(MIXED, model=MIXED_MODEL, seconds=mixed_seconds),
        replace(FORECAST, model=FORECAST_MODEL, seconds=forecast_seconds),
        replace(FRAUD, model=FRAUD_MODEL),
    )
}
