"""Losses as negative log likelihoods: a spring that is stretched, and states that electrons occupy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, gammaln

Floats = NDArray[np.float64]

SPRING, LENGTH, NOISE = 25.0, 120.0, 0.8
"""Stiffness (N/m), length without load (mm), and standard deviation of a reading of the length (mm)."""

MOST_FORCE = 2.0
"""Largest force, N."""

BOLTZMANN = 8.617333262e-5
"""Boltzmann's constant, eV/K (CODATA 2018, exact to all digits written)."""

TEMPERATURE, FERMI_LEVEL = 1000.0, 0.0
"""Of the electrons: K, eV."""

WINDOW = 0.5
"""Energies of the states reach so far to both sides of the Fermi level, eV."""

N_PARAMETERS = 2
"""Slope and constant of the spring's line."""


@dataclass(frozen=True)
class Fitted:
    """Parameters at the minimum of a negative log likelihood.

    Attributes
    ----------
    slope, constant : float
        Of the line, or of the line inside the logistic function.
    sigma : float
        Width of the noise; NaN where there is none.
    value : float
        Negative log likelihood there.
    """

    slope: float
    constant: float
    sigma: float
    value: float


def spring_lengths(n_rows: int, n_sets: int, *, seed: int) -> tuple[Floats, Floats]:
    """Return forces (N), shape (n_rows,), and measured lengths (mm), shape (n_sets, n_rows), by Hooke's law.

    Parameters
    ----------
    n_rows : int
        Readings of each set, at evenly spaced forces.
    n_sets : int
        Sets.
    seed : int
        Of the noise.
    """
    force = np.linspace(0, MOST_FORCE, n_rows)
    noise = NOISE * np.random.default_rng(seed).normal(size=(n_sets, n_rows))
    return force, LENGTH + 1e3 * force / SPRING + noise


def residual_squares(x: Floats, y: Floats) -> Floats:
    """Return the sums of squared residuals of least-squares lines, shape (n_sets,).

    Parameters
    ----------
    x : ndarray, shape (n_rows,)
        Input.
    y : ndarray, shape (n_sets, n_rows)
        Targets.
    """
    with_one = np.column_stack([x, np.ones(len(x))])
    fitted = np.linalg.lstsq(with_one, y.T)[0]  # (2, n_sets)
    return np.asarray(((y.T - with_one @ fitted) ** 2).sum(axis=0))


def expected_width(degrees: int) -> float:
    """Return the mean of the root of sum of squares / degrees, in parts of the true width of normal noise.

    The sum of squares has a chi square distribution; its square root has the mean √2 Γ((k + 1) / 2) / Γ(k / 2) with k
    degrees of freedom.

    Parameters
    ----------
    degrees : int
        Rows less fitted parameters.

    Examples
    --------
    >>> round(expected_width(1), 4), round(expected_width(10), 4)  # the first is √(2 / π)
    (0.7979, 0.9754)
    """
    return float(np.sqrt(2 / degrees) * np.exp(gammaln((degrees + 1) / 2) - gammaln(degrees / 2)))


def normal_nll(x: Floats, y: Floats, slope: float, constant: float, sigma: float) -> float:
    """Return the negative log likelihood of a line with normal noise.

    Parameters
    ----------
    x, y : ndarray, shape (n_rows,)
        Input and target.
    slope, constant, sigma : float
        Of the line, and the width of the noise.

    Examples
    --------
    >>> round(normal_nll(np.array([0.0]), np.array([0.0]), 1.0, 0.0, 1.0), 4)
    0.9189
    """
    residual = y - slope * x - constant
    return float(len(y) * np.log(sigma * np.sqrt(2 * np.pi)) + residual @ residual / (2 * sigma**2))


def bernoulli_nll(x: Floats, y: Floats, slope: float, constant: float) -> float:
    """Return the negative log likelihood of classes 0 and 1 with the odds exp(slope x + constant).

    Parameters
    ----------
    x, y : ndarray, shape (n_rows,)
        Input and class.
    slope, constant : float
        Of the line.

    Examples
    --------
    >>> round(bernoulli_nll(np.array([0.0]), np.array([1.0]), 1.0, 0.0), 4)
    0.6931
    """
    score = slope * x + constant
    return float(np.sum(np.logaddexp(0, score) - y * score))


def fit_normal(x: Floats, y: Floats) -> Fitted:
    """Minimise the negative log likelihood over slope, constant and the logarithm of the width, numerically.

    Nothing of least squares is used: it starts at a flat line at the mean, as wide as the target spreads.

    Parameters
    ----------
    x, y : ndarray, shape (n_rows,)
        Input and target.
    """
    middle, reach = x.mean(), x.std()

    def loss(p: Floats) -> float:
        return normal_nll(x, y, p[0] / reach, p[1] - p[0] * middle / reach, float(np.exp(p[2])))

    def slopes(p: Floats) -> Floats:
        z = (x - middle) / reach
        residual = y - p[0] * z - p[1]
        precision = np.exp(-2 * p[2])
        return np.array(
            [-precision * residual @ z, -precision * residual.sum(), len(y) - precision * residual @ residual]
        )

    start = np.array([0.0, y.mean(), np.log(y.std())])
    found = minimize(loss, start, jac=slopes, method="BFGS", options={"gtol": 1e-9, "maxiter": 1000})
    slope = found.x[0] / reach
    return Fitted(slope, found.x[1] - slope * middle, float(np.exp(found.x[2])), float(found.fun))


def fit_bernoulli(x: Floats, y: Floats) -> Fitted:
    """Minimise the negative log likelihood of two classes over slope and constant, numerically.

    Parameters
    ----------
    x, y : ndarray, shape (n_rows,)
        Input and class, 0 or 1, not separable by x.
    """

    def slopes(p: Floats) -> Floats:
        off = expit(p[0] * x / scale + p[1]) - y
        return np.array([off @ x / scale, off.sum()])

    scale = x.std()
    found = minimize(
        lambda p: bernoulli_nll(x, y, p[0] / scale, p[1]),
        np.zeros(2),
        jac=slopes,
        method="BFGS",
        options={"gtol": 1e-9, "maxiter": 1000},
    )
    return Fitted(found.x[0] / scale, found.x[1], float("nan"), float(found.fun))


def occupied_states(n_states: int, *, seed: int) -> tuple[Floats, Floats]:
    """Return energies of states (eV) and whether each is occupied (1) or empty (0), by Fermi and Dirac.

    Parameters
    ----------
    n_states : int
        States, their energies evenly spaced around the Fermi level.
    seed : int
        Of the occupation.
    """
    energy = np.linspace(FERMI_LEVEL - WINDOW, FERMI_LEVEL + WINDOW, n_states)
    return energy, (np.random.default_rng(seed).random(n_states) < occupation(energy)).astype(float)


def occupation(energy: Floats, temperature: float = TEMPERATURE, level: float = FERMI_LEVEL) -> Floats:
    """Return the probability that a state is occupied: 1 / (1 + exp((E - level) / kT)).

    Parameters
    ----------
    energy : ndarray
        eV.
    temperature : float
        K.
    level : float
        Fermi level, eV.
    """
    return np.asarray(expit((level - energy) / (BOLTZMANN * temperature)))
