"""Molecules in space, drawn as balls and sticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import NDArray

from matterlearn.chemistry.molecules.conformers import Conformer
from matterlearn.report.figures.style import INK, new_figure, style

COLORS = {1: "#F2F2F2", 6: "#505050", 7: "#3050F8", 8: "#D62718", 9: "#60B050", 16: "#D8B020", 17: "#1F9A1F"}
"""Colours of elements by atomic number, after Corey, Pauling and Koltun; every figure says by size and edge what is
hydrogen, so that nothing is told by colour alone."""

OTHER = "#B06AA0"

RADII = {1: 0.25}
OTHER_RADIUS = 0.40
"""Radii of the balls, angstrom: small enough to see the bonds."""

SIZE = 2.1
"""Width and height of a panel, inches."""

DEPTH = 0.55
"""How much of its colour the farthest atom loses to the paper."""


def draw_molecules(molecules: Sequence[Conformer], titles: Sequence[str] = (), *, n_columns: int = 4) -> Figure:
    r"""Draw molecules, each seen from where it is widest, all at one scale.

    Parameters
    ----------
    molecules : sequence of Conformer
        What to draw.
    titles : sequence of str
        Of each panel; none by default.
    n_columns : int
        Panels beside each other.

    Returns
    -------
    matplotlib.figure.Figure
        Near atoms are darker and lie over far ones. The bar is 2 angstrom long.

    Examples
    --------
    >>> from matterlearn.chemistry.molecules.convert import read_conformer
    >>> water = read_conformer("3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n")
    >>> len(draw_molecules([water], ["water"]).get_axes())
    1
    """
    n_columns = min(n_columns, len(molecules))
    n_rows = math.ceil(len(molecules) / n_columns)
    seen = [widest_view(molecule.positions) for molecule in molecules]
    reach, up = (max(float(np.abs(places[:, k]).max()) for places in seen) + 0.7 for k in range(2))
    with style():
        figure, axes = new_figure(
            SIZE * n_columns, (SIZE * up / reach + 0.25) * n_rows, nrows=n_rows, ncols=n_columns, squeeze=False
        )
        for k, axis in enumerate(axes.ravel()):
            axis.set_axis_off()
            if k >= len(molecules):
                continue
            _draw(axis, molecules[k], seen[k])
            axis.set(xlim=(-reach, reach), ylim=(-up, up), aspect="equal")
            if k < len(titles):
                axis.set_title(titles[k], fontsize=8, fontweight="normal", loc="center")
        _add_bar(axes[-1, 0], reach, up)
    return figure


def widest_view(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return positions about their centre, turned so that x is the longest axis and z, to the reader, the shortest.

    Parameters
    ----------
    positions : ndarray of shape (n_atoms, 3)
        In angstrom.

    Returns
    -------
    ndarray of shape (n_atoms, 3)
        Of the same handedness.
    """
    centred = positions - positions.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=True)[2] if len(positions) > 1 else np.eye(3)
    # The signs of singular vectors are arbitrary: the same molecule shall be drawn alike.
    signs = np.sign(axes[np.arange(3), np.abs(axes).argmax(axis=1)])
    axes = axes * signs[:, None]
    axes[2] *= np.sign(np.linalg.det(axes))
    return np.asarray(centred @ axes.T)


def _draw(axis: Any, molecule: Conformer, places: NDArray[np.float64]) -> None:
    depth = places[:, 2]
    span = float(np.ptp(depth)) or 1.0
    near = (depth - depth.min()) / span  # 0: farthest, 1: nearest
    for i, j, order in molecule.graph.bonds:
        middle = (near[i] + near[j]) / 2
        color = _faded("#707070", middle)
        axis.plot(*places[[i, j], :2].T, color=color, linewidth=1.4 + 0.8 * (order - 1), zorder=1 + middle)
    for k, number in enumerate(molecule.graph.numbers):
        ball = Circle(
            tuple(places[k, :2]),
            RADII.get(number, OTHER_RADIUS) * (0.9 + 0.2 * near[k]),
            facecolor=_faded(COLORS.get(number, OTHER), near[k]),
            edgecolor=_faded(INK, near[k]),
            linewidth=0.5,
            zorder=1 + near[k] + 1e-3,
        )
        axis.add_patch(ball)


def _faded(color: str, near: float) -> tuple[float, float, float]:
    keep = 1 - DEPTH * (1 - near)
    red, green, blue = (1 - keep * (1 - part) for part in to_rgb(color))
    return (red, green, blue)


def _add_bar(axis: Any, reach: float, up: float) -> None:
    left, bottom = -0.95 * reach, -0.97 * up
    axis.plot([left, left + 2], [bottom, bottom], color=INK, linewidth=1.5, clip_on=False)
    axis.text(left + 1, bottom + 0.1, "2 Å", ha="center", va="bottom", fontsize=7)
