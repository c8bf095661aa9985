"""Whether stated probabilities come true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import COLUMN, FAINT, GREY, SERIES, new_figure, style
from matterlearn.report.words import percent, shortened
from matterlearn.validation.classes.curves import calibration_points

N_BINS = 10
"""Bins of stated probabilities."""

N_BARS = 40
"""Bars of the histogram."""


def reliability_diagram(
    curves: Mapping[str, Sequence[ArrayLike]],
    *,
    n_bins: int = N_BINS,
    label: str = "stated probability",
    title: str = "",
) -> PointedFigure:
    """Draw how often what was given a probability was so, against the probability, and a histogram beneath.

    Parameters
    ----------
    curves : mapping of str to (is_class, p) or (is_class, p, weight)
        Name of each curve, as "before calibration", and its rows: whether each is of the class, its probability, and
        how much it counts; arrays of shape (n_rows,).
    n_bins : int
        Most bins of each curve.
    label : str
        What the probability is of.
    title : str
        Title of the figure.

    Returns
    -------
    PointedFigure
        On the diagonal probabilities come true; below it they promise too much. Bars are 95 % binomial intervals. The
        histogram shows how often each probability was stated.

    Examples
    --------
    >>> figure = reliability_diagram({"after": ([0, 1, 0, 1], [0.2, 0.8, 0.2, 0.8])}, n_bins=2)
    >>> figure.axes[0].lines[1].get_xydata().tolist()
    [[0.2, 0.0], [0.8, 1.0]]
    """
    with style():
        figure, (axis, below) = new_figure(
            COLUMN, 1.35 * COLUMN, nrows=2, sharex=True, gridspec_kw={"height_ratios": (3, 1)}
        )
        axis.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, zorder=1)
        for k, (name, rows) in enumerate(curves.items()):
            color, marker = SERIES[k % len(SERIES)]
            is_class, p, *weight = rows
            points = calibration_points(is_class, p, weight[0] if weight else None, n_bins)
            stated, observed = points.mean_probability, points.share
            axis.vlines(stated, points.low, points.high, color=color, linewidth=1, alpha=0.6, zorder=2)
            axis.plot(
                stated,
                observed,
                color=color,
                marker=marker,
                markersize=4.5,
                linewidth=1.2,
                linestyle="-" if k == 0 else "--",
                label=shortened(name, 34),
                zorder=5 - min(k, 2),  # the first lies on top where calibration changed nothing
                clip_on=False,
            )
            texts = [
                f"{name}\nstated {percent(x)}\nobserved {percent(y)} of {n:.0f} ({percent(low)} to {percent(high)})"
                for x, y, low, high, n in zip(stated, observed, points.low, points.high, points.weight, strict=True)
            ]
            figure.point_texts(axis, stated, observed, texts)
            below.stairs(*_shares(*rows), color=color, linewidth=1.2, linestyle="-" if k == 0 else "--")
        axis.set(xlim=(0, 1), ylim=(0, 1), ylabel="observed share")
        below.set_ylim(bottom=0)
        below.set_xlabel(label)
        below.set_ylabel("share\nof rows")
        below.grid(axis="y", color=FAINT, linewidth=0.5)
        for ticks in (axis.yaxis, below.xaxis, below.yaxis):
            ticks.set_major_formatter(lambda value, _: f"{value:.0%}")
        below.locator_params(axis="y", nbins=3)
        axis.set_title(shortened(title, 40))
        figure.legend(loc="outside upper left", ncols=1)
    return figure


def _shares(is_class: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None) -> tuple[NDArray[np.float64], ...]:
    weights = None if weight is None else np.asarray(weight, dtype=float)
    counts, edges = np.histogram(np.asarray(p, dtype=float), bins=N_BARS, range=(0, 1), weights=weights)
    return counts / counts.sum(), edges
