"""Importances with and without a second thermometer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, GREEN, INK, ORANGE, new_figure, style

WAYS: Mapping[str, tuple[str, str, str, str]] = {
    "alone": ("only thermometer in the table", BLUE, "o", ""),
    "each": ("thermometer 1 beside its copy", ORANGE, "s", "////"),
    "both": ("both permuted together", GREEN, "D", "...."),
}
"""For each way its name, colour, marker and hatch."""


def thermometers(
    copied: Mapping[str, Mapping[str, float]],
    correlations: Sequence[float],
    measured: Mapping[str, Sequence[float]],
    theory: tuple[Sequence[float], Mapping[str, Sequence[float]]],
) -> PointedFigure:
    """Draw the importance of a thermometer alone, beside its copy, and together with it.

    Parameters
    ----------
    copied : mapping of str to mapping of str to float
        For each model the importance "alone", "each" and "both", the second thermometer reading the same.
    correlations : sequence of float
        Of the two thermometers.
    measured : mapping of str to sequence of float
        The same importances in the linear model, at these correlations.
    theory : (sequence of float, mapping of str to sequence of float)
        Correlations, and the importances there.

    Returns
    -------
    PointedFigure
        Bars for a copy (left); against the correlation (right), lines being theory.
    """
    with style():
        figure, (left, right) = new_figure(2 * COLUMN, 0.85 * COLUMN, ncols=2)
        places = np.arange(len(copied))
        for k, (key, (name, color, marker, hatch)) in enumerate(WAYS.items()):
            heights = [values[key] for values in copied.values()]
            bars = left.bar(
                places + 0.27 * (k - 1), heights, 0.25, color=color, hatch=hatch, edgecolor="white", linewidth=0,
                label=name,
            )  # fmt: skip
            left.bar_label(bars, fmt="%.3f", fontsize=7, color=INK)
            right.plot(theory[0], theory[1][key], color=color, linewidth=1)
            right.plot(correlations, measured[key], marker, color=color, markersize=5, label=name)
        left.set_xticks(places, list(copied))
        left.tick_params(axis="x", length=0)
        left.set_ylabel("increase of the error of ln p")
        right.set_xlabel("correlation of the thermometers")
        right.set_ylabel("increase of the error of ln p")
        right.set_ylim(bottom=0)
        left.set_title("a copy")
        right.set_title("two noisy ones, linear model")
        figure.legend(*left.get_legend_handles_labels(), loc="outside upper left", ncols=3)
    return figure
