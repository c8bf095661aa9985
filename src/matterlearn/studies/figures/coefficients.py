"""Histograms of the weights of models, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from matterlearn.report.figures.style import BLUE, COLUMN, INK, ORANGE, new_figure, style

N_BINS = 41


def coefficients(models: Mapping[str, ArrayLike]) -> Figure:
    """Draw how the weights of models are distributed, on common bins.

    Parameters
    ----------
    models : mapping of str to array-like of float
        Title of each panel and its weights.

    Returns
    -------
    matplotlib.figure.Figure
        Weights of exactly 0 are a bar of another colour, which is cut at the height of the axis and has its number
        beside it.

    Examples
    --------
    >>> figure = coefficients({"L2": [0.1, -0.2, 0.3], "L1": [0.0, 0.0, 0.4]})
    >>> [[text.get_text() for text in axis.texts] for axis in figure.get_axes()]
    [['0 are 0'], ['2 are 0']]
    """
    weights = {name: np.asarray(values, dtype=float) for name, values in models.items()}
    largest = max(float(np.abs(values).max()) for values in weights.values()) or 1.0
    bins = np.linspace(-largest, largest, N_BINS + 1)
    width = bins[1] - bins[0]
    with style():
        figure, axes = new_figure(
            COLUMN * 2.2, COLUMN * 0.75, ncols=len(weights), sharex=True, sharey=True, squeeze=False
        )
        counts = {name: np.histogram(values[values != 0], bins)[0] for name, values in weights.items()}
        top = 1.15 * max(1, *(int(count.max()) for count in counts.values()))
        for axis, (name, values) in zip(axes[0], weights.items(), strict=True):
            n_zero = int(np.sum(values == 0))
            axis.bar(0, n_zero, width=0.8 * width, color=ORANGE)
            axis.bar(bins[:-1] + width / 2, counts[name], width=width, color=BLUE)
            axis.set_title(name)
            axis.set_xlabel("weight")
            color = ORANGE if n_zero else INK
            axis.text(
                0.98, 0.95, f"{n_zero} are 0", transform=axis.transAxes, ha="right", va="top", fontsize=8, color=color
            )
        axes[0, 0].set_ylim(0, top)
        axes[0, 0].set_ylabel("columns")
    return figure
