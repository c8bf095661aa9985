"""The feature matrix in the units of its features, whatever scaling a transformer ends with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils import _safe_indexing

from matterlearn.core.errors import ArgumentError
from matterlearn.features.block_scaler import BlockScaler

COLUMN_SCALERS = (BlockScaler, StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler)
"""Steps whose every output column is a rising function of the same input column, and of nothing else."""


def unscaled_features(transformer: Any, X: Any) -> NDArray[np.float64]:
    """Return the features before they are scaled.

    Parameters
    ----------
    transformer : transformer
        Fitted: what `table_features` makes, or any other. Scalers of single columns that a `ColumnTransformer` or
        pipeline ends with are left out.
    X : DataFrame, shape (n_samples, n_inputs)
        Inputs.

    Returns
    -------
    ndarray of float, shape (n_samples, n_features)
        In the order of the transformer's own features.

    Raises
    ------
    ArgumentError
        If the transformer does not give a matrix of numbers.

    Examples
    --------
    >>> from matterlearn.features.table_features import table_features
    >>> kinds = {"A": "site", "T_K": "number"}
    >>> X = pd.DataFrame({"A": ["Ca", "Ba"], "T_K": [300.0, 600.0]})
    >>> features = table_features(list(kinds), kinds, representation="fractions", fraction_weight=4.0).fit(X)
    >>> features.transform(X).tolist(), unscaled_features(features, X).tolist()
    ([[4.0, 0.0, -1.0], [0.0, 4.0, 1.0]], [[1.0, 0.0, 300.0], [0.0, 1.0, 600.0]])
    """
    if isinstance(transformer, ColumnTransformer):
        places = transformer.output_indices_
        parts = {
            places[name].start: unscaled_features(part, _safe_indexing(X, columns, axis=1))
            for name, part, columns in transformer.transformers_
            if places[name].stop > places[name].start
        }
        return np.hstack([parts[start] for start in sorted(parts)])
    if isinstance(transformer, Pipeline):
        steps = [step for _, step in transformer.steps]
        while steps and isinstance(steps[-1], COLUMN_SCALERS):
            steps.pop()
        for step in steps[:-1]:
            X = X if step in (None, "passthrough") else step.transform(X)
        return unscaled_features(steps[-1], X) if steps else dense(X)
    if transformer in (None, "passthrough") or isinstance(transformer, COLUMN_SCALERS):
        return dense(X)
    return dense(transformer.transform(X))


def dense(matrix: Any) -> NDArray[np.float64]:
    """Return a feature matrix as an array: from a frame, a sparse matrix or an array.

    Parameters
    ----------
    matrix : array-like, sparse matrix or DataFrame, shape (n_samples, n_features)
        Numbers.

    Returns
    -------
    ndarray of float, shape (n_samples, n_features)

    Raises
    ------
    ArgumentError
        If these are not numbers, or not a matrix.

    Examples
    --------
    >>> dense(pd.DataFrame({"a": [1, 2]})).tolist()
    [[1.0], [2.0]]
    """
    if hasattr(matrix, "toarray"):
        matrix = matrix.toarray()
    try:
        array = np.asarray(matrix.to_numpy() if isinstance(matrix, pd.DataFrame) else matrix, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"the features are no matrix of numbers ({error})", where="features") from error
    if array.ndim != 2:
        raise ArgumentError(f"the features have {array.ndim} dimensions, not 2", where="features")
    return array
