"""Which probabilities the rows of each class get: how well the classes come apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import COLUMN, FAINT, GREY, SERIES, new_figure, style
from matterlearn.report.words import percent, shortened

N_BARS = 25
"""Bars over the range from 0 to 1."""

MOST = 10
"""Classes that are drawn."""

HEIGHT = 0.82
"""Height of the highest bar of a class, in distances between two classes."""


def probability_histogram(
    p: ArrayLike,
    codes: ArrayLike,
    classes: Sequence[str],
    *,
    label: str,
    threshold: float | None = None,
    weight: ArrayLike | None = None,
    title: str = "",
) -> PointedFigure:
    """Draw the distribution of a probability over the rows of each class.

    Parameters
    ----------
    p : array-like of float, shape (n_rows,)
        A probability of each row: that of one class, or that of the class the row has.
    codes : array-like of int, shape (n_rows,)
        Position of each row's class in `classes`.
    classes : sequence of str
        Names of the classes.
    label : str
        What the probability is of.
    threshold : float, optional
        Probability from which on a row is decided for, as a dashed line.
    weight : array-like of float, shape (n_rows,), optional
        How much each row counts.
    title : str
        Title of the figure.

    Returns
    -------
    PointedFigure
        One strip for each class, the first at the top; the highest bar of each has the same height. If there are too
        many classes, those with the lowest mean are drawn.

    Examples
    --------
    >>> figure = probability_histogram([0.1, 0.2, 0.9], [0, 0, 1], ["no", "yes"], label="probability of yes")
    >>> [text.get_text() for text in figure.axes[0].get_yticklabels()]
    ['no', 'yes']
    """
    values, of = np.asarray(p, dtype=float), np.asarray(codes, dtype=int)
    weights = np.ones(len(values)) if weight is None else np.asarray(weight, dtype=float)
    present = [k for k in range(len(classes)) if weights[of == k].sum() > 0]
    if len(present) > MOST:
        means = {k: np.average(values[of == k], weights=weights[of == k]) for k in present}
        present = sorted(sorted(present, key=lambda k: means[k])[:MOST])
    with style():
        figure, axis = new_figure(COLUMN, 1.0 + 0.45 * max(2, len(present)))
        for line, k in enumerate(present):
            color, _ = SERIES[line % len(SERIES)]
            _strip(figure, axis, line, str(classes[k]), values[of == k], weights[of == k], color)
        if threshold is not None and np.isfinite(threshold):
            axis.axvline(threshold, color=GREY, linewidth=1, linestyle="--", zorder=4)
        axis.set_yticks(range(len(present)), [shortened(str(classes[k]), 16) for k in present])
        axis.set_ylim(len(present) - 0.35, -1.05)
        axis.set_xlim(0, 1)
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axis.set_xlabel(shortened(label, 44))
        axis.set_title(shortened(title, 40))
    return figure


def _strip(figure: PointedFigure, axis: Any, line: int, name: str, values: Any, weights: Any, color: str) -> None:
    counts, edges = np.histogram(np.clip(values, 0, 1), bins=N_BARS, range=(0, 1), weights=weights)
    shares = counts / counts.sum()
    tops = line - HEIGHT * shares / shares.max()  # up is towards smaller numbers
    axis.axhline(line, color=FAINT, linewidth=0.8, zorder=1)
    axis.stairs(tops, edges, baseline=line, fill=True, color=color, alpha=0.35, zorder=2)
    axis.stairs(tops, edges, baseline=line, color=color, linewidth=1.1, zorder=3)
    shown = np.flatnonzero(counts)
    texts = [
        f"{name}\n{percent(shares[i])} of {len(values)} rows\nbetween {edges[i]:.2f} and {edges[i + 1]:.2f}"
        for i in shown
    ]
    figure.point_texts(axis, ((edges[:-1] + edges[1:]) / 2)[shown], tops[shown], texts)
