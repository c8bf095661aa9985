"""Scores of several models on the same folds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from matterlearn.report.figures.style import COLUMN, FAINT, GREY, INK, SERIES, new_figure, style


def fold_areas(models: Mapping[str, ArrayLike], *, label: str = "AUC on the fold") -> Figure:
    """Draw the score of each model on each fold, joined fold by fold.

    Parameters
    ----------
    models : mapping of str to array-like of float, shape (n_folds,)
        Scores of each model, on the same folds in the same order.
    label : str
        Label of the axis.

    Returns
    -------
    matplotlib.figure.Figure
        A bar at the mean of each model; a line at chance, 1/2, where scores come near it.
    """
    table = np.array([np.asarray(scores, dtype=float) for scores in models.values()])  # (n_models, n_folds)
    place = np.arange(len(table))
    with style():
        figure, axis = new_figure(max(1.2, 0.45 * len(table)) * COLUMN, COLUMN * 0.85)
        axis.plot(place, table, color=FAINT, linewidth=0.6, zorder=1)
        for number, scores in enumerate(table):
            color, marker = SERIES[number % len(SERIES)]
            axis.scatter(np.full(len(scores), number), scores, s=12, color=color, marker=marker, zorder=2, linewidths=0)
            axis.hlines(scores.mean(), number - 0.25, number + 0.25, color=INK, linewidth=1.8, zorder=3)
        if table.min() < 0.6:
            axis.axhline(0.5, color=GREY, linewidth=0.7, linestyle="--", zorder=0)
        axis.set_xticks(place, [name.replace(", ", "\n") for name in models])
        axis.tick_params(axis="x", length=0)
        axis.set_xlim(-0.5, len(table) - 0.5)
        axis.set_ylabel(label)
    return figure
