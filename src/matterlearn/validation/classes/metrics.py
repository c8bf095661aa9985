"""Scores of classes and their probabilities, as pure functions of numbers.

`codes` are the measured classes as numbers from 0 to n_classes - 1, `P` the probabilities of all classes, and `decided`
the classes that were decided for. A score that does not exist for some rows, such as the area under the ROC curve where
all are of one class, is NaN. Scores of one class against the others take the number of that class (`positive`), or are
the mean over all classes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.classes.counts import balanced_accuracy_of, f1_of, matthews_of
from matterlearn.validation.classes.ranked import RankedFolds

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

ROUNDING = 1e-6
"""How far probabilities of a row may be from a sum of 1, or outside 0 to 1: single precision does not do better."""

N_BINS = 10
"""Bins of equal width of the calibration error, as is usual."""


def accuracy(codes: ArrayLike, decided: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the share of rows whose class was decided for.

    Parameters
    ----------
    codes, decided : array-like of int, shape (n_samples,)
        Measured classes and decisions.
    weight : array-like of float, shape (n_samples,), optional
        How much each row counts, not negative; all the same if not given.

    Returns
    -------
    float
        The score.

    Raises
    ------
    ArgumentError
        If lengths differ, there is no row, a class is no whole number from 0, or weights are negative or all zero.

    Examples
    --------
    >>> accuracy([0, 1, 1, 1], [0, 1, 1, 0])
    0.75
    """
    measured, chosen, weights = _decisions(codes, decided, weight)
    return float(np.average(measured == chosen, weights=weights))


def balanced_accuracy(codes: ArrayLike, decided: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the mean over the classes of the share of their rows that was decided rightly; NaN for one class.

    Parameters and errors as in `accuracy`.

    Examples
    --------
    >>> balanced_accuracy([0, 1, 1, 1], [0, 0, 1, 1]) == (1 + 2 / 3) / 2
    True
    """
    return float(balanced_accuracy_of(*_totals(codes, decided, weight)))


def f1(codes: ArrayLike, decided: ArrayLike, weight: ArrayLike | None = None, *, positive: int | None = None) -> float:
    """Return the harmonic mean of precision and recall: of one class, or its mean over the classes that occur.

    Parameters
    ----------
    codes, decided : array-like of int, shape (n_samples,)
        Measured classes and decisions.
    weight : array-like of float, shape (n_samples,), optional
        How much each row counts.
    positive : int, optional
        The class. Without it the mean over all classes of which there is a row or a decision.

    Returns
    -------
    float
        The score; NaN without a row of the class and a decision for it.

    Examples
    --------
    >>> f1([0, 1, 1, 1], [0, 0, 1, 1], positive=1)
    0.8
    """
    totals = _totals(codes, decided, weight, positive)
    return float(f1_of(*totals, positive=positive))


def matthews(codes: ArrayLike, decided: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the correlation of classes and decisions: 1 if all are right, 0 for any fixed decision.

    NaN for rows of one class. Parameters and errors as in `accuracy`.

    References
    ----------
    J. Gorodkin, Comparing two K-category assignments by a K-category correlation coefficient, Comput. Biol. Chem. 28,
    367 (2004).

    Examples
    --------
    >>> round(matthews([0, 1, 1, 1], [0, 0, 1, 1]), 3)
    0.577
    """
    return float(matthews_of(*_totals(codes, decided, weight)))


def log_loss(codes: ArrayLike, P: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the mean of -ln of the probability that the measured class was given.

    A probability of 0 counts as 2.2e-16 (the spacing of floats at 1), or one such row would decide everything.

    Parameters
    ----------
    codes : array-like of int, shape (n_samples,)
        Measured classes.
    P : array-like of float, shape (n_samples, n_classes)
        Probabilities; each row sums to 1.
    weight : array-like of float, shape (n_samples,), optional
        How much each row counts, not negative; all the same if not given.

    Returns
    -------
    float
        The score, from 0.

    Raises
    ------
    ArgumentError
        If lengths differ, there is no row, a class has no column, a probability is not finite, outside 0 to 1 or does
        not sum to 1 with the others of its row, or weights are negative or all zero.

    Examples
    --------
    >>> round(log_loss([0, 1], [[0.5, 0.5], [0.75, 0.25]]), 3)
    1.04
    """
    measured, probability, weights = _probabilities(codes, P, weight)
    return float(np.average(row_log_loss(measured, probability), weights=weights))


def brier(codes: ArrayLike, P: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the mean squared difference of probabilities from what happened.

    For two classes of one of the probabilities, from 0 to 1; for more the sum over classes, from 0 to 2, as
    scikit-learn has it. Parameters and errors as in `log_loss`.

    Examples
    --------
    >>> brier([0, 1], [[0.5, 0.5], [1.0, 0.0]])
    0.625
    >>> brier([0], [[0.0, 1.0, 0.0]])
    2.0
    """
    measured, probability, weights = _probabilities(codes, P, weight)
    return float(np.average(row_brier(measured, probability), weights=weights))


def roc_auc(
    codes: ArrayLike,
    P: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    positive: int | None = None,
    fold: ArrayLike | None = None,
) -> float:
    """Return the probability that a row of a class is given more of it than a row of another class; equal is half.

    This is the area under the ROC curve.

    Parameters
    ----------
    codes, P, weight
        As in `log_loss`.
    positive : int, optional
        The class that is told from the others. Without it the mean over all classes that there are rows of, and not
        only rows of.
    fold : array-like of int, shape (n_samples,), optional
        Fold of each row. Each fold has a model of its own, so that only rows of one fold are compared: the area is the
        mean over the folds, weighted by their pairs of rows. All rows are compared if not given.

    Returns
    -------
    float
        1 is perfect, 0.5 is chance.

    Examples
    --------
    >>> roc_auc([0, 0, 1, 1], [[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]], positive=1)
    0.75
    """
    return _ranked(codes, P, weight, positive, fold)[0]


def average_precision(
    codes: ArrayLike,
    P: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    positive: int | None = None,
    fold: ArrayLike | None = None,
) -> float:
    """Return the mean over the rows of a class of the precision of a threshold that just finds the row.

    This is the area under the precision-recall curve, drawn in steps. What chance gives is the share of the class.
    Parameters as in `roc_auc`.

    Examples
    --------
    >>> round(average_precision([0, 0, 1, 1], [[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]], positive=1), 3)
    0.833
    """
    return _ranked(codes, P, weight, positive, fold)[1]


def confusion_counts(codes: ArrayLike, decided: ArrayLike, n_classes: int, weight: ArrayLike | None = None) -> Floats:
    """Return how much weight of each measured class (row) was decided for each class (column).

    Parameters
    ----------
    codes, decided : array-like of int, shape (n_samples,)
        Measured classes and decisions.
    n_classes : int
        Number of classes.
    weight : array-like of float, shape (n_samples,), optional
        How much each row counts.

    Returns
    -------
    ndarray of float, shape (n_classes, n_classes)
        Numbers of rows, if they weigh 1.

    Raises
    ------
    ArgumentError
        As in `accuracy`; or if a class is not below `n_classes`.

    Examples
    --------
    >>> confusion_counts([0, 1, 1], [0, 0, 1], 2).tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    measured, chosen, weights = _decisions(codes, decided, weight)
    largest = max(measured.max(), chosen.max())
    if largest >= n_classes:
        raise ArgumentError(f"class {largest} is not among {n_classes}, counted from 0", where="codes")
    counts = np.bincount(measured * n_classes + chosen, weights, n_classes**2).astype(float)
    return counts.reshape(n_classes, n_classes)


def confusion_rates(codes: ArrayLike, decided: ArrayLike, n_classes: int, weight: ArrayLike | None = None) -> Floats:
    """Return the share of each measured class (row) that was decided for each class (column).

    Parameters and errors as in `confusion_counts`; a row of a class that does not occur is NaN.

    Examples
    --------
    >>> confusion_rates([0, 1, 1], [0, 0, 1], 2).tolist()
    [[1.0, 0.0], [0.5, 0.5]]
    """
    counts = confusion_counts(codes, decided, n_classes, weight)
    with np.errstate(invalid="ignore"):
        return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def expected_calibration_error(
    codes: ArrayLike,
    P: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    positive: int | None = None,
    n_bins: int = N_BINS,
) -> float:
    """Return how far probabilities are from the shares of rows that turned out so, on average over the rows.

    Probabilities of a class are put into bins of equal width; in each the mean probability is compared with the share
    of rows of the class. The error is not 0 for perfect probabilities: shares of few rows differ from them by chance.

    Parameters
    ----------
    codes, P, weight
        As in `log_loss`.
    positive : int, optional
        The class. Without it the mean over all classes.
    n_bins : int
        Number of bins.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    ArgumentError
        As in `log_loss`; or if there is no bin.

    References
    ----------
    M. P. Naeini, G. F. Cooper and M. Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning, AAAI
    2015; over classes: M. Kull et al., Beyond temperature scaling, NeurIPS 2019.

    Examples
    --------
    >>> round(expected_calibration_error([1, 1, 0, 0], [[0.3, 0.7], [0.3, 0.7], [0.4, 0.6], [0.4, 0.6]]), 3)
    0.45
    """
    measured, probability, weights = _probabilities(codes, P, weight)
    if n_bins < 1:
        raise ArgumentError(f"must be at least 1, got {n_bins}", where="n_bins")
    gaps = []
    for number in _chosen_classes(probability, positive):
        p = probability[:, number]
        gap = np.bincount(bin_of(p, n_bins), weights * (p - (measured == number)), n_bins)
        gaps.append(np.abs(gap).sum() / weights.sum())
    return float(np.mean(gaps))


def bin_of(p: Floats, n_bins: int) -> Codes:
    """Return the bin of equal width of each probability, from 0; an edge belongs to the bin below it.

    Examples
    --------
    >>> bin_of(np.array([0.0, 0.5, 0.51, 1.0]), 2).tolist()
    [0, 0, 1, 1]
    """
    return np.searchsorted(np.linspace(0.0, 1.0, n_bins + 1)[1:-1], p, side="left").astype(np.intp)


def row_log_loss(codes: Codes, P: Floats) -> Floats:
    """Return the log loss of each row, shape (n_samples,), of arrays that were checked.

    Examples
    --------
    >>> row_log_loss(np.array([1, 0]), np.array([[0.5, 0.5], [1.0, 0.0]])).round(3).tolist()
    [0.693, 0.0]
    """
    smallest = np.finfo(float).eps
    return -np.log(np.clip(P[np.arange(len(codes)), codes], smallest, 1.0 - smallest))


def row_brier(codes: Codes, P: Floats) -> Floats:
    """Return the Brier score of each row, shape (n_samples,), of arrays that were checked.

    Examples
    --------
    >>> row_brier(np.array([1, 0]), np.array([[0.5, 0.5], [1.0, 0.0]])).tolist()
    [0.25, 0.0]
    """
    happened = np.arange(P.shape[1]) == codes[:, None]
    loss = np.sum((P - happened) ** 2, axis=1)
    return np.asarray(0.5 * loss if P.shape[1] < 3 else loss)


def checked_probabilities(P: ArrayLike) -> Floats:
    """Return probabilities as an array, shape (n_samples, n_classes), if they are some.

    Raises
    ------
    ArgumentError
        If one is not finite or outside 0 to 1, or a row does not sum to 1.

    Examples
    --------
    >>> checked_probabilities([[0.2, 0.8]]).shape
    (1, 2)
    """
    probability = np.asarray(P, dtype=float)
    if probability.ndim != 2:
        raise ArgumentError(f"shape {probability.shape}, want (n_samples, n_classes)", where="P")
    n_bad = int(np.sum(~np.isfinite(probability)))
    if n_bad:
        raise ArgumentError(f"{n_bad} probabilities are not finite", where="P")
    n_outside = int(np.sum((probability < -ROUNDING) | (probability > 1 + ROUNDING)))
    if n_outside:
        raise ArgumentError(f"{n_outside} probabilities are outside 0 to 1", where="P")
    n_off = int(np.sum(np.abs(probability.sum(axis=1) - 1.0) > ROUNDING * max(1, probability.shape[1])))
    if n_off:
        raise ArgumentError(f"the probabilities of {n_off} rows do not sum to 1", where="P")
    return probability


def checked_weight(weight: ArrayLike | None, n_samples: int) -> Floats:
    """Return weights of rows, shape (n_samples,): 1 if none are given.

    Raises
    ------
    ArgumentError
        If there are not as many as rows, or they are negative, not finite or all zero.

    Examples
    --------
    >>> checked_weight(None, 2).tolist()
    [1.0, 1.0]
    """
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


def checked_codes(codes: ArrayLike, where: str = "codes") -> Codes:
    """Return classes as whole numbers, shape (n_samples,).

    Raises
    ------
    ArgumentError
        If there is none, or one is not a whole number from 0.

    Examples
    --------
    >>> checked_codes([1.0, 0.0]).tolist()
    [1, 0]
    """
    numbers = np.asarray(codes)
    if numbers.ndim != 1 or len(numbers) == 0:
        raise ArgumentError(f"shape {numbers.shape}, want (n_samples,)", where=where)
    if numbers.dtype.kind not in "iufb" or not np.isfinite(numbers).all():
        raise ArgumentError("classes are not numbers", where=where, fix="give their positions among the sorted labels")
    whole = numbers.astype(np.intp)
    if (whole != numbers).any() or (whole < 0).any():
        raise ArgumentError("classes are not whole numbers from 0", where=where)
    return whole


def _decisions(codes: ArrayLike, decided: ArrayLike, weight: ArrayLike | None) -> tuple[Codes, Codes, Floats]:
    measured, chosen = checked_codes(codes), checked_codes(decided, "decided")
    if len(measured) != len(chosen):
        raise ArgumentError(f"{len(measured)} codes and {len(chosen)} decisions; want as many of each", where="decided")
    return measured, chosen, checked_weight(weight, len(measured))


def _totals(
    codes: ArrayLike, decided: ArrayLike, weight: ArrayLike | None, positive: int | None = None
) -> tuple[Floats, Floats, Floats]:
    """Return the weight of measured, decided and rightly decided rows of each class."""
    measured, chosen, weights = _decisions(codes, decided, weight)
    if positive is not None and positive < 0:
        raise ArgumentError(f"class {positive} is no number from 0", where="positive")
    n_classes = 1 + max(measured.max(), chosen.max(), positive or 0)
    right = measured == chosen
    return (
        np.bincount(measured, weights, n_classes).astype(float),
        np.bincount(chosen, weights, n_classes).astype(float),
        np.bincount(measured[right], weights[right], n_classes).astype(float),
    )


def _probabilities(codes: ArrayLike, P: ArrayLike, weight: ArrayLike | None) -> tuple[Codes, Floats, Floats]:
    measured, probability = checked_codes(codes), checked_probabilities(P)
    if len(measured) != len(probability):
        raise ArgumentError(f"{len(probability)} rows of probabilities for {len(measured)} codes", where="P")
    if measured.max() >= probability.shape[1]:
        raise ArgumentError(f"class {measured.max()} has no column among {probability.shape[1]}", where="P")
    return measured, probability, checked_weight(weight, len(measured))


def _chosen_classes(probability: Floats, positive: int | None) -> range:
    n_classes = probability.shape[1]
    if positive is None:
        return range(n_classes)
    if not 0 <= positive < n_classes:
        raise ArgumentError(f"class {positive} is not among {n_classes}, counted from 0", where="positive")
    return range(positive, positive + 1)


def _ranked(
    codes: ArrayLike, P: ArrayLike, weight: ArrayLike | None, positive: int | None, fold: ArrayLike | None
) -> tuple[float, float]:
    """Return the area under the ROC curve and the average precision."""
    measured, probability, weights = _probabilities(codes, P, weight)
    folds = np.zeros(len(measured), dtype=np.intp) if fold is None else np.asarray(fold, dtype=np.intp)
    if folds.shape != measured.shape:
        raise ArgumentError(f"shape {folds.shape}, want ({len(measured)},)", where="fold")
    together, once = np.zeros(len(measured), dtype=np.intp), np.ones((1, 1))
    found = np.array(
        [
            np.concatenate(RankedFolds(measured == number, probability[:, number], weights, together, 1, folds)(once))
            for number in _chosen_classes(probability, positive)
        ]
    )  # (n_chosen, 2)
    known = found[~np.isnan(found[:, 0])]
    if len(known) == 0:
        return float("nan"), float("nan")
    area, precision = known.mean(axis=0)
    return float(area), float(precision)
