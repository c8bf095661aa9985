"""The table of scores of a classification: one line for each target, split and model, with how sure each score is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError, did_you_mean
from matterlearn.core.parallel import item_seed, single_thread
from matterlearn.validation.binomial import binomial_interval
from matterlearn.validation.bootstrap import percentile_interval
from matterlearn.validation.classes import metrics
from matterlearn.validation.classes.positive import positive_class
from matterlearn.validation.classes.resampled import RESAMPLED, SCORES, ResampledClassScores, bootstrap_classes
from matterlearn.validation.classes.wide import ClassRows, class_rows
from matterlearn.validation.scores import effective_rows, resampling_units

Floats = NDArray[np.float64]

LEVEL = 0.9
"""Level of the prediction sets whose coverage and size are in the table, if no other is asked for."""

CLASS_SHARES = "class shares"
"""Name of the baseline that gives every row the shares of the classes among its training rows."""

UNKNOWN: Mapping[str, str | None] = MappingProxyType({})
"""No target has a positive class by name: it is found by its label and frequency."""

CLASS_SCORE_COLUMNS = {
    "target": "str",
    "split": "str",
    "model": "str",
    "role": "str",
    "n_rows": "int64",  # different rows of data that were predicted
    "n_predictions": "int64",
    **{  # each with the ends of the 95 % bootstrap interval
        f"{name}{end}": "float64" for name in (*SCORES, "relative_log_loss") for end in ("", "_low", "_high")
    },
    "log_loss_sd": "float64",  # standard deviation over folds; NaN for one fold
    "roc_auc_sd": "float64",  # over the folds that have it
    "calibration_error": "float64",
    "answered": "float64",  # share of predictions that the model does not refuse
    "accuracy_answered": "float64",  # of those
    "accuracy_answered_low": "float64",  # ends of the 95 % binomial interval
    "accuracy_answered_high": "float64",
    "set_coverage": "float64",  # share of rows whose class is in the prediction set; NaN without sets
    "set_coverage_low": "float64",  # ends of the 95 % binomial interval
    "set_coverage_high": "float64",
    "set_size": "float64",  # mean number of classes in a set
    "resampled": "str",  # what the bootstrap drew: "rows", "folds", or nothing
}
"""Columns of the table of scores with their types. `relative_log_loss` is that of the model divided by that of the
baseline "class shares" on the same predictions; NaN without it."""


def class_score_table(
    predictions: pd.DataFrame,
    positive: Mapping[str, str | None] = UNKNOWN,
    *,
    level: float = LEVEL,
    n_resamples: int = 1000,
    seed: int = 0,
    intervals: bool = True,
) -> pd.DataFrame:
    """Return the scores of every model on every split, weighted by the column `weight`.

    F1, the area under the ROC curve, the average precision and the calibration error of two classes are those of the
    positive class, of more than two the mean over the classes. All scores of a split whose rows are of one class are
    NaN: nothing had to be told apart.

    Intervals come from a percentile bootstrap as in `matterlearn.validation.scores.score_table`: rows are drawn, each
    with all its predictions, or whole folds of splits that leave groups out; all models of a split are scored on the
    same draws. Those of shares (answered rows that are right, prediction sets that hold) are binomial (Clopper and
    Pearson) in the effective number of different rows.

    Parameters
    ----------
    predictions : DataFrame
        Long table of class targets, see `matterlearn.validation.evidence.COLUMNS`.
    positive : mapping of str to str or None
        Positive class of each target with two classes; None for the mean over both. Found by `positive_class` for a
        target that is not named.
    level : float
        Level of the prediction sets.
    n_resamples : int
        Resamples of the bootstrap.
    seed : int
        Seed of the draws; those of a split depend on it, the target and the split alone.
    intervals : bool
        Whether to resample; the ends are NaN if not.

    Returns
    -------
    DataFrame
        `CLASS_SCORE_COLUMNS` names its columns. Lines stand in the order in which targets, splits and models first
        appear.

    Raises
    ------
    ArgumentError
        If a line is missing, a probability is none, a weight is negative, or a positive class does not occur.

    Examples
    --------
    >>> P = np.array([0.9, 0.2, 0.6, 0.4])
    >>> lines = pd.DataFrame({
    ...     "target": "ER", "split": "random", "model": "model", "role": "model", "repeat": 0, "fold": 0,
    ...     "row_id": np.repeat([1, 2, 3, 4], 2), "class": ["pos", "neg"] * 4, "y": [1.0, 0, 0, 1, 1, 0, 1, 0],
    ...     "prediction": np.stack([P, 1 - P], axis=1).ravel(), "raw": np.nan, "level_needed": np.nan,
    ...     "decided": np.stack([P > 0.5, P < 0.5], axis=1).ravel(), "rejected": False, "in_domain": True,
    ...     "difficulty": np.nan, "domain": np.nan, "weight": 1.0,
    ... })
    >>> class_score_table(lines)[["accuracy", "roc_auc", "log_loss"]].round(3).values.tolist()
    [[0.75, 1.0, 0.439]]
    """
    lines: list[dict[str, Any]] = []
    labels = positive_labels(predictions, positive)
    with single_thread():  # the order of sums in a matrix product depends on the number of threads
        for (target, split), part in predictions.groupby(["target", "split"], sort=False):
            by_model = part.groupby("model")
            models = {str(name): class_rows(by_model.get_group(name)) for name in part["model"].unique()}
            roles = {name: str(by_model.get_group(name)["role"].iloc[0]) for name in models}
            _check_same_classes(models)
            code = class_number(next(iter(models.values())), labels[str(target)])
            shares = models[CLASS_SHARES] if roles.get(CLASS_SHARES) == "baseline" else None
            trivial = {name: _baseline_loss(shares, rows) for name, rows in models.items()}
            found = {name: _scores(rows, trivial[name], code, level) for name, rows in models.items()}
            if intervals:
                key = item_seed(seed, "bootstrap", str(target), str(split))
                _add_ends(found, models, trivial, code, str(split), n_resamples, key)
            lines += [
                {"target": target, "split": split, "model": name, "role": roles[name], **scores}
                for name, scores in found.items()
            ]
    ends = {f"{name}_{end}": math.nan for name in RESAMPLED for end in ("low", "high")}
    table = pd.DataFrame([{**ends, "resampled": "", **line} for line in lines], columns=list(CLASS_SCORE_COLUMNS))
    return table.astype(CLASS_SCORE_COLUMNS)


def plain_scores(rows: ClassRows, positive: int | None) -> dict[str, float]:
    """Return the scores that `SCORES` names of some predictions; all NaN without a weighted row.

    Parameters
    ----------
    rows : ClassRows
        Predictions.
    positive : int, optional
        Number of the positive class.

    Returns
    -------
    dict
        Scores by name.
    """
    part = rows.counted
    if len(part) == 0:
        return dict.fromkeys(SCORES, math.nan)
    probabilities, decisions = (part.codes, part.P, part.weight), (part.codes, part.decided, part.weight)
    return {
        "log_loss": metrics.log_loss(*probabilities),
        "brier": metrics.brier(*probabilities),
        "roc_auc": metrics.roc_auc(*probabilities, positive=positive, fold=part.fold_number),
        "average_precision": metrics.average_precision(*probabilities, positive=positive, fold=part.fold_number),
        "accuracy": metrics.accuracy(*decisions),
        "balanced_accuracy": metrics.balanced_accuracy(*decisions),
        "f1": metrics.f1(*decisions, positive=positive),
        "matthews": metrics.matthews(*decisions),
    }


def answer_scores(rows: ClassRows, level: float = LEVEL) -> dict[str, float]:
    """Return how often a model answers and how often answers and prediction sets hold.

    Parameters
    ----------
    rows : ClassRows
        Predictions.
    level : float
        Level of the prediction sets.

    Returns
    -------
    dict
        `answered`, `accuracy_answered` and `set_coverage` with the ends of their binomial intervals, `set_size`. NaN
        where no row has a weight, no row is answered, or a row has no prediction set.

    Raises
    ------
    ArgumentError
        If the level is not strictly between 0 and 1.
    """
    if not 0 < level < 1:
        raise ArgumentError(f"must be strictly between 0 and 1, got {level}", where="level")
    part = rows.counted
    answered = part.where(~part.rejected)
    needed = part.level_needed[np.arange(len(part)), part.codes]
    has_sets = len(part) > 0 and not np.isnan(part.level_needed).any()
    return {
        "answered": float(np.average(~part.rejected, weights=part.weight)) if len(part) else math.nan,
        **_share("accuracy_answered", answered.decided == answered.codes, answered),
        **_share("set_coverage", needed <= level if has_sets else np.full(len(part), np.nan), part),
        "set_size": float(np.average((part.level_needed <= level).sum(axis=1), weights=part.weight))
        if has_sets
        else math.nan,
    }


def positive_labels(predictions: pd.DataFrame, positive: Mapping[str, str | None] = UNKNOWN) -> dict[str, str | None]:
    """Return the positive class of each target, the same on all its splits.

    Parameters
    ----------
    predictions : DataFrame
        Long table; it tells the classes of the targets and how often they occur.
    positive : mapping of str to str or None
        Labels chosen for targets; others are found by `positive_class`.

    Returns
    -------
    dict of str to str or None
        None for targets that do not have two classes, or for which it was chosen.

    Raises
    ------
    ArgumentError
        If a label chosen is none of the classes.

    Examples
    --------
    >>> lines = pd.DataFrame({"target": "ER", "row_id": [1, 1, 2, 2], "class": ["a", "b"] * 2, "y": [1.0, 0, 1, 0]})
    >>> positive_labels(lines), positive_labels(lines, {"ER": "a"})
    ({'ER': 'b'}, {'ER': 'a'})
    """
    found: dict[str, str | None] = {}
    for target, part in predictions.groupby("target", sort=False):
        classes = sorted(str(label) for label in part["class"].unique())
        label = positive.get(str(target))
        if label is not None and label not in classes:
            raise ArgumentError(f"no class {label!r}", where="positive", fix=did_you_mean(label, classes))
        if str(target) not in positive:
            rows = part.loc[part["y"] == 1, ["row_id", "class"]].drop_duplicates()
            label = positive_class(classes, {str(name): n for name, n in rows["class"].value_counts().items()})
        found[str(target)] = label if len(classes) == 2 else None
    return found


def class_number(rows: ClassRows, label: str | None) -> int | None:
    """Return the position of a class among those of some predictions; None for none."""
    if label is not None and label not in rows.classes:
        raise ArgumentError(f"there are no probabilities of {label!r}", where="predictions")
    return rows.classes.index(label) if label is not None else None


def _check_same_classes(models: Mapping[str, ClassRows]) -> None:
    first = next(iter(models.values())).classes
    for name, rows in models.items():
        if rows.classes != first:
            what = f"model {name!r} has the classes {', '.join(rows.classes)}, others {', '.join(first)}"
            raise ArgumentError(what, where="predictions")


def _scores(rows: ClassRows, trivial: Floats, positive: int | None, level: float) -> dict[str, Any]:
    counted = rows.weight != 0  # negative ones are refused by the metrics
    part, trivial = rows.where(counted), trivial[counted]
    facts = {"n_rows": len(np.unique(rows.row_id)), "n_predictions": len(rows)}
    answers = answer_scores(rows, level)
    if len(part) == 0:
        names = (*SCORES, "relative_log_loss", "log_loss_sd", "roc_auc_sd", "calibration_error")
        return {**facts, **dict.fromkeys(names, math.nan), **answers}
    fold = part.fold_number
    by_fold = [part.where(fold == number) for number in range(fold.max() + 1)]
    return {
        **facts,
        **plain_scores(part, positive),
        "relative_log_loss": _relative(part, trivial),
        "log_loss_sd": _deviation([metrics.log_loss(one.codes, one.P, one.weight) for one in by_fold]),
        "roc_auc_sd": _deviation([metrics.roc_auc(one.codes, one.P, one.weight, positive=positive) for one in by_fold]),
        "calibration_error": metrics.expected_calibration_error(part.codes, part.P, part.weight, positive=positive),
        **answers,
    }


def _relative(rows: ClassRows, trivial: Floats) -> float:
    both = np.isfinite(trivial)
    whole = float(np.sum(rows.weight[both] * trivial[both]))
    if not whole > 0:
        return math.nan
    part = rows.where(both)
    return metrics.log_loss(part.codes, part.P, part.weight) * float(part.weight.sum()) / whole


def _deviation(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.std(known, ddof=1)) if len(known) > 1 else math.nan


def _share(name: str, held: NDArray[Any], rows: ClassRows) -> dict[str, float]:
    """Return a share of rows with the ends of its binomial interval."""
    columns = (name, f"{name}_low", f"{name}_high")
    if len(held) == 0 or np.isnan(held.astype(float)).any():
        return dict.fromkeys(columns, math.nan)
    share = float(np.average(held, weights=rows.weight))
    low, high = binomial_interval(share, effective_rows(pd.DataFrame({"row_id": rows.row_id, "weight": rows.weight})))
    return dict(zip(columns, (share, float(low), float(high)), strict=True))


def _baseline_loss(shares: ClassRows | None, rows: ClassRows) -> Floats:
    """Return the log loss of the baseline on the same row in the same fold, NaN where there is none."""
    if shares is None:
        return np.full(len(rows), math.nan)
    loss = metrics.row_log_loss(shares.codes, shares.P)
    if np.array_equal(shares.key(), rows.key()):
        return loss
    by_key = pd.Series(loss, index=pd.MultiIndex.from_arrays(list(shares.key().T)))
    return np.asarray(by_key.reindex(pd.MultiIndex.from_arrays(list(rows.key().T))), dtype=float)


def _add_ends(
    found: dict[str, dict[str, Any]],
    models: dict[str, ClassRows],
    trivial: dict[str, Floats],
    positive: int | None,
    split: str,
    n_resamples: int,
    seed: int,
) -> None:
    """Add the ends of the intervals; models with the same predicted rows share one bootstrap."""
    together: dict[tuple[bytes, ...], list[str]] = {}
    for name, rows in models.items():
        same = (rows.key().tobytes(), rows.codes.tobytes(), rows.weight.tobytes())
        together.setdefault(same, []).append(name)
    for names in together.values():
        counted = models[names[0]].weight > 0
        parts = [models[name].where(counted) for name in names]
        rows = parts[0]
        if len(rows) == 0:
            continue
        key = pd.DataFrame(rows.key(), columns=["repeat", "fold", "row_id"])
        kind, unit, n_drawn = resampling_units(key, split)
        scores = ResampledClassScores(
            rows.codes,
            np.stack([part.P for part in parts], axis=1),
            np.stack([part.decided for part in parts], axis=1),
            unit=unit,
            weight=rows.weight,
            baseline=trivial[names[0]][counted],
            positive=positive,
            fold=rows.fold_number,
        )
        drawn = bootstrap_classes(scores, np.random.default_rng(seed), n_resamples=n_resamples, n_drawn=n_drawn)
        for column, name in enumerate(names):
            found[name]["resampled"] = kind
            for score in RESAMPLED:
                ends = percentile_interval(drawn[score][:, column], n_units=n_drawn)
                found[name][f"{score}_low"], found[name][f"{score}_high"] = ends
