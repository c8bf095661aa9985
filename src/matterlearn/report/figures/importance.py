"""What the model looks at: how much worse it gets without it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, FAINT, GREY, new_figure, style, with_unit
from matterlearn.report.measure import Measure, absolute_error
from matterlearn.report.words import number, shortened
from matterlearn.validation.evidence import Evidence

MOST = 12
"""Names that are drawn."""


def importance(evidence: Evidence, by: str, measure: Measure | None = None) -> PointedFigure:
    """Draw how much the error rises when the values of a property, a site or an input are shuffled.

    Parameters
    ----------
    evidence : Evidence
        Of one target, with the diagnostic "importance".
    by : str
        "property", "site" or "input".
    measure : Measure, optional
        The error whose rise the entries hold; by default the mean absolute error.

    Returns
    -------
    PointedFigure
        The most important first. Bars reach one standard deviation over folds and repeats to either side.
    """
    table = importance_table(evidence, by).head(MOST)
    measure = measure or absolute_error(evidence.data["unit"])
    with style():
        figure, axis = new_figure(COLUMN, 0.75 + 0.2 * max(len(table), 2))
        position = np.arange(len(table))
        axis.hlines(position, 0, table["mean"], color=FAINT, linewidth=4, zorder=1)
        axis.errorbar(
            table["mean"], position, xerr=table["sd"], fmt="o", color=BLUE, markersize=5, elinewidth=1.2, zorder=3
        )
        axis.axvline(0, color=GREY, linewidth=0.8)
        axis.set_yticks(position, [shortened(name, 26) for name in table["name"]])
        axis.tick_params(axis="y", length=0)
        axis.set_ylim(len(table) - 0.4, -0.6)
        axis.spines["left"].set_visible(False)
        axis.locator_params(axis="x", nbins=5)
        axis.set_xlabel(with_unit("rise of the error when shuffled", measure.unit), loc="right")
        axis.set_title(f"by {by}")
        texts = [
            f"{name}\n+{measure.say(mean)} ± {number(sd)}"
            for name, mean, sd in zip(table["name"], table["mean"], table["sd"], strict=True)
        ]
        figure.point_texts(axis, table["mean"], position, texts)
    return figure


def importance_table(evidence: Evidence, by: str) -> pd.DataFrame:
    """Return the mean rise of the error and its spread over folds and repeats, the largest first.

    Returns
    -------
    DataFrame
        `name`, `mean`, `sd`.
    """
    entries = [entry for entry in evidence.diagnostics.get("importance", []) if entry["by"] == by]
    if not entries:
        return pd.DataFrame({"name": [], "mean": [], "sd": []})
    table = pd.DataFrame(entries)
    groups = table.groupby("name", sort=False)
    between = groups["mean"].var(ddof=0)
    within = (table["sd"] ** 2).groupby(table["name"], sort=False).mean()
    found = pd.DataFrame({"mean": groups["mean"].mean(), "sd": np.sqrt(between + within)}).reset_index()
    return found.sort_values("mean", ascending=False, kind="stable", ignore_index=True)
