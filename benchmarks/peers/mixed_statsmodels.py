"""Fit a formula to a CSV file with statsmodels' MixedLM and print CPU seconds and criterion as JSON."""

from __future__ import annotations

import json
import sys
import time
import warnings

import pandas as pd
import statsmodels.formula.api as smf

from benchmarks.peers.marked import marked_columns

# MixedLM has one grouping factor; crossed and nested ones are variance components within it.
MODELS = {
    "Reaction": {"formula": "Reaction ~ Days", "groups": "Subject", "re_formula": "~ Days"},
    "diameter": {
        "formula": "diameter ~ 1",
        "groups": "all_rows",
        "vc_formula": {"plate": "0 + C(plate)", "sample": "0 + C(sample)"},
    },
    "mAch": {"formula": "mAch ~ meanses * cses + sector * cses", "groups": "school", "re_formula": "~ cses"},
    "score": {"formula": "score ~ gcsecnt", "groups": "lea", "re_formula": "1", "vc_formula": {"school": "0 + C(school)"}},
    "y": {"formula": "y ~ x", "groups": "g", "re_formula": "1"},
}


def main() -> None:
    path, formula = sys.argv[1:]
    warnings.simplefilter("ignore")
    data = pd.DataFrame({name: values for name, _, values in marked_columns(path)})
    data["all_rows"] = 1
    options = dict(MODELS[formula.split()[0]])
    groups = data[options.pop("groups")]
    first, result = timed(data, groups, options)
    runs = max(1, int(0.5 / first)) if first < 0.5 else 0
    each = sum(timed(data, groups, options)[0] for _ in range(runs)) / runs if runs else first
    print(json.dumps({"cpu": each, "criterion": -2.0 * float(result.llf), "memory": None}))


def timed(data, groups, options):
    started = time.process_time()
    result = smf.mixedlm(data=data, groups=groups, **options).fit(reml=True)
    return time.process_time() - started, result


if __name__ == "__main__":
    main()
