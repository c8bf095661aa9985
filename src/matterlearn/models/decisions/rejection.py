"""The reject option: classify where the largest probability reaches theta, refuse where it does not.

C. M. Bishop, Pattern Recognition and Machine Learning, Springer (2006), section 1.5.3.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, PredefinedSplit, check_cv
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import HasMethods, Interval

from matterlearn.core.errors import ArgumentError
from matterlearn.models.decisions.checks import checked_flags, checked_values, counted_rows
from matterlearn.models.decisions.folds import dealt_folds
from matterlearn.models.decisions.wrapper import ProbabilityWrapper
from matterlearn.models.weighting import fit_weighted

EXACT = 1e-12
"""Shares this close are the same: one that comes out whole must not depend on rounding."""


@dataclass(frozen=True, eq=False)
class AccuracyCoverage:
    """What refusing doubtful rows would buy, one entry per threshold.

    Attributes
    ----------
    theta : ndarray of float, shape (n_thresholds,)
        The confidences that occur, ascending: rows at or above are answered.
    coverage : ndarray of float, shape (n_thresholds,)
        Share of the rows that are answered; 1 in the first entry.
    error : ndarray of float, shape (n_thresholds,)
        Share of the answered rows that are wrong.
    """

    theta: NDArray[np.float64]
    coverage: NDArray[np.float64]
    error: NDArray[np.float64]


@dataclass(frozen=True)
class Theta:
    """A threshold for refusing, and what it did on the rows it was chosen on.

    Attributes
    ----------
    theta : float
        Rows whose confidence is at or above are answered; 0 answers all, infinity none.
    coverage : float
        Share of the rows that were answered.
    error : float
        Share of the answered rows that were wrong; NaN if none was answered.
    promised : bool
        Whether the wanted error rate can be promised for new rows.
    """

    theta: float
    coverage: float
    error: float
    promised: bool


def accuracy_coverage(correct: ArrayLike, confidence: ArrayLike, weight: ArrayLike | None = None) -> AccuracyCoverage:
    """Return the error among the answered rows for every threshold.

    Parameters
    ----------
    correct : array-like of bool, shape (n_samples,)
        Whether the decision for a row is right.
    confidence : array-like of float, shape (n_samples,)
        Largest probability of each row, or anything that is larger for surer rows. Rows of the same confidence are
        answered or refused together.
    weight : array-like of float, shape (n_samples,), optional
        Row weights.

    Returns
    -------
    AccuracyCoverage
        Thresholds, coverages and errors.

    Raises
    ------
    ArgumentError
        If the shapes differ, a number is not finite, or no row counts.

    References
    ----------
    R. El-Yaniv and Y. Wiener, On the foundations of noise-free selective classification, J. Mach. Learn. Res. 11,
    1605 (2010).

    Examples
    --------
    >>> curve = accuracy_coverage([True, False, True, True], [0.9, 0.6, 0.6, 0.8])
    >>> curve.theta.tolist(), curve.coverage.tolist(), curve.error.tolist()
    ([0.6, 0.8, 0.9], [1.0, 0.5, 0.25], [0.25, 0.0, 0.0])
    """
    theta, answered, wrong, _ = _answered_and_wrong(correct, confidence, weight)
    return AccuracyCoverage(theta, answered / answered[0], wrong / answered)


def theta_for_error(
    correct: ArrayLike, confidence: ArrayLike, error_rate: float, weight: ArrayLike | None = None
) -> Theta:
    """Return the smallest threshold that promises an error rate among the answered new rows.

    Of n rows, A are answered and V of these wrong. The observed rate V / A of the threshold that looks best is too
    kind, for it was chosen to be small. Here the threshold must satisfy (V + 1) / (A + 1) <= error_rate: one more row
    is answered, wrongly. What follows holds for any finite n: let w be the probability that a new row is answered
    wrongly. From the smallest threshold upwards, (n + 1) w / (V + 1) is a supermartingale that starts at no more than 1
    in the mean, so at the first threshold that satisfies the condition, w divided by the answered share
    (A + 1) / (n + 1) is in the mean over draws of the rows at most `error_rate`; a draw with which nothing is answered
    counts as no error. So where hardly any threshold will do, most draws answer nothing and the few that answer may err
    more often than wished: a small `coverage` is a warning. It takes the rows as independent draws from where new rows
    come from, judged by a model that did not learn from them.

    Parameters
    ----------
    correct : array-like of bool, shape (n_samples,)
        Whether the decision for a row is right.
    confidence : array-like of float, shape (n_samples,)
        Largest probability of each row; not negative.
    error_rate : float
        Wanted share of wrong rows among those answered, strictly between 0 and 1. Fewer than 1 / `error_rate` - 1 rows
        can promise nothing.
    weight : array-like of float, shape (n_samples,), optional
        Row weights; the one further row has the mean weight, and the promise then holds approximately.

    Returns
    -------
    Theta
        The threshold, 0 if all rows may be answered; infinite, and `promised` false, if no threshold will do.

    Raises
    ------
    ArgumentError
        If the error rate is not strictly between 0 and 1, shapes differ, a number is not finite, or no row counts.

    References
    ----------
    R. F. Barber and E. J. Candès, Controlling the false discovery rate via knockoffs, Ann. Stat. 43, 2055 (2015): the
    added one and the supermartingale. Y. Jin and E. J. Candès, Selection by prediction with conformal p-values,
    J. Mach. Learn. Res. 24, 244 (2023): the same for predictions.

    Examples
    --------
    >>> confidence = np.linspace(0.51, 1.0, 50).round(2)
    >>> found = theta_for_error(confidence > 0.6, confidence, error_rate=0.1)  # wrong up to 0.6
    >>> found.theta, found.coverage, round(found.error, 3), found.promised
    (0.58, 0.86, 0.07, True)
    >>> theta_for_error([True, True], [0.9, 0.8], error_rate=0.1).promised
    False
    """
    if not 0 < _number(error_rate, "error_rate") < 1:
        raise ArgumentError(f"must be strictly between 0 and 1, got {error_rate}", where="error_rate")
    theta, answered, wrong, further = _answered_and_wrong(correct, confidence, weight)
    if theta[0] < 0:
        raise ArgumentError(f"must not be negative, got {theta[0]:g}", where="confidence")
    kept = np.flatnonzero(wrong + further <= (error_rate + EXACT) * (answered + further))
    if len(kept) == 0:
        return Theta(math.inf, 0.0, math.nan, promised=False)
    first = int(kept[0])
    coverage, error = float(answered[first] / answered[0]), float(wrong[first] / answered[first])
    return Theta(float(theta[first]) if first else 0.0, coverage, error, promised=True)


def theta_for_coverage(confidence: ArrayLike, coverage: float, weight: ArrayLike | None = None) -> float:
    """Return the largest threshold that answers at least a share of the rows.

    Parameters
    ----------
    confidence : array-like of float, shape (n_samples,)
        Largest probability of each row.
    coverage : float
        Wanted share of answered rows, above 0 and at most 1.
    weight : array-like of float, shape (n_samples,), optional
        Row weights.

    Returns
    -------
    float
        The threshold; 0 for a coverage of 1, so that new rows are answered as well.

    Raises
    ------
    ArgumentError
        If the coverage is out of range, shapes differ, a number is not finite, or no row counts.

    Examples
    --------
    >>> theta_for_coverage([0.5, 0.6, 0.7, 0.8, 0.9], 0.8)
    0.6
    """
    if not 0 < _number(coverage, "coverage") <= 1:
        raise ArgumentError(f"must be above 0 and at most 1, got {coverage}", where="coverage")
    values = checked_values(confidence, None, "confidence")
    theta, answered, _, _ = _answered_and_wrong(np.ones(len(values), dtype=bool), values, weight)
    last = int(np.flatnonzero(answered >= (coverage - EXACT) * answered[0])[-1])
    return float(theta[last]) if last and coverage < 1 else 0.0


def _answered_and_wrong(
    correct: ArrayLike, confidence: ArrayLike, weight: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """Return thresholds, the weights of answered rows and of wrong ones among them, and the weight of one more row."""
    right = checked_flags(correct, "correct")
    values = checked_values(confidence, len(right), "confidence")
    rows, weights = counted_rows(weight, len(right))
    theta, step = np.unique(values[rows], return_inverse=True)
    answered, wrong = (
        np.asarray(np.cumsum(np.bincount(step, weights=part)[::-1])[::-1], dtype=np.float64)
        for part in (weights, np.where(right[rows], 0.0, weights))
    )
    return np.asarray(theta, dtype=np.float64), answered, np.minimum(wrong, answered), float(weights.mean())


def _number(value: float, where: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"must be a number, got {value!r}", where=where) from error


class RejectingClassifier(ProbabilityWrapper):
    """Know which rows to refuse, from cross-validation inside the training rows.

    Parameters
    ----------
    estimator : estimator
        Classifier with `predict_proba`. It is cloned, not fitted itself.
    theta : float, optional
        Rows whose largest probability is below are refused.
    error_rate : float, optional
        Wanted share of wrong rows among the answered ones; the threshold is learned, see `theta_for_error`. If it
        cannot be promised, all rows are refused.
    coverage : float, optional
        Wanted share of answered rows; the threshold is learned, see `theta_for_coverage`. At most one of `theta`,
        `error_rate` and `coverage` may be given; with none of them no row is refused.
    cv : int, splitter or iterable
        Folds from which the threshold is learned: a number of folds with every class spread evenly (and groups kept
        together), an object with scikit-learn's `split(X, y, groups)`, or pairs of training and test positions.

    Attributes
    ----------
    estimator_ : estimator
        The clone, fitted on all rows.
    classes_ : ndarray, shape (n_classes,)
        The classes, sorted.
    theta_ : float
        The threshold; infinite if the error rate cannot be promised.
    promised_ : bool
        Whether `error_rate` was asked for and can be promised.
    coverage_, error_ : float
        Share of rows answered in the folds, and of wrong ones among them; NaN where no fold was looked at.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 1))
    >>> y = np.where(X[:, 0] + 0.5 * rng.normal(size=400) > 0, "metal", "insulator")
    >>> model = RejectingClassifier(LogisticRegression(), error_rate=0.05).fit(X, y)
    >>> model.predict([[0.1], [3.0]]).tolist(), model.rejected([[0.1], [3.0]]).tolist()
    (['metal', 'metal'], [True, False])
    """

    __module__ = "matterlearn.models.decisions.rejection"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "theta": [Interval(Real, 0, None, closed="left"), None],
        "error_rate": [Interval(Real, 0, 1, closed="neither"), None],
        "coverage": [Interval(Real, 0, 1, closed="right"), None],
        "cv": ["cv_object"],
    }

    def __init__(
        self,
        estimator: Any,
        theta: float | None = None,
        error_rate: float | None = None,
        coverage: float | None = None,
        cv: Any = 5,
    ) -> None:
        self.estimator = estimator
        self.theta = theta
        self.error_rate = error_rate
        self.coverage = coverage
        self.cv = cv

    def fit(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None, groups: ArrayLike | None = None
    ) -> Self:
        """Fit the classifier on all rows, and learn the threshold from folds of them.

        Parameters
        ----------
        X : sequence or table, shape (n_samples, ...)
            Whatever the classifier takes.
        y : array-like, shape (n_samples,)
            The classes.
        sample_weight : array-like of float, shape (n_samples,), optional
            Weights of the rows; see `fit_weighted`.
        groups : array-like, shape (n_samples,), optional
            Rows of a group stay together in the folds.

        Returns
        -------
        RejectingClassifier
            Itself.

        Raises
        ------
        ArgumentError
            If more than one wish is given, or the classifier takes no weights of rows and there are some.
        """
        wishes = [name for name in ("theta", "error_rate", "coverage") if getattr(self, name) is not None]
        if len(wishes) > 1:
            raise ArgumentError(f"{' and '.join(wishes)} are given", where=type(self).__name__, fix="keep one of them")
        rows, labels, weights = self._fit_estimator(X, y, sample_weight)
        found = Theta(0.0 if self.theta is None else float(self.theta), math.nan, math.nan, promised=False)
        if self.error_rate is not None or self.coverage is not None:
            found = self._learned(*self._tested(rows, labels, weights, groups))
        self.theta_, self.promised_ = found.theta, found.promised
        self.coverage_, self.error_ = found.coverage, found.error
        return self

    def rejected(self, X: Any) -> NDArray[np.bool_]:
        """Tell which rows are refused.

        Parameters
        ----------
        X : sequence or table, shape (n_samples, ...)
            Whatever the classifier takes.

        Returns
        -------
        ndarray of bool, shape (n_samples,)
            Whether the largest probability of a row is below `theta_`. `predict` names a class for these rows, too.
        """
        return np.asarray(self.predict_proba(X).max(axis=1) < self.theta_)

    def _learned(
        self, correct: NDArray[np.bool_], confidence: NDArray[np.float64], weights: NDArray[np.float64] | None
    ) -> Theta:
        """Return the wanted threshold on rows that were tested."""
        if self.error_rate is not None:
            return theta_for_error(correct, confidence, self.error_rate, weights)
        theta = theta_for_coverage(confidence, float(self.coverage or 1.0), weights)
        curve = accuracy_coverage(correct, confidence, weights)
        step = int(np.searchsorted(curve.theta, theta))
        return Theta(theta, float(curve.coverage[step]), float(curve.error[step]), promised=False)

    def _tested(
        self, X: Any, labels: NDArray[Any], weights: NDArray[np.float64] | None, groups: ArrayLike | None
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64] | None]:
        """Return whether decisions in the folds are right, how sure they are, and the weights of their rows.

        Rows with weight 0 are neither learned from nor tested.
        """
        counted = np.ones(len(labels), dtype=bool) if weights is None else weights > 0
        members = None if groups is None else np.asarray(groups)
        correct, confidence, positions = [], [], []
        for learned, left_out in self._folds(X, labels, counted, members):
            train, test = learned[counted[learned]], left_out[counted[left_out]]
            if len(train) == 0 or len(test) == 0:
                continue
            known = np.unique(labels[train])
            if len(known) == 1:  # of which many a classifier learns nothing; there is one answer
                decided, sure = np.full(len(test), known[0]), np.ones(len(test))
            else:
                part = None if weights is None else weights[train]
                model = fit_weighted(clone(self.estimator), _safe_indexing(X, train), labels[train], part)
                P = np.asarray(model.predict_proba(_safe_indexing(X, test)), dtype=np.float64)
                decided, sure = model.classes_[np.argmax(P, axis=1)], P.max(axis=1)
            correct.append(decided == labels[test])
            confidence.append(sure)
            positions.append(test)
        if not positions:
            raise ArgumentError("no fold has rows to learn from and rows to test", where="cv")
        tested = np.concatenate(positions)
        return np.concatenate(correct), np.concatenate(confidence), None if weights is None else weights[tested]

    def _folds(
        self, X: Any, labels: NDArray[Any], counted: NDArray[np.bool_], groups: NDArray[Any] | None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Yield positions of training and test rows."""
        cv = 5 if self.cv is None else self.cv
        if isinstance(cv, int | np.integer):
            most = int(counted.sum()) if groups is None else len(np.unique(groups[counted]))
            number = min(int(cv), most)
            if number < 2:
                what = "samples" if groups is None else "groups"
                raise ArgumentError(f"no two folds from n_{what} = {most} and cv = {cv}", where="cv")
            fold = np.full(len(labels), -1)  # never tested
            if groups is None:
                fold[counted] = dealt_folds(np.unique(labels[counted], return_inverse=True)[1], number)
            else:
                used = np.flatnonzero(counted)
                for k, (_, test) in enumerate(GroupKFold(number).split(used, groups=groups[used])):
                    fold[used[test]] = k
            cv, groups = PredefinedSplit(fold), None
        for train, test in check_cv(cv).split(X, labels, groups):
            yield np.arange(len(labels))[train], np.arange(len(labels))[test]
