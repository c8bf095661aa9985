"""How errors are distributed on each split."""

from __future__ import annotations

import numpy as np

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import COLUMN, GREY, SERIES, new_figure, style, with_unit
from matterlearn.report.rows import model_rows, tested_splits
from matterlearn.report.words import shortened, split_words
from matterlearn.validation.evidence import Evidence

N_BINS = 41

SHOWN = 0.98
"""Share of the errors, of the split with the widest, that the axis reaches."""

MOST = 4
"""Splits that are drawn: more curves cannot be told apart."""


def residual_distribution(evidence: Evidence) -> PointedFigure:
    """Draw the distribution of predicted less actual values, one curve per split.

    Parameters
    ----------
    evidence : Evidence
        Of one target.

    Returns
    -------
    PointedFigure
        Curves have the same area; errors beyond the axis count in the last bin.
    """
    splits = tested_splits(evidence)[:MOST]
    errors = {split: _errors(evidence, split) for split in splits}
    reach = max(float(np.quantile(np.abs(error), SHOWN)) for error in errors.values()) or 1.0
    bins = np.linspace(-reach, reach, N_BINS + 1)
    with style():
        figure, axis = new_figure(COLUMN, 0.8 * COLUMN)
        axis.axvline(0, color=GREY, linewidth=0.8)
        styles = ("-", "--", "-.", ":")
        for (split, error), (color, _), line in zip(errors.items(), SERIES, styles, strict=False):
            share = np.histogram(np.clip(error, -reach, reach), bins)[0] / len(error)
            axis.stairs(
                share, bins, color=color, linewidth=1.5, linestyle=line, label=shortened(split_words(split), 34)
            )
            if split == splits[0]:
                axis.stairs(share, bins, color=color, fill=True, alpha=0.15)
        axis.set_xlim(-reach, reach)
        axis.set_ylim(bottom=0)
        axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axis.locator_params(axis="x", nbins=6)
        axis.set_xlabel(with_unit("predicted − actual", evidence.data["unit"]))
        axis.set_ylabel("share of predictions")
        figure.legend(loc="outside upper left", ncols=1)
    return figure


def _errors(evidence: Evidence, split: str) -> np.ndarray:
    rows = model_rows(evidence, split)
    return (rows["prediction"] - rows["y"]).to_numpy()
