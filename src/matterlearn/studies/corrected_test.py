"""Whether one model beats another on folds that share their training rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from matterlearn.core.errors import ArgumentError


class CorrectedTest(NamedTuple):
    """A paired test over folds.

    Attributes
    ----------
    mean : float
        Mean difference.
    low, high : float
        Ends of its interval.
    t : float
        Mean difference in corrected standard errors.
    p : float
        Probability of so large a difference, to either side, if the models were alike.
    naive_p : float
        The same if the folds were independent, which they are not.
    """

    mean: float
    low: float
    high: float
    t: float
    p: float
    naive_p: float


def corrected_test(differences: ArrayLike, test_per_train: float, level: float = 0.95) -> CorrectedTest:
    """Return Student's test of paired differences over folds, corrected for training rows that folds share.

    The variance of the mean of J differences is taken as (1 / J + n_test / n_train) s² instead of s² / J, with J - 1
    degrees of freedom.

    Parameters
    ----------
    differences : array-like of float, shape (n_folds,)
        Score of one model minus that of the other on the same folds; at least two.
    test_per_train : float
        Test rows per training row: 1/4 for five folds.
    level : float
        Confidence of the interval, strictly between 0 and 1.

    Returns
    -------
    CorrectedTest
        Where all differences are equal, t is infinite and p 0, or NaN and 1 if they are all 0.

    Raises
    ------
    ArgumentError
        If there are fewer than two differences, one is not finite, or the ratio is negative.

    References
    ----------
    C. Nadeau and Y. Bengio, Inference for the generalization error, Machine Learning 52, 239 (2003).

    Examples
    --------
    >>> found = corrected_test([0.01, 0.02, 0.03, 0.02, 0.02], 0.25)
    >>> round(found.t, 3), round(found.p, 3), round(found.naive_p, 3)
    (4.216, 0.014, 0.003)
    """
    if not 0 < level < 1:
        raise ArgumentError(f"must be strictly between 0 and 1, got {level}", where="level")
    found = np.asarray(differences, dtype=float)
    if found.ndim != 1 or len(found) < 2 or not np.isfinite(found).all():
        raise ArgumentError("needs at least two finite differences", where="differences")
    if not test_per_train >= 0:
        raise ArgumentError(f"must not be negative, got {test_per_train}", where="test_per_train")
    n, mean, spread = len(found), float(found.mean()), float(found.std(ddof=1))
    error = spread * np.sqrt(1 / n + test_per_train)
    reach = float(student.ppf((1 + level) / 2, n - 1) * error)
    if spread == 0:
        t, p = (float("nan"), 1.0) if mean == 0 else (float(np.copysign(np.inf, mean)), 0.0)
        return CorrectedTest(mean, mean, mean, t, p, p)
    t = mean / error
    naive = mean / (spread / np.sqrt(n))
    p, naive_p = (float(2 * student.sf(abs(value), n - 1)) for value in (t, naive))
    return CorrectedTest(mean, mean - reach, mean + reach, float(t), p, naive_p)
