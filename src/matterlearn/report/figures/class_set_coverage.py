"""Sets of classes that promise to hold the right one: whether they do, and how large they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import COLUMN, FAINT, GREY, SERIES, new_figure, style
from matterlearn.report.words import percent, shortened
from matterlearn.validation.binomial import binomial_interval

LEVELS = np.round(np.arange(0.5, 1.0, 0.02), 2)
"""Levels that are drawn: below one half a set promises less than a guess between two."""

MOST = 4
"""Curves that are drawn: more cannot be told apart."""

STYLES = ("-", "--", "-.", ":")


def class_set_coverage(sets: Mapping[str, Sequence[ArrayLike]], *, level: float) -> PointedFigure:
    """Draw how often prediction sets hold the class of a row, and how many classes they hold, against the promise.

    Parameters
    ----------
    sets : mapping of str to (codes, level_needed) or (codes, level_needed, weight)
        Name of each curve and its rows: the class of each, shape (n_rows,), the smallest level whose set holds each
        class, shape (n_rows, n_classes), and how much each row counts.
    level : float
        The level that predictions are given with.

    Returns
    -------
    PointedFigure
        Left: on the diagonal sets hold what they promise; bands are 95 % binomial intervals. Right: mean number of
        classes in a set.

    Examples
    --------
    >>> figure = class_set_coverage({"test": ([0, 1], [[0.2, 0.9], [0.95, 0.6]])}, level=0.9)
    >>> figure.axes[0].lines[1].get_ydata()[0], figure.axes[1].lines[0].get_ydata()[-1]
    (np.float64(0.5), np.float64(2.0))
    """
    with style():
        figure, (left, right) = new_figure(1.4 * COLUMN, 0.85 * COLUMN, ncols=2)
        left.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
        largest = 1.0
        for k, (name, (codes, level_needed, *weight)) in enumerate(list(sets.items())[:MOST]):
            color, _ = SERIES[k]
            needed, of = np.asarray(level_needed, dtype=float), np.asarray(codes, dtype=int)
            own = needed[np.arange(len(of)), of]
            weights = np.asarray(weight[0], dtype=float) if weight else np.ones(len(of))
            held = np.average(own[:, None] <= LEVELS, axis=0, weights=weights)
            size = np.average((needed[:, :, None] <= LEVELS).sum(axis=1), axis=0, weights=weights)
            low, high = binomial_interval(held, weights.sum() ** 2 / (weights**2).sum())
            left.fill_between(LEVELS, low, high, color=color, alpha=0.18, linewidth=0)
            left.plot(LEVELS, held, color=color, linewidth=1.5, linestyle=STYLES[k], label=shortened(name, 40))
            right.plot(LEVELS, size, color=color, linewidth=1.5, linestyle=STYLES[k])
            largest = max(largest, float(size.max()))
            texts = [
                f"{name}\npromised {percent(promise)}\nheld {percent(share)}, {classes:.2f} classes on average"
                for promise, share, classes in zip(LEVELS, held, size, strict=True)
            ]
            figure.point_texts(left, LEVELS, held, texts)
            figure.point_texts(right, LEVELS, size, texts)
        for axis in (left, right):
            axis.axvline(level, color=FAINT, linewidth=4, zorder=0)
            axis.set_xlim(LEVELS[0], 1)
            axis.set_xlabel("promised")
            axis.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        left.set_ylim(LEVELS[0] - 0.1, 1)
        left.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        left.set_title("held")
        right.set_ylim(0, 1.08 * largest)
        right.set_title("classes in a set")
        figure.legend(loc="outside upper left", ncols=1)
    return figure
