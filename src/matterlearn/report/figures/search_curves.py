"""How the networks of a search learned: those of the best and of the median trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from numpy.typing import ArrayLike

from matterlearn.core.errors import ArgumentError
from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.search_score import shown_score
from matterlearn.report.figures.style import BLUE, COLUMN, FAINT, ORANGE, new_figure, style
from matterlearn.report.words import number


def search_curves(
    cv_results: Mapping[str, Any],
    curves: Sequence[Mapping[str, ArrayLike | None]],
    *,
    loss: str = "loss (squared error)",
    scoring: str | None = None,
    unit: str = "",
) -> PointedFigure:
    """Draw the loss after each epoch of the best and of the median complete trial, on training and watched rows.

    Parameters
    ----------
    cv_results : mapping
        `cv_results_` of a search.
    curves : sequence of mapping
        `curves_` of the search: means over the folds of `loss` and `validation`, one value per epoch, or None.
    loss : str
        What the axis says; the targets are scaled by what stands around a network.
    scoring : str, optional
        scikit-learn's name of the score, for the legend.
    unit : str
        Of the score.

    Returns
    -------
    PointedFigure
        Full lines are training rows, dashed ones the rows that were watched.

    Raises
    ------
    ArgumentError
        If no complete trial has a curve: the search was not one of networks.
    """
    shown = shown_score(cv_results, scoring, unit)
    known = [i for i in np.flatnonzero(shown.complete).tolist() if curves[i]["loss"] is not None]
    if not known:
        raise ArgumentError("no complete trial has a learning curve", where="curves", fix="search a network")
    ranked = sorted(known, key=lambda i: -shown.sign * shown.values[i])
    chosen = {"best": ranked[0]}
    if len(ranked) > 2:
        chosen["median"] = ranked[len(ranked) // 2]
    with style():
        figure, axis = new_figure(COLUMN, 0.85 * COLUMN)
        for (rank, i), color in zip(chosen.items(), (ORANGE, BLUE), strict=False):
            for kind, line in (("loss", "-"), ("validation", "--")):
                curve = curves[i][kind]
                if curve is None:
                    continue
                values = np.asarray(curve, dtype=float)
                epochs = np.arange(1, len(values) + 1)
                words = "training" if kind == "loss" else "validation"
                axis.plot(epochs, values, color=color, linewidth=1.4, linestyle=line, label=f"{rank} trial, {words}")
                head = f"{rank} trial, {words}\n{shown.label} {number(shown.values[i])}"
                texts = [f"{head}\nepoch {e}: {number(v)}" for e, v in zip(epochs, values, strict=True)]
                figure.point_texts(axis, epochs, values, texts)
        axis.set_yscale("log")
        _plain_ticks(axis.yaxis)
        axis.grid(color=FAINT, linewidth=0.5, which="both", axis="y")
        axis.set_axisbelow(True)
        axis.set_xlabel("epoch")
        axis.set_ylabel(loss)
        figure.legend(loc="outside upper left", ncols=2, handlelength=1.8, columnspacing=1.0)
    return figure


def _plain_ticks(axis: Any) -> None:
    """Write numbers instead of powers of ten: 1, 2 and 5 of each decade, or the decades where there are many."""
    low, high = axis.get_view_interval()
    digits = (1.0, 2.0, 5.0) if high / low < MANY else (1.0,)
    axis.set_major_locator(LogLocator(subs=digits, numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axis.set_minor_locator(NullLocator())


MANY = 300.0
"""Ratio of the ends of an axis beyond which only powers of ten are marked."""
