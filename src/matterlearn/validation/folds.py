"""From the name of a split to the rows of its folds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import PredefinedSplit

from matterlearn.core.errors import ArgumentError
from matterlearn.data.dataset import Dataset
from matterlearn.data.duplicates import duplicate_groups
from matterlearn.validation.row_labels import column_texts, fold_numbers, holdout_rows
from matterlearn.validation.splits import (
    ClusterSplit,
    ElementGroupSplit,
    ElementSplit,
    ExtremesSplit,
    GroupSplit,
    RandomSplit,
    StratifiedSplit,
    chemical_system,
    why_no_element_split,
)

N_CLUSTERS = 10
"""Clusters of the cluster split: as many as there are groups of elements by default."""

FEWEST_TRAINING_ROWS = 10
"""Different rows that a stated split must leave to train on: models are compared and calibrated in folds of them."""

UNNESTED = ("element:each", "kfold:N")
"""Splits of so many folds that the choice and the calibration of the final model are used in each."""

N_NAMED = 8
"""Most groups that the label of a fold names."""

SPLITS = (
    "random",
    "random:REPEATS",
    "kfold:K",
    "kfold:N",
    "stratified",
    "element",
    "element:each",
    "element:SYMBOLS",
    "system",
    "cluster",
    "extremes",
    "group:COLUMN",
    "holdout:COLUMN",
    "holdout:COLUMN=VALUE",
    "file:FOLDS",
)
"""How a split is named."""


@dataclass(frozen=True)
class Fold:
    """Training and test rows of one fold.

    Attributes
    ----------
    split : str
        Name of the split.
    number : int
        Number of the fold within its repeat.
    label : str
        What is held out, in words.
    train, test : ndarray of int
        Positions of the rows.
    repeat : int
        Number of the repeat: how often the rows were dealt out before.
    elements : tuple of str
        Elements that are left out: no training row holds them, every test row holds one.
    """

    split: str
    number: int
    label: str
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    repeat: int = 0
    elements: tuple[str, ...] = ()


def make_folds(
    split: str, dataset: Dataset, *, features: Any, n_folds: int = 5, n_element_groups: int = 10, seed: int = 0
) -> list[Fold]:
    """Return the folds of a named split.

    Parameters
    ----------
    split : str
        - "random", or "random:REPEATS" to deal the rows out several times;
        - "kfold:K": K folds of random rows, or "kfold:N" to leave one row (with its copies) out at a time;
        - "stratified": random folds that each hold the same share of every range of the target;
        - "element": leave groups of elements out;
        - "element:each": leave each element out in turn;
        - "element:O" or "element:O,N": leave each named element out in turn;
        - "system": leave chemical systems (sets of elements) out;
        - "cluster": leave clusters in descriptor space out;
        - "extremes": train on the middle of the target, test on the highest and on the lowest tenth;
        - "group:COLUMN": leave values of a column out;
        - "holdout:COLUMN": test once, on the rows that a column marks as test, val, holdout, 1, true or yes, or
          "holdout:COLUMN=VALUE";
        - "file:FOLDS": a table with a column `fold`, one line per row of the data, or with `row` and `fold`; rows of
          the fold -1 are never tested.
    dataset : Dataset
        Clean rows. Of several targets the first counts.
    features : transformer
        Descriptors that the clusters are made in; cloned.
    n_folds : int
        Folds of the splits that have no number of their own.
    n_element_groups : int
        Most groups of elements.
    seed : int
        Seed of the draws.

    Returns
    -------
    list of Fold
        At least one.

    Raises
    ------
    ArgumentError
        If the name is unknown or the data allow no such split.
    DataError
        If a file of folds cannot be used.
    """
    kind, colon, detail = split.partition(":")
    if kind not in _MAKERS:
        raise ArgumentError(f"unknown split {split!r}", where="split", fix=f"use one of {', '.join(SPLITS)}")
    known = kind in _WITH_DETAIL if colon else kind in SPLITS
    if not known or bool(colon) != bool(detail):
        forms = " or ".join(name for name in SPLITS if name.partition(":")[0] == kind)
        raise ArgumentError(f"{split!r} is no split", where="split", fix=f"write {forms}")
    duplicates = duplicate_groups(dataset.X, dataset.kinds, ions=dataset.ions)
    return _MAKERS[kind](_Order(split, detail, dataset, duplicates, features, n_folds, n_element_groups, seed))


@dataclass(frozen=True)
class _Order:
    """What a maker of folds may need."""

    split: str
    detail: str
    dataset: Dataset
    duplicates: NDArray[np.intp]
    features: Any
    n_folds: int
    n_element_groups: int
    seed: int

    def fold(
        self, number: int, label: str, pair: tuple[Any, Any], *, repeat: int = 0, elements: Iterable[str] = ()
    ) -> Fold:
        return Fold(self.split, number, label, *pair, repeat=repeat, elements=tuple(elements))

    def n_training_rows(self, fold: Fold) -> int:
        return len(np.unique(self.duplicates[fold.train]))

    def checked(self, folds: list[Fold]) -> list[Fold]:
        """Stop if a fold of a split that the user chose leaves too little to train on."""
        for fold in folds:
            n_different = self.n_training_rows(fold)
            if n_different < FEWEST_TRAINING_ROWS:
                raise ArgumentError(
                    f"with {fold.label!r} held out {n_different} different rows are left to train on",
                    where="split",
                    fix=f"leave {FEWEST_TRAINING_ROWS}",
                )
        return folds


def _random(order: _Order) -> list[Fold]:
    n_repeats = 1
    if order.detail:
        if not (order.detail.isascii() and order.detail.isdigit() and int(order.detail) > 0):
            raise ArgumentError(
                f"{order.detail!r} is no number of repeats", where="split", fix="write random:3 for three"
            )
        n_repeats = int(order.detail)
    splitter = RandomSplit(order.n_folds, n_repeats=n_repeats, random_state=order.seed)
    return [
        order.fold(k % order.n_folds, "random rows", pair, repeat=k // order.n_folds)
        for k, pair in enumerate(splitter.split(order.dataset.X, groups=order.duplicates))
    ]


def _kfold(order: _Order) -> list[Fold]:
    n_different = len(np.unique(order.duplicates))
    if order.detail == "N":
        n_folds = n_different
    elif order.detail.isascii() and order.detail.isdigit() and int(order.detail) > 1:
        n_folds = int(order.detail)
    else:
        raise ArgumentError(f"{order.detail!r} is no number of folds", where="split", fix="write kfold:10 or kfold:N")
    splitter = RandomSplit(n_folds, random_state=order.seed)
    label = "one row" if order.detail == "N" else "random rows"
    pairs = splitter.split(order.dataset.X, groups=order.duplicates)
    return [order.fold(k, label, pair) for k, pair in enumerate(pairs)]


def _stratified(order: _Order) -> list[Fold]:
    splitter = StratifiedSplit(order.n_folds, random_state=order.seed)
    pairs = splitter.split(order.dataset.X, order.dataset.y, order.duplicates)
    return [order.fold(k, "stratified rows", pair) for k, pair in enumerate(pairs)]


def _element(order: _Order) -> list[Fold]:
    elements = order.dataset.element_sets()
    if not order.detail:
        reason = why_no_element_split(elements)
        if reason:
            raise ArgumentError(reason, where="split", fix="use another split")
        return _element_folds(order, ElementGroupSplit(order.n_element_groups, random_state=order.seed), elements)
    if order.detail == "each":
        folds = _element_folds(order, ElementSplit(), elements)
        kept = [fold for fold in folds if order.n_training_rows(fold) >= FEWEST_TRAINING_ROWS]
        if not kept:
            raise ArgumentError(
                f"whichever element is left out, fewer than {FEWEST_TRAINING_ROWS} different rows are left to train on",
                where="split",
            )
        return [
            order.fold(k, fold.label, (fold.train, fold.test), elements=fold.elements) for k, fold in enumerate(kept)
        ]
    named = [symbol.strip() for symbol in order.detail.split(",")]
    return order.checked(_element_folds(order, ElementSplit(named), elements))


def _element_folds(
    order: _Order, splitter: ElementGroupSplit | ElementSplit, elements: list[frozenset[str]]
) -> list[Fold]:
    try:
        pairs = list(splitter.split(order.dataset.X, groups=elements))
    except ArgumentError as error:
        raise ArgumentError(error.what, where="split", fix=error.fix) from error
    return [
        order.fold(k, ", ".join(members), pair, elements=members)
        for k, (members, pair) in enumerate(zip(splitter.element_groups_, pairs, strict=True))
    ]


def _system(order: _Order) -> list[Fold]:
    systems = np.array([chemical_system(elements) for elements in order.dataset.element_sets()], dtype=str)
    if len(np.unique(systems)) < 2:
        found = f"all rows are of one chemical system ({systems[0]})" if systems[0] else "the inputs tell no elements"
        raise ArgumentError(f"{found}: none can be left out", where="split", fix="use another split")
    return order.checked(_group_folds(order, systems))


def _cluster(order: _Order) -> list[Fold]:
    matrix = np.asarray(clone(order.features).fit_transform(order.dataset.X), dtype=float)
    pairs = ClusterSplit(N_CLUSTERS, random_state=order.seed).split(matrix, groups=order.duplicates)
    return order.checked([order.fold(k, f"cluster {k}", pair) for k, pair in enumerate(pairs)])


def _extremes(order: _Order) -> list[Fold]:
    if order.dataset.task != "regression":
        raise ArgumentError("classes have no extremes", where="split", fix="use stratified")
    target = order.dataset.targets[0]
    try:
        pairs = list(ExtremesSplit().split(order.dataset.X, order.dataset.y, order.duplicates))
    except ArgumentError as error:
        raise ArgumentError(f"{target}: {error.what}", where="split", fix=error.fix) from error
    labels = [f"{end} values of {target}" for end in ("highest", "lowest")]
    return order.checked(
        [order.fold(k, label, pair) for k, (label, pair) in enumerate(zip(labels, pairs, strict=True))]
    )


def _group(order: _Order) -> list[Fold]:
    return order.checked(_group_folds(order, column_texts(order.dataset, order.detail)))


def _group_folds(order: _Order, groups: NDArray[Any]) -> list[Fold]:
    pairs = GroupSplit(order.n_folds, random_state=order.seed).split(groups, groups=groups)
    return [order.fold(k, _listed(np.unique(groups[pair[1]])), pair) for k, pair in enumerate(pairs)]


def _holdout(order: _Order) -> list[Fold]:
    marked, label = holdout_rows(order.dataset, order.detail)
    pairs = PredefinedSplit(np.where(marked, 0, -1)).split()
    return order.checked([order.fold(k, label, pair) for k, pair in enumerate(pairs)])


def _file(order: _Order) -> list[Fold]:
    names, folds = fold_numbers(order.dataset, order.detail)
    pairs = PredefinedSplit(folds).split()
    return order.checked([order.fold(k, f"fold {names[k]}", pair) for k, pair in enumerate(pairs)])


def _listed(names: Iterable[Any]) -> str:
    texts = [str(name) or "(empty)" for name in names]
    more = f" and {len(texts) - N_NAMED} more" if len(texts) > N_NAMED else ""
    return ", ".join(texts[:N_NAMED]) + more


_MAKERS: dict[str, Callable[[_Order], list[Fold]]] = {
    "random": _random,
    "kfold": _kfold,
    "stratified": _stratified,
    "element": _element,
    "system": _system,
    "cluster": _cluster,
    "extremes": _extremes,
    "group": _group,
    "holdout": _holdout,
    "file": _file,
}
_WITH_DETAIL = frozenset(name.partition(":")[0] for name in SPLITS if ":" in name)
