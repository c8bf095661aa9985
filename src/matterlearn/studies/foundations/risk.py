"""Empirical risk of a fitted model, and the risk it stands for, where the distribution is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WEIGHTS = 1.0 / np.arange(1, 11)
"""Weights of the ten inputs in the target: 1, 1/2, ... 1/10."""

NOISE = 0.5
"""Standard deviation of the noise of the target."""


@dataclass(frozen=True)
class Risks:
    """Mean squared errors of least squares, by the number of rows it learns from.

    Attributes
    ----------
    n_rows : tuple of int
        Numbers of rows.
    empirical : ndarray, shape (n_sizes, n_draws)
        Mean squared error on the rows that were learned from.
    risk : ndarray, shape (n_sizes, n_draws)
        Expected squared error on a new row, exact.
    fixed : ndarray, shape (n_sizes, n_draws)
        Mean squared error, on the same rows, of the true weights, which have learned nothing from them.
    """

    n_rows: tuple[int, ...]
    empirical: Floats
    risk: Floats
    fixed: Floats

    @property
    def gap(self) -> Floats:
        """Risk less empirical risk, both beside those of the true weights, shape (n_sizes, n_draws).

        Its mean is that of the plain difference. The noise of the rows, which both empirical risks share, cancels: with
        many rows, where the gap is small, it would drown it.
        """
        return (self.risk - NOISE**2) - (self.empirical - self.fixed)


def measure_risks(sizes: Sequence[int], n_draws: int, *, seed: int) -> Risks:
    """Draw data sets, fit each by least squares, and return both risks.

    Inputs are standard normal and independent, the target is their sum with `WEIGHTS` and normal noise. So the risk of
    any weights v is known: the variance of the noise plus the squared distance of v from the true weights.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of rows, each above the number of inputs + 1.
    n_draws : int
        Data sets of each size.
    seed : int
        Of the draws.

    Returns
    -------
    Risks
        Of every data set.
    """
    rng = np.random.default_rng(seed)
    shape = (len(sizes), n_draws)
    empirical, risk, fixed = np.empty(shape), np.empty(shape), np.empty(shape)
    for k, n in enumerate(sizes):
        for draw in range(n_draws):
            X = rng.normal(size=(n, len(WEIGHTS)))
            noise = NOISE * rng.normal(size=n)
            y = X @ WEIGHTS + noise
            fitted = np.linalg.lstsq(X, y)[0]
            empirical[k, draw] = np.mean((y - X @ fitted) ** 2)
            risk[k, draw] = NOISE**2 + np.sum((fitted - WEIGHTS) ** 2)
            fixed[k, draw] = np.mean(noise**2)
    return Risks(tuple(sizes), empirical, risk, fixed)


def expected_empirical(n_rows: int) -> float:
    """Return the expected empirical risk of least squares without intercept: noise times 1 - p / n.

    Parameters
    ----------
    n_rows : int
        Rows n that are learned from; p is the number of inputs.

    Examples
    --------
    >>> expected_empirical(20)
    0.125
    """
    return NOISE**2 * (1 - len(WEIGHTS) / n_rows)


def expected_risk(n_rows: int) -> float:
    """Return the expected risk of least squares on normal inputs: noise times 1 + p / (n - p - 1).

    The distance of the weights is the noise times the trace of an inverse Wishart matrix, p / (n - p - 1) in the mean.

    Parameters
    ----------
    n_rows : int
        Rows n that are learned from; p is the number of inputs.

    Examples
    --------
    >>> expected_risk(21)
    0.5
    """
    return NOISE**2 * (1 + len(WEIGHTS) / (n_rows - len(WEIGHTS) - 1))
