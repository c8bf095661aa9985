"""Error on seen and unseen rows as a model grows more complex."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, GREY, INK, ORANGE, new_figure, style, with_unit
from matterlearn.report.words import number, shortened
from matterlearn.validation.assessment.complexity import ComplexityCurve

_MOST_TICKS = 8
_DECADE = 20
"""Ratio of the largest to the smallest value from which the axis is logarithmic."""


def model_complexity(curve: ComplexityCurve, *, label: str | None = None, unit: str = "") -> PointedFigure:
    """Draw training and test error against a parameter, from simple to complex.

    Parameters
    ----------
    curve : ComplexityCurve
        What `complexity_curve` measured.
    label : str, optional
        Name of the parameter on the axis; by default its own, without the steps of a pipeline.
    unit : str
        Unit of the error.

    Returns
    -------
    PointedFigure
        Means over the folds, with bands of one standard deviation between them. A ring marks the lowest test error, the
        dotted line the simplest model within one standard error of it.
    """
    table = curve.table
    names = [_shown(value) for value in table["value"]]
    scale, places = _places(table["value"])
    with style():
        figure, axis = new_figure(COLUMN, 0.9 * COLUMN)
        for column, words, color, marker in (("train", "training rows", BLUE, "o"), ("test", "held rows", ORANGE, "s")):
            mean, spread = table[column].to_numpy(), np.nan_to_num(table[f"{column}_sd"].to_numpy())
            axis.fill_between(places, mean - spread, mean + spread, color=color, alpha=0.18, linewidth=0)
            axis.plot(places, mean, color=color, marker=marker, markersize=4, linewidth=1.4, label=words)
            texts = [
                f"{curve.parameter} = {name}\n{words}: {curve.error} {number(error)} ± {number(sd)}"
                for name, error, sd in zip(names, mean, spread, strict=True)
            ]
            figure.point_texts(axis, places, mean, texts)
        lowest = (places[curve.best], table["test"].iloc[curve.best])
        axis.scatter(*lowest, s=90, facecolors="none", edgecolors=INK, zorder=3, label=f"lowest: {names[curve.best]}")
        if curve.one_se != curve.best:
            words = f"one standard error: {names[curve.one_se]}"
            axis.axvline(places[curve.one_se], color=GREY, linestyle=":", linewidth=1.2, label=words)
        if scale == "steps":
            shown = np.unique(np.linspace(0, len(names) - 1, min(len(names), _MOST_TICKS)).round().astype(int))
            axis.set_xticks(shown, [shortened(names[k], 14) for k in shown])
        else:
            axis.set_xscale(scale)
            if scale == "log":  # the values themselves, as far as they have room
                shown = places[_spaced(np.log(places))]
                axis.set_xticks(shown, [f"{place:g}" for place in shown])
                axis.set_xticks([], minor=True)
            if places[0] > places[-1]:
                axis.invert_xaxis()  # simple stays on the left
        if table[["train", "test"]].to_numpy().min() >= 0:
            axis.set_ylim(bottom=0.0)
        axis.set_xlabel(shortened(label or curve.parameter.rpartition("__")[2].replace("_", " ")))
        axis.set_ylabel(with_unit(curve.error, unit))
        figure.legend(loc="outside upper left", ncols=2)
    return figure


def _places(values: pd.Series[Any]) -> tuple[str, NDArray[np.float64]]:
    """Return the scale of the axis and the place of each value: "log", "linear", or "steps" for what is no scale."""
    if not all(isinstance(value, Real) and not isinstance(value, bool) for value in values):
        return "steps", np.arange(len(values), dtype=np.float64)
    places = np.array([float(value) for value in values])
    steps = np.diff(places)
    if not (np.isfinite(places).all() and (np.all(steps > 0) or np.all(steps < 0))):
        return "steps", np.arange(len(values), dtype=np.float64)
    return ("log" if places.min() > 0 and places.max() / places.min() >= _DECADE else "linear"), places


def _spaced(places: NDArray[np.float64]) -> list[int]:
    """Return positions of places that lie an eighth of the range apart at least."""
    least = np.ptp(places) / _MOST_TICKS
    chosen = [0]
    for k in range(1, len(places)):
        if abs(places[k] - places[chosen[-1]]) >= least:
            chosen.append(k)
    return chosen


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, Real) and not isinstance(value, bool) else str(value)
