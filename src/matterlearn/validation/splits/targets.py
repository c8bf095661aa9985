"""The target that a split looks at."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError


def first_target(y: Any, n_rows: int) -> NDArray[Any]:
    """Return one value per row: of several targets the first.

    Parameters
    ----------
    y : array-like, shape (n_samples,) or (n_samples, n_targets)
        Numbers or text.
    n_rows : int
        Number of rows there must be.

    Returns
    -------
    ndarray, shape (n_samples,)
        Numbers where all are numbers, else as they come.

    Raises
    ------
    ArgumentError
        If the target is missing or has another number of rows.

    Examples
    --------
    >>> first_target([[1.5, 0], [2.5, 1]], n_rows=2).tolist()
    [1.5, 2.5]
    """
    if y is None:
        raise ArgumentError("the target is needed", where="y")
    values = np.asarray(y)
    if values.ndim == 2 and values.shape[1] > 0:
        values = values[:, 0]  # (n_samples,)
    if values.shape != (n_rows,):
        raise ArgumentError(f"an array of shape {values.shape} for {n_rows} rows", where="y")
    if values.dtype == bool:
        return values.astype(int)
    if values.dtype == object and all(isinstance(value, Real) for value in values):
        return values.astype(float)
    return values
