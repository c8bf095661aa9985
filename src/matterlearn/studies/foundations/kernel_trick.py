"""The kernel trick: ridge on polynomial features that are written out, and on their inner products alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb, factorial, prod

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve

Floats = NDArray[np.float64]

N_MASSES = 6
"""Moving masses of the chain, and so inputs."""

CUBIC, QUARTIC = 0.25, 1.0
"""Anharmonic parts of a spring, its harmonic part being 1."""

SPREAD = 0.5
"""Standard deviation of a displacement."""

N_TRAIN, N_TEST = 400, 400

PENALTY = 1e-3
"""Strength of ridge: of the squared length of the weights, beside the sum of squared errors."""

N_RUNS = 3
"""Runs of which the fastest is the time: the first warms up, and another program may disturb any."""


@dataclass(frozen=True)
class Ridged:
    """What a way to do ridge predicts, and what it took.

    Attributes
    ----------
    predicted : ndarray, shape (n_test,)
        For the test rows.
    seconds : float
        To make features or kernels, solve and predict: the fastest of `N_RUNS` runs.
    """

    predicted: Floats
    seconds: float


def chain_energy(displacements: Floats) -> Floats:
    """Return the energy of masses between two walls on anharmonic springs, of Fermi, Pasta, Ulam and Tsingou (1955).

    Each spring has x²/2 + a x³/3 + b x⁴/4 with x the difference of neighbouring displacements; so the energy is a
    polynomial of degree 4 in the displacements.

    Parameters
    ----------
    displacements : ndarray, shape (n_rows, n_masses)
        In units in which the harmonic part is 1.

    Examples
    --------
    >>> chain_energy(np.array([[1.0]])).round(3).tolist()  # both springs: 1/2 + 1/4, and the cubic parts cancel
    [1.5]
    """
    x = np.diff(displacements, axis=1, prepend=0.0, append=0.0)
    return np.asarray((x**2 / 2 + CUBIC * x**3 / 3 + QUARTIC * x**4 / 4).sum(axis=1))


def drawn_chains(n_rows: int, *, seed: int) -> tuple[Floats, Floats]:
    """Return displacements, drawn from a normal distribution, and their energies."""
    X = SPREAD * np.random.default_rng(seed).normal(size=(n_rows, N_MASSES))
    return X, chain_energy(X)


def n_features(n_inputs: int, degree: int) -> int:
    """Return the number of products of up to `degree` inputs: (n_inputs + degree) over degree.

    Examples
    --------
    >>> n_features(6, 4), n_features(117, 4)
    (210, 8495410)
    """
    return comb(n_inputs + degree, degree)


def explicit_features(X: Floats, degree: int) -> Floats:
    """Return all products of up to `degree` inputs, weighted so that rows have the inner product (1 + x·z)^degree.

    By the multinomial theorem the product with powers k₁, k₂ ... and k₀ = degree − k₁ − k₂ ... has the weight
    √(degree! / (k₀! k₁! k₂! ...)).

    Parameters
    ----------
    X : ndarray, shape (n_rows, n_inputs)
        Inputs.
    degree : int
        Highest degree.

    Returns
    -------
    ndarray, shape (n_rows, n_features)

    Examples
    --------
    >>> explicit_features(np.array([[2.0]]), 2).round(3).tolist()
    [[1.0, 2.828, 4.0]]
    """
    columns = []
    for size in range(degree + 1):
        for chosen in combinations_with_replacement(range(X.shape[1]), size):
            powers = np.bincount(chosen, minlength=1) if chosen else np.zeros(1, dtype=int)
            ways = factorial(degree) / (factorial(degree - size) * prod(factorial(int(power)) for power in powers))
            columns.append(np.sqrt(ways) * X[:, list(chosen)].prod(axis=1))
    return np.column_stack(columns)


def polynomial_kernel(X: Floats, Z: Floats, degree: int) -> Floats:
    """Return (1 + x·z)^degree for each pair of rows, shape (n_rows of X, n_rows of Z)."""
    return np.asarray((1 + X @ Z.T) ** degree)


def primal_weights(features: Floats, y: Floats, penalty: float = PENALTY) -> Floats:
    """Return the weights of ridge, w = (F'F + penalty)^-1 F'y: as many equations as features."""
    n_columns = features.shape[1]
    return np.asarray(solve(features.T @ features + penalty * np.eye(n_columns), features.T @ y, assume_a="pos"))


def dual_weights(kernel: Floats, y: Floats, penalty: float = PENALTY) -> Floats:
    """Return one weight per training row, a = (K + penalty)^-1 y: as many equations as rows.

    The weights of the features are w = F'a, so that a prediction is a sum over kernels with the training rows.
    """
    return np.asarray(solve(kernel + penalty * np.eye(len(y)), y, assume_a="pos"))


def explicit_ridge(X: Floats, y: Floats, X_new: Floats, degree: int) -> Ridged:
    """Write the features out, solve for their weights, and predict."""

    def run() -> Floats:
        weights = primal_weights(explicit_features(X, degree), y)
        return np.asarray(explicit_features(X_new, degree) @ weights)

    return _timed(run)


def kernel_ridge(X: Floats, y: Floats, X_new: Floats, degree: int) -> Ridged:
    """Solve for the weights of the rows, from inner products alone, and predict."""

    def run() -> Floats:
        return np.asarray(polynomial_kernel(X_new, X, degree) @ dual_weights(polynomial_kernel(X, X, degree), y))

    return _timed(run)


def _timed(run: Callable[[], Floats]) -> Ridged:
    seconds = []
    for _ in range(N_RUNS):
        begin = time.perf_counter()
        predicted = run()
        seconds.append(time.perf_counter() - begin)
    return Ridged(predicted, min(seconds))
