"""The table of all configurations and their scores, as scikit-learn's searches have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from matterlearn.core.errors import TrainingError
from matterlearn.search.task import Configuration, FoldScore

COMPLETE, PRUNED, FAILED = "complete", "pruned", "failed"
"""What became of a configuration: scored on all folds; given up after some; could not be trained."""


@dataclass(frozen=True)
class Result:
    """One configuration and what it scored on the folds that it was tried on.

    Attributes
    ----------
    configuration : mapping of str to object
        Parameters that were set.
    folds : sequence of FoldScore
        Fewer than there are folds if it was pruned.
    state : str
        "complete", "pruned" or "failed".
    """

    configuration: Configuration
    folds: Sequence[FoldScore]
    state: str

    @property
    def mean(self) -> float:
        """Mean score over the folds; NaN unless it is complete."""
        return float(np.mean([fold.score for fold in self.folds])) if self.state == COMPLETE else float("nan")

    @property
    def error(self) -> str:
        """Why it failed; empty if it did not."""
        return next((fold.error for fold in self.folds if fold.error), "")


def result_of(configuration: Configuration, folds: Sequence[FoldScore]) -> Result:
    """Return the result of a configuration that was tried on all folds.

    Examples
    --------
    >>> result_of({"alpha": 1.0}, [FoldScore(0.5, 0.1), FoldScore(0.7, 0.1)]).state
    'complete'
    >>> result_of({"alpha": 1.0}, [FoldScore(0.5, 0.1), FoldScore(np.nan, 0.1)]).error
    'the score is nan'
    """
    checked = [
        fold
        if fold.error or np.isfinite(fold.score)
        else FoldScore(np.nan, fold.seconds, error=f"the score is {fold.score}")
        for fold in folds
    ]
    return Result(configuration, checked, FAILED if any(fold.error for fold in checked) else COMPLETE)


def result_table(results: Sequence[Result], names: Sequence[str], n_folds: int) -> dict[str, Any]:
    """Return `cv_results_`: one entry per configuration in every column.

    Parameters
    ----------
    results : sequence of Result
        In the order in which they are to be listed.
    names : sequence of str
        Names of all parameters that may vary.
    n_folds : int
        Number of folds.

    Returns
    -------
    dict of str to list or ndarray
        `params`; `param_NAME`, masked where a configuration leaves a parameter alone; `split0_test_score` and so on;
        `mean_test_score`, `std_test_score`, `rank_test_score`; `mean_fit_time`, `std_fit_time` (seconds); `state`; and
        `error`, empty where there was none. Scores of what was pruned or failed are NaN in the mean, and rank last.

    Examples
    --------
    >>> table = result_table([result_of({"alpha": a}, [FoldScore(-a, 0.1)]) for a in (2.0, 1.0)], ["alpha"], 1)
    >>> table["rank_test_score"].tolist(), table["param_alpha"].tolist()
    ([2, 1], [2.0, 1.0])
    """
    scores = np.full((len(results), n_folds), np.nan)
    for i, result in enumerate(results):
        scores[i, : len(result.folds)] = [fold.score for fold in result.folds]
    complete = np.array([result.state == COMPLETE for result in results], dtype=bool)
    times = [[fold.seconds for fold in result.folds] or [np.nan] for result in results]
    table: dict[str, Any] = {
        "mean_fit_time": np.array([np.mean(row) for row in times]),
        "std_fit_time": np.array([np.std(row) for row in times]),
    }
    for name in names:
        table[f"param_{name}"] = _column([result.configuration for result in results], name)
    table["params"] = [dict(result.configuration) for result in results]
    for k in range(n_folds):
        table[f"split{k}_test_score"] = scores[:, k].copy()
    mean, spread = np.full(len(results), np.nan), np.full(len(results), np.nan)
    mean[complete], spread[complete] = scores[complete].mean(axis=1), scores[complete].std(axis=1)
    table |= {"mean_test_score": mean, "std_test_score": spread, "rank_test_score": _ranks(mean)}
    table["state"] = np.array([result.state for result in results], dtype=object)
    table["error"] = np.array([result.error for result in results], dtype=object)
    return table


def best_of(results: Sequence[Result]) -> int:
    """Return the position of the configuration with the highest mean score, the first of equals.

    Raises
    ------
    TrainingError
        If none was scored on all folds.
    """
    means = np.array([result.mean for result in results])
    if np.isnan(means).all():
        reason = next((result.error for result in results if result.error), "all were given up")
        raise TrainingError(
            f"none of {len(results)} configurations could be trained; of the first: {reason}", where="search"
        )
    return int(np.nanargmax(means))


def mean_curves(result: Result) -> dict[str, NDArray[np.float64] | None]:
    """Return the means over the folds of the curves of a network: of each epoch, over those that it lasted for.

    Returns
    -------
    dict
        `loss` and `validation`, each of shape (n_epochs,) or None.

    Examples
    --------
    >>> folds = [FoldScore(0.5, 0.1, loss=(4.0, 2.0)), FoldScore(0.5, 0.1, loss=(2.0,))]
    >>> mean_curves(Result({}, folds, "complete"))
    {'loss': array([3., 2.]), 'validation': None}
    """
    return {name: _mean([getattr(fold, name) for fold in result.folds]) for name in ("loss", "validation")}


def _mean(curves: Sequence[Sequence[float] | None]) -> NDArray[np.float64] | None:
    there = [np.asarray(curve) for curve in curves if curve is not None and len(curve)]
    if not there:
        return None
    longest = max(len(curve) for curve in there)
    padded = np.full((len(there), longest), np.nan)  # (n_folds, n_epochs)
    for row, curve in zip(padded, there, strict=True):
        row[: len(curve)] = curve
    return np.asarray(np.nanmean(padded, axis=0))


def _column(configurations: Sequence[Mapping[str, Any]], name: str) -> np.ma.MaskedArray[Any, Any]:
    """Return the values of one parameter, numbers as numbers."""
    values = np.empty(len(configurations), dtype=object)
    there = np.array([name in configuration for configuration in configurations], dtype=bool)
    for i, configuration in enumerate(configurations):
        values[i] = configuration.get(name)
    kinds = {type(value) for value in values[there]}
    if kinds and kinds <= {int, float, np.float64, np.int64}:
        number: type = int if kinds <= {int, np.int64} else float
        filled = [value if ok else 0 for value, ok in zip(values, there, strict=True)]
        return np.ma.MaskedArray(np.array(filled, dtype=number), mask=~there)
    return np.ma.MaskedArray(values, mask=~there)


def _ranks(means: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return ranks from 1; equals share the best, and NaN comes last."""
    known = np.where(np.isnan(means), -np.inf, means)
    return np.asarray(rankdata(-known, method="min"), dtype=np.int32)
