"""Sets of classes that hold the true one as often as promised.

The score of a class is 1 minus its probability (least ambiguous sets); a set holds the classes whose score is no worse
than that of the true class was, as often as promised, on rows that the model did not see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matterlearn.core.errors import ArgumentError, ModelFileError
from matterlearn.models.decisions.checks import SUMS_TO_ONE, checked_codes, checked_probabilities, counted_rows

LEAST_ROWS = 19
"""Calibration rows that every class must have to be promised its own coverage: sets at level 0.95 are then finite."""

EXACT = 1e-12
"""Levels this close are the same: n level (n + 1) that comes out whole must not depend on rounding."""


@dataclass(frozen=True, eq=False)
class ConformalSets:
    """Prediction sets by split conformal prediction; `fit` makes them.

    Attributes
    ----------
    n_classes : int
        Number of classes.
    scores : tuple of (ndarray, ndarray)
        Sorted scores and their weights: one pair per class, or one for all.

    References
    ----------
    M. Sadinle, J. Lei, L. Wasserman, Least ambiguous set-valued classifiers with bounded error levels, J. Am. Stat.
    Assoc. 114, 223 (2019). V. Vovk, Conditional validity of inductive conformal predictors, Mach. Learn. 92, 349
    (2013): coverage class by class.

    Examples
    --------
    >>> P = np.column_stack([np.linspace(0, 1, 101), np.linspace(1, 0, 101)])
    >>> sets = ConformalSets.fit(P, (P[:, 1] > 0.45).astype(int))
    >>> sets.by_class
    True
    >>> sets.sets([[0.9, 0.1], [0.52, 0.48]], level=0.95).tolist()
    [[True, False], [False, True]]
    """

    n_classes: int
    scores: tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...]

    @classmethod
    def fit(
        cls, P: ArrayLike, codes: ArrayLike, weight: ArrayLike | None = None, by_class: bool = True
    ) -> ConformalSets:
        """Learn how unlikely the true class may look.

        Parameters
        ----------
        P : array-like of float, shape (n_samples, n_classes)
            Probabilities of rows that the model did not learn from.
        codes : array-like of int, shape (n_samples,)
            Positions of their classes.
        weight : array-like of float, shape (n_samples,), optional
            Row weights.
        by_class : bool
            Whether the coverage is promised for each class. It then is if each has at least `LEAST_ROWS` rows that
            count; if not, it is promised over all rows.

        Raises
        ------
        ArgumentError
            If the input cannot be used, or no row counts.
        """
        probabilities = checked_probabilities(P)
        n_samples, n_classes = probabilities.shape
        found = checked_codes(codes, n_samples, n_classes)
        rows, weights = counted_rows(weight, n_samples)
        found, scores = found[rows], 1.0 - probabilities[rows, found[rows]]
        if by_class and np.bincount(found, minlength=n_classes).min() >= LEAST_ROWS:
            members = [np.flatnonzero(found == k) for k in range(n_classes)]
        else:
            members = [np.arange(len(rows))]
        ordered = [rows_[np.argsort(scores[rows_], kind="stable")] for rows_ in members]
        return cls(n_classes, tuple((scores[order], weights[order]) for order in ordered))

    @property
    def by_class(self) -> bool:
        """Whether the coverage is promised for each class, not only over all rows."""
        return len(self.scores) == self.n_classes

    def level_needed(self, P: ArrayLike) -> NDArray[np.float64]:
        """Return the smallest level whose set holds each class: 1 minus the conformal p-value.

        Parameters
        ----------
        P : array-like of float, shape (n_samples, n_classes)
            Probabilities.

        Returns
        -------
        ndarray of float, shape (n_samples, n_classes)
            Levels, below 1.

        Raises
        ------
        ArgumentError
            If `P` holds no probabilities of these classes.
        """
        probabilities = checked_probabilities(P)
        if probabilities.shape[1] != self.n_classes:
            raise ArgumentError(f"{probabilities.shape[1]} classes, but calibrated on {self.n_classes}", where="P")
        columns = [
            _level_needed(1.0 - probabilities[:, k], *self.scores[k if self.by_class else 0])
            for k in range(self.n_classes)
        ]
        return np.column_stack(columns)

    def sets(self, P: ArrayLike, level: float) -> NDArray[np.bool_]:
        """Return which classes are in the set of each row.

        A set may be empty: then every class is less likely than the true one used to be.

        Parameters
        ----------
        P : array-like of float, shape (n_samples, n_classes)
            Probabilities.
        level : float
            How often the true class is to be in the set, strictly between 0 and 1.

        Returns
        -------
        ndarray of bool, shape (n_samples, n_classes)
            Membership.

        Raises
        ------
        ArgumentError
            If the level is out of range or `P` holds no probabilities of these classes.
        """
        if not 0 < level < 1:
            raise ArgumentError(f"must be strictly between 0 and 1, got {level}", where="level")
        return np.asarray(self.level_needed(P) <= level)

    def to_arrays(self) -> tuple[dict[str, NDArray[np.float64]], dict[str, Any]]:
        """Return scores and weights by name, and the number of classes, for a model file."""
        arrays = {}
        for number, (values, weights) in enumerate(self.scores):
            arrays[f"values {number}"], arrays[f"weights {number}"] = values, weights
        return arrays, {"n_classes": self.n_classes, "n_scores": len(self.scores)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.float64]], facts: Mapping[str, Any]) -> ConformalSets:
        """Rebuild sets from what `to_arrays` returned.

        Raises
        ------
        ModelFileError
            If the numbers cannot be those of prediction sets.
        """
        n_classes, n_scores = facts.get("n_classes"), facts.get("n_scores")
        if type(n_classes) is not int or type(n_scores) is not int or min(n_classes, n_scores) < 1:
            raise _nonsense()
        # Before anything is counted up to a number from the file.
        if n_scores not in (1, n_classes) or len(arrays) != 2 * n_scores:
            raise _nonsense()
        pairs = [(arrays.get(f"values {k}"), arrays.get(f"weights {k}")) for k in range(n_scores)]
        scores = []
        for values, weights in pairs:
            if not (_are_numbers(values) and _are_numbers(weights)) or values is None or weights is None:
                raise _nonsense()
            in_order = len(values) == len(weights) > 0 and np.all(np.diff(values) >= 0)
            if not (in_order and values[0] >= -SUMS_TO_ONE and values[-1] <= 1 and np.all(weights > 0)):
                raise _nonsense()
            scores.append((values, weights))
        return cls(n_classes, tuple(scores))


def _level_needed(
    scores: NDArray[np.float64], values: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the weight of better scores, as a share of all with that of a new row, taken to be the mean."""
    passed = np.concatenate(([0.0], np.cumsum(weights)))[np.searchsorted(values, scores, side="left")]
    return np.asarray(passed / (weights.sum() + weights.mean()) + EXACT)


def _are_numbers(array: Any) -> bool:
    return (
        isinstance(array, np.ndarray)
        and array.dtype == np.float64
        and array.ndim == 1
        and bool(np.isfinite(array).all())
    )


def _nonsense() -> ModelFileError:
    return ModelFileError("the numbers of its prediction sets make no sense", fix="do not use this file")
