"""Where growing contours of a loss touch the diamond of L1 and the circle of L2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.patches import Circle, Polygon

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, GREY, INK, ORANGE, new_figure, style
from matterlearn.studies.foundations.shrinkage import Floats

N_GRID = 70
"""Places along each axis."""

N_DIRECTIONS = 90
"""Directions in which the edge of a contour is looked for."""

SHARES = (1 / 16, 1 / 4, 9 / 16)
"""Thin contours: loss above the minimum, in parts of that of the contour that touches."""

MARGIN = 0.06
"""Free room around what is drawn, in parts of its width."""

_FARTHEST = 40  # doublings of the radius: a contour that is not reached by then is not closed
_STEPS = 30  # halvings: the edge to a billionth of the radius


def penalty_touch(
    loss: Callable[[Floats], Floats], free: Floats, diamond: Floats, circle: Floats, names: tuple[str, str]
) -> PointedFigure:
    """Draw the contours with the diamond of L1 (left) and the circle of L2 (right), whole.

    Parameters
    ----------
    loss : callable
        From weights, shape (n_places, 2), to their losses; convex.
    free, diamond, circle : ndarray, shape (2,)
        Weights without penalty, with L1 and with L2.
    names : (str, str)
        What the weights belong to.

    Returns
    -------
    PointedFigure
        The thick contour is the one that touches the region; no contour leaves the panel.
    """
    lowest = float(loss(free[None, :])[0])
    size, radius = float(np.abs(diamond).sum()), float(np.linalg.norm(circle))
    touched = [float(loss(point[None, :])[0]) for point in (diamond, circle)]
    outermost = contour_edge(loss, free, max(touched))
    reach = max(size, radius)
    # Both axes as long as each other, around the regions and the whole contour; the loss is asked for around that only.
    seen = np.vstack([outermost, [[reach, reach], [-reach, -reach]]])
    (left, bottom), (right, top) = _box(seen, square=True)
    across, up = np.linspace(*_box(outermost, square=False), N_GRID).T
    grid = np.stack(np.meshgrid(across, up), axis=-1)  # (n_grid, n_grid, 2), [row: second weight]
    heights = loss(grid.reshape(-1, 2)).reshape(N_GRID, N_GRID)
    corners = size * np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])
    looks: dict[str, Any] = {"facecolor": GREY, "alpha": 0.25, "edgecolor": "none"}
    with style():
        figure, axes = new_figure(COLUMN * 2, COLUMN * 1.0, ncols=2, sharex=True, sharey=True)
        for axis, title, region, edge, point, level, color in zip(
            axes,
            ("L1: diamond", "L2: circle"),
            (Polygon(corners, **looks), Circle((0, 0), radius, **looks)),
            (Polygon(corners, fill=False), Circle((0, 0), radius, fill=False)),
            (diamond, circle),
            touched,
            (ORANGE, BLUE),
            strict=True,
        ):
            levels = [lowest + share * (level - lowest) for share in SHARES]
            axis.contour(across, up, heights, levels=levels, colors=GREY, linewidths=0.5)
            axis.add_patch(region)
            edge.set(edgecolor=color, linewidth=1.2)
            axis.add_patch(edge)
            axis.contour(across, up, heights, levels=[level], colors=INK, linewidths=1.4)
            axis.axhline(0, color=GREY, linewidth=0.6)
            axis.axvline(0, color=GREY, linewidth=0.6)
            axis.plot(*free, marker="x", color=INK, markersize=7, linestyle="none")
            axis.plot(*point, marker="o", color=color, markersize=7, linestyle="none", zorder=5)
            axis.set_title(title)
            axis.set_aspect("equal")
            axis.set_xlabel(f"weight of {names[0]}")
        axes[0].set_xlim(left, right)
        axes[0].set_ylim(bottom, top)
        axes[0].set_ylabel(f"weight of {names[1]}")
    return figure


def contour_edge(loss: Callable[[Floats], Floats], lowest: Floats, level: float) -> Floats:
    """Return places of a closed contour of a convex loss, all around its minimum.

    Parameters
    ----------
    loss : callable
        From weights, shape (n_places, 2), to their losses.
    lowest : ndarray, shape (2,)
        Where the loss is least.
    level : float
        Loss of the contour, above that of the minimum.

    Returns
    -------
    ndarray, shape (N_DIRECTIONS, 2)

    Examples
    --------
    >>> found = contour_edge(lambda w: (w**2 * [1, 4]).sum(axis=1), np.zeros(2), 1.0)  # an ellipse
    >>> found.max(axis=0).round(3).tolist()
    [1.0, 0.5]
    """
    angles = np.linspace(0, 2 * np.pi, N_DIRECTIONS, endpoint=False)
    directions = np.column_stack([np.cos(angles), np.sin(angles)])
    far = np.full(N_DIRECTIONS, 0.1)
    for _ in range(_FARTHEST):
        inside = loss(lowest + far[:, None] * directions) < level
        if not inside.any():
            break
        far = np.where(inside, 2 * far, far)
    near = np.zeros(N_DIRECTIONS)
    for _ in range(_STEPS):
        middle = (near + far) / 2
        inside = loss(lowest + middle[:, None] * directions) < level
        near, far = np.where(inside, middle, near), np.where(inside, far, middle)
    return np.asarray(lowest + far[:, None] * directions)


def _box(places: Floats, *, square: bool) -> tuple[Floats, Floats]:
    """Return the lower left and the upper right corner of a box around places, with some room."""
    low, high = places.min(axis=0), places.max(axis=0)
    width = np.full(2, (high - low).max()) if square else high - low
    middle, half = (low + high) / 2, (0.5 + MARGIN) * width
    return middle - half, middle + half
