"""Scores of decisions that follow from how many rows each class has, is decided for, and is decided for rightly.

Every function takes three arrays of shape (..., n_classes): the weight of the rows of each class, of the decisions for
it, and of the decisions for it that are right; so many resamples are scored at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def balanced_accuracy_of(measured: Floats, decided: Floats, right: Floats) -> Floats:
    """Return the mean over the classes with rows of the share found, shape (...); NaN with fewer than two classes."""
    with np.errstate(invalid="ignore", divide="ignore"):
        recall = right / measured
    return np.where(_several(measured), _mean_where(recall, measured > 0), np.nan)


def f1_of(measured: Floats, decided: Floats, right: Floats, positive: int | None = None) -> Floats:
    """Return F1 of one class, or its mean over the classes that occur, shape (...); NaN where none does."""
    both = measured + decided
    with np.errstate(invalid="ignore", divide="ignore"):
        score = 2.0 * right / both
    if positive is not None:
        return np.asarray(np.where(both > 0, score, np.nan)[..., positive])
    return _mean_where(score, both > 0)


def matthews_of(measured: Floats, decided: Floats, right: Floats) -> Floats:
    """Return the correlation of classes and decisions, shape (...); 0 for one decision only, NaN for one class only."""
    total = measured.sum(axis=-1)
    covariance = right.sum(axis=-1) * total - (measured * decided).sum(axis=-1)
    of_measured, of_decided = total**2 - (measured**2).sum(axis=-1), total**2 - (decided**2).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(_several(decided), covariance / np.sqrt(of_measured * of_decided), 0.0)
    return np.where(_several(measured), score, np.nan)


def _several(counts: Floats) -> NDArray[np.bool_]:
    return np.asarray(np.count_nonzero(counts, axis=-1) > 1)


def _mean_where(values: Floats, known: NDArray[np.bool_]) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=-1) / np.count_nonzero(known, axis=-1))
