"""Where a model is good and where not: errors and intervals by fold, element, size, level and distance.

Each function takes the long table of one target and returns a small table that a figure draws. All of them describe the
judged model (role "model"; "train" on the training rows) on one split, weigh by the column `weight`, leave rows of
weight 0 out, and share these columns:

=================  ====================================================================================
n_rows             different rows of data
n_predictions      predictions of them
mae                mean absolute error, unit of the target
bias               mean of prediction - measured: above 0 the model predicts too much
coverage           share of measured values inside their intervals, NaN without intervals
coverage_low/high  95 % binomial interval of the coverage
width              mean width of the intervals
width_median       its median
=================  ====================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError, did_you_mean
from matterlearn.validation.binomial import binomial_interval
from matterlearn.validation.metrics import METRICS
from matterlearn.validation.scores import effective_rows, interval_scores

LEVELS = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""Nominal levels of the calibration curve: 0.05, 0.10 ... 0.95."""

N_BINS = 5
"""Bins of predictions and of distances."""


def score_folds(predictions: pd.DataFrame, folds: Sequence[Mapping[str, Any]], split: str, model: str) -> pd.DataFrame:
    """Return what was held out in each fold of a split and the scores there, worst mean absolute error first.

    Parameters
    ----------
    predictions : DataFrame
        Long table, see `matterlearn.validation.evidence.COLUMNS`.
    folds : sequence of mapping
        Each fold with target, split, repeat, fold and label.
    split, model : str
        Names.

    Returns
    -------
    DataFrame
        Columns `target, repeat, fold, held_out, n_rows`, each metric, and those of the intervals. Scores of a fold
        whose rows have no weight are NaN.

    Raises
    ------
    ArgumentError
        If the model was not judged on such a split.
    """
    labels: dict[Any, str] = {
        (fold["target"], fold["repeat"], fold["fold"]): fold["label"] for fold in folds if fold["split"] == split
    }
    part = _on_split(predictions, split)
    part = part[part["model"] == model]
    if len(part) == 0:
        raise ArgumentError(f"no model {model!r} was judged on the split {split!r}", where="evidence")
    lines = []
    for key, rows in part.groupby(["target", "repeat", "fold"], sort=False):
        counted = rows[rows["weight"] > 0]
        y, prediction, weight = counted["y"], counted["prediction"], counted["weight"]
        lines.append(
            {
                **dict(zip(("target", "repeat", "fold"), key, strict=True)),
                "held_out": labels.get(key, ""),
                "n_rows": rows["row_id"].nunique(),
                **{name: metric(y, prediction, weight) if len(y) else math.nan for name, metric in METRICS.items()},
                **interval_scores(rows),
            }
        )
    return pd.DataFrame(lines).sort_values("mae", ascending=False, ignore_index=True, kind="stable")


def by_element(
    predictions: pd.DataFrame, rows: pd.DataFrame, folds: Sequence[Mapping[str, Any]], split: str
) -> pd.DataFrame:
    """Return errors and intervals over the rows that hold each element.

    On the split "element" an element is judged only where it was left out: on the predictions of models that had not
    seen it. On other splits, on all predictions of rows that hold it.

    Parameters
    ----------
    predictions : DataFrame
        Long table of one target.
    rows : DataFrame
        Table of rows with `row_id` and `elements` (symbols separated by spaces).
    folds : sequence of mapping
        Each fold with split, repeat, fold and, on the split "element", `elements`: those left out.
    split : str
        Name of the split.

    Returns
    -------
    DataFrame
        Column `element` and those that all breakdowns share; the largest mean absolute error first. On the split
        "element" an element that was never left out is missing.

    Raises
    ------
    ArgumentError
        If there is no such split, or there are several targets.
    """
    part = _judged(predictions, split)
    elements = rows.assign(element=rows["elements"].str.split())[["row_id", "element"]].explode("element")
    held = part.merge(elements.dropna(), on="row_id", how="inner")
    if split.partition(":")[0] == "element":
        left_out = pd.DataFrame(
            [
                (fold["repeat"], fold["fold"], element)
                for fold in folds
                if fold["split"] == split
                for element in fold["elements"]
            ],
            columns=["repeat", "fold", "element"],
        ).drop_duplicates()
        left_out = left_out.astype({"repeat": "int64", "fold": "int64", "element": held["element"].dtype})
        held = held.merge(left_out, on=["repeat", "fold", "element"], how="inner")
    lines = [{"element": element, **_summary(group)} for element, group in held.groupby("element")]
    table = pd.DataFrame(lines, columns=["element", *_summary(part.iloc[:0])])
    return table.sort_values("mae", ascending=False, ignore_index=True, kind="stable")


def by_size(predictions: pd.DataFrame, split: str, n_bins: int = N_BINS) -> pd.DataFrame:
    """Return errors and intervals by the size of the prediction, in bins of equally many predictions.

    Intervals that hold on average may fail where the target is large.

    Parameters
    ----------
    predictions : DataFrame
        Long table of one target.
    split : str
        Name of the split.
    n_bins : int
        Most bins; equal predictions stay together.

    Returns
    -------
    DataFrame
        Columns `low, high` (smallest and largest prediction) and those that all breakdowns share, in order.

    Raises
    ------
    ArgumentError
        If there is no such split, there are several targets, or `n_bins` is not positive.
    """
    part = _judged(predictions, split)
    return _binned(part, "prediction", n_bins)


def by_domain(predictions: pd.DataFrame, split: str, n_bins: int = N_BINS) -> pd.DataFrame:
    """Return errors and intervals by distance to the training rows, and inside and outside of the domain.

    Parameters
    ----------
    predictions : DataFrame
        Long table of one target.
    split : str
        Name of the split.
    n_bins : int
        Most bins of the distance, with equally many predictions.

    Returns
    -------
    DataFrame
        Columns `part` ("distance", "inside" or "outside"), `low, high` (smallest and largest distance, in units of the
        limit) and those that all breakdowns share. First the bins in order, then inside and outside, each only if it
        holds a prediction. Predictions without a distance are in no bin.

    Raises
    ------
    ArgumentError
        If there is no such split, there are several targets, or `n_bins` is not positive.
    """
    part = _judged(predictions, split)
    bins = _binned(part[part["domain"].notna()], "domain", n_bins)
    bins.insert(0, "part", "distance")
    sides = [
        {"part": name, "low": side["domain"].min(), "high": side["domain"].max(), **_summary(side)}
        for name, side in (("inside", part[part["in_domain"]]), ("outside", part[~part["in_domain"]]))
        if len(side)
    ]
    tables = [table for table in (bins, pd.DataFrame(sides, columns=bins.columns)) if len(table)]
    return pd.concat(tables, ignore_index=True) if tables else bins


def calibration_curve(predictions: pd.DataFrame, split: str) -> pd.DataFrame:
    """Return the share of rows inside intervals of each nominal level.

    Parameters
    ----------
    predictions : DataFrame
        Long table of one target; `level_needed` is the smallest level whose interval holds the measured value.
    split : str
        Name of the split.

    Returns
    -------
    DataFrame
        Columns `level` (0.05 ... 0.95), `coverage` (share with `level_needed` at most the level), `coverage_low`,
        `coverage_high` (95 % binomial interval). NaN if the model gave no intervals.

    Raises
    ------
    ArgumentError
        If there is no such split, or there are several targets.
    """
    part = _judged(predictions, split)
    needed, weight = part["level_needed"].to_numpy(dtype=float), part["weight"].to_numpy(dtype=float)
    levels = np.array(LEVELS)
    if len(part) == 0 or np.isnan(needed).any():
        held = np.full(len(levels), math.nan)
    else:
        held = ((needed[:, None] <= levels) * weight[:, None]).sum(axis=0) / weight.sum()  # (n_levels,)
    low, high = binomial_interval(held, effective_rows(part))
    return pd.DataFrame({"level": levels, "coverage": held, "coverage_low": low, "coverage_high": high})


def _judged(predictions: pd.DataFrame, split: str) -> pd.DataFrame:
    """Return the predictions of the judged model on a split."""
    part = _on_split(predictions, split)
    part = part[part["role"].isin(["model", "train"])]
    if part["target"].nunique() > 1:
        found = ", ".join(part["target"].unique())
        raise ArgumentError(f"there are several targets: {found}", where="predictions", fix="choose one: evidence.of")
    if len(part) == 0:
        raise ArgumentError(f"no model was judged on the split {split!r}", where="split")
    return part[part["weight"] != 0]


def _on_split(predictions: pd.DataFrame, split: str) -> pd.DataFrame:
    part = predictions[predictions["split"] == split]
    if len(part) == 0:
        known = [str(name) for name in predictions["split"].unique()]
        raise ArgumentError(f"no split {split!r}", where="split", fix=did_you_mean(split, known))
    return part


def _binned(part: pd.DataFrame, column: str, n_bins: int) -> pd.DataFrame:
    number = _bins(part[column].to_numpy(dtype=float), n_bins)
    lines = [
        {"low": group[column].min(), "high": group[column].max(), **_summary(group)}
        for _, group in part.groupby(number)
    ]
    return pd.DataFrame(lines, columns=["low", "high", *_summary(part.iloc[:0])])


def _bins(values: NDArray[np.float64], n_bins: int) -> NDArray[np.intp]:
    """Return the bin of each value: equally many in each, but equal values in one bin."""
    if n_bins < 1:
        raise ArgumentError(f"must be at least 1, got {n_bins}", where="n_bins")
    if len(values) == 0:
        return np.zeros(0, dtype=np.intp)
    # Upper ends are values of the sample, so that an infinite distance does not spoil the others.
    ends = np.unique(np.quantile(values, np.arange(1, n_bins + 1) / n_bins, method="inverted_cdf"))
    return np.searchsorted(ends, values, side="left")


def _summary(part: pd.DataFrame) -> dict[str, Any]:
    error = (part["prediction"] - part["y"]).to_numpy(dtype=float)
    weight = part["weight"].to_numpy(dtype=float)
    return {
        "n_rows": part["row_id"].nunique(),
        "n_predictions": len(part),
        "mae": float(np.average(np.abs(error), weights=weight)) if len(part) else math.nan,
        "bias": float(np.average(error, weights=weight)) if len(part) else math.nan,
        **interval_scores(part),
    }
