"""Predicted against actual energies in several panels, with the distribution of each along its side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.scatter import PAPER, density_scatter, marginal, note_beyond
from matterlearn.report.figures.style import GREY, style, with_unit
from matterlearn.report.words import number
from matterlearn.validation.metrics import mean_absolute_error, r2

SIZE = 2.75
"""Width and height of a panel with its distributions, inches."""

LEFT, BOTTOM, TOP, RIGHT = 0.62, 0.5, 0.28, 0.12
"""Room for labels and titles around the panels, inches."""

N_BINS = 40


def joint_parity(panels: Mapping[str, tuple[ArrayLike, ArrayLike]], *, unit: str, target: str = "energy") -> Figure:
    """Draw predicted against actual values, one panel per set of rows, on common axes.

    Parameters
    ----------
    panels : mapping of str to (y, prediction)
        Title of each panel and its values, arrays of shape (n_rows,).
    unit : str
        Unit of both.
    target : str
        What they are.

    Returns
    -------
    matplotlib.figure.Figure
        The line is perfect agreement; above and beside each panel stand the distributions of actual and predicted
        values. The axes follow the actual values.

    Examples
    --------
    >>> joint_parity({"test": ([0.0, 1.0], [0.1, 0.8])}, unit="eV").get_axes()[0].get_xlabel()
    'actual energy (eV)'
    """
    values = {name: (np.asarray(y, float), np.asarray(p, float)) for name, (y, p) in panels.items()}
    actual = np.concatenate([y for y, _ in values.values()])
    margin = 0.06 * (np.ptp(actual) or 1.0)
    limits = (float(actual.min() - margin), float(actual.max() + margin))
    width, height = LEFT + SIZE * len(values) + RIGHT, BOTTOM + SIZE + TOP
    with style():
        figure = PointedFigure(figsize=(width, height), layout="none")
        for k, (name, (y, prediction)) in enumerate(values.items()):
            place = (LEFT + k * SIZE, BOTTOM)
            axis = _panel(figure, place, (width, height), name, y, prediction, limits, unit)
            axis.set_xlabel(with_unit(f"actual {target}", unit))
            if k:
                axis.tick_params(labelleft=False)
            else:
                axis.set_ylabel(with_unit(f"predicted {target}", unit))
    return figure


def _panel(
    figure: Figure,
    place: tuple[float, float],
    size: tuple[float, float],
    name: str,
    y: Any,
    prediction: Any,
    limits: tuple[float, float],
    unit: str,
) -> Any:
    def box(x: float, z: float, width: float, height: float) -> tuple[float, float, float, float]:
        return ((place[0] + x) / size[0], (place[1] + z) / size[1], width / size[0], height / size[1])

    inner, gap, bar = 2.2, 0.05, 0.35  # inches
    axis = figure.add_axes(box(0, 0, inner, inner))
    axis.plot(limits, limits, color=GREY, linewidth=0.8, zorder=1)
    note_beyond(axis, density_scatter(axis, y, prediction, limits, limits))
    axis.locator_params(nbins=5)
    text = f"MAE {number(mean_absolute_error(y, prediction))} {unit}\nR² {r2(y, prediction):.3f}\nn = {len(y)}"
    axis.annotate(text, (0.03, 0.97), xycoords="axes fraction", va="top", fontsize=7.5, bbox=dict(PAPER), zorder=5)
    bins = np.linspace(*limits, N_BINS + 1)
    above = figure.add_axes(box(0, inner + gap, inner, bar), sharex=axis)
    beside = figure.add_axes(box(inner + gap, 0, bar, inner), sharey=axis)
    marginal(above, y, bins, "vertical")
    marginal(beside, prediction, bins, "horizontal")
    axis.set(xlim=limits, ylim=limits)
    above.set_title(name)
    return axis
