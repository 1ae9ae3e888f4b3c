"""Small panels in rows that share their axes' names. Imports matplotlib."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from plots.canvas import INK, SOFT, sheet, short

ACROSS = 6  # panels in a row, at most


def grid(panels: int, *, columns: int, row: float) -> tuple[Figure, list[Axes]]:
    """Lay out panels in rows; row: the height of one, in inches."""
    rows = -(-panels // columns)
    figure, axes = sheet(panels, columns=columns, height=rows * row + 0.7)
    figure.get_layout_engine().set(w_pad=0.07, h_pad=0.07, wspace=0.02)  # type: ignore[union-attr,call-arg]
    for ax in axes:
        ax.tick_params(labelsize=8)
        ax.locator_params(nbins=3)
    return figure, axes


def across(panels: int) -> int:
    """Columns that make the sheet about as wide as high."""
    return min(ACROSS, panels) if panels <= ACROSS else min(ACROSS, -(-panels // max(2, round((panels / 1.6) ** 0.5))))


def entitle(ax: Axes, title: str, letters: int) -> None:
    title = short(title, letters)
    ax.set_title(title, loc="left", fontsize=9 if len(title) < 0.7 * letters else 8, color=INK, pad=4)


def outer_labels(axes: list[Axes], columns: int) -> None:
    """Keep the tick labels at the left and at the bottom alone: the panels share their scales."""
    for at, ax in enumerate(axes):
        ax.tick_params(labelleft=at % columns == 0, labelbottom=at + columns >= len(axes))


def frame(figure: Figure, x: str, y: str, caption: str) -> None:
    """Write what the axes hold, once, and a caption below."""
    figure.supylabel(short(y, 40), fontsize=10, color=SOFT)
    figure.supxlabel(short(x, 60) + (f"\n{caption}" if caption else ""), fontsize=10 if not caption else 9, color=SOFT)
