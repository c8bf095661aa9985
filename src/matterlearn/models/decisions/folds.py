"""Folds in which every class is spread evenly, without chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def dealt_folds(codes: NDArray[np.intp], n_folds: int) -> NDArray[np.intp]:
    """Deal the rows of each class to the folds in turn.

    Parameters
    ----------
    codes : ndarray of int, shape (n_samples,)
        Class of each row.
    n_folds : int
        Number of folds.

    Returns
    -------
    ndarray of int, shape (n_samples,)
        Fold of each row. Sizes of folds, and of a class within them, differ by 1 at most.

    Examples
    --------
    >>> dealt_folds(np.array([0, 1, 0, 1, 0]), 2).tolist()
    [0, 1, 1, 0, 0]
    """
    fold = np.empty(len(codes), dtype=np.intp)
    fold[np.argsort(codes, kind="stable")] = np.arange(len(codes)) % n_folds
    return fold
