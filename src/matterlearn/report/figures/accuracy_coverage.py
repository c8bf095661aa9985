"""What refusing doubtful rows buys: accuracy of the answered ones against the share that is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from matterlearn.models.decisions.rejection import accuracy_coverage as curve_of
from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.scatter import PAPER
from matterlearn.report.figures.style import COLUMN, GREY, INK, SERIES, new_figure, style
from matterlearn.report.words import percent, shortened

MOST = 4
"""Curves that are drawn: more cannot be told apart."""

MOST_ANSWERS = 60
"""Points of one curve that answer to the pointer."""

FEWEST = 20
"""Answered rows from which on an accuracy is drawn: of fewer it jumps from row to row."""

STYLES = ("-", "--", "-.", ":")


def accuracy_coverage(
    curves: Mapping[str, Sequence[ArrayLike]],
    *,
    chosen: Mapping[str, tuple[float, float]] | None = None,
    theta: float | None = None,
    promised: float | None = None,
) -> PointedFigure:
    r"""Draw the accuracy of the answered rows against their share, the surest rows first.

    Parameters
    ----------
    curves : mapping of str to (correct, confidence) or (correct, confidence, weight)
        Name of each curve and its rows: whether each was decided rightly, the probability of the class it was decided
        for, and how much it counts; arrays of shape (n_rows,).
    chosen : mapping of str to (float, float), optional
        For each curve the share of rows that was answered and the accuracy there.
    theta : float, optional
        Confidence below which rows are refused, as a text at the points of `chosen`.
    promised : float, optional
        Accuracy of the answered rows that the threshold was chosen for: a dashed line.

    Returns
    -------
    PointedFigure
        At the right end all rows are answered. Rows with equal confidence are answered together. Large points mark
        what was chosen, without a look at these rows.

    Examples
    --------
    >>> figure = accuracy_coverage({"test": ([1] * 60 + [0, 1] * 20, [0.9] * 60 + [0.6] * 40)})
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['test: 80\xa0% if all are answered']
    """
    lowest = 1.0
    with style():
        figure, axis = new_figure(COLUMN, 1.05 * COLUMN)
        for k, (name, rows) in enumerate(list(curves.items())[:MOST]):
            color, marker = SERIES[k]
            curve = curve_of(*rows)
            coverage, accuracy = np.asarray(curve.coverage), 1 - np.asarray(curve.error)
            order = np.argsort(coverage, kind="stable")
            coverage, accuracy, thetas = coverage[order], accuracy[order], np.asarray(curve.theta)[order]
            shown = coverage * len(np.asarray(rows[0])) >= min(FEWEST, len(np.asarray(rows[0])))
            coverage, accuracy, thetas = coverage[shown], accuracy[shown], thetas[shown]
            label = f"{shortened(name, 26)}: {percent(accuracy[-1])} if all are answered"
            axis.plot(coverage, accuracy, color=color, linewidth=1.5, linestyle=STYLES[k], label=label, zorder=3)
            lowest = min(lowest, float(accuracy.min()))
            at = np.unique(np.linspace(0, len(coverage) - 1, min(MOST_ANSWERS, len(coverage))).astype(int))
            texts = [
                f"{name}\n{percent(coverage[i])} answered, {percent(accuracy[i])} of them right\n"
                f"refused below {thetas[i]:.3g}"
                for i in at
            ]
            figure.point_texts(axis, coverage[at], accuracy[at], texts)
            if chosen and name in chosen and np.isfinite(chosen[name]).all():
                x, y = chosen[name]
                lowest = min(lowest, y)
                axis.plot(x, y, marker, color=color, markersize=8, markeredgecolor="white", zorder=5, clip_on=False)
                if theta is not None and k == 0:
                    text, where = f"θ = {theta:.3g}", {"textcoords": "offset points", "ha": "right", "zorder": 6}
                    axis.annotate(text, (x, y), (-7, -13), fontsize=8, color=INK, bbox=dict(PAPER), **where)
        if promised is not None:
            lowest = min(lowest, promised)
            axis.axhline(promised, color=GREY, linewidth=1, linestyle="--", zorder=1)
            said = f"wanted {percent(promised)}"
            axis.annotate(said, (0.02, promised), va="center", fontsize=7, color=GREY, bbox=dict(PAPER), zorder=4)
        axis.set_xlim(0, 1)
        axis.set_ylim(max(0.0, lowest - 0.12 * (1 - lowest) - 0.005), 1.0)
        axis.set_xlabel("share of rows answered")
        axis.set_ylabel("accuracy of the answered rows")
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axis.yaxis.set_major_formatter(lambda value, _: f"{value:.3%}".rstrip("%").rstrip("0").rstrip(".") + "%")
        axis.locator_params(axis="y", nbins=6)
        figure.legend(loc="outside upper left", ncols=1)
    return figure
