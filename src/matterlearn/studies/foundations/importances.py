"""Permutation importance of a thermometer, and of two that read the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression

from matterlearn.validation.explain.importance import permutations_of, permuted_errors
from matterlearn.validation.explain.parts import model_parts

Floats = NDArray[np.float64]

AMOUNT, TEMPERATURE, VOLUME = "amount", "thermometer 1", "volume"
SECOND = "thermometer 2"

SPREADS: Mapping[str, float] = {AMOUNT: 0.3, TEMPERATURE: 0.5, VOLUME: 0.4}
"""Standard deviations of the logarithms of amount, temperature and volume of a gas."""

NOISE = 0.05
"""Standard deviation of the logarithm of the measured pressure."""

LINEAR, FOREST = "linear", "forest"


def gas_readings(n_rows: int, reading_noise: float, *, seed: int) -> tuple[pd.DataFrame, Floats]:
    """Return logarithms of amount, temperature by two thermometers, and volume of a gas, and of its pressure.

    Ideal gas: ln p = ln n + ln T − ln V + constant, all as deviations from their means.

    Parameters
    ----------
    n_rows : int
        Rows.
    reading_noise : float
        Standard deviation of the noise of each thermometer, of ln T; with 0 the two read the same.
    seed : int
        Of the draws.
    """
    rng = np.random.default_rng(seed)
    true = {name: spread * rng.normal(size=n_rows) for name, spread in SPREADS.items()}
    first, second = (true[TEMPERATURE] + reading_noise * rng.normal(size=n_rows) for _ in range(2))
    pressure = true[AMOUNT] + true[TEMPERATURE] - true[VOLUME] + NOISE * rng.normal(size=n_rows)
    columns = {AMOUNT: true[AMOUNT], VOLUME: true[VOLUME], TEMPERATURE: first, SECOND: second}
    return pd.DataFrame(columns), pressure


def models(n_trees: int, seed: int) -> dict[str, Any]:
    """Return least squares, which gives equal columns equal weights, and a forest that draws columns at each split."""
    forest = RandomForestRegressor(n_trees, max_features=0.5, min_samples_leaf=2, random_state=seed)
    return {LINEAR: LinearRegression(), FOREST: forest}


def importances(
    model: Any, X: pd.DataFrame, y: Floats, groups: Mapping[str, tuple[str, ...]], *, n_repeats: int, seed: int
) -> dict[str, float]:
    """Return by how much the mean absolute error grows when groups of columns are permuted, each group as one.

    Parameters
    ----------
    model : estimator
        Fitted.
    X : DataFrame
        Rows that it has not seen.
    y : ndarray, shape (n_rows,)
        Their targets.
    groups : mapping of str to tuple of str
        Columns that are permuted together, by a name.
    n_repeats : int
        Permutations.
    seed : int
        Of the permutations, the same for every group.
    """
    taken = model_parts(model, X)
    places = [(np.array([X.columns.get_loc(column) for column in columns]),) for columns in groups.values()]
    base = [part.predict(part.matrix) for part in taken.parts]
    mae = float(np.mean(np.abs(taken.combine(base) - y)))
    permutations = permutations_of(len(X), n_repeats, seed=seed)
    errors = permuted_errors(taken, base, places, permutations, y, np.ones(len(y)))
    return dict(zip(groups, (errors.mean(axis=1) - mae).tolist(), strict=True))


def expected_importance(weights: Floats, covariance: Floats, residual: float) -> float:
    """Return the importance of a group of normal columns in a linear model.

    The residual is normal and stays so: permuting adds 2 w' C w to its variance, and the mean absolute value of a
    normal number is √(2/π) times its standard deviation.

    Parameters
    ----------
    weights : ndarray, shape (n_columns,)
        Of the columns of the group.
    covariance : ndarray, shape (n_columns, n_columns)
        Of these columns.
    residual : float
        Standard deviation of the residual.

    Examples
    --------
    >>> expected_importance(np.array([1.0]), np.array([[1.0]]), 0.0).__round__(3)  # 2 / √π
    1.128
    """
    added = 2 * float(weights @ covariance @ weights)
    return float(np.sqrt(2 / np.pi) * (np.sqrt(residual**2 + added) - residual))


def thermometer_theory(reading_noise: float) -> dict[str, float]:
    """Return what least squares on many rows makes of the thermometers: `alone`, `each` of two, and `both` together.

    Alone, the weight is v / (v + s²), v being the variance of ln T and s the noise of a thermometer; with two of them
    each has v / (2 v + s²).

    Parameters
    ----------
    reading_noise : float
        s.
    """
    v, s = SPREADS[TEMPERATURE] ** 2, reading_noise**2
    one, two = v / (v + s), v / (2 * v + s)
    alone_residual = np.sqrt(NOISE**2 + v * s / (v + s))
    both_residual = np.sqrt(NOISE**2 + v * s / (2 * v + s))
    shared = np.full((2, 2), v) + s * np.eye(2)
    return {
        "alone": expected_importance(np.array([one]), np.array([[v + s]]), alone_residual),
        "each": expected_importance(np.array([two]), shared[:1, :1], both_residual),
        "both": expected_importance(np.array([two, two]), shared, both_residual),
    }
