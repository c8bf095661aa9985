"""Log loss and area under the curve of the model and the baselines on every split, side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.score_lines import models_legend, score_lines
from matterlearn.report.figures.style import GREY, new_figure, style
from matterlearn.validation.evidence import TRAINING
from matterlearn.validation.protocol import MODEL

WIDTH = 4.9
"""Inches."""

FARTHEST = 3.0
"""Log loss that is drawn, in units of the worst of the model and of guessing: some baselines state 0 for what is."""

TRIVIAL = "class shares"
"""The baseline that states the shares of the classes for every row."""


def class_scores(scores: pd.DataFrame) -> PointedFigure:
    """Draw log loss and ROC AUC on each split: the model beside what is trivial.

    Parameters
    ----------
    scores : DataFrame
        Scores of one target, from `matterlearn.validation.classes.scores.class_score_table`.

    Returns
    -------
    PointedFigure
        One line per split; bars behind the model's points are bootstrap intervals. Left: log loss, the smaller the
        better; a baseline far beyond the others stands at the edge. Right: area under the ROC curve, the larger the
        better; the dashed line is chance.
    """
    scores = scores[scores["split"] != TRAINING]
    splits = list(dict.fromkeys(scores["split"]))
    with style():
        figure, (left, right) = new_figure(WIDTH, 1.05 + 0.42 * len(splits), ncols=2, sharey=True)
        shown = scores.loc[scores["model"].isin([MODEL, TRIVIAL]), ["log_loss", "log_loss_high"]]
        worst = float(np.nanmax(shown.where(np.isfinite(shown)).to_numpy(), initial=0.0))
        end = 1.06 * min(float(scores["log_loss"].max()), FARTHEST * worst) if worst > 0 else 1.0
        score_lines(figure, left, scores, "log_loss", splits=splits, limits=(0, end), short="log loss")
        lowest = float(np.nanmin(scores[["roc_auc", "roc_auc_low"]].to_numpy(), initial=0.5))
        limits = (max(0.0, lowest - 0.03), 1.0)
        score_lines(figure, right, scores, "roc_auc", splits=splits, limits=limits, short="ROC AUC")
        right.axvline(0.5, color=GREY, linewidth=0.8, linestyle="--", zorder=1)
        left.set_xlabel("log loss")
        right.set_xlabel("ROC AUC")
        models_legend(figure, left)
    return figure
