"""Whether intervals hold in every part of a range: for small and large predictions, near to the data and far away."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import COLUMN, GREY, SERIES, new_figure, style
from matterlearn.report.words import number, percent, shortened, split_words


def coverage_in_bins(tables: Mapping[str, pd.DataFrame], *, level: float, label: str) -> PointedFigure:
    """Draw the share of rows within their interval, bin by bin.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Name of each split and its bins: `low`, `high`, `coverage`, `coverage_low`, `coverage_high`, `n_rows`, as from
        `matterlearn.validation.breakdown.by_size`.
    level : float
        What the intervals promise.
    label : str
        What is binned, with its unit.

    Returns
    -------
    PointedFigure
        A line spans each bin, a bar is its binomial interval. The dashed line is the promise.
    """
    with style():
        figure, axis = new_figure(COLUMN, 0.8 * COLUMN)
        axis.axhline(level, color=GREY, linewidth=1, linestyle="--")
        ends = [end for table in tables.values() for end in (*table["low"], *table["high"]) if np.isfinite(end)]
        last = max(ends, default=1.0)
        bottom = level - 0.1
        for k, (split, table) in enumerate(tables.items()):
            color, marker = SERIES[k % len(SERIES)]
            table = table[np.isfinite(table["low"]) & table["coverage"].notna()]
            high = np.minimum(table["high"], last)
            middle = (table["low"] + high) / 2
            axis.hlines(table["coverage"], table["low"], high, color=color, linewidth=1.2)
            axis.vlines(middle, table["coverage_low"], table["coverage_high"], color=color, linewidth=1.2, alpha=0.6)
            axis.plot(
                middle, table["coverage"], marker, color=color, markersize=5, label=shortened(split_words(split), 34)
            )
            bottom = min(bottom, float(table["coverage_low"].min()) - 0.03) if len(table) else bottom
            texts = [
                f"{split_words(split)}\n{number(row.low)} to {number(row.high)}\nheld {percent(row.coverage)} "
                f"of {row.n_rows} rows"
                for row in table.itertuples()
            ]
            figure.point_texts(axis, middle, table["coverage"], texts)
        axis.set_ylim(max(0.0, bottom), 1.01)
        axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axis.locator_params(nbins=5)
        axis.set_xlabel(label)
        axis.set_ylabel("held")
        figure.legend(loc="outside upper left", ncols=1)
    return figure
