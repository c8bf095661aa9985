"""What wrong decisions cost at every threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.scatter import PAPER
from matterlearn.report.figures.style import BLUE, COLUMN, FAINT, GREY, INK, ORANGE, new_figure, style
from matterlearn.report.words import number, percent, shortened

THRESHOLDS = np.linspace(0, 1, 201)
"""Where the cost is worked out."""

MOST_ANSWERS = 101


def threshold_cost(
    is_positive: ArrayLike,
    p: ArrayLike,
    *,
    cost_missed: float = 1.0,
    cost_false: float = 1.0,
    chosen: ArrayLike = (),
    name: str = "",
    weight: ArrayLike | None = None,
) -> PointedFigure:
    """Draw the mean cost of a row against the probability from which on it is called positive.

    Parameters
    ----------
    is_positive : array-like of bool, shape (n_rows,)
        Whether each row is of the positive class.
    p : array-like of float, shape (n_rows,)
        Its probability.
    cost_missed, cost_false : float
        Cost of a positive row that is called negative, and of a negative one that is called positive.
    chosen : array-like of float
        Thresholds that were used: one, or that of each fold. None for a row's most costly class without a threshold.
    name : str
        Name of the positive class.
    weight : array-like of float, shape (n_rows,), optional
        How much each row counts.

    Returns
    -------
    PointedFigure
        Dashed lines: to call all rows positive, or none. Orange: the thresholds that were chosen without these rows, at
        their mean the point.

    Examples
    --------
    >>> figure = threshold_cost([0, 0, 1, 1], [0.1, 0.4, 0.6, 0.8], cost_missed=5.0, chosen=[0.5])
    >>> cost = figure.axes[0].lines[0].get_ydata()
    >>> float(cost[0]), float(cost[100]), float(cost[200])
    (0.5, 0.0, 2.5)
    """
    cost = mean_costs(THRESHOLDS, is_positive, p, cost_missed=cost_missed, cost_false=cost_false, weight=weight)
    used = np.asarray(chosen, dtype=float)
    used = used[np.isfinite(used)]
    with style():
        figure, axis = new_figure(COLUMN, 0.9 * COLUMN)
        axis.plot(THRESHOLDS, cost, color=BLUE, linewidth=1.5, drawstyle="steps-post", zorder=3)
        # Each name stands where the curve, which begins at the one and ends at the other, is far.
        for value, words, x, side in (
            (cost[0], "all positive", 0.8, "right"),
            (cost[-1], "none positive", 0.1, "left"),
        ):
            axis.axhline(value, color=GREY, linewidth=0.8, linestyle="--", zorder=1)
            axis.annotate(words, (x, value), va="center", ha=side, fontsize=7, color=GREY, bbox=dict(PAPER), zorder=4)
        every = max(1, len(THRESHOLDS) // MOST_ANSWERS)
        texts = [
            f"positive from {percent(at)} on\ncosts {number(value)} a row"
            for at, value in zip(THRESHOLDS[::every], cost[::every], strict=True)
        ]
        figure.point_texts(axis, THRESHOLDS[::every], cost[::every], texts)
        if len(used):
            middle = float(used.mean())
            for at in used if len(used) > 1 else ():
                axis.axvline(at, color=FAINT, linewidth=1.2, zorder=0)
            (there,) = mean_costs(
                np.array([middle]), is_positive, p, cost_missed=cost_missed, cost_false=cost_false, weight=weight
            )
            axis.plot(middle, there, "o", color=ORANGE, markersize=7, markeredgecolor="white", zorder=5)
            axis.annotate(
                f"chosen: {middle:.2g}",
                (middle, there),
                (0, -14),
                textcoords="offset points",
                ha="left" if middle < 0.5 else "right",
                fontsize=8,
                color=INK,
            )
        top = float(cost.max())
        axis.set_xlim(0, 1)
        axis.set_ylim(-0.16 * top if top > 0 else -1, 1.08 * top if top > 0 else 1)
        axis.set_yticks([tick for tick in axis.get_yticks() if 0 <= tick <= 1.08 * top])
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axis.set_xlabel(f"probability from which on a row is {shortened(name, 20) or 'positive'}")
        axis.set_ylabel("mean cost of a row")
        axis.set_title(f"missed {cost_missed:g}, false alarm {cost_false:g}")
    return figure


def mean_costs(
    thresholds: ArrayLike,
    is_positive: ArrayLike,
    p: ArrayLike,
    *,
    cost_missed: float,
    cost_false: float,
    weight: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Return the mean cost of a row if rows are called positive from each threshold on.

    Parameters
    ----------
    thresholds : array-like of float, shape (n_thresholds,)
        Above 1 no row is positive; at exactly 1 none is either, so that the curve ends there.
    is_positive, p, cost_missed, cost_false, weight
        As of `threshold_cost`.

    Returns
    -------
    ndarray of float, shape (n_thresholds,)
    """
    positive, stated = np.asarray(is_positive, dtype=bool), np.asarray(p, dtype=float)
    weights = np.ones(len(stated)) if weight is None else np.asarray(weight, dtype=float)
    order = np.argsort(stated, kind="stable")
    at = np.searchsorted(stated[order], np.asarray(thresholds, dtype=float), side="left")
    at = np.where(np.asarray(thresholds, dtype=float) >= 1, len(stated), at)
    missed = np.r_[0.0, np.cumsum((weights * positive)[order])]  # positive rows below the threshold
    negative = np.cumsum((weights * ~positive)[order])
    false = (negative[-1] if len(negative) else 0.0) - np.r_[0.0, negative]  # negative rows from it on
    return np.asarray((cost_missed * missed[at] + cost_false * false[at]) / weights.sum())
