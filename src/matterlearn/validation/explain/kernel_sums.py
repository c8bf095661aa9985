"""Kernel machines some of whose features are replaced: only their share of the distances is computed anew.

A support vector machine with a Gaussian kernel and a kernel ridge regression predict `sum_i a_i exp(-gamma d(x, x_i))`
with a distance that is a sum over features: squared Euclidean or city block. If rows take the values of a few features
from other rows, they take these features' share of the distances too, and all else stays. To predict anew would cost
as much for every feature of the matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.compose import TransformedTargetRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.svm import SVR

_METRICS = {"rbf": "sqeuclidean", "laplacian": "cityblock"}


@dataclass(frozen=True)
class KernelSum:
    """A regressor `intercept + sum_i coefficients_i exp(-gamma distance(x, reference_i))` of a target scaled or not.

    Attributes
    ----------
    reference : ndarray of float, shape (n_reference, n_features)
        Rows that carry the sum.
    coefficients : ndarray of float, shape (n_reference,)
        Their weights.
    intercept : float
        What is added.
    gamma : float
        Inverse range.
    metric : str
        "sqeuclidean" or "cityblock".
    target_scaler : transformer or None
        Whose inverse gives the prediction.
    """

    reference: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    intercept: float
    gamma: float
    metric: str
    target_scaler: Any

    def predict_moved(
        self,
        matrix: NDArray[np.float64],
        column_sets: Sequence[NDArray[np.intp]],
        sources: Sequence[NDArray[np.intp]],
    ) -> NDArray[np.float64]:
        """Return predictions for rows with the values of some columns taken from other rows.

        Parameters
        ----------
        matrix : ndarray of float, shape (n_rows, n_features)
            Features.
        column_sets : sequence of ndarray of int
            Columns that are replaced together.
        sources : sequence of ndarray of int, shape (n_rows,)
            For each row the one whose values it takes.

        Returns
        -------
        ndarray of float, shape (n_sets, n_sources, n_rows)
            Predictions.
        """
        whole = cdist(matrix, self.reference, self.metric)  # (n_rows, n_reference)
        out = np.empty((len(column_sets), len(sources), len(matrix)))
        for s, columns in enumerate(column_sets):
            share = cdist(matrix[:, columns], self.reference[:, columns], self.metric)
            rest = whole - share
            for p, rows in enumerate(sources):
                kernel = share[rows]
                kernel += rest
                kernel *= -self.gamma
                np.exp(kernel, out=kernel)
                out[s, p] = kernel @ self.coefficients + self.intercept
        if self.target_scaler is None:
            return out
        return np.asarray(self.target_scaler.inverse_transform(out.reshape(-1, 1))).reshape(out.shape)


def kernel_sum(regressor: Any) -> KernelSum | None:
    """Return a fitted regressor as a sum of kernels, or None if it is none.

    Parameters
    ----------
    regressor : estimator
        Fitted: `SVR` or `KernelRidge` of one target with a stated gamma, within a `TransformedTargetRegressor` or not.

    Returns
    -------
    KernelSum or None
        Its predictions are the regressor's to rounding.

    Examples
    --------
    >>> machine = KernelRidge(kernel="laplacian", gamma=0.5).fit([[0.0], [1.0]], [0.0, 1.0])
    >>> kernel_sum(machine).metric
    'cityblock'
    """
    scaler = None
    if type(regressor) is TransformedTargetRegressor:
        regressor, scaler = regressor.regressor_, regressor.transformer_
    if type(regressor) not in (SVR, KernelRidge) or regressor.kernel not in _METRICS:
        return None
    if not isinstance(regressor.gamma, float | int) or regressor.dual_coef_.ndim > 2:
        return None
    if type(regressor) is SVR:
        if not isinstance(regressor.support_vectors_, np.ndarray):  # fitted on a sparse matrix
            return None
        reference, coefficients, intercept = (
            regressor.support_vectors_,
            regressor.dual_coef_[0],
            regressor.intercept_[0],
        )
    elif isinstance(regressor.X_fit_, np.ndarray) and regressor.dual_coef_.size == len(regressor.X_fit_):
        reference, coefficients, intercept = regressor.X_fit_, regressor.dual_coef_.ravel(), 0.0
    else:
        return None
    metric = _METRICS[regressor.kernel]
    return KernelSum(reference, coefficients, float(intercept), float(regressor.gamma), metric, scaler)
