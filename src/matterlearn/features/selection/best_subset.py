"""The best of all subsets of the columns, for least squares."""

from __future__ import annotations

from itertools import combinations, islice
from numbers import Integral
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.model_selection import KFold
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from matterlearn.core.errors import ArgumentError
from matterlearn.features.selection.pearson_filter import standardised

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

MOST_COLUMNS: Final = 20
"""Columns of which all subsets are tried: a million of them."""

_DEPENDENT: Final = 1e-10
"""Part of a column's length, beside the columns before it, below which it is a combination of them."""

_BATCH: Final = 2**13


class BestSubset(SelectorMixin, BaseEstimator):
    """Select the subset of columns whose least-squares fit is best, by trying all of them.

    Put it before `LinearRegression` for best-subset regression. For more columns than it takes, go step by step with
    scikit-learn's `SequentialFeatureSelector`, or shrink with its `LassoCV`.

    Parameters
    ----------
    criterion : "bic", "aic" or "cv"
        What is lowest: n ln(RSS / n) + k ln(n) or + 2 k, with n rows and k coefficients, intercept included; or the
        mean squared error of held rows. Each criterion compares the best subset of every size; "cv" searches it anew
        in every fold, so that held rows choose nothing but the size.
    n_features : int or None
        Number of columns; None lets the criterion choose it.
    cv : int
        Folds of "cv", of random rows; at most the number of rows.
    random_state : int
        Of the folds.

    Attributes
    ----------
    subsets_ : list of ndarray of int
        The columns of the best subset of each size, from 0 columns on.
    rss_ : ndarray of float, shape (n_sizes,)
        Their sums of squared residuals.
    criterion_ : ndarray of float, shape (n_sizes,)
        What the criterion says of each size; with "cv" of those that the rows of a fold can bear.
    support_ : ndarray of bool, shape (n_features,)
        The chosen columns.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 6))
    >>> y = 2.0 * X[:, 1] - X[:, 4] + 0.3 * rng.normal(size=60)
    >>> BestSubset().fit(X, y).get_support(indices=True).tolist()
    [1, 4]
    """

    __module__ = "matterlearn.features.selection.best_subset"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "criterion": [StrOptions({"bic", "aic", "cv"})],
        "n_features": [Interval(Integral, 1, None, closed="left"), None],
        "cv": [Interval(Integral, 2, None, closed="left")],
        "random_state": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self, criterion: str = "bic", *, n_features: int | None = None, cv: int = 5, random_state: int = 0
    ) -> None:
        self.criterion = criterion
        self.n_features = n_features
        self.cv = cv
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Find the best subset.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            At most 20 columns.
        y : array-like of float, shape (n_samples,)
            Target.

        Returns
        -------
        BestSubset
            Itself. At least one column is chosen, and never so many that nothing is left to judge the fit by.

        Raises
        ------
        ArgumentError
            If there are too many columns to try all subsets, fewer than `n_features`, or none that varies.
        """
        self._validate_params()
        matrix, target = validate_data(self, X, y, dtype=np.float64, y_numeric=True, ensure_min_samples=2)
        n_rows, n_columns = matrix.shape
        if n_columns > MOST_COLUMNS:
            raise ArgumentError(
                f"{n_columns} columns have 2^{n_columns} subsets; all are tried of {MOST_COLUMNS} columns at most",
                where="X",
                fix="filter the columns first, or take SequentialFeatureSelector of scikit-learn",
            )
        if self.n_features is not None and self.n_features > n_columns:
            raise ArgumentError(f"{self.n_features} of {n_columns} columns", where="n_features")
        target = np.asarray(target, dtype=np.float64)
        self.subsets_, self.rss_ = best_subsets(matrix, target)
        if len(self.subsets_) == 1:
            raise ArgumentError("no column varies", where="X")
        self.criterion_ = self._criterion(matrix, target)
        if self.n_features is None:
            size = 1 + int(self.criterion_[1:].argmin())
        else:
            size = self.n_features
            if size >= len(self.subsets_):
                raise ArgumentError(
                    f"{size} columns cannot be told apart by {n_rows} rows, at most {len(self.subsets_) - 1}",
                    where="n_features",
                )
        self.support_ = np.isin(np.arange(n_columns), self.subsets_[size])
        return self

    def _criterion(self, matrix: Floats, target: Floats) -> Floats:
        n_rows = len(target)
        if self.criterion != "cv":
            per_coefficient = np.log(n_rows) if self.criterion == "bic" else 2.0
            # Of fits that are exact, rounding must not choose.
            least = max(1e-26 * self.rss_[0], np.finfo(np.float64).tiny)
            coefficients = 1 + np.arange(len(self.rss_))
            return np.asarray(n_rows * np.log(np.maximum(self.rss_, least) / n_rows) + per_coefficient * coefficients)
        squares = np.zeros(len(self.subsets_))
        for known, held in KFold(min(self.cv, n_rows), shuffle=True, random_state=self.random_state).split(matrix):
            subsets, _ = best_subsets(matrix[known], target[known])
            squares = squares[: len(subsets)]  # sizes that the rows of every fold can bear
            for size in range(len(squares)):
                predicted = _predicted(matrix[:, subsets[size]], target, known, held)
                squares[size] += ((target[held] - predicted) ** 2).sum()
        if len(squares) == 1:
            raise ArgumentError(
                "a fold has no column that varies", where="cv", fix="take fewer folds, or criterion='bic'"
            )
        return squares / n_rows

    def _get_support_mask(self) -> NDArray[np.bool_]:
        check_is_fitted(self)
        return np.asarray(self.support_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags


def best_subsets(matrix: Floats, target: Floats) -> tuple[list[Indices], Floats]:
    """Return the best subset of each size for least squares with an intercept, and its sum of squared residuals.

    Columns and target are turned by one QR decomposition into a square as large as there are columns; the residual of a
    subset is then the last number of a small QR decomposition, of which thousands are done in one call. Subsets in
    which a column is a combination of the others are left out: a smaller one fits as well.

    Parameters
    ----------
    matrix : ndarray of float, shape (n_samples, n_features)
        Columns.
    target : ndarray of float, shape (n_samples,)
        Target.

    Returns
    -------
    subsets : list of ndarray of int
        Positions of the columns, for 0, 1, ... columns. It ends where no subset of a size has independent columns, or
        two rows less than their number are reached.
    rss : ndarray of float, shape (n_sizes,)
        Sums of squared residuals.

    Examples
    --------
    >>> X = np.array([[0.0, 1.0], [1.0, 5.0], [2.0, 2.0], [3.0, 2.0]])
    >>> subsets, rss = best_subsets(X, np.array([0.0, 1.0, 2.0, 3.0]))
    >>> [subset.tolist() for subset in subsets], rss.round(9).tolist()
    ([[], [0], [0, 1]], [5.0, 0.0, 0.0])
    """
    columns, varies = standardised(matrix)
    usable = np.flatnonzero(varies)
    centred = target - target.mean()
    both = np.column_stack([columns[:, usable], centred])
    turned: Floats = np.asarray(np.linalg.qr(both, mode="r"))  # (at most n_usable + 1, n_usable + 1)
    subsets, sums = [np.empty(0, dtype=np.intp)], [float(centred @ centred)]
    for size in range(1, min(len(usable), max(1, len(target) - 2)) + 1):
        rss, subset = _best_of_size(turned, size)
        if not np.isfinite(rss):
            break
        subsets.append(usable[subset])
        sums.append(rss)
    return subsets, np.array(sums)


def _best_of_size(turned: Floats, size: int) -> tuple[float, Indices]:
    """Return the least sum of squared residuals over all subsets of a size, and the subset."""
    least, best = np.inf, np.empty(0, dtype=np.intp)
    n_columns = turned.shape[1] - 1
    everyone = combinations(range(n_columns), size)
    while batch := list(islice(everyone, _BATCH)):
        chosen = np.array(batch, dtype=np.intp)  # (n_batch, size)
        with_target = np.column_stack([chosen, np.full(len(chosen), n_columns)])
        triangles = np.asarray(np.linalg.qr(np.moveaxis(turned[:, with_target], 0, 1), mode="r"))
        # (n_batch, .., size + 1) -> (n_batch, size or size + 1)
        lengths = np.abs(np.diagonal(triangles, axis1=1, axis2=2))
        rss = lengths[:, size] ** 2 if lengths.shape[1] > size else np.zeros(len(chosen))
        rss[(lengths[:, :size] < _DEPENDENT).any(axis=1)] = np.inf
        if rss.min() < least:
            least, best = float(rss.min()), chosen[rss.argmin()]
    return least, best


def _predicted(columns: Floats, target: Floats, known: Indices, held: Indices) -> Floats:
    """Return the least-squares prediction of held rows."""
    with_one = np.column_stack([np.ones(len(columns)), columns])
    coefficients = np.linalg.lstsq(with_one[known], target[known])[0]
    return np.asarray(with_one[held] @ coefficients)
