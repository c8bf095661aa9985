"""Where gradient descent goes on the landscape of the loss, and how fast the loss falls."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import COLUMN, GREY, INK, SERIES, new_figure, style
from matterlearn.studies.figures.foundations.axes import logarithmic
from matterlearn.studies.foundations.descent import Descent, Floats

N_GRID = 80

LEVELS = 10.0 ** np.arange(-0.5, 6, 0.5)
"""Contours: loss above its minimum, in parts of the noise's variance."""


def descent_landscape(
    X: Floats,
    y: Floats,
    best: Floats,
    paths: Mapping[str, Descent],
    losses: Mapping[str, Floats],
    contraction: float,
) -> PointedFigure:
    """Draw paths over the landscape of two weights (left) and the loss of each run against the epoch (right).

    Parameters
    ----------
    X : ndarray, shape (n_rows, 2)
        Scaled inputs.
    y : ndarray, shape (n_rows,)
        Target.
    best : ndarray, shape (3,)
        Weights and constant of the closed form.
    paths : mapping of str to Descent
        Runs on these inputs, by a name that is among those of `losses`.
    losses : mapping of str to ndarray, shape (n_epochs + 1,)
        Loss above the minimum, of these runs and others.
    contraction : float
        What theory says each epoch leaves of the distance, in the last run.

    Returns
    -------
    PointedFigure
        Left, the constant is at its best everywhere.
    """
    least = float(np.mean((X @ best[:2] + best[2] - y) ** 2))
    points = np.concatenate([path.weights for path in paths.values()] + [best[None, :2]])
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.15 * (high - low).max()
    across, up = (np.linspace(a - margin, b + margin, N_GRID) for a, b in zip(low, high, strict=True))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)  # (n_places, 2)
    distance = grid - best[:2]
    heights = np.einsum("ki,ij,kj->k", distance, X.T @ X / len(X), distance) / least
    with style():
        figure, (left, right) = new_figure(2 * COLUMN, 1.0 * COLUMN, ncols=2)
        left.contour(across, up, heights.reshape(N_GRID, N_GRID), levels=LEVELS, colors=GREY, linewidths=0.6)
        looks = dict(zip(losses, SERIES, strict=False))
        for name, path in paths.items():
            color, marker = looks[name]
            left.plot(*path.weights.T, color=color, marker=marker, markersize=3, linewidth=0.9)
        left.plot(*best[:2], marker="x", color=INK, markersize=9, markeredgewidth=1.6, linestyle="none")
        left.annotate("closed form", best[:2], (8, -10), textcoords="offset points", fontsize=8)
        left.set_xlabel("weight of the scaled stress (10⁻⁶)")
        left.set_ylabel("weight of the scaled temperature (10⁻⁶)")
        for name, loss in losses.items():
            color, marker = looks[name]
            epochs = 1 + np.arange(len(loss))
            shown = np.flatnonzero(loss > 1e-12 * loss[0])
            at = [
                int(place) for place in np.searchsorted(epochs[shown], (1, 3, 10, 30, 100, 300)) if place < len(shown)
            ]
            right.plot(
                epochs[shown], loss[shown], color=color, marker=marker, markevery=at, markersize=5, linewidth=1.4,
                label=name,
            )  # fmt: skip
        name, loss = list(losses.items())[-1]
        epochs = np.arange(len(loss))
        line = loss[0] * contraction ** (2 * epochs)
        right.plot(1 + epochs, line, color=INK, linestyle=":", linewidth=1.2, label="bound for it, by theory")
        right.set_ylim(bottom=1e-13 * loss[0], top=30 * loss[0])
        logarithmic(right, "x")
        logarithmic(right, "y")
        right.set_xlabel("epoch + 1")
        right.set_ylabel("mean loss − its minimum (10⁻¹²)")
        figure.legend(*right.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure
