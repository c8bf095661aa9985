"""Equal rows on both sides of a fold, and equal rows whose targets contradict each other."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from matterlearn.validation.leaks.leak import Leak, severity
from matterlearn.validation.leaks.subject import Subject, TargetValues
from matterlearn.validation.leaks.words import count, percent

WORTH_A_WARNING: Final = 0.01
"""Share of the tested rows with an equal one in training from which it is a warning: fewer move a mean error by no more
than they are."""

_TOLERANCE = 1e-9  # relative: values that differ by no more are one value written twice


def find_duplicates(subject: Subject) -> list[Leak]:
    """Return for each split how many of its test rows have an equal row in training.

    Parameters
    ----------
    subject : Subject
        Data and folds.

    Returns
    -------
    list of Leak
        At most one per split.
    """
    groups = subject.duplicates
    found = []
    for split, folds in subject.splits.items():
        tested = np.unique(np.concatenate([fold.test for fold in folds]))
        shared = np.unique(
            np.concatenate([fold.test[np.isin(groups[fold.test], groups[fold.train])] for fold in folds])
        )
        if not len(shared):
            continue
        share = len(shared) / len(tested)
        have = "has" if len(shared) == 1 else "have"
        text = (
            f"In the split {split}, {count(len(shared), 'test row')} of {len(tested)} ({percent(share)}) {have} an "
            "equal row in training, so that part of its score is memory; keep equal rows together, as the split random "
            "does."
        )
        level = severity(share >= WORTH_A_WARNING)
        rows = subject.row_ids(shared)
        found.append(Leak("", "duplicates", level, text, value=share, n=len(shared), rows=rows))
    return found


def find_contradictions(subject: Subject) -> list[Leak]:
    """Return for each target the groups of equal rows in which it differs.

    Parameters
    ----------
    subject : Subject
        Data.

    Returns
    -------
    list of Leak
        At most one per target.
    """
    return [leak for target in subject.targets for leak in _contradictions(subject, target)]


def _contradictions(subject: Subject, target: TargetValues) -> list[Leak]:
    _, groups = np.unique(subject.duplicates[target.rows], return_inverse=True)
    low, high = _extremes(target.values, groups, np.minimum), _extremes(target.values, groups, np.maximum)
    apart = np.asarray(high - low > _TOLERANCE * np.maximum(np.abs(low), np.abs(high)))
    differs: NDArray[np.bool_] = np.asarray(apart.any(axis=1))  # (n_groups,)
    if not differs.any():
        return []
    inside = np.flatnonzero(differs[groups])
    sizes = np.bincount(groups)
    means = np.column_stack([np.bincount(groups, weights=column) / sizes for column in target.values.T])
    least = float(np.abs(target.values[inside] - means[groups[inside]]).sum(axis=1).mean()) / (
        2 if target.is_class else 1
    )
    text = (
        f"In {count(int(differs.sum()), 'group')} of rows ({len(inside)} rows) all inputs are equal but {target.name} "
        f"differs, by {target.amount(least)} from the mean on average, which no model of these inputs can predict; add "
        "the input that tells the rows apart, or average them."
    )
    rows = subject.row_ids(target.rows[inside])
    return [Leak(target.name, "contradictions", "note", text, value=least, n=int(differs.sum()), rows=rows)]


def _extremes(values: NDArray[np.float64], groups: NDArray[np.intp], which: np.ufunc) -> NDArray[np.float64]:
    start = np.inf if which is np.minimum else -np.inf
    found = np.full((int(groups.max()) + 1, values.shape[1]), start)
    which.at(found, groups, values)
    return found
