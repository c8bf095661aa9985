"""Scores of predictions, as pure functions of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.ranks import RankCorrelation, RankOrder

Floats = NDArray[np.float64]


class Metric(Protocol):
    """A score of predictions: metric(y, prediction) or metric(y, prediction, weight)."""

    def __call__(self, y: ArrayLike, prediction: ArrayLike, weight: ArrayLike | None = None) -> float:
        """Return the score."""


def mean_absolute_error(y: ArrayLike, prediction: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the mean of |prediction - y|, in the unit of y.

    Parameters
    ----------
    y, prediction : array-like of float, shape (n_samples,)
        Measured and predicted values.
    weight : array-like of float, shape (n_samples,), optional
        How much each sample counts, not negative; all the same if not given.

    Returns
    -------
    float
        The score.

    Raises
    ------
    ArgumentError
        If lengths differ, there is no sample, a value is not finite, or weights are negative or all zero.

    Examples
    --------
    >>> mean_absolute_error([0.0, 2.0], [1.0, 2.0])
    0.5
    >>> mean_absolute_error([0.0, 2.0], [1.0, 2.0], weight=[3, 1])
    0.75
    """
    _, error, weights = _checked(y, prediction, weight)
    return float(np.average(np.abs(error), weights=weights))


def median_absolute_error(y: ArrayLike, prediction: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the median of |prediction - y|: the error of a typical row, blind to the tail.

    With weights, half of the weight lies on either side; where that is so for all numbers between two errors, their
    mean.

    Parameters and errors as in `mean_absolute_error`.

    Examples
    --------
    >>> median_absolute_error([0.0, 2.0, 5.0], [1.0, 2.0, 50.0])
    1.0
    >>> median_absolute_error([0.0, 2.0, 5.0], [1.0, 2.0, 50.0], weight=[1, 1, 3])
    45.0
    """
    _, error, weights = _checked(y, prediction, weight)
    return weighted_median(np.abs(error), weights)


def root_mean_squared_error(y: ArrayLike, prediction: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the root of the mean squared error: dominated by the worst rows.

    Parameters and errors as in `mean_absolute_error`.

    Examples
    --------
    >>> root_mean_squared_error([0.0, 0.0], [3.0, 4.0])
    3.5355339059327378
    """
    _, error, weights = _checked(y, prediction, weight)
    return float(np.sqrt(np.average(error**2, weights=weights)))


def r2(y: ArrayLike, prediction: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the coefficient of determination, 1 - sum (y - prediction)^2 / sum (y - mean y)^2.

    1 is perfect, 0 is no better than the mean of these rows, below 0 is worse. NaN if all y are equal.

    Parameters and errors as in `mean_absolute_error`.

    Examples
    --------
    >>> r2([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    1.0
    """
    values, error, weights = _checked(y, prediction, weight)
    if np.ptp(values[weights > 0]) == 0:
        return float("nan")
    total = float(np.sum(weights * (values - np.average(values, weights=weights)) ** 2))
    return 1.0 - float(np.sum(weights * error**2)) / total if total > 0 else float("nan")


def spearman(y: ArrayLike, prediction: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return Spearman's rank correlation: whether the predictions put the samples into the right order.

    1 is the right order, 0 none, -1 the reverse; how far off the values are does not count. Equal values share their
    mean rank. NaN if all y or all predictions are equal. With weights, the weighted correlation of weighted ranks: a
    sample of weight 2 counts as two samples.

    Parameters and errors as in `mean_absolute_error`.

    Examples
    --------
    >>> spearman([1.0, 2.0, 3.0], [10.0, 20.0, 1000.0])
    1.0
    """
    values, _, weights = _checked(y, prediction, weight)
    predicted = np.asarray(prediction, dtype=float)
    return float(RankCorrelation(RankOrder(values), weights[:, None]).to(RankOrder(predicted))[0])


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "mae": mean_absolute_error,
        "median_ae": median_absolute_error,
        "rmse": root_mean_squared_error,
        "r2": r2,
        "spearman": spearman,
    }
)
"""Metrics of a regression by their short names, in the order of the report."""


def coverage(y: ArrayLike, lower: ArrayLike, upper: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the share of rows whose measured value lies within its interval.

    Parameters
    ----------
    y, lower, upper : array-like of float, shape (n_samples,)
        Measured values and the ends of the intervals, which may be infinite.
    weight : array-like of float, shape (n_samples,), optional
        How much each sample counts; all the same if not given.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ArgumentError
        If lengths differ, there is no sample, or weights are negative or all zero.

    Examples
    --------
    >>> coverage([1.0, 2.0], [0.0, 3.0], [1.5, 4.0])
    0.5
    """
    values, low, high = (np.asarray(part, dtype=float) for part in (y, lower, upper))
    if not values.shape == low.shape == high.shape or values.ndim != 1 or len(values) == 0:
        raise ArgumentError(f"y has shape {values.shape}, lower {low.shape} and upper {high.shape}; want (n_samples,)")
    return float(np.average((low <= values) & (values <= high), weights=_weights(weight, len(values))))


def weighted_median(values: Floats, weight: Floats) -> float:
    """Return the median of weighted values.

    Parameters
    ----------
    values : ndarray of float, shape (n_samples,)
        Numbers, infinite ones among them.
    weight : ndarray of float, shape (n_samples,)
        Not negative, not all zero.

    Returns
    -------
    float
        The value with half of the weight on either side; the mean of two where that is so between them.

    Examples
    --------
    >>> weighted_median(np.array([1.0, 2.0, 9.0]), np.array([1.0, 1.0, 2.0]))
    5.5
    """
    counted = np.flatnonzero(weight > 0)
    order = counted[np.argsort(values[counted], kind="stable")]
    up_to = np.cumsum(weight[order])
    half, rounding = 0.5 * up_to[-1], len(order) * np.finfo(float).eps
    place = int(np.searchsorted(up_to, half * (1 - rounding)))
    middle = float(values[order[place]])
    if up_to[place] > half * (1 + rounding):
        return middle
    above = float(values[order[min(place + 1, len(order) - 1)]])
    return middle if above == middle else 0.5 * (middle + above)


def _checked(y: ArrayLike, prediction: ArrayLike, weight: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    """Return measured values, errors and weights, each of shape (n_samples,)."""
    values, predicted = np.asarray(y, dtype=float), np.asarray(prediction, dtype=float)
    if values.shape != predicted.shape or values.ndim != 1 or len(values) == 0:
        raise ArgumentError(f"y has shape {values.shape} and prediction {predicted.shape}; both must be (n_samples,)")
    error = np.asarray(predicted - values)
    if not np.all(np.isfinite(error)):
        raise ArgumentError(f"{int(np.sum(~np.isfinite(error)))} values of y or prediction are not finite")
    return values, error, _weights(weight, len(values))


def _weights(weight: ArrayLike | None, n_samples: int) -> Floats:
    if weight is None:
        return np.ones(n_samples)
    weights = np.asarray(weight, dtype=float)
    if weights.shape != (n_samples,):
        raise ArgumentError(f"weights have shape {weights.shape}, want ({n_samples},)", where="weight")
    n_bad = int(np.sum(~(np.isfinite(weights) & (weights >= 0))))
    if n_bad:
        raise ArgumentError(f"{n_bad} weights are negative or not finite", where="weight")
    if not weights.sum() > 0:
        raise ArgumentError("all weights are zero", where="weight")
    return weights
