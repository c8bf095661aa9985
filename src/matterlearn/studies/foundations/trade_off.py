"""Bias and variance of polynomials, over data sets drawn anew, beside what theory says of least squares."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from matterlearn.validation.assessment import BiasVariance
from matterlearn.validation.assessment.decomposition import decompose

Floats = NDArray[np.float64]

DEPTH, STEEPNESS, BOND = 4.75, 1.94, 0.741
"""Depth (eV), steepness (1/angstrom) and bond length (angstrom) of a Morse curve, about those of the H2 molecule."""

NEAREST, FARTHEST = 0.5, 3.0
"""Distances that are measured, angstrom."""

NOISE = 0.3
"""Standard deviation of a measured energy, eV."""

N_ROWS, N_TEST = 30, 201


def morse(distance: Floats) -> Floats:
    """Return the energy above the minimum (eV) of two atoms at a distance (angstrom).

    P. M. Morse, Phys. Rev. 34, 57 (1929).

    Examples
    --------
    >>> morse(np.array([0.741])).tolist(), morse(np.array([50.0])).tolist()
    ([0.0], [4.75])
    """
    return np.asarray(DEPTH * (1 - np.exp(-STEEPNESS * (distance - BOND))) ** 2)


def scaled(distance: Floats) -> Floats:
    """Return distances as numbers between -1 and 1, of which powers stay apart, as a column."""
    return ((2 * distance - NEAREST - FARTHEST) / (FARTHEST - NEAREST))[:, None]


def train_distances() -> Floats:
    """Return the evenly spaced distances (angstrom) that are measured."""
    return np.linspace(NEAREST, FARTHEST, N_ROWS)


def test_distances() -> Floats:
    """Return the distances (angstrom) at which models are judged."""
    return np.linspace(NEAREST, FARTHEST, N_TEST)


def energies(n_sets: int, *, seed: int) -> Floats:
    """Return measured energies (eV) of several data sets, shape (n_sets, n_rows)."""
    noise = np.random.default_rng(seed).normal(size=(n_sets, N_ROWS))
    return morse(train_distances()) + NOISE * noise


def polynomial(degree: int = 1) -> Any:
    """Return least squares on the powers of the input up to a degree."""
    return make_pipeline(PolynomialFeatures(degree, include_bias=False), LinearRegression())


def of_fresh_sets(measured: Floats, degree: int) -> BiasVariance:
    """Fit a polynomial to each data set and split its error at the true energies.

    Parameters
    ----------
    measured : ndarray, shape (n_sets, n_rows)
        Energies, eV.
    degree : int
        Of the polynomial.

    Returns
    -------
    BiasVariance
        Of the test distances, whose true energies are known.
    """
    known, new = _powers(train_distances(), degree), _powers(test_distances(), degree)
    coefficients = np.linalg.lstsq(known, measured.T)[0]  # (degree + 1, n_sets)
    return decompose((new @ coefficients).T, morse(test_distances()))


def by_theory(degree: int) -> tuple[float, float]:
    """Return squared bias and variance (eV²) of a polynomial over all data sets there could be.

    The prediction is S y with S = B (A'A)^-1 A', A and B holding the powers of the training and test distances. Its
    mean is S times the true energies, and its variance the noise times the squared length of the rows of S.

    Parameters
    ----------
    degree : int
        Of the polynomial.
    """
    known, new = _powers(train_distances(), degree), _powers(test_distances(), degree)
    smoother = new @ np.linalg.pinv(known)  # (n_test, n_rows)
    bias = smoother @ morse(train_distances()) - morse(test_distances())
    return float(np.mean(bias**2)), float(NOISE**2 * np.mean(np.sum(smoother**2, axis=1)))


def _powers(distance: Floats, degree: int) -> Floats:
    return np.asarray(np.polynomial.legendre.legvander(scaled(distance)[:, 0], degree))
