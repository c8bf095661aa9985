"""How the ranks of columns vary over random splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from matterlearn.report.figures.style import COLUMN, FAINT, SERIES, new_figure, style
from matterlearn.report.words import shortened


def rank_intervals(
    names: Sequence[str], models: Mapping[str, ArrayLike], percentiles: tuple[float, float], top: int
) -> Figure:
    """Draw median and interval of the rank of each column in each model.

    Parameters
    ----------
    names : sequence of str
        Names of the columns, drawn from top to bottom.
    models : mapping of str to array-like, shape (n_splits, n_columns)
        Ranks, from 1.
    percentiles : (float, float)
        Ends of the bars.
    top : int
        Ranks up to this one have a band behind them.

    Returns
    -------
    matplotlib.figure.Figure
        Ranks on a logarithmic axis.
    """
    place = np.arange(len(names))
    with style():
        figure, axis = new_figure(COLUMN * 1.8, 0.9 + 0.26 * len(names))
        axis.axvspan(0.9, top + 0.5, color=FAINT, alpha=0.5, linewidth=0)
        for number, (name, ranks) in enumerate(models.items()):
            color, marker = SERIES[number]
            low, middle, high = np.percentile(
                np.asarray(ranks, dtype=float), [percentiles[0], 50, percentiles[1]], axis=0
            )
            axis.errorbar(
                middle,
                place + 0.3 * (number - (len(models) - 1) / 2),
                xerr=[middle - low, high - middle],
                fmt=marker,
                color=color,
                markersize=4,
                elinewidth=1,
                label=name,
            )
        axis.set_xscale("log")
        axis.set_xlim(left=0.9)
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axis.set_yticks(place, [shortened(name, 34) for name in names])
        axis.set_ylim(len(names) - 0.4, -0.6)
        axis.tick_params(axis="y", length=0)
        axis.set_xlabel("rank")
        figure.legend(loc="outside upper center", ncols=len(models))
    return figure
