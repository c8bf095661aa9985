"""Two importances of the same columns, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from matterlearn.report.figures.style import BLUE, COLUMN, FAINT, GREY, ORANGE, new_figure, style
from matterlearn.report.words import shortened


def importances(names: Sequence[str], impurity: ArrayLike, permutation: ArrayLike) -> Figure:
    """Draw impurity and permutation importance of columns.

    Parameters
    ----------
    names : sequence of str
        Names of the columns, drawn from top to bottom.
    impurity, permutation : array-like of float, shape (n_folds, n_columns)
        Both importances on each fold.

    Returns
    -------
    matplotlib.figure.Figure
        Means, with bars of one standard deviation over the folds.
    """
    place = np.arange(len(names))
    panels = ((impurity, "impurity importance", BLUE, "o"), (permutation, "fall of the AUC when shuffled", ORANGE, "s"))
    with style():
        figure, axes = new_figure(COLUMN * 2, 0.7 + 0.22 * len(names), ncols=2, sharey=True)
        for axis, (values, label, color, marker) in zip(axes, panels, strict=True):
            table = np.asarray(values, dtype=float)
            middle, spread = table.mean(axis=0), table.std(axis=0, ddof=1)
            axis.hlines(place, 0, middle, color=FAINT, linewidth=4, zorder=1)
            axis.errorbar(middle, place, xerr=spread, fmt=marker, color=color, markersize=4, elinewidth=1, zorder=3)
            axis.axvline(0, color=GREY, linewidth=0.8)
            axis.set_xlabel(label)
            axis.tick_params(axis="y", length=0)
            axis.locator_params(axis="x", nbins=5)
        axes[0].set_yticks(place, [shortened(name, 32) for name in names])
        axes[0].set_ylim(len(names) - 0.4, -0.6)
    return figure
