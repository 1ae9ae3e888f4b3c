"""A fit of a kind → the bytes that a version keeps, JSON and a compressed .npz, and back. Nothing is ever unpickled."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from zipfile import BadZipFile

import numpy as np
import orjson

from errors import RefitNeeded
from kinds.kind import Modelled


def packed(model: Modelled, fit: Any) -> tuple[bytes, bytes]:
    """Write a fit's parameters: (JSON, .npz)."""
    document, arrays = model.parameters(fit)
    file = BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY), file.getvalue()


def unpacked(model: Modelled, document: bytes, arrays: bytes) -> Any:
    """Rebuild a fit from bytes whose digest was right. Raises RefitNeeded for what this release does not read."""
    try:
        with np.load(BytesIO(arrays), allow_pickle=False) as opened:
            loaded = {name: opened[name] for name in opened.files}
        return model.restore(orjson.loads(document), loaded)
    except (KeyError, TypeError, ValueError, IndexError, BadZipFile, orjson.JSONDecodeError):
        raise RefitNeeded("the stored model was written in a way that this release does not read; refit it") from None
