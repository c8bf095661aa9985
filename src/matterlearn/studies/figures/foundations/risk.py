"""Empirical risk and risk against the number of rows."""

from __future__ import annotations

import numpy as np

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, GREEN, GREY, INK, ORANGE, new_figure, style
from matterlearn.studies.figures.foundations.axes import logarithmic
from matterlearn.studies.foundations.risk import NOISE, WEIGHTS, Risks, expected_empirical, expected_risk


def risk_curves(found: Risks) -> PointedFigure:
    """Draw both risks (left) and the gap between them (right) against the number of rows.

    Parameters
    ----------
    found : Risks
        Of many data sets of each size.

    Returns
    -------
    PointedFigure
        Points are means over the data sets, bars reach from the 5th to the 95th percentile, lines are the theory.
    """
    n = np.array(found.n_rows, dtype=float)
    dense = np.unique(np.geomspace(n[0], n[-1], 200).astype(int))
    theory = {
        "risk (a new row)": np.array([expected_risk(int(size)) for size in dense]),
        "empirical risk (rows learned from)": np.array([expected_empirical(int(size)) for size in dense]),
    }
    with style():
        figure, (left, right) = new_figure(2 * COLUMN, 0.85 * COLUMN, ncols=2)
        for (name, line), values, color, marker, shift in zip(
            theory.items(), (found.risk, found.empirical), (ORANGE, BLUE), ("s", "o"), (1.03, 0.97), strict=True
        ):
            mean = values.mean(axis=1)
            low, high = np.percentile(values, [5, 95], axis=1)
            left.plot(dense, line, color=color, linewidth=1)
            left.errorbar(
                n * shift, mean, yerr=[mean - low, high - mean], fmt=marker, color=color, markersize=4, elinewidth=0.8,
                label=name,
            )  # fmt: skip
        left.axhline(NOISE**2, color=GREY, linewidth=0.8, linestyle="--")
        left.annotate(
            "σ²: no risk is lower", (n[-1], NOISE**2), (0, 14), textcoords="offset points", ha="right", fontsize=8
        )
        left.set_ylabel("mean squared error")
        left.set_ylim(bottom=0)
        gap = found.gap.mean(axis=1)
        right.plot(dense, np.subtract(*theory.values()), color=INK, linewidth=1, label="theory")
        right.plot(n, gap, "D", color=GREEN, markersize=5, label="gap, mean of the data sets")
        right.plot(dense, 2 * len(WEIGHTS) * NOISE**2 / dense, color=GREY, linestyle="--", label="2 σ² p / n")
        logarithmic(right, "y")
        right.set_ylabel("risk − empirical risk")
        right.legend()
        for axis in (left, right):
            logarithmic(axis, "x", at=[20, 50, 100, 200, 500, 1000])
            axis.set_xlabel("rows that are learned from")
        figure.legend(*left.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure
