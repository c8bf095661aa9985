"""Decisions that weigh what mistakes cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matterlearn.core.errors import ArgumentError, did_you_mean
from matterlearn.models.decisions.checks import (
    checked_codes,
    checked_flags,
    checked_positive,
    checked_probabilities,
    checked_values,
    counted_rows,
)

BALANCED = "balanced"
"""Every class costs the same as a whole: a row of a rare class costs more."""


def decide(P: ArrayLike, weights: ArrayLike | None = None) -> NDArray[np.intp]:
    """Return the class whose loss would cost most.

    With a cost w_k of giving a row of class k any other class, the expected cost is least for the class with the
    largest w_k P_k. Between two classes that is a threshold: class 1 where P_1 >= w_0 / (w_0 + w_1).

    Parameters
    ----------
    P : array-like of float, shape (n_samples, n_classes)
        Probabilities.
    weights : array-like of float, shape (n_classes,), optional
        Cost of missing a row of each class, above 0; None: the most probable class.

    Returns
    -------
    ndarray of int, shape (n_samples,)
        Positions of the classes; the first one among equals.

    Raises
    ------
    ArgumentError
        If `P` holds no probabilities, or a cost is not above 0.

    References
    ----------
    C. M. Bishop, Pattern Recognition and Machine Learning, Springer (2006), section 1.5.2.

    Examples
    --------
    >>> decide([[0.8, 0.2], [0.6, 0.4]], weights=[1.0, 3.0])
    array([0, 1])
    """
    probabilities = checked_probabilities(P)
    if weights is None:
        return np.asarray(np.argmax(probabilities, axis=1))
    costs = checked_positive(weights, probabilities.shape[1], "weights")
    return np.asarray(np.argmax(probabilities * (costs / costs.max()), axis=1))


def threshold_for_cost(
    is_positive: ArrayLike, p: ArrayLike, cost_missed: float, cost_false: float, weight: ArrayLike | None = None
) -> float:
    """Return the threshold that would have cost least on rows that the model did not learn from.

    Where several intervals of thresholds cost the same, the one nearest to cost_false / (cost_false + cost_missed) is
    taken, which is right for calibrated probabilities; that value itself if it lies inside, else the middle.

    Parameters
    ----------
    is_positive : array-like of bool, shape (n_samples,)
        Whether a row is of the positive class.
    p : array-like of float, shape (n_samples,)
        Its probability of that class.
    cost_missed, cost_false : float
        Cost of a positive row below the threshold, and of another row at or above it. Not negative, not both 0.
    weight : array-like of float, shape (n_samples,), optional
        Row weights.

    Returns
    -------
    float
        Rows with p >= threshold are called positive; infinite if not even p = 1 should be.

    Raises
    ------
    ArgumentError
        If shapes differ, numbers are not finite or out of range, or no row counts.

    Examples
    --------
    >>> p, is_positive = [0.1, 0.3, 0.5, 0.7, 0.9], [False, True, False, True, True]
    >>> threshold_for_cost(is_positive, p, cost_missed=4.0, cost_false=1.0)
    0.2
    >>> threshold_for_cost(is_positive, p, cost_missed=1.0, cost_false=4.0)
    0.6
    """
    missed, false = (float(checked_values([cost], 1, "costs")[0]) for cost in (cost_missed, cost_false))
    if min(missed, false) < 0 or max(missed, false) == 0:
        raise ArgumentError(f"must not be negative, nor both 0, got {missed:g} and {false:g}", where="costs")
    positive = checked_flags(is_positive, "is_positive")
    values = checked_values(p, len(positive), "p")
    if len(values) and (values.min() < 0 or values.max() > 1):
        raise ArgumentError("must be between 0 and 1", where="p")
    rows, weights = counted_rows(weight, len(positive))
    largest = max(missed, false)
    missed, false = missed / largest, false / largest  # their sum must not overflow
    steps, step = np.unique(values[rows], return_inverse=True)
    in_step = [np.bincount(step, weights=np.where(side, weights, 0.0)) for side in (positive[rows], ~positive[rows])]
    positives_below = np.concatenate(([0.0], np.cumsum(in_step[0])))  # of a threshold before each step and after all
    others_above = np.concatenate((np.cumsum(in_step[1][::-1])[::-1], [0.0]))
    cost = missed * positives_below + false * others_above  # (n_steps + 1,)
    least = np.flatnonzero(cost <= cost.min() + 1e-12 * weights.sum())
    edges = np.concatenate(([0.0], steps, [1.0]))
    bayes = false / (false + missed)
    inside = [_inside(edges[i], edges[i + 1], bayes, last=i == len(steps)) for i in least]
    return min(inside, key=lambda threshold: (abs(threshold - bayes), threshold))


def _inside(low: float, high: float, wanted: float, *, last: bool) -> float:
    """Return a threshold above `low` and at most `high`; for all rows or none where they leave no room between them."""
    if last and low == 1.0:
        return math.inf
    if low < wanted <= high:
        return float(wanted)
    middle = 0.5 * (low + high)
    return float(middle) if low < middle else float(high)  # neighbouring numbers have no middle


def class_costs(
    costs: Mapping[str, float] | str | None, classes: Sequence[str], priors: ArrayLike
) -> NDArray[np.float64]:
    """Return the cost of missing a row of each class.

    Parameters
    ----------
    costs : mapping of str to float, "balanced" or None
        Costs by class, 1 for those not named; "balanced": 1 / (n_classes share), as scikit-learn's class weights;
        None: 1 for all.
    classes : sequence of str
        The classes.
    priors : array-like of float, shape (n_classes,)
        Their shares, above 0; only their ratios count.

    Returns
    -------
    ndarray of float, shape (n_classes,)
        Costs in the order of the classes.

    Raises
    ------
    ArgumentError
        If a class is unknown, or a cost or share is not a number above 0.

    Examples
    --------
    >>> class_costs({"ill": 10}, ["healthy", "ill"], [0.9, 0.1])
    array([ 1., 10.])
    >>> class_costs("balanced", ["healthy", "ill"], [0.8, 0.2])
    array([0.625, 2.5  ])
    """
    names = list(classes)
    shares = checked_positive(priors, len(names), "priors")
    if costs is None:
        return np.ones(len(names))
    if isinstance(costs, str):
        if costs != BALANCED:
            raise ArgumentError(f"must be {BALANCED!r}, costs by class, or None, got {costs!r}", where="costs")
        return np.asarray(shares.sum() / (len(names) * shares))
    if not isinstance(costs, Mapping):
        raise ArgumentError(f"must be {BALANCED!r}, costs by class, or None, got {costs!r:.40}", where="costs")
    for name in costs:
        if name not in names:
            raise ArgumentError(f"unknown class {name!r}", where="costs", fix=did_you_mean(str(name), names))
    return checked_positive([costs.get(name, 1.0) for name in names], len(names), "costs")


def expected_cost(codes: ArrayLike, decided: ArrayLike, costs: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the mean cost per row of decisions.

    Parameters
    ----------
    codes, decided : array-like of int, shape (n_samples,)
        Positions of the rows' classes, and of those decided for.
    costs : array-like of float, shape (n_classes,)
        Cost of missing a row of each class, above 0.
    weight : array-like of float, shape (n_samples,), optional
        Row weights.

    Raises
    ------
    ArgumentError
        If shapes differ, a code is no position, a cost is not above 0, or no row counts.

    Examples
    --------
    >>> expected_cost([0, 1, 1, 0], [0, 0, 1, 1], costs=[1.0, 10.0])
    2.75
    """
    n_samples, n_classes = np.shape(codes)[0] if np.ndim(codes) else 0, np.size(costs)
    of_class = checked_positive(costs, n_classes, "costs")
    true = checked_codes(codes, n_samples, n_classes)
    found = checked_codes(decided, n_samples, n_classes, "decided")
    rows, weights = counted_rows(weight, n_samples)
    return float(np.average(np.where(true == found, 0.0, of_class[true])[rows], weights=weights))
