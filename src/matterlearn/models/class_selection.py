"""Choosing among candidate classifiers, or blending them, by cross-validation inside the training rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, clone
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.utils.validation import check_is_fitted

from matterlearn.core.errors import ArgumentError
from matterlearn.models.blend import note_columns
from matterlearn.models.class_blend import (
    ClassBlend,
    checked_class_rows,
    class_probabilities,
    fit_classes,
    mean_probabilities,
)
from matterlearn.models.selector import Selector, check_that_rows_count
from matterlearn.models.weighting import weighted_mean


@dataclass(frozen=True, eq=False)
class InnerProbabilities:
    """What the chosen model predicts in the inner folds, for rows that its parts had not seen.

    Attributes
    ----------
    rows : ndarray of int, shape (n_tested,)
        Positions of the rows in what was fitted.
    probabilities : ndarray of float, shape (n_tested, n_classes)
        Of what was chosen.
    """

    rows: NDArray[np.intp]
    probabilities: NDArray[np.float64]


class ClassSelector(ClassifierMixin, Selector):
    """Score candidate classifiers by inner cross-validation and keep the best one, or a blend that beats it.

    Candidates are judged by the log loss (multinomial deviance) of their probabilities. A blend is a mixture of them:
    its weights maximise the likelihood of the rows of the inner folds times a Dirichlet prior that is worth three rows
    per candidate, so that a hundred rows give all candidates a say where they tell little between them, and thousands
    decide alone. What carries less than 3 % of the weight is left out; the rest is fitted on all rows.

    Parameters
    ----------
    candidates : list of (str, estimator)
        Names and classifiers with `predict_proba`. They are cloned, not fitted themselves.
    cv : int, splitter or iterable
        Inner folds: a number of stratified random folds that keep groups together, an object with scikit-learn's
        `split(X, y, groups)`, or pairs of training and test positions.
    blend : bool
        Whether a blend is made. If not, the best single candidate is kept.
    random_state : int
        Seed of the inner random folds.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        The classes, sorted.
    scores_ : dict of str to float
        Inner log loss of each candidate, in nats; weighted if the rows are.
    blend_score_ : float
        The same of what was chosen.
    weights_ : dict of str to float
        Weights of the chosen candidates; they sum to 1.
    model_ : ClassBlend
        What was chosen, fitted on all rows.
    inner_ : InnerProbabilities or None
        What was chosen, on the rows of the inner folds; None for a single candidate, which needs none.

    Notes
    -----
    In the log loss no probability counts for less than 1 / (2 n), n being the number of tested rows: a forest whose
    trees all agree says 0, which n rows cannot tell from so little.

    References
    ----------
    D. H. Wolpert, Stacked generalization, Neural Networks 5, 241 (1992): weights from rows that members did not see.
    P. Smyth, D. Wolpert, Linearly combining density estimators via stacking, Machine Learning 36, 59 (1999): the
    mixture and its fit by expectation maximisation.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> X, y = np.arange(40.0).reshape(-1, 1), np.repeat(["a", "b"], 20)
    >>> model = ClassSelector([("shares", DummyClassifier()), ("tree", DecisionTreeClassifier())], cv=4).fit(X, y)
    >>> {name: round(weight, 2) for name, weight in model.weights_.items()}
    {'shares': 0.12, 'tree': 0.88}
    """

    __module__ = "matterlearn.models.class_selection"

    def __init__(
        self, candidates: Sequence[tuple[str, Any]], cv: Any = 3, *, blend: bool = True, random_state: int = 0
    ) -> None:
        self.candidates = candidates
        self.cv = cv
        self.blend = blend
        self.random_state = random_state

    def fit(self, X: Any, y: ArrayLike, groups: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Choose on inner folds, then fit what was chosen on all rows.

        Parameters
        ----------
        X : sequence or table, shape (n_samples, ...)
            Whatever the candidates take.
        y : array-like, shape (n_samples,)
            The classes.
        groups : sequence, shape (n_samples,), optional
            Passed to the splitter.
        sample_weight : array-like of float, shape (n_samples,), optional
            Weights of the rows, in fitting as in the inner scores; see `fit_weighted`.

        Returns
        -------
        ClassSelector
            Itself.

        Raises
        ------
        ArgumentError
            If there is no candidate, two have the same name, or one takes no weights of rows and there are some.
        """
        names = self._names()
        X, target = checked_class_rows(self, X, y)
        row_weights = self._checked_row_weights(sample_weight, X)
        codes = np.searchsorted(self.classes_, target)
        self.scores_: dict[str, float] = {}
        self.inner_: InnerProbabilities | None = None
        if len(names) == 1:
            self.weights_, self.blend_score_ = {names[0]: 1.0}, float("nan")
        else:
            rows, probabilities = self._inner_probabilities(X, target, groups, row_weights)
            tested_weights = None if row_weights is None else row_weights[rows]
            self._choose(names, rows, codes[rows], probabilities, tested_weights)
        self.model_ = self.chosen().fit(X, target, sample_weight=row_weights)
        return self

    def _choose(
        self,
        names: Sequence[str],
        rows: NDArray[np.intp],
        codes: NDArray[np.intp],
        probabilities: NDArray[np.float64],
        row_weights: NDArray[np.float64] | None,
    ) -> None:
        """Choose by the candidates' probabilities (n_tested, n_candidates, n_classes) for the rows of all folds."""
        check_that_rows_count(row_weights)
        of_truth = probabilities[np.arange(len(codes)), :, codes]  # (n_tested, n_candidates)

        floor = 0.5 / (len(codes) if row_weights is None else row_weights.sum())

        def losses(found: NDArray[np.float64]) -> NDArray[np.float64]:
            return weighted_mean(-np.log(np.maximum(found, floor)), row_weights)

        self.scores_ = dict(zip(names, losses(of_truth).tolist(), strict=True))
        if self.blend:
            weights = mixture_weights(np.maximum(of_truth, floor), row_weights)
        else:
            weights = np.eye(len(names))[int(np.argmin(losses(of_truth)))]
        self.weights_ = {name: float(w) for name, w in zip(names, weights, strict=True) if w > 0}
        self.blend_score_ = float(losses(of_truth @ weights[:, None])[0])
        chosen = mean_probabilities(probabilities.transpose(1, 0, 2), weights)
        self.inner_ = InnerProbabilities(rows, chosen)

    def chosen(self) -> ClassBlend:
        """Return what was chosen as a fresh estimator: to fit it on other rows without choosing again."""
        check_is_fitted(self, "weights_")
        members = [(name, clone(model)) for name, model in self.candidates if name in self.weights_]
        return ClassBlend(members, [self.weights_[name] for name, _ in members])

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the class probabilities of what was chosen, shape (n_samples, n_classes)."""
        check_is_fitted(self)
        note_columns(self, X, reset=False)
        return self.model_.predict_proba(X)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable classes, shape (n_samples,)."""
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[np.argmax(probabilities, axis=1)])

    def _inner_probabilities(
        self, X: Any, y: NDArray[Any], groups: Any, row_weights: NDArray[np.float64] | None
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return the tested rows (n_tested,) and probabilities (n_tested, n_candidates, n_classes) in all folds."""
        cv = self.cv
        if isinstance(cv, int):
            rarest = int(np.unique(y, return_counts=True)[1].min())
            if rarest < 2:
                raise ArgumentError(
                    "a class has one sample, which cannot be in training and be tested",
                    where="y",
                    fix="leave rare classes out or put them together",
                )
            kind = StratifiedKFold if groups is None else StratifiedGroupKFold
            cv = kind(min(cv, rarest) if groups is None else cv, shuffle=True, random_state=self.random_state)
        tested: list[NDArray[np.intp]] = []
        probabilities: list[NDArray[np.float64]] = []
        for test, X_test, fitted in self._tested(X, y, groups, row_weights, cv):
            found = [class_probabilities(model, X_test, self.classes_) for model in fitted]
            probabilities.append(np.stack(found, axis=1))
            tested.append(test)
        if not tested:
            raise ArgumentError("no inner fold leaves two classes to learn from", where="cv", fix="use other folds")
        return np.concatenate(tested), np.concatenate(probabilities)

    def _can_learn(self, y: NDArray[Any]) -> bool:
        return len(np.unique(y)) > 1

    def _fitted(self, model: Any, X: Any, y: NDArray[Any], weights: NDArray[np.float64] | None) -> Any:
        return fit_classes(model, X, y, weights)


PRIOR_ROWS = 3.0
"""Rows that the prior is worth for each candidate."""

LEAST_SHARE = 0.03
"""Weight below which a candidate is left out: it would cost a fit and change nothing."""

_MOST_STEPS, _STILL = 2_000, 1e-10


def mixture_weights(
    of_truth: NDArray[np.float64],
    sample_weight: NDArray[np.float64] | None = None,
    *,
    prior_rows: float = PRIOR_ROWS,
    least_share: float = LEAST_SHARE,
) -> NDArray[np.float64]:
    """Return the most probable weights of a mixture of classifiers.

    Maximises sum_i s_i log(sum_j w_j p_ij) + a sum_j log w_j, which has one maximum, by expectation maximisation.

    Parameters
    ----------
    of_truth : ndarray of float, shape (n_tested, n_candidates)
        Probability p_ij that each candidate gives the true class of each row; above 0.
    sample_weight : ndarray of float, shape (n_tested,), optional
        Weights s_i of the rows: how many rows each stands for.
    prior_rows : float
        Rows a that the prior is worth for each candidate.
    least_share : float
        Weight below which a candidate is left out.

    Returns
    -------
    ndarray of float, shape (n_candidates,)
        Non-negative, sum 1.

    Examples
    --------
    >>> mixture_weights(np.tile([[0.9, 0.5]], (1000, 1))).round(3).tolist()
    [1.0, 0.0]
    >>> mixture_weights(np.tile([[0.9, 0.5]], (5, 1))).round(2).tolist()
    [0.61, 0.39]
    """
    n_rows, n_candidates = of_truth.shape
    scale = np.ones(n_rows) if sample_weight is None else sample_weight
    weights = np.full(n_candidates, 1.0 / n_candidates)
    for _ in range(_MOST_STEPS):
        shares = of_truth * weights
        shares *= (scale / shares.sum(axis=1))[:, None]  # how much of each row each candidate explains
        new = shares.sum(axis=0) + prior_rows
        new /= new.sum()
        moved = float(np.abs(new - weights).max())
        weights = new
        if moved < _STILL:
            break
    kept = np.where(weights >= min(least_share, weights.max()), weights, 0.0)
    return np.asarray(kept / kept.sum())
