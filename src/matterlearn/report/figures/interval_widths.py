"""How wide intervals are on each split."""

from __future__ import annotations

import textwrap

import numpy as np

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import COLUMN, FAINT, GREY, SERIES, new_figure, style, with_unit
from matterlearn.report.rows import model_rows, tested_splits
from matterlearn.report.words import in_unit, number, split_words
from matterlearn.validation.evidence import Evidence

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def interval_widths(evidence: Evidence) -> PointedFigure:
    """Draw the widths of the intervals on each split.

    Parameters
    ----------
    evidence : Evidence
        Of one target.

    Returns
    -------
    PointedFigure
        Point: median; thick bar: the middle half; thin bar: 90 % of the rows. The number of unbounded intervals stands
        beside them; they count as wider than all others.
    """
    splits, unit = tested_splits(evidence), evidence.data["unit"]
    with style():
        figure, axis = new_figure(COLUMN, 0.8 + 0.42 * max(len(splits), 2))
        texts, medians = [], []
        for position, split in enumerate(splits):
            color, marker = SERIES[position % len(SERIES)]
            rows = model_rows(evidence, split)
            width = np.sort((rows["upper"] - rows["lower"]).to_numpy())
            # Unbounded ones are ranked, not averaged: quantiles are single values.
            low, q1, median, q3, high = (width[int(q * (len(width) - 1))] for q in QUANTILES)
            unbounded = int(np.isinf(width).sum())
            finite = width[np.isfinite(width)]
            end = finite[-1] if len(finite) else 1.0
            low, q1, median, q3, high = (min(value, end) for value in (low, q1, median, q3, high))
            axis.hlines(position, low, high, color=color, linewidth=1.2)
            axis.hlines(position, q1, q3, color=color, linewidth=5, alpha=0.45)
            axis.plot(median, position, marker, color=color, markersize=6)
            if unbounded:
                axis.annotate(
                    f"{unbounded} unbounded",
                    (0.99, position),
                    xycoords=("axes fraction", "data"),
                    ha="right",
                    va="bottom",
                    fontsize=7,
                    color=GREY,
                )
            medians.append(median)
            texts.append(
                f"{split_words(split)}\nmedian width {in_unit(number(median), unit)}\n"
                f"half of the rows: {number(q1)} to {number(q3)}\n90 % of the rows: {number(low)} to {number(high)}"
            )
        figure.point_texts(axis, medians, range(len(splits)), texts)
        axis.set_yticks(np.arange(len(splits)), [textwrap.fill(split_words(split), 20) for split in splits])
        axis.set_ylim(len(splits) - 0.4, -0.6)
        axis.set_xlim(left=0)
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
        axis.grid(axis="x", color=FAINT, linewidth=0.5)
        axis.set_axisbelow(True)
        axis.locator_params(axis="x", nbins=5)
        axis.set_xlabel(with_unit(f"width of {evidence.plan['level']:.0%} intervals", unit))
    return figure
