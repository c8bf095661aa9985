"""Errors of the model and the baselines on every split, side by side."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, FAINT, INK, SERIES, new_figure, style, with_unit
from matterlearn.report.words import in_unit, number, split_words
from matterlearn.validation.evidence import TRAINING
from matterlearn.validation.protocol import MODEL

WIDTH = 4.2
"""Inches."""


def split_errors(scores: pd.DataFrame, unit: str = "") -> PointedFigure:
    """Draw the mean absolute error on each split: the model beside what is trivial.

    Parameters
    ----------
    scores : DataFrame
        Scores of one target, from `Evidence.scores`.
    unit : str
        Unit of the target.

    Returns
    -------
    PointedFigure
        One line per split; bars behind the model's points are bootstrap intervals. The axis starts at zero, and ends
        where a baseline is worse than three times the worst error of the model: it then stands at the edge.
    """
    scores = scores[scores["split"] != TRAINING]
    splits, models = list(dict.fromkeys(scores["split"])), list(dict.fromkeys(scores["model"]))
    models = [*(name for name in models if name != MODEL), MODEL]  # the model is drawn last, on top
    with style():
        figure, axis = new_figure(WIDTH, 0.95 + 0.42 * len(splits))
        worst = scores.loc[scores["model"] == MODEL, ["mae", "mae_high"]].max().max()
        end = 1.06 * min(scores["mae"].max(), 3 * worst) if worst > 0 else 1.0
        for k, model in enumerate(models):
            lines = scores[scores["model"] == model]
            position = np.array([splits.index(split) for split in lines["split"]], dtype=float)
            mae = lines["mae"].to_numpy()
            at = np.minimum(mae, end)
            color, marker = (BLUE, "o") if model == MODEL else SERIES[1 + k % (len(SERIES) - 1)]
            if model == MODEL:
                axis.hlines(position, lines["mae_low"], lines["mae_high"], color=BLUE, linewidth=4, alpha=0.35)
            axis.scatter(
                at,
                position,
                s=46 if model == MODEL else 26,
                marker=marker,
                color=color if model == MODEL else "none",
                edgecolors=color,
                linewidths=1.2,
                label=model,
                clip_on=False,
                zorder=4 if model == MODEL else 3,
            )
            texts = [
                f"{model}\n{split_words(split)}\nMAE {in_unit(number(value), unit)}"
                for split, value in zip(lines["split"], mae, strict=True)
            ]
            figure.point_texts(axis, at, position, texts)
            if model == MODEL:
                for x, y, value in zip(at, position, mae, strict=True):
                    axis.annotate(
                        number(value), (x, y), (0, 6), textcoords="offset points", ha="center", fontsize=8, color=INK
                    )
        axis.set_yticks(np.arange(len(splits)), [textwrap.fill(split_words(split), 24) for split in splits])
        axis.set_ylim(len(splits) - 0.5, -0.6)
        axis.set_xlim(0, end)
        axis.hlines(np.arange(len(splits)), 0, end, color=FAINT, linewidth=0.8, zorder=0)
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
        axis.set_xlabel(with_unit("mean absolute error", unit))
        handles, labels = axis.get_legend_handles_labels()
        figure.legend(handles[::-1], labels[::-1], loc="outside upper center", ncols=min(len(models), 3))
    return figure
