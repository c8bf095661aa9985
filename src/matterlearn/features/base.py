"""What every transformer of matter has in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from matterlearn.core.errors import ArgumentError
from matterlearn.core.objects import as_objects
from matterlearn.features.feature_facts import FeatureFacts

# Samples that are read at a time: what lies between the objects and their features stays this small
# whatever the number of samples.
CHUNK = 16_384


class MatterTransformer(TransformerMixin, BaseEstimator):
    """Base of the scikit-learn transformers that turn objects which describe matter into numbers.

    A subclass states how to compute the features of some objects (`_features`) and what they are called (`_names`),
    and, where it learns from data, what it learns (`_learn`). It gets `fit`, `transform`, `fit_transform`,
    `get_feature_names_out`, `set_output`, honest scikit-learn tags, and samples that come in chunks. Its constructor
    only stores its arguments. `check_matter_transformer` tells whether a subclass keeps the rules.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns of objects seen in `fit`.
    feature_names_in_ : ndarray of str
        Their names, if a DataFrame with text for column names was given.

    Examples
    --------
    >>> class Length(MatterTransformer):
    ...     "Number of letters of a text."
    ...
    ...     def _features(self, objects, first_row):
    ...         return np.array([[float(len(text))] for text in objects])
    ...
    ...     def _names(self):
    ...         return ["length"]
    >>> Length().fit_transform(["Fe", "Fe2O3"]).tolist()
    [[2.0], [5.0]]
    """

    __module__ = "matterlearn.features.base"

    n_features_in_: int
    feature_names_in_: NDArray[np.object_]

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn what the features depend on.

        Parameters
        ----------
        X : sequence of objects
            One object per sample: list, object array, Series or DataFrame column.
        y : ignored
            Present because scikit-learn passes it.

        Returns
        -------
        MatterTransformer
            Itself.

        Raises
        ------
        ArgumentError
            If an argument cannot be used or there are no samples.
        RowError
            If a sample cannot be read; it names the position, the value and the reason.
        """
        self._check_parameters()
        objects = self._read(X, fitting=True)
        if len(objects) == 0:
            raise _no_samples()
        self.n_features_in_ = 1 if objects.ndim == 1 else objects.shape[1]
        self._note_column_names(X)
        self._learn(objects)
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Compute the features.

        Parameters
        ----------
        X : sequence of objects
            One object per sample: list, object array, Series or DataFrame column.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Float64; a DataFrame after `set_output(transform="pandas")`.

        Raises
        ------
        ArgumentError
            If there are no samples.
        RowError
            If a sample cannot be read; it names the position, the value and the reason.
        NotFittedError
            If `fit` was not called.
        """
        return self._compute(X, self._features, np.float64)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the features.

        Parameters
        ----------
        input_features : ignored
            Present because scikit-learn passes it.

        Returns
        -------
        ndarray of str, shape (n_features,)
            Unique names for people: `"mean electronegativity"`.

        Raises
        ------
        NotFittedError
            If `fit` was not called.
        """
        check_is_fitted(self)
        return np.array(self._names(), dtype=object)

    def feature_facts(self) -> list[FeatureFacts]:
        """Return what each feature is about: property, site, unit.

        Returns
        -------
        list of FeatureFacts, length n_features
            In the order of the features. A subclass that says no more has one property per feature.

        Raises
        ------
        NotFittedError
            If `fit` was not called.
        """
        check_is_fitted(self)
        return self._facts()

    def citations(self) -> list[str]:
        """Return what to cite for the features: definitions and sources of data.

        Returns
        -------
        list of str
            Each source once; empty where nothing but the composition is used.
        """
        return []

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Objects, not numbers: scikit-learn's checks for numeric matrices do not apply.
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        return tags

    def _compute(self, X: Any, function: Any, dtype: Any) -> NDArray[Any]:
        """Apply a function of `(objects, first_row)` that returns one value per feature to chunks of samples."""
        check_is_fitted(self)
        objects = self._read(X, fitting=False)
        if len(objects) == 0:
            raise _no_samples()
        if len(objects) <= CHUNK:
            return np.ascontiguousarray(function(objects, 0), dtype=dtype)
        out = np.empty((len(objects), len(self._names())), dtype=dtype)
        for first_row, chunk in chunks(objects):
            out[first_row : first_row + len(chunk)] = function(chunk, first_row)
        return out

    def _note_column_names(self, X: Any) -> None:
        if hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        columns = list(X.columns) if is_frame(X) else []
        if len(columns) == self.n_features_in_ and all(isinstance(name, str) for name in columns):
            self.feature_names_in_ = np.array(columns, dtype=object)

    # What a subclass states.

    def _check_parameters(self) -> None:
        """Raise an ArgumentError if an argument of the constructor cannot be used."""

    def _read(self, X: Any, *, fitting: bool) -> NDArray[np.object_]:
        """Return the objects of the samples, shape (n_samples,) or (n_samples, n_columns)."""
        return as_objects(X)

    def _learn(self, objects: NDArray[np.object_]) -> None:
        """Set the attributes that end in an underscore."""

    def _features(self, objects: NDArray[np.object_], first_row: int) -> NDArray[np.float64]:
        """Return the features of some objects; `first_row` is the position of the first one, for errors."""
        raise NotImplementedError

    def _names(self) -> list[str]:
        """Return the names of the features."""
        raise NotImplementedError

    def _facts(self) -> list[FeatureFacts]:
        """Return what each feature is about."""
        return [FeatureFacts(name, name) for name in self._names()]


def chunks(objects: NDArray[np.object_]) -> Iterator[tuple[int, NDArray[np.object_]]]:
    """Yield the position of the first sample of each chunk, and the chunk."""
    for start in range(0, len(objects), CHUNK):
        yield start, objects[start : start + CHUNK]


def is_frame(X: Any) -> bool:
    """Tell a DataFrame; its type is asked, since a Series has an attribute for every label."""
    return hasattr(type(X), "columns") and hasattr(type(X), "iloc")


def _no_samples() -> ArgumentError:
    return ArgumentError("there are no samples", where="X", fix="pass at least one")
