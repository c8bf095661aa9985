"""Contours of a loss over two weights, and the regions that L1 and L2 leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon
from numpy.typing import NDArray

from matterlearn.report.figures.style import BLUE, COLUMN, GREY, INK, ORANGE, new_figure, style
from matterlearn.report.words import shortened

N_GRID = 70
"""Places along each axis."""

N_LEVELS = 9

Floats = NDArray[np.float64]


def penalty_contours(
    loss: Callable[[Floats], Floats], free: Floats, diamond: Floats, circle: Floats, names: tuple[str, str]
) -> Figure:
    """Draw the contours with the diamond of L1 (left) and the circle of L2 (right).

    Parameters
    ----------
    loss : callable
        From weights, shape (n_places, 2), to their losses.
    free, diamond, circle : ndarray, shape (2,)
        Weights without penalty, with L1 and with L2.
    names : (str, str)
        What the weights belong to.

    Returns
    -------
    matplotlib.figure.Figure
        The thick contour is the one that touches the region.
    """
    size, radius = float(np.abs(diamond).sum()), float(np.linalg.norm(circle))
    reach = max(size, radius)
    low, high = np.minimum(-reach, free), np.maximum(reach, free)
    # Both axes as long as each other, around what has to be seen.
    half = 0.6 * float((high - low).max())
    across, up = (np.linspace(middle - half, middle + half, N_GRID) for middle in (low + high) / 2)
    grid = np.stack(np.meshgrid(across, up), axis=-1)  # (n_grid, n_grid, 2), [row: second weight]
    heights = loss(grid.reshape(-1, 2)).reshape(N_GRID, N_GRID)
    lowest = float(loss(free[None, :])[0])
    corners = size * np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])
    looks: dict[str, Any] = {"facecolor": GREY, "alpha": 0.25, "edgecolor": "none"}
    with style():
        figure, axes = new_figure(COLUMN * 2, COLUMN * 1.0, ncols=2, sharex=True, sharey=True)
        for axis, title, region, edge, point, color in zip(
            axes,
            ("L1: diamond", "L2: circle"),
            (Polygon(corners, **looks), Circle((0, 0), radius, **looks)),
            (Polygon(corners, fill=False), Circle((0, 0), radius, fill=False)),
            (diamond, circle),
            (ORANGE, BLUE),
            strict=True,
        ):
            touched = float(loss(point[None, :])[0])
            step = (touched - lowest) / 2
            levels = lowest + step * np.arange(1, N_LEVELS + 1) ** 1.3
            axis.contour(across, up, heights, levels=levels, colors=GREY, linewidths=0.5)
            axis.add_patch(region)
            edge.set(edgecolor=color, linewidth=1.2)
            axis.add_patch(edge)
            axis.contour(across, up, heights, levels=[touched], colors=INK, linewidths=1.4)
            axis.axhline(0, color=GREY, linewidth=0.6)
            axis.axvline(0, color=GREY, linewidth=0.6)
            axis.plot(*free, marker="x", color=INK, markersize=7, linestyle="none")
            axis.plot(*point, marker="o", color=color, markersize=7, linestyle="none", zorder=5)
            axis.set_title(title)
            axis.set_aspect("equal")
            axis.set_xlabel(f"weight of {shortened(names[0], 26)}")
        axes[0].set_ylabel(f"weight of {shortened(names[1], 26)}")
    return figure
