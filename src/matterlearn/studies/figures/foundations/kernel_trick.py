"""Cost and error of polynomial ridge against the degree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, GREY, ORANGE, SERIES, new_figure, style
from matterlearn.studies.figures.foundations.axes import logarithmic
from matterlearn.studies.foundations.kernel_trick import N_TRAIN, n_features

MOST_DEGREE = 8


def kernel_costs(lines: Sequence[Mapping[str, Any]], inputs: Sequence[int]) -> PointedFigure:
    """Draw numbers of features, time and error against the degree.

    Parameters
    ----------
    lines : sequence of mapping
        Of each degree: `degree`, `explicit_seconds`, `kernel_seconds`, `explicit_error`, `kernel_error`.
    inputs : sequence of int
        Numbers of inputs whose products are counted.

    Returns
    -------
    PointedFigure
        Logarithmic axes.
    """
    degrees = [line["degree"] for line in lines]
    with style():
        figure, (count, cost, error) = new_figure(2.1 * COLUMN, 0.85 * COLUMN, ncols=3)
        for n_inputs, (color, marker) in zip(inputs, SERIES[2:], strict=False):
            all_degrees = range(1, MOST_DEGREE + 1)
            values = [n_features(n_inputs, degree) for degree in all_degrees]
            count.plot(all_degrees, values, color=color, marker=marker, markersize=4, label=f"{n_inputs} inputs")
        count.axhline(N_TRAIN, color=BLUE, linestyle="--", linewidth=1.2, label="rows (kernel)")
        count.set_ylabel("unknowns to solve for")
        count.legend(fontsize=7)
        looks = (("explicit", ORANGE, "s", "features written out"), ("kernel", BLUE, "o", "kernel"))
        for key, color, marker, name in looks:
            cost.plot(degrees, [line[f"{key}_seconds"] for line in lines], color=color, marker=marker, label=name)
            error.plot(
                degrees,
                [line[f"{key}_error"] for line in lines],
                color=color,
                marker=marker,
                markersize=8 if key == "explicit" else 4,
                linestyle="none" if key == "explicit" else "-",
                fillstyle="none" if key == "explicit" else "full",
            )
        cost.set_ylabel("time (s)")
        cost.legend(fontsize=7)
        error.axvline(4, color=GREY, linestyle=":", linewidth=1)
        error.set_ylabel("test RMSE / spread")
        for axis in (count, cost, error):
            logarithmic(axis, "y")
            axis.set_xlabel("degree")
            axis.set_xticks(range(1, MOST_DEGREE + 1))
    return figure
