"""The inner folds of a search, drawn once and used for every configuration."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold, check_cv

from matterlearn.core.errors import ArgumentError

Fold = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Positions of training rows and of test rows."""


def inner_folds(cv: Any, estimator: Any, X: Any, y: Any, groups: Any, random_state: int) -> list[Fold]:
    """Return training and test positions of every inner fold.

    Parameters
    ----------
    cv : int, splitter or iterable
        A number of random folds, stratified for classifiers, which keep groups together where there are groups; an
        object with scikit-learn's `split(X, y, groups)`; or pairs of training and test positions.
    estimator : estimator
        What is searched: a classifier or not.
    X : sequence or table, shape (n_samples, ...)
        The rows.
    y : array, shape (n_samples,)
        The target.
    groups : sequence, shape (n_samples,), optional
        Handed to the splitter.
    random_state : int
        Seed of random folds.

    Returns
    -------
    list of (ndarray of int, ndarray of int)

    Raises
    ------
    ArgumentError
        If there are no folds, or one has no rows to learn from or to test.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> [len(test) for _, test in inner_folds(3, Ridge(), np.zeros((7, 1)), np.zeros(7), None, 0)]
    [3, 2, 2]
    """
    if isinstance(cv, Integral):
        if cv < 2:
            raise ArgumentError(f"at least 2 folds are needed, got {cv}", where="cv")
        kinds = (StratifiedKFold, StratifiedGroupKFold) if is_classifier(estimator) else (KFold, GroupKFold)
        cv = kinds[groups is not None](int(cv), shuffle=True, random_state=random_state)
    everything = np.arange(len(y))
    folds = [(everything[train], everything[test]) for train, test in check_cv(cv).split(X, y, groups)]
    if not folds or any(len(train) == 0 or len(test) == 0 for train, test in folds):
        raise ArgumentError("gives no folds, or one without rows to learn from or to test", where="cv")
    return folds
