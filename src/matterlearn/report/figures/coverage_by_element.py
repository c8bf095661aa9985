"""Which elements' intervals fail, and which only seem to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, NullFormatter

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, FAINT, GREY, ORANGE, new_figure, style
from matterlearn.report.words import percent, shortened, split_words
from matterlearn.validation.binomial import binomial_interval

NAMED = 8
"""Elements whose symbols stand at their points: those that fail most surely."""


def coverage_by_element(table: pd.DataFrame, *, level: float, split: str) -> PointedFigure:
    """Draw the share of rows within their interval against the number of rows, one point per element.

    Parameters
    ----------
    table : DataFrame
        `element`, `n_rows`, `coverage`, `coverage_high`, as from `matterlearn.validation.breakdown.by_element`.
    level : float
        What the intervals promise.
    split : str
        Name of the split.

    Returns
    -------
    PointedFigure
        In the grey funnel chance alone explains the difference to the promise (95 %); orange squares lie below it.
    """
    table = table[table["coverage"].notna()]
    fails = (table["coverage_high"] < level).to_numpy()
    n = table["n_rows"].to_numpy(dtype=float)
    with style():
        figure, axis = new_figure(COLUMN, 0.85 * COLUMN)
        counts = np.geomspace(1, max(2 * n.max(initial=1), 10), 60)
        low, high = binomial_interval(np.full(len(counts), level), counts)
        axis.fill_between(counts, low, high, color=FAINT, alpha=0.6, linewidth=0)
        axis.axhline(level, color=GREY, linewidth=1, linestyle="--")
        held = table["coverage"].to_numpy()
        axis.scatter(n[~fails], held[~fails], s=16, color=BLUE, linewidths=0, alpha=0.8, zorder=3)
        axis.scatter(n[fails], held[fails], s=20, color=ORANGE, marker="s", linewidths=0, zorder=3)
        axis.set_xscale("log")
        axis.set_xlim(max(0.8, 0.7 * n.min(initial=1)), 1.4 * n.max(initial=1))
        axis.set_ylim(max(0.0, min(held.min(initial=1), level - 0.2) - 0.05), 1.02)
        worst = table[fails].assign(short=lambda part: level - part["coverage_high"])
        _name(axis, worst.sort_values("short", ascending=False, kind="stable").head(NAMED))
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axis.set_xlabel("rows with the element")
        axis.set_ylabel("held")
        axis.set_title(shortened(split_words(split), 44))
        texts = [f"{row.element}\nheld {percent(row.coverage)} of {row.n_rows} rows" for row in table.itertuples()]
        figure.point_texts(axis, n, held, texts)
    return figure


def _name(axis: Any, rows: pd.DataFrame) -> None:
    """Write symbols at points, the surest failures first, and none over another."""
    taken: list[Any] = []
    for row in rows.to_dict("records"):
        place = axis.transAxes.inverted().transform(axis.transData.transform((row["n_rows"], row["coverage"])))
        if all(abs(place[0] - other[0]) > 0.09 or abs(place[1] - other[1]) > 0.06 for other in taken):
            axis.annotate(
                row["element"],
                (row["n_rows"], row["coverage"]),
                (4, -3),
                textcoords="offset points",
                fontsize=7.5,
                color=ORANGE,
            )
            taken.append(place)
