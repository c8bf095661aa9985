"""Cubes, distances and neighbours in many dimensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, GREEN, GREY, INK, ORANGE, new_figure, style
from matterlearn.studies.figures.foundations.axes import logarithmic
from matterlearn.studies.foundations.dimensions import Floats, edge, variation

N_BINS = 60


def edges_and_errors(
    dimensions: Sequence[int],
    measured: Sequence[float],
    inputs: Sequence[int],
    errors: Floats,
    alike: Floats,
    least: float,
) -> PointedFigure:
    """Draw the edge of a neighbourhood (left), and what nearest neighbours predict (right), against the dimensions.

    Parameters
    ----------
    dimensions, measured : sequence of int and of float
        Dimensions, and mean edges there.
    inputs : sequence of int
        Numbers of inputs.
    errors, alike : ndarray, shape (n_inputs, n_draws)
        Errors in parts of the spread of the target; nearest distance over mean distance.
    least : float
        The error of the mean of the target.

    Returns
    -------
    PointedFigure
        Logarithmic dimensions.
    """
    dense = np.geomspace(1, 1000, 200)
    with style():
        figure, (left, right) = new_figure(2 * COLUMN, 0.85 * COLUMN, ncols=2)
        left.plot(dense, [edge(d) for d in dense], color=INK, linewidth=1.2, label="(k / n)^(1/d)")
        left.plot(dimensions, measured, "o", color=BLUE, markersize=5, label="points that were drawn")
        left.set_ylabel("edge of the cube of 5 in 10,000 points")
        left.set_xlabel("dimensions")
        left.legend(loc="lower right")
        right.plot(inputs, errors.mean(axis=1), "s-", color=ORANGE, markersize=5, label="error / spread of the target")
        right.plot(inputs, alike.mean(axis=1), "D-", color=GREEN, markersize=5, label="nearest / mean distance")
        right.axhline(least, color=GREY, linestyle="--", linewidth=1, label="predicting the mean")
        right.set_xlabel("inputs, of which two have an effect")
        right.set_ylabel("ratio")
        right.legend(loc="lower right")
        for axis, at in ((left, (1, 10, 100, 1000)), (right, inputs)):
            axis.set_ylim(0, 1.1)
            logarithmic(axis, "x", at=at)
    return figure


def distance_histograms(found: Mapping[int, Floats]) -> PointedFigure:
    """Draw the distribution of distances for several numbers of dimensions.

    Parameters
    ----------
    found : mapping of int to ndarray, shape (n_pairs,)
        Distances of pairs, by the dimensions.

    Returns
    -------
    PointedFigure
        In parts of the mean distance, on one axis.
    """
    bins = np.linspace(0, 2.4, N_BINS)
    with style():
        figure, axes = new_figure(2.1 * COLUMN, 0.6 * COLUMN, ncols=len(found), sharex=True)
        for axis, (d, values) in zip(axes, found.items(), strict=True):
            share = np.full(len(values), 100 / len(values))
            axis.hist(values / values.mean(), bins=bins, weights=share, color=BLUE)
            axis.set_title(f"d = {d:,}\ncv = {variation(values):.3g}")
            axis.set_ylim(bottom=0)
        axes[len(found) // 2].set_xlabel("distance / mean distance")
        axes[0].set_ylabel("share of the pairs (%)")
    return figure
