"""Which classes are taken for which."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import ArrayLike
from sklearn.metrics import confusion_matrix

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, GREY, INK, new_figure, style
from matterlearn.report.words import percent, shortened

LETTERS = 12
"""Bold letters of a title in an inch."""

PALE = 0.55
"""Share of a row above which its cell is too dark for dark text."""

MOST_WRITTEN = 12
"""Classes up to which numbers stand in the cells; with more, cells are small and answer to the pointer only."""


def confusion(
    panels: Mapping[str, tuple[ArrayLike, ArrayLike]], classes: Sequence[str], *, n_columns: int = 2
) -> PointedFigure:
    r"""Draw confusion matrices side by side: rows are actual classes, columns predicted ones.

    Parameters
    ----------
    panels : mapping of str to (y, prediction)
        Title of each matrix and its classes, arrays of shape (n_rows,).
    classes : sequence of str
        Names of the classes, in the order of rows and columns.
    n_columns : int
        Matrices beside each other.

    Returns
    -------
    PointedFigure
        Each cell holds the number of rows and their share of the actual class, which is also its colour. A class
        without rows has no shares. With more than twelve classes cells are too small for numbers.

    Examples
    --------
    >>> figure = confusion({"test": (["metal", "direct", "metal"], ["metal", "metal", "metal"])}, ["metal", "direct"])
    >>> [text.get_text() for text in figure.get_axes()[0].texts]
    ['2\n100\xa0%', '0\n0\xa0%', '1\n100\xa0%', '0\n0\xa0%']
    """
    n_columns = min(n_columns, len(panels))
    n_lines = math.ceil(len(panels) / n_columns)
    written = len(classes) <= MOST_WRITTEN
    side = max(0.8 * COLUMN, (0.62 if written else 0.16) * len(classes) + (0.9 if written else 1.2))
    colors = LinearSegmentedColormap.from_list("rows", ["white", BLUE])
    with style():
        figure, axes = new_figure(side * n_columns, side * n_lines, nrows=n_lines, ncols=n_columns, squeeze=False)
        for axis in axes.ravel()[len(panels) :]:
            axis.remove()
        for number, (axis, (title, (y, prediction))) in enumerate(zip(axes.ravel(), panels.items(), strict=False)):
            counts = confusion_matrix(np.asarray(y), np.asarray(prediction), labels=list(classes))
            _matrix(axis, counts, colors, written)
            rows, columns = np.indices(counts.shape).reshape(2, -1)
            figure.point_texts(axis, columns, rows, _answers(title, counts, classes))
            names = [shortened(str(name), 14) for name in classes]
            size = None if written else 6
            axis.set_xticks(range(len(classes)), names, rotation=0 if len(classes) <= 3 else 90, fontsize=size)
            axis.set_yticks(range(len(classes)), names, fontsize=size)
            axis.set_title(shortened(title, int(LETTERS * side)))
            if number + n_columns >= len(panels):
                axis.set_xlabel("predicted")
            if number % n_columns == 0:
                axis.set_ylabel("actual")
    return figure


def _answers(title: str, counts: Any, classes: Sequence[str]) -> list[str]:
    totals = np.maximum(counts.sum(axis=1), 1)
    return [
        f"{classes[row]} taken for {classes[column]}\n{title}\n{count} rows, "
        f"{percent(float(count / totals[row]))} of {classes[row]}"
        for (row, column), count in np.ndenumerate(counts)
    ]


def _matrix(axis: Any, counts: Any, colors: LinearSegmentedColormap, written: bool) -> None:
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)  # (n_classes, n_classes)
    axis.imshow(shares, cmap=colors, vmin=0, vmax=1, aspect="equal")
    for (row, column), count in np.ndenumerate(counts) if written else ():
        share = percent(float(shares[row, column])) if totals[row, 0] else "no rows"
        color = "white" if shares[row, column] > PALE else INK
        axis.text(column, row, f"{count}\n{share}", ha="center", va="center", fontsize=8, color=color)
    # Lines between the cells: the palest are as white as the paper.
    for edge in np.arange(1, len(counts)) - 0.5:
        axis.axhline(edge, color=GREY, linewidth=0.4)
        axis.axvline(edge, color=GREY, linewidth=0.4)
    axis.tick_params(length=0)
    for spine in axis.spines.values():
        spine.set_visible(True)
