"""What classifiers share that wrap another one and work on its probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import get_tags, indexable
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_y, check_is_fitted

from matterlearn.models.blend import note_columns, tags_of_all
from matterlearn.models.weighting import checked_weights, fit_weighted


class ProbabilityWrapper(ClassifierMixin, BaseEstimator):
    """Fit a clone of `estimator` on all rows, and answer with the most probable class.

    Its input goes on as it is, so the wrapped classifier may take tables of formulas and site compositions.
    """

    estimator: Any

    def _fit_estimator(
        self, X: Any, y: Any, sample_weight: ArrayLike | None
    ) -> tuple[Any, NDArray[Any], NDArray[np.float64] | None]:
        """Check the parameters and rows, fit the clone, and return rows, classes of the rows and weights."""
        self._validate_params()
        labels = np.asarray(_check_y(y, estimator=self))
        check_classification_targets(labels)
        rows, _ = indexable(X, labels)
        note_columns(self, rows, reset=True)
        weights = checked_weights(sample_weight, rows)
        self.estimator_ = fit_weighted(clone(self.estimator), rows, labels, weights)
        self.classes_ = self.estimator_.classes_
        return rows, labels, weights

    def _probabilities(self, X: Any) -> NDArray[np.float64]:
        """Return what the fitted clone says, shape (n_samples, n_classes)."""
        check_is_fitted(self)
        note_columns(self, X, reset=False)
        return np.asarray(self.estimator_.predict_proba(X), dtype=np.float64)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class.

        Parameters
        ----------
        X : sequence or table, shape (n_samples, ...)
            Whatever the wrapped classifier takes.

        Returns
        -------
        ndarray of float, shape (n_samples, n_classes)
            Probabilities, in the order of `classes_`.
        """
        return self._probabilities(X)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each row, shape (n_samples,); the first one among equals."""
        most_probable = np.argmax(self.predict_proba(X), axis=1)
        return np.asarray(self.classes_[most_probable])

    def _weighted_parts(self) -> list[Any]:
        """Return what must take the weights of rows for this to take them; asked by `takes_weights`."""
        return [self.estimator]

    def __sklearn_tags__(self) -> Any:
        tags = tags_of_all(super().__sklearn_tags__(), [("estimator", self.estimator)])
        wrapped = get_tags(self.estimator).classifier_tags
        if wrapped is not None:
            tags.classifier_tags.multi_class = wrapped.multi_class
        return tags
