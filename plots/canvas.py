"""The sheet pictures are drawn on: size, type and colours, and how a figure becomes bytes. Imports matplotlib: import it late."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from plots.plain import plain_svg

# Okabe and Ito (2008), told apart by every kind of colour vision; the greys have a contrast above 4.5 on white.
BLUE, ORANGE = "#0072b2", "#d55e00"
INK, SOFT, LINE = "#24211c", "#5f5a51", "#d9d4ca"
WIDTH, HEIGHT = 8.0, 4.0  # inches; shown 640 to 900 pixels wide, so that 10 points stay legible
PNG_DPI = 150

# Set once, for the process: matplotlib's own context managers are not thread-safe.
matplotlib.rcParams.update(
    {
        "font.family": ["DejaVu Sans"],  # matplotlib ships it: the same picture on every machine
        "font.size": 10.0,
        "svg.fonttype": "none",
        "svg.hashsalt": "lamplight",
        "text.parse_math": False,  # a column may be called $x$
        "axes.formatter.useoffset": False,
        "axes.formatter.limits": (-4, 6),
    }
)


@dataclass(frozen=True)
class Drawing:
    """A figure, with the title and the description a screen reader tells."""

    figure: Figure
    title: str
    description: str


def sheet(panels: int, *, columns: int | None = None, height: float = HEIGHT) -> tuple[Figure, list[Axes]]:
    """Lay out an empty figure of panels, side by side or in rows of so many columns."""
    columns = columns or panels
    figure = Figure(figsize=(WIDTH, height), layout="constrained", facecolor="white")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.08, wspace=0.04)  # type: ignore[union-attr,call-arg]
    axes = [figure.add_subplot(-(-panels // columns), columns, at + 1) for at in range(panels)]
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.spines[["left", "bottom"]].set_color(LINE)
        ax.tick_params(color=LINE, labelcolor=SOFT, labelsize=9, length=3)
        ax.locator_params(nbins=5)
    return figure, axes


def name(ax: Axes, title: str, x: str, y: str) -> None:
    """Write a panel's title and what its axes hold."""
    ax.set_title(short(title, 44), loc="left", fontsize=11, color=INK, fontweight="bold", pad=10)
    ax.set_xlabel(short(x, 44), color=SOFT)
    ax.set_ylabel(short(y, 36), color=SOFT)


def short(text: str, length: int) -> str:
    """Cut a long name, so that it cannot push the drawing off the sheet."""
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return text if len(text) <= length else text[: length - 1] + "…"


def svg(drawing: Drawing) -> bytes:
    """Write SVG with real text, that needs no style of its own."""
    return plain_svg(_printed(FigureCanvasSVG(drawing.figure), format="svg"), drawing.title, drawing.description)


def png(drawing: Drawing) -> bytes:
    return _printed(FigureCanvasAgg(drawing.figure), format="png", dpi=PNG_DPI)


def _printed(canvas: FigureCanvasAgg | FigureCanvasSVG, **how: object) -> bytes:
    warnings.filterwarnings("ignore", r"Glyph \d+ .* missing")  # a reader's own fonts may have it; and it would log a name
    buffer = BytesIO()
    undated = {"Date": None} if how["format"] == "svg" else {"Software": None}
    canvas.figure.savefig(buffer, metadata=undated, **how)  # type: ignore[arg-type]
    return buffer.getvalue()
