"""What one item of a protocol's work is made of: settings, the rows of a target, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from matterlearn.data.dataset import Dataset
from matterlearn.data.duplicates import duplicate_groups
from matterlearn.models.weighting import fit_weighted, takes_weights
from matterlearn.validation.classes.fitted import FittedClasses
from matterlearn.validation.classes.reliability import Decision
from matterlearn.validation.evidence import TRAINING
from matterlearn.validation.fitted import FittedTarget
from matterlearn.validation.folds import Fold
from matterlearn.validation.seeding import fit_seeded

MODEL: Final = "model"
"""Name of the judged model in the long table."""

SHUFFLED: Final = "shuffled targets"
"""Name of the chosen model when it learns from targets in random order: what it finds in noise."""


@dataclass(frozen=True)
class Settings:
    """What all items of a protocol share.

    Attributes
    ----------
    baselines : mapping of str to estimator
        Trivial models.
    features : transformer
        Descriptors for distances, importance and rules.
    level : float
        Coverage that intervals promise.
    calibration_folds, calibration_splits : int
        Inner folds of random rows and of left-out groups of elements, on which errors are measured.
    shuffled : bool
        Whether the chosen model also learns from shuffled targets.
    seed : int
        Seed of the run.
    decision : Decision
        What is wanted of decisions between classes.
    """

    baselines: Mapping[str, Any]
    features: Any
    level: float
    calibration_folds: int
    calibration_splits: int
    shuffled: bool
    seed: int
    decision: Decision = field(default_factory=Decision)


@dataclass(frozen=True)
class Rows:
    """The rows of one target, worked out once for all folds; `y` of classes holds their positions in `classes`."""

    target: str
    unit: str
    is_log: bool
    X: pd.DataFrame
    y: NDArray[np.float64]
    weight: NDArray[np.float64] | None
    row_ids: NDArray[np.int64]
    elements: Sequence[frozenset[str]]
    duplicates: NDArray[np.intp]
    kinds: Mapping[str, str]
    units: Mapping[str, str]
    inner_groups: Sequence[Any] | None
    classes: tuple[str, ...] = ()

    @property
    def codes(self) -> NDArray[np.intp]:
        """Positions of the classes."""
        return self.y.astype(np.intp)

    @property
    def counting(self) -> NDArray[np.intp]:
        """Positions of the rows that count: those with a weight above 0."""
        return np.arange(len(self.y)) if self.weight is None else np.flatnonzero(self.weight)

    def of(self, which: NDArray[np.intp]) -> Rows:
        """Return some of the rows."""
        return Rows(
            target=self.target,
            unit=self.unit,
            is_log=self.is_log,
            X=self.X.iloc[which],
            y=self.y[which],
            weight=None if self.weight is None else self.weight[which],
            row_ids=self.row_ids[which],
            elements=[self.elements[i] for i in which],
            duplicates=self.duplicates[which],
            kinds=self.kinds,
            units=self.units,
            inner_groups=None if self.inner_groups is None else [self.inner_groups[i] for i in which],
            classes=self.classes,
        )


def rows_of(dataset: Dataset, inner_groups: Sequence[Any] | None) -> Rows:
    """Return the rows of a data set with one target."""
    target = dataset.targets[0]
    classes = tuple(map(str, np.unique(dataset.y))) if dataset.task == "classification" else ()
    y = np.searchsorted(np.array(classes), dataset.y) if classes else dataset.y
    return Rows(
        target=target,
        unit=dataset.y_unit(target),
        is_log=target in dataset.log,
        X=dataset.X,
        y=np.asarray(y, dtype=float),
        weight=dataset.weights,
        row_ids=dataset.frame.index.to_numpy(),
        elements=dataset.element_sets(),
        duplicates=duplicate_groups(dataset.X, dataset.kinds, ions=dataset.ions),
        kinds={name: dataset.kinds[name] for name in dataset.inputs},
        units=dict(dataset.units),
        inner_groups=inner_groups,
        classes=classes,
    )


@dataclass(frozen=True)
class FoldJob:
    """A fold to judge; with `fitted` the choice and the calibration of the final model are used as they are.

    `fitted` is a `FittedTarget`, or `FittedClasses` where the target holds classes.
    """

    settings: Settings
    model: Any
    rows: Rows
    fold: Fold
    explain: bool = False
    fitted: Any = None


@dataclass(frozen=True)
class FinalJob:
    """The fit on all rows."""

    settings: Settings
    model: Any
    rows: Rows


@dataclass(frozen=True)
class Result:
    """What an item gives: rows of the long table, facts and diagnostics as plain values, and the final model."""

    predictions: pd.DataFrame
    facts: dict[str, Any]
    diagnostics: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    fitted: FittedTarget | FittedClasses | None = None
    seconds: float = 0.0


def common_columns(rows: Rows, fold: Fold | None) -> dict[str, Any]:
    """Return what all lines of the long table about some rows share; without a fold they are the training rows."""
    return {
        "row_id": rows.row_ids,
        "split": TRAINING if fold is None else fold.split,
        "repeat": 0 if fold is None else fold.repeat,
        "fold": 0 if fold is None else fold.number,
        "target": rows.target,
        "y": rows.y,
        "weight": 1.0 if rows.weight is None else rows.weight,
    }


def fold_facts(target: str, fold: Fold) -> dict[str, Any]:
    """Return what a fold is, as the evidence tells it."""
    return {
        "target": target,
        "split": fold.split,
        "repeat": fold.repeat,
        "fold": fold.number,
        "label": fold.label,
        "elements": list(fold.elements),
        "n_train": len(fold.train),
        "n_test": len(fold.test),
    }


def fit_of_rows(model: Any, rows: Rows, y: NDArray[Any], seed: int) -> Any:
    """Return a model fitted on rows, each of its random parts with a seed of its own."""
    return fit_seeded(
        model,
        rows.X,
        y,
        seed=seed,
        duplicates=rows.duplicates,
        inner_groups=rows.inner_groups,
        sample_weight=rows.weight,
    )


def fit_baseline(model: Any, rows: Rows, y: NDArray[Any]) -> Any:
    """Return a model fitted on rows, with their weights if it takes any."""
    weight = rows.weight if takes_weights(model) else None
    return fit_weighted(clone(model), rows.X, y, weight)
