"""Errors of the model and the baselines on every split, side by side."""

from __future__ import annotations

import pandas as pd

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.score_lines import models_legend, score_lines
from matterlearn.report.figures.style import new_figure, style, with_unit
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
    splits = list(dict.fromkeys(scores["split"]))
    with style():
        figure, axis = new_figure(WIDTH, 0.95 + 0.42 * len(splits))
        worst = scores.loc[scores["model"] == MODEL, ["mae", "mae_high"]].max().max()
        end = 1.06 * min(scores["mae"].max(), 3 * worst) if worst > 0 else 1.0
        score_lines(figure, axis, scores, "mae", splits=splits, limits=(0, end), short="MAE", unit=unit)
        axis.set_xlabel(with_unit("mean absolute error", unit))
        models_legend(figure, axis)
    return figure
