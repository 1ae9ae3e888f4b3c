"""plots.draw: what it refuses, that it is lazy, and that its bytes are sound, plain and the same each time."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from errors import NotAcceptable, NotFound
from plots import draw
from plots.smooth import smooth

SVG = "{http://www.w3.org/2000/svg}"


def line(x: list[float], y: list[float], *, names: tuple[str, str] = ("y", "x"), one: bool = True) -> tuple[Any, Any]:
    """The answer and the picture of y ~ x, computed by the textbook's formulas."""
    X = np.column_stack((np.ones(len(x)), x))
    R = np.linalg.qr(X, mode="r")
    beta = np.linalg.lstsq(X, np.array(y), rcond=None)[0]
    fitted = X @ beta
    residuals = np.array(y) - fitted
    df = len(x) - 2
    sigma = float(np.sqrt(residuals @ residuals / df)) if df else None
    error = (sigma or 0.0) * np.sqrt(np.diag(np.linalg.inv(R.T @ R)))
    coefficients = [
        {
            "term": term,
            "estimate": b,
            "std_error": s if df else None,
            "conf_low": b - 2 * s,
            "conf_high": b + 2 * s if df else None,
        }
        for term, b, s in zip(("(Intercept)", names[1]), beta, error, strict=True)
    ]
    answer = {
        "formula": f"{names[0]} ~ {names[1]}",
        "level": 0.95,
        "nobs": len(x),
        "coefficients": coefficients,
        "fit": {"sigma": sigma, "r_squared": 0.5},
    }
    picture: dict[str, Any] = {
        "fitted": fitted.tolist(),
        "residuals": residuals.tolist(),
        "leverage": np.diag(X @ np.linalg.solve(X.T @ X, X.T)).tolist(),
        "rows": list(range(1, len(x) + 1)),
    }
    return answer, picture | ({"x": {"name": names[1], "values": x}} if one else {})


def times(factor: float, answer: Any, picture: Any) -> tuple[Any, Any]:
    """The same regression of a response in other units."""
    coefficients = [row | {name: row[name] * factor for name in row if name != "term"} for row in answer["coefficients"]]
    scaled = {name: [factor * value for value in picture[name]] for name in ("fitted", "residuals")}
    fit = answer["fit"] | {"sigma": answer["fit"]["sigma"] * factor}
    return answer | {"coefficients": coefficients, "fit": fit}, picture | scaled


def noisy(rows: int) -> tuple[list[float], list[float]]:
    generator = np.random.default_rng(7)
    x = generator.normal(size=rows)
    return x.tolist(), (2 * x + generator.normal(size=rows)).tolist()


def texts(svg: bytes) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


CASES = {
    "usual": line(*noisy(60)),
    "several predictors": line(*noisy(60), one=False),
    "most points": line(*noisy(2000)),
    "three points": line([1, 2, 3], [1e6, 2.1e6, 2.9e6]),
    "no freedom left": line([1, 2], [3, 5]),
    "a perfect fit": line([1, 2, 3, 4], [3, 5, 7, 9]),
    "one value fitted": line([1, 2, 3, 4], [5, 5, 5, 5]),
    "tiny numbers": times(1e-300, *line([1, 2, 3, 4], [1, 2, 2.5, 4])),
    "huge numbers": times(1e300, *line([1, 2, 3, 4], [-4, 2, -2.5, 4])),
    "an outlier": line(list(range(30)), [i + 40 * (i == 22) + i % 3 for i in range(30)]),
    "mathematics in a name": line(*noisy(20), names=("$y_{", "\\frac{x}$")),
    "markup in a name": line(*noisy(20), names=("<b>&y", "\"x'></svg>")),
    "controls in a name": line(*noisy(20), names=("y\x01\x1f\ud800", "x\n\t\x7f")),
    "scripts of the world": line(*noisy(20), names=("выход 温度 🌡", "größe मान")),
    "names without end": line(*noisy(20), names=("y" * 200, "x" * 200)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_answer_is_drawn_as_well_formed_svg(case: tuple[Any, Any]):
    assert ElementTree.fromstring(draw("regress", *case, "svg")).tag == f"{SVG}svg"


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_answer_is_drawn_as_a_png_of_one_size(case: tuple[Any, Any]):
    assert Image.open(BytesIO(draw("regress", *case, "png"))).size == (1200, 600)


@pytest.mark.parametrize("format_", ["svg", "png"])
def test_the_same_answer_gives_the_same_bytes(format_: str):
    assert draw("regress", *CASES["usual"], format_) == draw("regress", *CASES["usual"], format_)


def test_threads_draw_as_one_does():
    cases = [*CASES.values()][:3] * 3
    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(lambda case: draw("regress", *case, "svg"), cases))
    assert drawn == [draw("regress", *case, "svg") for case in cases]


def test_importing_plots_does_not_import_matplotlib():
    program = "import sys, plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_drawing_never_imports_pyplot():
    program = "import sys, plots; plots.import_module('plots.regress'); sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_kind_without_a_picture_is_not_found():
    with pytest.raises(NotFound, match="kind os"):
        draw("os", *CASES["usual"], "svg")


def test_a_format_that_is_not_drawn_is_not_acceptable():
    with pytest.raises(NotAcceptable, match="svg or png"):
        draw("regress", *CASES["usual"], "pdf")


def test_svg_needs_no_style_that_a_strict_policy_would_refuse():
    assert b"style" not in draw("regress", *CASES["usual"], "svg")


def test_svg_says_no_date_and_no_maker():
    assert not re.search(rb"metadata|Matplotlib|\d{4}-\d\d-\d\d", draw("regress", *CASES["usual"], "svg"))


def test_svg_keeps_text_as_text():
    assert {"x", "y", "Fitted", "Residual"} <= set(texts(draw("regress", *CASES["usual"], "svg")))


def test_svg_carries_its_formula_as_title():
    assert ElementTree.fromstring(draw("regress", *CASES["usual"], "svg")).findtext(f"{SVG}title") == "y ~ x"


def test_svg_describes_itself_to_those_who_cannot_see_it():
    description = ElementTree.fromstring(draw("regress", *CASES["usual"], "svg")).findtext(f"{SVG}desc")
    assert description is not None
    assert description.endswith("60 rows. R squared is 0.5.")


def test_a_dollar_in_a_name_is_a_dollar():
    assert "$y_{" in texts(draw("regress", *CASES["mathematics in a name"], "svg"))


def test_an_outlier_is_named_by_its_row():
    assert "row 23" in texts(draw("regress", *CASES["an outlier"], "svg"))


def test_a_perfect_fit_shows_no_rounding_as_residuals():
    assert "Residuals: none but rounding" in texts(draw("regress", *CASES["a perfect fit"], "svg"))


def test_two_thousand_points_stay_under_300_kb():
    assert len(draw("regress", *CASES["most points"], "svg")) < 300_000


def test_a_smooth_of_a_line_is_the_line():
    x = np.linspace(0, 1, 50)
    places, heights = smooth(x, 3 * x)
    np.testing.assert_allclose(heights, 3 * places, atol=0.02)


def test_rounding_does_not_make_groups_many_places():
    groups = np.repeat([1.0, 2.0, 3.0], 20) + np.arange(60) * 1e-15
    assert smooth(groups, np.arange(60.0)) is None


def test_a_fit_of_one_value_but_for_rounding_is_drawn_as_one():
    answer, picture = line([1, 2, 3, 4], [5, 5, 5, 5], one=False)
    noisy_fit = picture | {"fitted": [5.0, 5.0 + 1e-15, 5.0 - 1e-15, 5.0], "residuals": [0.1, -0.2, 0.2, -0.1]}
    assert "5" in texts(draw("regress", answer, noisy_fit, "svg"))


def test_a_smooth_of_few_points_is_not_drawn():
    assert smooth(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])) is None
