"""Columns of any size brought to a common one."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

SMALLEST: Final = 1e-12
"""Spread of a column, relative to its largest value, below which it is constant but for rounding."""


def standardised(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the columns with mean 0 and standard deviation 1; constant ones become 0.

    Parameters
    ----------
    table : ndarray of float, shape (n_samples, n_columns)
        Numbers up to the largest that there are; NaN is passed on and does not count.

    Returns
    -------
    ndarray of float, shape (n_samples, n_columns)
        Of a column without any number zeros.

    Examples
    --------
    >>> standardised(np.array([[1e300, 5.0], [3e300, 5.0]])).round(9).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    filled = np.isfinite(table)
    size = np.max(np.abs(table), axis=0, where=filled, initial=0)
    scaled = table / np.where(size > 0, size, 1.0)
    n_filled = np.maximum(filled.sum(axis=0), 1)
    centred = scaled - np.sum(scaled, axis=0, where=filled) / n_filled
    spread = np.sqrt(np.sum(centred**2, axis=0, where=filled) / n_filled)
    return np.asarray(np.where(spread > SMALLEST, centred / np.where(spread > SMALLEST, spread, 1.0), 0.0))
