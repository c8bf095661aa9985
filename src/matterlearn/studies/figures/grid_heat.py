"""Scores of a grid of three hyper-parameters as heat maps."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from matterlearn.report.figures.style import COLUMN, INK, ORANGE, new_figure, style

LOWEST = 1.0
"""Colours end this far below the best score: what is worse is all the same."""

_DARK = 0.55  # part of the colour scale from which white text is easier to read


def grid_heat(
    scores: Any, panels: list[str], rows: list[str], columns: list[str], *, row_name: str, column_name: str, score: str
) -> Figure:
    """Draw one heat map per value of the first hyper-parameter, on a common scale, the best combination framed.

    Parameters
    ----------
    scores : array-like, shape (n_panels, n_rows, n_columns)
        More is better. NaN is left empty.
    panels, rows, columns : list of str
        Values of the three hyper-parameters.
    row_name, column_name : str
        What the rows and columns are.
    score : str
        Name of the score.

    Returns
    -------
    matplotlib.figure.Figure
        The scores stand in the cells.

    Examples
    --------
    >>> names = {"row_name": "rate", "column_name": "decay", "score": "R²"}
    >>> figure = grid_heat([[[0.5, 0.7]]], ["(8,)"], ["0.1"], ["0", "1"], **names)
    >>> [text.get_text() for text in figure.get_axes()[0].texts]
    ['0.500', '0.700']
    """
    values = np.asarray(scores, dtype=float)
    best = np.nanmax(values)
    low = max(float(np.nanmin(values)), best - LOWEST)
    with style():
        figure, axes = new_figure(COLUMN * 2, COLUMN * 0.75, ncols=len(panels), sharey=True, squeeze=False)
        for axis, title, part in zip(axes[0], panels, values, strict=True):
            image = axis.imshow(part, cmap="Blues", vmin=low, vmax=best, aspect="auto")
            _write(axis, part, best, low)
            axis.set_title(title)
            axis.set_xticks(range(len(columns)), columns)
            axis.set_yticks(range(len(rows)), rows)
            axis.tick_params(length=0)
            axis.spines[:].set_visible(False)
            axis.set_xlabel(column_name)
        axes[0, 0].set_ylabel(row_name)
        figure.colorbar(image, ax=list(axes[0]), label=score, extend="min" if np.nanmin(values) < low else "neither")
    return figure


def _write(axis: Any, part: Any, best: float, low: float) -> None:
    for (row, column), value in np.ndenumerate(part):
        if np.isnan(value):
            continue
        dark = value >= low + _DARK * (best - low)
        text = f"{round(value, 3) + 0.0:.3f}".replace("-", "−")  # and no "−0.000"
        axis.text(column, row, text, ha="center", va="center", fontsize=8, color="white" if dark else INK)
        if value == best:
            axis.add_patch(Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, fill=False, color=ORANGE, linewidth=2))
