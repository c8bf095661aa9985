"""The highest and the lowest values of the target left out.

Examples
--------
>>> from matterlearn.validation.splits import ExtremesSplit
>>> gap = [0.5, 3.1, 8.9, 4.2, 2.7]
>>> for train, test in ExtremesSplit(fraction=0.2).split(gap, gap):
...     print(train.tolist(), test.tolist())
[1, 3, 4] [2]
[1, 3, 4] [0]
"""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.splits.splitter import Indices, Splitter, count_rows, group_labels
from matterlearn.validation.splits.targets import first_target


class ExtremesSplit(Splitter):
    """Leave the extremes of the target out: train on the middle, test on the highest, then on the lowest values.

    The test is whether a model can find a record: a value beyond all it was trained on. Trees
    cannot: they predict means of what they have seen.

    Parameters
    ----------
    fraction : float
        Share of the rows in each of the two tests, between 0 and 0.5. The default leaves four fifths of the rows to
        train on, as five random folds do, so that the difference between the two scores is due to the extremes.

    Notes
    -----
    Equal values go together, whichever comes nearer to the fraction; at least one value is tested at either end. Rows
    of one group go by their mean. A row without a target is trained on and never tested.
    """

    __module__ = "matterlearn.validation.splits"

    def __init__(self, fraction: float = 0.1) -> None:
        self.fraction = fraction

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return 2: the highest values, and the lowest."""
        return 2

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Indices, Indices]]:
        """Yield training and test positions, first of the highest and then of the lowest values.

        Parameters
        ----------
        X : sequence, shape (n_samples, ...)
            Only its length is used.
        y : array-like of float, shape (n_samples,) or (n_samples, n_targets)
            Target; of several the first. NaN where it is missing.
        groups : array-like, shape (n_samples,), optional
            Rows with equal values stay together; each row by itself if not given.

        Raises
        ------
        ArgumentError
            If the target is no number or takes fewer than three different values.
        """
        if not isinstance(self.fraction, Real) or not 0 < self.fraction < 0.5:
            raise ArgumentError(f"must lie between 0 and 0.5, got {self.fraction!r}", where="fraction")
        n_rows = count_rows(X, groups)
        values = first_target(y, n_rows)
        if values.dtype.kind not in "iuf":
            raise ArgumentError("only numbers have extremes", where="y", fix="use stratified folds for classes")
        if np.isinf(values).any():
            raise ArgumentError("there are infinite values", where="y", fix="leave those rows out")
        labels = np.arange(n_rows) if groups is None else group_labels(groups)[1]
        values = _group_means(values.astype(float), labels)
        low, high = _cuts(values, float(self.fraction))
        middle = np.flatnonzero(~(values <= low) & ~(values >= high))  # NaN is neither
        yield middle, np.flatnonzero(values >= high)
        yield middle, np.flatnonzero(values <= low)


def _group_means(values: NDArray[np.float64], labels: Indices) -> NDArray[np.float64]:
    """Return for each row the mean of what is known in its group, NaN if nothing is."""
    known = ~np.isnan(values)
    n_groups = int(labels.max()) + 1
    numbers = np.bincount(labels[known], minlength=n_groups)  # (n_groups,)
    low = np.full(n_groups, np.inf)
    np.minimum.at(low, labels[known], values[known])
    # Measured from the group's lowest value, so that the mean of equal values is exactly that value.
    excess = np.bincount(labels[known], values[known] - low[labels[known]], minlength=n_groups)
    means = np.where(numbers > 0, low + excess / np.maximum(numbers, 1), np.nan)
    return np.asarray(means[labels])


def _cuts(values: NDArray[np.float64], fraction: float) -> tuple[float, float]:
    """Return the highest value of the low end and the lowest of the high end."""
    different, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    if len(different) < 3:
        raise ArgumentError(
            f"extremes need at least three different values of the target, got {len(different)}", where="y"
        )
    share = np.cumsum(counts) / counts.sum()  # of the rows up to each value
    from_above = np.cumsum(counts[::-1]) / counts.sum()
    low = int(np.argmin(np.abs(share - fraction)))
    high = len(different) - 1 - int(np.argmin(np.abs(from_above - fraction)))
    # Where a frequent value fills the middle, the ends may touch: at least one value stays to train on.
    while high - low < 2:
        if low > 0 and (high == len(different) - 1 or share[low] >= from_above[len(different) - 1 - high]):
            low -= 1
        else:
            high += 1
    return float(different[low]), float(different[high])
