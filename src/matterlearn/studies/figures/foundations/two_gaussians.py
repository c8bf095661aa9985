"""Decision boundary, region of refusal, and what refusing brings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from matterlearn.models.decisions.rejection import AccuracyCoverage
from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, GREEN, GREY, INK, ORANGE, PURPLE, new_figure, style
from matterlearn.studies.foundations.two_gaussians import Classes, Floats, Ints, Refusals, posterior

N_GRID = 200

FEWEST = 200
"""Answered rows from which on an error is drawn."""


def boundary(
    classes: Classes,
    fitted: Classes,
    rows: tuple[Floats, Ints],
    theta: float,
    exact: Refusals,
    curves: Mapping[str, AccuracyCoverage],
    n_rows: int,
) -> PointedFigure:
    """Draw the plane of the two readings (left), and the error against the share answered (right).

    Parameters
    ----------
    classes, fitted : Classes
        The truth, and what was estimated from the rows.
    rows : (ndarray, ndarray)
        Readings and classes that were learned from.
    theta : float
        Threshold of the region that is shaded.
    exact : Refusals
        With the true posterior.
    curves : mapping of str to AccuracyCoverage
        Of models, on new rows.
    n_rows : int
        New rows.

    Returns
    -------
    PointedFigure
        Full line: true boundary; dashed: fitted.
    """
    readings, labels = rows
    low, high = readings.min(axis=0) - 0.5, readings.max(axis=0) + 0.5
    across, up = (np.linspace(a, b, N_GRID) for a, b in zip(low, high, strict=True))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    true, found = (posterior(each, grid).reshape(N_GRID, N_GRID) for each in (classes, fitted))
    with style():
        figure, (left, right) = new_figure(2 * COLUMN, 0.95 * COLUMN, ncols=2)
        left.contourf(across, up, true, levels=[1 - theta, theta], colors=[GREY], alpha=0.25)
        left.contour(across, up, true, levels=[0.5], colors=INK, linewidths=1.5)
        left.contour(across, up, found, levels=[0.5], colors=GREEN, linewidths=1.3, linestyles="--")
        for k, (color, marker) in enumerate(((BLUE, "o"), (ORANGE, "s"))):
            part = readings[labels == k]
            left.plot(*part.T, marker, color=color, markersize=3, markeredgewidth=0, alpha=0.7, label=f"class {k}")
        left.plot([], [], color=INK, linewidth=1.5, label="true boundary")
        left.plot([], [], color=GREEN, linestyle="--", label="fitted boundary")
        left.fill_between([], [], [], color=GREY, alpha=0.25, label=f"refused, θ = {theta:g}")
        left.set_xlabel("first reading (resolutions)")
        left.set_ylabel("second reading (resolutions)")
        looks = ((BLUE, "-", 3.0), (GREEN, "--", 1.4), (PURPLE, "-.", 1.4))
        for (name, curve), (color, line, width) in zip(curves.items(), looks, strict=False):
            shown = curve.coverage * n_rows >= FEWEST
            alpha = 0.4 if width > 2 else 1.0
            right.plot(
                curve.coverage[shown], 100 * curve.error[shown], color=color, linestyle=line, linewidth=width,
                alpha=alpha, label=name,
            )  # fmt: skip
        right.plot(1 - exact.rejected, 100 * exact.error, color=INK, linewidth=0.9, label="true posterior, exact")
        right.set_xlim(0, 1)
        right.set_ylim(bottom=0)
        right.set_xlabel("share of the rows that are answered")
        right.set_ylabel("wrong among the answered (%)")
        right.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        right.legend(fontsize=7, loc="upper left")
        figure.legend(*left.get_legend_handles_labels(), loc="outside upper left", ncols=3)
    return figure
