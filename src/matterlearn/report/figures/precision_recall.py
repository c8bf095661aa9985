"""How many of the rows called positive are, against how many of the positive ones are found, at every threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from matterlearn.report.figures.named_curves import MOST_NAMED, NamedCurve, draw_curves, figure_of, said_area
from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import GREY, style
from matterlearn.report.words import percent, shortened
from matterlearn.validation.classes.curves import precision_recall_points

ALIKE = 0.02
"""Difference of the shares of a class, between curves, up to which one number stands for them."""


def precision_recall(
    curves: Mapping[str, Sequence[ArrayLike]],
    *,
    areas: Mapping[str, tuple[float, float, float]] | None = None,
    title: str = "",
) -> PointedFigure:
    """Draw precision against recall, with the precision of guessing.

    Parameters
    ----------
    curves : mapping of str to (is_class, p) or (is_class, p, weight)
        Name of each curve and its rows: whether each is of the class, its probability, and how much it counts; arrays
        of shape (n_rows,). A curve without a row of the class does not exist and is left out.
    areas : mapping of str to (float, float, float), optional
        The average precision and the ends of its interval that stand beside a name, where they
        are not those of the points that are drawn: a mean over folds, for one. An end that is NaN is left out.
    title : str
        Title of the figure.

    Returns
    -------
    PointedFigure
        Beside each name stands the average precision. Dashed grey lines are chance: the share of the class in the rows
        of a curve.

    Examples
    --------
    >>> figure = precision_recall({"test": ([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])})
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['test  0.833']
    """
    lines, chances = [], []
    for name, rows in curves.items():
        points = precision_recall_points(*rows)
        if points.average_precision == points.average_precision:
            area, *ends = (areas or {}).get(name, (points.average_precision,))
            thresholds = np.append(points.threshold, np.inf)
            lines.append(NamedCurve(name, points.recall, points.precision, thresholds, area, said_area(area, ends)))
            chances.append(points.share)
    with style():
        figure, axis = figure_of(len(lines))
        draw_curves(figure, axis, lines, axes=("recall", "precision"), steps=True)
        if len(lines) <= MOST_NAMED:
            axis.hlines(chances, 0, 1, color=GREY, linewidth=0.8, linestyle="--", zorder=1)
        if chances and max(chances) - min(chances) < ALIKE:
            place = (0.01, min(max(chances) + 0.01, 0.94))
            axis.annotate(f"chance {percent(np.mean(chances))}", place, va="bottom", fontsize=7, color=GREY)
        axis.set_title(shortened(title, 40))
    return figure
