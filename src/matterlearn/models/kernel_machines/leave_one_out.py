"""Kernel ridge regression with an intercept, and what it says about each row when that row is left out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import blas, cholesky, eigh, lapack

from matterlearn.models.kernel_machines.kernels import Floats


class Solution(NamedTuple):
    """A fit.

    Attributes
    ----------
    dual_coef : ndarray of float, shape (n_rows, n_targets)
        Weight of each row's kernel; each column adds up to 0.
    intercept : ndarray of float, shape (n_targets,)
        Added to the weighted kernels; what is predicted far from all rows.
    left_out : ndarray of float, shape (n_rows, n_targets)
        Target of each row less its prediction by the fit to the other rows.
    """

    dual_coef: Floats
    intercept: Floats
    left_out: Floats


def solve(K: Floats, y: Floats, weights: Floats, alpha: float) -> Solution:
    """Minimise the weighted squared error plus `alpha` times the squared norm, by one Cholesky decomposition.

    Parameters
    ----------
    K : ndarray of float, shape (n_rows, n_rows)
        Kernel matrix.
    y : ndarray of float, shape (n_rows, n_targets)
        Targets.
    weights : ndarray of float, shape (n_rows,)
        Positive weights of the rows.
    alpha : float
        Positive penalty.

    Returns
    -------
    Solution
        The intercept is not penalised.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the penalty is lost in rounding.
    """
    penalised = K.copy(order="F")
    penalised[np.diag_indices_from(penalised)] += alpha / weights
    factor = cholesky(penalised, lower=True, overwrite_a=True, check_finite=False)
    inverse, info = lapack.dpotri(factor, lower=1, overwrite_c=1)
    if info != 0:
        raise np.linalg.LinAlgError("the penalised kernel matrix is singular")
    diagonal = inverse.diagonal()
    solved = blas.dsymm(1.0, inverse, np.column_stack([y, np.ones(len(y))]), lower=1)  # dpotri fills one half
    of_y, of_one = solved[:, :-1], solved[:, -1]
    total = of_one.sum()
    intercept = of_y.sum(axis=0) / total
    dual_coef = of_y - of_one[:, None] * intercept
    with np.errstate(invalid="ignore", divide="ignore"):
        left_out = dual_coef / (diagonal - of_one**2 / total)[:, None]
    return Solution(dual_coef, intercept, left_out)


class Path:
    """All penalties at once, from one eigendecomposition.

    Parameters
    ----------
    K : ndarray of float, shape (n_rows, n_rows)
        Kernel matrix.
    weights : ndarray of float, shape (n_rows,)
        Positive weights of the rows.

    Attributes
    ----------
    scale : float
        Mean eigenvalue, in which penalties are meaningful.
    """

    def __init__(self, K: Floats, weights: Floats) -> None:
        root = np.sqrt(weights)
        self._root = root
        # The intercept fits the direction `root` of the weighted rows. A reflection turns it into the first axis,
        # where it is cut off: among the eigenvectors of the rest there are none of chance.
        self._mirror = root / np.linalg.norm(root)
        self._mirror[0] += 1.0
        self._mirror /= np.linalg.norm(self._mirror)
        scaled = K * root[:, None] * root
        values, vectors = eigh(
            self._reflected(self._reflected(scaled).T)[1:, 1:], overwrite_a=True, check_finite=False, driver="evd"
        )
        self._values = np.maximum(values, 0.0)
        self._vectors = self._reflected(np.vstack([np.zeros(len(values)), vectors]))  # (n_rows, n_rows - 1)
        self.scale = float(self._values.mean()) if len(values) else 0.0

    def left_out(self, y: Floats, alphas: Floats) -> Floats:
        """Return the weighted mean squared error on rows that are left out.

        Parameters
        ----------
        y : ndarray of float, shape (n_rows, n_targets)
            Targets.
        alphas : ndarray of float, shape (n_alphas,)
            Positive penalties.

        Returns
        -------
        ndarray of float, shape (n_alphas, n_targets)
        """
        shrunk = alphas / (self._values[:, None] + alphas)  # (n_modes, n_alphas): part of a mode that is not fitted
        free = self._vectors**2 @ shrunk  # (n_rows, n_alphas): 1 less the leverage of each row
        modes = self._vectors.T @ (y * self._root[:, None])  # (n_modes, n_targets)
        errors = [
            np.sum((self._vectors @ (modes * shrunk[:, [k]]) / free[:, [k]]) ** 2, axis=0) for k in range(len(alphas))
        ]
        return np.asarray(np.asarray(errors) / np.sum(self._root**2))

    def _reflected(self, columns: Floats) -> Floats:
        return np.asarray(columns - np.outer(2.0 * self._mirror, self._mirror @ columns))
