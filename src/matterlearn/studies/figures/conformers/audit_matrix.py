"""Which model breaks which symmetry, and by how much, at one glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from matterlearn.report.figures.style import GREY, INK, new_figure, style
from matterlearn.report.words import number
from matterlearn.validation.audits import SymmetryCheck

LOW, HIGH = 1e-3, 1.0
"""Ends of the scale of colours, in units of the spread of the predictions."""


def audit_matrix(checks: Mapping[str, Mapping[str, SymmetryCheck]], symmetries: Sequence[str]) -> Figure:
    """Draw models by symmetries.

    Parameters
    ----------
    checks : mapping of str to mapping of str to SymmetryCheck
        Model -> symmetry -> what was found.
    symmetries : sequence of str
        Columns.

    Returns
    -------
    matplotlib.figure.Figure
        A cell holds the median change of the prediction in units of its spread, "holds" where no change is beyond
        rounding, and "fails" where the model cannot be asked.
    """
    names = list(checks)
    with style():
        figure, axis = new_figure(7.4, 0.9 + 0.3 * len(names))
        values = np.full((len(names), len(symmetries)), np.nan)
        for i, name in enumerate(names):
            for j, symmetry in enumerate(symmetries):
                values[i, j] = _write(axis, i, j, checks[name].get(symmetry))
        image = axis.imshow(
            np.ma.masked_invalid(np.clip(values, LOW, None)), cmap="Oranges", norm=LogNorm(LOW, 3 * HIGH), aspect="auto"
        )
        axis.set_xticks(range(len(symmetries)), [symmetry.replace(" of ", "\nof ") for symmetry in symmetries])
        axis.xaxis.tick_top()
        axis.set_yticks(range(len(names)), names)
        axis.tick_params(length=0)
        for side in ("left", "top", "bottom", "right"):
            axis.spines[side].set_visible(False)
        axis.set_xticks(np.arange(len(symmetries) + 1) - 0.5, minor=True)
        axis.set_yticks(np.arange(len(names) + 1) - 0.5, minor=True)
        axis.grid(which="minor", color="white", linewidth=2)
        axis.tick_params(which="minor", length=0)
        bar = figure.colorbar(image, ax=axis, shrink=0.9, pad=0.02, aspect=25)
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        bar.set_label("median change / spread", color=INK)
        bar.outline.set_visible(False)
    return figure


def _write(axis: Any, row: int, column: int, check: SymmetryCheck | None) -> float:
    """Write what was found into a cell and return the value that colours it."""
    if check is None or check.verdict == "not tested":
        text, value = "–", np.nan
    elif check.verdict == "holds":
        text, value = "holds", np.nan
    elif not np.isfinite(check.median_of_spread):
        text, value = "fails", np.nan
    else:
        value = check.median_of_spread
        text = "> 10" if value > 10 else f"{value:.2f}" if value >= 0.005 else f"{value:.0e}"
    dark = np.isfinite(value) and value > 0.4
    axis.text(
        column,
        row,
        text,
        ha="center",
        va="center",
        fontsize=8,
        color="white" if dark else GREY if text == "holds" else INK,
    )
    return float(value)
