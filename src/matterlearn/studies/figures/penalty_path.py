"""Score and sparsity of penalised models against the strength of the penalty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from matterlearn.report.figures.style import COLUMN, GREY, SERIES, new_figure, style


def penalty_path(
    strengths: Sequence[float],
    scores: Mapping[str, tuple[ArrayLike, ArrayLike]],
    counts: Mapping[str, ArrayLike],
    n_columns: int,
) -> Figure:
    """Draw score and number of weights that are not 0 against C.

    Parameters
    ----------
    strengths : sequence of float
        Values of C, the inverse strength of the penalty, rising.
    scores : mapping of str to (means, spreads)
        Of each model; arrays of shape (n_strengths,).
    counts : mapping of str to array-like of int
        Weights that are not 0, of the same models.
    n_columns : int
        Number of all columns, drawn as a line.

    Returns
    -------
    matplotlib.figure.Figure
        C on a logarithmic axis: strong penalties left, weak ones right.
    """
    with style():
        figure, (left, right) = new_figure(COLUMN * 2, COLUMN * 0.8, ncols=2)
        for number, (name, (means, spreads)) in enumerate(scores.items()):
            color, marker = SERIES[number]
            places = np.asarray(strengths) * (0.96 if number else 1.04)  # so that bars do not hide each other
            left.errorbar(
                places,
                means,
                yerr=spreads,
                color=color,
                marker=marker,
                markersize=4,
                linewidth=1,
                elinewidth=0.7,
                label=name,
            )
            right.plot(strengths, counts[name], color=color, marker=marker, markersize=4, linewidth=1)
        right.axhline(n_columns, color=GREY, linewidth=0.7, linestyle="--")
        for axis in (left, right):
            axis.set_xscale("log")
            axis.set_xticks(10.0 ** np.arange(-3, 4, 2))
            axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axis.set_xlabel("C (strong penalty to weak)")
        left.axhline(0.5, color=GREY, linewidth=0.7, linestyle="--")
        left.set_ylabel("AUC, folds of the training rows")
        right.set_ylabel("weights that are not 0")
        right.set_ylim(bottom=0)
        figure.legend(loc="outside upper center", ncols=len(scores))
    return figure
