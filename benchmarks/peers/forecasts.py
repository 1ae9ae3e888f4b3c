"""AutoARIMA, AutoETS and AutoTheta of statsforecast, series by series: from JSON on stdin to JSON on stdout.

In: {"season": m, "h": h, "series": [[y, ...], ...]}.
Out: {method: [{"mean": [...], "lo": {level: [...]}, "hi": ..., "ms": CPU}, ...]}.
"""

import json
import sys
import time
import warnings

import numpy as np
from statsforecast.models import AutoARIMA, AutoETS, AutoTheta

warnings.simplefilter("ignore")  # on standard output there is JSON alone
LEVELS = (80, 95)


def told(model: object, y: list[float], h: int) -> dict[str, object]:
    started = time.process_time()
    found = model.forecast(y=np.array(y), h=h, level=list(LEVELS))
    ms = (time.process_time() - started) * 1000
    sides = {side: {level: found[f"{side}-{level}"].tolist() for level in LEVELS} for side in ("lo", "hi")}
    return {"mean": found["mean"].tolist(), "ms": ms} | sides


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    models = {kind.__name__: kind(season_length=asked["season"]) for kind in (AutoARIMA, AutoETS, AutoTheta)}
    for model in models.values():  # compiled now, so that nobody waits for it below
        told(model, asked["series"][0], asked["h"])
    answers = {name: [told(model, y, asked["h"]) for y in asked["series"]] for name, model in models.items()}
    json.dump(answers, sys.stdout)
