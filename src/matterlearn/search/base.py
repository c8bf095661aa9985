"""What searches have in common: checks, folds, refitting the best, and prediction by it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin, is_classifier
from sklearn.utils import column_or_1d, get_tags, indexable
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from matterlearn.core.errors import ArgumentError
from matterlearn.core.parallel import single_thread
from matterlearn.models.weighting import checked_weights, fit_weighted, takes_weights
from matterlearn.search.folds import inner_folds
from matterlearn.search.results import Result, best_of, mean_curves, result_table
from matterlearn.search.scoring import Scoring
from matterlearn.search.task import Task


@dataclass(frozen=True)
class Searched:
    """What a search found.

    Attributes
    ----------
    results : sequence of Result
        All configurations.
    stacked : bool
        Whether networks were trained together.
    """

    results: Sequence[Result]
    stacked: bool


def _best_has(name: str) -> Callable[[Any], bool]:
    """Return whether the estimator of a search, fitted or not, has a method."""

    def has(search: Any) -> bool:
        if not search.refit:
            raise AttributeError(f"with refit=False, {type(search).__name__} has no {name}")
        return hasattr(getattr(search, "best_estimator_", search.estimator), name)

    return has


class BaseSearch(MetaEstimatorMixin, BaseEstimator):
    """A search as an estimator. Derived classes say which configurations are tried, in `_search`."""

    estimator: Any
    cv: Any
    scoring: Any
    refit: bool
    random_state: int
    workers: int
    progress: bool
    n_splits_: int

    def fit(
        self, X: Any, y: ArrayLike | None = None, groups: Any = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Try configurations on inner folds, then fit the best one on all rows.

        Parameters
        ----------
        X : sequence or table, shape (n_samples, ...)
            Whatever the estimator takes.
        y : array-like, shape (n_samples,)
            The target.
        groups : sequence, shape (n_samples,), optional
            Handed to the splitter of the inner folds.
        sample_weight : array-like of float, shape (n_samples,), optional
            Weights of the rows, in fitting (see `matterlearn.models.weighting.fit_weighted`) as in the inner scores.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ArgumentError
            If an argument cannot be used.
        TrainingError
            If no configuration could be trained.
        """
        if not isinstance(self.random_state, Integral):
            raise ArgumentError(f"must be a whole number, got {self.random_state!r}", where="random_state")
        self._check_parameters()
        X, target = _checked_rows(self, X, y)
        if groups is not None:
            check_consistent_length(target, groups)
        weights = checked_weights(sample_weight, X)
        if weights is not None and np.all(weights == 1):
            weights = None
        if weights is not None and not takes_weights(self.estimator):
            raise ArgumentError(f"{type(self.estimator).__name__} takes no weights of rows", where="sample_weight")
        scoring = Scoring(self.estimator, self.scoring, weighted=weights is not None)
        folds = inner_folds(self.cv, self.estimator, X, target, groups, int(self.random_state))
        task = Task(self.estimator, X, target, weights, folds, scoring, int(self.random_state))
        self.scorer_ = scoring.scorer
        self.n_splits_ = len(folds)
        self._take_over(task, self._search(task))
        return self

    def _check_parameters(self) -> None:
        """Raise an ArgumentError if a parameter of the search cannot be used."""
        raise NotImplementedError

    def _names(self) -> list[str]:
        """Return the names of all parameters that may vary."""
        raise NotImplementedError

    def _search(self, task: Task) -> Searched:
        """Try configurations."""
        raise NotImplementedError

    def _take_over(self, task: Task, searched: Searched) -> None:
        results = searched.results
        self.best_index_ = best_of(results)
        self.stacked_ = searched.stacked
        self.cv_results_ = result_table(results, self._names(), self.n_splits_)
        self.best_params_ = self.cv_results_["params"][self.best_index_]
        self.best_score_ = float(self.cv_results_["mean_test_score"][self.best_index_])
        self.curves_ = [mean_curves(result) for result in results]
        if not self.refit:
            return
        start = time.perf_counter()
        with single_thread():  # as in the folds
            self.best_estimator_ = fit_weighted(
                task.configured(self.best_params_, "refit"), task.X, task.y, task.weights
            )
        self.refit_time_ = time.perf_counter() - start
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_

    @available_if(_best_has("predict"))  # type: ignore[untyped-decorator]
    def predict(self, X: Any) -> NDArray[Any]:
        """Return the predictions of the best configuration, fitted on all rows.

        Parameters
        ----------
        X : sequence or table, shape (n_samples, ...)
            Whatever the estimator takes.

        Returns
        -------
        ndarray, shape (n_samples,)
        """
        return np.asarray(self._best().predict(X))

    @available_if(_best_has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return probabilities of the classes, shape (n_samples, n_classes)."""
        return np.asarray(self._best().predict_proba(X))

    @available_if(_best_has("predict_log_proba"))  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Return logarithms of the probabilities of the classes, shape (n_samples, n_classes)."""
        return np.asarray(self._best().predict_log_proba(X))

    @available_if(_best_has("decision_function"))  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return what a classifier decides by, shape (n_samples,) or (n_samples, n_classes)."""
        return np.asarray(self._best().decision_function(X))

    @available_if(_best_has("predict_with_spread"))  # type: ignore[untyped-decorator]
    def predict_with_spread(self, X: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return predictions and their standard deviation over the members of an ensemble."""
        mean, spread = self._best().predict_with_spread(X)
        return mean, spread

    @available_if(_best_has("transform"))  # type: ignore[untyped-decorator]
    def transform(self, X: Any) -> Any:
        """Return the rows transformed by the best configuration."""
        return self._best().transform(X)

    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the score of the best configuration, by the metric of the search.

        Parameters
        ----------
        X : sequence or table, shape (n_samples, ...)
            Rows.
        y : array-like, shape (n_samples,)
            Their target.
        sample_weight : array-like of float, shape (n_samples,), optional
            Their weights.

        Returns
        -------
        float
        """
        best = self._best()
        weights = checked_weights(sample_weight, X)
        return Scoring(best, self.scoring, weighted=weights is not None)(best, X, y, weights)

    @property
    def classes_(self) -> NDArray[Any]:
        """Classes that the best configuration knows; only of classifiers."""
        check_is_fitted(self)
        return np.asarray(self.best_estimator_.classes_)

    @property
    def n_features_in_(self) -> int:
        """Number of columns of the rows it was fitted on."""
        if not hasattr(self, "best_estimator_"):
            raise AttributeError(f"{type(self).__name__} has no n_features_in_ before it is fitted, or without refit")
        return int(self.best_estimator_.n_features_in_)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "cv_results_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.estimator_type = inner.estimator_type
        tags.classifier_tags = deepcopy(inner.classifier_tags)
        tags.regressor_tags = deepcopy(inner.regressor_tags)
        tags.target_tags = deepcopy(inner.target_tags)
        tags.input_tags = deepcopy(inner.input_tags)
        return tags

    def _weighted_parts(self) -> list[Any]:
        """Return what must take the weights of rows for this to take them; asked by `takes_weights`."""
        return [self.estimator]

    def _best(self) -> Any:
        check_is_fitted(self)
        if not self.refit:
            raise AttributeError(f"with refit=False, {type(self).__name__} has fitted nothing to predict with")
        return self.best_estimator_


def _checked_rows(search: Any, X: Any, y: Any) -> tuple[Any, NDArray[Any]]:
    """Return rows that can be picked by position, and the target as an array."""
    if y is None:
        raise ArgumentError(f"{type(search).__name__} requires y to be passed, but the target y is None", where="y")
    target = np.asarray(y)
    if target.ndim == 0 or (target.ndim == 2 and target.shape[1] == 1):
        target = column_or_1d(y, warn=True)
    rows, target = indexable(X, target)
    if not len(target):
        raise ArgumentError("there are no rows: 0 sample(s)", where="X")
    if is_classifier(search.estimator):
        if target.dtype.kind == "f" and not np.isfinite(target).all():
            raise ArgumentError("a class is missing: Input y contains NaN", where="y", fix="leave such rows out")
        check_classification_targets(target)
    return rows, np.asarray(target)
