"""How predictions follow one feature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, label_without_unit, new_figure, style, with_unit
from matterlearn.report.words import in_unit, number, shortened
from matterlearn.validation.evidence import Evidence


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
        The band holds 80 % of the rows.
    """
    unit = evidence.data["unit"]
    feature_unit = "" if entry["unit"] == "1" else str(entry["unit"])
    with style():
        figure, axis = new_figure(COLUMN, 0.72 * COLUMN)
        axis.fill_between(entry["values"], entry["lower"], entry["upper"], color=BLUE, alpha=0.15, linewidth=0)
        axis.plot(entry["values"], entry["mean"], color=BLUE, linewidth=1.8)
        axis.locator_params(nbins=5)
        axis.set_xlabel(with_unit(str(entry["feature"]), feature_unit))
        axis.set_ylabel(with_unit(shortened(label_without_unit(evidence.data["target"], unit), 22), unit))
        texts = [
            f"{in_unit(number(value), feature_unit)}\nprediction {in_unit(number(mean), unit)}\n"
            f"80 % of the rows: {number(low)} to {number(high)}"
            for value, mean, low, high in zip(
                entry["values"], entry["mean"], entry["lower"], entry["upper"], strict=True
            )
        ]
        figure.point_texts(axis, entry["values"], entry["mean"], texts)
    return figure
