"""One score for a fitted estimator; more is better."""

from __future__ import annotations

import inspect
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import check_scoring

from matterlearn.core.errors import ArgumentError


class Scoring:
    """A scorer of scikit-learn that takes weights of rows where there are some.

    Parameters
    ----------
    estimator : estimator
        What is scored; its own `score` is used without a name.
    scoring : str, callable or None
        As scikit-learn has it: names such as "neg_mean_absolute_error", of which more is better.
    weighted : bool
        Whether there will be weights.

    Raises
    ------
    ArgumentError
        If there is more than one metric, or the metric takes no weights and there are some.

    Examples
    --------
    >>> from sklearn.dummy import DummyRegressor
    >>> model = DummyRegressor().fit([[0.0], [0.0]], [1.0, 3.0])
    >>> Scoring(model, "neg_mean_absolute_error")(model, [[0.0]], [5.0])
    -3.0
    """

    def __init__(self, estimator: Any, scoring: Any, *, weighted: bool = False) -> None:
        if isinstance(scoring, list | tuple | set | dict):
            raise ArgumentError(f"one metric is needed, got {scoring!r}", where="scoring")
        self.scorer = check_scoring(estimator, scoring=scoring)
        if weighted and not _takes_weights(self.scorer, estimator):
            raise ArgumentError("this metric takes no weights of rows", where="scoring", fix="choose another one")

    @property
    def looks_at_rows(self) -> bool:
        """Whether a function of the user computes the score, which may look at the rows and at the whole estimator."""
        return not (hasattr(self.scorer, "_score_func") or hasattr(self.scorer, "_estimator"))

    def __call__(self, estimator: Any, X: Any, y: Any, weights: NDArray[np.float64] | None = None) -> float:
        """Return the score of a fitted estimator on rows that it has not seen."""
        if weights is None:
            score = self.scorer(estimator, X, y)
        elif not weights.any():
            raise ArgumentError("all rows that a fold tests have weight 0", where="sample_weight")
        else:
            score = self.scorer(estimator, X, y, sample_weight=weights)
        if not isinstance(score, Real):
            raise ArgumentError(f"the score must be one number, got {score!r}", where="scoring")
        return float(score)


def _takes_weights(scorer: Any, estimator: Any) -> bool:
    """Tell whether what computes the score knows the weights of rows."""
    metric = getattr(scorer, "_score_func", None)
    if metric is None:  # the estimator's own score, or a function of the user
        metric = estimator.score if hasattr(scorer, "_estimator") else scorer
    return "sample_weight" in inspect.signature(metric).parameters
