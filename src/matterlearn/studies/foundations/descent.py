"""Linear regression by gradient descent with automatic differentiation, beside the closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MODULUS = 70.0
"""Young's modulus of aluminium, GPa (rounded; ASM Handbook, vol. 2: 69 to 71)."""

EXPANSION = 23.1
"""Linear thermal expansion of aluminium at room temperature, 1e-6/K (CRC Handbook of Chemistry and Physics)."""

ZERO = 40.0
"""Reading of the strain gauge without load at the reference temperature, 1e-6."""

NOISE = 5.0
"""Standard deviation of a reading of the strain gauge, 1e-6."""

N_ROWS = 200

MOST_STRESS, MOST_HEAT, HEAT_NOISE = 0.1, 80.0, 12.0
"""Largest stress (GPa); temperature rise at that stress, and its own spread (K): the machine warms up under load."""

WORKSHOP_RATE, WORKSHOP_EPOCHS = 1e-6, 1000


@dataclass(frozen=True)
class Descent:
    """Where gradient descent went.

    Attributes
    ----------
    weights : ndarray, shape (n_epochs + 1, n_inputs)
        Before the first and after each epoch.
    bias : ndarray, shape (n_epochs + 1,)
        The constant.
    loss : ndarray, shape (n_epochs + 1,)
        Mean squared error there.
    """

    weights: Floats
    bias: Floats
    loss: Floats


def strain_readings(seed: int) -> tuple[Floats, Floats]:
    """Return stress (GPa) and temperature rise (K) of a rod, and the strain that a gauge reads (1e-6).

    Hooke's law and thermal expansion: strain = stress / modulus + expansion * temperature rise + zero of the gauge.

    Parameters
    ----------
    seed : int
        Of the draws.

    Returns
    -------
    X : ndarray, shape (n_rows, 2)
        Stress and temperature rise.
    y : ndarray, shape (n_rows,)
        Strain.
    """
    rng = np.random.default_rng(seed)
    stress = rng.uniform(0, MOST_STRESS, N_ROWS)
    heat = MOST_HEAT * stress / MOST_STRESS + HEAT_NOISE * rng.normal(size=N_ROWS)
    strain = 1e6 * stress / MODULUS + EXPANSION * heat + ZERO + NOISE * rng.normal(size=N_ROWS)
    return np.column_stack([stress, heat]), strain


def descend(X: Floats, y: Floats, start: Floats, *, rate: float, n_epochs: int, bias: float = 0.0) -> Descent:
    """Go down the mean squared error, the gradient being that of automatic differentiation.

    Parameters
    ----------
    X : ndarray, shape (n_rows, n_inputs)
        Inputs.
    y : ndarray, shape (n_rows,)
        Target.
    start : ndarray, shape (n_inputs,)
        Weights to start from.
    rate : float
        Learning rate.
    n_epochs : int
        Steps, each with all rows.
    bias : float
        Constant to start from.

    Returns
    -------
    Descent
        The whole way.
    """
    inputs, target = torch.tensor(X), torch.tensor(y)
    w = torch.tensor(start, requires_grad=True)
    b = torch.tensor(bias, dtype=torch.float64, requires_grad=True)
    weights, biases, losses = np.empty((n_epochs + 1, len(start))), np.empty(n_epochs + 1), np.empty(n_epochs + 1)
    for epoch in range(n_epochs + 1):
        loss = torch.mean((inputs @ w + b - target) ** 2)
        weights[epoch], biases[epoch], losses[epoch] = w.detach().numpy(), b.item(), loss.item()
        by_w, by_b = torch.autograd.grad(loss, (w, b))
        with torch.no_grad():
            w -= rate * by_w
            b -= rate * by_b
    return Descent(weights, biases, losses)


def gradient(X: Floats, y: Floats, weights: Floats, bias: float) -> Floats:
    """Return the gradient of the mean squared error by hand: the weights first, the constant last.

    Parameters
    ----------
    X : ndarray, shape (n_rows, n_inputs)
        Inputs.
    y : ndarray, shape (n_rows,)
        Target.
    weights : ndarray, shape (n_inputs,)
        Where.
    bias : float
        Where.

    Examples
    --------
    >>> gradient(np.array([[1.0], [3.0]]), np.array([0.0, 0.0]), np.array([1.0]), 0.0).tolist()
    [10.0, 4.0]
    """
    residual = X @ weights + bias - y
    return np.append(2 * X.T @ residual, 2 * residual.sum()) / len(y)


def closed_form(X: Floats, y: Floats) -> Floats:
    """Return the least-squares weights, the constant last."""
    return np.asarray(np.linalg.lstsq(_with_one(X), y)[0])


def curvatures(X: Floats) -> Floats:
    """Return the eigenvalues of the second derivative of the mean squared error, ascending.

    A rate converges if it is below 2 / the largest, and fastest with 2 / (smallest + largest): each step then leaves
    (K - 1) / (K + 1) of the distance, K being their ratio.

    Parameters
    ----------
    X : ndarray, shape (n_rows, n_inputs)
        Inputs.

    Examples
    --------
    >>> curvatures(np.array([[1.0], [-1.0]])).tolist()
    [2.0, 2.0]
    """
    with_one = _with_one(X)
    return np.asarray(np.linalg.eigvalsh(2 * with_one.T @ with_one / len(X)))


def standardised(X: Floats) -> Floats:
    """Return columns of mean 0 and standard deviation 1."""
    return np.asarray((X - X.mean(axis=0)) / X.std(axis=0))


def in_units(weights: Floats, X: Floats) -> Floats:
    """Return weights of standardised columns, the constant last, as weights of the columns themselves."""
    slopes = weights[:-1] / X.std(axis=0)
    return np.append(slopes, weights[-1] - slopes @ X.mean(axis=0))


def _with_one(X: Floats) -> Floats:
    return np.column_stack([X, np.ones(len(X))])
