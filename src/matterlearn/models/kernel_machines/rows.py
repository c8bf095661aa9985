"""Equal rows as one."""

from __future__ import annotations

import numpy as np

from matterlearn.models.kernel_machines.kernels import Floats


def distinct_rows(X: Floats, y: Floats, weights: Floats | None) -> tuple[Floats, Floats, Floats]:
    """Merge equal rows; those of weight 0 are left out.

    Parameters
    ----------
    X : ndarray of float, shape (n_samples, n_features)
        Rows.
    y : ndarray of float, shape (n_samples, n_targets)
        Targets.
    weights : ndarray of float, shape (n_samples,), or None
        Their weights, not all 0; None for 1.

    Returns
    -------
    tuple of ndarray
        Rows, mean targets, summed weights, in the order of first appearance.

    Examples
    --------
    >>> rows, y, weights = distinct_rows(np.array([[2.0], [1.0], [2.0]]), np.array([[0.0], [5.0], [3.0]]), None)
    >>> rows.tolist(), y.tolist(), weights.tolist()
    ([[2.0], [1.0]], [[1.5], [5.0]], [2.0, 1.0])
    """
    if weights is None:
        weights = np.ones(len(X))
    elif not weights.all():
        used = weights > 0
        X, y, weights = X[used], y[used], weights[used]
    keys = np.ascontiguousarray(X + 0.0)  # minus 0 becomes 0
    numbers: dict[bytes, int] = {}
    which = np.array([numbers.setdefault(row.tobytes(), len(numbers)) for row in keys])
    if len(numbers) == len(X):
        return X, y, weights
    first = np.unique(which, return_index=True)[1]
    total = np.bincount(which, weights).astype(np.float64)
    means = np.stack([np.bincount(which, weights * column) / total for column in y.T], axis=1)
    return X[first], means, total
