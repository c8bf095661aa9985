"""Curves in the unit square, each with its name and its area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import COLUMN, GREY, SERIES, new_figure
from matterlearn.report.words import percent, shortened

MOST_NAMED = 6
"""Curves with a colour and a name: more cannot be told apart. The others are thin and grey."""

MOST_ANSWERS = 60
"""Points of one curve that answer to the pointer."""

STYLES = ("-", "--", "-.", (0, (3, 1, 1, 1, 1, 1)), ":", (0, (6, 1)))
"""Line styles of the named curves in turn: nothing is told by colour alone."""


@dataclass(frozen=True)
class NamedCurve:
    """One curve.

    Attributes
    ----------
    name : str
        What the curve belongs to.
    x, y : ndarray of float, shape (n_points,)
        Places between 0 and 1.
    thresholds : ndarray of float, shape (n_points,)
        Probability from which on a row is called positive, at each point.
    area : float
        The number that sums the curve up.
    said : str
        The area with its interval, as text.
    """

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    area: float
    said: str


def figure_of(n_curves: int) -> tuple[PointedFigure, Any]:
    """Return a figure with room for a square panel and the names of some curves above it, and its axis."""
    return new_figure(COLUMN, COLUMN + 0.17 * min(n_curves, MOST_NAMED + 1) + 0.1)


def draw_curves(
    figure: PointedFigure, axis: Any, curves: Sequence[NamedCurve], *, axes: tuple[str, str], steps: bool
) -> None:
    """Draw curves into a panel that is a unit square, and a legend above it.

    Parameters
    ----------
    figure : PointedFigure
        Its figure.
    axis : matplotlib axis
        The panel.
    curves : sequence of NamedCurve
        If they are too many to be told apart, those with the smallest areas are named.
    axes : (str, str)
        What x and y are, in words.
    steps : bool
        Whether the value between two points is that of the right one (precision against recall) or lies between them.
    """
    named = curves
    if len(curves) > MOST_NAMED:
        named = sorted(curves, key=lambda curve: curve.area)[:MOST_NAMED]
    others = [curve for curve in curves if not any(curve is other for other in named)]
    how = "steps-post" if steps else "default"
    for k, curve in enumerate(named):
        color, _ = SERIES[k]
        axis.plot(
            curve.x,
            curve.y,
            color=color,
            linestyle=STYLES[k],
            linewidth=1.5,
            label=f"{shortened(curve.name, 26)}  {curve.said}",
            drawstyle=how,
            zorder=3,
            clip_on=False,
        )
    for k, curve in enumerate(others):
        label = f"{len(others)} others ({_range([other.area for other in others])})" if k == 0 else None
        axis.plot(
            curve.x, curve.y, color=GREY, linewidth=0.6, alpha=0.6, label=label, drawstyle=how, zorder=2, clip_on=False
        )
    for curve in (*others, *named):
        at = np.unique(np.linspace(0, len(curve.x) - 1, min(MOST_ANSWERS, len(curve.x))).astype(int))
        texts = [
            f"{curve.name}\n{axes[0]} {percent(curve.x[i])}, {axes[1]} {percent(curve.y[i])}"
            + (f"\nprobability at least {curve.thresholds[i]:.3g}" if np.isfinite(curve.thresholds[i]) else "")
            for i in at
        ]
        figure.point_texts(axis, curve.x[at], curve.y[at], texts)
    axis.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel=axes[0], ylabel=axes[1])
    for ticks in (axis.xaxis, axis.yaxis):
        ticks.set_major_formatter(lambda value, _: f"{value:.0%}")
    if curves:
        figure.legend(loc="outside upper left", ncols=1)
    else:
        axis.annotate("no rows of both kinds", (0.5, 0.5), ha="center", color=GREY)


def said_area(area: float, interval: Sequence[float] = ()) -> str:
    """Return an area with its interval, as text.

    Examples
    --------
    >>> said_area(0.9532, (0.931, 0.97)), said_area(0.5)
    ('0.953 (0.931–0.970)', '0.500')
    """
    if len(interval) < 2 or not np.isfinite(interval).all():
        return f"{area:.3f}"
    return f"{area:.3f} ({interval[0]:.3f}–{interval[1]:.3f})"


def _range(areas: Sequence[float]) -> str:
    return f"{min(areas):.2f}–{max(areas):.2f}"
