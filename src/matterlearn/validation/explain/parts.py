"""A fitted model taken apart: for every member its feature matrix, and the regressor that reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from matterlearn.features.feature_groups import column_groups, feature_groups
from matterlearn.features.unscaled import COLUMN_SCALERS, dense, unscaled_features
from matterlearn.models.blend import Blend
from matterlearn.models.class_blend import ClassBlend, class_probabilities
from matterlearn.models.class_selection import ClassSelector
from matterlearn.models.selection import CandidateSelector
from matterlearn.validation.explain.kernel_sums import kernel_sum

_MOST_NUMBERS = 4_000_000  # in one matrix that is handed to a regressor: 32 MB


@dataclass(frozen=True)
class OneClass:
    """A fitted classifier as a regressor: what it predicts is the probability of one class.

    Attributes
    ----------
    classifier : estimator
        Fitted, with `predict_proba` and `classes_`.
    label : object
        The class, as in `classes_`; its probability is 0 where the classifier has not met it.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> OneClass(DummyClassifier().fit([[0.0]] * 4, [0, 0, 0, 1]), 1).predict([[0.0]])
    array([0.25])
    """

    classifier: Any
    label: Any

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of the class, shape (n_samples,)."""
        known = self.classifier.classes_
        classes = np.union1d(known, [self.label])
        return class_probabilities(self.classifier, X, classes)[:, int(np.searchsorted(classes, self.label))]


@dataclass(frozen=True)
class Part:
    """One member of a model on given rows.

    Attributes
    ----------
    weight : float
        Its share of the prediction.
    matrix : ndarray of shape (n_rows, n_features), or DataFrame
        What its regressor reads: after the transform, and after scalers of single columns that follow it.
    groups : DataFrame
        What each column of the matrix is about; see `feature_groups`.
    regressor : estimator
        From the matrix to a prediction.
    transformer : transformer or None
        What made the matrix; None if the model takes the inputs as they are.
    """

    weight: float
    matrix: Any
    groups: pd.DataFrame
    regressor: Any
    transformer: Any

    def predict(self, matrix: Any) -> NDArray[np.float64]:
        """Return the member's predictions for a matrix like its own, shape (n_rows,)."""
        return np.asarray(self.regressor.predict(matrix), dtype=np.float64).reshape(len(matrix))

    def predict_moved(
        self, column_sets: Sequence[NDArray[np.intp]], sources: Sequence[NDArray[np.intp]]
    ) -> NDArray[np.float64]:
        """Return predictions for the rows with the values of some columns taken from other rows.

        Parameters
        ----------
        column_sets : sequence of ndarray of int
            Columns that are replaced together.
        sources : sequence of ndarray of int, shape (n_rows,)
            For each row the one whose values it takes: a permutation, or the same row for all.

        Returns
        -------
        ndarray of float, shape (n_sets, n_sources, n_rows)
            Predictions for every set of columns with every source.
        """
        kernel = kernel_sum(self.regressor) if isinstance(self.matrix, np.ndarray) else None
        if kernel is not None:
            return kernel.predict_moved(self.matrix, column_sets, sources)
        n_rows, n_features = self.matrix.shape
        variants = [(columns, rows) for columns in column_sets for rows in sources]
        at_once = max(1, _MOST_NUMBERS // (n_rows * n_features))
        out = np.empty((len(variants), n_rows))
        for start in range(0, len(variants), at_once):
            chosen = variants[start : start + at_once]
            if isinstance(self.matrix, pd.DataFrame):
                frames = [_replaced(self.matrix, columns, rows) for columns, rows in chosen]
                stacked: Any = pd.concat(frames, ignore_index=True)
            else:
                block = np.repeat(self.matrix[None], len(chosen), axis=0)  # (n_chosen, n_rows, n_features)
                for variant, (columns, rows) in zip(block, chosen, strict=True):
                    variant[:, columns] = self.matrix[np.ix_(rows, columns)]
                stacked = block.reshape(-1, n_features)
            out[start : start + len(chosen)] = self.predict(stacked).reshape(len(chosen), n_rows)
        return out.reshape(len(column_sets), len(sources), n_rows)

    def unscaled(self, X: Any) -> NDArray[np.float64]:
        """Return the features of rows in their units, shape (n_rows, n_features)."""
        return dense(X) if self.transformer is None else unscaled_features(self.transformer, X)


@dataclass(frozen=True)
class Parts:
    """All members of a model on given rows.

    Attributes
    ----------
    parts : tuple of Part
        The members.
    floor : float or None
        Predictions below it are raised to it.
    """

    parts: tuple[Part, ...]
    floor: float | None

    def combine(self, predictions: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return the model's prediction from those of its members, which share one shape."""
        total = np.sum([part.weight * values for part, values in zip(self.parts, predictions, strict=True)], axis=0)
        return np.asarray(total if self.floor is None else np.maximum(total, self.floor), dtype=np.float64)


def model_parts(model: Any, X: Any, *, units: Mapping[str, str] | None = None) -> Parts:
    """Take a fitted model apart.

    Parameters
    ----------
    model : estimator
        Fitted: a `Blend`, a `CandidateSelector`, a pipeline whose first step makes the features, or any regressor of
        the inputs themselves (then these are its features); or `OneClass` of the same kinds of classifier.
    X : DataFrame, shape (n_rows, n_inputs)
        Rows on which the feature matrices are computed, once.
    units : mapping of str to str, optional
        Units of the input columns that are numbers.

    Returns
    -------
    Parts
        Predicting with them gives the model's predictions.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import PolynomialFeatures
    >>> X = pd.DataFrame({"x": [0.0, 1.0, 2.0]})
    >>> model = make_pipeline(PolynomialFeatures(2, include_bias=False), LinearRegression()).fit(X, [0.0, 1.0, 4.0])
    >>> model_parts(model, X).parts[0].groups["property"].tolist()
    ['x', 'x^2']
    """
    if isinstance(model, OneClass):
        return _class_parts(model, X, units)
    if isinstance(model, CandidateSelector):
        model = model.model_
    if isinstance(model, Blend):
        members = [
            _part(member, X, weight, units)
            for (_, member), weight in zip(model.members_, model.weights, strict=True)
            if weight != 0
        ]
        return Parts(tuple(members), model.floor)
    return Parts((_part(model, X, 1.0, units),), None)


def _class_parts(model: OneClass, X: Any, units: Mapping[str, str] | None) -> Parts:
    whole = model.classifier.model_ if isinstance(model.classifier, ClassSelector) else model.classifier
    members, shares = [("", whole)], [1.0]
    if isinstance(whole, ClassBlend):
        members, shares = whole.members_, [weight / sum(whole.weights) for weight in whole.weights]
    parts = []
    for (_, member), share in zip(members, shares, strict=True):
        part = _part(member, X, share, units)
        parts.append(replace(part, regressor=OneClass(part.regressor, model.label)))
    return Parts(tuple(parts), None)


def _part(model: Any, X: Any, weight: float, units: Mapping[str, str] | None) -> Part:
    if not isinstance(model, Pipeline) or len(model.steps) < 2 or _takes_inputs(model, X):
        frame = X if isinstance(X, pd.DataFrame) else pd.DataFrame({"x": X})
        return Part(weight, frame, column_groups([str(name) for name in frame.columns], units=units), model, None)
    transformer = model.steps[0][1]
    matrix = transformer.transform(X)
    if not isinstance(matrix, pd.DataFrame):
        matrix = dense(matrix)
    groups = feature_groups(transformer, units=units, n_features=matrix.shape[1])
    n_scalers = 0
    while isinstance(model.steps[1 + n_scalers][1], COLUMN_SCALERS):
        matrix = model.steps[1 + n_scalers][1].transform(matrix)
        n_scalers += 1
    regressor = model[1 + n_scalers :] if len(model.steps) > 2 + n_scalers else model.steps[-1][1]
    return Part(weight, matrix, groups, regressor, transformer)


def _takes_inputs(model: Pipeline, X: Any) -> bool:
    """Tell a pipeline that hands objects (structures) on as they are: its features are the inputs themselves."""
    matrix = model.steps[0][1].transform(X[:1])
    return isinstance(matrix, np.ndarray) and matrix.dtype == object


def _replaced(frame: pd.DataFrame, columns: NDArray[np.intp], rows: NDArray[np.intp]) -> pd.DataFrame:
    out = frame.copy()
    for column in columns.tolist():
        out.isetitem(column, frame.iloc[rows, column].array)
    return out
