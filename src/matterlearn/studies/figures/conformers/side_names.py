"""Names of points, written beside the panel where they cannot overlap."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any

from matterlearn.report.figures.style import INK


def names_at_the_side(
    axis: Any, points: Mapping[str, tuple[float, float]], limits: tuple[float, float], colors: Mapping[str, str]
) -> None:
    """Write names to the right of a panel whose vertical axis is logarithmic, with a thin line to each point.

    Parameters
    ----------
    axis : matplotlib axis
        The panel.
    points : mapping of str to (x, y)
        What is named.
    limits : (float, float)
        Ends of the vertical axis.
    colors : mapping of str to str
        Colour of each line.
    """
    places = _apart({name: y for name, (_, y) in points.items()}, *limits)
    for name, point in points.items():
        axis.annotate(
            name,
            point,
            (1.03, places[name]),
            textcoords="axes fraction",
            va="center",
            fontsize=7.5,
            color=INK,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": colors[name],
                "linewidth": 0.6,
                "alpha": 0.7,
                "relpos": (0, 0.5),  # the line ends where the text begins
            },
        )


def _apart(ends: Mapping[str, float], low: float, high: float, gap: float = 0.052) -> dict[str, float]:
    """Return heights of the names, in parts of the axis, in the order of the ends and at least `gap` apart."""
    wanted = {name: log(end / low) / log(high / low) for name, end in ends.items()}
    order = sorted(wanted, key=wanted.__getitem__)
    places: dict[str, float] = {}
    for k, name in enumerate(order):
        places[name] = max(wanted[name], places[order[k - 1]] + gap) if k else max(wanted[name], 0.0)
    beyond = places[order[-1]] - 1.0
    if beyond > 0:  # push down from the top
        places[order[-1]] = 1.0
        for k in range(len(order) - 2, -1, -1):
            places[order[k]] = min(places[order[k]], places[order[k + 1]] - gap)
    return places
