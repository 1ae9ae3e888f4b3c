"""Fit a formula to a CSV file with gpboost's GPModel (by ML, slopes uncorrelated) and print CPU seconds as JSON."""

from __future__ import annotations

import json
import sys
import time

import gpboost
import numpy as np

from benchmarks.peers.marked import marked_columns

MODELS = {
    "Reaction": (["Days"], ["Subject"], ["Days"]),
    "diameter": ([], ["plate", "sample"], []),
    "mAch": (["meanses", "cses", "sector", "meanses:cses", "cses:sector"], ["school"], ["cses"]),
    "score": (["gcsecnt"], ["school", "lea"], []),
    "y x": (["x"], ["g"], []),
    "y 3": (["service"], ["s", "d", "dept"], []),
    "y 4": (["service"], ["s", "d", "dept", "service:dept"], []),
}


def main() -> None:
    path, formula = sys.argv[1:]
    columns = {name: values for name, _, values in marked_columns(path)}
    key = formula.split()[0]
    if key == "y":
        key = "y x" if "x" in columns else f"y {formula.count('|')}"
    fixed, groups, slopes = MODELS[key]
    X = np.column_stack([np.ones(len(next(iter(columns.values())))), *(numeric(name, columns) for name in fixed)])
    group_data = np.column_stack([joined(name, columns) for name in groups])
    response = np.asarray(columns[formula.split()[0]], dtype=np.float64)
    options = {"group_rand_coef_data": columns[slopes[0]], "ind_effect_group_rand_coef": [1]} if slopes else {}
    started = time.process_time()
    model = gpboost.GPModel(group_data=group_data, likelihood="gaussian", **options)
    model.fit(y=response, X=X)
    cpu = time.process_time() - started
    print(json.dumps({"cpu": cpu, "criterion": 2.0 * float(model.get_current_neg_log_likelihood()), "memory": None}))


def numeric(name, columns):
    product = 1.0
    for part in name.split(":"):
        values = columns[part]
        if isinstance(values, list):
            values = (np.array(values) == sorted(set(values))[-1]) * 1.0
        product = product * values
    return product


def joined(name, columns):
    return np.array([":".join(parts) for parts in zip(*(columns[part] for part in name.split(":")), strict=True)])


if __name__ == "__main__":
    main()
