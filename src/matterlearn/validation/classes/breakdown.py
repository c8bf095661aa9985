"""Where a classification is good and where not: scores by fold and by class, weighted by the column `weight`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from matterlearn.core.errors import ArgumentError, did_you_mean
from matterlearn.validation.classes import metrics
from matterlearn.validation.classes.scores import (
    LEVEL,
    UNKNOWN,
    answer_scores,
    class_number,
    plain_scores,
    positive_labels,
)
from matterlearn.validation.classes.wide import ClassRows, class_rows


def score_class_folds(
    predictions: pd.DataFrame,
    folds: Sequence[Mapping[str, Any]],
    split: str,
    model: str,
    *,
    positive: Mapping[str, str | None] = UNKNOWN,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Return what was held out in each fold of a split and the scores there, largest log loss first.

    Parameters
    ----------
    predictions : DataFrame
        Long table, see `matterlearn.validation.evidence.COLUMNS`.
    folds : sequence of mapping
        Each fold with target, split, repeat, fold and label.
    split, model : str
        Names.
    positive : mapping of str to str or None
        Positive class of each target, as in `matterlearn.validation.classes.scores.class_score_table`.
    level : float
        Level of the prediction sets.

    Returns
    -------
    DataFrame
        Columns `target, repeat, fold, held_out, n_rows`, each score, and those of answers and prediction sets. A score
        that a fold does not have, as the area under the ROC curve of rows of one class, is NaN.

    Raises
    ------
    ArgumentError
        If the model was not judged on such a split.
    """
    labels: dict[Any, str] = {
        (fold["target"], fold["repeat"], fold["fold"]): fold["label"] for fold in folds if fold["split"] == split
    }
    lines = []
    positives = positive_labels(predictions, positive)
    for target, part in _judged(predictions, split, model).groupby("target", sort=False):
        rows = class_rows(part)
        code = class_number(rows, positives[str(target)])
        for repeat, fold in np.unique(rows.key()[:, :2], axis=0).tolist():
            one = rows.where((rows.repeat == repeat) & (rows.fold == fold))
            lines.append(
                {
                    "target": target,
                    "repeat": repeat,
                    "fold": fold,
                    "held_out": labels.get((target, repeat, fold), ""),
                    "n_rows": len(np.unique(one.row_id)),
                    **plain_scores(one, code),
                    **answer_scores(one, level),
                }
            )
    return pd.DataFrame(lines).sort_values("log_loss", ascending=False, ignore_index=True, kind="stable")


def score_by_class(predictions: pd.DataFrame, split: str, model: str, *, level: float = LEVEL) -> pd.DataFrame:
    """Return how well each class is told from all others.

    Parameters
    ----------
    predictions : DataFrame
        Long table, see `matterlearn.validation.evidence.COLUMNS`.
    split, model : str
        Names.
    level : float
        Level of the prediction sets.

    Returns
    -------
    DataFrame
        One line for each target and class, in the order of the labels: `target, class, n_rows, n_predictions` (those of
        the class), `share` (of the class among all), `precision`, `recall`, `f1`, `roc_auc`, `average_precision`,
        `calibration_error`, `set_coverage` (share of the rows of the class whose set holds it). NaN where a score does
        not exist: precision where nothing is decided for the class, recall where no row is of it.

    Raises
    ------
    ArgumentError
        If the model was not judged on such a split.
    """
    lines = []
    for target, part in _judged(predictions, split, model).groupby("target", sort=False):
        rows = class_rows(part)
        lines += [
            {"target": target, "class": label, **_of_class(rows, number, level)}
            for number, label in enumerate(rows.classes)
        ]
    return pd.DataFrame(lines)


def _of_class(rows: ClassRows, number: int, level: float) -> dict[str, Any]:
    members = rows.where(rows.codes == number)
    part = rows.counted
    facts = {"n_rows": len(np.unique(members.row_id)), "n_predictions": len(members)}
    names = ("share", "precision", "recall", "f1", "roc_auc", "average_precision", "calibration_error", "set_coverage")
    if len(part) == 0:
        return {**facts, **dict.fromkeys(names, math.nan)}
    counts = metrics.confusion_counts(part.codes, part.decided, part.n_classes, part.weight)
    right, measured, decided = counts[number, number], counts[number].sum(), counts[:, number].sum()
    probabilities = (part.codes, part.P, part.weight)
    values = (
        measured / counts.sum(),
        right / decided if decided > 0 else math.nan,
        right / measured if measured > 0 else math.nan,
        metrics.f1(part.codes, part.decided, part.weight, positive=number),
        metrics.roc_auc(*probabilities, positive=number, fold=part.fold_number),
        metrics.average_precision(*probabilities, positive=number, fold=part.fold_number),
        metrics.expected_calibration_error(*probabilities, positive=number),
        answer_scores(members, level)["set_coverage"],
    )
    return {**facts, **{name: float(value) for name, value in zip(names, values, strict=True)}}


def _judged(predictions: pd.DataFrame, split: str, model: str) -> pd.DataFrame:
    part = predictions[predictions["split"] == split]
    if len(part) == 0:
        known = [str(name) for name in predictions["split"].unique()]
        raise ArgumentError(f"no split {split!r}", where="split", fix=did_you_mean(split, known))
    part = part[part["model"] == model]
    if len(part) == 0:
        raise ArgumentError(f"no model {model!r} was judged on the split {split!r}", where="evidence")
    return part
