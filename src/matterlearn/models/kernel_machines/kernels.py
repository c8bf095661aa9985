"""Kernels in two steps: what does not depend on the length scale, which takes most of the time, and what does."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist, squareform
from sklearn.metrics.pairwise import euclidean_distances

Floats = NDArray[np.float64]

DOT_KERNELS: Final = ("linear", "polynomial")
"""Of products of rows."""

STATIONARY: Final = ("rbf", "laplacian", "matern12", "matern32", "matern52")
"""Of distances between rows; 1 for equal rows."""

KERNELS: Final = (*DOT_KERNELS, *STATIONARY)

_METRICS: Final = {"laplacian": "cityblock", "matern12": "euclidean"}
"""Kernels with a kink at 0, which want distances that are right to the last digit even where they are small; the others
depend on squared distances, which one product of matrices gives."""


def closeness(A: Floats, B: Floats | None, kernel: str) -> Floats:
    """Return what a kernel needs of rows besides its length scale.

    Parameters
    ----------
    A : ndarray of float, shape (n_a, n_features)
        Rows.
    B : ndarray of float, shape (n_b, n_features), or None
        Other rows; None for the same ones.
    kernel : str
        One of `KERNELS`.

    Returns
    -------
    ndarray of float, shape (n_a, n_b)
        Dot products (linear, polynomial), sums of absolute differences (Laplacian), distances (Matern 1/2) or squared
        distances (the others).
    """
    if kernel in DOT_KERNELS:
        return np.asarray(A @ (A if B is None else B).T)
    metric = _METRICS.get(kernel)
    if metric is None:
        return np.asarray(euclidean_distances(A, B, squared=True))
    if B is None:
        return np.asarray(squareform(pdist(A, metric)))
    return np.asarray(cdist(A, B, metric))


def kernel_values(between: Floats, kernel: str, length_scale: float, degree: int = 3) -> Floats:
    """Return kernel values.

    Parameters
    ----------
    between : ndarray of float, shape (n_a, n_b)
        What `closeness` returned.
    kernel : str
        One of `KERNELS`.
    length_scale : float
        Unit of the features.
    degree : int
        Of the polynomial.

    Returns
    -------
    ndarray of float, shape (n_a, n_b)
        With d the Euclidean distance and l the length scale: linear x.x'/l^2, polynomial (1 + x.x'/l^2)^degree,
        rbf exp(-d^2 / 2 l^2), laplacian exp(-|x - x'|_1 / l), matern12 exp(-d/l),
        matern32 (1 + s) exp(-s) with s = sqrt(3) d/l, matern52 (1 + s + s^2/3) exp(-s) with s = sqrt(5) d/l.

    Examples
    --------
    >>> kernel_values(np.array([[0.0, 4.0]]), "matern32", 2.0).round(4).tolist()
    [[1.0, 0.4834]]
    """
    if kernel == "linear":
        return between / length_scale**2
    if kernel == "polynomial":
        return np.asarray((1.0 + between / length_scale**2) ** degree)
    if kernel == "rbf":
        return np.asarray(np.exp(between * (-0.5 / length_scale**2)))
    if kernel in _METRICS:
        return np.asarray(np.exp(between / -length_scale))
    s = _scaled(between, kernel, length_scale)
    factor = 1.0 + s if kernel == "matern32" else 1.0 + s + s * s / 3.0
    return np.asarray(factor * np.exp(-s))


def length_scale_slope(between: Floats, kernel: str, length_scale: float) -> Floats:
    """Return the derivatives of stationary kernel values by the logarithm of the length scale.

    Parameters
    ----------
    between : ndarray of float, shape (n_a, n_b)
        What `closeness` returned.
    kernel : str
        One of `STATIONARY`.
    length_scale : float
        Unit of the features.

    Returns
    -------
    ndarray of float, shape (n_a, n_b)
    """
    if kernel == "rbf":
        scaled = between / length_scale**2
        return np.asarray(scaled * np.exp(-0.5 * scaled))
    if kernel in _METRICS:
        scaled = between / length_scale
        return np.asarray(scaled * np.exp(-scaled))
    s = _scaled(between, kernel, length_scale)
    factor = s * s if kernel == "matern32" else s * s * (1.0 + s) / 3.0
    return np.asarray(factor * np.exp(-s))


def typical_length(between: Floats, kernel: str) -> float:
    """Return the length scale that the rows themselves suggest.

    Parameters
    ----------
    between : ndarray of float, shape (n_rows, n_rows)
        What `closeness` returned for the rows with themselves.
    kernel : str
        One of `KERNELS`.

    Returns
    -------
    float
        Median distance between two rows, in the metric of the kernel; for products of rows their root mean square
        length. 1 where all rows are the same.
    """
    if kernel in DOT_KERNELS:
        length = float(np.sqrt(np.trace(between) / len(between)))
    else:
        pairs = between[np.triu_indices(len(between), 1)]
        median = float(np.median(pairs)) if len(pairs) else 0.0
        median = median if median > 0 or not len(pairs) else float(pairs.mean())
        length = median if kernel in _METRICS else float(np.sqrt(median))
    return length if length > 0 else 1.0


def _scaled(between: Floats, kernel: str, length_scale: float) -> Floats:
    return np.asarray(np.sqrt(between * ((3.0 if kernel == "matern32" else 5.0) / length_scale**2)))
