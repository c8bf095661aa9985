"""Weights against the strength of a penalty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import COLUMN, FAINT, GREY, SERIES, new_figure, style
from matterlearn.studies.figures.foundations.axes import logarithmic
from matterlearn.studies.foundations.shrinkage import Floats


def weight_paths(
    strengths: Sequence[float], paths: Mapping[str, Floats], true: Mapping[int, float], names: Mapping[int, str]
) -> PointedFigure:
    """Draw the weights of each column against C, one panel per penalty.

    Parameters
    ----------
    strengths : sequence of float
        Values of C, the inverse strength, rising.
    paths : mapping of str to ndarray, shape (n_strengths, n_columns)
        Weights, by penalty.
    true : mapping of int to float
        Columns that matter, and their weights.
    names : mapping of int to str
        What those columns are called.

    Returns
    -------
    PointedFigure
        Columns that matter in colour, their true weights as short lines at the right end.
    """
    with style():
        figure, axes = new_figure(2 * COLUMN, 0.85 * COLUMN, ncols=len(paths), sharey=True)
        for axis, (name, weights) in zip(axes, paths.items(), strict=True):
            others = [column for column in range(weights.shape[1]) if column not in true]
            axis.plot(strengths, weights[:, others], color=GREY, linewidth=0.6)
            for (column, weight), (color, marker) in zip(true.items(), SERIES, strict=False):
                axis.plot(
                    strengths, weights[:, column], color=color, marker=marker, markersize=3.5, linewidth=1.4,
                    label=names[column],
                )  # fmt: skip
                axis.axhline(weight, xmin=0.92, color=color, linewidth=2)
            axis.axhline(0, color=FAINT, linewidth=0.8, zorder=0)
            axis.set_title(name)
            axis.set_xlim(strengths[0], strengths[-1] * 3)
            logarithmic(axis, "x", at=[strengths[k] for k in range(0, len(strengths), 4)])
            axis.set_xlabel("C (strong penalty to weak)")
        axes[0].set_ylabel("weight")
        axes[0].plot([], [], color=GREY, linewidth=0.6, label="columns without effect")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=4)
    return figure
