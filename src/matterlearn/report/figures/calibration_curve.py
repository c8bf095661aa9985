"""Whether intervals hold what they promise, for every promise."""

from __future__ import annotations

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import COLUMN, FAINT, GREY, SERIES, new_figure, style
from matterlearn.report.rows import tested_splits
from matterlearn.report.words import percent, shortened, split_words
from matterlearn.validation.breakdown import calibration_curve as curve_of
from matterlearn.validation.evidence import Evidence

MOST = 4
"""Splits that are drawn: more curves cannot be told apart."""


def calibration_curve(evidence: Evidence) -> PointedFigure:
    """Draw the share of rows within intervals of each level against the level, one curve per split.

    Parameters
    ----------
    evidence : Evidence
        Of one target.

    Returns
    -------
    PointedFigure
        On the diagonal intervals hold what they promise; below it they promise too much. Bands are binomial.
    """
    level = float(evidence.plan["level"])
    with style():
        figure, axis = new_figure(COLUMN, 1.05 * COLUMN)
        axis.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
        axis.axvline(level, color=FAINT, linewidth=4, zorder=0)
        for k, split in enumerate(tested_splits(evidence)[:MOST]):
            color, marker = SERIES[k]
            curve = curve_of(evidence.predictions, split)
            axis.fill_between(
                curve["level"], curve["coverage_low"], curve["coverage_high"], color=color, alpha=0.18, linewidth=0
            )
            axis.plot(
                curve["level"],
                curve["coverage"],
                color=color,
                marker=marker,
                markevery=max(1, len(curve) // 8),
                markersize=4,
                linewidth=1.4,
                label=shortened(split_words(split), 34),
            )
            texts = [
                f"{split_words(split)}\npromised {percent(line.level)}\nheld {percent(line.coverage)}"
                for line in curve.itertuples()
            ]
            figure.point_texts(axis, curve["level"], curve["coverage"], texts)
        axis.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="promised", ylabel="held")
        for ticks in (axis.xaxis, axis.yaxis):
            ticks.set_major_formatter(lambda value, _: f"{value:.0%}")
        figure.legend(loc="outside upper left", ncols=1)
    return figure
