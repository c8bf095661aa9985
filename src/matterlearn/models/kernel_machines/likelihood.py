"""The marginal likelihood of a Gaussian process and its slopes, from one Cholesky decomposition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.linalg import blas, cholesky, lapack

from matterlearn.models.kernel_machines.kernels import Floats, kernel_values, length_scale_slope


class Posterior(NamedTuple):
    """What the process has learned, in units in which its amplitude is 1.

    Attributes
    ----------
    factor : ndarray of float, shape (n_rows, n_rows)
        Lower Cholesky factor of the correlations plus the noise ratio.
    dual_coef : ndarray of float, shape (n_rows,)
        Weight of each row.
    of_one : ndarray of float, shape (n_rows,)
        The inverse of that matrix times ones.
    mean : float
        Mean of the process.
    amplitude : float
        Variance of the process.
    log_likelihood : float
        Natural logarithm of the density of the target.
    """

    factor: Floats
    dual_coef: Floats
    of_one: Floats
    mean: float
    amplitude: float
    log_likelihood: float


@dataclass(frozen=True)
class Likelihood:
    """Density of a target y ~ N(mean, amplitude * (correlations + ratio * I)).

    Attributes
    ----------
    between : ndarray of float, shape (n_rows, n_rows)
        What `closeness` returned.
    y : ndarray of float, shape (n_rows,)
        Target.
    kernel : str
        One of `STATIONARY`.
    mean : float or None
        Mean of the process; None for the most likely one.
    """

    between: Floats
    y: Floats
    kernel: str
    mean: float | None

    def posterior(self, length_scale: float, ratio: float, amplitude: float | None) -> Posterior:
        """Return what is learned.

        Parameters
        ----------
        length_scale : float
            Unit of the features.
        ratio : float
            Variance of the noise, in units of the amplitude.
        amplitude : float or None
            Variance of the process, squared unit of the target; None for the most likely one.

        Returns
        -------
        Posterior

        Raises
        ------
        numpy.linalg.LinAlgError
            If the noise is lost in rounding.
        """
        A = np.asfortranarray(kernel_values(self.between, self.kernel, length_scale))
        A[np.diag_indices_from(A)] += ratio
        factor = cholesky(A, lower=True, overwrite_a=True, check_finite=False)
        n = len(self.y)
        of_y, of_one = lapack.dpotrs(factor, np.column_stack([self.y, np.ones(n)]), lower=1)[0].T
        mean = float(of_y.sum() / of_one.sum()) if self.mean is None else self.mean
        dual_coef = of_y - mean * of_one
        squares = float((self.y - mean) @ dual_coef)
        if amplitude is None:
            amplitude = max(squares / n, np.finfo(float).tiny)
        log_likelihood = -0.5 * (squares / amplitude + n * np.log(2 * np.pi * amplitude))
        log_likelihood -= float(np.log(factor.diagonal()).sum())
        return Posterior(factor, dual_coef, of_one, mean, amplitude, float(log_likelihood))

    def slopes(self, length_scale: float, ratio: float, amplitude: float | None) -> tuple[Posterior, Floats]:
        """Return what is learned, and the slopes of the logarithm of the likelihood.

        Parameters
        ----------
        length_scale, ratio, amplitude
            See `posterior`.

        Returns
        -------
        tuple
            The posterior, whose factor is used up, and the derivatives by the logarithms of length scale, ratio and
            amplitude, shape (3,). What is the most likely one (mean, amplitude) follows along: its slope is 0.

        Raises
        ------
        numpy.linalg.LinAlgError
            If the noise is lost in rounding.
        """
        found = self.posterior(length_scale, ratio, amplitude)
        inverse, info = lapack.dpotri(found.factor, lower=1, overwrite_c=1)
        if info != 0:
            raise np.linalg.LinAlgError("the correlations are singular")
        D = length_scale_slope(self.between, self.kernel, length_scale)
        coef = found.dual_coef
        explained = float(coef @ blas.dsymv(1.0, D.T, coef)) / found.amplitude
        # One half of the inverse is 0, and so is the diagonal of D: twice the sum is the trace of the product.
        by_length = 0.5 * explained - float(np.vdot(inverse.T, D))
        by_ratio = 0.5 * ratio * (float(coef @ coef) / found.amplitude - float(inverse.diagonal().sum()))
        squares = float((self.y - found.mean) @ coef)
        by_amplitude = 0.5 * (squares / found.amplitude - len(self.y))
        return found, np.array([by_length, by_ratio, by_amplitude])
