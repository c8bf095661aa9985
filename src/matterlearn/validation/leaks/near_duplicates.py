"""Test rows that are nearly a row of the training data."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from matterlearn.data.cells import MATTER_KINDS
from matterlearn.validation.folds import Fold
from matterlearn.validation.leaks.leak import Leak, severity
from matterlearn.validation.leaks.scaling import standardised
from matterlearn.validation.leaks.subject import Subject, TargetValues
from matterlearn.validation.leaks.words import listed, percent

NEAR: Final = 0.02
"""Sum of the absolute differences of atomic fractions below which two compositions are nearly one: less than one atom
in a hundred is exchanged, which is what nominal and real compositions differ by."""

NEAR_NUMBER: Final = 0.01
"""The same of numbers, in standard deviations of their column."""

MUCH_NEARER: Final = 0.01
"""Where no input describes matter, rows are near if they are nearer than this share of the usual (median) distance to
the fifth nearest row. Of rows spread at random over two inputs 0.05 % are, over more of them fewer."""

MUCH_NEARER_ALONG_ONE: Final = 0.001
"""The same with a single input, along which rows lie dense: 0.5 % are near by chance."""

WORTH_A_WARNING: Final = 0.05
"""Share of the tested rows with a near one in training from which it is a warning."""

WORTH_A_NOTE: Final = 0.005
"""The same of a note: fewer change no score."""

ALIKE: Final = 0.5
"""Difference of the target between near rows, in units of that between random rows, below which they are alike: where
they are not, nothing is given away."""


def find_near_duplicates(subject: Subject) -> list[Leak]:
    """Return for each split how many test rows have a nearly equal row in training, and how alike their targets are.

    Rows with an equal row in training do not count: they are duplicates.

    Parameters
    ----------
    subject : Subject
        Data and folds.

    Returns
    -------
    list of Leak
        At most one per split and target.
    """
    space, radius = _space(subject)
    crowded = _crowded(space, radius, subject.seed_of("projection"))
    near = {
        split: _nearest(space, radius, crowded, folds, subject.duplicates) if len(crowded) else {}
        for split, folds in subject.splits.items()
    }
    tested = {
        split: len(np.unique(np.concatenate([fold.test for fold in folds]))) for split, folds in subject.splits.items()
    }
    share = {split: len(near[split]) / tested[split] for split in near}
    found = []
    for split in near:
        if share[split] < WORTH_A_NOTE:
            continue
        better = [f"the split {other}" for other in near if share[other] < share[split] / 2]
        for target in subject.targets:
            found += _leak(subject, target, split, near[split], tested[split], better)
    return found


def _leak(
    subject: Subject,
    target: TargetValues,
    split: str,
    near: dict[int, int],
    n_tested: int,
    better: list[str],
) -> list[Leak]:
    place = np.full(len(subject), -1)
    place[target.rows] = np.arange(len(target.rows))
    pairs = np.array(sorted(near.items()))  # (n_near, 2): test row, training row
    pairs = pairs[(place[pairs] >= 0).all(axis=1)]
    if not len(pairs):
        return []
    between = target.spread(place[pairs[:, 0]], place[pairs[:, 1]])
    order = np.random.default_rng(subject.seed_of("pairs", target.name)).permutation(len(target.rows))
    usual = target.spread(order, np.roll(order, 1))
    share = len(pairs) / n_tested
    same = "composition" if _describes_matter(subject) else "inputs"
    first, second = subject.row_ids(pairs[0])
    alike = between < ALIKE * usual
    is_warning = alike and share >= WORTH_A_WARNING
    if is_warning:
        instead = listed(better) if better else "a split that keeps them together (--split cluster or group:COLUMN)"
        advice = f"part of the score says how well known materials are repeated, so for new ones believe {instead}"
    elif alike:
        advice = "they are too few to change the score much, but say nothing of new materials"
    else:
        advice = "near rows differ as any rows do, so look at how exact the targets are and which input is missing"
    text = (
        f"In the split {split}, {len(pairs)} of {n_tested} test rows ({percent(share)}) nearly repeat a training row "
        f"in their {same} (such as rows {first} and {second}), and {target.name} differs by {target.amount(between)} "
        f"between the two, by {target.amount(usual)} between random rows: {advice}."
    )
    rows = subject.row_ids(pairs[:, 0])
    level = severity(is_warning)
    return [Leak(target.name, "near_duplicates", level, text, value=share, n=len(pairs), rows=rows)]


def _describes_matter(subject: Subject) -> bool:
    return any(subject.dataset.kinds[name] in MATTER_KINDS for name in subject.dataset.inputs)


def _space(subject: Subject) -> tuple[NDArray[np.float64], float]:
    """Return coordinates of the rows, and the distance, summed over coordinates, below which two rows are near."""
    dataset = subject.dataset
    sites: list[NDArray[np.float64]] = []
    blocks: list[NDArray[np.float64]] = []
    for name in dataset.inputs:
        kind = dataset.kinds[name]
        if kind == "site":
            sites.append(_amounts(subject, name))
        elif kind == "formula":
            amounts = _amounts(subject, name)
            blocks.append(amounts / amounts.sum(axis=1, keepdims=True))
        elif kind == "number":
            blocks.append(standardised(subject.parsed(name).values[:, None]) * (NEAR / NEAR_NUMBER))
        else:
            blocks.append(subject.labels(name)[:, None].astype(float))  # different categories are 1 apart or more
    if sites:
        together = np.hstack(sites)  # fractions of all atoms that the sites hold
        blocks.append(together / together.sum(axis=1, keepdims=True))
    space = np.ascontiguousarray(np.hstack(blocks))
    if _describes_matter(subject):
        return space, NEAR
    different = np.unique(space, axis=0)
    if len(different) <= _NEIGHBOUR:
        return space, 0.0
    usual = float(np.median(cKDTree(different).query(different, k=[_NEIGHBOUR + 1], p=1)[0]))  # itself is the first
    return space, min(NEAR, usual * (MUCH_NEARER if space.shape[1] > 1 else MUCH_NEARER_ALONG_ONE))


def _amounts(subject: Subject, name: str) -> NDArray[np.float64]:
    cells = subject.parsed(name).amounts
    species = {one: k for k, one in enumerate(sorted({one for cell in cells for one in cell}))}
    amounts = np.zeros((len(cells), len(species)))
    for i, cell in enumerate(cells):
        for one, amount in cell.items():
            amounts[i, species[one]] = amount
    return amounts


_NEIGHBOUR = 5  # a row's copies may be nearer, of which there are seldom more than four
_N_PROJECTIONS = 6


def _crowded(space: NDArray[np.float64], radius: float, seed: int) -> NDArray[np.intp]:
    """Return the rows that may have a near one that is not equal to them; of most tables few are left.

    Projections with weights between -1 and 1 make no distance longer, so rows that are near stay near in them, and in
    six dimensions a tree finds them quickly.
    """
    different, first, codes = np.unique(space, axis=0, return_index=True, return_inverse=True)
    if len(first) < 2 or radius <= 0:
        return np.zeros(0, dtype=np.intp)
    weights = np.random.default_rng(seed).uniform(-1, 1, size=(space.shape[1], _N_PROJECTIONS))
    projected = different @ weights
    distance = cKDTree(projected).query(projected, k=2, p=np.inf, distance_upper_bound=1.01 * radius)[0][:, 1]
    return np.flatnonzero(np.isfinite(distance)[codes.ravel()])


def _nearest(
    space: NDArray[np.float64],
    radius: float,
    crowded: NDArray[np.intp],
    folds: list[Fold],
    duplicates: NDArray[np.intp],
) -> dict[int, int]:
    """Return test row -> its nearest training row, for those that are near but not equal."""
    near: dict[int, int] = {}
    for fold in folds:
        train = crowded[np.isin(crowded, fold.train)]
        test = crowded[np.isin(crowded, fold.test)]
        test = test[~np.isin(duplicates[test], duplicates[fold.train])]
        if not len(train) or not len(test):
            continue
        distance, found = cKDTree(space[train]).query(space[test], p=1, distance_upper_bound=radius)
        for i in np.flatnonzero(np.isfinite(distance)):
            near.setdefault(int(test[i]), int(train[found[i]]))
    return near
