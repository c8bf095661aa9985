"""Other shares of the classes than those a model was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import HasMethods

from matterlearn.core.errors import ArgumentError
from matterlearn.models.decisions.checks import checked_codes, checked_positive, checked_probabilities, counted_rows
from matterlearn.models.decisions.wrapper import ProbabilityWrapper


def shift_priors(P: ArrayLike, old: ArrayLike, new: ArrayLike) -> NDArray[np.float64]:
    """Return the probabilities that hold where the classes have other shares.

    By Bayes' rule, P'(k | x) is proportional to P(k | x) new_k / old_k as long as the rows of a class look alike in
    both places: p(x | k) stays. `P` should be calibrated on rows with the old shares; a model trained with
    `class_weight="balanced"` answers as if all shares were equal, and that is then `old`.

    Parameters
    ----------
    P : array-like of float, shape (n_samples, n_classes)
        Probabilities under the old shares.
    old, new : array-like of float, shape (n_classes,)
        Shares of the classes, all above 0. Only their ratios count, so numbers of rows will do.

    Returns
    -------
    ndarray of float, shape (n_samples, n_classes)
        Probabilities under the new shares; their rows sum to 1.

    Raises
    ------
    ArgumentError
        If `P` holds no probabilities, or a share is not above 0.

    References
    ----------
    M. Saerens, P. Latinne, C. Decaestecker, Adjusting the outputs of a classifier to new a priori probabilities,
    Neural Comput. 14, 21 (2002), eq. 2.4.

    Examples
    --------
    A test that is positive for a patient in a clinic, where every second one is ill, and in a screening of one in 100:

    >>> shift_priors([[0.1, 0.9]], old=[0.5, 0.5], new=[0.99, 0.01]).round(3).tolist()
    [[0.917, 0.083]]
    """
    probabilities = checked_probabilities(P)
    n_classes = probabilities.shape[1]
    before, after = (checked_positive(value, n_classes, name) for value, name in ((old, "old"), (new, "new")))
    log_ratio = np.log(after / after.max()) - np.log(before / before.max())  # a ratio by itself may overflow
    with np.errstate(divide="ignore"):
        logs = np.log(probabilities) + log_ratio
    shifted = np.exp(logs - logs.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def class_shares(codes: ArrayLike, n_classes: int, weight: ArrayLike | None = None) -> NDArray[np.float64]:
    """Return the share of each class among the rows.

    Parameters
    ----------
    codes : array-like of int, shape (n_samples,)
        Positions of the rows' classes.
    n_classes : int
        How many classes there are.
    weight : array-like of float, shape (n_samples,), optional
        Row weights.

    Returns
    -------
    ndarray of float, shape (n_classes,)
        Shares; they sum to 1.

    Raises
    ------
    ArgumentError
        If a code is no position, or no row counts.

    Examples
    --------
    >>> class_shares([0, 1, 1, 1], 2)
    array([0.25, 0.75])
    """
    rows, weights = counted_rows(weight, len(np.asarray(codes)))
    found = checked_codes(codes, len(np.asarray(codes)), n_classes)[rows]
    totals = np.bincount(found, weights=weights, minlength=n_classes)
    return np.asarray(totals / totals.sum())


class PriorShiftClassifier(ProbabilityWrapper):
    """Predict for a place where the classes have other shares than in training.

    Parameters
    ----------
    estimator : estimator
        Classifier with `predict_proba`, not one that weighs the classes itself. It is cloned, not fitted itself.
    priors : mapping of class to float, array-like of float, shape (n_classes,), or None
        Shares of the classes where it will be used, all above 0; an array in the order of the sorted classes. Only
        their ratios count. None: those of training.

    Attributes
    ----------
    estimator_ : estimator
        The fitted clone.
    classes_ : ndarray, shape (n_classes,)
        The classes, sorted.
    training_priors_, priors_ : ndarray of float, shape (n_classes,)
        Shares of the classes in training, and where it will be used; both sum to 1.

    References
    ----------
    See `shift_priors`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = np.linspace(-1, 1, 40)[:, None], np.repeat(["healthy", "ill"], 20)
    >>> clinic = PriorShiftClassifier(LogisticRegression()).fit(X, y)
    >>> screening = PriorShiftClassifier(LogisticRegression(), priors={"healthy": 0.99, "ill": 0.01}).fit(X, y)
    >>> clinic.predict([[0.2]]).tolist(), screening.predict([[0.2]]).tolist()
    (['ill'], ['healthy'])
    """

    __module__ = "matterlearn.models.decisions.priors"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "priors": [dict, "array-like", None],
    }

    def __init__(self, estimator: Any, priors: Mapping[Any, float] | ArrayLike | None = None) -> None:
        self.estimator = estimator
        self.priors = priors

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the classifier and note the shares of the classes.

        Parameters
        ----------
        X : sequence or table, shape (n_samples, ...)
            Whatever the classifier takes.
        y : array-like, shape (n_samples,)
            The classes.
        sample_weight : array-like of float, shape (n_samples,), optional
            Weights of the rows; see `fit_weighted`. They count in the shares.

        Returns
        -------
        PriorShiftClassifier
            Itself.

        Raises
        ------
        ArgumentError
            If the priors do not fit the classes, or the classifier takes no weights of rows and there are some.
        """
        _, labels, weights = self._fit_estimator(X, y, sample_weight)
        counted = slice(None) if weights is None else weights > 0
        codes = np.searchsorted(self.classes_, labels[counted])
        n_classes = len(self.classes_)
        self.training_priors_ = class_shares(codes, n_classes, None if weights is None else weights[counted])
        self.priors_ = self.training_priors_.copy() if self.priors is None else self._wanted()
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class where it has the share `priors_`.

        Parameters
        ----------
        X : sequence or table, shape (n_samples, ...)
            Whatever the classifier takes.

        Returns
        -------
        ndarray of float, shape (n_samples, n_classes)
            Probabilities, in the order of `classes_`.
        """
        return shift_priors(self._probabilities(X), self.training_priors_, self.priors_)

    def _wanted(self) -> NDArray[np.float64]:
        names = self.classes_.tolist()
        wanted: Any = self.priors
        if isinstance(wanted, Mapping):
            if set(wanted) != set(names):
                wrong = sorted({*wanted} ^ {*names}, key=str)[:3]
                raise ArgumentError(
                    f"classes are {', '.join(map(str, names[:6]))}; missing or unknown: {', '.join(map(str, wrong))}",
                    where="priors",
                    fix="name each class once",
                )
            wanted = [wanted[name] for name in names]
        shares = checked_positive(wanted, len(names), "priors")
        return np.asarray(shares / shares.sum())
