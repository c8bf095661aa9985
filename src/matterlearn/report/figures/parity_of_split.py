"""Predicted against actual values on one split, with the distribution of each along its side."""

from __future__ import annotations

import numpy as np

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.scatter import PAPER, density_scatter, marginal, note_beyond
from matterlearn.report.figures.style import GREY, label_without_unit, style, with_unit
from matterlearn.report.rows import model_rows
from matterlearn.report.words import in_unit, number, shortened, split_words
from matterlearn.validation.evidence import Evidence
from matterlearn.validation.metrics import mean_absolute_error, r2
from matterlearn.validation.protocol import MODEL

SIZE = 3.7
"""Width and height, inches."""

LEFT, BOTTOM, SIDE, GAP, MARGIN = 0.175, 0.14, 0.66, 0.015, 0.11
"""The square panel, the gap to the distributions and their height, in parts of the figure."""

N_BINS = 40

EXTREME = 0.002
"""Share of the actual values at either end that may lie beyond the axes."""


def parity_of_split(evidence: Evidence, split: str, limits: tuple[float, float] | None = None) -> PointedFigure:
    """Draw predicted against actual values of one split.

    Parameters
    ----------
    evidence : Evidence
        Of one target.
    split : str
        Name of the split, "training rows" among them.
    limits : (float, float), optional
        Ends of both axes; by default they follow the actual values of the split.

    Returns
    -------
    PointedFigure
        The line is perfect agreement. Above and beside stand the distributions of actual and predicted values.
    """
    rows = model_rows(evidence, split)
    y, prediction, weight = (rows[name].to_numpy() for name in ("y", "prediction", "weight"))
    low, high = limits or parity_limits(evidence)
    unit = evidence.data["unit"]
    target = label_without_unit(evidence.data["target"], unit)
    with style():
        figure = PointedFigure(figsize=(SIZE, SIZE), layout="none")
        axis = figure.add_axes((LEFT, BOTTOM, SIDE, SIDE))
        axis.plot([low, high], [low, high], color=GREY, linewidth=0.8, zorder=1)
        note_beyond(axis, density_scatter(axis, y, prediction, (low, high), (low, high)))
        axis.set_xlabel(with_unit(f"actual {target}", unit))
        axis.set_ylabel(with_unit(f"predicted {target}", unit))
        axis.locator_params(nbins=5)
        text = f"MAE {in_unit(number(mean_absolute_error(y, prediction, weight)), shortened(unit, 20))}"
        text += f"\nR² {r2(y, prediction, weight):.3f}\nn = {len(y)}"
        axis.annotate(text, (0.03, 0.97), xycoords="axes fraction", va="top", fontsize=8, bbox=dict(PAPER), zorder=5)
        bins = np.linspace(low, high, N_BINS + 1)
        top = figure.add_axes((LEFT, BOTTOM + SIDE + GAP, SIDE, MARGIN), sharex=axis)
        side = figure.add_axes((LEFT + SIDE + GAP, BOTTOM, MARGIN, SIDE), sharey=axis)
        marginal(top, y, bins, "vertical")
        marginal(side, prediction, bins, "horizontal")
        axis.set(xlim=(low, high), ylim=(low, high))
        top.set_title(shortened(split_words(split), 44))
        figure.point_rows(axis, split, "y", "prediction")
    return figure


def parity_limits(evidence: Evidence) -> tuple[float, float]:
    """Return ends of the axes for all splits.

    They follow the actual values, without the few most extreme ones of many: wild predictions or a single wild value
    would squeeze all others into a corner.
    """
    y = evidence.predictions.loc[evidence.predictions["model"] == MODEL, "y"].to_numpy()
    low = float(np.quantile(y, EXTREME, method="lower"))
    high = float(np.quantile(y, 1 - EXTREME, method="higher"))
    margin = 0.05 * (high - low or 1.0)
    return low - margin, high + margin
