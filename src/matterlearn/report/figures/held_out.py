"""Errors on each fold of a split that leaves something out."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, GREY, ORANGE, new_figure, style, with_unit
from matterlearn.report.measure import Measure, absolute_error
from matterlearn.report.words import percent, short_list

MOST = 15
"""Folds that are drawn."""

WIDTH = 4.2
"""Inches."""


def held_out(
    folds: pd.DataFrame,
    *,
    level: float,
    unit: str = "",
    random: float | None = None,
    measure: Measure | None = None,
    held: str = "within their interval",
) -> PointedFigure:
    """Draw the error on each fold of a split, the worst first, with the error on random rows as a line.

    Parameters
    ----------
    folds : DataFrame
        `held_out`, `n_rows`, the error (`mae`), `coverage` and `coverage_high` of each fold, the worst first, as from
        `Evidence.by_fold`.
    level : float
        What the intervals promise.
    unit : str
        Unit of the target.
    random : float, optional
        The error on random rows.
    measure : Measure, optional
        The error; by default the mean absolute error.
    held : str
        What `coverage` is the share of.

    Returns
    -------
    PointedFigure
        Bars of folds whose intervals surely cover less than promised are orange; the share stands beside each bar.
    """
    folds, measure = folds.head(MOST), measure or absolute_error(unit)
    errors = folds[measure.key].to_numpy(dtype=float)
    labels = [textwrap.fill(short_list(str(row.held_out)), 26) for row in folds.itertuples()]
    lines = sum(label.count("\n") + 1 for label in labels)
    with style():
        figure, axis = new_figure(WIDTH, 1.0 + 0.15 * max(lines, 1.7 * len(labels)))
        position = np.arange(len(folds))
        fails = folds["coverage_high"].to_numpy() < level
        axis.barh(position, errors, 0.62, color=np.where(fails, ORANGE, BLUE).tolist())
        for y, error, row in zip(position, errors, folds.itertuples(), strict=True):
            axis.annotate(f" {row.coverage:.0%} of {row.n_rows}", (error, y), va="center", fontsize=7.5)
        if random is not None:
            axis.axvline(random, color=GREY, linewidth=1, linestyle="--", label="error on random rows")
            figure.legend(loc="outside upper right")
        axis.set_yticks(position, labels, fontsize=7.5)
        axis.tick_params(axis="y", length=0)
        axis.invert_yaxis()
        axis.margins(x=0.16)
        axis.set_xlim(left=0)
        axis.set_xlabel(with_unit(measure.name, measure.unit))
        texts = [
            f"{row.held_out}\nleft out: {row.n_rows} rows\n{measure.short} {measure.say(error)}\n"
            f"{percent(row.coverage)} {held}"
            for row, error in zip(folds.itertuples(), errors, strict=True)
        ]
        figure.point_texts(axis, errors / 2, position, texts)
    return figure
