"""All trials of a search at once: one line each, through the values of its parameters, to its score."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.collections import LineCollection
from matplotlib.ticker import LogLocator, MaxNLocator
from numpy.typing import NDArray

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.search_score import ShownScore, parameter_names, shown_score
from matterlearn.report.figures.style import COLUMN, INK, ORANGE, new_figure, style
from matterlearn.report.words import number, shortened
from matterlearn.search.importance import is_logarithmic
from matterlearn.search.space import option_label

WIDEST = 2.08 * COLUMN
"""Width of both columns of a page and the gap between them, inches."""

ABSENT = -0.12
"""Height at which a line passes the axis of a parameter that the trial does not have."""

ASIDE = 0.045
"""Height over which lines through one option are spread to either side."""

MAP = colormaps["cividis"]
"""Colours that people with any colour vision order alike."""


def search_parallel(
    cv_results: Mapping[str, Any], *, scoring: str | None = None, unit: str = "", most: int = 7
) -> PointedFigure:
    """Draw every complete trial as a line through the values of its parameters.

    Parameters
    ----------
    cv_results : mapping
        `cv_results_` of a search: `param_*`, `mean_test_score` and, where known, `state`.
    scoring : str, optional
        scikit-learn's name of the score. Of one that begins with "neg_", the error is shown, of which less is better.
    unit : str
        Of what is shown.
    most : int
        Parameters that are drawn: the first that vary.

    Returns
    -------
    PointedFigure
        The better, the darker; the best is orange. Axes are logarithmic where values span a factor of ten or more.
        Scores far worse than the others end at the edge.
    """
    shown = shown_score(cv_results, scoring, unit)
    rows = np.flatnonzero(shown.complete)
    columns = {name.removeprefix("param_"): column for name, column in cv_results.items() if name.startswith("param_")}
    scales = {name: scale for name, column in columns.items() if (scale := _scale(np.ma.asarray(column)[rows]))}
    scales = dict(list(scales.items())[:most])
    names = parameter_names(list(scales), 11)
    scales["score"] = _score_scale(shown, rows)
    order = np.argsort(shown.sign * shown.values[rows], kind="stable")  # the best is drawn last
    heights = np.column_stack([scale.heights for scale in scales.values()])  # (n_trials, n_axes)
    goodness = scales["score"].heights if shown.sign > 0 else 1 - scales["score"].heights
    with style():
        n_axes = len(scales)
        figure, axis = new_figure(min(WIDEST, max(COLUMN, 0.5 + 0.95 * n_axes)), 0.86 * COLUMN)
        positions = np.arange(n_axes)
        lines = [np.column_stack([positions, heights[i]]) for i in order]
        colors = [MAP(0.95 * (1 - goodness[i])) for i in order]
        axis.add_collection(LineCollection(lines[:-1], colors=colors[:-1], linewidths=0.9, alpha=0.75, zorder=2))
        axis.plot(positions, heights[order[-1]], color=ORANGE, linewidth=2.2, marker="o", markersize=4, zorder=4)
        absent = bool((heights < 0).any())
        for k, (name, scale) in enumerate(scales.items()):
            axis.vlines(k, 0, 1, color=INK, linewidth=0.8, zorder=3)
            last = k == n_axes - 1
            for height, text in scale.ticks:
                axis.plot([k, k + 0.035], [height, height], color=INK, linewidth=0.8, zorder=3)
                axis.annotate(
                    text, (k + 0.05, height), fontsize=7, va="center", zorder=6, annotation_clip=False,
                    bbox={"boxstyle": "square,pad=0.08", "facecolor": "white", "edgecolor": "none", "alpha": 0.75},
                )  # fmt: skip
            axis.text(
                k, 1.05, textwrap.fill(shown.label, 15) if last else names[name], ha="center", va="bottom", fontsize=8
            )
            if absent and (scale.heights < 0).any():
                axis.annotate("not varied", (k + 0.05, ABSENT), fontsize=7, va="center", style="italic")
        axis.set_xlim(-0.15, n_axes - 1 + 0.35)
        axis.set_ylim(ABSENT - 0.06 if absent else -0.04, 1.04)
        axis.axis("off")
        where = heights[:, -1]
        texts = [f"trial {row + 1}\n{shown.label} {number(shown.values[row])}" for row in rows]
        figure.point_texts(axis, np.full(len(rows), n_axes - 1), where, texts)
    return figure


@dataclass(frozen=True)
class _Scale:
    """One axis: where each trial passes it (0 at the foot, 1 at the top), and what is written beside it."""

    heights: NDArray[np.float64]
    ticks: Sequence[tuple[float, str]]


def _scale(column: np.ma.MaskedArray[Any, Any]) -> _Scale | None:
    """Return the axis of a parameter; None if all trials have the same value."""
    there = ~np.ma.getmaskarray(column)
    values = [value for value, ok in zip(np.ma.getdata(column).tolist(), there, strict=True) if ok]
    if len({option_label(value) for value in values}) < 2 and there.all():
        return None
    if not values:
        return None
    heights = np.full(len(column), ABSENT)
    if column.dtype.kind in "iuf":
        numbers = np.asarray(values, dtype=float)
        log = is_logarithmic(numbers)
        inside, ticks = _numeric(numbers, float(numbers.min()), float(numbers.max()), log=log)
        heights[there] = inside
        return _Scale(heights, ticks)
    labels = [option_label(value) for value in values]
    options = sorted(set(labels), key=labels.index)
    step = np.linspace(0.08, 0.92, len(options)) if len(options) > 1 else np.array([0.5])
    for height, option in zip(step, options, strict=True):  # side by side, or lines would hide each other
        same = np.flatnonzero(there)[[label == option for label in labels]]
        heights[same] = height + (np.linspace(-ASIDE, ASIDE, len(same)) if len(same) > 1 else 0.0)
    return _Scale(heights, [(float(h), _option(option)) for h, option in zip(step, options, strict=True)])


def _score_scale(shown: ShownScore, rows: NDArray[np.intp]) -> _Scale:
    low, high = shown.limits()
    heights, ticks = _numeric(np.clip(shown.values[rows], low, high), low, high, log=False)
    return _Scale(heights, ticks)


def _numeric(
    values: NDArray[np.float64], low: float, high: float, *, log: bool
) -> tuple[NDArray[np.float64], list[tuple[float, str]]]:
    if high <= low:
        return np.full(len(values), 0.5), [(0.5, number(low))]
    locator: Any = LogLocator(numticks=6) if log else MaxNLocator(5)
    ticks = [tick for tick in locator.tick_values(low, high) if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
    if low < 0:
        ticks = [tick for tick in locator.tick_values(low, high) if low <= tick <= high]
    if len(ticks) < 2:
        ticks = [low, high]

    def height(value: Any) -> Any:
        return np.log(value / low) / np.log(high / low) if log else (value - low) / (high - low)

    return np.asarray(height(values), dtype=float), [(float(height(tick)), _tick(tick)) for tick in ticks]


def _option(label: str) -> str:
    """Write an option; layer widths without the marks of a tuple."""
    return shortened(label.strip("()[]").rstrip(","), 14)


def _tick(value: float) -> str:
    """Write a tick; powers of ten beyond a thousandth as such."""
    exponent = np.log10(value) if value > 0 else 0.5
    if abs(exponent) >= 3 and np.isclose(exponent, round(exponent)):
        return "10" + str(round(exponent)).translate(_RAISED)
    return number(value)


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
