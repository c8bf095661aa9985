"""Fits to data sets drawn anew, and what their error is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, GREEN, GREY, INK, ORANGE, new_figure, style
from matterlearn.studies.figures.foundations.axes import logarithmic
from matterlearn.studies.foundations.trade_off import (
    DEPTH,
    NOISE,
    Floats,
    morse,
    test_distances,
    train_distances,
)
from matterlearn.validation.assessment import BiasVariance

N_CURVES = 25
"""Fits that are drawn."""


def fits(measured: Floats, found: Mapping[int, BiasVariance]) -> PointedFigure:
    """Draw polynomials of some degrees, each fitted to several data sets.

    Parameters
    ----------
    measured : ndarray, shape (n_sets, n_rows)
        Energies, eV; those of the first set are drawn as points.
    found : mapping of int to BiasVariance
        Degree, and what its fits predict.

    Returns
    -------
    PointedFigure
        Thin lines are single fits, the thick one their mean, the dotted one the truth.
    """
    r = test_distances()
    with style():
        figure, axes = new_figure(2 * COLUMN, 0.8 * COLUMN, ncols=len(found), sharey=True)
        for axis, (degree, parts) in zip(axes, found.items(), strict=True):
            axis.plot(r, parts.predictions[:N_CURVES].T, color=BLUE, linewidth=0.5, alpha=0.4)
            axis.plot(train_distances(), measured[0], ".", color=GREY, markersize=4, label="one data set")
            axis.plot(r, parts.predictions.mean(axis=0), color=ORANGE, linewidth=1.6, label="mean of all fits")
            axis.plot(r, morse(r), color=INK, linestyle=":", linewidth=1.5, label="truth")
            axis.set_title(f"degree {degree}")
            axis.set_xlabel("distance (Å)")
            axis.set_ylim(-1.2, 1.5 * DEPTH)
        axes[0].set_ylabel("energy (eV)")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=3)
    return figure


def parts_by_degree(
    degrees: Sequence[int], found: Sequence[BiasVariance], theory: Sequence[tuple[float, float]]
) -> PointedFigure:
    """Draw squared bias, variance and their sum against the degree.

    Parameters
    ----------
    degrees : sequence of int
        Of the polynomials.
    found : sequence of BiasVariance
        At the true energies.
    theory : sequence of (float, float)
        Squared bias and variance, eV².

    Returns
    -------
    PointedFigure
        Points are measured, lines are theory.
    """
    bias, variance = np.array(theory).T
    with style():
        figure, axis = new_figure(1.4 * COLUMN, 0.95 * COLUMN)
        for name, values, line, color, marker in (
            ("bias²", [parts.bias_squared for parts in found], bias, BLUE, "o"),
            ("variance", [parts.variance for parts in found], variance, ORANGE, "s"),
            (
                "both: error above the noise",
                [parts.mse for parts in found],
                bias + variance,
                GREEN,
                "D",
            ),
        ):
            axis.plot(degrees, line, color=color, linewidth=1)
            axis.plot(degrees, values, marker, color=color, markersize=5, label=name)
        axis.axhline(NOISE**2, color=GREY, linestyle="--", linewidth=0.9, label="noise")
        axis.set_ylim(1e-5, 1)
        logarithmic(axis, "y")
        axis.set_xticks(degrees)
        axis.set_xlabel("degree of the polynomial")
        axis.set_ylabel("mean squared error (eV²)")
        figure.legend(loc="outside upper left", ncols=2)
    return figure
