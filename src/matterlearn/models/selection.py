"""Choosing among candidate models, or blending them, by cross-validation inside the training rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin, clone
from sklearn.model_selection import GroupKFold, KFold
from sklearn.utils.validation import check_is_fitted

from matterlearn.models.blend import Blend, checked_rows, member_spread, note_columns
from matterlearn.models.selector import Selector, check_that_rows_count
from matterlearn.models.weighting import weighted_mean

BLEND_STEPS = 20
"""Candidates that a blend averages at most, repetitions counted: finer weights fit the noise of the inner folds."""


@dataclass(frozen=True, eq=False)
class InnerPredictions:
    """What the chosen model predicts in the inner folds, for rows that its parts had not seen.

    The weights of a blend were chosen on these rows, so its errors here are a little too small.

    Attributes
    ----------
    rows : ndarray of int, shape (n_tested,)
        Positions of the rows in what was fitted, in the order of the folds: a splitter may test a row several times,
        or never.
    y : ndarray of float, shape (n_tested,)
        Their targets.
    prediction : ndarray of float, shape (n_tested,)
        Predictions of what was chosen, raised to the floor like those of the fitted model.
    spread : ndarray of float, shape (n_tested,)
        Weighted standard deviation over the chosen candidates; NaN where only one was chosen.
    """

    rows: NDArray[np.intp]
    y: NDArray[np.float64]
    prediction: NDArray[np.float64]
    spread: NDArray[np.float64]


class CandidateSelector(RegressorMixin, Selector):
    """Score candidates by inner cross-validation and keep the best one, or a blend that beats it.

    A blend is made by greedy forward selection: starting from the best candidate, the one whose addition lowers the
    mean absolute error of the averaged inner predictions most is added, with replacement, and the best stage is kept.
    The candidates that carry weight are then fitted on all rows.

    Parameters
    ----------
    candidates : list of (str, estimator)
        Names and regressors. They are cloned, not fitted themselves.
    cv : int, splitter or iterable
        Inner folds: a number of random folds that keep groups together, an object with scikit-learn's
        `split(X, y, groups)`, or pairs of training and test positions.
    blend : bool
        Whether a blend may be chosen. If not, the best single candidate is.
    nonnegative : bool
        Whether predictions are raised to 0 if no training target is negative.
    random_state : int
        Seed of the inner random folds.

    Attributes
    ----------
    scores_ : dict of str to float
        Inner mean absolute error of each candidate, unit of the target; weighted if the rows are.
    blend_score_ : float
        The same of what was chosen.
    weights_ : dict of str to float
        Weights of the chosen candidates; they sum to 1.
    model_ : Blend
        What was chosen, fitted on all rows.
    floor_ : float or None
        0 if `nonnegative` and no training target is negative.
    inner_ : InnerPredictions or None
        What was chosen, judged on the rows of the inner folds; None for a single candidate, which needs none.

    References
    ----------
    R. Caruana, A. Niculescu-Mizil, G. Crew, A. Ksikes, Ensemble selection from libraries of models, ICML 2004.

    Examples
    --------
    >>> from sklearn.dummy import DummyRegressor
    >>> from sklearn.linear_model import Ridge
    >>> X = np.arange(20.0).reshape(-1, 1)
    >>> model = CandidateSelector([("mean", DummyRegressor()), ("ridge", Ridge(1e-6))], cv=2).fit(X, 2 * X[:, 0])
    >>> model.weights_
    {'ridge': 1.0}
    """

    __module__ = "matterlearn.models.selection"

    def __init__(
        self,
        candidates: Sequence[tuple[str, Any]],
        cv: Any = 3,
        *,
        blend: bool = True,
        nonnegative: bool = True,
        random_state: int = 0,
    ) -> None:
        self.candidates = candidates
        self.cv = cv
        self.blend = blend
        self.nonnegative = nonnegative
        self.random_state = random_state

    def fit(self, X: Any, y: ArrayLike, groups: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Choose on inner folds, then fit what was chosen on all rows.

        Parameters
        ----------
        X : sequence or table, shape (n_samples, ...)
            Whatever the candidates take.
        y : array-like of float, shape (n_samples,)
            The target.
        groups : sequence, shape (n_samples,), optional
            Passed to the splitter.
        sample_weight : array-like of float, shape (n_samples,), optional
            Weights of the rows, in fitting as in the inner scores; see `fit_weighted`.

        Returns
        -------
        CandidateSelector
            Itself.

        Raises
        ------
        ArgumentError
            If there is no candidate, two have the same name, or one takes no weights of rows and there are some.
        """
        names = self._names()
        X, target = checked_rows(self, X, y)
        row_weights = self._checked_row_weights(sample_weight, X)
        counted = target if row_weights is None else target[row_weights > 0]
        self.floor_ = 0.0 if self.nonnegative and counted.min() >= 0 else None
        self.scores_: dict[str, float] = {}
        self.inner_: InnerPredictions | None = None
        if len(names) == 1:
            self.weights_, self.blend_score_ = {names[0]: 1.0}, float("nan")
        else:
            rows, predictions = self._inner_predictions(X, target, groups, row_weights)
            self._choose(names, rows, target[rows], predictions, None if row_weights is None else row_weights[rows])
        self.model_ = self.chosen().fit(X, target, sample_weight=row_weights)
        return self

    def _choose(
        self,
        names: Sequence[str],
        rows: NDArray[np.intp],
        truth: NDArray[np.float64],
        predictions: NDArray[np.float64],
        row_weights: NDArray[np.float64] | None,
    ) -> None:
        """Choose by the candidates' predictions (n_tested, n_candidates) for the rows of all inner folds."""
        check_that_rows_count(row_weights)
        raised = predictions if self.floor_ is None else np.maximum(predictions, self.floor_)
        errors = weighted_mean(np.abs(raised - truth[:, None]), row_weights)  # (n_candidates,)
        self.scores_ = dict(zip(names, errors.tolist(), strict=True))
        steps = BLEND_STEPS if self.blend else 1
        weights = blend_weights(truth, raised, steps=steps, sample_weight=row_weights)
        self.weights_ = {name: float(w) for name, w in zip(names, weights, strict=True) if w > 0}
        self.blend_score_ = float(weighted_mean(np.abs(raised @ weights - truth), row_weights))
        # The fitted blend raises its mean, not its members: so do these predictions, on which intervals are calibrated.
        mean = predictions @ weights
        prediction = mean if self.floor_ is None else np.maximum(mean, self.floor_)
        spread = member_spread(predictions[:, weights > 0], list(self.weights_.values()))
        self.inner_ = InnerPredictions(rows, truth, prediction, spread)

    def chosen(self) -> Blend:
        """Return what was chosen as a fresh estimator: to fit it on other rows without choosing again."""
        check_is_fitted(self, "weights_")
        members = [(name, clone(model)) for name, model in self.candidates if name in self.weights_]
        return Blend(members, [self.weights_[name] for name, _ in members], self.floor_)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the predictions of what was chosen.

        Parameters
        ----------
        X : sequence or table, shape (n_samples, ...)
            Whatever the candidates take.

        Returns
        -------
        ndarray of float, shape (n_samples,)
            Predictions, unit of the target.
        """
        return self.predict_with_spread(X)[0]

    def predict_with_spread(self, X: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return predictions and their standard deviation over the members of what was chosen; see `Blend`."""
        check_is_fitted(self)
        note_columns(self, X, reset=False)
        return self.model_.predict_with_spread(X)

    def _inner_predictions(
        self, X: Any, y: NDArray[np.float64], groups: Any, row_weights: NDArray[np.float64] | None
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return the tested rows (n_tested,) and what candidates predict (n_tested, n_candidates) in all folds."""
        cv = self.cv
        if isinstance(cv, int):
            kind = KFold if groups is None else GroupKFold
            cv = kind(cv, shuffle=True, random_state=self.random_state)
        tested, predictions = [], []
        for test, X_test, fitted in self._tested(X, y, groups, row_weights, cv):
            predictions.append(np.column_stack([model.predict(X_test) for model in fitted]))
            tested.append(test)
        return np.concatenate(tested), np.concatenate(predictions)


def blend_weights(
    y: NDArray[np.float64],
    predictions: NDArray[np.float64],
    *,
    steps: int = BLEND_STEPS,
    sample_weight: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the weights of the greedy blend with the lowest mean absolute error.

    Parameters
    ----------
    y : ndarray of float, shape (n_tested,)
        Targets.
    predictions : ndarray of float, shape (n_tested, n_candidates)
        Predictions by models that had not seen these rows.
    steps : int
        Most candidates to average, repetitions counted. 1 gives all weight to the best.
    sample_weight : ndarray of float, shape (n_tested,), optional
        Weights of the rows in the mean absolute error.

    Returns
    -------
    ndarray of float, shape (n_candidates,)
        Non-negative, sum 1.

    Examples
    --------
    >>> y = np.array([0.0, 1.0, 2.0])
    >>> blend_weights(y, np.column_stack([y + 1, y - 1, y + 9]))
    array([0.5, 0.5, 0. ])
    """
    counts = np.zeros(predictions.shape[1])
    total = np.zeros_like(y)
    best, best_counts = np.inf, counts
    for step in range(1, steps + 1):
        errors = weighted_mean(np.abs((total[:, None] + predictions) / step - y[:, None]), sample_weight)
        candidate = int(np.argmin(errors))
        counts[candidate] += 1
        total += predictions[:, candidate]
        # A step may cost a little and the next ones win it back, so all are taken and the best one is kept.
        if errors[candidate] < best:
            best, best_counts = float(errors[candidate]), counts.copy()
    return np.asarray(best_counts / best_counts.sum())
