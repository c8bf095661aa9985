"""What many dimensions do to neighbourhoods, to distances, and to nearest neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.special import gammaln
from sklearn.neighbors import KNeighborsRegressor

from matterlearn.studies.foundations.planck import N_INPUTS, NOISE, log_radiance

Floats = NDArray[np.float64]

K, N_POINTS = 5, 10_000
"""Neighbours, of so many points: those of the exercise."""

N_DISTANT = 1_000
"""Points whose distances are looked at."""

MEAN_SQUARE, VARIANCE_OF_SQUARE = 1 / 6, 7 / 180
"""Of the difference of two numbers between 0 and 1: mean of its square, and variance of its square."""

_FEW = 200  # dimensions up to which distances are summed term by term, which is exact for small ones, too


def edge(dimensions: float, k: int = K, n_points: int = N_POINTS) -> float:
    """Return the edge of the cube that holds k of n points in the mean: (k / n)^(1/d).

    Parameters
    ----------
    dimensions : float
        d.
    k, n_points : int
        Neighbours and points.

    Examples
    --------
    >>> [round(edge(d), 3) for d in (1, 10, 1000)]
    [0.001, 0.468, 0.992]
    """
    return float((k / n_points) ** (1 / dimensions))


def expected_edge(dimensions: float, k: int = K, n_points: int = N_POINTS) -> float:
    """Return the mean edge of the smallest cube around the middle that holds k of n uniform points.

    Its volume is the k-th smallest of n uniform numbers, which has a beta distribution with parameters k, n - k + 1.

    Parameters
    ----------
    dimensions : float
        d.
    k, n_points : int
        Neighbours and points.

    Examples
    --------
    >>> expected_edge(1, k=1, n_points=9).__round__(6)
    0.1
    """
    power = 1 / dimensions
    return float(np.exp(gammaln(k + power) - gammaln(k) + gammaln(n_points + 1) - gammaln(n_points + 1 + power)))


def edge_spread(dimensions: float) -> float:
    """Return the standard deviation of that edge, for K of N_POINTS points.

    Parameters
    ----------
    dimensions : float
        d.
    """
    return float(np.sqrt(expected_edge(dimensions / 2) - expected_edge(dimensions) ** 2))


def measured_edges(dimensions: int, n_draws: int, *, seed: int) -> Floats:
    """Return the edges of the smallest cubes around the middle that hold K of N_POINTS points, shape (n_draws,).

    Parameters
    ----------
    dimensions : int
        Of the unit cube, in which points are uniform.
    n_draws : int
        Sets of points.
    seed : int
        Of the points.
    """
    rng = np.random.default_rng(seed)
    edges = np.empty(n_draws)
    for draw in range(n_draws):
        reach = np.zeros(N_POINTS)
        for _ in range(dimensions):  # one coordinate of all points at a time: little memory
            np.maximum(reach, np.abs(rng.random(N_POINTS) - 0.5), out=reach)
        edges[draw] = 2 * np.partition(reach, K - 1)[K - 1]
    return edges


def distances(dimensions: int, n_points: int = N_DISTANT, *, seed: int) -> Floats:
    """Return the distances between uniform points of the unit cube, each pair once, shape (n_pairs,).

    Parameters
    ----------
    dimensions : int
        Of the cube.
    n_points : int
        Points.
    seed : int
        Of the points.
    """
    rng = np.random.default_rng(seed)
    pairs = np.triu_indices(n_points, 1)
    if dimensions <= _FEW:
        points = rng.random((n_points, dimensions))
        return np.asarray(cdist(points, points)[pairs])
    products = np.zeros((n_points, n_points))
    for start in range(0, dimensions, 1000):  # in parts: little memory
        part = rng.random((n_points, min(1000, dimensions - start))) - 0.5
        products += part @ part.T
    squares = np.diag(products)
    return np.asarray(np.sqrt((squares[:, None] + squares - 2 * products)[pairs]))


def variation(values: Floats) -> float:
    """Return the coefficient of variation: standard deviation over mean."""
    return float(values.std() / values.mean())


def variation_with_zeros(values: Floats, n_points: int = N_DISTANT) -> float:
    """Return the coefficient of variation of a whole distance matrix: each pair twice, and the zeros of its diagonal.

    Parameters
    ----------
    values : ndarray, shape (n_pairs,)
        Distances, each pair once.
    n_points : int
        Points.

    Examples
    --------
    >>> variation_with_zeros(np.array([1.0]), 2)
    1.0
    """
    share = 1 - 1 / n_points  # of the matrix that is no diagonal
    mean, square = share * values.mean(), share * np.mean(values**2)
    return float(np.sqrt(square - mean**2) / mean)


def expected_variation(dimensions: float) -> float:
    """Return the coefficient of variation of distances in many dimensions, √(7 / (20 d)).

    The squared distance has the mean d/6 and the variance 7d/180; its root has half the relative spread.

    Parameters
    ----------
    dimensions : float
        d, large.

    Examples
    --------
    >>> expected_variation(10_000).__round__(6)
    0.005916
    """
    return float(np.sqrt(VARIANCE_OF_SQUARE / dimensions) / MEAN_SQUARE / 2)


def neighbour_errors(
    dimensions: Sequence[int], n_train: int, n_test: int, n_draws: int, *, seed: int
) -> tuple[Floats, Floats]:
    """Return what K nearest neighbours make of a target of two inputs among d.

    The target is the spectral radiance of a black body (Planck), as a power of ten and with noise; the other d - 2
    inputs have no effect. All are uniform between 0 and 1.

    Parameters
    ----------
    dimensions : sequence of int
        Numbers d of inputs, at least 2.
    n_train, n_test : int
        Rows.
    n_draws : int
        Data sets.
    seed : int
        Of the draws.

    Returns
    -------
    errors : ndarray, shape (n_dimensions, n_draws)
        Root mean squared error at the true values, in parts of the spread of the target.
    alike : ndarray, shape (n_dimensions, n_draws)
        Mean distance to the nearest neighbour over the mean distance to all.
    """
    rng = np.random.default_rng(seed)
    errors, alike = np.empty((len(dimensions), n_draws)), np.empty((len(dimensions), n_draws))
    for k, d in enumerate(dimensions):
        for draw in range(n_draws):
            X, X_new = rng.random((n_train, d)), rng.random((n_test, d))
            y = log_radiance(X[:, :N_INPUTS]) + NOISE * rng.normal(size=n_train)
            truth = log_radiance(X_new[:, :N_INPUTS])
            model = KNeighborsRegressor(K, algorithm="brute").fit(X, y)
            errors[k, draw] = np.sqrt(np.mean((model.predict(X_new) - truth) ** 2)) / truth.std()
            between = cdist(X_new, X)
            alike[k, draw] = between.min(axis=1).mean() / between.mean()
    return errors, alike
