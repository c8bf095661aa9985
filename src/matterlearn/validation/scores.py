"""The table of scores: one line for each target, split and model, with how sure each score is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.core.parallel import item_seed, single_thread
from matterlearn.validation.binomial import binomial_interval
from matterlearn.validation.bootstrap import RESAMPLED, ResampledScores, bootstrap, percentile_interval
from matterlearn.validation.metrics import METRICS, coverage, mean_absolute_error, weighted_median

SCORE_COLUMNS = {
    "target": "str",
    "split": "str",
    "model": "str",
    "role": "str",
    "n_rows": "int64",  # different rows of data that were predicted
    "n_predictions": "int64",
    "mae": "float64",  # unit of the target, as are median_ae, rmse, mae_sd and the widths
    "mae_low": "float64",  # ends of the 95 % bootstrap interval, here and below
    "mae_high": "float64",
    "median_ae": "float64",
    "rmse": "float64",
    "rmse_low": "float64",
    "rmse_high": "float64",
    "r2": "float64",
    "r2_low": "float64",
    "r2_high": "float64",
    "spearman": "float64",
    "spearman_low": "float64",
    "spearman_high": "float64",
    "relative_mae": "float64",  # of the baseline "mean" on the same predictions; NaN without it
    "relative_mae_low": "float64",
    "relative_mae_high": "float64",
    "mae_sd": "float64",  # standard deviation over folds; NaN for one fold
    "coverage": "float64",  # share of measured values inside their intervals; NaN without intervals
    "coverage_low": "float64",  # ends of the 95 % binomial interval
    "coverage_high": "float64",
    "width": "float64",  # mean width of the intervals
    "width_median": "float64",
    "resampled": "str",  # what the bootstrap drew: "rows", "folds", or nothing
}
"""Columns of the table of scores with their types."""

MEAN = "mean"
"""Name of the baseline that predicts the mean of its training rows."""

LEAVES_GROUPS_OUT = frozenset({"element", "cluster", "group", "system", "file"})
"""Kinds of splits (the name before a colon) whose folds are groups that belong together."""

FEWEST_FOLDS = 5
"""Folds from which whole folds are resampled; fewer tell too little about how folds differ."""

KEY = ["repeat", "fold", "row_id"]
"""Columns that name a prediction of one model on one split."""


def score_table(
    predictions: pd.DataFrame, *, n_resamples: int = 1000, seed: int = 0, intervals: bool = True
) -> pd.DataFrame:
    """Return the scores of every model on every split, weighted by the column `weight`.

    Intervals of scores come from a percentile bootstrap, expanded for few units. What is drawn is what varies
    independently: rows, each with all its predictions; but whole folds for splits that leave groups out, if there are
    at least five, because the next group of elements differs from these more than the next row does. All models of a
    split are scored on the same draws. Repeats of a split test the same rows again, so a resample of folds holds as
    many as one repeat has.

    The interval of the coverage is binomial (Clopper and Pearson) in the number of rows, not of predictions; with
    weights in their effective number, (sum w)^2 / sum w^2. It takes rows as independent, on any split.

    Parameters
    ----------
    predictions : DataFrame
        Long table, see `matterlearn.validation.evidence.COLUMNS`.
    n_resamples : int
        Resamples of the bootstrap.
    seed : int
        Seed of the draws; those of a split depend on it, the target and the split alone.
    intervals : bool
        Whether to resample; the ends are NaN if not.

    Returns
    -------
    DataFrame
        `SCORE_COLUMNS` names its columns. Lines stand in the order in which targets, splits and models first appear.

    Raises
    ------
    ArgumentError
        If a value or a prediction is not finite, or a weight negative.

    Examples
    --------
    >>> from matterlearn.validation.evidence import prediction_rows
    >>> common = {"row_id": [1, 2, 3, 4], "split": "random", "fold": 0, "target": "gap_eV", "y": [0.0, 1.0, 2.0, 3.0]}
    >>> table = pd.concat([
    ...     prediction_rows(**common, model="model", role="model", prediction=[0.0, 1.5, 2.0, 3.5]),
    ...     prediction_rows(**common, model="mean", role="baseline", prediction=[1.5, 1.5, 1.5, 1.5]),
    ... ])
    >>> score_table(table)[["model", "mae", "r2", "relative_mae"]].round(3).values.tolist()
    [['model', 0.25, 0.9, 0.25], ['mean', 1.0, 0.0, 1.0]]
    """
    lines: list[dict[str, Any]] = []
    with single_thread():  # the order of sums in a matrix product depends on the number of threads
        for (target, split), part in predictions.groupby(["target", "split"], sort=False):
            by_model = part.sort_values(KEY, kind="stable").groupby("model")
            models = {str(name): by_model.get_group(name) for name in part["model"].unique()}
            found = {name: _scores(rows, _baseline(models, rows)) for name, rows in models.items()}
            if intervals:
                _add_ends(found, models, str(split), n_resamples, item_seed(seed, "bootstrap", str(target), str(split)))
            lines += [
                {"target": target, "split": split, "model": name, "role": models[name]["role"].iloc[0], **scores}
                for name, scores in found.items()
            ]
    ends = {f"{name}_{end}": math.nan for name in RESAMPLED for end in ("low", "high")}
    table = pd.DataFrame([{**ends, "resampled": "", **line} for line in lines], columns=list(SCORE_COLUMNS))
    return table.astype(SCORE_COLUMNS)


def interval_scores(rows: pd.DataFrame) -> dict[str, float]:
    """Return how the intervals of some predictions held and how wide they are.

    Parameters
    ----------
    rows : DataFrame
        Lines of the long table; a row of data may occur several times.

    Returns
    -------
    dict
        `coverage, coverage_low, coverage_high, width` (mean), `width_median`; NaN unless each row has an interval.

    Examples
    --------
    >>> rows = pd.DataFrame({"row_id": [1, 2], "y": [0.0, 3.0], "lower": 0.0, "upper": 2.0, "weight": 1.0})
    >>> interval_scores(rows)["coverage"], interval_scores(rows)["width"]
    (0.5, 2.0)
    """
    names = ("coverage", "coverage_low", "coverage_high", "width", "width_median")
    counted = rows[rows["weight"] > 0]
    if len(counted) == 0 or counted[["lower", "upper"]].isna().any(axis=None):
        return dict.fromkeys(names, math.nan)
    lower, upper, weight = (counted[name].to_numpy(dtype=float) for name in ("lower", "upper", "weight"))
    held = coverage(counted["y"], lower, upper, weight)
    low, high = binomial_interval(held, effective_rows(counted))
    width = upper - lower
    median = weighted_median(width, weight)
    return dict(zip(names, (held, float(low), float(high), _mean(width, weight), median), strict=True))


def effective_rows(rows: pd.DataFrame) -> float:
    """Return the number of equally weighted rows that would tell as much (Kish), however often each is predicted.

    Parameters
    ----------
    rows : DataFrame
        Lines of the long table.

    Returns
    -------
    float
        (sum w)^2 / sum w^2 over different rows; their number if all weigh the same.

    Examples
    --------
    >>> effective_rows(pd.DataFrame({"row_id": [1, 1, 2], "weight": [2.0, 2.0, 2.0]}))
    2.0
    """
    weight = rows.groupby("row_id")["weight"].mean().to_numpy()
    return float(weight.sum() ** 2 / (weight**2).sum()) if weight.sum() > 0 else 0.0


def resampling_units(rows: pd.DataFrame, split: str) -> tuple[str, NDArray[np.intp], int]:
    """Return what the bootstrap draws as a whole.

    Parameters
    ----------
    rows : DataFrame
        Predictions of one model on one split, with `row_id`, `repeat` and `fold`.
    split : str
        Name of the split.

    Returns
    -------
    kind : str
        "rows" or "folds".
    unit : ndarray of int, shape (n_predictions,)
        Number of the unit that each prediction belongs to, counted from 0 without a gap.
    n_drawn : int
        Units in a resample.

    Examples
    --------
    >>> rows = pd.DataFrame({"row_id": [7, 7, 9], "repeat": [0, 1, 0], "fold": [0, 1, 1]})
    >>> kind, unit, n_drawn = resampling_units(rows, "random")
    >>> kind, unit.tolist(), n_drawn
    ('rows', [0, 0, 1], 2)
    """
    if split.partition(":")[0] in LEAVES_GROUPS_OUT:
        folds: NDArray[np.intp] = rows.groupby(KEY[:2]).ngroup().to_numpy().astype(np.intp)
        n_drawn = math.ceil((int(folds.max(initial=-1)) + 1) / max(1, rows["repeat"].nunique()))
        if n_drawn >= FEWEST_FOLDS:
            return "folds", folds, n_drawn
    names, units = np.unique(rows["row_id"].to_numpy(), return_inverse=True)
    return "rows", np.asarray(units, dtype=np.intp), len(names)


def _scores(rows: pd.DataFrame, baseline: NDArray[np.float64]) -> dict[str, Any]:
    counted = (rows["weight"] != 0).to_numpy()  # negative ones are refused by the metrics
    part = rows[counted]
    y, prediction, weight = (part[name].to_numpy(dtype=float) for name in ("y", "prediction", "weight"))
    fold = part.groupby(KEY[:2]).ngroup().to_numpy()
    fold_mae = np.bincount(fold, weight * np.abs(prediction - y)) / np.bincount(fold, weight)
    return {
        "n_rows": rows["row_id"].nunique(),
        "n_predictions": len(rows),
        **{name: metric(y, prediction, weight) if len(part) else math.nan for name, metric in METRICS.items()},
        "relative_mae": _relative(y, prediction, baseline[counted], weight),
        "mae_sd": float(np.std(fold_mae, ddof=1)) if len(fold_mae) > 1 else math.nan,
        **interval_scores(rows),
    }


def _relative(
    y: NDArray[np.float64],
    prediction: NDArray[np.float64],
    baseline: NDArray[np.float64],
    weight: NDArray[np.float64],
) -> float:
    both = np.isfinite(baseline)
    if not both.any():
        return math.nan
    trivial = mean_absolute_error(y[both], baseline[both], weight[both])
    return mean_absolute_error(y[both], prediction[both], weight[both]) / trivial if trivial > 0 else math.nan


def _baseline(models: dict[str, pd.DataFrame], rows: pd.DataFrame) -> NDArray[np.float64]:
    """Return what the baseline "mean" predicts for the same rows in the same folds, NaN where it does not."""
    mean = models.get(MEAN)
    if mean is None or mean["role"].iloc[0] != "baseline":
        return np.full(len(rows), math.nan)
    if np.array_equal(mean[KEY].to_numpy(), rows[KEY].to_numpy()):
        return mean["prediction"].to_numpy(dtype=float)
    by_key = mean.drop_duplicates(KEY).set_index(KEY)["prediction"]
    return by_key.reindex(pd.MultiIndex.from_frame(rows[KEY])).to_numpy(dtype=float)


def _add_ends(
    found: dict[str, dict[str, Any]], models: dict[str, pd.DataFrame], split: str, n_resamples: int, seed: int
) -> None:
    """Add the ends of the intervals; models with the same predicted rows share one bootstrap."""
    together: dict[bytes, list[str]] = {}
    for name, rows in models.items():
        same = rows[[*KEY, "y", "weight"]].to_numpy(dtype=float)
        together.setdefault(same.tobytes(), []).append(name)
    for names in together.values():
        counted = (models[names[0]]["weight"] > 0).to_numpy()
        parts = [models[name][counted] for name in names]
        rows = parts[0]
        kind, unit, n_drawn = resampling_units(rows, split)
        scores = ResampledScores(
            rows["y"],
            np.stack([part["prediction"].to_numpy(dtype=float) for part in parts], axis=1),
            unit=unit,
            weight=rows["weight"],
            baseline=_baseline(models, models[names[0]])[counted],
        )
        drawn = bootstrap(scores, np.random.default_rng(seed), n_resamples=n_resamples, n_drawn=n_drawn)
        for column, name in enumerate(names):
            found[name]["resampled"] = kind
            for metric in RESAMPLED:
                ends = percentile_interval(drawn[metric][:, column], n_units=n_drawn)
                found[name][f"{metric}_low"], found[name][f"{metric}_high"] = ends


def _mean(values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    return float(np.average(values, weights=weight))
