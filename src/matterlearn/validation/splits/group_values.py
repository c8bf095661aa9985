"""Whole groups of rows left out.

Examples
--------
>>> from matterlearn.validation.splits import GroupSplit
>>> groups = ["a", "a", "b", "b", "c"]
>>> [test.tolist() for _, test in GroupSplit(n_splits=5).split(groups, groups=groups)]
[[0, 1], [2, 3], [4]]
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sklearn.model_selection import GroupKFold, PredefinedSplit

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.splits.splitter import Indices, Splitter, check_count, count_rows, group_labels


class GroupSplit(Splitter):
    """Leave groups of rows out: whole values of a column, whole chemical systems, or whole clusters.

    Parameters
    ----------
    n_splits : int
        Most folds; with fewer different groups there is one fold per group, in the order of their names.
    random_state : int
        Seed of how groups are dealt out to folds.
    """

    __module__ = "matterlearn.validation.splits"

    def __init__(self, n_splits: int = 5, *, random_state: int = 0) -> None:
        self.n_splits = n_splits
        self.random_state = random_state

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds for these groups."""
        n_splits = check_count(self.n_splits, "n_splits", 2)
        return n_splits if groups is None else min(n_splits, len(group_labels(groups)[0]))

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Indices, Indices]]:
        """Yield training and test positions of each fold.

        Parameters
        ----------
        X : sequence, shape (n_samples, ...)
            Only its length is used.
        y : ignored
        groups : array-like, shape (n_samples,)
            Group of each row.

        Raises
        ------
        ArgumentError
            If there are fewer than two groups.
        """
        n_splits = check_count(self.n_splits, "n_splits", 2)
        if groups is None:
            raise ArgumentError("the groups are needed", where="groups")
        count_rows(X, groups)
        names, labels = group_labels(groups)
        if len(names) < 2:
            raise ArgumentError(f"a split by group needs at least two groups, got {len(names)}")
        if len(names) <= n_splits:
            yield from PredefinedSplit(labels).split()
        else:
            folds = GroupKFold(n_splits, shuffle=True, random_state=self.random_state)
            yield from folds.split(labels, groups=labels)
