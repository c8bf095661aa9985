"""Bayes' rule: from the density of each class and its prior to a probability, in logarithms."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from matterlearn.core.errors import ArgumentError

Floats = NDArray[np.float64]


class DensityClassifier(ClassifierMixin, BaseEstimator):
    """A classifier that learns one density per class; derived classes say which.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        The classes, sorted.
    priors_ : ndarray of float, shape (n_classes,)
        The priors, adding up to 1.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {"priors": ["array-like", dict, None]}
    _least_rows: ClassVar[int] = 1

    priors: Sequence[float] | Mapping[Any, float] | None
    classes_: NDArray[Any]
    priors_: Floats

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn the density of each class.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Features, best scaled: a density knows no column that matters less.
        y : array-like, shape (n_samples,)
            Classes.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ArgumentError
            If the priors do not fit the classes, or the density of a class cannot be learned.
        """
        self._validate_params()
        rows, labels = validate_data(self, X, y, dtype=np.float64, ensure_min_samples=self._least_rows)
        check_classification_targets(labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        self.priors_ = class_priors(self.priors, self.classes_, np.bincount(codes))
        self._fit_densities(rows, codes)
        return self

    def class_log_densities(self, X: ArrayLike) -> Floats:
        """Return ln p(x | class).

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of float, shape (n_samples, n_classes)
            Natural logarithms, in the order of `classes_`; minus infinity where a class cannot be.
        """
        check_is_fitted(self)
        return self._log_densities(validate_data(self, X, dtype=np.float64, reset=False))

    def score_samples(self, X: ArrayLike) -> Floats:
        """Return ln p(x), shape (n_samples,): low where no row of any class was, which is a reason not to answer."""
        return np.asarray(logsumexp(self._joint(X), axis=1))

    def predict_log_proba(self, X: ArrayLike) -> Floats:
        """Return the natural logarithm of `predict_proba`, shape (n_samples, n_classes)."""
        joint = self._joint(X)
        nowhere = ~np.isfinite(joint).any(axis=1)  # the priors are all that is known there
        joint[nowhere] = np.log(self.priors_)
        return np.asarray(joint - logsumexp(joint, axis=1, keepdims=True))

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of float, shape (n_samples, n_classes)
            In the order of `classes_`; each row adds up to 1, however far from all training rows. Where every
            density is 0, these are the priors.
        """
        return np.asarray(np.exp(self.predict_log_proba(X)))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable class of each row, shape (n_samples,)."""
        chosen = self.predict_log_proba(X).argmax(axis=1)  # first: it says so where nothing is fitted yet
        return np.asarray(self.classes_[chosen])

    def _joint(self, X: ArrayLike) -> Floats:
        return np.asarray(self.class_log_densities(X) + np.log(self.priors_))

    @abstractmethod
    def _fit_densities(self, rows: Floats, codes: NDArray[np.intp]) -> None:
        """Learn one density for each class: `codes` are positions in `classes_`."""

    @abstractmethod
    def _log_densities(self, rows: Floats) -> Floats:
        """Return ln p(x | class), shape (n_samples, n_classes)."""


def class_priors(
    priors: Sequence[float] | Mapping[Any, float] | None, classes: NDArray[Any], counts: NDArray[np.intp]
) -> Floats:
    """Return a prior for each class, adding up to 1.

    Parameters
    ----------
    priors : sequence of float, mapping of class to float, or None
        In the order of the classes, or by class; only ratios count. None takes the shares of the classes.
    classes : ndarray, shape (n_classes,)
        The classes.
    counts : ndarray of int, shape (n_classes,)
        Rows of each.

    Returns
    -------
    ndarray of float, shape (n_classes,)
        The priors.

    Raises
    ------
    ArgumentError
        If a class has no prior, a prior has no class, or one is not above 0.

    Examples
    --------
    >>> class_priors({"b": 3, "a": 1}, np.array(["a", "b"]), np.array([5, 5])).tolist()
    [0.25, 0.75]
    """
    if priors is None:
        return np.asarray(counts / counts.sum(), dtype=np.float64)
    names = classes.tolist()
    if isinstance(priors, Mapping):
        if set(priors) != set(names):
            raise ArgumentError(
                f"one prior for each of the classes {names}, got {sorted(priors, key=str)}", where="priors"
            )
        priors = [priors[name] for name in names]
    values = np.asarray(priors, dtype=np.float64)
    if values.shape != (len(names),) or not (np.isfinite(values).all() and (values > 0).all()):
        raise ArgumentError(f"{len(names)} numbers above 0 are needed, got {values.tolist()}", where="priors")
    return np.asarray(values / values.sum())
