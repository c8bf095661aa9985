"""How predictions follow one feature."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, label_without_unit, new_figure, style, with_unit
from matterlearn.report.words import in_unit, number, shortened
from matterlearn.validation.evidence import Evidence

LINE = 42
"""Characters of a line of the label."""


def partial_dependence(evidence: Evidence, entry: Mapping[str, Any]) -> PointedFigure:
    """Draw the mean prediction when one feature of all rows is set to a value.

    Parameters
    ----------
    evidence : Evidence
        Of one target.
    entry : mapping
        One of the diagnostic "partial_dependence".

    Returns
    -------
    PointedFigure
        The band holds 80 % of the rows. All features have the same axis of predictions, so that a flat line is one.
    """
    unit, of = evidence.data["unit"], str(entry.get("of", ""))  # of a class its probability is predicted
    feature_unit = "" if entry["unit"] == "1" else str(entry["unit"])
    with style():
        figure, axis = new_figure(COLUMN, 0.72 * COLUMN)
        axis.fill_between(entry["values"], entry["lower"], entry["upper"], color=BLUE, alpha=0.15, linewidth=0)
        axis.plot(entry["values"], entry["mean"], color=BLUE, linewidth=1.8)
        axis.locator_params(nbins=5)
        axis.set_ylim(*_limits(evidence))
        name = f"{entry['feature']} ({feature_unit})" if feature_unit else str(entry["feature"])
        axis.set_xlabel(textwrap.fill(shortened(name, 2 * LINE), LINE + 4))
        axis.set_ylabel(with_unit(shortened(of or label_without_unit(evidence.data["target"], unit), 22), unit))
        texts = [
            f"{in_unit(number(value), feature_unit)}\nprediction {in_unit(number(mean), unit)}\n"
            f"80 % of the rows: {number(low)} to {number(high)}"
            for value, mean, low, high in zip(
                entry["values"], entry["mean"], entry["lower"], entry["upper"], strict=True
            )
        ]
        figure.point_texts(axis, entry["values"], entry["mean"], texts)
    return figure


def _limits(evidence: Evidence) -> tuple[float, float]:
    entries = evidence.diagnostics["partial_dependence"]
    low = min(min(entry["lower"]) for entry in entries)
    high = max(max(entry["upper"]) for entry in entries)
    margin = 0.04 * (high - low or 1.0)
    return low - margin, high + margin
