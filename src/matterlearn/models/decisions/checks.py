"""What every decision asks of its numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matterlearn.core.errors import ArgumentError

SUMS_TO_ONE = 1e-6
"""How far the probabilities of a row may sum from 1: single precision over many classes stays below it."""


def checked_probabilities(P: ArrayLike, where: str = "P") -> NDArray[np.float64]:
    """Return probabilities as an array after checking them.

    Parameters
    ----------
    P : array-like of float, shape (n_samples, n_classes)
        Probabilities; rows sum to 1 within `SUMS_TO_ONE`.
    where : str
        Name of the argument in errors.

    Raises
    ------
    ArgumentError
        If they are no such array.

    Examples
    --------
    >>> checked_probabilities([[0.25, 0.75]])
    array([[0.25, 0.75]])
    """
    array = _numbers(P, where, n_dimensions=2)
    if array.shape[1] == 0:
        raise ArgumentError("there is no class", where=where)
    if array.size and (array.min() < 0 or array.max() > 1 + SUMS_TO_ONE):
        worst = array.min() if array.min() < 0 else array.max()
        raise ArgumentError(f"a probability is {worst:.6g}, not between 0 and 1", where=where)
    sums = array.sum(axis=1)
    off = np.abs(sums - 1) > SUMS_TO_ONE
    if off.any():
        row = int(np.argmax(off))
        raise ArgumentError(f"the probabilities of row {row} sum to {sums[row]:.6g}, not to 1", where=where)
    return array


def checked_codes(codes: ArrayLike, n_samples: int, n_classes: int, where: str = "codes") -> NDArray[np.intp]:
    """Return codes of classes as an array after checking them.

    Parameters
    ----------
    codes : array-like of int, shape (n_samples,)
        Positions of classes.
    n_samples, n_classes : int
        How many rows and classes there are.
    where : str
        Name of the argument in errors.

    Raises
    ------
    ArgumentError
        If they are no such array.

    Examples
    --------
    >>> checked_codes([0, 2], 2, 3)
    array([0, 2])
    """
    array = np.asarray(codes)
    if array.size == 0:
        array = array.astype(np.intp)
    if array.dtype.kind not in "iu":
        raise ArgumentError(f"must be whole numbers, got {array.dtype}", where=where)
    _require_length(array, n_samples, where)
    if array.size and (array.min() < 0 or array.max() >= n_classes):
        worst = array.min() if array.min() < 0 else array.max()
        raise ArgumentError(f"{worst} is no position among {n_classes} classes", where=where)
    return np.asarray(array, dtype=np.intp)


def checked_flags(flags: ArrayLike, where: str) -> NDArray[np.bool_]:
    """Return truth values as an array after checking them; 0 and 1 are taken for them.

    Raises
    ------
    ArgumentError
        If they are not truth values, one per row.

    Examples
    --------
    >>> checked_flags([1, 0], "correct")
    array([ True, False])
    """
    array = np.asarray(flags)
    if array.ndim != 1:
        raise ArgumentError(f"must have the shape (n_samples,), got {array.shape}", where=where)
    if array.dtype.kind not in "biuf" or not np.isin(array, (0, 1)).all():
        raise ArgumentError("must be true or false for every row", where=where)
    return array.astype(bool)


def checked_values(values: ArrayLike, n_samples: int | None, where: str) -> NDArray[np.float64]:
    """Return one finite number per row after checking them.

    Raises
    ------
    ArgumentError
        If they are not finite numbers, or not as many as rows (None: any number of rows).

    Examples
    --------
    >>> checked_values([0.5, 0.25], 2, "confidence")
    array([0.5 , 0.25])
    """
    array = _numbers(values, where, n_dimensions=1)
    if n_samples is not None:
        _require_length(array, n_samples, where)
    return array


def counted_rows(weight: ArrayLike | None, n_samples: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the rows that count, and their weights.

    Parameters
    ----------
    weight : array-like of float, shape (n_samples,), or None
        Non-negative; None is 1 for every row.
    n_samples : int
        How many rows there are.

    Returns
    -------
    rows : ndarray of int, shape (n_counted,)
        Positions of the rows whose weight is above 0.
    weights : ndarray of float, shape (n_counted,)
        Their weights.

    Raises
    ------
    ArgumentError
        If the weights do not fit the rows, one is negative or not finite, or none is above 0.

    Examples
    --------
    >>> counted_rows([2.0, 0.0, 1.0], 3)
    (array([0, 2]), array([2., 1.]))
    """
    weights = np.ones(n_samples) if weight is None else checked_values(weight, n_samples, "weight")
    if np.any(weights < 0):
        raise ArgumentError(f"a weight is negative: {weights.min():g}", where="weight")
    rows = np.flatnonzero(weights)
    if len(rows) == 0:
        raise ArgumentError("there is no row" if n_samples == 0 else "every weight is 0", where="weight")
    return rows, weights[rows]


def checked_positive(values: ArrayLike, n_classes: int, where: str) -> NDArray[np.float64]:
    """Return one number above 0 per class after checking them.

    Raises
    ------
    ArgumentError
        If they are not finite numbers above 0, one per class.

    Examples
    --------
    >>> checked_positive([1, 3], 2, "old")
    array([1., 3.])
    """
    array = _numbers(values, where, n_dimensions=1)
    if len(array) != n_classes:
        raise ArgumentError(f"{len(array)} numbers for {n_classes} classes", where=where)
    if np.any(array <= 0):
        raise ArgumentError(f"must be above 0 for every class, got {array.min():g}", where=where)
    return array


def _numbers(values: Any, where: str, n_dimensions: int) -> NDArray[np.float64]:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ArgumentError("must be numbers", where=where) from error
    if array.ndim != n_dimensions:
        wanted = ("", "(n_samples,)", "(n_samples, n_classes)")[n_dimensions]
        raise ArgumentError(f"must have the shape {wanted}, got {array.shape}", where=where)
    if not np.isfinite(array).all():
        raise ArgumentError("a number is missing or not finite", where=where)
    return array


def _require_length(array: NDArray[Any], n_samples: int, where: str) -> None:
    if array.shape != (n_samples,):
        raise ArgumentError(f"must have the shape ({n_samples},), got {array.shape}", where=where)
