"""Probabilities that come true as often as they say.

Every method maps the probabilities of a classifier to better ones, learned on rows that the classifier did not see.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matterlearn.core.errors import ArgumentError, ModelFileError, did_you_mean
from matterlearn.models.decisions.checks import checked_codes, checked_probabilities, counted_rows
from matterlearn.models.decisions.curves import METHODS, Curve, Identity, fit_curve
from matterlearn.models.decisions.folds import dealt_folds

AUTO: Final = "auto"

LEAST_ROWS: Final = 30
"""Rows below which nothing is calibrated: the curve would be noise."""

N_FOLDS: Final = 5
"""Folds in which "auto" compares the methods."""

IMPOSSIBLE: Final = 1e-12
"""Probabilities below are as good as 0."""


class ProbabilityCalibrator:
    """Make probabilities honest.

    Parameters
    ----------
    method : {"auto", "none", "sigmoid", "isotonic", "temperature"}
        "none" changes nothing. "temperature" raises all probabilities of a row to one power and makes them sum to 1
        again. "sigmoid" is Platt's logistic curve, on the log-odds of a probability; "isotonic" the best rising step
        curve. These two treat each class of three or more against the rest and make rows sum to 1 again. "auto"
        compares the log loss of all in five folds of the rows given and takes the simplest, in the order none,
        temperature, sigmoid, isotonic, whose loss is within one standard error of the best: of the difference between
        the two, row by row. "none" is out if a probability is 0.

    Attributes
    ----------
    method_ : str
        What was done: "none" with fewer than `LEAST_ROWS` rows that count, or rows of a single class.
    losses_ : dict of str to float
        Log loss of each method in the folds, nats; empty where nothing was compared.
    n_classes_ : int
        Number of classes.

    Notes
    -----
    No method but "none" answers 0 or 1. Sigmoid and temperature take a probability of 0 for half the smallest other one
    among the rows they learned from. An isotonic step where none (or all) of m rows belong to the class stands for
    1 / (m + 2) (or 1 minus it), the rule of succession, unless the next step is closer.

    References
    ----------
    J. Platt, Probabilistic outputs for support vector machines, in Advances in Large Margin Classifiers (1999).
    B. Zadrozny and C. Elkan, Transforming classifier scores into accurate multiclass probability estimates, KDD 2002.
    C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, On calibration of modern neural networks, ICML 2017.

    Examples
    --------
    A model that is surer than it should be:

    >>> P = np.column_stack([np.repeat([0.01, 0.99], 50), np.repeat([0.99, 0.01], 50)])
    >>> codes = np.repeat([1, 0, 0, 1], [40, 10, 40, 10])  # right in four of five
    >>> calibrator = ProbabilityCalibrator().fit(P, codes)
    >>> calibrator.method_, calibrator.transform(P[:1]).round(3).tolist()
    ('temperature', [[0.2, 0.8]])
    """

    def __init__(self, method: str = AUTO) -> None:
        self.method = method

    def fit(self, P: ArrayLike, codes: ArrayLike, weight: ArrayLike | None = None) -> Self:
        """Learn from rows that the classifier did not see.

        Parameters
        ----------
        P : array-like of float, shape (n_samples, n_classes)
            Probabilities.
        codes : array-like of int, shape (n_samples,)
            Positions of the rows' classes.
        weight : array-like of float, shape (n_samples,), optional
            Row weights.

        Raises
        ------
        ArgumentError
            If the method is unknown, the input cannot be used, or no row counts.
        """
        if self.method not in (AUTO, *METHODS):
            hint = did_you_mean(str(self.method), (AUTO, *METHODS))
            raise ArgumentError(f"unknown calibration {self.method!r:.40}", where="method", fix=hint)
        probabilities = checked_probabilities(P)
        n_samples, self.n_classes_ = probabilities.shape
        found = checked_codes(codes, n_samples, self.n_classes_)
        rows, weights = counted_rows(weight, n_samples)
        probabilities, found = probabilities[rows], found[rows]
        self.losses_: dict[str, float] = {}
        if len(rows) < LEAST_ROWS or np.all(found == found[0]):
            self.method_ = "none"
        elif self.method == AUTO:
            self.method_, self.losses_ = _best_method(probabilities, found, weights)
        else:
            self.method_ = self.method
        self._curve: Curve = fit_curve(self.method_, probabilities, found, weights)
        return self

    def transform(self, P: ArrayLike) -> NDArray[np.float64]:
        """Return calibrated probabilities.

        Parameters
        ----------
        P : array-like of float, shape (n_samples, n_classes)
            Probabilities.

        Returns
        -------
        ndarray of float, shape (n_samples, n_classes)
            Better ones; rows sum to 1.

        Raises
        ------
        ArgumentError
            If it is not fitted, or `P` holds no probabilities of these classes.
        """
        self._require_fitted()
        probabilities = checked_probabilities(P)
        if probabilities.shape[1] != self.n_classes_:
            raise ArgumentError(f"{probabilities.shape[1]} classes, but calibrated on {self.n_classes_}", where="P")
        return self._curve(probabilities)

    def to_arrays(self) -> tuple[dict[str, NDArray[np.float64]], dict[str, Any]]:
        """Return the numbers of the curve by name, and what they are, for a model file."""
        self._require_fitted()
        facts = {"method": self.method_, "asked": self.method, "n_classes": self.n_classes_, "losses": self.losses_}
        return self._curve.to_arrays(), facts

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.float64]], facts: Mapping[str, Any]) -> ProbabilityCalibrator:
        """Rebuild a calibrator from what `to_arrays` returned.

        Raises
        ------
        ModelFileError
            If the numbers cannot be those of a calibration.
        """
        method, asked, n_classes, losses = (facts.get(key) for key in ("method", "asked", "n_classes", "losses"))
        named = isinstance(method, str) and method in METHODS and isinstance(asked, str) and asked in (AUTO, *METHODS)
        if not named or type(n_classes) is not int or n_classes < 1 or not _are_losses(losses):
            raise ModelFileError("the calibration of its probabilities makes no sense", fix="do not use this file")
        calibrator = cls(str(asked))
        calibrator.method_, calibrator.n_classes_ = str(method), n_classes
        calibrator.losses_ = dict(losses) if isinstance(losses, Mapping) else {}
        calibrator._curve = METHODS[str(method)].from_arrays(arrays, n_classes)
        return calibrator

    def _require_fitted(self) -> None:
        if not hasattr(self, "_curve"):
            raise ArgumentError("it is not fitted", where="ProbabilityCalibrator", fix="call fit first")


def _best_method(
    P: NDArray[np.float64], codes: NDArray[np.intp], weights: NDArray[np.float64]
) -> tuple[str, dict[str, float]]:
    """Return the simplest method within one standard error of the best, and the loss of each."""
    fold = dealt_folds(codes, N_FOLDS)
    row_losses = {}
    for method in METHODS:
        loss = np.empty(len(codes))
        for k in range(N_FOLDS):
            tested = fold == k
            curve = fit_curve(method, P[~tested], codes[~tested], weights[~tested])
            loss[tested] = _log_losses(curve(P[tested]), codes[tested])
        row_losses[method] = loss
    means = {method: float(np.average(loss, weights=weights)) for method, loss in row_losses.items()}
    # A class that is called impossible may turn up yet, and has no sensible log loss then.
    allowed = [method for method in METHODS if METHODS[method] is not Identity or P.min() >= IMPOSSIBLE]
    best = min(allowed, key=means.__getitem__)
    for method in allowed:  # the simplest first
        excess = row_losses[method] - row_losses[best]
        spread = np.sum((weights * (excess - np.average(excess, weights=weights))) ** 2)
        if means[method] - means[best] <= np.sqrt(spread) / weights.sum():
            return method, means
    return best, means


def _log_losses(P: NDArray[np.float64], codes: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the log loss of each row; a 0 counts as the smallest number that adds to 1, as in scikit-learn."""
    return np.asarray(-np.log(np.maximum(P[np.arange(len(codes)), codes], np.finfo(float).eps)))


def _are_losses(losses: Any) -> bool:
    return isinstance(losses, Mapping) and all(
        name in METHODS and isinstance(value, float) and bool(np.isfinite(value)) for name, value in losses.items()
    )
