"""What more rows would bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, NullFormatter

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import COLUMN, FAINT, GREY, SERIES, new_figure, style, with_unit
from matterlearn.report.measure import Measure, absolute_error
from matterlearn.report.words import number, shortened, split_words
from matterlearn.validation.evidence import Evidence


def learning_curve(evidence: Evidence, measure: Measure | None = None) -> PointedFigure:
    """Draw the error against the number of training rows, on logarithmic axes.

    Parameters
    ----------
    evidence : Evidence
        Of one target, with the diagnostic "learning_curve".
    measure : Measure, optional
        The error that its entries hold; by default the mean absolute error.

    Returns
    -------
    PointedFigure
        Small points are single folds, large ones their mean, bars their range. The dashed line is a power law through
        the means, continued to twice as many rows.
    """
    entries = evidence.diagnostics["learning_curve"]
    measure = measure or absolute_error(evidence.data["unit"])
    with style():
        figure, axis = new_figure(COLUMN, 0.85 * COLUMN)
        for k, split in enumerate(dict.fromkeys(str(entry["split"]) for entry in entries)):
            color, marker = SERIES[k % len(SERIES)]
            of_split = [entry for entry in entries if entry["split"] == split]
            curve, singles = mean_curve(of_split, measure.key), pd.DataFrame(of_split)
            axis.scatter(singles["n_train"], singles[measure.key], s=7, color=color, alpha=0.4, linewidths=0)
            axis.vlines(curve["n_train"], curve["low"], curve["high"], color=color, linewidth=1)
            axis.plot(
                curve["n_train"],
                curve[measure.key],
                color=color,
                marker=marker,
                markersize=5,
                linewidth=1.3,
                label=shortened(split_words(split), 40),
            )
            fitted = power_law(curve, measure.key)
            if fitted is not None:
                factor, exponent = fitted
                n = np.geomspace(curve["n_train"].min(), 2 * curve["n_train"].max(), 40)
                axis.plot(n, factor * n**exponent, color=GREY, linewidth=1, linestyle="--", zorder=1)
            texts = [
                f"{split_words(split)}\n{line.n_train:.0f} training rows\n{measure.short} {measure.say(value)} "
                f"({number(line.low)} to {number(line.high)})"
                for line, value in zip(curve.itertuples(), curve[measure.key], strict=True)
            ]
            figure.point_texts(axis, curve["n_train"], curve[measure.key], texts)
        axis.set(xscale="log", yscale="log")
        first = [entry for entry in entries if entry["split"] == entries[0]["split"]]
        steps = mean_curve(first, measure.key)["n_train"]
        axis.set_xticks(steps, [f"{n:.0f}" for n in steps])
        axis.set_xticks([], minor=True)
        _plain_ticks(axis.yaxis)
        axis.grid(color=FAINT, linewidth=0.5, which="both", axis="y")
        axis.set_axisbelow(True)
        axis.set_xlabel("training rows")
        axis.set_ylabel(with_unit(measure.name, measure.unit))
        figure.legend(loc="outside upper left", ncols=1)
    return figure


def mean_curve(entries: Sequence[dict[str, Any]], key: str = "mae") -> pd.DataFrame:
    """Return mean and range of the error over folds, by step of the number of training rows.

    Folds differ a little in size: their k-th numbers of rows belong together.

    Returns
    -------
    DataFrame
        `n_train`, the error under its `key`, `low`, `high`, ascending.
    """
    table = pd.DataFrame(entries)
    table["step"] = table.groupby(["repeat", "fold"])["n_train"].rank(method="dense")
    groups = table.groupby("step")
    return pd.DataFrame(
        {
            "n_train": groups["n_train"].mean(),
            key: groups[key].mean(),
            "low": groups[key].min(),
            "high": groups[key].max(),
        }
    ).reset_index(drop=True)


def power_law(curve: pd.DataFrame, key: str = "mae") -> tuple[float, float] | None:
    """Return factor and exponent of the power law that fits the mean curve; None with fewer than three steps.

    Examples
    --------
    >>> curve = pd.DataFrame({"n_train": [10.0, 100.0, 1000.0], "mae": [1.0, 0.1, 0.01]})
    >>> factor, exponent = power_law(curve)
    >>> round(factor, 6), round(exponent, 6)
    (10.0, -1.0)
    """
    usable = curve[(curve[key] > 0) & (curve["n_train"] > 0)]
    if len(usable) < 3:
        return None
    exponent, logarithm = np.polyfit(np.log(usable["n_train"]), np.log(usable[key]), 1)
    return float(np.exp(logarithm)), float(exponent)


def _plain_ticks(axis: Any) -> None:
    """Write numbers instead of powers of ten; between them, too, where an axis spans less than a decade."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    low, high = axis.get_view_interval()
    if low > 0 and high / low < 12:
        axis.set_minor_formatter(FuncFormatter(lambda value, _: number(value) if _leading(value) in (2, 3, 5) else ""))
        axis.set_tick_params(which="minor", labelsize=8)
    else:
        axis.set_minor_formatter(NullFormatter())


def _leading(value: float) -> int:
    return int(f"{value:.0e}"[0]) if value > 0 else 0
