"""Weights of rows, handed down to where the learning happens."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import config_context
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier, BaggingRegressor, VotingClassifier, VotingRegressor
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _check_sample_weight, has_fit_parameter

from matterlearn.core.errors import ArgumentError


def fit_weighted(estimator: Any, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
    """Fit an estimator on weighted rows.

    The weights go to the regressor at the end of pipelines, scaled targets and searches, as they are: with a penalty
    (ridge, support vectors) doubling them all is another model. Rows with weight 0 are left out before anything looks
    at them. What stands before the regressor, such as scaling, sees the other rows as equals.

    Parameters
    ----------
    estimator : estimator
        Regressor; it is fitted itself, not a clone.
    X : sequence or table, shape (n_samples, ...)
        Whatever it takes.
    y : array-like, shape (n_samples,)
        The target.
    sample_weight : array-like of float, shape (n_samples,), optional
        Non-negative, at least one above 0. Weights that are all 1 are no weights.

    Returns
    -------
    estimator
        The estimator, fitted.

    Raises
    ------
    ArgumentError
        If the estimator cannot take weights.
    ValueError
        If the weights do not fit the rows, are negative or not finite, or are all 0.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> line = make_pipeline(StandardScaler(), LinearRegression())
    >>> fit_weighted(line, [[0.0], [1.0], [1.0]], [0.0, 1.0, 5.0], [1, 3, 1]).predict([[1.0]]).round(9).tolist()
    [2.0]
    """
    weights = checked_weights(sample_weight, X)
    if weights is None or np.all(weights == 1):
        return estimator.fit(X, y)
    key = _weight_key(estimator)
    if key is None:
        raise ArgumentError(
            f"{_name_of(estimator)} takes no weights of rows",
            where="sample_weight",
            fix="leave it out, or do without weights",
        )
    if not weights.all():
        used = np.flatnonzero(weights)
        X, y, weights = _safe_indexing(X, used), _safe_indexing(y, used), weights[used]
    # Routing, where a user has turned it on, would want every step to say whether it asks for weights.
    with config_context(enable_metadata_routing=False):
        return estimator.fit(X, y, **{key: weights})


def takes_weights(estimator: Any) -> bool:
    """Tell whether the weights of rows change what an estimator learns.

    Parameters
    ----------
    estimator : estimator
        Regressor or classifier, possibly at the end of a pipeline, inside a scaled target, a search or an ensemble.

    Returns
    -------
    bool
        False also for an ensemble that takes weights and does nothing with them: `BaggingRegressor` uses them to draw
        rows, and without replacement it draws each row once.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> from sklearn.pipeline import make_pipeline
    >>> takes_weights(make_pipeline(Ridge())), takes_weights(make_pipeline(KNeighborsRegressor()))
    (True, False)
    """
    return _weight_key(estimator) is not None


def checked_weights(sample_weight: ArrayLike | None, X: Any) -> NDArray[np.float64] | None:
    """Return weights as an array after checking them; None stays None.

    Parameters
    ----------
    sample_weight : array-like of float, shape (n_samples,), optional
        The weights.
    X : sequence or table, shape (n_samples, ...)
        The rows they belong to.

    Returns
    -------
    ndarray of float, shape (n_samples,), or None
        A float array; never the one that was passed with other values.

    Raises
    ------
    ValueError
        If the number of weights is not that of the rows, one is negative or not finite, or all are 0.

    Examples
    --------
    >>> checked_weights([1, 0], [["a"], ["b"]])
    array([1., 0.])
    """
    if sample_weight is None:
        return None
    weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    return np.asarray(weights, dtype=np.float64)


def weighted_mean(values: NDArray[np.float64], weights: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Return the mean over the rows, weighted where there are weights.

    Parameters
    ----------
    values : ndarray of float, shape (n_samples, ...)
        The values.
    weights : ndarray of float, shape (n_samples,), or None
        Non-negative, at least one above 0.

    Returns
    -------
    ndarray of float, shape (...)
        The mean.

    Examples
    --------
    >>> weighted_mean(np.array([1.0, 5.0]), np.array([3.0, 1.0]))
    array(2.)
    """
    return np.asarray(np.mean(values, axis=0) if weights is None else np.average(values, axis=0, weights=weights))


def _weight_key(estimator: Any) -> str | None:
    """Return the name under which `fit` takes the weights of rows; None where they would be refused or ignored."""
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        key = None if last in (None, "passthrough") else _weight_key(last)
        return None if key is None else f"{name}__{key}"
    if isinstance(estimator, TransformedTargetRegressor):  # hands on what it is given
        return "sample_weight" if estimator.regressor is None else _weight_key(estimator.regressor)
    if isinstance(estimator, BaseSearchCV):
        return _weight_key(estimator.estimator)
    if isinstance(estimator, BaggingRegressor | BaggingClassifier):
        return "sample_weight" if estimator.bootstrap else None
    if isinstance(estimator, VotingRegressor | VotingClassifier):
        members = [member for _, member in estimator.estimators if member != "drop"]
        # It hands weights on by this name alone, which a pipeline does not know.
        return "sample_weight" if all(_weight_key(member) == "sample_weight" for member in members) else None
    parts: list[Any] = getattr(estimator, "_weighted_parts", list)()  # of our own blends and selections
    takes = all(takes_weights(part) for part in parts) and has_fit_parameter(estimator, "sample_weight")
    return "sample_weight" if takes else None


def _name_of(estimator: Any) -> str:
    """Return the class of the part that learns."""
    if isinstance(estimator, Pipeline):
        return _name_of(estimator.steps[-1][1])
    if isinstance(estimator, TransformedTargetRegressor):
        return _name_of(estimator.regressor)
    return type(estimator).__name__
