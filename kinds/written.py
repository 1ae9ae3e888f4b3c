"""An answer as it is told and kept: the JSON of its result, and of what a picture of it needs."""

from __future__ import annotations

import orjson

from kinds.kind import Computed
from science.version import ENGINE


def written(result_id: str, kind: str, computed: Computed) -> bytes:
    """Write an answer under its id, digits and order as they will always be."""
    told = {"id": result_id, "kind": kind, "url": f"/results/{result_id}", **computed.answer, "engine": ENGINE}
    return orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY)


def picture_written(computed: Computed) -> bytes | None:
    return orjson.dumps(computed.picture, option=orjson.OPT_SERIALIZE_NUMPY) if computed.picture else None
