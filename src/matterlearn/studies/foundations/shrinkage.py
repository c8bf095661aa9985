"""Penalties on the weights of a linear model: what they do where the answer is known, and paths of weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import Lasso, Ridge

from matterlearn.studies.metabolite_models import LASSO, RIDGE, lasso, ridge

Floats = NDArray[np.float64]

N_ROWS, N_COLUMNS = 160, 20

TRUE = {0: 1.6, 3: -1.2, 7: 0.8}
"""Columns that matter for the class, and their weights."""

LIKENESS = 0.6
"""Correlation of neighbouring columns; of columns k apart, its k-th power."""

ORTHOGONAL = 200, 8
"""Rows and columns of the design whose answer is known."""


def two_classes(seed: int) -> tuple[Floats, NDArray[np.intp]]:
    """Return scaled columns and classes: the odds of class 1 are exp of a weighted sum of three columns.

    Parameters
    ----------
    seed : int
        Of the draws.
    """
    rng = np.random.default_rng(seed)
    X = np.empty((N_ROWS, N_COLUMNS))
    X[:, 0] = rng.normal(size=N_ROWS)
    for k in range(1, N_COLUMNS):
        X[:, k] = LIKENESS * X[:, k - 1] + np.sqrt(1 - LIKENESS**2) * rng.normal(size=N_ROWS)
    score = sum(weight * X[:, column] for column, weight in TRUE.items())
    return X, (rng.random(N_ROWS) < expit(score)).astype(np.intp)


def weight_paths(X: Floats, y: NDArray[np.intp], strengths: Sequence[float]) -> dict[str, Floats]:
    """Return the weights of logistic regression with each penalty, by its name, shape (n_strengths, n_columns).

    Parameters
    ----------
    X : ndarray, shape (n_rows, n_columns)
        Scaled columns.
    y : ndarray of int, shape (n_rows,)
        Classes.
    strengths : sequence of float
        Values of C, the inverse strength.
    """
    return {
        name: np.array([model(C).fit(X, y).coef_[0] for C in strengths])
        for name, model in ((LASSO, lasso), (RIDGE, ridge))
    }


def orthogonal_design(seed: int) -> tuple[Floats, Floats]:
    """Return columns with X'X = n times the identity, and a target without noise to fit them by least squares to.

    Parameters
    ----------
    seed : int
        Of the draws.
    """
    n_rows, n_columns = ORTHOGONAL
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(n_rows, n_columns)))[0]
    return np.sqrt(n_rows) * basis, rng.normal(size=n_rows)


def shrunk_by_rule(weights: Floats, strength: float) -> dict[str, Floats]:
    """Return what the penalties make of least-squares weights where columns are orthogonal.

    For mean of squares / 2 + strength * |w|₁ each weight moves by the strength towards 0 and stops there; for mean of
    squares / 2 + strength / 2 * |w|² each is divided by 1 + strength.

    Parameters
    ----------
    weights : ndarray, shape (n_columns,)
        Of least squares.
    strength : float
        Of the penalty.

    Examples
    --------
    >>> found = shrunk_by_rule(np.array([3.0, -0.5]), 1.0)
    >>> found["L1"].tolist(), found["L2"].tolist()
    ([2.0, -0.0], [1.5, -0.25])
    """
    return {
        LASSO: np.sign(weights) * np.maximum(np.abs(weights) - strength, 0),
        RIDGE: weights / (1 + strength),
    }


def shrunk_by_library(X: Floats, y: Floats, strength: float) -> dict[str, Floats]:
    """Return the weights of scikit-learn for the two penalties of `shrunk_by_rule`.

    Parameters
    ----------
    X : ndarray, shape (n_rows, n_columns)
        Columns.
    y : ndarray, shape (n_rows,)
        Target.
    strength : float
        Of the penalty.
    """
    l1 = Lasso(alpha=strength, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(X, y)
    l2 = Ridge(alpha=strength * len(y), fit_intercept=False).fit(X, y)
    return {LASSO: np.asarray(l1.coef_), RIDGE: np.asarray(l2.coef_)}
