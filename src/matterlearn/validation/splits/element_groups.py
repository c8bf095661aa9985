"""Groups of elements left out.

Examples
--------
>>> from matterlearn.validation.splits import ElementGroupSplit
>>> elements = [frozenset(s) for s in (["Ca", "O"], ["Sr", "O"], ["Ba", "O"], ["Ca", "O"])]
>>> split = ElementGroupSplit(n_splits=3)
>>> [test.tolist() for _, test in split.split(elements, groups=elements)]
[[0, 3], [1], [2]]
>>> split.element_groups_
[('Ca',), ('Sr',), ('Ba',)]
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.splits.element_rows import checked_sets, element_counts, free_elements, rows_with
from matterlearn.validation.splits.possible import no_element_split
from matterlearn.validation.splits.splitter import Indices, Splitter, check_count, count_rows


class ElementGroupSplit(Splitter):
    """Leave groups of elements out: each fold tests on every row that holds an element of its group.

    The test is a chemistry the model has never seen. A row with elements of two groups is tested twice; a row that
    only holds elements which cannot be left out is never tested. An element is left out only if at least half of the
    rows do without it: no model of oxides can be trained without oxygen.

    Parameters
    ----------
    n_splits : int
        Most groups to test. Elements are dealt out so that the groups test about equally many rows. At least half of
        the rows are always left to train on: where `n_splits` groups would take more, smaller ones are made and
        `n_splits` of them are tested, those that hold most rows. With at least as many groups as elements this is
        leave-one-element-out.
    random_state : int
        Seed that decides between equals.

    Attributes
    ----------
    element_groups_ : list of tuple of str
        Elements of each fold, after `split`.
    """

    __module__ = "matterlearn.validation.splits"

    def __init__(self, n_splits: int = 10, *, random_state: int = 0) -> None:
        self.n_splits = n_splits
        self.random_state = random_state

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of groups that can be made for these sets of elements."""
        return check_count(self.n_splits, "n_splits", 2) if groups is None else len(self.make_groups(groups))

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Indices, Indices]]:
        """Yield training and test positions of each group of elements.

        Parameters
        ----------
        X : sequence, shape (n_samples, ...)
            Only its length is used.
        y : ignored
        groups : sequence of collections of str, shape (n_samples,)
            The elements of each row.

        Raises
        ------
        ArgumentError
            If fewer than two groups of elements can be left out.
        """
        sets = checked_sets(groups)
        count_rows(X, sets)
        self.element_groups_ = self.make_groups(sets)
        if len(self.element_groups_) < 2:
            raise ArgumentError(no_element_split(sets))
        for members in self.element_groups_:
            tested = rows_with(sets, members)
            yield np.flatnonzero(~tested), np.flatnonzero(tested)

    def make_groups(self, groups: Sequence[Collection[str]]) -> list[tuple[str, ...]]:
        """Return the groups of elements for the given rows, without splitting them.

        Parameters
        ----------
        groups : sequence of collections of str, shape (n_samples,)
            The elements of each row.

        Returns
        -------
        list of tuple of str
            At most `n_splits` groups; none if no element can be left out.
        """
        n_splits = check_count(self.n_splits, "n_splits", 2)
        sets = checked_sets(groups)
        n_rows = len(sets)
        counts, free = element_counts(sets), free_elements(sets)
        rng = np.random.default_rng(self.random_state)
        order = rng.permutation(len(free))
        ranked = sorted((free[i] for i in order), key=lambda element: -counts[element])  # stable: seed decides ties
        holds = np.array([rows_with(sets, [element]) for element in ranked], dtype=bool)  # (n_elements, n_samples)
        n_groups = min(n_splits, len(free))
        while True:
            members, tested = _deal(holds, n_groups)
            if n_groups == len(free) or all(2 * share <= n_rows for share in tested):
                break
            n_groups = min(len(free), n_groups + max(1, n_groups // 4))
        if n_groups > n_splits:  # smaller groups, of which only some are tested
            kept = np.sort(np.argsort(-np.array(tested), kind="stable")[:n_splits])
            members = [members[g] for g in kept]
        return [tuple(ranked[k] for k in group) for group in members if group]


def _deal(holds: NDArray[np.bool_], n_groups: int) -> tuple[list[list[int]], list[int]]:
    """Deal elements out, the most frequent first, each to the group that then tests fewest rows.

    Returns the elements of each group and the number of rows that it tests.
    """
    members: list[list[int]] = [[] for _ in range(n_groups)]
    tested = np.zeros((n_groups, holds.shape[1] if n_groups else 0), dtype=bool)
    for element, rows in enumerate(holds):
        smallest = int(np.argmin((tested | rows).sum(axis=1)))
        members[smallest].append(element)
        tested[smallest] |= rows
    return members, tested.sum(axis=1).tolist()
