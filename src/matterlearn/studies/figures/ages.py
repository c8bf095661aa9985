"""Ages of two classes, and what models tell among persons of like age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from matterlearn.report.figures.style import BLUE, COLUMN, GREY, INK, ORANGE, SERIES, new_figure, style


def ages_of_classes(classes: Mapping[str, ArrayLike]) -> Figure:
    """Draw how many rows of two classes have each age, one class upward and one downward.

    Parameters
    ----------
    classes : mapping of str to array-like of float
        Name of each of two classes and its ages in years.

    Returns
    -------
    matplotlib.figure.Figure
        One bar per year.
    """
    (up, first), (down, second) = ((name, np.asarray(ages, dtype=float)) for name, ages in classes.items())
    edges = np.arange(min(first.min(), second.min()) - 0.5, max(first.max(), second.max()) + 1.5)
    middles = edges[:-1] + 0.5
    with style():
        figure, axis = new_figure(COLUMN * 1.8, COLUMN * 0.75)
        axis.bar(middles, np.histogram(first, edges)[0], width=0.85, color=ORANGE, label=f"{up} (n = {len(first)})")
        axis.bar(middles, -np.histogram(second, edges)[0], width=0.85, color=BLUE, label=f"{down} (n = {len(second)})")
        axis.axhline(0, color=INK, linewidth=0.7)
        axis.set_xlabel("age (years)")
        axis.set_ylabel("rows")
        axis.yaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
        axis.margins(x=0.01)
        axis.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        figure.legend(loc="outside upper center", ncols=2)
    return figure


def areas_of_like_age(
    widths: Sequence[str], models: Mapping[str, Sequence[tuple[float, float, float]]], *, chance: float = 0.5
) -> Figure:
    """Draw the area under the ROC curve over pairs of like age, against how like they must be.

    Parameters
    ----------
    widths : sequence of str
        Names of the largest differences of age, the smallest first.
    models : mapping of str to sequence of (auc, low, high)
        Name of each model, and its area with the ends of its interval for each width.
    chance : float
        Area of a model that knows nothing.

    Returns
    -------
    matplotlib.figure.Figure
        The widths are places of equal distance.
    """
    place = np.arange(len(widths))
    shift = np.linspace(-0.12, 0.12, len(models))
    with style():
        figure, axis = new_figure(COLUMN * 1.6, COLUMN * 0.85)
        axis.axhline(chance, color=GREY, linewidth=0.8, linestyle="--")
        for number, (name, areas) in enumerate(models.items()):
            color, marker = SERIES[number]
            middle, low, high = np.array(areas).T
            reach = np.maximum([middle - low, high - middle], 0)
            axis.errorbar(
                place + shift[number],
                middle,
                yerr=reach,
                color=color,
                marker=marker,
                markersize=5,
                linewidth=1,
                label=name,
            )
        axis.set_xticks(place, widths)
        axis.set_xlabel("ages in a pair differ by at most (years)")
        axis.set_ylabel("AUC over such pairs")
        axis.set_ylim(top=1.02)
        figure.legend(loc="outside upper center", ncols=len(models))
    return figure
