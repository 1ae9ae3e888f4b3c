"""Score forecasts of M3 and M4 files, and peers on the very same series in the same run, from several ends of each series.

    python -m benchmarks.forecast_peers [FOLDER] [--files other_m3] [--ends 0,8,16] [--every 1] [--python PYTHON]

An end of 8 leaves the last 8 values of a series out, and forecasts those. PYTHON is an interpreter that has statsforecast; R's
ets, auto.arima and thetaf join in where R has the package forecast. The peers' means are of their three forecasts and bounds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.forecast import FILES, FOLDER, File, Followed, Score, Told, compared, print_heads, print_means, read, score
from benchmarks.load import has_r

PEERS = Path(__file__).parent / "peers"


def main() -> None:
    arguments = _arguments()
    commands = {"statsforecast": [arguments.python, str(PEERS / "forecasts.py")]} if arguments.python else {}
    if has_r("forecast", "jsonlite"):
        commands["R"] = ["Rscript", "--vanilla", str(PEERS / "forecasts.R")]
    for name in arguments.files.split(","):
        file, found = FILES[name], defaultdict[str, list[Score]](list)
        series = read(arguments.folder, name)[:: arguments.every]
        for end in map(int, arguments.ends.split(",")):
            cut = left_out(end, series, file)
            of_end = scored(file, cut, commands)
            print(f"\n{name}, {len(cut)} series, " + (f"{end} values before the end" if end else "to the end"))
            _print(of_end)
            for who, those in of_end.items():
                found[who] += those
        print(f"\n{name}, all these ends")
        _print(found)


def left_out(end: int, series: Sequence[Followed], file: File) -> list[Followed]:
    """Leave the last values out, as many as `end`: then the first of those are what followed. Short series are not there."""
    if end == 0:
        return list(series)
    shortest = 2 * file.season + 8
    return [(ord, y[:-end], y[len(y) - end :][: file.h]) for ord, y, _ in series if len(y) - end >= shortest]


def scored(file: File, series: Sequence[Followed], commands: dict[str, list[str]]) -> dict[str, list[Score]]:
    """Score everybody on these series; `commands` start the peers."""
    found = {
        "lamplight": [score(file, "calibrated", *one) for one in series],
        "  not widened": [score(file, "model", *one) for one in series],
    }
    for peer, command in commands.items():
        answers = _asked(command, file, [y for _, y, _ in series])
        answers["mean of the three"] = [_mean(of_one) for of_one in zip(*answers.values(), strict=True)]
        for method, told in answers.items():
            found[f"{peer}, {method}"] = [compared(file, *one, each) for one, each in zip(series, told, strict=True)]
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--files", default="other_m3")
    parser.add_argument("--ends", default="0", help="values left out at the end of each series")
    parser.add_argument("--every", type=int, default=1, help="score one series of so many")
    parser.add_argument("--python", help="an interpreter that has statsforecast")
    asked = parser.parse_args()
    if any(0 < int(end) < max(FILES[name].h for name in asked.files.split(",")) for end in asked.ends.split(",")):
        sys.exit("an end is 0, or at least the number of steps that are forecast")
    return asked


def _asked(command: Sequence[str], file: File, series: Sequence[np.ndarray]) -> dict[str, list[Told]]:
    """Run a peer over all series. Raises CalledProcessError."""
    question = json.dumps({"season": file.season, "h": file.h, "series": [y.tolist() for y in series]})
    answer = subprocess.run(command, input=question, stdout=subprocess.PIPE, text=True, check=True).stdout
    return {method: [_told(one) for one in each] for method, each in json.loads(answer).items()}


def _told(one: dict[str, Any]) -> Told:
    outer, inner = ((np.array(one["lo"][level]), np.array(one["hi"][level])) for level in ("95", "80"))
    return Told(np.array(one["mean"]), outer, inner, one["ms"])


def _mean(several: Sequence[Told]) -> Told:
    """Average forecasts and bounds; the time is that of all."""
    medians, outer, inner = ([getattr(told, field) for told in several] for field in ("median", "bounds", "inner"))
    ms = sum(told.ms for told in several)
    return Told(np.mean(medians, axis=0), tuple(np.mean(outer, axis=0)), tuple(np.mean(inner, axis=0)), ms)


def _print(found: dict[str, list[Score]]) -> None:
    print_heads()
    for name, those in found.items():
        print_means(name, those)


if __name__ == "__main__":
    main()
