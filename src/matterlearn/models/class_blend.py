"""A weighted mean of the probabilities that several classifiers give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, clone
from sklearn.utils import _safe_indexing, indexable
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_y, check_is_fitted

from matterlearn.core.errors import ArgumentError, TrainingError
from matterlearn.models.blend import note_columns, tags_of_all
from matterlearn.models.weighting import checked_weights, fit_weighted


class ClassBlend(ClassifierMixin, _BaseComposition):
    """Average the class probabilities of several classifiers that are fitted on the same rows.

    scikit-learn's `VotingClassifier` turns its input into an array first; this one hands it on as it is, since its
    members take tables of formulas and site compositions.

    Parameters
    ----------
    members : sequence of (str, estimator)
        Names and classifiers with `predict_proba`. They are cloned, not fitted themselves.
    weights : sequence of float
        One weight per member; only their ratios count.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        The classes, sorted.
    members_ : list of (str, estimator)
        The fitted members.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> sure = DummyClassifier(strategy="most_frequent")
    >>> blend = ClassBlend([("shares", DummyClassifier()), ("sure", sure)], [0.5, 0.5])
    >>> blend.fit([[0.0]] * 4, ["a", "a", "a", "b"]).predict_proba([[0.0]])
    array([[0.875, 0.125]])
    """

    __module__ = "matterlearn.models.class_blend"

    def __init__(self, members: Sequence[tuple[str, Any]], weights: Sequence[float]) -> None:
        self.members = members
        self.weights = weights

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit every member on all rows.

        Parameters
        ----------
        X : sequence or table, shape (n_samples, ...)
            Whatever the members take.
        y : array-like, shape (n_samples,)
            The classes.
        sample_weight : array-like of float, shape (n_samples,), optional
            Weights of the rows; see `fit_weighted`.

        Returns
        -------
        ClassBlend
            Itself.

        Raises
        ------
        ArgumentError
            If the numbers of members and weights differ, or a member takes no weights of rows and there are some.
        """
        if len(self.members) != len(self.weights):
            raise ArgumentError(f"{len(self.members)} members but {len(self.weights)} weights", where="weights")
        X, target = checked_class_rows(self, X, y)
        row_weights = checked_weights(sample_weight, X)
        self.members_ = [(name, fit_classes(clone(model), X, target, row_weights)) for name, model in self.members]
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the mean of the members' probabilities, shape (n_samples, n_classes)."""
        return self.predict_with_members(X)[0]

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable classes, shape (n_samples,)."""
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[np.argmax(probabilities, axis=1)])

    def predict_members(self, X: Any) -> NDArray[np.float64]:
        """Return the probabilities that each member gives by itself, shape (n_members, n_samples, n_classes)."""
        check_is_fitted(self)
        note_columns(self, X, reset=False)
        return np.stack([class_probabilities(model, X, self.classes_) for _, model in self.members_])

    def predict_with_members(self, X: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the mean probabilities (n_samples, n_classes) and how far the members disagree (n_samples,).

        The disagreement is the weighted standard deviation of the probability of the class that the mean holds for most
        probable; NaN where there is one member.
        """
        members = self.predict_members(X)
        share = np.asarray(self.weights, dtype=np.float64) / np.sum(self.weights)
        mean = mean_probabilities(members, share)
        if len(members) < 2:
            return mean, np.full(len(mean), np.nan)
        leading = np.argmax(mean, axis=1)
        rows = np.arange(len(mean))
        differences = members[:, rows, leading] - mean[rows, leading]
        return mean, np.sqrt(share @ differences**2)

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


def mean_probabilities(members: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weighted mean over members, shape (n_samples, n_classes); each row sums to 1 exactly as can be.

    Parameters
    ----------
    members : ndarray of float, shape (n_members, n_samples, n_classes)
        Probabilities of each member.
    share : ndarray of float, shape (n_members,)
        Weights; they sum to 1.

    Examples
    --------
    >>> mean_probabilities(np.array([[[1.0, 0.0]], [[0.5, 0.5]]]), np.array([0.5, 0.5]))
    array([[0.75, 0.25]])
    """
    total = np.sum([weight * part for weight, part in zip(share, members, strict=True)], axis=0, dtype=np.float64)
    return np.asarray(total / total.sum(axis=1, keepdims=True))


def class_probabilities(model: Any, X: Any, classes: NDArray[Any]) -> NDArray[np.float64]:
    """Return the probabilities of given classes, 0 for those that a fitted classifier has not met.

    Parameters
    ----------
    model : estimator
        Fitted classifier with `predict_proba` and `classes_`.
    X : sequence or table, shape (n_samples, ...)
        Rows.
    classes : ndarray, shape (n_classes,)
        All classes, sorted; those of the model are among them.

    Returns
    -------
    ndarray of float, shape (n_samples, n_classes)
        Rows sum to 1.

    Raises
    ------
    TrainingError
        If a probability is not a number.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> class_probabilities(DummyClassifier().fit([[0], [0]], [1, 1]), [[0]], np.array([0, 1, 2]))
    array([[0., 1., 0.]])
    """
    found = np.asarray(model.predict_proba(X), dtype=np.float64)
    if not np.all(np.isfinite(found)):
        raise TrainingError(
            f"{int(np.sum(~np.isfinite(found).all(axis=1)))} of {len(found)} rows have no probabilities",
            where=type(model).__name__,
            fix="leave this model out, or scale the inputs",
        )
    if len(model.classes_) == len(classes):
        return found
    probabilities = np.zeros((len(found), len(classes)))
    probabilities[:, np.searchsorted(classes, model.classes_)] = found
    return probabilities


FEWEST_TO_LEARN = 3
"""Rows (or weight) of a class that a classifier is given: with fewer, those that calibrate themselves stop."""


def fit_classes(model: Any, X: Any, y: NDArray[Any], sample_weight: NDArray[np.float64] | None) -> Any:
    """Fit a classifier to the rows of classes that can be learned; to all rows if fewer than two can.

    In a fold a rare class may be left with one or two rows. The classifier then does not know it, and
    `class_probabilities` gives it the probability 0 there.

    Parameters
    ----------
    model : estimator
        Unfitted classifier.
    X : sequence or table, shape (n_samples, ...)
        Rows.
    y : ndarray, shape (n_samples,)
        Classes.
    sample_weight : ndarray of float, shape (n_samples,), or None
        Weights of the rows; see `fit_weighted`.

    Returns
    -------
    estimator
        The model, fitted.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> fit_classes(DummyClassifier(), [[0.0]] * 8, np.array([0, 0, 0, 1, 1, 1, 2, 2]), None).classes_
    array([0, 1])
    """
    classes, codes = np.unique(y, return_inverse=True)
    known = np.bincount(codes, weights=sample_weight, minlength=len(classes)) >= FEWEST_TO_LEARN
    if known.all() or known.sum() < 2:
        return fit_weighted(model, X, y, sample_weight)
    rows = np.flatnonzero(known[codes])
    weights = None if sample_weight is None else sample_weight[rows]
    return fit_weighted(model, _safe_indexing(X, rows), y[rows], weights)


def checked_class_rows(estimator: Any, X: Any, y: Any) -> tuple[Any, NDArray[Any]]:
    """Return rows that can be picked by position, and their classes; the estimator gets `classes_` and its columns.

    Raises
    ------
    ValueError
        If the lengths differ, or the target is missing or holds numbers that are no classes.
    """
    target = _check_y(y, estimator=estimator) if not _is_text(y) else np.asarray(y)
    check_classification_targets(target)
    rows, _ = indexable(X, target)
    note_columns(estimator, rows, reset=True)
    estimator.classes_ = np.unique(target)
    return rows, np.asarray(target)


def _is_text(y: Any) -> bool:
    return np.asarray(y).dtype.kind in "UO" and np.asarray(y).ndim == 1 and all(isinstance(cell, str) for cell in y)
