"""Predicted against measured values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from matterlearn.report.figures.style import BLUE, COLUMN, GREY, new_figure, style, with_unit
from matterlearn.validation.metrics import mean_absolute_error, r2


def parity(panels: Mapping[str, tuple[ArrayLike, ArrayLike]], *, unit: str = "", target: str = "value") -> Figure:
    """Draw predicted against actual values, one panel per set of rows, on common axes.

    Parameters
    ----------
    panels : mapping of str to (y, prediction)
        Title of each panel and its values, arrays of shape (n_rows,) in the unit of the target.
    unit : str
        Unit of the target.
    target : str
        Name of the target.

    Returns
    -------
    matplotlib.figure.Figure
        The line is perfect agreement; R2 and the mean absolute error stand in each panel.

    Examples
    --------
    >>> parity({"test": ([0.0, 1.0], [0.1, 0.8])}, unit="eV").get_axes()[0].get_title("left")
    'test'
    """
    values = {name: (np.asarray(y, float), np.asarray(p, float)) for name, (y, p) in panels.items()}
    everything = np.concatenate([part for pair in values.values() for part in pair])
    # A few wild predictions would squeeze all others into a corner: the axes follow the actual values.
    actual = np.concatenate([y for y, _ in values.values()])
    margin = 0.05 * (np.ptp(actual) or 1.0)
    low, high = actual.min() - margin, actual.max() + margin
    with style():
        figure, axes = new_figure(
            COLUMN * len(values), COLUMN, ncols=len(values), sharex=True, sharey=True, squeeze=False
        )
        for axis, (name, (y, prediction)) in zip(axes[0], values.items(), strict=True):
            _panel(axis, name, y, prediction, unit, low, high)
        axes[0, 0].set_ylabel(with_unit(f"predicted {target}", unit))
        for axis in axes[0]:
            axis.set_xlabel(with_unit(f"actual {target}", unit))
        beyond = int(np.sum((everything < low) | (everything > high)))
        if beyond:
            axes[0, -1].annotate(
                f"{beyond} beyond the axes", (0.98, 0.02), xycoords="axes fraction", ha="right", fontsize=7, color=GREY
            )
    return figure


def _panel(axis: Any, name: str, y: Any, prediction: Any, unit: str, low: float, high: float) -> None:
    dense = len(y) > 300
    axis.plot([low, high], [low, high], color=GREY, linewidth=0.8, zorder=1)
    axis.scatter(
        y,
        prediction,
        s=6 if dense else 14,
        color=BLUE,
        alpha=0.35 if dense else 0.7,
        linewidths=0,
        rasterized=True,
        zorder=2,
    )
    axis.set(title=name, xlim=(low, high), ylim=(low, high), aspect="equal")
    text = f"R² = {r2(y, prediction):.3f}\nMAE = {mean_absolute_error(y, prediction):.3g} {unit}".rstrip()
    axis.annotate(f"{text}\nn = {len(y)}", (0.04, 0.96), xycoords="axes fraction", va="top", fontsize=8)
