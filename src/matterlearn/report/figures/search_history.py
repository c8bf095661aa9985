"""How a search went: every trial, and the best so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.search_score import ShownScore, parameter_names, shown_score
from matterlearn.report.figures.style import BLUE, COLUMN, FAINT, GREY, ORANGE, PURPLE, new_figure, style
from matterlearn.report.words import number, shortened


def search_history(cv_results: Mapping[str, Any], *, scoring: str | None = None, unit: str = "") -> PointedFigure:
    """Draw the score of every trial in the order in which they were made, and the best so far.

    Parameters
    ----------
    cv_results : mapping
        `cv_results_` of a search: `mean_test_score`, `split{k}_test_score`, and, where known, `state` and `params`.
    scoring : str, optional
        scikit-learn's name of the score. Of one that begins with "neg_", the error is shown, of which less is better.
    unit : str
        Of what is shown.

    Returns
    -------
    PointedFigure
        Trials that were given up stand at the mean of the folds that they were tried on; failed ones, and scores far
        worse than the others, at the edge.
    """
    shown = shown_score(cv_results, scoring, unit)
    trial = np.arange(1, len(shown.values) + 1)
    low, high = shown.limits()
    worst = low if shown.sign > 0 else high
    with style():
        figure, axis = new_figure(COLUMN, 0.8 * COLUMN)
        beyond = shown.sign * shown.values < shown.sign * worst
        placed = np.where(beyond, worst, shown.values)
        pruned = np.array([state == "pruned" for state in shown.state], dtype=bool)
        failed = ~np.isfinite(shown.values)
        inside = shown.complete & ~beyond
        best = np.full(len(trial), np.nan)
        best[shown.complete] = shown.values[shown.complete]
        best = shown.sign * np.fmax.accumulate(shown.sign * best)
        axis.step(trial, best, where="post", color=ORANGE, linewidth=1.5, label="best so far", zorder=3)
        axis.scatter(trial[inside], placed[inside], s=16, color=BLUE, linewidths=0, label="trial", zorder=4)
        given_up = pruned & ~beyond & ~failed
        if given_up.any():
            axis.scatter(
                trial[given_up], placed[given_up], s=16, marker="D", facecolors="white", edgecolors=GREY,
                linewidths=0.9, label="given up", zorder=2,
            )  # fmt: skip
        far = beyond & ~failed
        if far.any():
            mark = "v" if shown.sign > 0 else "^"
            axis.scatter(
                trial[far], placed[far], s=18, marker=mark, color=BLUE, linewidths=0, label="beyond", clip_on=False
            )
        if failed.any():
            axis.scatter(
                trial[failed], np.full(failed.sum(), worst), s=20, marker="x", color=PURPLE, linewidths=1.2,
                label="failed", clip_on=False, zorder=5,
            )  # fmt: skip
        axis.set_ylim(low, high)
        axis.set_xlim(0.0, len(trial) + 1.0)
        axis.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axis.grid(axis="y", color=FAINT, linewidth=0.5)
        axis.set_axisbelow(True)
        axis.set_xlabel("trial")
        axis.set_ylabel(shown.label)
        figure.legend(loc="outside upper left", ncols=3, handletextpad=0.4, columnspacing=1.2)
        where = np.where(failed, worst, placed)
        figure.point_texts(axis, trial, where, [_text(cv_results, shown, i) for i in range(len(trial))])
    return figure


def _text(cv_results: Mapping[str, Any], shown: ShownScore, i: int) -> str:
    params = cv_results.get("params", [{}] * len(shown.values))[i]
    names = parameter_names(list(params), 60)
    value = shown.state[i] if not np.isfinite(shown.values[i]) else f"{shown.label} {number(shown.values[i])}"
    lines = [
        f"{names[name]} {number(v) if isinstance(v, float) else shortened(str(v), 40)}" for name, v in params.items()
    ]
    return "\n".join([f"trial {i + 1}", value, *lines])
