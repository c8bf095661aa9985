"""Which metabolites a model puts first, on many random splits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from matterlearn.studies.metabolite_cases import MetaboliteCase
from matterlearn.studies.metabolite_models import LASSO, RIDGE, Floats, lasso, ridge, scaled_split

TOP = 5
"""Metabolites that are named."""

N_SPLITS, N_QUICK_SPLITS = 100, 30
"""Random splits in a full and in a quick study."""

ALONE = "difference of the means"
"""Ranking by the difference of the means of the classes."""


@dataclass(frozen=True)
class Rankings:
    """What comes first on each of many random splits.

    Attributes
    ----------
    weights : mapping of str to ndarray, shape (n_splits, n_columns)
        By way of ranking: weights of the scaled columns, or difference of their means.
    ranks : mapping of str to ndarray, shape (n_splits, n_columns)
        1 for the largest absolute value; equal ones share the largest rank they would have.
    first, kept : mapping of str to ndarray of bool, shape (n_splits, n_columns)
        Which columns are among the first `TOP`, and which have a value that is not 0.
    """

    weights: Mapping[str, Floats]

    @property
    def ranks(self) -> dict[str, Floats]:
        """Rank of each column on each split."""
        return {name: rankdata(-np.abs(values), method="max", axis=1) for name, values in self.weights.items()}

    @property
    def first(self) -> dict[str, NDArray[np.bool_]]:
        """Whether a column is among the first on each split."""
        return {name: np.array([among_first(row) for row in values]) for name, values in self.weights.items()}

    @property
    def kept(self) -> dict[str, NDArray[np.bool_]]:
        """Whether a column has a value that is not 0."""
        return {name: values != 0 for name, values in self.weights.items()}


def among_first(weights: Floats, top: int = TOP) -> NDArray[np.bool_]:
    """Return which columns have the largest absolute weights; of equal ones the first.

    Examples
    --------
    >>> among_first(np.array([0.1, -3.0, 2.0, 0.0]), top=2).tolist()
    [False, True, True, False]
    """
    chosen = np.zeros(len(weights), dtype=bool)
    chosen[np.argsort(-np.abs(weights), kind="stable")[:top]] = True
    return np.asarray(chosen & (weights != 0))


def rank_on_splits(case: MetaboliteCase, seed: int, n_splits: int) -> Rankings:
    """Fit L2 and L1 logistic regression on the training rows of many random splits.

    Parameters
    ----------
    case : MetaboliteCase
        The table.
    seed : int
        Seed of the study; the first split is that of its other parts.
    n_splits : int
        Number of splits.

    Returns
    -------
    Rankings
        By L2, by L1, and by each column alone.
    """
    weights: dict[str, list[Floats]] = {RIDGE: [], LASSO: [], ALONE: []}
    for number in range(n_splits):
        split = scaled_split(case, seed, number)
        weights[RIDGE].append(ridge().fit(split.X_train, split.y_train).coef_[0])
        weights[LASSO].append(lasso().fit(split.X_train, split.y_train).coef_[0])
        one, zero = (split.X_train[split.y_train == kind].mean(axis=0) for kind in (1, 0))
        weights[ALONE].append(one - zero)
    return Rankings({name: np.array(values) for name, values in weights.items()})
