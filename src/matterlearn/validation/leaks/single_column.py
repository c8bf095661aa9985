"""How much of a target one column alone explains, on rows that were not used."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold
from sklearn.tree import DecisionTreeRegressor

MOST_ROWS: Final = 2_000
"""Rows that a column is judged on, drawn at random."""

_N_FOLDS = 5
_MAX_LEAVES = 32
_ROWS_PER_LEAF = 5


def explained_by_numbers(x: NDArray[np.float64], y: NDArray[np.float64], *, seed: int, worth: float = 0.0) -> float:
    """Return the share of the variance that a shallow tree on one column of numbers explains in cross-validation.

    A tree follows any curve, not only a monotonic one.

    Parameters
    ----------
    x : ndarray of float, shape (n_samples,)
        The column; finite.
    y : ndarray of float, shape (n_samples, n_outputs)
        The target.
    seed : int
        Seed of the folds.
    worth : float
        Share that the tree must reach on its own rows, which is nearly always more, for folds to be tried; else the
        answer is 0. Saves time.

    Returns
    -------
    float
        1 is perfect; 0 or less is nothing.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 200)
    >>> explained_by_numbers(x, (x**2)[:, None], seed=0) > 0.95
    True
    """
    kept = _sample(len(x), seed)
    x, y = x[kept], y[kept]
    if len(x) < 2 * _N_FOLDS or np.ptp(x) == 0 or np.ptp(y, axis=0).max() == 0:
        return 0.0
    # A tree asks for the order alone, and tells no numbers apart that differ by less than one in ten million.
    column = np.unique(x, return_inverse=True)[1].astype(float)[:, None]
    tree = DecisionTreeRegressor(max_leaf_nodes=_MAX_LEAVES, min_samples_leaf=_ROWS_PER_LEAF, random_state=0)
    if worth > 0 and _share(y, tree.fit(column, y).predict(column)) < worth:
        return 0.0
    prediction = np.empty_like(y)
    for train, test in _folds(len(x), seed):
        prediction[test] = tree.fit(column[train], y[train]).predict(column[test]).reshape(len(test), -1)
    return _share(y, prediction)


def explained_by_labels(labels: NDArray[np.intp], y: NDArray[np.float64], *, seed: int) -> float:
    """Return the share of the variance that the means of labelled groups explain in cross-validation.

    Parameters
    ----------
    labels : ndarray of int, shape (n_samples,)
        Group of each row.
    y : ndarray of float, shape (n_samples, n_outputs)
        The target.
    seed : int
        Seed of the folds.

    Returns
    -------
    float
        1 is perfect; 0 or less is nothing.

    Examples
    --------
    >>> labels = np.arange(100) % 4
    >>> round(explained_by_labels(labels, labels[:, None] * 1.0, seed=0), 6)
    1.0
    """
    kept = _sample(len(labels), seed)
    labels, y = labels[kept], y[kept]
    if len(labels) < 2 * _N_FOLDS or np.ptp(y, axis=0).max() == 0:
        return 0.0
    names, codes = np.unique(labels, return_inverse=True)
    prediction = np.empty_like(y)
    for train, test in _folds(len(codes), seed):
        counts = np.bincount(codes[train], minlength=len(names))
        overall = y[train].mean(axis=0)
        for k in range(y.shape[1]):
            sums = np.bincount(codes[train], weights=y[train, k], minlength=len(names))
            means = np.where(counts > 0, sums / np.maximum(counts, 1), overall[k])
            prediction[test, k] = means[codes[test]]
    return _share(y, prediction)


def _sample(n_rows: int, seed: int) -> NDArray[np.intp]:
    if n_rows <= MOST_ROWS:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(seed).choice(n_rows, MOST_ROWS, replace=False))


def _folds(n_rows: int, seed: int) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    return list(KFold(_N_FOLDS, shuffle=True, random_state=seed).split(np.zeros(n_rows)))


def _share(y: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    rest = ((y - prediction.reshape(y.shape)) ** 2).sum()
    return float(1 - rest / ((y - y.mean(axis=0)) ** 2).sum())
