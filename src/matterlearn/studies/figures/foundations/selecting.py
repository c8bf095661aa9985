"""What a choice of columns that saw the test rows pretends, on pure noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, GREY, INK, ORANGE, new_figure, style
from matterlearn.studies.figures.foundations.axes import logarithmic
from matterlearn.studies.foundations.selecting import Floats


def optimism(kinds: Mapping[str, Floats], numbers: Sequence[int], by_number: Floats) -> PointedFigure:
    """Draw R² on pure noise with columns chosen outside and inside the folds.

    Parameters
    ----------
    kinds : mapping of str to ndarray, shape (n_repeats, 2)
        For each way to choose, R² with the choice outside and inside.
    numbers : sequence of int
        Numbers of columns to choose from.
    by_number : ndarray, shape (n_numbers, n_repeats, 2)
        The same for a filter.

    Returns
    -------
    PointedFigure
        Left, single data sets and their means; right, means and the range from the 10th to the 90th percentile.
    """
    looks = (("chosen on all rows, outside the folds", ORANGE, "s"), ("chosen inside each fold", BLUE, "o"))
    with style():
        figure, (left, right) = new_figure(2 * COLUMN, 0.85 * COLUMN, ncols=2, sharey=True)
        for place, scores in enumerate(kinds.values()):
            for k, (_, color, marker) in enumerate(looks):
                at = place + 0.3 * (k - 0.5)
                spread = np.linspace(-0.07, 0.07, len(scores))
                left.plot(at + spread, scores[:, k], marker, color=color, markersize=3, alpha=0.7, markeredgewidth=0)
                left.hlines(scores[:, k].mean(), at - 0.12, at + 0.12, color=INK, linewidth=1.8)
        for k, (name, color, marker) in enumerate(looks):
            scores = by_number[:, :, k]
            low, high = np.percentile(scores, [10, 90], axis=1)
            right.fill_between(numbers, low, high, color=color, alpha=0.18, linewidth=0)
            right.plot(numbers, scores.mean(axis=1), color=color, marker=marker, markersize=5, label=name)
        for axis in (left, right):
            axis.axhline(0, color=GREY, linestyle="--", linewidth=0.9)
        left.set_xticks(range(len(kinds)), list(kinds))
        left.tick_params(axis="x", length=0)
        left.set_ylabel("R² over folds, on pure noise")
        logarithmic(right, "x", at=numbers)
        right.set_xlabel("columns to choose from (filter)")
        figure.legend(*right.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure
