"""Errors against the distance to the training rows: what the model knows of what it does not know."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.scatter import PAPER, density_scatter, note_beyond
from matterlearn.report.figures.style import COLUMN, GREY, ORANGE, new_figure, style, with_unit
from matterlearn.report.rows import model_rows
from matterlearn.report.words import shortened, split_words
from matterlearn.validation.evidence import Evidence

N_BINS = 10
FEWEST = 5
"""Rows of a bin of which a mean is drawn."""

SHOWN = 0.985
"""Share of the points that each axis reaches."""


def domain_errors(evidence: Evidence, split: str) -> PointedFigure:
    """Draw absolute errors against the distance to the training rows.

    Parameters
    ----------
    evidence : Evidence
        Of one target.
    split : str
        Name of the split.

    Returns
    -------
    PointedFigure
        The orange line is the mean of rows at similar distances; the dashed one is the limit of the domain.
    """
    rows = model_rows(evidence, split)
    error = np.abs((rows["prediction"] - rows["y"]).to_numpy())
    return errors_by_distance(
        split, rows["domain"].to_numpy(), error, with_unit("absolute error", evidence.data["unit"])
    )


def errors_by_distance(split: str, distance: ArrayLike, errors: ArrayLike, label: str) -> PointedFigure:
    """Draw errors that are not negative against the distance to the training rows.

    Parameters
    ----------
    split : str
        Name of the split, whose predictions these are, all of them and in their order.
    distance, errors : array-like of float, shape (n_predictions,)
        The distance, in units of the limit of the domain, and the error of each.
    label : str
        What the error is, with its unit.

    Returns
    -------
    PointedFigure
        As of `domain_errors`.
    """
    distance, error = np.asarray(distance, dtype=float), np.asarray(errors, dtype=float)
    finite = distance[np.isfinite(distance)]  # it is infinite where no training row is comparable
    far = max(1.25, 1.05 * float(np.quantile(finite, SHOWN))) if len(finite) else 2.0
    reach = 1.1 * (float(np.quantile(error, SHOWN)) or 1.0)
    with style():
        figure, axis = new_figure(COLUMN, 0.85 * COLUMN)
        note_beyond(axis, density_scatter(axis, distance, error, (0, far), (0, reach)))
        axis.axvline(1, color=GREY, linewidth=1, linestyle="--", zorder=1)
        axis.annotate(
            "limit",
            (1, 1),
            (2, -1),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            va="top",
            fontsize=7,
            bbox=dict(PAPER),
            zorder=5,
        )
        parts = np.array_split(np.argsort(distance, kind="stable"), max(1, min(N_BINS, len(error) // FEWEST)))
        center = [float(np.median(distance[part])) for part in parts]
        mean = [float(error[part].mean()) for part in parts]
        if len(parts) > 2:
            axis.plot(
                np.minimum(center, far),
                np.minimum(mean, reach),
                color=ORANGE,
                linewidth=1.6,
                marker="o",
                markersize=3,
                zorder=4,
            )
        axis.locator_params(nbins=6)
        axis.set_xlabel("distance to the training rows / limit")
        axis.set_ylabel(label)
        axis.set_title(shortened(split_words(split), 44))
        figure.point_rows(axis, split, "distance", "absolute error")
    return figure
