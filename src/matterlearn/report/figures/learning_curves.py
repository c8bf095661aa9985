"""Errors of several models against the number of rows they were trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, NullFormatter

from matterlearn.core.errors import ArgumentError, did_you_mean
from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import COLUMN, FAINT, GREY, SERIES, new_figure, style, with_unit
from matterlearn.report.words import number, shortened
from matterlearn.validation.learning_curves.measured import LearningCurve
from matterlearn.validation.learning_curves.power_law import FEWEST, fit_power_law

_ERRORS: Final = {"mae": "mean absolute error", "rmse": "root mean square error"}
_MOST_TICKS: Final = 6


def learning_curves(
    curves: Mapping[str, LearningCurve],
    *,
    theory: Mapping[str, pd.DataFrame] | None = None,
    error: str = "mae",
    unit: str = "",
    power_laws: bool = False,
    reference: tuple[str, float] | None = None,
) -> PointedFigure:
    """Draw errors against the number of training rows, on logarithmic axes.

    Parameters
    ----------
    curves : mapping of str to LearningCurve
        What `learning_curve` measured, by the name of the model.
    theory : mapping of str to DataFrame, optional
        What `kernel_learning_curve` or `spectrum_learning_curve` predicts for some of the models; in their colour,
        dashed.
    error : {"mae", "rmse"}
        What is drawn. Theory knows "rmse" only.
    unit : str
        Unit of the error.
    power_laws : bool
        Whether to draw the power law of each curve and to name its exponent.
    reference : (str, float), optional
        Name and error of something that needs no rows, as a dotted line.

    Returns
    -------
    PointedFigure
        Means over the repeats, with bands of one standard deviation between them where there are several.

    Raises
    ------
    ArgumentError
        If there are no curves, or an error or a name is not known.
    """
    theory = theory or {}
    if not curves:
        raise ArgumentError("there is nothing to draw", where="curves")
    if error not in _ERRORS:
        raise ArgumentError(f"{error!r} is not known", where="error", fix=did_you_mean(error, _ERRORS))
    for name, lines in theory.items():
        if name not in curves:
            raise ArgumentError(f"{name!r} is the name of no curve", where="theory", fix=did_you_mean(name, curves))
        if error not in lines:
            raise ArgumentError(f"has no {error}", where="theory", fix="draw another error")
    with style():
        figure, axis = new_figure(1.25 * COLUMN, COLUMN + 0.17 * ((len(curves) + 1) // 2))
        for k, (name, curve) in enumerate(curves.items()):
            color, marker = SERIES[k % len(SERIES)]
            table = curve.table
            n, mean = table["n_train"].to_numpy(), table[error].to_numpy()
            spread = np.nan_to_num(table[f"{error}_sd"].to_numpy(dtype=np.float64))
            label = shortened(name, 30)
            if power_laws and len(table) >= FEWEST and mean.min() > 0:
                law = fit_power_law(n, mean)
                label += f"  n^{-law.exponent:.2f}".replace("-", "−") + (" + floor" if law.floor else "")
                reach = np.geomspace(n[0], 2 * n[-1], 40)
                axis.plot(reach, law.predict(reach), color=GREY, linewidth=0.9, linestyle="--", zorder=1)
            axis.plot(n, mean, color=color, marker=marker, markersize=4.5, linewidth=1.3, label=label)
            if np.any(spread > 0):
                low = np.maximum(mean - spread, 0.2 * mean)  # a logarithm ends above 0
                axis.fill_between(n, low, mean + spread, color=color, alpha=0.18, linewidth=0)
            if name in theory:
                lines = theory[name]
                lines = lines[np.isfinite(lines[error])]
                axis.plot(lines["n_train"], lines[error], color=color, linewidth=1.1, linestyle="--")
            texts = [
                f"{name}\n{rows} training rows\n{error.upper()} {number(value)} ± {number(sd)}"
                for rows, value, sd in zip(n, mean, spread, strict=True)
            ]
            figure.point_texts(axis, n, mean, texts)
        if theory:
            axis.plot([], [], color=GREY, linewidth=1.1, linestyle="--", label="theory")
        if reference is not None:
            axis.axhline(reference[1], color=GREY, linestyle=":", linewidth=1.2, label=shortened(reference[0], 30))
        axis.set(xscale="log", yscale="log")
        _ticks(axis, np.unique(np.concatenate([curve.table["n_train"].to_numpy() for curve in curves.values()])))
        axis.grid(color=FAINT, linewidth=0.5, which="both", axis="y")
        axis.set_axisbelow(True)
        axis.set_xlabel("training rows")
        axis.set_ylabel(with_unit(_ERRORS[error], unit))
        figure.legend(loc="outside upper left", ncols=2)
    return figure


def _ticks(axis: Any, steps: Any) -> None:
    """Write the numbers of rows that were measured, as far as they have room, and plain numbers beside the errors."""
    apart = np.log(steps[-1] / steps[0]) / _MOST_TICKS
    shown = [steps[-1]]
    for step in steps[-2::-1]:
        if np.log(shown[-1] / step) >= apart:
            shown.append(step)
    axis.set_xticks(shown, [f"{step:.0f}" for step in shown])
    axis.set_xticks([], minor=True)
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    low, high = axis.get_ylim()
    if high / low < 200:
        between = "235" if high / low < 12 else "25"
        axis.yaxis.set_minor_formatter(
            FuncFormatter(lambda value, _: number(value) if f"{value:.0e}"[0] in between else "")
        )
        axis.tick_params(axis="y", which="minor", labelsize=8)
    else:
        axis.yaxis.set_minor_formatter(NullFormatter())
