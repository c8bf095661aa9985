"""Mean and variance of columns that were scaled by what some of the rows say."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter
from numpy.typing import ArrayLike

from matterlearn.report.figures.style import COLUMN, GREY, SERIES, new_figure, style


def scaled_moments(groups: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> Figure:
    """Draw the variance of each column against its mean.

    Parameters
    ----------
    groups : mapping of str to (means, variances)
        Name of each set of rows; arrays of shape (n_columns,), variances above 0.

    Returns
    -------
    matplotlib.figure.Figure
        The variance on a logarithmic axis. The first set is drawn last and large, as all its columns lie in one point.
    """
    with style():
        figure, axis = new_figure(COLUMN * 1.3, COLUMN * 0.85)
        for number, (name, (means, variances)) in reversed(list(enumerate(groups.items()))):
            color, marker = SERIES[number]
            size = 12 if number else 45
            axis.scatter(means, variances, s=size, color=color, marker=marker, label=f"{name} rows", linewidths=0)
        axis.axhline(1, color=GREY, linewidth=0.7, zorder=0)
        axis.axvline(0, color=GREY, linewidth=0.7, zorder=0)
        axis.set_yscale("log")
        axis.yaxis.set_major_formatter(ScalarFormatter())
        axis.yaxis.set_minor_formatter(NullFormatter())
        axis.locator_params(axis="x", nbins=6)
        axis.set_xlabel("mean after scaling")
        axis.set_ylabel("variance after scaling")
        axis.legend(loc="lower right")
    return figure
