"""What kernel ridge regression errs on average, from the eigenvalues of its kernel and the shape of the target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh
from scipy.optimize import brentq

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.learning_curves.sizes import checked_sizes

Floats = NDArray[np.float64]


def kernel_learning_curve(
    kernel_matrix: ArrayLike,
    y: ArrayLike,
    sizes: Sequence[int],
    alpha: float,
    noise: float = 0.0,
    *,
    intercept: bool = False,
) -> pd.DataFrame:
    """Predict the error of kernel ridge regression against the number of training rows, without fitting it.

    Averaged over all ways to take n of the rows for training, and tested on the others: with lambda_i the eigenvalues
    of the kernel matrix divided by its N rows, and v_i the coefficients of the target in its eigenvectors, kappa solves
    sum L_i + (1 - l) alpha / kappa = n with L_i = lambda_i / (lambda_i + kappa) and l = sum L_i / N. This is the theory
    of `spectrum_learning_curve` for rows that are drawn without replacement: there N is infinite, and a kernel matrix
    of few rows, which knows no more eigenfunctions than rows, makes errors look too small.

    Assumptions: the rows are alike, as draws from one distribution are; and the eigenvectors are spread over the rows
    as if they had been turned at random. Rows far from all others, which carry eigenvectors of their own, break that,
    and so does an error that a few modes decide; the true error is then larger. Examples: clouds of 500 rows from a
    normal distribution in 1 to 5 dimensions, 20 to 400 of them for training, Gaussian and exponential kernels of unit
    length. With noise of variance 0.1 and a penalty of 0.1 the measured rmse is 0.95 to 1.25 times what is said. With
    no noise and a penalty of 0.001 it is more, and the more so the more rows: in 3 dimensions up to 2.5 times with the
    exponential kernel and 35 times with the Gaussian one; in 1 dimension up to 100 times. Measure in such cases.

    Parameters
    ----------
    kernel_matrix : array-like of float, shape (n_rows, n_rows)
        Kernel values of all rows, symmetric.
    y : array-like of float, shape (n_rows,)
        Target. Noise in it that `noise` does not count is taken for a part of the law that cannot be learned, which
        amounts to the same: the error is then that against values with noise.
    sizes : sequence of int
        Numbers of training rows, less than the rows of the matrix.
    alpha : float
        Penalty as `sklearn.kernel_ridge.KernelRidge` and `KernelRegressor` have it; may be 0.
    noise : float
        Variance of the noise that comes on top of `y`, in its squared unit; of training and of test rows.
    intercept : bool
        Whether the model fits a constant that is not penalised, as `KernelRegressor` does.

    Returns
    -------
    DataFrame
        See `spectrum_learning_curve`.

    Raises
    ------
    ArgumentError
        If the matrix is not symmetric and finite, the lengths differ, or a number is out of its range.

    References
    ----------
    Those of `spectrum_learning_curve`; for sums of matrices turned at random against each other, D. Voiculescu,
    Addition of certain non-commuting random variables, Journal of Functional Analysis 66 (1986).

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(400, 2))
    >>> K = np.exp(-((X[:, None] - X) ** 2).sum(axis=2) / 2)
    >>> curve = kernel_learning_curve(K, np.sin(X[:, 0]), [10, 40], 1e-3)
    >>> bool(curve["rmse"].iloc[1] < curve["rmse"].iloc[0] / 3)
    True
    """
    K, target = np.asarray(kernel_matrix, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if K.ndim != 2 or K.shape[0] != K.shape[1] or not np.isfinite(K).all():
        raise ArgumentError(f"a finite square matrix is needed, got shape {K.shape}", where="kernel_matrix")
    if not np.allclose(K, K.T, rtol=1e-8, atol=1e-10 * np.abs(K).max()):
        raise ArgumentError("is not symmetric", where="kernel_matrix")
    if target.shape != (len(K),) or not np.isfinite(target).all():
        raise ArgumentError(f"{len(K)} finite numbers are needed, got shape {target.shape}", where="y")
    _check_not_negative(alpha=alpha, noise=noise)
    constant = float(intercept)
    n_rows = len(K)
    steps = checked_sizes(sizes, n_rows - 1, "rows that leave one to test on")
    _check_enough(steps, constant)
    if intercept:
        means = K.mean(axis=0)
        K = K - means - means[:, None] + means.mean()
        target = target - target.mean()
    values, vectors = eigh(K / n_rows)
    # Rounding leaves traces of eigenvalues that are 0; with no penalty they would be learned.
    values[values < n_rows * np.finfo(float).eps * values.max()] = 0.0
    squares = (vectors.T @ target) ** 2 + noise  # (n_rows,): sum over rows, of each mode
    lines = []
    for n in steps:
        kappa = _kappa(values, n - constant, alpha, n_rows - constant)
        learned = np.divide(values, values + kappa, out=np.zeros_like(values), where=values > 0)
        share, part = n / n_rows, (constant + float(learned.sum())) / n_rows
        # The eigenvector of ones, where the constant is fitted, stands among those that are not learned.
        unlearned = float(np.sum((1.0 - learned) ** 2 * squares)) - constant * noise
        odds = (1.0 - share) / share / (1.0 - part) ** 2  # times part^2: how the chance of being chosen spreads
        spread = odds * (constant + float(np.sum(learned**2))) / n_rows
        pull = max(0.0, (share - part) / (1.0 - part))  # of the target on a row, averaged over being chosen or not
        free = 1.0 + odds * part**2 - spread
        mse = (1.0 + odds * part**2 - pull**2 / share) / free * unlearned / (n_rows - n) if free > 1e-9 else np.inf
        train = pull**2 / share / free * unlearned / n if free > 1e-9 else 0.0
        lines.append(_line(n, kappa, constant + float(learned.sum()), mse, train))
    return pd.DataFrame(lines)


def spectrum_learning_curve(
    eigenvalues: ArrayLike,
    coefficients: ArrayLike,
    sizes: Sequence[int],
    alpha: float,
    noise: float = 0.0,
    *,
    intercept: bool = False,
) -> pd.DataFrame:
    """Predict the mean squared error of kernel ridge regression from the spectrum of its kernel.

    Averaged over training sets, and exact in the limit of many modes whose eigenfunctions are Gaussian and independent.
    With n rows, the constant kappa solves sum_i lambda_i / (lambda_i + kappa) + alpha / kappa = n; mode i is learned to
    the part L_i = lambda_i / (lambda_i + kappa); and the error on a new row is
    n / (n - sum_i L_i^2) * (sum_i (1 - L_i)^2 v_i^2 + noise).

    Linear ridge regression is the case in which the eigenvalues are those of the covariance of the features.

    Parameters
    ----------
    eigenvalues : array-like of float, shape (n_modes,)
        Of the kernel as an operator over the distribution of the rows: those of a kernel matrix divided by its number
        of rows. Not negative.
    coefficients : array-like of float, shape (n_modes,)
        Of the target in the eigenfunctions, which have mean square 1.
    sizes : sequence of int
        Numbers of training rows.
    alpha : float
        Penalty; may be 0.
    noise : float
        Variance of the noise, squared unit of the target.
    intercept : bool
        Whether a constant is fitted besides, which costs one row.

    Returns
    -------
    DataFrame
        One line per size, rising: `n_train`, `kappa`, `learned` (sum of L_i: how many modes are learned), `rmse` and
        `mse` on new rows with their noise, `train_mse`. Where alpha is 0 and there are as many rows as modes, the
        error is infinite: what is drawn as the peak of double descent.

    Raises
    ------
    ArgumentError
        If a number is out of its range or lengths differ.

    References
    ----------
    P. Sollich, Learning curves for Gaussian processes, Advances in Neural Information Processing Systems 11 (1999).
    B. Bordelon, A. Canatar and C. Pehlevan, Spectrum dependent learning curves in kernel regression and wide neural
    networks, ICML (2020). J. B. Simon, M. Dickens, D. Karkada and M. R. DeWeese, The eigenlearning framework: a
    conservation law perspective on kernel regression and wide neural networks, TMLR (2023), whose notation this is.

    Examples
    --------
    Least squares in 10 dimensions: noise * n / (n - 10).

    >>> spectrum_learning_curve(np.ones(10), np.ones(10), [20, 110], 0.0, 1.0)["mse"].round(6).tolist()
    [2.0, 1.1]
    """
    values, v = np.asarray(eigenvalues, dtype=np.float64), np.asarray(coefficients, dtype=np.float64)
    if values.ndim != 1 or values.shape != v.shape or not len(values):
        raise ArgumentError(f"shapes {values.shape} and {v.shape} are not those of modes", where="eigenvalues")
    if not (np.isfinite(values).all() and np.isfinite(v).all() and values.min() >= 0):
        raise ArgumentError("are to be finite, and eigenvalues not negative", where="eigenvalues, coefficients")
    _check_not_negative(alpha=alpha, noise=noise)
    constant = float(intercept)
    steps = checked_sizes(sizes, 2**53, "rows")
    _check_enough(steps, constant)
    lines = []
    for n in steps:
        kappa = _kappa(values, n - constant, alpha, np.inf)
        learned = np.divide(values, values + kappa, out=np.zeros_like(values), where=values > 0)
        free = 1.0 - (constant + float(np.sum(learned**2))) / n
        mse = (float(np.sum(((1.0 - learned) * v) ** 2)) + noise) / free if free > 1e-9 else np.inf
        left = max(0.0, 1.0 - (constant + float(learned.sum())) / n)  # alpha / (n kappa), also where both are 0
        lines.append(_line(n, kappa, constant + float(learned.sum()), mse, left**2 * mse if left > 0 else 0.0))
    return pd.DataFrame(lines)


def _line(n: int, kappa: float, learned: float, mse: float, train_mse: float) -> dict[str, float]:
    return {
        "n_train": n,
        "kappa": kappa,
        "learned": learned,
        "rmse": float(np.sqrt(mse)),
        "mse": float(mse),
        "train_mse": float(train_mse),
    }


def _check_not_negative(**numbers: float) -> None:
    for name, number in numbers.items():
        if not (number >= 0 and np.isfinite(number)):
            raise ArgumentError(f"must be finite and not negative, got {number}", where=name)


def _check_enough(steps: list[int], constant: float) -> None:
    if steps[0] <= constant:
        raise ArgumentError("2 rows at least are needed to learn more than a constant", where="sizes")


def _kappa(values: Floats, n: float, alpha: float, n_rows: float) -> float:
    """Solve sum L + (1 - sum L / n_rows) alpha / kappa = n with L = values / (values + kappa).

    Without a penalty it is 0 where all modes can be learned.
    """
    used = values[values > 0]
    if not len(used):
        return alpha / n
    if alpha == 0 and len(used) <= n:
        return 0.0

    def excess(log: float) -> float:
        kappa = np.exp(log)
        learned = float(np.sum(used / (used + kappa)))
        return float(learned + (1.0 - learned / n_rows) * alpha / kappa - n)

    # It falls with kappa, and is negative where the modes are hardly learned and the penalty is small beside kappa.
    high = float(np.log((used.sum() + alpha) / n)) + 1e-9
    low = high - 1.0
    while excess(low) < 0:
        low -= 2.0 * (high - low)
    return float(np.exp(brentq(excess, low, high, xtol=1e-13)))
