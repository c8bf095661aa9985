"""Errors against predictions: where the model is wrong to one side, and where it is less sure."""

from __future__ import annotations

import numpy as np

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.scatter import density_scatter, note_beyond
from matterlearn.report.figures.style import COLUMN, GREY, ORANGE, label_without_unit, new_figure, style, with_unit
from matterlearn.report.rows import model_rows
from matterlearn.report.words import shortened, split_words
from matterlearn.validation.evidence import Evidence

FEWEST = 8
"""Rows of a bin of which a median is drawn."""

MOST_BINS = 12

SHOWN = 0.99
"""Share of the errors that the axis reaches."""


def residuals(evidence: Evidence, split: str) -> PointedFigure:
    """Draw predicted less actual values against predictions.

    Parameters
    ----------
    evidence : Evidence
        Of one target.
    split : str
        Name of the split.

    Returns
    -------
    PointedFigure
        The orange line is the median of rows with similar predictions; between the dashed ones lie 80 % of them.
    """
    rows = model_rows(evidence, split)
    prediction = rows["prediction"].to_numpy()
    error = prediction - rows["y"].to_numpy()
    unit = evidence.data["unit"]
    target = label_without_unit(evidence.data["target"], unit)
    reach = 1.1 * (float(np.quantile(np.abs(error), SHOWN)) or 1.0)
    low, high = np.quantile(prediction, [0.002, 0.998])
    margin = 0.04 * (high - low or 1.0)
    with style():
        figure, axis = new_figure(COLUMN, 0.8 * COLUMN)
        axis.axhline(0, color=GREY, linewidth=0.8, zorder=1)
        note_beyond(axis, density_scatter(axis, prediction, error, (low - margin, high + margin), (-reach, reach)))
        center, quantiles = _along(prediction, error)
        if len(center) > 2:
            axis.plot(center, quantiles[:, 1], color=ORANGE, linewidth=1.6, zorder=4)
            for side in (0, 2):
                axis.plot(center, quantiles[:, side], color=ORANGE, linewidth=1, linestyle="--", zorder=4)
        axis.set_xlabel(with_unit(f"predicted {target}", unit))
        axis.set_ylabel(with_unit("predicted − actual", unit))
        axis.locator_params(nbins=6)
        axis.set_title(shortened(split_words(split), 44))
        figure.point_rows(axis, split, "prediction", "error")
    return figure


def _along(prediction: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle of bins of equally many predictions and the 10 %, 50 % and 90 % quantiles of errors there."""
    n_bins = min(MOST_BINS, len(prediction) // FEWEST)
    if n_bins < 1:
        return np.empty(0), np.empty((0, 3))
    parts = np.array_split(np.argsort(prediction, kind="stable"), n_bins)
    center = np.array([np.median(prediction[part]) for part in parts])
    return center, np.array([np.quantile(error[part], [0.1, 0.5, 0.9]) for part in parts])
