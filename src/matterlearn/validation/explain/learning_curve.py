"""How the error falls with the number of training rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import _safe_indexing

from matterlearn.core.parallel import item_seed

SHARES = (1 / 8, 1 / 4, 1 / 2)
"""Shares of the training rows that are tried; the whole of them is known already."""

FEWEST_ROWS = 20
"""Training rows below which an error says nothing."""

_NEEDS_ROWS = ("batch_size", "n_neighbors", "n_components", "cv", "n_splits")
"""Parameters of estimators that ask for as many rows."""


def learning_curve(
    model: Any,
    X_train: Any,
    y_train: ArrayLike,
    X_test: Any,
    y_test: ArrayLike,
    *,
    fit: Callable[..., Any],
    duplicates: ArrayLike,
    seed: int,
    full_mae: float,
    shares: Sequence[float] = SHARES,
    sample_weight: ArrayLike | None = None,
    test_weight: ArrayLike | None = None,
    error: Callable[[Any], float] | None = None,
    name: str = "mae",
    fewest_of_class: int | None = None,
) -> list[dict[str, Any]]:
    """Fit a model on growing parts of the training rows and return its error on the same test rows.

    Each part holds the smaller ones, and all copies of a row or none.

    Parameters
    ----------
    model : estimator
        Unfitted: what was chosen on all training rows. It is not chosen again.
    X_train, X_test : DataFrame, shape (n_rows, n_inputs)
        Training and test rows.
    y_train, y_test : array-like of float, shape (n_rows,)
        Their targets.
    fit : callable
        `fit(model, X, y, seed=..., duplicates=...)` returns a fitted clone; `fit_seeded` is one. It is given
        `sample_weight` too if there are weights.
    duplicates : array-like of int, shape (n_train,)
        Number that equal training rows share.
    seed : int
        Seed of the fold: sets the parts, and the seed of each fit.
    full_mae : float
        Error of the model that was fitted on all training rows.
    shares : sequence of float
        Shares of the training rows, rising, above 0 and below 1. Left out are parts of fewer than 20 rows, those on
        which the model cannot be fitted (`rows_needed`), and those no larger than the one before.
    sample_weight : array-like of float, shape (n_train,), optional
        Weights of the training rows.
    test_weight : array-like of float, shape (n_test,), optional
        Weights of the test rows in the error.
    error : callable, optional
        From a fitted model to its error on the test rows, instead of the mean absolute error.
    name : str
        Of that error.
    fewest_of_class : int, optional
        Of classes: parts in which one has fewer rows are left out.

    Returns
    -------
    list of dict
        `n_train`, `n_test`, `mae` (or what the error is called), the fewest rows first, all training rows last.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> X, y = np.arange(200.0)[:, None], np.arange(200.0)
    >>> def fit(model, X, y, *, seed, duplicates):
    ...     return model.fit(X, y)
    >>> points = learning_curve(LinearRegression(), X, y, X, y, fit=fit, duplicates=range(200), seed=0, full_mae=0.0)
    >>> [(point["n_train"], round(point["mae"], 9)) for point in points]
    [(25, 0.0), (50, 0.0), (100, 0.0), (200, 0.0)]
    """
    y, truth, groups = np.asarray(y_train), np.asarray(y_test), np.asarray(duplicates)
    weights = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    of_test = None if test_weight is None or not np.any(test_weight) else np.asarray(test_weight, dtype=np.float64)
    points, before = [], max(FEWEST_ROWS, rows_needed(model)) - 1
    for share, rows in zip(shares, nested_parts(groups, shares, seed=item_seed(seed, "parts")), strict=True):
        if not before < len(rows) < len(y) or (weights is not None and not weights[rows].any()):
            continue
        if fewest_of_class is not None and np.unique(y[rows], return_counts=True)[1].min() < fewest_of_class:
            continue
        before = len(rows)
        options: dict[str, Any] = {} if weights is None else {"sample_weight": weights[rows]}
        fitted = fit(
            model,
            _safe_indexing(X_train, rows),
            y[rows],
            seed=item_seed(seed, "learning curve", float(share)),
            duplicates=groups[rows],
            **options,
        )
        if error is None:
            errors = np.abs(np.asarray(fitted.predict(X_test), dtype=np.float64) - np.asarray(truth, dtype=np.float64))
            found = float(np.average(errors, weights=of_test))
        else:
            found = error(fitted)
        points.append({"n_train": len(rows), "n_test": len(truth), name: found})
    return [*points, {"n_train": len(y), "n_test": len(truth), name: float(full_mae)}]


def nested_parts(duplicates: NDArray[np.intp], shares: Sequence[float], *, seed: int) -> list[NDArray[np.intp]]:
    """Draw parts of the rows of which each holds the smaller ones, and all rows of a group or none.

    Parameters
    ----------
    duplicates : ndarray of int, shape (n_rows,)
        Group of each row.
    shares : sequence of float
        Share of the rows that each part has at least.
    seed : int
        Sets the order in which groups are taken.

    Returns
    -------
    list of ndarray of int
        Sorted positions of the rows of each part.

    Examples
    --------
    >>> nested_parts(np.array([0, 0, 1, 1]), [0.25, 1.0], seed=0)[1].tolist()
    [0, 1, 2, 3]
    """
    numbers, members, counts = np.unique(duplicates, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(numbers))
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))  # of each group
    rows_so_far = np.cumsum(counts[order])
    parts = []
    for share in shares:
        n_groups = int(np.searchsorted(rows_so_far, share * len(duplicates) - 1e-9)) + 1
        parts.append(np.flatnonzero(place[members] < n_groups))
    return parts


def rows_needed(model: Any) -> int:
    """Return the fewest rows that a model can be fitted on, as far as its parameters tell.

    Parameters
    ----------
    model : estimator
        With `get_params`.

    Returns
    -------
    int
        The largest batch, number of neighbours, components or folds that any part of it asks for; 1 where none does.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> rows_needed(KNeighborsRegressor(7))
    7
    """
    asked = [
        value
        for name, value in model.get_params(deep=True).items()
        if name.rpartition("__")[2] in _NEEDS_ROWS and isinstance(value, int) and not isinstance(value, bool)
    ]
    return max(asked, default=1)
