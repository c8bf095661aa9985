"""What the checks look at: a data set with its folds, read once and shared by all checks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from matterlearn.core.parallel import item_seed
from matterlearn.data.cells import ParsedCells, parse_cells
from matterlearn.data.dataset import Dataset
from matterlearn.data.duplicates import duplicate_groups
from matterlearn.data.keys import cell_keys
from matterlearn.validation.folds import Fold
from matterlearn.validation.leaks.leak import MOST_ROWS
from matterlearn.validation.leaks.quick_model import QuickModel
from matterlearn.validation.leaks.words import rounded

FEWEST_ROWS: Final = 20
"""Rows with a target below which nothing that is estimated from them is worth a word."""

MOST_CLASSES: Final = 20
"""Classes that are told apart, the most frequent ones; the checks need no rarer ones."""


@dataclass(frozen=True, eq=False)
class TargetValues:
    """One target on the rows that have it.

    Parameters
    ----------
    name : str
        Its column.
    unit : str
        Its unit, or empty.
    rows : ndarray of int, shape (n_present,)
        Positions of the rows that have a value.
    values : ndarray of float, shape (n_present, n_outputs)
        What is learned: numbers with one output; of classes one column of zeros and ones for each.
    raw : ndarray of float, shape (n_present, n_outputs)
        The same before a logarithm was taken.
    is_class : bool
        Whether the target is a class.
    """

    name: str
    unit: str
    rows: NDArray[np.intp]
    values: NDArray[np.float64]
    raw: NDArray[np.float64]
    is_class: bool

    @cached_property
    def ranks(self) -> NDArray[np.float64]:
        """Values as ranks between 0 and 1, which no outlier rules; classes as they are."""
        if self.is_class:
            return self.values
        return np.asarray(rankdata(self.values, axis=0) / len(self.values))

    def spread(self, first: NDArray[np.intp], second: NDArray[np.intp]) -> float:
        """Return by how much rows differ on average: of numbers the absolute difference, of classes the share."""
        difference = np.abs(self.values[first] - self.values[second]).sum(axis=1)
        return float(difference.mean()) / (2 if self.is_class else 1)

    def amount(self, difference: float) -> str:
        """Return a difference of the target as text, with its unit."""
        if self.is_class:
            return f"{100 * difference:.0f} % of the classes"
        return f"{rounded(difference)}{' ' + self.unit if self.unit else ''}"


class Subject:
    """A data set with its folds, and what several checks need of it.

    Parameters
    ----------
    dataset : Dataset
        Clean rows.
    folds : sequence of Fold
        Folds of all splits.
    descriptors : transformer
        From input columns to a float array.
    seed : int
        Seed of all draws.
    """

    def __init__(self, dataset: Dataset, folds: Sequence[Fold], descriptors: Any, seed: int) -> None:
        self.dataset = dataset
        self.folds = folds
        self.descriptors = descriptors
        self.seed = seed
        self._parsed: dict[str, ParsedCells] = {}
        self._labels: dict[str, NDArray[np.intp]] = {}
        self._quick: dict[str, QuickModel | None] = {}

    def __len__(self) -> int:
        return len(self.dataset.frame)

    @cached_property
    def splits(self) -> dict[str, list[Fold]]:
        """Folds by the name of their split."""
        by_name: dict[str, list[Fold]] = {}
        for fold in self.folds:
            by_name.setdefault(fold.split, []).append(fold)
        return by_name

    @cached_property
    def duplicates(self) -> NDArray[np.intp]:
        """Number of the group of equal rows that each row is in, shape (n_rows,)."""
        return duplicate_groups(self.dataset.X, self.dataset.kinds, ions=self.dataset.ions)

    @cached_property
    def targets(self) -> tuple[TargetValues, ...]:
        """Targets that vary and that enough rows have."""
        y = np.asarray(self.dataset.y)
        columns = y.reshape(len(self), -1).T  # (n_targets, n_rows)
        found = []
        is_class = self.dataset.task == "classification"
        for j, (name, column) in enumerate(zip(self.dataset.targets, columns, strict=True)):
            rows = np.arange(len(self)) if is_class else np.flatnonzero(np.isfinite(column.astype(float)))
            values = _indicators(column) if is_class else column[rows].astype(float)[:, None]
            raw = values if is_class else self.dataset.target_values[rows, j].astype(float)[:, None]
            if len(rows) >= FEWEST_ROWS and np.ptp(values, axis=0).max(initial=0) > 0:
                found.append(TargetValues(name, self.dataset.y_unit(name), rows, values, raw, is_class))
        return tuple(found)

    @cached_property
    def numbers(self) -> dict[str, NDArray[np.float64]]:
        """Columns of numbers that are no targets, shape (n_rows,); NaN where there is none."""
        return {
            name: self.parsed(name).values
            for name in self.columns
            if self.dataset.kinds[name] == "number" and self.parsed(name).values.dtype.kind == "f"
        }

    @property
    def columns(self) -> list[str]:
        """Columns of the table that are neither targets nor weights."""
        others = (*self.dataset.targets, self.dataset.weight_column)
        return [name for name in map(str, self.dataset.frame.columns) if name not in others]

    def parsed(self, name: str) -> ParsedCells:
        """Return the cells of a column, read."""
        if name not in self._parsed:
            self._parsed[name] = parse_cells(self.dataset.frame[name], self.dataset.kinds[name], ions=self.dataset.ions)
        return self._parsed[name]

    def labels(self, name: str) -> NDArray[np.intp]:
        """Return for each row the number of its value in a column, -1 where there is none."""
        if name not in self._labels:
            keys = cell_keys(self.parsed(name), self.dataset.kinds[name])
            self._labels[name] = number_labels(keys)
        return self._labels[name]

    def quick_model(self, target: TargetValues) -> QuickModel | None:
        """Return a quick model of a target on a sample of its rows; None if the inputs do not vary."""
        if target.name not in self._quick:
            self._quick[target.name] = QuickModel.make(
                self.dataset.X,
                target.rows,
                target.values,
                self.duplicates,
                self.descriptors,
                seed=self.seed_of("quick", target.name),
            )
        return self._quick[target.name]

    def seed_of(self, *keys: object) -> int:
        """Return the seed of one draw."""
        return item_seed(self.seed, "leaks", *keys)

    def row_ids(self, positions: Iterable[int]) -> tuple[int, ...]:
        """Return the numbers of rows as in the table, as many as a finding names."""
        index = self.dataset.frame.index
        return tuple(int(index[i]) for i in list(positions)[:MOST_ROWS])


def number_labels(keys: Sequence[Any]) -> NDArray[np.intp]:
    """Return the number of each value, in the order of their first appearance; None becomes -1.

    Examples
    --------
    >>> number_labels(["b", None, "a", "b"]).tolist()
    [0, -1, 1, 0]
    """
    numbers: dict[Any, int] = {}
    return np.array([-1 if key is None else numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp)


def _indicators(classes: NDArray[Any]) -> NDArray[np.float64]:
    names, counts = np.unique(classes.astype(str), return_counts=True)
    kept = names[np.argsort(-counts, kind="stable")[:MOST_CLASSES]]
    return np.asarray(classes.astype(str)[:, None] == kept, dtype=float)  # (n_rows, n_classes)
