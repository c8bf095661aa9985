"""How many patients find a control of their age, and what can be judged among rows of equal age."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from matterlearn.core.errors import ArgumentError
from matterlearn.studies.auc_interval import AucInterval
from matterlearn.validation.bootstrap import percentile_interval


def matched_pairs(ages: ArrayLike, y: ArrayLike, width: float = 0.0, same: ArrayLike | None = None) -> NDArray[np.intp]:
    """Return as many pairs of a row of class 1 and one of class 0 of like age as can be made.

    Parameters
    ----------
    ages : array-like of float, shape (n_rows,)
        Age in years.
    y : array-like of int, shape (n_rows,)
        1 or 0.
    width : float
        Largest difference of the ages in a pair.
    same : array-like, shape (n_rows,), optional
        What must be equal in a pair as well; rows where it is empty are in no pair.

    Returns
    -------
    ndarray of int, shape (n_pairs, 2)
        Positions; no row is in two pairs. The number is the largest possible (maximum bipartite matching by Hopcroft
        and Karp); which rows are paired need not be unique.

    Examples
    --------
    >>> matched_pairs([30, 31, 31, 40], [1, 1, 0, 0], width=1).tolist()
    [[0, 2]]
    """
    age, is_one = np.asarray(ages, dtype=float), np.asarray(y) == 1
    ones, zeros = np.flatnonzero(is_one), np.flatnonzero(~is_one)
    may = np.abs(age[ones][:, None] - age[zeros]) <= width  # (n_ones, n_zeros)
    if same is not None:
        texts = np.asarray(same).astype(str)
        may &= (texts[ones][:, None] == texts[zeros]) & (texts[ones] != "")[:, None]
    partner = maximum_bipartite_matching(csr_array(may.astype(np.int8)), perm_type="column")
    found = np.flatnonzero(partner >= 0)
    return np.column_stack([ones[found], zeros[partner[found]]])


def shared_ages(ages: ArrayLike, y: ArrayLike) -> NDArray[np.bool_]:
    """Return which rows have an age that rows of both classes have.

    Parameters
    ----------
    ages : array-like of float, shape (n_rows,)
        Age in years.
    y : array-like of int, shape (n_rows,)
        1 or 0.

    Returns
    -------
    ndarray of bool, shape (n_rows,)

    Examples
    --------
    >>> shared_ages([30, 31, 31, 40], [1, 1, 0, 0]).tolist()
    [False, True, True, False]
    """
    age, is_one = np.asarray(ages, dtype=float), np.asarray(y) == 1
    both = np.intersect1d(age[is_one], age[~is_one])
    return np.asarray(np.isin(age, both))


def auc_of_pairs(
    wins: ArrayLike, times: ArrayLike, rng: np.random.Generator, *, n_resamples: int = 2_000
) -> tuple[AucInterval, int]:
    """Return the area under the ROC curve over some pairs of rows of two classes, with its interval.

    The area is the share of pairs of one row of each class in which the row of class 1 has the larger score. Over pairs
    of equal age, the age itself has an area of exactly 1/2, whatever it tells otherwise. That holds only if both rows
    of a pair are scored by the same model: a model that lacks one row has seen fewer of its class at its age, and two
    such models put each row on the wrong side of the other.

    Parameters
    ----------
    wins : array-like of float, shape (n_ones, n_zeros)
        In how many comparisons the row of class 1 had the larger score; a tie counts half.
    times : array-like of float, shape (n_ones, n_zeros)
        How often the two were compared; 0 for pairs that do not count.
    rng : numpy.random.Generator
        For the interval, which is a percentile bootstrap over the rows of each class.
    n_resamples : int
        Draws of the bootstrap.

    Returns
    -------
    AucInterval
        The area and its 95 % interval. Where all pairs are won, the lower end is 1 - 3 / n, n being the number of rows
        of the smaller class (the rule of three); likewise where all are lost.
    int
        Number of pairs.

    Raises
    ------
    ArgumentError
        If no pair was compared, or a pair was won more often than compared.

    Examples
    --------
    >>> found, n_pairs = auc_of_pairs([[1, 0], [0, 2]], [[2, 0], [0, 2]], np.random.default_rng(0))
    >>> found.auc, n_pairs
    (0.75, 2)
    """
    won, compared = np.asarray(wins, dtype=float), np.asarray(times, dtype=float)
    if won.shape != compared.shape or won.ndim != 2 or not np.all((won >= 0) & (won <= compared)):
        raise ArgumentError("must be numbers from 0 to those in `times`, of the same shape", where="wins")
    if not compared.any():
        raise ArgumentError("no pair was compared", where="times")
    # A pair counts once, however often it fell into a fold together.
    counts = compared > 0
    share = np.divide(won, compared, out=np.zeros_like(won), where=counts)
    area = float(share.sum() / counts.sum())
    n_units = int(min(counts.any(axis=1).sum(), counts.any(axis=0).sum()))
    if area in (0.0, 1.0):
        reach = min(1.0, 3 / n_units)
        low, high = (1 - reach, 1.0) if area else (0.0, reach)
    else:
        drawn = [rng.multinomial(n, np.full(n, 1 / n), size=n_resamples).astype(float) for n in won.shape]
        total, hit = (((drawn[0] @ part) * drawn[1]).sum(axis=1) for part in (counts.astype(float), share))
        low, high = percentile_interval(hit[total > 0] / total[total > 0], n_units=n_units)
    return AucInterval(area, float(low), float(high)), int(counts.sum())


def age_gaps(ages: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
    """Return the difference of the ages in each pair of a row of class 1 and one of class 0, shape (n_ones, n_zeros).

    Examples
    --------
    >>> age_gaps([30, 50, 31], [1, 1, 0]).tolist()
    [[1.0], [19.0]]
    """
    age, is_one = np.asarray(ages, dtype=float), np.asarray(y) == 1
    return np.asarray(np.abs(age[is_one][:, None] - age[~is_one]))
