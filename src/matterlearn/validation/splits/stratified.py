"""Folds with the same share of every class, or of every range of a number.

Examples
--------
>>> from matterlearn.validation.splits import StratifiedSplit
>>> metal = ["yes"] * 8 + ["no"] * 4
>>> [sorted(metal[row] for row in test) for _, test in StratifiedSplit(n_splits=4).split(metal, metal)]
[['no', 'yes', 'yes'], ['no', 'yes', 'yes'], ['no', 'yes', 'yes'], ['no', 'yes', 'yes']]
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, StratifiedKFold

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.splits.random_rows import check_enough
from matterlearn.validation.splits.splitter import Indices, Splitter, check_count, count_rows, group_labels
from matterlearn.validation.splits.targets import first_target

MISSING = -1
"""Stratum of the rows without a target."""


class StratifiedSplit(Splitter):
    """K folds of rows that each hold the same share of every class, or of every range of a number.

    Random folds differ in what they hold: the few rows with a wide gap may all lie in one. Where values are rare or few
    rows are at hand, stratified folds lower the chance in the score. They ask the same question as random folds.

    Parameters
    ----------
    n_splits : int
        Number of folds.
    n_bins : int
        Most ranges that a number is cut into, by quantiles; fewer, if a range would hold fewer rows than there are
        folds. Equal values lie in one range. Whole numbers with at most so many different values are classes.
    random_state : int
        Seed of the draw.

    Notes
    -----
    A class with fewer rows than there are folds is missing in some. Where groups are so large that a fold would stay
    empty, shares are left aside and groups are dealt out evenly.
    """

    __module__ = "matterlearn.validation.splits"

    def __init__(self, n_splits: int = 5, *, n_bins: int = 10, random_state: int = 0) -> None:
        self.n_splits = n_splits
        self.n_bins = n_bins
        self.random_state = random_state

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds."""
        return check_count(self.n_splits, "n_splits", 2)

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Indices, Indices]]:
        """Yield training and test positions of each fold.

        Parameters
        ----------
        X : sequence, shape (n_samples, ...)
            Only its length is used.
        y : array-like, shape (n_samples,) or (n_samples, n_targets)
            Classes or numbers; of several targets the first. Rows with a missing number are a stratum of their own.
        groups : array-like, shape (n_samples,), optional
            Rows with equal values stay together; each row by itself if not given.

        Raises
        ------
        ArgumentError
            If there are fewer different rows than folds, or every class has fewer rows than there are folds.
        """
        n_splits = self.get_n_splits()
        n_rows = count_rows(X, groups)
        labels = np.arange(n_rows) if groups is None else group_labels(groups)[1]
        n_different = check_enough(labels, n_splits)
        strata = strata_of(first_target(y, n_rows), n_splits, n_bins=check_count(self.n_bins, "n_bins", 1))
        largest = int(np.unique(strata, return_counts=True)[1].max())
        if largest < n_splits:
            raise ArgumentError(
                f"{n_splits} stratified folds need a class with as many rows; the largest has {largest}",
                where="y",
                fix="take fewer folds, or random ones",
            )
        # Without duplicates the plain class does the same, balances exactly, and is much faster.
        if n_different == n_rows:
            folds, together = StratifiedKFold, None
        else:
            folds, together = StratifiedGroupKFold, labels
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)  # stands in the notes
            pairs = list(folds(n_splits, shuffle=True, random_state=self.random_state).split(labels, strata, together))
        if any(len(test) == 0 for _, test in pairs):  # large groups can leave nothing for a fold
            pairs = list(GroupKFold(n_splits, shuffle=True, random_state=self.random_state).split(labels, None, labels))
        yield from pairs


def strata_of(values: Any, n_splits: int, *, n_bins: int = 10) -> Indices:
    """Return the number of each row's class, or of the range that its value lies in.

    Parameters
    ----------
    values : ndarray, shape (n_samples,)
        Text, or numbers with NaN where one is missing.
    n_splits : int
        Rows that a range holds on average, at least.
    n_bins : int
        Most ranges.

    Returns
    -------
    ndarray of int, shape (n_samples,)
        From 0; -1 for missing numbers.

    Examples
    --------
    >>> strata_of(np.array([0.1, 0.2, 0.2, 0.7, np.nan, 5.0]), n_splits=2).tolist()
    [0, 0, 0, 1, -1, 1]
    """
    if values.dtype.kind not in "iuf":
        return group_labels(values, where="y")[1]
    known = ~np.isnan(values)
    strata = np.full(len(values), MISSING, dtype=np.intp)
    if not known.any():
        return strata
    different, counts = np.unique(values[known], return_counts=True)
    if len(different) <= n_bins and counts.max() >= n_splits and bool(np.all(different == np.round(different))):
        strata[known] = np.searchsorted(different, values[known])
    else:
        strata[known] = _ranges(values[known], max(1, min(n_bins, int(known.sum()) // n_splits)))
    return strata


def _ranges(values: ArrayLike, n_ranges: int) -> Indices:
    """Cut values into ranges of about equally many; equal values have one rank in the middle, so one range."""
    ranks = rankdata(values, method="average")  # from 1
    return np.asarray(np.floor((ranks - 0.5) / len(ranks) * n_ranges), dtype=np.intp)
