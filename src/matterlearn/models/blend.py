"""A weighted mean of regressors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin, clone
from sklearn.utils import get_tags, indexable
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import _check_feature_names, _check_n_features, _check_y, check_is_fitted

from matterlearn.core.errors import ArgumentError
from matterlearn.models.weighting import checked_weights, fit_weighted


class Blend(RegressorMixin, _BaseComposition):
    """Predict the weighted mean of several regressors that are fitted on the same rows.

    scikit-learn's `VotingRegressor` turns its input into an array first; this one hands it on as it is, since its
    members take tables of formulas and site compositions.

    Parameters
    ----------
    members : sequence of (str, estimator)
        Names and regressors. They are cloned, not fitted themselves.
    weights : sequence of float
        One weight per member, used as given.
    floor : float, optional
        Predictions below it are raised to it: for quantities that cannot be negative.

    Attributes
    ----------
    members_ : list of (str, estimator)
        The fitted members.

    Examples
    --------
    >>> from sklearn.dummy import DummyRegressor
    >>> low, high = DummyRegressor(strategy="constant", constant=0.0), DummyRegressor(strategy="constant", constant=4.0)
    >>> Blend([("low", low), ("high", high)], [0.25, 0.75]).fit([[0.0]], [1.0]).predict([[0.0]])
    array([3.])
    """

    __module__ = "matterlearn.models.blend"

    def __init__(
        self, members: Sequence[tuple[str, Any]], weights: Sequence[float], floor: float | None = None
    ) -> None:
        self.members = members
        self.weights = weights
        self.floor = floor

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit every member on all rows.

        Parameters
        ----------
        X : sequence or table, shape (n_samples, ...)
            Whatever the members take.
        y : array-like of float, shape (n_samples,)
            The target.
        sample_weight : array-like of float, shape (n_samples,), optional
            Weights of the rows; see `fit_weighted`.

        Returns
        -------
        Blend
            Itself.

        Raises
        ------
        ArgumentError
            If the numbers of members and weights differ, or a member takes no weights of rows and there are some.
        """
        if len(self.members) != len(self.weights):
            raise ArgumentError(f"{len(self.members)} members but {len(self.weights)} weights", where="weights")
        X, target = checked_rows(self, X, y)
        row_weights = checked_weights(sample_weight, X)
        self.members_ = [(name, fit_weighted(clone(model), X, target, row_weights)) for name, model in self.members]
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the weighted mean of the members' predictions, shape (n_samples,)."""
        return self._mean(self.predict_members(X))

    def predict_members(self, X: Any) -> NDArray[np.float64]:
        """Return what each member predicts by itself.

        Parameters
        ----------
        X : sequence or table, shape (n_samples, ...)
            Whatever the members take.

        Returns
        -------
        ndarray of float, shape (n_samples, n_members)
            Predictions, not raised to the floor; in the order of `members_`.

        Examples
        --------
        >>> from sklearn.dummy import DummyRegressor
        >>> pair = [(str(c), DummyRegressor(strategy="constant", constant=c)) for c in (1.0, 3.0)]
        >>> Blend(pair, [0.5, 0.5]).fit([[0.0]], [1.0]).predict_members([[0.0], [7.0]]).tolist()
        [[1.0, 3.0], [1.0, 3.0]]
        """
        check_is_fitted(self)
        note_columns(self, X, reset=False)
        return np.column_stack([np.asarray(model.predict(X), dtype=np.float64) for _, model in self.members_])

    def spread(self, X: Any) -> NDArray[np.float64]:
        """Return how far the members disagree.

        Parameters
        ----------
        X : sequence or table, shape (n_samples, ...)
            Whatever the members take.

        Returns
        -------
        ndarray of float, shape (n_samples,)
            Weighted standard deviation over the members, unit of the target; NaN where there is only one member.

        Examples
        --------
        >>> from sklearn.dummy import DummyRegressor
        >>> pair = [(str(c), DummyRegressor(strategy="constant", constant=c)) for c in (1.0, 3.0)]
        >>> Blend(pair, [0.5, 0.5]).fit([[0.0]], [1.0]).spread([[0.0]])
        array([1.])
        """
        return member_spread(self.predict_members(X), self.weights)

    def predict_with_spread(self, X: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what `predict` and `spread` return, each of shape (n_samples,), asking every member once."""
        members = self.predict_members(X)
        return self._mean(members), member_spread(members, self.weights)

    def _mean(self, members: NDArray[np.float64]) -> NDArray[np.float64]:
        mean = np.sum([w * part for w, part in zip(self.weights, members.T, strict=True)], axis=0, dtype=np.float64)
        return np.asarray(mean if self.floor is None else np.maximum(mean, self.floor))

    def _weighted_parts(self) -> list[Any]:
        """Return what must take the weights of rows for this to take them; asked by `takes_weights`."""
        return [model for _, model in self.members]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters and, if `deep`, those of the members as `member__parameter`."""
        return dict(self._get_params("members", deep=deep))

    def set_params(self, **params: Any) -> Self:
        """Set parameters, also those of the members, by the names that `get_params` returns."""
        self._set_params("members", **params)
        return self

    def __sklearn_tags__(self) -> Any:
        return tags_of_all(super().__sklearn_tags__(), self.members)


def member_spread(members: NDArray[np.float64], weights: Sequence[float]) -> NDArray[np.float64]:
    """Return the weighted standard deviation over the members of a blend.

    Parameters
    ----------
    members : ndarray of float, shape (n_samples, n_members)
        What each member predicts.
    weights : sequence of float
        One weight per member; only their ratios count.

    Returns
    -------
    ndarray of float, shape (n_samples,)
        The spread; NaN for one member.

    Examples
    --------
    >>> member_spread(np.array([[0.0, 4.0], [1.0, 1.0]]), [3.0, 1.0]).round(3).tolist()
    [1.732, 0.0]
    """
    if members.shape[1] < 2:
        return np.full(len(members), np.nan)
    mean = np.average(members, axis=1, weights=weights)
    return np.asarray(np.sqrt(np.average((members - mean[:, None]) ** 2, axis=1, weights=weights)))


def checked_rows(estimator: Any, X: Any, y: Any) -> tuple[Any, NDArray[np.float64]]:
    """Return rows that can be picked by position and a target of finite numbers.

    Parameters
    ----------
    estimator : estimator
        Gets `n_features_in_` and `feature_names_in_` where the rows are a table.
    X : sequence or table, shape (n_samples, ...)
        The rows.
    y : array-like of float, shape (n_samples,)
        The target.

    Returns
    -------
    tuple
        Rows, and the target as ndarray of float.

    Raises
    ------
    ValueError
        If the lengths differ or the target is missing or not finite.
    """
    target = _check_y(y, y_numeric=True, estimator=estimator)
    rows, _ = indexable(X, target)
    note_columns(estimator, rows, reset=True)
    return rows, np.asarray(target, dtype=np.float64)


def note_columns(estimator: Any, X: Any, *, reset: bool) -> None:
    """Note the columns of a table, or check that they are those noted; objects such as formulas have none."""
    if not reset and getattr(X, "ndim", 2) == 1:  # objects; or a mistake that the members explain
        return
    _check_feature_names(estimator, X, reset=reset)
    _check_n_features(estimator, X, reset=reset)


def tags_of_all(tags: Any, members: Sequence[tuple[str, Any]]) -> Any:
    """Return tags of a model that can do with its input what all of its members can."""
    for name in ("sparse", "allow_nan"):
        setattr(tags.input_tags, name, all(getattr(get_tags(model).input_tags, name) for _, model in members))
    return tags
