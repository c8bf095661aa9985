"""What the error of a regressor is made of: bias, variance, noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone, is_classifier
from sklearn.utils import _safe_indexing, check_random_state, indexable

from matterlearn.core.errors import ArgumentError
from matterlearn.core.parallel import single_thread

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BiasVariance:
    """The expected squared error of a model on new rows, in parts; in the squared unit of the target.

    Attributes
    ----------
    mse : float
        Mean over resamples and rows of (prediction - y)^2: `bias_squared` + `variance`, exactly.
    bias_squared : float
        Mean over rows of (mean prediction - y)^2. Where y is measured, the noise is in it; where y is the truth, it is
        the bias alone.
    variance : float
        Mean over rows of the variance of the prediction between resamples.
    noise : float or None
        Variance of the measurement, if it was given.
    bias_squared_without_noise : float or None
        `bias_squared` less the noise, which can be below 0 by chance.
    rows : DataFrame
        One line per test row: `y`, `mean_prediction`, `bias_squared`, `variance`, `mse`.
    predictions : ndarray of float, shape (n_resamples, n_test)
        What each resampled model predicted.
    """

    mse: float
    bias_squared: float
    variance: float
    noise: float | None
    bias_squared_without_noise: float | None
    rows: pd.DataFrame
    predictions: Floats


def bias_variance(
    estimator: Any,
    X_train: Any,
    y_train: ArrayLike,
    X_test: Any,
    y_test: ArrayLike,
    *,
    n_resamples: int = 200,
    noise: float | None = None,
    groups: ArrayLike | None = None,
    random_state: Any = None,
) -> BiasVariance:
    """Split the error on test rows into bias and variance, by the bootstrap.

    The model is fitted on resamples of the training rows, drawn with replacement, and predicts the test rows each time.
    How its predictions scatter stands for how they would scatter between data sets (Hastie, Tibshirani and Friedman,
    The Elements of Statistical Learning, 2nd ed., sections 7.3 and 7.11). A resample holds 63 % of the rows, so the
    bias is that of a somewhat smaller data set.

    Parameters
    ----------
    estimator : regressor
        Model; cloned for each resample. One that draws random numbers draws others each time.
    X_train : sequence or table, shape (n_train, ...)
        Training rows, whatever the model takes.
    y_train : array-like of float, shape (n_train,)
        Their target.
    X_test : sequence or table, shape (n_test, ...)
        Rows that no resample holds.
    y_test : array-like of float, shape (n_test,)
        Their target, measured or true.
    n_resamples : int
        Number of resamples, at least 2.
    noise : float, optional
        Variance of the measurement of `y_test`, in its squared unit, where it is known from repeats. It cannot be
        learned from rows that were measured once.
    groups : array-like, shape (n_train,), optional
        Training rows with equal values are drawn together.
    random_state : int, RandomState or None
        Of the resamples, and of models that draw.

    Returns
    -------
    BiasVariance
        The parts.

    Raises
    ------
    ArgumentError
        If the estimator is a classifier, there are fewer than 2 resamples, the noise is negative, or lengths differ.

    Examples
    --------
    >>> from sklearn.dummy import DummyRegressor
    >>> constant = DummyRegressor(strategy="constant", constant=1.0)
    >>> parts = bias_variance(constant, [[0.0], [1.0]], [0.0, 2.0], [[5.0]], [3.0], n_resamples=10, random_state=0)
    >>> parts.mse, parts.bias_squared, parts.variance
    (4.0, 4.0, 0.0)
    """
    if is_classifier(estimator):
        raise ArgumentError(
            f"{type(estimator).__name__} is a classifier, and squared errors split up for regressors only",
            where="estimator",
        )
    if n_resamples < 2:
        raise ArgumentError(f"must be at least 2, got {n_resamples}", where="n_resamples")
    if noise is not None and not noise >= 0:
        raise ArgumentError(f"a variance is not negative, got {noise}", where="noise")
    target, truth = (np.asarray(y, dtype=np.float64) for y in (y_train, y_test))
    if target.ndim != 1 or truth.ndim != 1 or not (np.isfinite(target).all() and np.isfinite(truth).all()):
        raise ArgumentError("one finite number per row is needed", where="y_train, y_test")
    try:
        rows, _, labels = indexable(X_train, target, groups)
        new, _ = indexable(X_test, truth)
    except ValueError as error:
        raise ArgumentError(str(error), where="X, y, groups") from error
    members = _members(labels, len(target))
    draw = check_random_state(random_state)
    predictions = np.empty((n_resamples, len(truth)))
    with single_thread():
        for k in range(n_resamples):
            chosen = np.concatenate([members[i] for i in draw.randint(len(members), size=len(members))])
            model = _seeded(clone(estimator), draw)
            model.fit(_safe_indexing(rows, chosen), target[chosen])
            predictions[k] = np.asarray(model.predict(new), dtype=np.float64)
    return decompose(predictions, truth, noise=noise)


def decompose(predictions: ArrayLike, y: ArrayLike, *, noise: float | None = None) -> BiasVariance:
    """Split the squared errors of several models that predicted the same rows.

    Parameters
    ----------
    predictions : array-like of float, shape (n_models, n_samples)
        What each predicted.
    y : array-like of float, shape (n_samples,)
        Measured or true values.
    noise : float, optional
        Variance of the measurement.

    Returns
    -------
    BiasVariance
        The parts.

    Raises
    ------
    ArgumentError
        If the shapes do not fit or a number is not finite.

    Examples
    --------
    >>> parts = decompose([[1.0, 2.0], [3.0, 2.0]], [1.0, 5.0])
    >>> parts.bias_squared, parts.variance, parts.mse
    (5.0, 0.5, 5.5)
    """
    found, truth = np.asarray(predictions, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if found.ndim != 2 or found.shape[1:] != truth.shape or found.size == 0:
        raise ArgumentError(
            f"predictions of shape {found.shape} for values of shape {truth.shape}", where="predictions"
        )
    if not (np.isfinite(found).all() and np.isfinite(truth).all()):
        raise ArgumentError("holds what is no finite number", where="predictions")
    mean = found.mean(axis=0)
    rows = pd.DataFrame(
        {
            "y": truth,
            "mean_prediction": mean,
            "bias_squared": (mean - truth) ** 2,
            "variance": ((found - mean) ** 2).mean(axis=0),
            "mse": ((found - truth) ** 2).mean(axis=0),
        }
    )
    bias_squared = float(rows["bias_squared"].mean())
    return BiasVariance(
        mse=float(rows["mse"].mean()),
        bias_squared=bias_squared,
        variance=float(rows["variance"].mean()),
        noise=noise,
        bias_squared_without_noise=None if noise is None else bias_squared - noise,
        rows=rows,
        predictions=found,
    )


def _members(labels: Any, n_rows: int) -> list[NDArray[np.intp]]:
    """Return the rows that are drawn together."""
    if labels is None:
        return list(np.arange(n_rows)[:, None])
    codes = np.unique(np.asarray(labels), return_inverse=True)[1]
    return [np.flatnonzero(codes == code) for code in range(codes.max() + 1)]


def _seeded(model: Any, draw: Any) -> Any:
    """Give every part of a model that draws random numbers a seed of its own."""
    seeds = {
        name: int(draw.randint(2**31 - 1))
        for name in sorted(model.get_params())
        if name.rpartition("__")[2] == "random_state"
    }
    return model.set_params(**seeds)
