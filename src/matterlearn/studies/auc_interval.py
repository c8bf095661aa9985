"""The area under the ROC curve and how sure it is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

from matterlearn.core.errors import ArgumentError


class AucInterval(NamedTuple):
    """An area under the ROC curve.

    Attributes
    ----------
    auc : float
        The area.
    low, high : float
        Ends of its interval.
    """

    auc: float
    low: float
    high: float


def auc(y: ArrayLike, score: ArrayLike) -> float:
    """Return the share of pairs of one row of each class in which the row of class 1 has the larger score.

    Parameters
    ----------
    y : array-like of int, shape (n_rows,)
        1 or 0.
    score : array-like of float, shape (n_rows,)
        Larger for class 1. A tie counts half.

    Returns
    -------
    float
        The area under the ROC curve; NaN if there is one class only.

    Examples
    --------
    >>> auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    is_one, values = _checked(y, score)
    n_ones, n_zeros = int(is_one.sum()), int((~is_one).sum())
    if not n_ones or not n_zeros:
        return float("nan")
    ranks = rankdata(values)  # Mann and Whitney
    return float((ranks[is_one].sum() - n_ones * (n_ones + 1) / 2) / (n_ones * n_zeros))


def auc_interval(y: ArrayLike, score: ArrayLike, level: float = 0.95) -> AucInterval:
    """Return the area under the ROC curve with DeLong's interval, on the scale of its logit.

    The interval is that of scores that are given: how much a model would change with other training rows is not in it.
    On the logit scale an interval stays between 0 and 1. An area of 0 or 1 has no standard error; the end that is not
    reached is then taken from the smallest area that pairs all in order leave likely, 1 - 3 / min(n_ones, n_zeros)
    (the rule of three).

    Parameters
    ----------
    y : array-like of int, shape (n_rows,)
        1 or 0.
    score : array-like of float, shape (n_rows,)
        Larger for class 1.
    level : float
        Confidence, strictly between 0 and 1.

    Returns
    -------
    AucInterval
        NaN if a class has fewer than two rows.

    Raises
    ------
    ArgumentError
        If the shapes differ, a class is neither 0 nor 1, or the level is not strictly between 0 and 1.

    References
    ----------
    E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, Comparing the areas under two or more correlated receiver
    operating characteristic curves: a nonparametric approach, Biometrics 44, 837 (1988).

    Examples
    --------
    >>> [round(value, 3) for value in auc_interval([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6])]
    [0.889, 0.261, 0.995]
    """
    if not 0 < level < 1:
        raise ArgumentError(f"must be strictly between 0 and 1, got {level}", where="level")
    is_one, values = _checked(y, score)
    ones, zeros = values[is_one], values[~is_one]
    area = auc(y, score)
    if min(len(ones), len(zeros)) < 2:
        return AucInterval(area, float("nan"), float("nan"))
    least = max(0.0, 1 - 3 / min(len(ones), len(zeros)))
    if area in (0.0, 1.0):
        return AucInterval(area, least, 1.0) if area else AucInterval(area, 0.0, 1 - least)
    wins = (ones[:, None] > zeros).astype(float) + 0.5 * (ones[:, None] == zeros)  # (n_ones, n_zeros)
    variance = wins.mean(axis=1).var(ddof=1) / len(ones) + wins.mean(axis=0).var(ddof=1) / len(zeros)
    reach = ndtri((1 + level) / 2) * np.sqrt(variance) / (area * (1 - area))  # of the logit
    logit = np.log(area / (1 - area))
    low, high = (1 / (1 + np.exp(-(logit + sign * reach))) for sign in (-1, 1))
    return AucInterval(area, float(low), float(high))


def _checked(y: ArrayLike, score: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    classes, values = np.asarray(y), np.asarray(score, dtype=float)
    if classes.ndim != 1 or classes.shape != values.shape:
        raise ArgumentError(f"y has shape {classes.shape}, the scores {values.shape}", where="y")
    if not np.isin(classes, (0, 1)).all():
        raise ArgumentError("must be 0 or 1", where="y")
    if not np.isfinite(values).all():
        raise ArgumentError("must be finite numbers", where="score")
    return classes == 1, values
