"""Curves of a class against the others: what each threshold finds, and whether probabilities mean what they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.binomial import binomial_interval
from matterlearn.validation.classes.metrics import N_BINS, ROUNDING, bin_of, checked_weight

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RocPoints:
    """The ROC curve, from the strictest threshold to the laxest.

    Attributes
    ----------
    false_positive_rate, true_positive_rate : ndarray of float, shape (n_points,)
        Share of other rows and of rows of the class at or above the threshold; NaN where there are none.
    threshold : ndarray of float, shape (n_points,)
        The first is infinite: nothing is found. After it every probability that occurs.
    area : float
        Under the curve.
    """

    false_positive_rate: Floats
    true_positive_rate: Floats
    threshold: Floats
    area: float


@dataclass(frozen=True)
class PrecisionRecallPoints:
    """The precision-recall curve, from the laxest threshold to the strictest.

    Attributes
    ----------
    precision, recall : ndarray of float, shape (n_points,)
        Share of found rows that are of the class, and of rows of the class that are found. The last point is 1 and 0:
        nothing is found. Recall is NaN without a row of the class.
    threshold : ndarray of float, shape (n_points - 1,)
        Every probability that occurs.
    average_precision : float
        Area under the curve, in steps.
    share : float
        Of the class among all rows: the precision of chance.
    """

    precision: Floats
    recall: Floats
    threshold: Floats
    average_precision: float
    share: float


@dataclass(frozen=True)
class CalibrationPoints:
    """What became of rows that were given similar probabilities; bins without a row are left out.

    Attributes
    ----------
    mean_probability : ndarray of float, shape (n_points,)
        In the bin.
    share : ndarray of float, shape (n_points,)
        Of rows of the class.
    low, high : ndarray of float, shape (n_points,)
        Ends of the 95 % binomial interval of the share, in the effective number of different rows.
    weight : ndarray of float, shape (n_points,)
        Sum of the weights of the rows in the bin: their number, if they weigh 1.
    """

    mean_probability: Floats
    share: Floats
    low: Floats
    high: Floats
    weight: Floats


def roc_points(is_class: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None) -> RocPoints:
    """Return the ROC curve with a point for every probability that occurs.

    Parameters
    ----------
    is_class : array-like of bool, shape (n_samples,)
        Whether the row is of the class.
    p : array-like of float, shape (n_samples,)
        Probability of the class.
    weight : array-like of float, shape (n_samples,), optional
        How much each row counts; rows of weight 0 make no point.

    Returns
    -------
    RocPoints
        As `sklearn.metrics.roc_curve(drop_intermediate=False)`.

    Raises
    ------
    ArgumentError
        If lengths differ, there is no row, a probability is not finite, or weights are negative or all zero.

    Examples
    --------
    >>> points = roc_points([False, True, True], [0.1, 0.4, 0.4])
    >>> points.false_positive_rate.tolist(), points.true_positive_rate.tolist(), points.area
    ([0.0, 0.0, 1.0], [0.0, 1.0, 1.0], 1.0)
    """
    threshold, found, false = _cumulative(*_checked(is_class, p, weight))
    true_rate, false_rate = (_share(np.concatenate([[0.0], part]), part[-1]) for part in (found, false))
    return RocPoints(
        false_positive_rate=false_rate,
        true_positive_rate=true_rate,
        threshold=np.concatenate([[np.inf], threshold]),
        area=float(np.trapezoid(true_rate, false_rate)),
    )


def precision_recall_points(
    is_class: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None
) -> PrecisionRecallPoints:
    """Return the precision-recall curve with a point for every probability that occurs.

    Parameters and errors as in `roc_points`.

    Returns
    -------
    PrecisionRecallPoints
        As `sklearn.metrics.precision_recall_curve(drop_intermediate=False)`.

    Examples
    --------
    >>> points = precision_recall_points([False, True, True], [0.3, 0.2, 0.4])
    >>> points.recall.tolist(), points.precision.round(2).tolist(), round(points.average_precision, 2)
    ([1.0, 0.5, 0.5, 0.0], [0.67, 0.5, 1.0, 1.0], 0.83)
    """
    threshold, found, false = _cumulative(*_checked(is_class, p, weight))
    precision, recall = found / (found + false), _share(found, found[-1])
    return PrecisionRecallPoints(
        precision=np.concatenate([precision[::-1], [1.0]]),
        recall=np.concatenate([recall[::-1], [0.0]]),
        threshold=threshold[::-1],
        average_precision=float(np.sum(np.diff(recall, prepend=0.0) * precision)),
        share=float(found[-1] / (found[-1] + false[-1])),
    )


def calibration_points(
    is_class: ArrayLike,
    p: ArrayLike,
    weight: ArrayLike | None = None,
    n_bins: int = N_BINS,
    *,
    row_id: ArrayLike | None = None,
) -> CalibrationPoints:
    """Return the share of rows of a class among rows of similar probability, in bins of equal width.

    Parameters
    ----------
    is_class, p, weight
        As in `roc_points`; probabilities must be from 0 to 1.
    n_bins : int
        Number of bins, at least 1.
    row_id : array-like of int, shape (n_samples,), optional
        Which row of data each is. One that was predicted several times counts once for the width of the interval.

    Returns
    -------
    CalibrationPoints
        Means and shares as `sklearn.calibration.calibration_curve(strategy="uniform")`.

    Raises
    ------
    ArgumentError
        As in `roc_points`; or if a probability is outside 0 to 1, or there is no bin.

    Examples
    --------
    >>> points = calibration_points([False, True, True], [0.1, 0.8, 0.9], n_bins=2)
    >>> points.mean_probability.round(2).tolist(), points.share.tolist(), points.low.round(2).tolist()
    ([0.1, 0.85], [0.0, 1.0], [0.0, 0.16])
    """
    member, probability, weights = _checked(is_class, p, weight)
    if n_bins < 1:
        raise ArgumentError(f"must be at least 1, got {n_bins}", where="n_bins")
    if probability.min() < -ROUNDING or probability.max() > 1 + ROUNDING:
        raise ArgumentError("probabilities are outside 0 to 1", where="p")
    number = bin_of(probability, n_bins)
    total = np.bincount(number, weights, n_bins).astype(float)
    filled = total > 0
    with np.errstate(invalid="ignore"):
        mean = np.bincount(number, weights * probability, n_bins) / total
        share = np.clip(np.bincount(number, weights * member, n_bins) / total, 0.0, 1.0)
    low, high = binomial_interval(share[filled], _effective(number, weights, row_id, n_bins)[filled])
    return CalibrationPoints(
        mean_probability=mean[filled], share=share[filled], low=low, high=high, weight=total[filled]
    )


def _checked(is_class: ArrayLike, p: ArrayLike, weight: ArrayLike | None) -> tuple[NDArray[np.bool_], Floats, Floats]:
    member, probability = np.asarray(is_class, dtype=bool), np.asarray(p, dtype=float)
    if member.shape != probability.shape or member.ndim != 1 or len(member) == 0:
        raise ArgumentError(f"is_class has shape {member.shape} and p {probability.shape}; both must be (n_samples,)")
    n_bad = int(np.sum(~np.isfinite(probability)))
    if n_bad:
        raise ArgumentError(f"{n_bad} probabilities are not finite", where="p")
    return member, probability, checked_weight(weight, len(member))


def _cumulative(member: NDArray[np.bool_], p: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Return different probabilities, the largest first, and the weight of the class and of others down to each."""
    counted = np.flatnonzero(weight > 0)
    order = counted[np.argsort(-p[counted], kind="stable")]
    ordered = p[order]
    last = np.concatenate([ordered[1:] != ordered[:-1], [True]])
    found, false = (np.cumsum(weight[order] * part)[last] for part in (member[order], ~member[order]))
    return ordered[last], found, false


def _share(part: Floats, whole: float) -> Floats:
    return part / whole if whole > 0 else np.full(len(part), np.nan)


def _effective(number: NDArray[np.intp], weight: Floats, row_id: ArrayLike | None, n_bins: int) -> Floats:
    """Return the effective number of different rows in each bin (Kish), shape (n_bins,)."""
    rows = np.arange(len(number)) if row_id is None else np.unique(np.asarray(row_id), return_inverse=True)[1]
    if len(rows) != len(number):
        raise ArgumentError(f"{len(rows)} rows for {len(number)} of p", where="row_id")
    pairs, pair = np.unique(number * (rows.max() + 1) + rows, return_inverse=True)  # a row may be in several bins
    mean_weight = np.bincount(pair, weight) / np.bincount(pair)
    bins = pairs // (rows.max() + 1)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.bincount(bins, mean_weight, n_bins) ** 2 / np.bincount(bins, mean_weight**2, n_bins))
