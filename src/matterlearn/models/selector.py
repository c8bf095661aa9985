"""What choosing among candidates has in common, whether they predict numbers or classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing

from matterlearn.core.errors import ArgumentError
from matterlearn.models.blend import tags_of_all
from matterlearn.models.weighting import checked_weights, fit_weighted, takes_weights


class Selector(BaseEstimator):
    """Base of what chooses among `candidates` in inner folds; see `CandidateSelector` and `ClassSelector`."""

    candidates: Sequence[tuple[str, Any]]

    def _names(self) -> list[str]:
        names = [name for name, _ in self.candidates]
        if not names or len(set(names)) != len(names):
            raise ArgumentError(f"needs at least one candidate and different names, got {names}", where="candidates")
        return names

    def _checked_row_weights(self, sample_weight: ArrayLike | None, X: Any) -> NDArray[np.float64] | None:
        row_weights = checked_weights(sample_weight, X)
        deaf = [] if row_weights is None else [name for name, model in self.candidates if not takes_weights(model)]
        if deaf:
            raise ArgumentError(
                f"no weights of rows can be given to {', '.join(deaf)}",
                where="sample_weight",
                fix="leave such candidates out",
            )
        return row_weights

    def __sklearn_tags__(self) -> Any:
        return tags_of_all(super().__sklearn_tags__(), self.candidates)

    def _weighted_parts(self) -> list[Any]:
        """Return what must take the weights of rows for this to take them; asked by `takes_weights`."""
        return [model for _, model in self.candidates]

    def _tested(
        self, X: Any, y: NDArray[Any], groups: Any, row_weights: NDArray[np.float64] | None, cv: Any
    ) -> Iterator[tuple[NDArray[np.intp], Any, Iterator[Any]]]:
        """Yield for each inner fold the positions of the tested rows, the rows, and the candidates fitted on others."""
        for train, test in check_cv(cv).split(X, y, groups):
            if not self._can_learn(y[train]):
                continue
            X_train, weights = _safe_indexing(X, train), None if row_weights is None else row_weights[train]
            # One at a time: several forests of a large table need not be in memory together.
            fitted = (self._fitted(clone(model), X_train, y[train], weights) for _, model in self.candidates)
            yield np.arange(len(y))[test], _safe_indexing(X, test), fitted

    def _can_learn(self, y: NDArray[Any]) -> bool:
        """Return whether the training rows of an inner fold can teach anything."""
        return len(y) > 0

    def _fitted(self, model: Any, X: Any, y: NDArray[Any], weights: NDArray[np.float64] | None) -> Any:
        """Return a candidate fitted on the training rows of an inner fold."""
        return fit_weighted(model, X, y, weights)


def check_that_rows_count(row_weights: NDArray[np.float64] | None) -> None:
    """Stop if all rows that the inner folds test have weight 0: nothing would tell candidates apart."""
    if row_weights is not None and not row_weights.any():
        raise ArgumentError("every row that the inner folds test has weight 0", where="sample_weight")
