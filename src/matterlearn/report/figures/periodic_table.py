"""A number for each element, where a chemist looks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PatchCollection
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle

from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import FAINT, GREY, style, with_unit

WIDTH, HEIGHT = 4.7, 3.25
"""Inches: on a telephone the symbols are still large enough."""

CAP = 0.95
"""Quantile of the values at which the colours end, so that one wild element does not hide the others."""

_SHORTEST_SERIES = 14
"""Elements of the lanthanides or actinides that stand below the table."""


def periodic_table(
    values: Mapping[str, float],
    counts: Mapping[str, int],
    *,
    label: str,
    unit: str = "",
    title: str = "",
    texts: Mapping[str, str] | None = None,
    limits: tuple[float, float] | None = None,
    marks: Mapping[str, float] | None = None,
) -> PointedFigure:
    """Draw a periodic table with a colour for each element that has a value.

    Parameters
    ----------
    values : mapping of str to float
        Symbol of each element and its value; others stay blank.
    counts : mapping of str to int
        Small print in each cell: the number of rows behind the value.
    label : str
        What the colours mean, with `unit`.
    unit : str
        Unit of the values.
    title : str
        Title of the figure.
    texts : mapping of str to str, optional
        What each element answers to the pointer.
    limits : (float, float), optional
        Values of the first and the last colour; by default zero and the 95 % quantile.
    marks : mapping of str to float, optional
        Values that stand as lines in the colour bar, with their names.

    Returns
    -------
    PointedFigure
        Values beyond the last colour have the last colour, and the colour bar ends in an arrow.
    """
    known = {symbol: float(value) for symbol, value in values.items() if symbol in places() and np.isfinite(value)}
    low, high = limits or color_limits(known.values())
    norm, colors = Normalize(low, high, clip=True), colormaps["cividis_r"]
    with style():
        figure = PointedFigure(figsize=(WIDTH, HEIGHT), layout="none")
        axis = figure.add_axes((0.01, 0.185, 0.98, 0.745))
        cells = [Rectangle((x - 0.47, y - 0.47), 0.94, 0.94) for x, y in places().values()]
        faces = [colors(norm(known[s])) if s in known else (1.0, 1.0, 1.0, 1.0) for s in places()]
        axis.add_collection(PatchCollection(cells, facecolor=faces, edgecolor=FAINT, linewidth=0.5))
        for symbol, (x, y) in places().items():
            _write(axis, symbol, x, y, faces[SYMBOLS.index(symbol)], counts.get(symbol), symbol in known)
        axis.set(xlim=(0.4, 18.6), ylim=(10.15, 0.4), aspect="equal")
        axis.axis("off")
        axis.set_title(title, pad=3)
        _color_bar(figure, ScalarMappable(norm, colors), with_unit(label, unit), max(known.values(), default=0) > high)
        for name, value in (marks or {}).items():
            if low < value < high:
                _mark(figure.axes[-1], value, name)
        said = [symbol for symbol in known if symbol in (texts or {})]
        where = np.array([places()[symbol] for symbol in said], dtype=float).reshape(-1, 2)
        figure.point_texts(axis, where[:, 0], where[:, 1], [(texts or {})[symbol] for symbol in said])
    return figure


def color_limits(values: Any) -> tuple[float, float]:
    """Return the values of the first and the last colour: zero, and one that few values exceed."""
    numbers = np.array([value for value in values if np.isfinite(value)], dtype=float)
    return 0.0, float(np.quantile(numbers, CAP)) if len(numbers) and numbers.max() > 0 else 1.0


def places() -> dict[str, tuple[float, float]]:
    """Return column and row of each element, counted from 1; lanthanides and actinides stand below.

    Examples
    --------
    >>> places()["H"], places()["O"], places()["La"], places()["Lu"]
    ((1.0, 1.0), (16.0, 2.0), (3.0, 8.6), (17.0, 8.6))
    """
    found: dict[str, tuple[float, float]] = {}
    for row, (first, size) in enumerate(((1, 2), (3, 8), (11, 8), (19, 18), (37, 18), (55, 32), (87, 17)), start=1):
        for k in range(size):
            z = first + k
            found[SYMBOLS[z - 1]] = _place(row, k, size)
    return found


def _place(row: int, k: int, size: int) -> tuple[float, float]:
    if row >= 6:  # s block, 15 elements below, d and p blocks
        if k < 2:
            return k + 1.0, float(row)
        if k <= _SHORTEST_SERIES + 2:
            return k + 1.0, row + 2.6
        return k - 13.0, float(row)
    gap = 18 - size if k >= (1 if size == 2 else 2) else 0
    return k + 1.0 + gap, float(row)


def _write(axis: Any, symbol: str, x: float, y: float, face: Sequence[float], count: int | None, known: bool) -> None:
    if not known:
        axis.text(x, y, symbol, ha="center", va="center_baseline", fontsize=6.5, color="#8A8A8A")
        return
    # Relative luminance of WCAG 2: from 0.179 on black stands out more than white.
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in face[:3]]
    ink = "white" if float(np.dot(linear, (0.2126, 0.7152, 0.0722))) < 0.179 else "black"
    axis.text(x, y - 0.08, symbol, ha="center", va="center_baseline", fontsize=8.2, color=ink, weight="bold")
    if count is not None:
        axis.text(x, y + 0.3, _short_count(count), ha="center", va="center_baseline", fontsize=4.2, color=ink)


def _short_count(count: int) -> str:
    return str(count) if count < 10_000 else f"{count / 1000:.0f}k"


def _color_bar(figure: Any, mappable: Any, label: str, beyond: bool) -> None:
    place = figure.add_axes((0.22, 0.115, 0.56, 0.028))
    bar = figure.colorbar(mappable, cax=place, orientation="horizontal", extend="max" if beyond else "neither")
    bar.outline.set_linewidth(0.4)
    bar.ax.tick_params(labelsize=7, width=0.5, length=2)
    bar.ax.locator_params(nbins=5)
    bar.set_label(label, fontsize=8, labelpad=2)


def _mark(axis: Any, value: float, name: str) -> None:
    axis.axvline(value, color="black", linewidth=1.2)
    axis.annotate(
        name,
        (value, 1.0),
        (0, 2),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="center",
        fontsize=6.5,
        color=GREY,
    )
