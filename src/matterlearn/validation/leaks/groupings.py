"""Ways in which rows may belong together: by a column, by chemistry, by the same material, by families of inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from matterlearn.data.cells import MATTER_KINDS
from matterlearn.data.duplicates import duplicate_groups
from matterlearn.validation.leaks.identifier import identifiers
from matterlearn.validation.leaks.quick_model import QuickModel
from matterlearn.validation.leaks.subject import Subject, number_labels

MOST_NUMBERS: Final = 0.2
"""Different whole numbers, per row, up to which a column of them may stand for groups (a space group, a batch)."""

GAP: Final = 3.0
"""Factor by which the distances between families exceed those within, from which rows fall into families."""

DETERMINED: Final = 0.95
"""Share of the rows in which one grouping tells the other, from which it is no other grouping."""

_MAX_LENGTH = 60  # characters: longer cells are documents

Origin = Literal["stated", "column", "prefix", "input", "chemistry", "material", "family"]


@dataclass(frozen=True, eq=False)
class Grouping:
    """A way in which rows may belong together.

    Parameters
    ----------
    name : str
        What the rows of a group have in common.
    column : str
        Column or columns it comes from; empty if none.
    origin : str
        "stated": a group column of the data set. "column": a column left out of the inputs. "prefix": what identifiers
        begin with. "input": an input, or what follows from one. "chemistry": elements or species. "material": the same
        matter under other conditions. "family": clumps in the space of the descriptors.
    labels : ndarray of int, shape (n_rows,)
        Group of each row, -1 for none.
    """

    name: str
    column: str
    origin: Origin
    labels: NDArray[np.intp]


def groupings(subject: Subject) -> Iterator[Grouping]:
    """Yield what may hold the rows of a table together, whatever the target.

    Parameters
    ----------
    subject : Subject
        Data.

    Yields
    ------
    Grouping
        Stated ones first.
    """
    dataset = subject.dataset
    matter = [name for name in dataset.inputs if dataset.kinds[name] in MATTER_KINDS]
    known = [subject.labels(name) for name in dataset.inputs if dataset.kinds[name] in (*MATTER_KINDS, "category")]
    for name in dataset.groups:
        yield Grouping(f"{name}", name, "stated", subject.labels(name))
    for name in subject.columns:
        if name in dataset.groups or not _may_group(subject, name):
            continue
        labels = subject.labels(name)
        if dataset.kinds[name] == "site" and matter:  # a part of what the inputs say
            yield Grouping(f"composition of {name}", name, "chemistry", labels)
        else:
            follows = name in dataset.inputs and dataset.kinds[name] == "category"
            follows = follows or any(determines(given, labels) for given in known)
            yield Grouping(f"{name}", name, "input" if follows else "column", labels)
    for column in identifiers(subject):
        yield Grouping(f"beginning of {column.name}", column.name, "prefix", column.prefix)
    if matter:
        elements = number_labels(dataset.element_sets())
        yield Grouping("chemical system", "", "chemistry", elements)
        if len(matter) < len(dataset.inputs):
            same = duplicate_groups(dataset.X[matter], dataset.kinds, ions=dataset.ions)
            yield Grouping("composition", ", ".join(matter), "material", same)


def _may_group(subject: Subject, name: str) -> bool:
    kind = subject.dataset.kinds[name]
    if kind == "number" and name in subject.numbers:
        numbers = subject.numbers[name]
        filled = numbers[np.isfinite(numbers)]
        whole = len(filled) > 0 and bool(np.all(filled == np.round(filled)))
        return whole and len(np.unique(filled)) <= MOST_NUMBERS * len(filled)
    if kind in ("category", "text"):
        cells = subject.dataset.frame[name].to_numpy(dtype=object)
        return all(len(cell) <= _MAX_LENGTH for cell in cells if isinstance(cell, str))
    return kind == "site"


def determines(given: NDArray[np.intp], asked: NDArray[np.intp]) -> bool:
    """Tell whether the groups of one kind tell those of another: each lies within one, in nearly all rows.

    Examples
    --------
    >>> fine, coarse = np.arange(12) % 4, np.arange(12) % 2
    >>> determines(fine, coarse), determines(coarse, fine)
    (True, False)
    """
    filled = (given >= 0) & (asked >= 0)
    if not filled.any():
        return False
    pairs, counts = np.unique(np.column_stack([given[filled], asked[filled]]), axis=0, return_counts=True)
    largest = np.zeros(int(pairs[:, 0].max()) + 1)
    np.maximum.at(largest, pairs[:, 0], counts)
    different = len(np.unique(pairs[:, 0]))
    return bool(largest.sum() >= DETERMINED * filled.sum() and different <= filled.sum() / 2)


def families(quick: QuickModel) -> NDArray[np.intp] | None:
    """Return the families into which the rows of a quick model fall by themselves; None if they do not.

    Rows are joined nearest first (single linkage); where the distance at which families would be joined jumps by a
    factor of `GAP`, they are far apart compared with what is within them.

    Parameters
    ----------
    quick : QuickModel
        Has the distances between the rows.

    Returns
    -------
    ndarray of int, shape (n_sample,), or None
        Number of the family of each row.
    """
    _, first, codes = np.unique(quick.duplicates, return_index=True, return_inverse=True)
    n_different = len(first)
    if n_different < 4:
        return None
    tree = linkage(squareform(quick.distances[np.ix_(first, first)], checks=False), method="single")
    heights = tree[:, 2]
    smallest = 1e-6 * heights[-1]  # rows that differ by rounding only are one
    jumps = heights[1:] / np.maximum(heights[:-1], smallest)
    # After k joins n - k families are left: at least 5, of at least two rows on average.
    joins = np.arange(1, len(heights))
    possible = (n_different - joins >= 5) & (n_different - joins <= n_different / 2) & (heights[:-1] > smallest)
    if not possible.any():
        return None
    best = int(np.argmax(np.where(possible, jumps, 0)))
    if jumps[best] < GAP:
        return None
    return np.asarray(fcluster(tree, np.sqrt(heights[best] * heights[best + 1]), criterion="distance")[codes.ravel()])
