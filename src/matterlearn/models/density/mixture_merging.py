"""Components of a mixture that describe one kind of rows together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from matterlearn.core.errors import ArgumentError

CERTAIN: Final = 0.01
"""Part of the largest possible entropy, ln K for each row, up to which components count as apart."""


@dataclass(frozen=True)
class Merging:
    """What becomes of the components when they are merged pair by pair.

    Attributes
    ----------
    entropies : dict of int to float
        Number of clusters -> entropy of the posteriors, in nats, summed over the rows.
    groups : dict of int to ndarray of int, shape (n_components,)
        Number of clusters -> the cluster of each component, numbered in the order of the components.
    elbow : int
        Number of clusters at the elbow of the entropy.
    """

    entropies: Mapping[int, float]
    groups: Mapping[int, NDArray[np.intp]]
    elbow: int


def merge_components(posteriors: ArrayLike) -> Merging:
    """Merge components until one is left, each time the pair that makes the entropy fall most.

    Parameters
    ----------
    posteriors : array-like of float, shape (n_samples, n_components)
        Probability of each component for each row.

    Returns
    -------
    Merging
        Entropy and clusters at each step, and the elbow. See Baudry et al., J. Comput. Graph. Stat. 19, 332 (2010).

    Raises
    ------
    ArgumentError
        If the posteriors are no probabilities.

    Examples
    --------
    The first two components share their rows:

    >>> path = merge_components([[0.5, 0.5, 0.0]] * 4 + [[0.0, 0.0, 1.0]] * 4)
    >>> path.elbow, path.groups[2].tolist(), [round(path.entropies[k], 3) for k in (3, 2, 1)]
    (2, [0, 0, 1], [2.773, 0.0, 0.0])
    """
    p = np.asarray(posteriors, dtype=np.float64)
    if p.ndim != 2 or p.size == 0 or not (np.all(p >= 0) and np.allclose(p.sum(axis=1), 1.0, atol=1e-6)):
        raise ArgumentError("rows of probabilities that add up to 1 are needed", where="posteriors")
    members: list[list[int]] = [[component] for component in range(p.shape[1])]
    columns = list(p.T)  # of each cluster (n_samples,)
    entropies, groups = {}, {}
    while True:
        entropies[len(columns)] = posterior_entropy(np.column_stack(columns))
        groups[len(columns)] = _cluster_of_each(members)
        if len(columns) == 1:
            return Merging(entropies, groups, _merging_elbow(entropies, len(p)))
        parts = [-xlogy(column, column).sum() for column in columns]
        _, first, second = max(
            ((_fall(columns, parts, a, b), -a, -b) for a, b in combinations(range(len(columns)), 2)),
        )
        first, second = -first, -second
        columns[first] = columns[first] + columns.pop(second)
        members[first] = members[first] + members.pop(second)


def posterior_entropy(posteriors: NDArray[np.float64]) -> float:
    """Return S = -sum_ij p_ij ln p_ij, in nats: 0 where every row belongs to one component for sure.

    Parameters
    ----------
    posteriors : ndarray of float, shape (n_samples, n_components)
        Probability of each component for each row.

    Examples
    --------
    >>> round(posterior_entropy(np.array([[0.5, 0.5], [1.0, 0.0]])), 4)  # ln 2
    0.6931
    """
    return float(max(0.0, -xlogy(posteriors, posteriors).sum()))


def elbow(x: ArrayLike, y: ArrayLike) -> int:
    """Return the position of the elbow of a curve: the point farthest below the chord between its ends.

    Both axes are scaled to run from 0 to 1 (Satopaa et al., ICDCS Workshops 2011, 166: "kneedle"). Rising curves that
    start flat have their elbow where they begin to rise, falling ones where they cease to fall.

    Parameters
    ----------
    x, y : array-like of float, shape (n_points,)
        The curve, x ascending.

    Returns
    -------
    int
        Position; the last point where none lies below the chord by more than 1 % of the height.

    Examples
    --------
    >>> elbow([1, 2, 3, 4, 5], [0.0, 0.1, 0.1, 5.0, 10.0]), elbow([1, 2, 3], [0.0, 1.0, 2.0])
    (2, 2)
    """
    abscissa, height = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    last = len(abscissa) - 1
    tall = np.ptp(height)
    if last < 2 or tall == 0:
        return last
    along = (abscissa - abscissa[0]) / (abscissa[-1] - abscissa[0])
    below = along * (height[-1] - height[0]) / tall - (height - height[0]) / tall
    deepest = int(below.argmax())
    return deepest if below[deepest] > 0.01 else last


def _merging_elbow(entropies: Mapping[int, float], n_rows: int) -> int:
    """Return the number of clusters beyond which a further one is bought with doubt about its rows.

    Where the whole mixture is sure of its rows there is nothing to merge: its elbow would be one of rounding.
    """
    numbers = sorted(entropies)
    most = numbers[-1]
    if entropies[most] <= CERTAIN * n_rows * np.log(most):
        return most
    return numbers[elbow(numbers, [entropies[number] for number in numbers])]


def _fall(columns: list[NDArray[np.float64]], parts: list[float], a: int, b: int) -> float:
    joined = columns[a] + columns[b]
    return float(parts[a] + parts[b] + xlogy(joined, joined).sum())


def _cluster_of_each(members: list[list[int]]) -> NDArray[np.intp]:
    found = np.empty(sum(map(len, members)), dtype=np.intp)
    for cluster, components in enumerate(members):
        found[components] = cluster
    return found
