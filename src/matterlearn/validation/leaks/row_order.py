"""Whether the order of the table tells something: sorted by the target, or put together in batches."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from matterlearn.validation.leaks.leak import Leak
from matterlearn.validation.leaks.subject import Subject, TargetValues

SORTED: Final = 0.9
"""Correlation of the target with the row number (by rank) or with the row before (lag 1) from which a table is called
sorted by it, whole or in blocks. Tables ordered by formula reach 0.8: neighbours in them are alike in chemistry."""

BATCHES: Final = 0.2
"""Correlation with the row before of what a quick model leaves unexplained, from which rows stand in batches. In tables
that were put together otherwise it stays below 0.1, whatever their order."""

_N_PERMUTATIONS = 100


def find_row_order(subject: Subject) -> list[Leak]:
    """Return for each target what the order of the rows tells of it.

    Parameters
    ----------
    subject : Subject
        Data.

    Returns
    -------
    list of Leak
        At most one per target; notes, since the order is no input.
    """
    return [leak for target in subject.targets for leak in _sorted(target) or _batches(subject, target)]


def _sorted(target: TargetValues) -> list[Leak]:
    y = target.ranks
    along = max((abs(_rank_correlation(target.rows, column)) for column in y.T), default=0.0)
    lag = _lag(y)
    strength = max(along, lag)
    if strength < SORTED:
        return []
    how = "by" if along >= SORTED else "in blocks by"
    text = (
        f"The table is sorted {how} {target.name} (correlation {strength:.2f} with the "
        f"{'row number' if along >= lag else 'row before'}), so anything that counts rows gives it away; keep running "
        "numbers and file names out of the inputs, and never cut such a table into folds from top to bottom."
    )
    return [Leak(target.name, "row_order", "note", text, value=strength, n=len(y))]


def _batches(subject: Subject, target: TargetValues) -> list[Leak]:
    quick = subject.quick_model(target)
    if quick is None:
        return []
    residuals = quick.residuals(quick.random_folds(subject.seed_of("batches", target.name)))
    ranks = np.argsort(np.argsort(residuals, axis=0, kind="stable"), axis=0, kind="stable").astype(float)
    # Equal rows share their error wherever they stand, so only one of each speaks.
    _, first = np.unique(quick.duplicates, return_index=True)
    ranks = ranks[np.sort(first)]
    lag = _lag(ranks)
    rng = np.random.default_rng(subject.seed_of("permutations", target.name))
    chance = max(_lag(rng.permutation(ranks)) for _ in range(_N_PERMUTATIONS))
    if lag < BATCHES or lag <= chance:
        return []
    text = (
        f"Rows that follow one another have alike errors in {target.name} that the inputs do not explain (correlation "
        f"{lag:.2f}, by chance at most {chance:.2f}), as if they were made in batches; if a column says which rows "
        "belong together, judge with --split group:COLUMN, since random rows share a batch with training."
    )
    return [Leak(target.name, "row_order", "note", text, value=lag, n=len(ranks))]


def _rank_correlation(rows: NDArray[np.intp], column: NDArray[np.float64]) -> float:
    return float(spearmanr(rows, column).statistic) if np.ptp(column) > 0 else 0.0


def _lag(values: NDArray[np.float64]) -> float:
    """Return the correlation of each row with the one before, over all outputs."""
    centred = values - values.mean(axis=0)
    variance = (centred**2).mean(axis=0).sum()
    return float((centred[1:] * centred[:-1]).mean(axis=0).sum() / variance) if variance > 0 else 0.0
