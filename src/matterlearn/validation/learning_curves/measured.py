"""The error of a model on the same test rows, as it is given more and more training rows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Number
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import is_classifier

from matterlearn.core.errors import ArgumentError
from matterlearn.core.objects import as_objects
from matterlearn.core.parallel import item_seed, single_thread
from matterlearn.validation.learning_curves.sizes import checked_sizes
from matterlearn.validation.seeding import fit_seeded


@dataclass(frozen=True)
class LearningCurve:
    """Errors against the number of training rows, in the unit of the target.

    Attributes
    ----------
    table : DataFrame
        One line per number of rows, rising: `n_train`, `mae`, `mae_sd`, `rmse`, `rmse_sd`, `train_mae`, `seconds`:
        means over the repeats, and standard deviations between them (NaN for a single one). All repeats share the test
        rows, so that the deviation tells how much the choice of training rows matters and not how exact the error is.
    runs : DataFrame
        One line per number of rows and repeat: `n_train`, `repeat`, `mae`, `rmse`, `train_mae`, `seconds` (of the fit).
    n_test : int
        Number of test rows.
    test_rows : ndarray of int, shape (n_test,)
        Which they are.
    """

    table: pd.DataFrame
    runs: pd.DataFrame
    n_test: int
    test_rows: NDArray[np.intp]


def learning_curve(
    estimator: Any,
    X: Any,
    y: ArrayLike,
    sizes: Sequence[int],
    *,
    repeats: int = 5,
    seed: int = 0,
    test: ArrayLike | float | int = 0.25,
    groups: ArrayLike | None = None,
) -> LearningCurve:
    """Fit a model on growing parts of the rows and measure its error on the same test rows.

    Each repeat puts the training rows into another order and takes the first of them: within a repeat, each part holds
    the smaller ones. Everything that the model chooses (penalties, features) it chooses inside each part.

    Parameters
    ----------
    estimator : regressor
        Cloned for each fit; each random part of it gets a seed of its own.
    X : table, array, or other batch of rows, length n_samples
        Whatever the model takes, as long as `X[rows]` (`X.iloc[rows]` of a DataFrame) picks rows by their numbers:
        conformers, too. A list may hold rows of numbers, or objects such as formulas, structures and molecules.
    y : array-like of float, shape (n_samples,)
        Target.
    sizes : sequence of int
        Numbers of training rows.
    repeats : int
        Orders of the training rows.
    seed : int
        Sets the test rows, the orders, and the seeds of the model.
    test : float, int or array-like of int
        Rows to test on: their share, or how many (with groups at least so many), drawn once; or a list of which.
    groups : array-like, shape (n_samples,), optional
        Rows of a group stand together on one side: training rows that share a group with a test row are left out.

    Returns
    -------
    LearningCurve
        Errors by number of rows.

    Raises
    ------
    ArgumentError
        If the estimator is a classifier, lengths differ, the target holds what is no finite number, or there are not
        enough rows.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> X = np.random.default_rng(0).normal(size=(100, 3))
    >>> curve = learning_curve(LinearRegression(), X, X.sum(axis=1), [5, 50], repeats=2)
    >>> curve.n_test, curve.table["n_train"].tolist(), curve.table["mae"].round(9).tolist()
    (25, [5, 50], [0.0, 0.0])
    """
    if is_classifier(estimator):
        raise ArgumentError(
            f"{type(estimator).__name__} is a classifier, and errors of numbers are measured", where="estimator"
        )
    if not isinstance(repeats, Integral) or isinstance(repeats, bool):
        raise ArgumentError(f"a whole number is needed, got {repeats!r:.80}", where="repeats")
    if repeats < 1:
        raise ArgumentError(f"must be at least 1, got {repeats}", where="repeats")
    target = np.asarray(y, dtype=np.float64)
    if target.ndim != 1 or not np.isfinite(target).all():
        raise ArgumentError("one finite number per row is needed", where="y")
    if isinstance(X, list | tuple):
        X = _rows_of(X)
    if len(X) != len(target):
        raise ArgumentError(f"{len(X)} rows but {len(target)} targets", where="X, y")
    test_rows, pool = _divided(len(target), test, groups, item_seed(seed, "test rows"))
    steps = checked_sizes(sizes, len(pool), "training rows")
    X_test, y_test = _picked(X, test_rows), target[test_rows]
    runs: list[dict[str, Any]] = []
    with single_thread():
        for repeat in range(repeats):
            order = np.random.default_rng(item_seed(seed, "order", repeat)).permutation(pool)
            for size in steps:
                rows = np.sort(order[:size])
                X_train, start = _picked(X, rows), time.perf_counter()
                fitted = fit_seeded(
                    estimator,
                    X_train,
                    target[rows],
                    seed=item_seed(seed, "fit", repeat, size),
                    duplicates=np.arange(size),
                )
                seconds = time.perf_counter() - start
                errors = np.asarray(fitted.predict(X_test), dtype=np.float64) - y_test
                of_train = np.asarray(fitted.predict(X_train), dtype=np.float64) - target[rows]
                runs.append(
                    {
                        "n_train": size,
                        "repeat": repeat,
                        "mae": float(np.abs(errors).mean()),
                        "rmse": float(np.sqrt(np.mean(errors**2))),
                        "train_mae": float(np.abs(of_train).mean()),
                        "seconds": seconds,
                    }
                )
    lines = pd.DataFrame(runs).sort_values(["n_train", "repeat"], ignore_index=True)
    groups_of_lines = lines.groupby("n_train", as_index=False)
    table = groups_of_lines[["mae", "rmse", "train_mae", "seconds"]].mean()
    spread = groups_of_lines[["mae", "rmse"]].std()  # NaN for one repeat
    table.insert(2, "mae_sd", spread["mae"])
    table.insert(4, "rmse_sd", spread["rmse"])
    return LearningCurve(table, lines, len(test_rows), test_rows)


def _divided(
    n_rows: int, test: ArrayLike | float | int, groups: ArrayLike | None, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the test rows and the rows to train on."""
    labels = np.arange(n_rows) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    if len(labels) != n_rows:
        raise ArgumentError(f"{len(labels)} groups for {n_rows} rows", where="groups")
    if np.ndim(test) == 0:
        wanted = _number_of_rows(test, n_rows)
        order = np.random.default_rng(seed).permutation(labels.max() + 1)
        counts = np.bincount(labels)[order].cumsum()
        drawn = order[: int(np.searchsorted(counts, wanted)) + 1]
        test_rows = np.flatnonzero(np.isin(labels, drawn))
    else:
        test_rows = np.unique(np.asarray(test))
        if test_rows.dtype.kind not in "iu" or np.any((test_rows < 0) | (test_rows >= n_rows)):
            raise ArgumentError(f"numbers of rows from 0 to {n_rows - 1} are needed", where="test")
    pool = np.flatnonzero(~np.isin(labels, labels[test_rows]))
    if not len(test_rows) or not len(pool):
        raise ArgumentError("rows are needed on both sides", where="test")
    return test_rows.astype(np.intp), pool


def _number_of_rows(test: Any, n_rows: int) -> int:
    """Return how many test rows a share or a number asks for."""
    number = np.asarray(test)[()]
    if isinstance(number, np.floating):
        if not 0 < number < 1:
            raise ArgumentError(f"a share lies between 0 and 1, got {number}", where="test")
        return round(float(number) * n_rows)
    if not isinstance(number, np.integer):
        raise ArgumentError(f"a share, a number of rows or a list of rows is needed, got {test!r:.80}", where="test")
    if not 0 < number < n_rows:
        raise ArgumentError(
            f"{number} of {n_rows} rows leaves none on one side", where="test", fix="a list [i] means row i"
        )
    return int(number)


def _rows_of(items: list[Any] | tuple[Any, ...]) -> NDArray[Any]:
    """Return rows of numbers as an array of numbers, and objects, which may be sequences themselves, as they are."""
    if all(isinstance(item, Number | np.generic | list | tuple | np.ndarray) for item in items):
        return np.asarray(items)
    return as_objects(items)


def _picked(X: Any, rows: NDArray[np.intp]) -> Any:
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]
