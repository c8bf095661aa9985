"""A classifier by kernel ridge regression on indicators of the classes."""

from __future__ import annotations

from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import cho_factor, cho_solve
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from matterlearn.core.errors import ArgumentError

Floats = NDArray[np.float64]

LINK_PENALTY = 100.0
"""Inverse penalty of the map from outputs to probabilities: weak, but finite where classes are separated cleanly."""

LEAST_OUTPUT = 0.01
"""Least squares does not know that probabilities lie between 0 and 1: outputs are cut here, and as close to 1."""

_BLOCK = 2**22
"""Values of the kernel that predicting holds at once: 32 MB."""


class KernelRidgeClassifier(ClassifierMixin, BaseEstimator):
    """Kernel ridge regression on 0 and 1 for each class, and a logistic map from its outputs to probabilities.

    The map is learned from what the regression says about each training row when that row is left out, which follows
    from the one solution for all rows: no inner folds are needed. Least squares on indicators is a rough loss, but a
    Laplacian kernel with it is close to forests in accuracy and errs elsewhere, which is what a blend needs.

    Parameters
    ----------
    alpha : float
        Penalty, added to the diagonal of the kernel matrix.
    kernel : str
        "laplacian", exp(-gamma |x - x'|_1), or "rbf", exp(-gamma |x - x'|_2^2). Both are 1 for equal rows.
    gamma : float or None
        Inverse width of the kernel; None for 1 / n_features.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        The classes, sorted.
    shares_ : ndarray of float, shape (n_classes,)
        Their shares of the training rows: what the regression tends to far from all rows.
    rows_ : ndarray of float, shape (n_samples, n_features)
        The training rows.
    dual_coef_ : ndarray of float, shape (n_samples, n_classes)
        Weight of each training row.
    link_ : LogisticRegression
        From outputs to probabilities.

    References
    ----------
    R. Rifkin and R. Lippert, Notes on regularized least squares, MIT-CSAIL-TR-2007-025 (2007): the outputs for rows
    that are left out. J. Platt, Probabilistic outputs for support vector machines, in Advances in Large Margin
    Classifiers, MIT Press (2000): a logistic map from outputs to probabilities.

    Examples
    --------
    >>> X = np.linspace(-1, 1, 40)[:, None]
    >>> y = np.where(np.abs(X[:, 0]) < 0.5, "metal", "insulator")
    >>> KernelRidgeClassifier(0.1, gamma=2.0).fit(X, y).predict([[0.0], [0.9]]).tolist()
    ['metal', 'insulator']
    """

    __module__ = "matterlearn.models.kernel_ridge_classifier"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "alpha": [Interval(Real, 0, None, closed="neither")],
        "kernel": [StrOptions({"laplacian", "rbf"})],
        "gamma": [Interval(Real, 0, None, closed="neither"), None],
    }

    def __init__(self, alpha: float = 0.1, *, kernel: str = "laplacian", gamma: float | None = None) -> None:
        self.alpha = alpha
        self.kernel = kernel
        self.gamma = gamma

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn the regression and its map to probabilities.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Features, scaled so that distances mean something.
        y : array-like, shape (n_samples,)
            Classes.

        Returns
        -------
        KernelRidgeClassifier
            Itself.

        Raises
        ------
        ArgumentError
            If there is one class only.
        """
        self._validate_params()
        rows, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        self.classes_, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
        if len(self.classes_) < 2:
            raise ArgumentError(f"needs at least two classes, got one class: {self.classes_.tolist()[0]!r}", where="y")
        self.shares_ = counts / len(rows)
        self.rows_ = rows
        indicators = (codes[:, None] == np.arange(len(counts))) - self.shares_  # (n_samples, n_classes)
        penalised = self._kernel(rows)
        penalised[np.diag_indices_from(penalised)] += self.alpha
        inverse = cho_solve(cho_factor(penalised, overwrite_a=True, check_finite=False), np.eye(len(rows)))
        self.dual_coef_ = inverse @ indicators
        left_out = indicators - self.dual_coef_ / inverse.diagonal()[:, None]
        self.link_ = LogisticRegression(C=LINK_PENALTY, max_iter=1_000).fit(self._log_odds(left_out), codes)
        return self

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of float, shape (n_samples, n_classes)
            In the order of `classes_`; each row adds up to 1.
        """
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        size = max(1, _BLOCK // len(self.rows_))
        outputs = [self._kernel(rows[i : i + size]) @ self.dual_coef_ for i in range(0, len(rows), size)]
        return np.asarray(self.link_.predict_proba(self._log_odds(np.concatenate(outputs))))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable class of each row, shape (n_samples,)."""
        chosen = self.predict_proba(X).argmax(axis=1)  # first: it says so where nothing is fitted yet
        return np.asarray(self.classes_[chosen])

    def _kernel(self, rows: Floats) -> Floats:
        return np.asarray(pairwise_kernels(rows, self.rows_, metric=self.kernel, gamma=self.gamma))

    def _log_odds(self, outputs: Floats) -> Floats:
        """Return what the link takes: logarithms of the outputs, which are rough probabilities, inside their bounds.

        Of two classes one column does: the outputs add up to 1.
        """
        rough = np.clip(outputs + self.shares_, LEAST_OUTPUT, 1 - LEAST_OUTPUT)
        if len(self.classes_) == 2:
            return np.asarray(np.log(rough[:, 1:] / (1 - rough[:, 1:])))
        return np.asarray(np.log(rough))
