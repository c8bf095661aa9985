"""What all splits share: the dress of a scikit-learn splitter, and checks of what is handed in."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Never

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import BaseCrossValidator

from matterlearn.core.errors import ArgumentError

Indices = NDArray[np.intp]
"""Positions of rows, from 0."""


class Splitter(BaseCrossValidator):
    """A scikit-learn splitter that takes groups.

    From scikit-learn come the representation, which shows the parameters, and metadata routing: where it is switched
    on, `groups` reach the splitter without being asked for. A constructor only stores; what cannot be used is named by
    `split` and `get_n_splits`.
    """

    __module__ = "matterlearn.validation.splits"
    __metadata_request__split: ClassVar[dict[str, bool]] = {"groups": True}


def count_rows(X: Any, groups: Any = None) -> int:
    """Return the number of rows, after a look whether the groups are as many.

    Parameters
    ----------
    X : sequence, array or sparse matrix, shape (n_samples, ...)
        The rows.
    groups : sequence, shape (n_samples,), optional
        One entry per row.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ArgumentError
        If there are no rows, or groups of another number.

    Examples
    --------
    >>> count_rows(np.zeros((3, 2)), groups=["a", "b", "b"])
    3
    """
    if X is None:
        raise ArgumentError("the rows to split are needed", where="X")
    shape = getattr(X, "shape", None)  # sparse matrices have no length
    n_rows = int(shape[0]) if shape else len(X)
    if n_rows == 0:
        raise ArgumentError("there are no rows to split", where="X")
    if groups is not None and len(groups) != n_rows:
        raise ArgumentError(f"{len(groups)} values for {n_rows} rows", where="groups")
    return n_rows


def check_count(value: Any, name: str, least: int) -> int:
    """Return a parameter that counts something, or say what is wrong with it.

    Examples
    --------
    >>> check_count(5, "n_splits", 2)
    5
    """
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise ArgumentError(f"must be a whole number of at least {least}, got {value!r}", where=name)
    return int(value)


def group_labels(groups: Any, *, where: str = "groups") -> tuple[NDArray[Any], Indices]:
    """Return the different groups in order, and for each row the position of its group among them.

    Parameters
    ----------
    groups : array-like, shape (n_samples,)
        Numbers, or texts.
    where : str
        Name of the argument, for the error.

    Returns
    -------
    names : ndarray, shape (n_groups,)
    labels : ndarray of int, shape (n_samples,)

    Raises
    ------
    ArgumentError
        If the groups are of a kind that has no order: sets, numbers beside texts, empty cells among texts.

    Examples
    --------
    >>> names, labels = group_labels(["b", "a", "b"])
    >>> names.tolist(), labels.tolist()
    (['a', 'b'], [1, 0, 1])
    """
    try:
        values = np.asarray(groups)
    except ValueError:  # sequences of different lengths
        _refuse("sequence", where)
    if values.ndim != 1:
        _refuse("sequence", where)
    if values.dtype == object:
        entries = values.tolist()
        if all(isinstance(entry, str) for entry in entries):
            values = np.array(entries, dtype=str)
        elif all(isinstance(entry, Real) for entry in entries):
            values = np.array(entries)
        else:
            _refuse(next(type(entry).__name__ for entry in entries if not isinstance(entry, str)), where)
    names, labels = np.unique(values, return_inverse=True)
    return names, np.asarray(labels, dtype=np.intp)


def _refuse(kind: str, where: str) -> Never:
    raise ArgumentError(
        f"holds a {kind}, where each row must have a text, or each a number", where=where, fix="fill empty cells"
    )
