"""How clusters join, from single rows to one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.collections import LineCollection
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import dendrogram as layout
from scipy.cluster.hierarchy import fcluster

from matterlearn.core.errors import ArgumentError
from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import COLUMN, GREY, INK, SERIES, new_figure, style, with_unit
from matterlearn.report.words import number, shortened

COLORS = [color for color, _ in SERIES if color != GREY]
"""Of clusters; grey is what lies above the cut."""

MOST_LEAVES = 40
"""Lines at the left: of more rows the last merges are drawn, with the number of rows behind each line."""


def dendrogram(
    linkage: ArrayLike,
    labels: Sequence[str] | None = None,
    *,
    cut: float | None = None,
    unit: str = "",
) -> PointedFigure:
    """Draw a tree of clusters that lies on its side, so that its labels can be read, cut at a distance.

    Parameters
    ----------
    linkage : array-like of float, shape (n_samples - 1, 4)
        From `scipy.cluster.hierarchy.linkage`.
    labels : sequence of str, optional
        Names of the rows; their positions if not given.
    cut : float, optional
        Distance at which the tree is cut: each cluster below has a colour. In the middle of the longest step by
        default, leaving two clusters at least.
    unit : str
        Unit of the distance.

    Returns
    -------
    PointedFigure
        The tree. What lies below the cut has the colour of its cluster.

    Raises
    ------
    ArgumentError
        If there is no such linkage, or labels of another number.
    """
    merges = np.asarray(linkage, dtype=np.float64)
    if not _is_linkage(merges):
        raise ArgumentError("not a linkage of scipy.cluster.hierarchy", where="linkage")
    n_rows = len(merges) + 1
    if labels is not None and len(labels) != n_rows:
        raise ArgumentError(f"{len(labels)} labels for {n_rows} rows", where="labels")
    height = longest_step(merges) if cut is None else float(cut)
    clusters = fcluster(merges, height, criterion="distance")  # (n_samples,), from 1
    tree = layout(merges, p=MOST_LEAVES, truncate_mode="lastp" if n_rows > MOST_LEAVES else None, no_plot=True)
    cluster_of_leaf = [clusters[_first_row(merges, leaf)] for leaf in tree["leaves"]]
    order = list(dict.fromkeys(cluster_of_leaf))  # as they stand, from the bottom
    colors = {cluster: COLORS[k % len(COLORS)] for k, cluster in enumerate(order)}
    with style():
        figure, axis = new_figure(1.4 * COLUMN, 0.8 + 0.15 * len(tree["leaves"]))
        both = tree["icoord"], tree["dcoord"]
        for places, heights in zip(*both, strict=True):
            leaf = round((places[0] - 5.0) / 10.0)  # one of the first branch
            color = colors[cluster_of_leaf[leaf]] if heights[1] <= height else GREY
            axis.add_collection(LineCollection([list(zip(heights, places, strict=True))], colors=color, linewidths=1.3))
        axis.axvline(height, color=INK, linestyle="--", linewidth=0.9)
        joins = [(heights[1], (places[1] + places[2]) / 2) for places, heights in zip(*both, strict=True)]
        x, y = np.array(joins).T
        figure.point_texts(axis, x, y, [f"joined at {number(join)}" for join in x])
        names = [_name(leaf, merges, labels) for leaf in tree["leaves"]]
        axis.set_yticks(5.0 + 10.0 * np.arange(len(names)), names)
        for text, cluster in zip(axis.get_yticklabels(), cluster_of_leaf, strict=True):
            text.set_color(colors[cluster])
        axis.tick_params(axis="y", length=0)
        axis.set(xlim=(0, 1.04 * merges[-1, 2] or 1.0), ylim=(0, 10 * len(names)))
        axis.spines["left"].set_visible(False)
        axis.set_xlabel(with_unit("distance", unit))
        axis.set_title(f"cut at {number(height)}: {len(order)} clusters")
    return figure


def longest_step(linkage: ArrayLike) -> float:
    """Return the distance in the middle of the longest step between two merges: where a cut is least arbitrary.

    Examples
    --------
    >>> longest_step([[0, 1, 1.0, 2], [2, 3, 1.5, 2], [4, 5, 9.5, 4]])
    5.5
    """
    heights = np.asarray(linkage, dtype=np.float64)[:, 2]
    if len(heights) < 2:
        return float(heights[0] / 2)
    k = int(np.diff(heights).argmax())
    return float((heights[k] + heights[k + 1]) / 2)


def _is_linkage(merges: NDArray[np.float64]) -> bool:
    """Tell whether every node is joined once, after it was made: scipy follows what it is given wherever it points."""
    if merges.ndim != 2 or merges.shape[1] != 4 or len(merges) == 0 or not np.isfinite(merges).all():
        return False
    children, made_before = merges[:, :2], len(merges) + 1 + np.arange(len(merges))
    sound = np.all(children == np.round(children)) and np.all(children >= 0) and np.all(merges[:, 2] >= 0)
    return bool(
        sound
        and np.all(children < made_before[:, None])
        and len(np.unique(children)) == children.size
        and merges[-1, 3] == len(merges) + 1
    )


def _first_row(merges: NDArray[np.float64], node: int) -> int:
    """Return a row of a node."""
    n_rows = len(merges) + 1
    while node >= n_rows:
        node = int(merges[node - n_rows, 0])
    return node


def _name(node: int, merges: NDArray[np.float64], labels: Sequence[str] | None) -> str:
    n_rows = len(merges) + 1
    if node >= n_rows:
        return f"{merges[node - n_rows, 3]:.0f} rows"
    return shortened(str(node if labels is None else labels[node]), 26)
