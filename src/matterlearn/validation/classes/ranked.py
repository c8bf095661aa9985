"""How well probabilities put the rows of one class before all others, for any number of copies of each row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]


class RankedClass:
    """Rows of one class and rows of others in the order of a probability.

    Only the rows of the class, and how many others stand before each of them, matter to the area under the ROC curve
    and to the average precision. So the order is worked out once, the rows between two probabilities at which a row of
    the class stands are one term, and many resamples are scored by one product with a sparse matrix.

    Parameters
    ----------
    is_class : ndarray of bool, shape (n_samples,)
        Whether the row is of the class.
    p : ndarray of float, shape (n_samples,)
        Probability of the class, or anything else that is larger where the class is likelier. Finite.
    weight : ndarray of float, shape (n_samples,)
        How much each row counts, not negative.
    unit : ndarray of int, shape (n_samples,)
        Which copies belong to the row: numbers below `n_units`.
    n_units : int
        Number of units.

    Examples
    --------
    >>> order = RankedClass(np.array([True, False, True]), np.array([0.9, 0.5, 0.2]), np.ones(3), np.arange(3), 3)
    >>> areas, precisions = order(np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 0.0]]))
    >>> areas.tolist(), precisions.round(3).tolist()
    ([0.5, 1.0], [0.833, 1.0])
    """

    def __init__(
        self, is_class: NDArray[np.bool_], p: Floats, weight: Floats, unit: NDArray[np.intp], n_units: int
    ) -> None:
        order = np.argsort(-p, kind="stable")
        member, ordered = is_class[order], p[order]
        first = np.concatenate([np.ones(min(1, len(p)), dtype=bool), ordered[1:] != ordered[:-1]])
        group = np.cumsum(first) - 1  # which of the different probabilities, the largest first
        holds = np.zeros(int(group.max(initial=-1)) + 1, dtype=bool)  # (n_groups,)
        holds[group[member]] = True
        self._n_places = int(holds.sum())  # groups that hold a row of the class
        # The number of each such group; others get the one of the next such group below them.
        place = np.concatenate([[0], np.cumsum(holds)])[:-1][group]
        before, beside = 0, 1
        kind = np.where(member, 2, np.where(holds[group], beside, before))
        # Rows below all rows of the class are in the last place, one more than there are, and count in the total only.
        n_terms = self._n_places + 1
        self._terms = csr_array(
            (weight[order], (kind * n_terms + place, unit[order])), shape=(3 * n_terms, n_units), dtype=float
        )

    def __call__(self, copies: Floats) -> tuple[Floats, Floats]:
        """Return areas under the ROC curve and average precisions.

        Parameters
        ----------
        copies : ndarray of float, shape (n_units, n_resamples)
            How often each unit is in each resample.

        Returns
        -------
        areas, precisions : ndarray of float, shape (n_resamples,)
            NaN where a resample holds no row of the class, or no other.
        """
        return _scores(*self.terms(copies))

    def terms(self, copies: Floats) -> tuple[Floats, Floats, Floats]:
        """Return what areas and precisions are made of, so that those of several folds can be put together.

        Parameters
        ----------
        copies : ndarray of float, shape (n_units, n_resamples)
            How often each unit is in each resample.

        Returns
        -------
        ordered, pairs, precision : ndarray of float, shape (n_resamples,), (n_resamples,), (2, n_resamples)
            Weight of the pairs of a row of the class and another that stand in the right order (a tie counts half), of
            all such pairs, and of the precisions and of the rows of the class; all 0 where there is no pair.
        """
        before, beside, member = (self._terms @ copies).reshape(3, self._n_places + 1, -1)
        others, members = before.sum(axis=0) + beside.sum(axis=0), member.sum(axis=0)  # (n_resamples,)
        before, beside, member = before[:-1], beside[:-1], member[:-1]  # (n_places, n_resamples)
        np.add(before[1:], beside[:-1], out=before[1:])
        above = np.cumsum(before, axis=0)  # weight of others that stand before a place
        misplaced = np.einsum("ij,ij->j", member, above) + 0.5 * np.einsum("ij,ij->j", member, beside)
        found = np.cumsum(member, axis=0)
        above += beside
        above += found  # weight of all rows down to a place
        np.divide(found, above, out=found, where=above > 0)
        precision = np.einsum("ij,ij->j", member, found)
        known = (others > 0) & (members > 0)
        pairs = others * members
        return np.where(known, pairs - misplaced, 0.0), pairs, np.where(known, [precision, members], 0.0)


class RankedFolds:
    """The same over several folds, where rows are compared with rows of their own fold only.

    Each fold has a model of its own. Where one gives all its rows a little more than another does, or where a baseline
    repeats the share of the class among its training rows, comparing rows of two folds would measure that.

    Parameters
    ----------
    is_class, p, weight, unit, n_units
        As for `RankedClass`.
    fold : ndarray of int, shape (n_samples,)
        Fold of each row.

    Examples
    --------
    >>> is_class, p = np.array([True, False, True, False]), np.array([0.9, 0.8, 0.2, 0.1])
    >>> folds = RankedFolds(is_class, p, np.ones(4), np.arange(4), 4, np.array([0, 0, 1, 1]))
    >>> folds(np.ones((4, 1)))[0].tolist()
    [1.0]
    """

    def __init__(
        self,
        is_class: NDArray[np.bool_],
        p: Floats,
        weight: Floats,
        unit: NDArray[np.intp],
        n_units: int,
        fold: NDArray[np.intp],
    ) -> None:
        members = [np.flatnonzero(fold == number) for number in np.unique(fold)]
        self._folds = [
            RankedClass(is_class[rows], p[rows], weight[rows], unit[rows], n_units)
            for rows in members
            if is_class[rows].any() and not is_class[rows].all()
        ]

    def __call__(self, copies: Floats) -> tuple[Floats, Floats]:
        """Return areas under the ROC curve and average precisions, each of shape (n_resamples,).

        The area is the share of all pairs within folds that stand in the right order, the precision the mean over the
        rows of the class; NaN where no fold of a resample holds rows of the class and others.
        """
        none = np.zeros(copies.shape[1])
        terms = [fold.terms(copies) for fold in self._folds] or [(none, none, np.zeros((2, copies.shape[1])))]
        ordered, pairs, precision = (np.sum(part, axis=0) for part in zip(*terms, strict=True))
        return _scores(ordered, pairs, precision)


def _scores(ordered: Floats, pairs: Floats, precision: Floats) -> tuple[Floats, Floats]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return (
            np.where(pairs > 0, ordered / pairs, np.nan),
            np.where(precision[1] > 0, precision[0] / precision[1], np.nan),
        )
