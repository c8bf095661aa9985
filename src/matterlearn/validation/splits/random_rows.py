"""Folds of random rows.

Examples
--------
>>> from matterlearn.validation.splits import RandomSplit
>>> pairs = list(RandomSplit(n_splits=2).split(range(6)))
>>> sorted(int(row) for _, test in pairs for row in test)
[0, 1, 2, 3, 4, 5]

Rows 0 and 1 are the same composition:

>>> for train, test in RandomSplit(n_splits=2).split(range(4), groups=[7, 7, 8, 9]):
...     assert (0 in test) == (1 in test)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold

from matterlearn.core.errors import ArgumentError
from matterlearn.core.parallel import item_seed
from matterlearn.validation.splits.splitter import Indices, Splitter, check_count, count_rows, group_labels


class RandomSplit(Splitter):
    """K folds of rows drawn at random, once or several times; duplicates stay together.

    This is the kindest test: near every test row lies a training row.

    Parameters
    ----------
    n_splits : int
        Number of folds.
    n_repeats : int
        How often the rows are dealt out anew. Every repeat tests each row once; the spread between repeats shows how
        far a score depends on the draw.
    random_state : int
        Seed of the draw. The first repeat is the one of `n_repeats=1`.
    """

    __module__ = "matterlearn.validation.splits"

    def __init__(self, n_splits: int = 5, *, n_repeats: int = 1, random_state: int = 0) -> None:
        self.n_splits = n_splits
        self.n_repeats = n_repeats
        self.random_state = random_state

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds over all repeats."""
        return check_count(self.n_splits, "n_splits", 2) * check_count(self.n_repeats, "n_repeats", 1)

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Indices, Indices]]:
        """Yield training and test positions of each fold, repeat after repeat.

        Parameters
        ----------
        X : sequence, shape (n_samples, ...)
            Only its length is used.
        y : ignored
        groups : array-like, shape (n_samples,), optional
            Rows with equal values stay together; each row by itself if not given.

        Raises
        ------
        ArgumentError
            If there are fewer different rows than folds.
        """
        self.get_n_splits()  # checks the parameters
        n_rows = count_rows(X, groups)
        labels = np.arange(n_rows) if groups is None else group_labels(groups)[1]
        check_enough(labels, self.n_splits)
        for repeat in range(self.n_repeats):
            seed = item_seed(self.random_state, "repeat", repeat) if repeat else self.random_state
            yield from GroupKFold(self.n_splits, shuffle=True, random_state=seed).split(labels, groups=labels)


def check_enough(labels: Indices, n_splits: int) -> int:
    """Return the number of different rows; say so if there are fewer than folds.

    Examples
    --------
    >>> check_enough(np.array([0, 0, 1]), n_splits=2)
    2
    """
    n_different = len(np.unique(labels))
    if n_different < n_splits:
        raise ArgumentError(
            f"{n_splits} folds need at least as many different rows, got {n_different}", fix="take fewer folds"
        )
    return n_different
