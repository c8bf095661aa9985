"""Whether one model of classes puts rows in a better order than another on the same rows."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from matterlearn.validation.bootstrap import percentile_interval
from matterlearn.validation.classes.resampled import ResampledClassScores, bootstrap_classes
from matterlearn.validation.classes.wide import ClassRows, class_rows
from matterlearn.validation.scores import resampling_units

UNKNOWN = (math.nan,) * 5


def area_difference(
    first: pd.DataFrame,
    other: pd.DataFrame,
    split: str,
    positive: str | None,
    *,
    same_folds: bool,
    seed: int,
    n_resamples: int,
) -> tuple[float, float, float, float, float]:
    """Return the areas under the ROC curve of two models, their difference, and the ends of its interval.

    Both are resampled together, so what makes a row hard for both cancels. Where the folds were not the same, the mean
    probabilities of each row are compared.

    Parameters
    ----------
    first, other : DataFrame
        Lines of the long table of one target, split and model each, about the same rows.
    split : str
        Name of the split, which says whether rows or folds are drawn.
    positive : str or None
        Class whose area it is; the mean over the classes if None.
    same_folds : bool
        Whether both predicted the same rows in the same folds.
    seed : int
        Seed of the draws.
    n_resamples : int
        Resamples of the bootstrap.

    Returns
    -------
    first, other, difference, low, high : float
        NaN where the areas do not exist: if the rows are of one class, or the runs know other classes.
    """
    parts = [class_rows(table) for table in (first, other)]
    if parts[0].classes != parts[1].classes:
        return UNKNOWN
    sides = [_sides(rows, same_folds) for rows in parts]
    (rows, P, decided), (_, other_P, other_decided) = sides
    counted = rows["weight"].to_numpy(dtype=float) > 0
    rows = rows[counted]
    codes = rows["code"].to_numpy(dtype=np.intp)
    if len(np.unique(codes)) < 2:
        return UNKNOWN
    unit, n_drawn = np.arange(len(rows)), len(rows)
    if same_folds:
        _, unit, n_drawn = resampling_units(rows, split)
    fold = rows.groupby(["repeat", "fold"]).ngroup().to_numpy()
    scores = ResampledClassScores(
        codes,
        np.stack([P[counted], other_P[counted]], axis=1),
        np.stack([decided[counted], other_decided[counted]], axis=1),
        unit=unit,
        weight=rows["weight"].to_numpy(dtype=float),
        positive=parts[0].classes.index(positive) if positive in parts[0].classes else None,
        fold=fold,
    )
    a, b = scores(np.ones((int(unit.max()) + 1, 1)))["roc_auc"][0].tolist()
    drawn = bootstrap_classes(scores, np.random.default_rng(seed), n_resamples=n_resamples, n_drawn=n_drawn)["roc_auc"]
    low, high = percentile_interval(drawn[:, 1] - drawn[:, 0], n_units=n_drawn)
    return a, b, b - a, low, high


def _sides(rows: ClassRows, same_folds: bool) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return what names each prediction, its probabilities and its decision; one line per row if folds differ."""
    table = pd.DataFrame(
        {"row_id": rows.row_id, "repeat": rows.repeat, "fold": rows.fold, "code": rows.codes, "weight": rows.weight}
    )
    if same_folds:
        return table, rows.P, rows.decided
    _, first, number = np.unique(rows.row_id, return_index=True, return_inverse=True)
    P = np.stack([np.bincount(number, column) / np.bincount(number) for column in rows.P.T], axis=1)
    once = table.iloc[first].assign(repeat=0, fold=0)
    return once, P / P.sum(axis=1, keepdims=True), np.argmax(P, axis=1)
