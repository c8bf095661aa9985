"""Many points on one panel: the denser, the darker, and none of them lost."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from matterlearn.report.figures.style import FAINT, ORANGE

DENSITY = LinearSegmentedColormap.from_list("density", colormaps["viridis"](np.linspace(0.5, 0.0, 128)))
"""The darker half of viridis, from teal (alone) to purple (dense): both stand out on white paper, and on black where a
page turns lightness round."""

PAPER = MappingProxyType({"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5})
"""Behind text that stands over points."""

BINS = 70
"""Cells along each axis in which points are counted."""

DENSE = 300
"""Points from which on they are drawn smaller and lie over each other."""

Pair = tuple[float, float]


def density_scatter(axis: Any, x: Any, y: Any, xlim: Pair, ylim: Pair) -> int:
    """Draw points coloured by how many lie around them, set the limits and return how many lie beyond.

    Parameters
    ----------
    axis : matplotlib axis
        Where to draw.
    x, y : array-like of float, shape (n_points,)
        The points. Those beyond the limits stand at the edge, as triangles that point outwards.
    xlim, ylim : (float, float)
        Limits of the axes.

    Returns
    -------
    int
        Points beyond the limits.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    axis.set(xlim=xlim, ylim=ylim)
    inside = (x >= xlim[0]) & (x <= xlim[1]) & (y >= ylim[0]) & (y <= ylim[1])
    if inside.any():
        crowd = _density(x[inside], y[inside], xlim, ylim)
        order = np.argsort(crowd, kind="stable")  # the densest on top
        axis.scatter(
            x[inside][order],
            y[inside][order],
            c=crowd[order],
            cmap=DENSITY,
            vmin=0,
            vmax=1,
            s=16 if inside.sum() <= DENSE else 6 if inside.sum() <= 10 * DENSE else 4,
            linewidths=0,
            alpha=0.85,
            rasterized=True,
            zorder=2,
        )
    _at_the_edge(axis, x[~inside], y[~inside], xlim, ylim)
    return int((~inside).sum())


def note_beyond(axis: Any, n: int) -> None:
    """Write how many points lie beyond the axes, if there are any."""
    if n:
        text = f"{n} beyond the axes"
        place = (0.98, 0.02)
        axis.annotate(text, place, xycoords="axes fraction", ha="right", fontsize=7, bbox=dict(PAPER), zorder=5)


def marginal(axis: Any, values: Any, bins: Any, orientation: str) -> None:
    """Draw a distribution along one side of a panel, in "vertical" or "horizontal" bars.

    Heights are square roots, so that one crowded bin does not hide the others.
    """
    counts = np.histogram(np.clip(values, bins[0], bins[-1]), bins)[0]
    axis.hist(bins[:-1], bins, weights=np.sqrt(counts), orientation=orientation, color="#9FB6C6")
    axis.axis("off")
    line = axis.axhline if orientation == "vertical" else axis.axvline
    line(0, color=FAINT, linewidth=0.7)


def _density(x: NDArray[Any], y: NDArray[Any], xlim: Pair, ylim: Pair) -> NDArray[np.float64]:
    """Return how crowded each place is, from 0 (alone) to 1 (the densest), on a logarithmic scale."""
    counts, x_edges, y_edges = np.histogram2d(x, y, bins=BINS, range=(xlim, ylim))
    smooth = gaussian_filter(counts, 1.5)
    column = np.clip(np.searchsorted(x_edges, x, side="right") - 1, 0, BINS - 1)
    row = np.clip(np.searchsorted(y_edges, y, side="right") - 1, 0, BINS - 1)
    logarithm = np.log(smooth[column, row])
    low, high = logarithm.min(), logarithm.max()
    return np.asarray((logarithm - low) / (high - low) if high > low else np.zeros(len(x)))


def _at_the_edge(axis: Any, x: NDArray[Any], y: NDArray[Any], xlim: Pair, ylim: Pair) -> None:
    above, below = y > ylim[1], y < ylim[0]
    right, left = (x > xlim[1]) & ~above & ~below, (x < xlim[0]) & ~above & ~below
    for beyond, marker in ((above, "^"), (below, "v"), (right, ">"), (left, "<")):
        if beyond.any():
            axis.scatter(
                np.clip(x[beyond], *xlim),
                np.clip(y[beyond], *ylim),
                marker=marker,
                s=18,
                color=ORANGE,
                linewidths=0,
                clip_on=False,
                zorder=3,
            )
