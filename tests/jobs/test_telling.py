"""What the nightly run says on a terminal, and to whoever reads its lines."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime

from jobs.telling import Telling
from store.runs import Run

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run(name, state, reason="as told"):
    return Run(1, 3, 7, name, 1, date(2026, 3, 10), "night", state, reason, {}, 2, "job_x", NOW, NOW)


def told(out, *runs):
    telling = Telling(len(runs), {3: "shop"}, out)
    for each in runs:
        telling.tell(each)
    telling.summary(seconds=1.5)
    return telling, out.getvalue()


def test_lines_are_json_one_for_each_model_and_a_summary():
    telling, text = told(io.StringIO(), run("a", "promoted"), run("b", "failed", "no column x"))
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[0] == {
        "model": "a", "site": "shop", "date": "2026-03-10", "state": "promoted", "version": 2, "reason": "as told",
        "seconds": 0.0,
    }  # fmt: skip
    assert lines[1]["reason"] == "no column x"
    assert lines[2]["summary"] == {
        "due": 2, "promoted": 1, "kept": 0, "unchanged": 0, "failed": 1, "already": 0, "seconds": 1.5,
    }  # fmt: skip
    assert telling.failed


def test_a_terminal_has_a_bar_the_failures_and_a_summary():
    telling, text = told(Terminal(), run("a", "promoted"), run("b", "failed", "no column x"), run("c", "kept"))
    assert "3/3" in text
    assert "shop/b: no column x\n" in text
    assert text.endswith("3 due, 1 promoted, 1 kept, 0 unchanged, 1 failed, 0 already, 1.5 seconds\n")
    assert "{" not in text
    assert telling.failed


def test_nothing_due_is_no_failure():
    telling, text = told(io.StringIO())
    assert json.loads(text)["summary"]["due"] == 0
    assert not telling.failed
