"""Errors on each fold of a split that leaves something out."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, GREY, ORANGE, new_figure, style, with_unit
from matterlearn.report.words import in_unit, number, percent, short_list

MOST = 15
"""Folds that are drawn."""

WIDTH = 4.2
"""Inches."""


def held_out(folds: pd.DataFrame, *, level: float, unit: str = "", random: float | None = None) -> PointedFigure:
    """Draw the error on each fold of a split, the worst first, with the error on random rows as a line.

    Parameters
    ----------
    folds : DataFrame
        `held_out`, `n_rows`, `mae`, `coverage` and `coverage_high` of each fold, the worst first, as from
        `Evidence.by_fold`.
    level : float
        What the intervals promise.
    unit : str
        Unit of the target.
    random : float, optional
        Mean absolute error on random rows.

    Returns
    -------
    PointedFigure
        Bars of folds whose intervals surely cover less than promised are orange; the share stands beside each bar.
    """
    folds = folds.head(MOST)
    labels = [textwrap.fill(short_list(str(row.held_out)), 26) for row in folds.itertuples()]
    lines = sum(label.count("\n") + 1 for label in labels)
    with style():
        figure, axis = new_figure(WIDTH, 1.0 + 0.15 * max(lines, 1.7 * len(labels)))
        position = np.arange(len(folds))
        fails = folds["coverage_high"].to_numpy() < level
        axis.barh(position, folds["mae"], 0.62, color=np.where(fails, ORANGE, BLUE).tolist())
        for y, row in zip(position, folds.itertuples(), strict=True):
            axis.annotate(f" {row.coverage:.0%} of {row.n_rows}", (row.mae, y), va="center", fontsize=7.5)
        if random is not None:
            axis.axvline(random, color=GREY, linewidth=1, linestyle="--", label="error on random rows")
            figure.legend(loc="outside upper right")
        axis.set_yticks(position, labels, fontsize=7.5)
        axis.tick_params(axis="y", length=0)
        axis.invert_yaxis()
        axis.margins(x=0.16)
        axis.set_xlim(left=0)
        axis.set_xlabel(with_unit("mean absolute error", unit))
        texts = [
            f"{row.held_out}\nleft out: {row.n_rows} rows\nMAE {in_unit(number(row.mae), unit)}\n"
            f"{percent(row.coverage)} within their interval"
            for row in folds.itertuples()
        ]
        figure.point_texts(axis, folds["mae"] / 2, position, texts)
    return figure
