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
from matterlearn.models.class_blend import ClassBlend, checked_class_rows, class_probabilities, mean_probabilities
from matterlearn.models.selector import BLEND_STEPS, Selector, check_that_rows_count, greedy_weights
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

    Candidates are judged by the log loss (multinomial deviance) of their probabilities. A blend is made by greedy
    forward selection: starting from the best candidate, the one whose addition lowers the log loss of the mean
    probabilities most is added, with replacement, and the best stage is kept. The candidates that carry weight are then
    fitted on all rows.

    Parameters
    ----------
    candidates : list of (str, estimator)
        Names and classifiers with `predict_proba`. They are cloned, not fitted themselves.
    cv : int, splitter or iterable
        Inner folds: a number of stratified random folds that keep groups together, an object with scikit-learn's
        `split(X, y, groups)`, or pairs of training and test positions.
    blend : bool
        Whether a blend may be chosen. If not, the best single candidate is.
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
    R. Caruana, A. Niculescu-Mizil, G. Crew, A. Ksikes, Ensemble selection from libraries of models, ICML 2004.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> X, y = np.arange(40.0).reshape(-1, 1), np.repeat(["a", "b"], 20)
    >>> model = ClassSelector([("shares", DummyClassifier()), ("tree", DecisionTreeClassifier())], cv=4).fit(X, y)
    >>> model.weights_
    {'tree': 1.0}
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

        def losses(found: NDArray[np.float64]) -> NDArray[np.float64]:
            return weighted_mean(-np.log(np.maximum(found, 0.5 / len(codes))), row_weights)

        self.scores_ = dict(zip(names, losses(of_truth).tolist(), strict=True))
        weights = greedy_weights(losses, of_truth, steps=BLEND_STEPS if self.blend else 1)
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
        tested, probabilities = [], []
        for test, X_test, fitted in self._tested(X, y, groups, row_weights, cv):
            found = [class_probabilities(model, X_test, self.classes_) for model in fitted]
            probabilities.append(np.stack(found, axis=1))
            tested.append(test)
        return np.concatenate(tested), np.concatenate(probabilities)
