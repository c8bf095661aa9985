"""Ranks of weighted values, for many sets of weights at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class RankOrder:
    """The order of values, from which their rank correlation with others follows for any weights.

    The rank of a value is the weight of all smaller values and half of the weight of all equal ones, its own included.
    If weights are whole numbers, that is the mean rank in the sample where each value stands as often as its weight
    says, less one half; so a bootstrap resample is ranked without being drawn up, and ties are exact.

    Parameters
    ----------
    values : array-like of float, shape (n_samples,)
        Finite numbers.

    Examples
    --------
    >>> order = RankOrder([5.0, 7.0, 7.0])
    >>> order.ranks(np.ones((3, 1)))[:, 0].tolist()
    [0.5, 2.0, 2.0]
    >>> order.n_different(np.array([[1, 0], [1, 2], [1, 3]])).tolist()
    [2, 1]
    """

    def __init__(self, values: ArrayLike) -> None:
        numbers = np.asarray(values, dtype=float)
        order = np.argsort(numbers, kind="stable")
        ordered = numbers[order]
        first = np.concatenate([np.ones(min(1, len(numbers)), dtype=bool), ordered[1:] != ordered[:-1]])
        self._order = None if np.array_equal(order, np.arange(len(order))) else order
        self._starts = None if first.all() else np.flatnonzero(first)
        self._value = np.empty(len(numbers), dtype=np.intp)  # which of the different values each sample has
        self._value[order] = np.cumsum(first) - 1

    def ranks(self, weight: Floats) -> Floats:
        """Return the rank of every value for each set of weights; their weighted mean is half of the total weight.

        Parameters
        ----------
        weight : ndarray of float, shape (n_samples, n_sets)
            Not negative.

        Returns
        -------
        ndarray of float, shape (n_samples, n_sets)
            Ranks.
        """
        ranks = _middles(self.sums(weight))
        return ranks if self._order is None and self._starts is None else ranks[self._value]

    def n_different(self, weight: Floats) -> NDArray[np.intp]:
        """Return how many different values have a weight, shape (n_sets,), for weights as in `ranks`."""
        return np.asarray(np.count_nonzero(self.sums(weight), axis=0))

    def sums(self, terms: Floats) -> Floats:
        """Return the sum of terms over the samples of each value, the smallest value first.

        Parameters
        ----------
        terms : ndarray of float, shape (n_samples, n_sets)
            What to sum.

        Returns
        -------
        ndarray of float, shape (n_values, n_sets)
            `terms` itself if nothing is to be done.
        """
        ordered = terms if self._order is None else terms[self._order]
        return ordered if self._starts is None else np.asarray(np.add.reduceat(ordered, self._starts, axis=0))


class RankCorrelation:
    """Weighted rank correlation of one variable with others, for many sets of weights.

    Parameters
    ----------
    order : RankOrder
        Of the one variable.
    weight : ndarray of float, shape (n_samples, n_sets)
        Not negative.

    Attributes
    ----------
    constant : ndarray of bool, shape (n_sets,)
        Whether all values with a weight are equal.

    Examples
    --------
    >>> weight = np.array([[1.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    >>> RankCorrelation(RankOrder([1.0, 2.0, 3.0]), weight).to(RankOrder([0.1, 0.9, 0.7]))
    array([0.5, nan])
    """

    def __init__(self, order: RankOrder, weight: Floats) -> None:
        self._weight = weight
        self._middle = 0.5 * weight.sum(axis=0)
        ranks = order.ranks(weight)
        ranks -= self._middle
        self._weighted_ranks = weight * ranks
        self._variance = _sum(self._weighted_ranks, ranks)
        self.constant = order.n_different(weight) < 2

    def to(self, order: RankOrder) -> Floats:
        """Return the correlation with another variable of the same samples.

        Parameters
        ----------
        order : RankOrder
            Of the other variable.

        Returns
        -------
        ndarray of float, shape (n_sets,)
            Between -1 and 1; NaN where one of the two is constant.
        """
        weight = order.sums(self._weight)  # (n_values, n_sets): there is no need to go back to samples
        ranks = _middles(weight)
        ranks -= self._middle
        covariance = _sum(order.sums(self._weighted_ranks), ranks)
        constant = self.constant | (np.count_nonzero(weight, axis=0) < 2)
        with np.errstate(invalid="ignore", divide="ignore"):
            correlation = covariance / np.sqrt(self._variance * _sum(weight * ranks, ranks))
        return np.where(constant, np.nan, np.clip(correlation, -1.0, 1.0))


def _middles(weight: Floats) -> Floats:
    """Return the ranks of ordered different values of the given weights."""
    ranks = np.cumsum(weight, axis=0)
    ranks -= 0.5 * weight
    return ranks


def _sum(first: Floats, second: Floats) -> Floats:
    return np.asarray(np.einsum("ij,ij->j", first, second))
