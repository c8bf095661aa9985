"""Scores of models that learn from shuffled labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from matterlearn.report.figures.style import COLUMN, GREY, INK, SERIES, new_figure, style


def leak(preparations: Mapping[str, Mapping[str, ArrayLike]]) -> Figure:
    """Draw the areas under the ROC curve that are reached with shuffled labels.

    Parameters
    ----------
    preparations : mapping of str to mapping of str to array-like
        What is learned before the model; from which rows; and the area of each shuffle.

    Returns
    -------
    matplotlib.figure.Figure
        One column of points for each, a bar at its mean, and a line at 1/2, the truth.
    """
    with style():
        figure, axis = new_figure(COLUMN * 2, COLUMN * 0.8)
        axis.axhline(0.5, color=GREY, linewidth=0.8, linestyle="--")
        labels: list[str] = []
        for preparation, areas in preparations.items():
            for number, (rows, values) in enumerate(areas.items()):
                points = np.asarray(values, dtype=float)
                color, marker = SERIES[number]
                place = len(labels)
                axis.scatter(np.full(len(points), place), points, s=14, color=color, marker=marker, linewidths=0)
                axis.hlines(points.mean(), place - 0.25, place + 0.25, color=INK, linewidth=1.8)
                labels.append(preparation.replace(" of ", "\nof ") + f"\nfrom {rows}")
        axis.set_xticks(range(len(labels)), labels)
        axis.tick_params(axis="x", length=0)
        axis.set_xlim(-0.5, len(labels) - 0.5)
        axis.set_ylabel("AUC with shuffled labels")
    return figure
