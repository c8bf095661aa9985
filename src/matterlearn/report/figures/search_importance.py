"""Which of the varied parameters mattered."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.search_score import parameter_names
from matterlearn.report.figures.style import BLUE, COLUMN, FAINT, new_figure, style
from matterlearn.report.words import percent


def search_importance(importance: Mapping[str, tuple[float, float]]) -> PointedFigure:
    """Draw the share of the variance of the score that each parameter explains by itself (fANOVA).

    Parameters
    ----------
    importance : mapping of str to (float, float)
        Of `matterlearn.search.parameter_importance`: parameter -> mean and standard deviation over forests.

    Returns
    -------
    PointedFigure
        The most important first. Bars reach one standard deviation over the forests to either side.
    """
    names = parameter_names(list(importance), 24)
    means = np.array([mean for mean, _ in importance.values()])
    spreads = np.array([spread for _, spread in importance.values()])
    with style():
        figure, axis = new_figure(COLUMN, 0.85 + 0.24 * max(len(means), 2))
        position = np.arange(len(means))
        axis.hlines(position, 0, 100 * means, color=FAINT, linewidth=5, zorder=1)
        axis.errorbar(
            100 * means, position, xerr=100 * spreads, fmt="o", color=BLUE, markersize=5, elinewidth=1.2, zorder=3
        )
        axis.set_yticks(position, list(names.values()))
        axis.tick_params(axis="y", length=0)
        axis.set_ylim(len(means) - 0.4, -0.6)
        axis.set_xlim(0, min(100.0, 1.12 * 100 * float((means + spreads).max())))
        axis.spines["left"].set_visible(False)
        axis.locator_params(axis="x", nbins=5)
        axis.set_xlabel("share of the variance of the score (%)", loc="right")
        texts = [f"{names[name]}\n{percent(mean)} ± {percent(spread)}" for name, (mean, spread) in importance.items()]
        figure.point_texts(axis, 100 * means, position, texts)
    return figure
