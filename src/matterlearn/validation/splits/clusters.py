"""Clusters of descriptor space left out.

Examples
--------
>>> import numpy as np
>>> from matterlearn.validation.splits import ClusterSplit
>>> X = np.array([[0.0, 1.0], [0.1, 1.1], [9.0, 7.0], [9.1, 7.1], [9.0, 7.2]])
>>> sorted(test.tolist() for _, test in ClusterSplit(n_splits=2).split(X))
[[0, 1], [2, 3, 4]]
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from matterlearn.core.errors import ArgumentError
from matterlearn.core.parallel import single_thread
from matterlearn.validation.splits.group_values import GroupSplit
from matterlearn.validation.splits.splitter import Indices, Splitter, check_count, count_rows, group_labels

DECIMALS = 9
"""Decimals to which standardised descriptors are compared: equal compositions written in two ways differ in the last
bits, and must not lie in two clusters for that."""

N_STARTS = 4
"""Starts of k-means, of which the best is kept."""


class ClusterSplit(Splitter):
    """Leave clusters out: the rows nearest to each other are tested together.

    No test row has a close neighbour in training. The clusters are those of k-means on standardised columns of X.

    Parameters
    ----------
    n_splits : int
        Most clusters; fewer, where there are fewer different rows.
    random_state : int
        Seed of the starts of k-means.
    """

    __module__ = "matterlearn.validation.splits"

    def __init__(self, n_splits: int = 10, *, random_state: int = 0) -> None:
        self.n_splits = n_splits
        self.random_state = random_state

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of clusters; without X the most there can be."""
        if X is None:
            return check_count(self.n_splits, "n_splits", 2)
        return len(np.unique(self.clusters(X, groups)))

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Indices, Indices]]:
        """Yield training and test positions of each cluster.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Descriptors.
        y : ignored
        groups : array-like, shape (n_samples,), optional
            Rows with equal values stay together, in the cluster of the first of them.

        Raises
        ------
        ArgumentError
            If X is no matrix of finite numbers, or all its rows are equal.
        """
        labels = self.clusters(X, groups)
        yield from GroupSplit(self.n_splits).split(labels, groups=labels)

    def clusters(self, X: Any, groups: Any = None) -> Indices:
        """Return the cluster of each row; a group of equal rows counts once.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Descriptors.
        groups : array-like, shape (n_samples,), optional
            Rows with equal values stay together.

        Returns
        -------
        ndarray of int, shape (n_samples,)
            From 0; at least two different ones.
        """
        most = check_count(self.n_splits, "n_splits", 2)
        n_rows = count_rows(X, groups)
        labels = np.arange(n_rows) if groups is None else group_labels(groups)[1]
        _, first, group = np.unique(labels, return_index=True, return_inverse=True)
        matrix = StandardScaler().fit_transform(_matrix(X)[first])  # (n_groups, n_features)
        matrix = np.round(matrix, DECIMALS)
        n_different = len(np.unique(matrix, axis=0))
        if n_different < 2:
            raise ArgumentError("all rows are equal: there are no clusters to leave out", where="X")
        kmeans = KMeans(min(most, n_different), n_init=N_STARTS, random_state=self.random_state)
        # Sums over rows differ in the last bits with the number of threads.
        with single_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # fewer clusters than asked for are no fault
            found = kmeans.fit_predict(matrix)
        return np.unique(found, return_inverse=True)[1].astype(np.intp)[group]


def _matrix(X: Any) -> NDArray[np.float64]:
    dense = X.toarray() if hasattr(X, "toarray") else X
    try:
        matrix = np.asarray(dense, dtype=float)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            "clusters need a matrix of numbers", where="X", fix="put the rows through a transformer first"
        ) from error
    if matrix.ndim != 2:
        raise ArgumentError(f"clusters need a matrix of numbers, got shape {matrix.shape}", where="X")
    bad = np.argwhere(~np.isfinite(matrix))
    if len(bad):
        row, column = bad[0]
        raise ArgumentError(f"row {row}, column {column} is {matrix[row, column]}", where="X", fix="fill the gaps")
    return matrix
