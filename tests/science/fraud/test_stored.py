"""A stored model is JSON and arrays, and gives the same scores again or says that it cannot."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

from errors import RefitNeeded
from science.fraud.fit import Fit, score
from science.fraud.stored import FORMAT, from_parameters, to_parameters
from tests.science.fraud.data import COLUMNS, mahalanobis, payments


def through_bytes(fit: Fit) -> tuple[dict, dict[str, np.ndarray]]:
    document, arrays = to_parameters(fit)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    buffer.seek(0)
    with np.load(buffer, allow_pickle=False) as loaded:
        return json.loads(json.dumps(document, allow_nan=False)), dict(loaded)


def test_it_scores_the_same_bits_again() -> None:
    fit = mahalanobis(supervised=True)
    restored = from_parameters(*through_bytes(fit))
    X = np.column_stack([payments()[name].values for name in COLUMNS])
    for name in ("score", "risk", "probability"):
        assert getattr(score(restored, X), name).tobytes() == getattr(score(fit, X), name).tobytes()
    assert restored.spec == fit.spec
    assert restored.judged == fit.judged


def test_an_unknown_format_needs_a_refit() -> None:
    document, arrays = through_bytes(mahalanobis())
    for other in (FORMAT - 1, FORMAT + 1):
        with pytest.raises(RefitNeeded, match="format"):
            from_parameters({**document, "format": other}, arrays)


def test_golden_rows_that_score_differently_need_a_refit() -> None:
    document, arrays = through_bytes(mahalanobis())
    root = document["fit"]["fields"]["detector"]["fields"]["views"][0]["fields"]["root"]["name"]
    with pytest.raises(RefitNeeded, match="golden"):
        from_parameters(document, {**arrays, root: arrays[root] * np.float32(1.5)})


@pytest.mark.parametrize("damage", ["missing", "infinite", "text", "shape"])
def test_damaged_arrays_need_a_refit(damage: str) -> None:
    document, arrays = through_bytes(mahalanobis())
    name = document["fit"]["fields"]["detector"]["fields"]["views"][0]["fields"]["root"]["name"]
    damaged = {
        "missing": {key: value for key, value in arrays.items() if key != name},
        "infinite": {**arrays, name: np.full_like(arrays[name], np.inf)},
        "text": {**arrays, name: np.array(["x"])},
        "shape": {**arrays, name: arrays[name][:3]},
    }[damage]
    with pytest.raises(RefitNeeded):
        from_parameters(document, damaged)


@pytest.mark.parametrize("path", [("type",), ("fields", "spec"), ("fields", "detector", "fields", "views")])
def test_a_document_of_something_else_needs_a_refit(path: tuple[str, ...]) -> None:
    document, arrays = through_bytes(mahalanobis())
    place = document["fit"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = "os.system"
    with pytest.raises(RefitNeeded):
        from_parameters(document, arrays)
