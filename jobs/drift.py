"""How far a night's data are from those that the version which answers was fitted to: written down with the night's decision."""

from __future__ import annotations

from errors import LamplightError
from kinds.kind import Modelled
from kinds.packing import unpacked
from science.drift import Histogram, drift_between
from science.limits import Limits
from science.table import Numeric, Table
from store.versions import Artifact, Version


def drift_since(modelled: Modelled, version: Version, stored: Artifact | None, table: Table, limits: Limits) -> dict[str, object]:
    """The population stability index of each column, and of the version's own scores where rows have any."""
    before = {name: Histogram.from_json(each) for name, each in version.statistics["columns"].items() if name in table}
    columns = {name: drift_between(each, each.empty().absorb(table[name])).psi for name, each in before.items()}
    return {"since": version.number, "columns": columns, "score": _of_scores(modelled, version, stored, table, limits)}


def _of_scores(modelled: Modelled, version: Version, stored: Artifact | None, table: Table, limits: Limits) -> float | None:
    if modelled.scores is None or stored is None or version.statistics.get("score") is None:
        return None
    try:
        scores = modelled.scores(unpacked(modelled, stored.document, stored.arrays), table, limits)
    except LamplightError:
        return None
    before = Histogram.from_json(version.statistics["score"])
    return drift_between(before, before.empty().absorb(Numeric(scores))).psi
