"""What is to be judged, and what comes of one configuration on one fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from matterlearn.core.parallel import item_seed
from matterlearn.search.folds import Fold
from matterlearn.search.scoring import Scoring

Configuration = Mapping[str, Any]
"""Name of a parameter -> value, as `set_params` takes it."""


@dataclass(frozen=True, eq=False)
class Task:
    """An estimator, rows, folds, and how predictions are scored.

    Attributes
    ----------
    estimator : estimator
        It is cloned, not fitted itself.
    X, y : sequence or table, and array, shape (n_samples, ...)
        Rows and target.
    weights : ndarray of float, shape (n_samples,), or None
        Weights of the rows, in fitting as in the scores.
    folds : sequence of (ndarray of int, ndarray of int)
        Training and test positions.
    scoring : Scoring
        The score, of which more is better.
    seed : int
        Seed of parts of the estimator whose `random_state` is None.
    """

    estimator: Any
    X: Any
    y: Any
    weights: NDArray[np.float64] | None
    folds: Sequence[Fold]
    scoring: Scoring
    seed: int

    def configured(self, configuration: Configuration, *item: object) -> Any:
        """Return a fresh estimator of a configuration, whose random parts depend on the item (fold) alone."""
        values = {name: clone(value, safe=False) for name, value in configuration.items()}
        return seeded(clone(self.estimator).set_params(**values), self.seed, *item)

    def rows(self, positions: NDArray[np.intp]) -> tuple[Any, Any, NDArray[np.float64] | None]:
        """Return rows, target and weights at some positions."""
        weights = None if self.weights is None else self.weights[positions]
        return _safe_indexing(self.X, positions), _safe_indexing(self.y, positions), weights


def seeded(estimator: Any, seed: int, *item: object) -> Any:
    """Give each random part of an estimator that has no seed one of its own; return the estimator.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> seeded(Ridge(), 0, "fold", 1).random_state == seeded(Ridge(), 0, "fold", 1).random_state
    True
    >>> seeded(Ridge(random_state=7), 0, "fold", 1).random_state
    7
    """
    unseeded = sorted(
        name
        for name, value in estimator.get_params().items()
        if value is None and name.rpartition("__")[2] == "random_state"
    )
    return estimator.set_params(**{name: item_seed(seed, *item, name) for name in unseeded})


@dataclass(frozen=True)
class FoldScore:
    """How one configuration did on one fold.

    Attributes
    ----------
    score : float
        NaN if it could not be trained.
    seconds : float
        Time to fit; of networks that were trained together, their share.
    error : str
        Why it could not be trained; empty otherwise.
    loss, validation : tuple of float or None
        Of a network, its loss after each epoch on the training rows, and on the rows that were watched.
    """

    score: float
    seconds: float
    error: str = ""
    loss: tuple[float, ...] | None = None
    validation: tuple[float, ...] | None = None
