"""Rows to train on, rows to choose by, and rows that are asked once."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.splits.splitter import Indices, count_rows, group_labels

Floats = NDArray[np.float64]

PARTS: Final = ("train", "validation", "test")


class HoldOut(NamedTuple):
    """Positions of the rows of each part, ascending; each row stands in one part.

    Attributes
    ----------
    train : ndarray of int
        Rows that models learn from.
    validation : ndarray of int
        Rows that choose between models.
    test : ndarray of int
        Rows that tell the error of the chosen one, once.
    """

    train: Indices
    validation: Indices
    test: Indices


def three_way_split(
    rows: Any,
    fractions: Sequence[float] = (0.5, 0.25, 0.25),
    *,
    groups: ArrayLike | None = None,
    stratify: ArrayLike | None = None,
    random_state: Any = None,
) -> HoldOut:
    """Split rows at random into training, validation and test.

    Parameters
    ----------
    rows : int or sequence, shape (n_samples, ...)
        Number of rows, or the rows.
    fractions : sequence of 3 float
        Shares of training, validation and test; only their ratios count: (50, 25, 25), (80, 10, 10), (90, 5, 5).
    groups : array-like, shape (n_samples,), optional
        Rows with equal values stay in one part: duplicates, measurements of one sample. Parts then have the wanted
        sizes as nearly as the groups allow.
    stratify : array-like, shape (n_samples,), optional
        Classes. Each part gets its share of each class, to within one row where there are no groups. A group counts
        for the class most of its rows have.
    random_state : int, RandomState or None
        Of the draw.

    Returns
    -------
    HoldOut
        `train`, `validation`, `test`. No part is empty.

    Raises
    ------
    ArgumentError
        If the fractions are not three positive numbers, lengths differ, or there are too few rows or groups for three
        parts.

    Examples
    --------
    >>> train, validation, test = three_way_split(20, (80, 10, 10), random_state=0)
    >>> len(train), len(validation), len(test)
    (16, 2, 2)
    >>> parts = three_way_split(6, groups=["a", "a", "b", "b", "c", "c"], random_state=0)
    >>> [len(part) for part in parts]
    [2, 2, 2]
    """
    n_rows = int(rows) if isinstance(rows, Integral) else count_rows(rows)
    shares = _shares(fractions)
    group = np.arange(n_rows) if groups is None else _labels(groups, n_rows, "groups")
    classes = np.zeros(n_rows, dtype=np.intp) if stratify is None else _labels(stratify, n_rows, "stratify")
    sizes = np.bincount(group)
    if len(sizes) < len(PARTS):
        raise ArgumentError(
            f"{len(sizes)} different rows or groups cannot be dealt out to {len(PARTS)} parts", where="rows"
        )
    draw = check_random_state(random_state)
    part_of = _dealt(sizes, _class_of_each(group, classes), shares, draw)
    _leave_none_empty(part_of, sizes)
    part_of_row = part_of[group]
    return HoldOut(*(np.flatnonzero(part_of_row == part) for part in range(len(PARTS))))


def _dealt(sizes: Indices, class_of: Indices, shares: Floats, draw: Any) -> Indices:
    """Return the part of each group.

    Class by class, each group goes where most of the class is lacking, if there is room for it; what is left over goes
    to the part that lacks most rows of all classes so far, so that many small classes do not all round the same way.
    """
    part_of = np.empty(len(sizes), dtype=np.intp)
    given, due = np.zeros(len(shares)), np.zeros(len(shares))
    for label in np.unique(class_of):
        members = draw.permutation(np.flatnonzero(class_of == label))
        members = members[np.argsort(-sizes[members], kind="stable")]  # small groups even out what large ones left
        lacking = shares * sizes[members].sum()
        due += lacking
        for member in members:
            size = sizes[member]
            room = lacking >= size - 1e-9
            part = np.where(room, lacking, -np.inf).argmax() if room.any() else _neediest(lacking, due - given)
            part_of[member] = part
            lacking[part] -= size
            given[part] += size
    return part_of


def _neediest(lacking: Floats, lacking_of_all: Floats) -> Any:
    open_parts = lacking > 1e-9
    return np.where(open_parts, lacking_of_all, -np.inf).argmax() if open_parts.any() else lacking_of_all.argmax()


def _leave_none_empty(part_of: Indices, sizes: Indices) -> None:
    """Give the smallest group of the part with most groups to a part that got none."""
    for part in range(len(PARTS)):
        if not np.any(part_of == part):
            rich = np.bincount(part_of, minlength=len(PARTS)).argmax()
            groups = np.flatnonzero(part_of == rich)
            part_of[groups[sizes[groups].argmin()]] = part


def _class_of_each(group: Indices, classes: Indices) -> Indices:
    """Return the class that most rows of each group have."""
    counts = np.zeros((group.max() + 1, classes.max() + 1), dtype=np.intp)
    np.add.at(counts, (group, classes), 1)
    return np.asarray(counts.argmax(axis=1))


def _labels(values: ArrayLike, n_rows: int, where: str) -> Indices:
    labels = group_labels(values, where=where)[1]
    if len(labels) != n_rows:
        raise ArgumentError(f"{len(labels)} values for {n_rows} rows", where=where)
    return labels


def _shares(fractions: Sequence[float]) -> Floats:
    values = np.asarray(fractions, dtype=np.float64)
    if values.shape != (len(PARTS),) or not (np.isfinite(values).all() and (values > 0).all()):
        raise ArgumentError(
            f"three numbers above 0 are needed, got {fractions!r}", where="fractions", fix="write (50, 25, 25)"
        )
    return np.asarray(values / values.sum())
