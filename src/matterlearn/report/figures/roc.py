"""How many rows of a class are found at the price of how many false alarms, at every threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from numpy.typing import ArrayLike

from matterlearn.report.figures.named_curves import NamedCurve, draw_curves, figure_of, said_area
from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import GREY, style
from matterlearn.report.words import shortened
from matterlearn.validation.classes.curves import roc_points


def roc(
    curves: Mapping[str, Sequence[ArrayLike]],
    *,
    areas: Mapping[str, tuple[float, float, float]] | None = None,
    title: str = "",
) -> PointedFigure:
    """Draw receiver operating characteristics: the rate of true positives against that of false positives.

    Parameters
    ----------
    curves : mapping of str to (is_class, p) or (is_class, p, weight)
        Name of each curve and its rows: whether each is of the class, its probability, and how much it counts; arrays
        of shape (n_rows,). A curve whose rows are all of one kind does not exist and is left out.
    areas : mapping of str to (float, float, float), optional
        The area under a curve and the ends of its interval that stand beside a name, where they
        are not those of the points that are drawn: a mean over folds, for one. An end that is NaN is left out.
    title : str
        Title of the figure.

    Returns
    -------
    PointedFigure
        Beside each name stands the area under the curve: the probability that a row of the class gets a higher
        probability than one of the others. The diagonal is chance.

    Examples
    --------
    >>> figure = roc({"test": ([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])})
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['test  0.750']
    """
    lines = []
    for name, rows in curves.items():
        points = roc_points(*rows)
        if points.area == points.area:
            area, *ends = (areas or {}).get(name, (points.area,))
            x, y = points.false_positive_rate, points.true_positive_rate
            lines.append(NamedCurve(name, x, y, points.threshold, area, said_area(area, ends)))
    with style():
        figure, axis = figure_of(len(lines))
        axis.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, zorder=1)
        axes = ("false positive rate", "true positive rate")
        draw_curves(figure, axis, lines, axes=axes, steps=False)
        axis.set_title(shortened(title, 40))
    return figure
