"""Columns that say the same as others."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class PearsonFilter(SelectorMixin, BaseEstimator):
    """Drop columns that are strongly correlated with others.

    Pairs are taken in the order of their |r|, the strongest first. Of a pair whose columns are both still there, the
    one is dropped that is less correlated with the target; without a target, the later one. So the reduction of 28
    features to 16 before a search of pairs and triples in Pilania et al., Sci. Rep. 6, 19375 (2016). Constant columns,
    which have no correlation, are dropped.

    Parameters
    ----------
    threshold : float
        Pairs with |r| above it are taken apart.
    n_features : int or None
        Most columns to keep. Where more are left, the strongest pairs are taken apart below the threshold, too.

    Attributes
    ----------
    correlations_ : ndarray of float, shape (n_features, n_features)
        Pearson's r of each pair; 0 with a constant column, and 1 on the diagonal.
    target_correlations_ : ndarray of float, shape (n_features,)
        |r| with the target; of several classes, the multiple correlation with their indicators. All 0 without a target.
    dropped_for_ : ndarray of int, shape (n_features,)
        For each column the position of the one it was dropped for; -1 for those that are kept, and -2 for constant
        ones.

    Examples
    --------
    >>> X = [[1.0, 2.1, 0.0], [2.0, 3.9, 1.0], [3.0, 6.2, 1.0], [4.0, 7.9, 0.0]]
    >>> filter_ = PearsonFilter(0.9).fit(X, [1.0, 2.0, 3.0, 4.0])
    >>> filter_.get_support().tolist(), filter_.dropped_for_.tolist()
    ([True, False, True], [-1, 0, -1])
    """

    __module__ = "matterlearn.features.selection.pearson_filter"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "threshold": [Interval(Real, 0, 1, closed="both")],
        "n_features": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(self, threshold: float = 0.95, *, n_features: int | None = None) -> None:
        self.threshold = threshold
        self.n_features = n_features

    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the columns to drop.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Columns.
        y : array-like, shape (n_samples,), optional
            Target: numbers or classes.

        Returns
        -------
        PearsonFilter
            Itself. If every column is constant, all are kept: there is nothing to choose by.
        """
        self._validate_params()
        if y is None:
            matrix = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        else:
            matrix, y = validate_data(self, X, y, dtype=np.float64, ensure_min_samples=2)
        columns, varies = standardised(matrix)
        self.correlations_ = (columns.T @ columns).clip(-1.0, 1.0)
        np.fill_diagonal(self.correlations_, 1.0)
        self.target_correlations_ = (
            np.zeros(matrix.shape[1]) if y is None else correlations_with(columns, target_columns(y))
        )
        self.dropped_for_ = np.where(varies | ~varies.any(), -1, -2)
        self._drop()
        return self

    def dropped(self, input_features: Any = None) -> list[tuple[str, str | None, float]]:
        """Return what was dropped, for what, and how strongly the two are correlated.

        Parameters
        ----------
        input_features : array-like of str, optional
            Names of the columns; by default those of the table in `fit`, or x0, x1, ...

        Returns
        -------
        list of (str, str or None, float)
            In the order of the columns; a constant column was dropped for None, with NaN.

        Examples
        --------
        >>> PearsonFilter().fit([[1.0, 2.0, 5.0], [2.0, 4.0, 5.0], [3.0, 6.0, 5.0]]).dropped(["a", "b", "c"])
        [('b', 'a', 1.0), ('c', None, nan)]
        """
        from sklearn.utils.validation import _check_feature_names_in

        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        return [
            (str(names[i]), str(names[j]), float(self.correlations_[i, j]))
            if j >= 0
            else (str(names[i]), None, float("nan"))
            for i, j in enumerate(self.dropped_for_)
            if j != -1
        ]

    def _drop(self) -> None:
        kept = self.dropped_for_ == -1
        most = len(kept) if self.n_features is None else self.n_features
        first, second = np.triu_indices(len(kept), 1)
        strength = np.abs(self.correlations_[first, second])
        for k in np.argsort(-strength, kind="stable"):
            if strength[k] <= self.threshold and kept.sum() <= most:
                break
            a, b = int(first[k]), int(second[k])
            if kept[a] and kept[b]:
                loser, winner = (a, b) if self.target_correlations_[a] < self.target_correlations_[b] else (b, a)
                kept[loser], self.dropped_for_[loser] = False, winner

    def _get_support_mask(self) -> Bools:
        check_is_fitted(self)
        return np.asarray(self.dropped_for_ == -1)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        return tags


def standardised(matrix: Floats) -> tuple[Floats, Bools]:
    """Return columns with mean 0 and norm 1, and which of them vary; the others become 0.

    Examples
    --------
    >>> columns, varies = standardised(np.array([[1.0, 7.0], [3.0, 7.0]]))
    >>> columns.round(3).tolist(), varies.tolist()
    ([[-0.707, 0.0], [0.707, 0.0]], [True, False])
    """
    largest = np.abs(matrix).max(axis=0)
    scaled = matrix / np.where(largest > 0, largest, 1.0)  # squares of large numbers must not run over
    centred = scaled - scaled.mean(axis=0)
    norms = np.linalg.norm(centred, axis=0)
    varies = norms > 1e-12 * np.sqrt(len(matrix))  # what varies by rounding alone is constant
    return centred * np.where(varies, 1.0 / np.where(varies, norms, 1.0), 0.0), np.asarray(varies)


def target_columns(y: Any) -> Floats:
    """Return a target as columns of numbers, shape (n_samples, n_columns): of classes, one indicator less than classes.

    Examples
    --------
    >>> target_columns(np.array(["b", "a", "b"])).tolist(), target_columns(np.array([0.5, 1.5])).tolist()
    ([[0.0], [1.0], [0.0]], [[0.5], [1.5]])
    """
    values = np.asarray(y)
    # Whole numbers are taken as numbers: their order means something more often than not.
    if values.dtype.kind in "biuf":
        return np.asarray(values, dtype=np.float64).reshape(len(values), -1)
    names, codes = np.unique(values.astype(str), return_inverse=True)
    return np.asarray(codes[:, None] == np.arange(max(1, len(names) - 1)), dtype=np.float64)


def correlations_with(columns: Floats, target: Floats) -> Floats:
    """Return the multiple correlation of each standardised column with the columns of a target, shape (n_features,).

    With one column of the target it is |r|.
    """
    basis, _ = standardised(target)
    left, singular, _ = np.linalg.svd(basis, full_matrices=False)
    span = left[:, singular > 1e-10 * max(1.0, singular.max(initial=0.0))]  # (n_samples, rank)
    return np.asarray(np.sqrt(((span.T @ columns) ** 2).sum(axis=0)).clip(0.0, 1.0))
