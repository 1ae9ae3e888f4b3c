"""The four pictures of a mixed model: what each shows of published data, and that its bytes are sound and the same each time."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from errors import InvalidInput, NotFound
from plots import VIEWS, draw
from plots.mixed import lines
from science.mixed import Spec, Variances
from science.table import Factor, Numeric, Table
from tests.plots.mixed.answers import GIVEN, SLEEPSTUDY, answer_to, answered
from tests.science.mixed.data import table

FAR = Variances({"Subject": ((0.01, 0.0), (0.0, 0.01))}, 1e4)
SVG = "{http://www.w3.org/2000/svg}"
PLACE = re.compile(r"translate\(([-\d.]+) ([-\d.]+)\)")
CASES = {
    "slopes": lambda: answered(SLEEPSTUDY, "sleepstudy", profiled=True),
    "crossed": lambda: answered("diameter ~ 1 + (1 | plate) + (1 | sample)", "Penicillin"),
    "nested": lambda: answered("strength ~ 1 + (1 | batch/cask)", "Pastes"),
    "nothing varies": lambda: answered("Yield ~ 1 + (1 | Batch)", "Dyestuff2"),
    "binomial": lambda: answered("incidence/size ~ period + (1 | herd)", "cbpp", family="binomial", weights="size"),
    "a loop that breaks": lambda: answered(SLEEPSTUDY, "sleepstudy", method="mackay"),
    "two levels with hostile names": lambda: hostile(),
}


def hostile() -> tuple[dict[str, Any], dict[str, Any]]:
    levels = Factor(np.array([0, 0, 0, 1, 1, 1]), ("a\x01 <b>$x_{" + "z" * 90, "größe 温度"), False)
    numbers = {"y": Numeric(np.array([1.0, 2, 4, 3, 5, 6.5])), "x": Numeric(np.arange(6.0))}
    return answer_to(Spec("y ~ x + (1 | g)"), Table({**numbers, "g": levels}, 6))


def many(levels: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """An answer with so many levels, each with one row."""
    answer, _ = answered("Yield ~ 1 + (1 | Batch)", "Dyestuff")
    values = np.random.default_rng(3).normal(size=levels).tolist()
    effects = [
        {"group": "g", "level": f"level {at}", "term": "(Intercept)", "estimate": value, "std_error": 0.3}
        for at, value in enumerate(values)
    ]
    codes = [*range(min(levels, 2000))]
    picture = {"group": "g", "levels": [row["level"] for row in effects], "codes": codes, "x": None}
    drawn = {"fitted": values[:2000], "residuals": values[:2000]}
    return answer | {"effects": effects}, picture | drawn


def texts(svg: bytes) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def heights(svg: bytes, wanted: set[str]) -> dict[str, float]:
    """How far below the top each of the texts stands."""
    found = [element for element in ElementTree.fromstring(svg).iter(f"{SVG}text") if element.text in wanted]
    return {str(element.text): float(element.get("y") or PLACE.findall(element.get("transform", ""))[0][1]) for element in found}


@pytest.mark.parametrize("view", ["effects", "lines", "trace"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_answer_is_drawn_as_well_formed_svg_with_a_description(case: Any, view: str):
    assert ElementTree.fromstring(draw("mixed", *case(), "svg", view)).findtext(f"{SVG}desc")


@pytest.mark.parametrize("view", ["effects", "lines"])
def test_an_answer_without_effects_has_no_picture_of_them(view: str):
    answer, _ = CASES["slopes"]()
    with pytest.raises(NotFound, match="this result has no "):
        draw("mixed", answer | {"effects": []}, {"fitted": [], "residuals": []}, "svg", view)


@pytest.mark.parametrize("view", VIEWS["mixed"])
@pytest.mark.parametrize("format_", ["svg", "png"])
def test_the_same_answer_gives_the_same_bytes(view: str, format_: str):
    case = CASES["slopes"]()
    assert draw("mixed", *case, format_, view) == draw("mixed", *case, format_, view)


@pytest.mark.parametrize("view", VIEWS["mixed"])
def test_svg_needs_no_style_that_a_strict_policy_would_refuse(view: str):
    assert b"style" not in draw("mixed", *CASES["slopes"](), "svg", view)


def test_effects_are_drawn_when_no_view_is_named():
    case = CASES["slopes"]()
    assert draw("mixed", *case, "svg") == draw("mixed", *case, "svg", "effects")


def test_an_unknown_view_names_the_known_ones():
    with pytest.raises(InvalidInput, match="effects, lines, trace, profile") as refused:
        draw("mixed", *CASES["slopes"](), "svg", "os")
    assert refused.value.field == "?view"


def test_a_regression_has_one_picture_only():
    with pytest.raises(InvalidInput, match="one picture"):
        draw("regress", {}, {}, "svg", "lines")


def test_effects_are_sorted():  # lme4: ranef(fm1)$Subject, (Intercept): 309 -40.4, 310 -39.0 ... 330 23.7, 337 34.9
    svg = draw("mixed", *answered("Reaction ~ Days + (1 | Subject)", "sleepstudy"), "svg", "effects")
    height = heights(svg, {"309", "310", "330", "337"})
    assert height["337"] < height["330"] < height["310"] < height["309"]


def test_effects_have_a_panel_per_term():
    told = texts(draw("mixed", *CASES["slopes"](), "svg", "effects"))
    assert [told.count(name) for name in ("(Intercept)", "Days", "over 18 levels of Subject")] == [1, 1, 2]


def test_of_many_levels_every_nth_is_named():
    named = [text for text in texts(draw("mixed", *many(3000), "svg", "effects")) if text.startswith("level ")]
    assert 30 <= len(named) <= 60


def test_thousands_of_levels_stay_under_100_kb():
    assert len(draw("mixed", *many(20_000), "svg", "effects")) < 100_000


def test_lines_show_each_group():
    told = texts(draw("mixed", *CASES["slopes"](), "svg", "lines"))
    assert {"308", "309", "372", "Days", "Reaction"} <= set(told)


def test_lines_tell_of_the_groups_left_out():
    told = texts(draw("mixed", *many(3000), "svg", "lines"))
    assert any("24 of 3,000 levels of g" in text for text in told)


def test_the_population_is_drawn_where_it_is_a_line():
    told = texts(draw("mixed", *CASES["slopes"](), "svg", "lines"))
    assert "Dots: observed; orange: fitted; dashed: the population" in told


@pytest.mark.parametrize(("other", "curved"), [(np.zeros(40), True), (np.tile([0.0, 3.0], 20), False)])
def test_fitted_values_that_depend_on_more_than_x_are_no_line(other: Any, curved: bool):
    x = np.tile(np.arange(20.0), 2)
    codes = np.repeat([0, 1], 20)
    picture = {"codes": codes, "fitted": x + other, "residuals": x / 100, "levels": ["a", "b"], "group": "g"}
    assert lines.read_groups(picture | {"x": {"name": "x", "values": x}}).curved is curved


def test_groups_without_slopes_stand_beside_each_other():
    told = texts(draw("mixed", *answered("Yield ~ 1 + (1 | Batch)", "Dyestuff"), "svg", "lines"))
    assert set("ABCDEF") | {"Batch", "Yield"} <= set(told)


def test_the_trace_ends_at_reml():  # lme4: tests/reference/mixed/extras.json, sleep_tight
    told = texts(draw("mixed", *CASES["slopes"](), "svg", "trace"))
    assert {"612.09", "35.0717", "654.941", "1743.63"} <= set(told)


def test_the_trace_of_the_plain_loop_ends_too_low():  # the loop as published: 302.904541, 31.089024, 670.854696
    split = answered("Reaction ~ Days + (Days || Subject)", "sleepstudy", method="mackay")
    assert {"302.905", "31.089", "670.855"} <= set(texts(draw("mixed", *split, "svg", "trace")))


def long_way() -> tuple[dict[str, Any], dict[str, Any]]:
    return answer_to(Spec(SLEEPSTUDY, method="em", start=FAR, iterations=3_000), table("sleepstudy"))


def test_a_long_way_tells_how_long_it_was():
    answer, picture = long_way()
    assert any("EM, 3,000 steps" in told for told in texts(draw("mixed", answer, picture, "svg", "trace")))


def test_of_a_long_way_the_first_steps_are_told_one_by_one():
    trace = long_way()[0]["trace"]
    assert trace["steps"][:20] == list(range(20))
    assert (trace["steps"][-1], len(trace["steps"])) == (3_000, len(trace["values"]))
    assert len(trace["steps"]) <= 500


def test_groups_are_drawn_whole():
    """InstEval's largest groups have 290 to 790 rows: thinned evenly over all rows they would show 8 to 20."""
    _, picture = answered("y ~ service + (service | d)", "InstEval")
    shown = np.bincount(picture["codes"])
    assert (shown > 0).sum() == 24
    assert shown[shown > 0].min() > 50


def test_given_variances_have_no_trace():
    with pytest.raises(NotFound, match="not searched"):
        draw("mixed", *answer_to(Spec(SLEEPSTUDY, variances=GIVEN), table("sleepstudy")), "svg", "trace")


def test_a_profile_has_a_panel_per_parameter():
    told = texts(draw("mixed", *CASES["slopes"](), "svg", "profile"))
    assert {"sd_(Intercept)|Subject", "cor_Days.(Intercept)|Subject", "sigma", "Days", "ζ"} <= set(told)


def test_without_a_profile_the_refusal_says_how_to_get_one():
    with pytest.raises(NotFound, match="intervals=profile"):
        draw("mixed", *answered("Yield ~ 1 + (1 | Batch)", "Dyestuff"), "svg", "profile")
