"""A panel with one line per split and, on each, the score of the model beside those of what is trivial."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, FAINT, INK, SERIES
from matterlearn.report.words import in_unit, number, split_words
from matterlearn.validation.protocol import MODEL


def score_lines(
    figure: PointedFigure,
    axis: Any,
    scores: pd.DataFrame,
    column: str,
    *,
    splits: Sequence[str],
    limits: tuple[float, float],
    short: str,
    unit: str = "",
) -> None:
    """Draw one score of every model on every split.

    Parameters
    ----------
    figure : PointedFigure
        The figure of the panel.
    axis : matplotlib axis
        The panel.
    scores : DataFrame
        Scores of one target.
    column : str
        The score; `column_low` and `column_high` are the ends of its interval, which stands behind the model's points.
    splits : sequence of str
        Names of the lines, the first at the top.
    limits : (float, float)
        Ends of the axis. A score beyond them stands at the edge; one that does not exist is not drawn.
    short : str
        Name of the score where space is short.
    unit : str
        Its unit.
    """
    models = list(dict.fromkeys(scores["model"]))
    models = [*(name for name in models if name != MODEL), MODEL]  # the model is drawn last, on top
    for k, model in enumerate(models):
        lines = scores[(scores["model"] == model) & scores[column].notna()]
        position = np.array([splits.index(split) for split in lines["split"]], dtype=float)
        values = lines[column].to_numpy()
        at = np.clip(values, *limits)
        color, marker = (BLUE, "o") if model == MODEL else SERIES[1 + k % (len(SERIES) - 1)]
        if model == MODEL:
            low, high = lines[f"{column}_low"], lines[f"{column}_high"]
            axis.hlines(position, low, high, color=BLUE, linewidth=4, alpha=0.35)
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
            f"{model}\n{split_words(split)}\n{short} {in_unit(number(value), unit)}"
            for split, value in zip(lines["split"], values, strict=True)
        ]
        figure.point_texts(axis, at, position, texts)
        if model == MODEL:
            for x, y, value in zip(at, position, values, strict=True):
                axis.annotate(
                    number(value), (x, y), (0, 6), textcoords="offset points", ha="center", fontsize=8, color=INK
                )
    axis.set_yticks(np.arange(len(splits)), [textwrap.fill(split_words(split), 24) for split in splits])
    axis.set_ylim(len(splits) - 0.5, -0.6)
    axis.set_xlim(*limits)
    axis.hlines(np.arange(len(splits)), *limits, color=FAINT, linewidth=0.8, zorder=0)
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)


def models_legend(figure: PointedFigure, axis: Any) -> None:
    """Write the names of the models above the figure, the judged one first."""
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside upper center", ncols=min(len(labels), 3))
