"""A network that tells metals from indirect and direct gaps, with and without class weights.

Data: two tables that state a band type. Model: a classifier with settings that were found elsewhere, on site fractions.
Tests: stratified folds, each row in the test of one of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, recall_score

from matterlearn.chemistry.elements import atomic_number
from matterlearn.core.errors import DataError, TrainingError
from matterlearn.core.parallel import item_seed, single_thread
from matterlearn.data.catalog import dataset_file, load_dataset
from matterlearn.data.dataset import Dataset
from matterlearn.data.duplicates import duplicate_groups
from matterlearn.features import SiteFractions
from matterlearn.studies.run import StudyRun
from matterlearn.validation.splits import StratifiedSplit

COLUMN = "gap_class"
"""The column of the band type."""

SETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"perovskite_oxides_unalloyed": ("A", "B"), "perov5_gap": ("A", "B", "X")}
)
"""Names in the catalogue, and the sites that tell one row from another: oxides differ in A and B alone."""

CLASSES = ("metal", "indirect", "direct")
"""Band types in the order in which they are shown; others follow."""

PLAIN, WEIGHTED = "network", "network, class weights"

WEIGHTS: Mapping[str, str | None] = MappingProxyType({PLAIN: None, WEIGHTED: "balanced"})
"""Class weights of each variant of the network."""

N_FOLDS = 5
"""One part in five is the test of 20 %."""


@dataclass(frozen=True)
class BandTypes:
    """A table with band types.

    Attributes
    ----------
    dataset : Dataset
        Clean rows.
    sites : tuple of str
        Sites that are inputs.
    """

    dataset: Dataset
    sites: tuple[str, ...]

    @cached_property
    def y(self) -> NDArray[np.str_]:
        """Band type of each row."""
        return np.asarray(self.dataset.y, dtype=str)

    @cached_property
    def classes(self) -> list[str]:
        """Band types that occur."""
        found = set(self.y.tolist())
        return [name for name in CLASSES if name in found] + sorted(found.difference(CLASSES))

    @cached_property
    def counts(self) -> dict[str, int]:
        """Rows of each band type."""
        return {name: int(np.sum(self.y == name)) for name in self.classes}

    @property
    def majority(self) -> str:
        """The most frequent band type."""
        return max(self.counts, key=self.counts.__getitem__)

    @cached_property
    def X(self) -> NDArray[np.float64]:
        """Amount of each element on each site, over the elements that the table has there."""
        cells = self.dataset.X
        vocabulary = {
            site: sorted({symbol for cell in cells[site] for symbol in cell}, key=atomic_number) for site in self.sites
        }
        return np.asarray(SiteFractions(vocabulary=vocabulary, sites=self.sites).fit_transform(cells), dtype=float)

    def folds(self, seed: int) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Return training and test positions of folds that hold the same share of every band type."""
        groups = duplicate_groups(self.dataset.X, {site: self.dataset.kinds[site] for site in self.sites})
        return list(StratifiedSplit(N_FOLDS, random_state=seed).split(self.X, self.y, groups=groups))


@dataclass(frozen=True)
class Judged:
    """What one variant of the network predicts.

    Attributes
    ----------
    pairs : mapping of str to (ndarray, ndarray)
        Actual and predicted band types of "train" and "test", of the first fold.
    balanced : sequence of float
        Balanced accuracy on the test of every fold that was fitted.
    """

    pairs: Mapping[str, tuple[NDArray[np.str_], NDArray[np.str_]]]
    balanced: Sequence[float]


def band_types(name: str) -> BandTypes | None:
    """Return a table with band types, or None if it is not in the data home.

    Parameters
    ----------
    name : str
        A key of `SETS`.

    Returns
    -------
    BandTypes or None
        Its rows.

    Raises
    ------
    DataError
        If the table is there and cannot be used.
    """
    try:
        dataset_file(name)
    except DataError:
        return None
    return BandTypes(load_dataset(name, target=COLUMN, inputs=SETS[name]), SETS[name])


def judge(types: BandTypes, settings: Mapping[str, Any], run: StudyRun) -> dict[str, Judged | TrainingError]:
    """Train the network with and without class weights, all folds as one program.

    Parameters
    ----------
    types : BandTypes
        The data.
    settings : mapping of str to Any
        Arguments of `MLPClassifier`.
    run : StudyRun
        With the seed. A quick study fits the first fold only.

    Returns
    -------
    dict of str to Judged or TrainingError
        By variant; the error if the loss of a fold was no longer a number.
    """
    from matterlearn.models.networks import MLPClassifier, Rows, fit_networks  # with torch, which takes seconds to load

    folds = types.folds(run.seed)[: 1 if run.quick else None]
    networks = [
        MLPClassifier(**settings, class_weight=weights, random_state=item_seed(run.seed, "band types", number))
        for weights in WEIGHTS.values()
        for number in range(len(folds))
    ]
    rows = [Rows(types.X[train], types.y[train]) for train, _ in folds]
    with single_thread():  # small products are slower on two
        fitted = fit_networks(networks, rows * len(WEIGHTS))
    return {
        name: _judged(types, folds, fitted[start : start + len(folds)])
        for name, start in zip(WEIGHTS, range(0, len(fitted), len(folds)), strict=True)
    }


def scores(pair: tuple[NDArray[np.str_], NDArray[np.str_]], classes: Sequence[str]) -> dict[str, Any]:
    """Return accuracy, balanced accuracy and the recall of each class.

    Parameters
    ----------
    pair : (ndarray, ndarray)
        Actual and predicted classes.
    classes : sequence of str
        Those whose recall is wanted.

    Returns
    -------
    dict
        `accuracy`, `balanced` and `recall`, a list in the order of the classes; NaN for a class without rows.

    Examples
    --------
    >>> pair = (np.array(["metal", "metal", "direct"]), np.array(["metal", "direct", "direct"]))
    >>> scores(pair, ["metal", "direct"])["recall"]
    [0.5, 1.0]
    """
    y, prediction = pair
    return {
        "accuracy": float(accuracy_score(y, prediction)),
        "balanced": balanced(pair),
        "recall": recall_score(y, prediction, labels=list(classes), average=None, zero_division=np.nan).tolist(),
    }


def balanced(pair: tuple[NDArray[np.str_], NDArray[np.str_]]) -> float:
    """Return the balanced accuracy: the mean recall of the classes that occur."""
    y, prediction = pair
    # balanced_accuracy_score is this, and warns where a class is predicted that does not occur
    return float(recall_score(y, prediction, labels=np.unique(y), average="macro"))


def _judged(types: BandTypes, folds: Sequence[Any], networks: Sequence[Any]) -> Judged | TrainingError:
    failed = [network for network in networks if isinstance(network, TrainingError)]
    if failed:
        return failed[0]
    pairs = [
        {
            name: (types.y[rows], network.predict(types.X[rows]))
            for name, rows in zip(("train", "test"), fold, strict=True)
        }
        for fold, network in zip(folds, networks, strict=True)
    ]
    return Judged(pairs[0], [balanced(pair["test"]) for pair in pairs])
