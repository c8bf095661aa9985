"""Where the contours of the loss of two weights first touch a diamond and a circle."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float64]

N_PLACES = 400
"""Places on each of the four edges of the diamond, and on the circle."""

SHARES = (0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
"""Sizes of the diamond that are tried, in parts of the sum of the weights without penalty."""

_STEPS = 35  # halvings: the intercept to 3e-9, at which the loss is exact, being flat there
_FAR = 50.0  # no intercept lies beyond, for rows and weights of usual size


def profile_loss(X: Floats, y: NDArray[np.intp], weights: Floats) -> Floats:
    """Return the mean log loss of logistic regression, with the best intercept for each pair of weights.

    Parameters
    ----------
    X : ndarray, shape (n_rows, 2)
        Scaled inputs.
    y : ndarray of int, shape (n_rows,)
        1 or 0, both present.
    weights : ndarray, shape (n_places, 2)
        Pairs of weights.

    Returns
    -------
    ndarray, shape (n_places,)

    Examples
    --------
    >>> profile_loss(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0, 1]), np.zeros((1, 2))).round(4).tolist()
    [0.6931]
    """
    score = weights @ X.T  # (n_places, n_rows)
    low, high = np.full(len(weights), -_FAR), np.full(len(weights), _FAR)
    for _ in range(_STEPS):  # the mean probability rises with the intercept, and is right at the share of class 1
        middle = (low + high) / 2
        too_high = expit(score + middle[:, None]).mean(axis=1) > y.mean()
        low, high = np.where(too_high, low, middle), np.where(too_high, middle, high)
    margin = np.where(y == 1, 1.0, -1.0) * (score + ((low + high) / 2)[:, None])
    return np.asarray(np.logaddexp(0, -margin).mean(axis=1))


def corner_share(X: Floats, y: NDArray[np.intp]) -> tuple[float, float]:
    """Return the largest of `SHARES` whose diamond is met at a corner, and how alike the weights without penalty are.

    Parameters
    ----------
    X : ndarray, shape (n_rows, 2)
        Scaled inputs; no line separates the classes.
    y : ndarray of int, shape (n_rows,)
        1 or 0.

    Returns
    -------
    share : float
        0 if none of these diamonds is met at a corner.
    balance : float
        Ratio of the smaller to the larger weight, without sign.
    """
    free = _free(X, y)
    balance = float(np.abs(free).min() / np.abs(free).max())
    # The loss is convex: a corner is where the diamond is met if it is better than its two neighbours.
    edges = _edges(N_PLACES)
    corners = np.arange(0, len(edges), N_PLACES)
    for share in SHARES:
        corner, before, after = (
            profile_loss(X, y, share * np.abs(free).sum() * edges[(corners + step) % len(edges)]) for step in (0, -1, 1)
        )
        if np.any((corner <= before) & (corner <= after)):
            return share, balance
    return 0.0, balance


def first_touch(X: Floats, y: NDArray[np.intp], share: float) -> tuple[Floats, Floats, Floats]:
    """Return the weights without penalty, within a diamond, and within the circle of equal loss.

    Parameters
    ----------
    X : ndarray, shape (n_rows, 2)
        Scaled inputs; no line separates the classes.
    y : ndarray of int, shape (n_rows,)
        1 or 0.
    share : float
        Size of the diamond, in parts of the sum of the weights without penalty.

    Returns
    -------
    free, diamond, circle : ndarray, shape (2,)
        Minimum of the loss everywhere; in the diamond; and in the circle at whose minimum the loss is the same.
    """

    def loss(weights: Floats) -> Floats:
        return profile_loss(X, y, np.atleast_2d(weights))

    free = _free(X, y)
    diamond = _lowest(loss, share * np.abs(free).sum() * _edges(N_PLACES))
    wanted = float(loss(diamond)[0])
    angles = np.linspace(0, 2 * np.pi, N_PLACES, endpoint=False)
    directions = np.column_stack([np.cos(angles), np.sin(angles)])
    low, high = 0.0, float(np.linalg.norm(free))
    for _ in range(25):  # the loss at the touching point falls as the circle grows
        radius = (low + high) / 2
        circle = _lowest(loss, radius * directions)
        low, high = (radius, high) if float(loss(circle)[0]) > wanted else (low, radius)
    return free, diamond, circle


def _free(X: Floats, y: NDArray[np.intp]) -> Floats:
    """Return the weights without penalty."""
    return np.asarray(LogisticRegression(C=np.inf, tol=1e-8, max_iter=10_000).fit(X, y).coef_[0], dtype=float)


def _edges(n_places: int) -> Floats:
    """Return places on the diamond |w₁| + |w₂| = 1, its corners among them, shape (4 * n_places, 2)."""
    along = np.arange(n_places) / n_places
    edge = np.column_stack([1 - along, along])  # from one corner to before the next
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])  # a quarter of a turn
    edges: list[Any] = [edge]
    for _ in range(3):
        edges.append(edges[-1] @ turn)
    return np.vstack(edges) + 0.0  # and no -0.0


def _lowest(loss: Any, places: Floats) -> Floats:
    return np.asarray(places[int(np.argmin(loss(places)))], dtype=float)
