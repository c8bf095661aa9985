"""Prediction intervals whose width is set by errors on rows that the model did not see.

The errors that set the width decide what the interval promises. Rows whose elements were all in training are served by
errors on random rows; rows with an unseen element by errors on left-out groups of elements. Each interval is scaled by
the expected error of its row (Papadopoulos et al., normalised conformal prediction).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matterlearn.core.errors import ArgumentError, ModelFileError

RANDOM, ELEMENTS = "random folds", "element groups"
"""What errors were measured on."""

TRUST: Mapping[str, float] = MappingProxyType({RANDOM: 1.0, ELEMENTS: 0.5})
"""Power to which the expected error scales an interval: for unseen elements it is itself an extrapolation."""

N_REDRAWS, REDRAWS_COVERED = 200, 0.8
"""Redraws of the left-out groups, and the share of them that the widened intervals must cover."""

MOST_INFLATION = 2.0
"""Largest factor by which intervals for unseen elements are widened because groups differ."""

EXACT = 1e-12
"""Levels this close are the same: n level (n + 1) that comes out whole must not depend on rounding."""


@dataclass(frozen=True, eq=False)
class Scores:
    """Errors in calibration, each divided by what was expected of its row.

    Attributes
    ----------
    values : ndarray of float, shape (n_errors,)
        Sorted scores.
    weights : ndarray of float, shape (n_errors,)
        Weights of their rows.
    trust : float
        Power of the expected error.
    inflation : float
        Factor on every score, at least 1.
    """

    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    trust: float = 1.0
    inflation: float = 1.0

    def quantile(self, level: float) -> float:
        """Return the score that a new row stays below with the given probability; infinite if there are too few."""
        return self.inflation * weighted_quantile(self.values, self.weights, level)

    def level_needed(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Return for each score the smallest level whose `quantile` reaches it.

        Examples
        --------
        >>> scores = Scores(np.array([0.1, 0.2, 0.3, 0.4]), np.ones(4))
        >>> scores.level_needed([0.3, 9.0]).round(3).tolist()  # two of four are smaller; four, and it is infinite
        [0.4, 0.8]
        """
        smaller = np.searchsorted(self.values * self.inflation, np.asarray(scores, dtype=float), side="left")
        passed = np.concatenate(([0.0], np.cumsum(self.weights)))[smaller]
        return np.asarray(passed / _weight_with_new(self.weights) + EXACT)


def weighted_quantile(values: NDArray[np.float64], weights: NDArray[np.float64], level: float) -> float:
    """Return the conformal quantile of sorted scores, one further row counted in.

    Parameters
    ----------
    values : ndarray of float, shape (n_errors,)
        Sorted scores.
    weights : ndarray of float, shape (n_errors,)
        Their weights; the new row is taken to have the mean weight.
    level : float
        Coverage, strictly between 0 and 1.

    Returns
    -------
    float
        With equal weights the ceil((n + 1) level)-th smallest score; infinite if there are fewer than that.

    Raises
    ------
    ArgumentError
        If the level is not strictly between 0 and 1.

    References
    ----------
    J. Lei et al., Distribution-free predictive inference for regression, J. Am. Stat. Assoc. 113, 1094 (2018).

    Examples
    --------
    >>> weighted_quantile(np.array([0.1, 0.2, 0.3, 0.4]), np.ones(4), level=0.5)
    0.3
    """
    if not 0 < level < 1:
        raise ArgumentError(f"must be strictly between 0 and 1, got {level}", where="level")
    if len(values) == 0:
        return math.inf
    needed = (level - EXACT) * _weight_with_new(weights)
    rank = int(np.searchsorted(np.cumsum(weights), needed, side="left"))
    return float(values[rank]) if rank < len(values) else math.inf


def _weight_with_new(weights: NDArray[np.float64]) -> float:
    """Return the sum of weights with that of a new row."""
    return float(weights.sum() + weights.mean()) if len(weights) else 1.0


@dataclass(frozen=True, eq=False)
class Intervals:
    """Prediction intervals, wide where an error is to be expected.

    Attributes
    ----------
    level : float
        Coverage that is promised, between 0 and 1.
    scores : mapping of str to Scores
        Scores on "random folds" and, where elements could be left out, on "element groups".
    floor : float or None
        No interval reaches below it, as no prediction of the model does.
    """

    level: float
    scores: Mapping[str, Scores] = field(default_factory=dict)
    floor: float | None = None

    def calibrated_on(self, novel: NDArray[np.bool_]) -> NDArray[np.object_]:
        """Return for each row the errors that set its interval.

        Parameters
        ----------
        novel : ndarray of bool, shape (n_samples,)
            Whether a row holds an element that training does not hold.
        """
        unseen = ELEMENTS if ELEMENTS in self.scores else RANDOM
        return np.where(novel, unseen, RANDOM).astype(object)

    def around(
        self, prediction: ArrayLike, expected: NDArray[np.float64], novel: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return lower and upper ends.

        Parameters
        ----------
        prediction : array-like of float, shape (n_samples,)
            Predictions.
        expected : ndarray of float, shape (n_samples,)
            Expected absolute errors.
        novel : ndarray of bool, shape (n_samples,)
            Whether a row holds an element that training does not hold.
        """
        center, half = np.asarray(prediction, dtype=float), np.full(len(novel), math.inf)
        used = self.calibrated_on(novel)
        for name, scores in self.scores.items():
            rows = used == name
            half[rows] = scores.quantile(self.level) * expected[rows] ** scores.trust
        lower = center - half
        return (lower if self.floor is None else np.maximum(lower, self.floor)), center + half

    def level_needed(
        self, errors: NDArray[np.float64], expected: NDArray[np.float64], novel: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return the smallest level whose interval holds the measured value, shape (n_samples,).

        The floor is left aside: what is measured below it lies in no interval.

        Parameters
        ----------
        errors : ndarray of float, shape (n_samples,)
            Absolute errors of the predictions.
        expected, novel
            As in `around`.
        """
        needed, used = np.zeros(len(errors)), self.calibrated_on(novel)
        for name, scores in self.scores.items():
            rows = used == name
            needed[rows] = scores.level_needed(errors[rows] / expected[rows] ** scores.trust)
        return needed

    def to_arrays(self) -> dict[str, NDArray[np.float64]]:
        """Return scores, weights and factors by name, for a model file."""
        return {
            f"{name} {what}": np.atleast_1d(np.asarray(value, dtype=float))
            for name, scores in self.scores.items()
            for what, value in vars(scores).items()
        }

    @classmethod
    def from_arrays(cls, level: float, floor: float | None, arrays: Mapping[str, NDArray[np.float64]]) -> Intervals:
        """Rebuild intervals from the arrays of `to_arrays`.

        Raises
        ------
        ModelFileError
            If the level, the floor or the numbers cannot be those of intervals.
        """
        if not _is_number(level) or not 0 < level < 1 or not (floor is None or _is_number(floor)):
            raise ModelFileError("the level of its intervals makes no sense", fix="do not use this file")
        found = {}
        for name in (RANDOM, ELEMENTS):
            parts = [arrays.get(f"{name} {what}") for what in ("values", "weights", "trust", "inflation")]
            if name == ELEMENTS and all(part is None for part in parts):
                continue
            if not _are_scores(parts):
                raise ModelFileError("the numbers of its intervals make no sense", fix="do not use this file")
            values, weights, trust, inflation = (np.asarray(part, dtype=float) for part in parts)
            found[name] = Scores(values, weights, float(trust[0]), float(inflation[0]))
        return cls(float(level), found, None if floor is None else float(floor))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _are_scores(parts: list[NDArray[np.float64] | None]) -> bool:
    arrays = [part for part in parts if part is not None and part.dtype == np.float64 and part.ndim == 1]
    if len(arrays) < 4 or not all(np.all(np.isfinite(part)) and np.all(part >= 0) for part in arrays):
        return False
    values, weights, trust, inflation = arrays
    return bool(
        len(values) == len(weights)
        and np.all(np.diff(values) >= 0)
        and np.all(weights > 0)
        and len(trust) == len(inflation) == 1
        and trust[0] <= 1
        and 1 <= inflation[0] <= MOST_INFLATION
    )


def make_scores(
    errors: NDArray[np.float64],
    expected: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    groups: NDArray[np.intp] | None = None,
    trust: float = 1.0,
    level: float = 0.9,
) -> Scores:
    """Turn errors in calibration into scores.

    Parameters
    ----------
    errors, expected, weights : ndarray of float, shape (n_errors,)
        Absolute errors, what was expected of their rows, and the rows' weights; those with weight 0 are left out.
    groups : ndarray of int, shape (n_errors,), optional
        Group that was left out when the error was made. A new group may be harder than those at hand: scores are
        inflated until quantiles from all other groups cover the groups as promised in four of five redraws of them.
    trust : float
        Power of the expected error.
    level : float
        Coverage at which the inflation is found.

    Examples
    --------
    >>> make_scores(np.array([0.2, 0.1]), np.array([0.1, 0.1]), np.ones(2)).values
    array([1., 2.])
    """
    counted = weights > 0
    raw, weights = errors[counted] / expected[counted] ** trust, weights[counted]
    order = np.argsort(raw, kind="stable")
    inflation = 1.0 if groups is None else _inflation(raw, weights, groups[counted], level)
    return Scores(raw[order], weights[order], trust, inflation)


def _inflation(
    scores: NDArray[np.float64], weights: NDArray[np.float64], groups: NDArray[np.intp], level: float
) -> float:
    """Return the factor at which quantiles of the other groups cover left-out groups at the level.

    The groups at hand are few and might have been others: of redraws of them (bootstrap) most must be covered, so that
    groups that differ much are widened more than groups that are alike.
    """
    ratio = np.full(len(scores), math.inf)
    names, number = np.unique(groups, return_inverse=True)
    for group in range(len(names)):
        inside = number == group
        order = np.argsort(scores[~inside], kind="stable")
        others = weighted_quantile(scores[~inside][order], weights[~inside][order], level)
        if others == 0:  # perfect but for a few
            ratio[inside] = np.where(scores[inside] > 0, math.inf, 0.0)
        elif others < math.inf:
            ratio[inside] = scores[inside] / others
    if not np.all(np.isfinite(ratio)):  # too few rows to tell how groups differ: the least is known, not the best
        return MOST_INFLATION
    order = np.argsort(ratio, kind="stable")
    ratio, number, weights = ratio[order], number[order], weights[order]
    rng = np.random.default_rng(len(scores))
    needed = []
    for _ in range(N_REDRAWS):
        times = np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))[number]
        drawn = times > 0
        needed.append(weighted_quantile(ratio[drawn], weights[drawn] * times[drawn], level))
    return float(np.clip(np.quantile(needed, REDRAWS_COVERED, method="higher"), 1.0, MOST_INFLATION))
