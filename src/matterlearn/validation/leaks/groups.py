"""Groups of rows that belong together, which random folds put on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matterlearn.validation.leaks.groupings import Grouping, Origin, determines, families, groupings
from matterlearn.validation.leaks.leak import Leak, severity
from matterlearn.validation.leaks.quick_model import QuickModel, deal_groups
from matterlearn.validation.leaks.sibling import MOST_CLASSES
from matterlearn.validation.leaks.single_column import explained_by_labels
from matterlearn.validation.leaks.subject import Subject, TargetValues

RATIO: Final = 1.5
"""Error with whole groups left out over that on random rows from which groups are worth a word."""

FEWEST_GROUPS: Final = 5
"""Groups that a ratio needs; of stated ones three are enough."""

LARGEST: Final = 0.5
"""Share of the rows that the largest group may have: leaving it out would leave less to learn from than to test."""

FILLED: Final = 0.5
"""Share of the rows that must belong to a group."""

CONSEQUENCE: Final = 0.9
"""Share of the target's variance that the values of a column explain alone, if they are few, from which they are a
consequence of it (classes of band gaps), not a cause: to leave them out is to leave out a range of the target. Such a
column is found as a sibling."""

SEPARATED: Final = 0.9
"""Share of a split's test rows without a row of their group in training from which the split answers for the groups."""

MOST_FINDINGS: Final = 3
"""Groupings of one target that are named, the strongest ones."""

_N_REPEATS = 3
_RANKS: tuple[Origin, ...] = (
    "stated",
    "input",
    "column",
    "material",
    "prefix",
    "family",
    "chemistry",
)  # of equals the first


def find_groups(subject: Subject) -> list[Leak]:
    """Return the groupings of rows that random folds ignore and that make their score kinder.

    A quick model is tested on folds of random rows and on folds of whole groups of the same sizes. It is a warning if
    the groups come from a column that is no input, from the same material under other conditions, or from families of
    nearly equal rows, and no split leaves them out whole. It is a note for what the inputs themselves say: the
    elements, the value of a category.

    Parameters
    ----------
    subject : Subject
        Data and folds.

    Returns
    -------
    list of Leak
        At most `MOST_FINDINGS` per target.
    """
    return [leak for target in subject.targets for leak in _of_target(subject, target)]


@dataclass(frozen=True, eq=False)
class _Effect:
    grouping: Grouping
    labels: NDArray[np.intp]  # (n_sample,)
    n_groups: int
    error: float
    random: float
    answered_by: str

    @property
    def ratio(self) -> float:
        return self.error / self.random

    @property
    def is_warning(self) -> bool:
        return self.grouping.origin not in ("input", "chemistry") and not self.answered_by


def _of_target(subject: Subject, target: TargetValues) -> list[Leak]:
    quick = subject.quick_model(target)
    if quick is None:
        return []
    effects = list(_effects(subject, target, quick))
    inputs = subject.dataset.inputs
    effects.sort(
        key=lambda effect: (
            not effect.is_warning,
            _RANKS.index(effect.grouping.origin),
            effect.grouping.column not in inputs,
            -effect.ratio,
        )
    )
    kept: list[_Effect] = []
    for effect in effects:
        same = any(determines(effect.labels, other.labels) or determines(other.labels, effect.labels) for other in kept)
        again = effect.grouping.origin == "chemistry" and any(other.grouping.origin == "chemistry" for other in kept)
        if not (same or again):
            kept.append(effect)
    return [_leak(subject, target, effect) for effect in kept[:MOST_FINDINGS]]


def _effects(subject: Subject, target: TargetValues, quick: QuickModel) -> Iterator[_Effect]:
    random = [quick.errors(quick.random_folds(subject.seed_of("random", k))) for k in range(_N_REPEATS)]
    for grouping in _candidates(subject, quick):
        labels = grouping.labels[quick.rows]
        inside = labels >= 0
        names, counts = np.unique(labels[inside], return_counts=True)
        fewest = 3 if grouping.origin == "stated" else FEWEST_GROUPS
        if inside.sum() < FILLED * len(labels) or not fewest <= len(names) <= inside.sum() / 2:
            continue
        if counts.max() > LARGEST * inside.sum():
            continue
        effect = _measured(subject, target, quick, grouping, random)
        if effect.ratio >= RATIO and not _is_consequence(subject, target, quick, effect):
            yield effect


def _is_consequence(subject: Subject, target: TargetValues, quick: QuickModel, effect: _Effect) -> bool:
    kind = subject.dataset.kinds.get(effect.grouping.column)
    if kind not in ("category", "number") or effect.n_groups > MOST_CLASSES:
        return False
    inside = effect.labels >= 0
    y = target.ranks[quick.present[inside]]
    return explained_by_labels(effect.labels[inside], y, seed=subject.seed_of("consequence")) >= CONSEQUENCE


def _candidates(subject: Subject, quick: QuickModel) -> Iterator[Grouping]:
    yield from groupings(subject)
    found = families(quick)
    if found is not None:
        labels = np.full(len(subject), -1)
        labels[quick.rows] = found
        yield Grouping("family of nearly equal inputs", "", "family", labels)


def _measured(
    subject: Subject, target: TargetValues, quick: QuickModel, grouping: Grouping, random: list[NDArray[np.float64]]
) -> _Effect:
    labels = grouping.labels[quick.rows]
    inside = labels >= 0
    # A row without a group is a group of its own; its error does not count.
    whole = np.where(inside, labels, labels.max() + 1 + np.arange(len(labels)))
    errors, matched = [], []
    for k in range(_N_REPEATS):
        seed = subject.seed_of("groups", grouping.name, k)
        folds = deal_groups(whole, seed)
        errors.append(quick.errors(folds)[inside].mean())
        matched.append(quick.errors(_same_sizes(folds, quick.duplicates, seed))[inside].mean())
    plain = np.mean([error[inside].mean() for error in random])
    per_output = 2 if target.is_class else 1
    return _Effect(
        grouping,
        labels,
        len(np.unique(labels[inside])),
        float(np.mean(errors)) / per_output,
        # Folds of large groups leave less to learn from: that alone must not count.
        max(float(np.mean(matched)), float(plain)) / per_output,
        _answered_by(subject, grouping),
    )


def _same_sizes(folds: NDArray[np.intp], duplicates: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
    """Return folds of random rows with the sizes of given ones; equal rows stay together but for one cut per fold."""
    rng = np.random.default_rng(seed)
    names = np.unique(duplicates)
    place = np.empty(int(names.max()) + 1)
    place[names] = rng.permutation(len(names))
    order = np.argsort(place[duplicates], kind="stable")
    dealt = np.empty_like(folds)
    dealt[order] = np.sort(folds)
    return dealt


def _answered_by(subject: Subject, grouping: Grouping) -> str:
    """Return the first split that tests rows without rows of their group in training, or an empty text."""
    labels = grouping.labels
    for split, folds in subject.splits.items():
        tested = apart = 0
        for fold in folds:
            test = fold.test[labels[fold.test] >= 0]
            tested += len(test)
            apart += int((~np.isin(labels[test], labels[fold.train])).sum())
        if tested and apart >= SEPARATED * tested:
            return split
    return ""


def _leak(subject: Subject, target: TargetValues, effect: _Effect) -> Leak:
    grouping = effect.grouping
    if effect.answered_by:
        instead = f"the split {effect.answered_by}"
    else:
        ours = {"family": "--split cluster", "prefix": "--split group:COLUMN, with a column made of it"}
        by_column = grouping.column and "," not in grouping.column
        instead = f"--split group:{grouping.column}" if by_column else "--split system"
        instead = ours.get(grouping.origin, instead)
    text = (
        f"Rows with the same {grouping.name} ({effect.n_groups} groups) belong together: with whole groups left out "
        f"a quick model's error in {target.name} is {effect.ratio:.1f} times that on random rows "
        f"({target.amount(effect.error)} against {target.amount(effect.random)}), so the random score holds for groups "
        f"that are in the table; for a new one believe {instead}."
    )
    return Leak(
        target.name,
        "groups",
        severity(effect.is_warning),
        text,
        column=grouping.column,
        value=effect.ratio,
        n=effect.n_groups,
    )
