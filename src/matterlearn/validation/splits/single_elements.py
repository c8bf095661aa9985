"""One element left out at a time.

Examples
--------
>>> from matterlearn.validation.splits import ElementSplit
>>> elements = [frozenset(s) for s in (["Ca", "O"], ["Sr", "O"], ["Ba", "S"], ["Ca", "S"], ["Zn", "S"])]
>>> split = ElementSplit()
>>> pairs = list(split.split(elements, groups=elements))
>>> split.element_groups_
[('Ba',), ('Ca',), ('O',), ('Sr',), ('Zn',)]
>>> [test.tolist() for _, test in ElementSplit(["S"]).split(elements, groups=elements)]
[[2, 3, 4]]
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from matterlearn.core.errors import ArgumentError, did_you_mean
from matterlearn.validation.splits.element_rows import checked_sets, element_counts, free_elements, rows_with
from matterlearn.validation.splits.possible import no_element_split
from matterlearn.validation.splits.splitter import Indices, Splitter, count_rows


class ElementSplit(Splitter):
    """Leave one element out at a time: each fold tests on every row that holds it.

    Without names every element is left out that at least half of the rows do without, in the order of the alphabet;
    elements that always occur together (C, H and N of an organic cation) are left out together, for a fold without one
    of them is a fold without all. Named elements are left out each in a fold of its own, however frequent they are, as
    long as a row remains to train on.

    Parameters
    ----------
    elements : sequence of str, optional
        Elements to leave out. All that can be, if not given.

    Attributes
    ----------
    element_groups_ : list of tuple of str
        Elements of each fold, after `split`.

    See Also
    --------
    ElementGroupSplit : at most so many folds, where this has as many as there are elements.
    """

    __module__ = "matterlearn.validation.splits"

    def __init__(self, elements: Sequence[str] | None = None) -> None:
        self.elements = elements

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of elements that are left out; unless they are named, `groups` must be given."""
        return len(self.make_groups(groups)) if groups is not None or self.elements is None else len(self._named())

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Indices, Indices]]:
        """Yield training and test positions of each element.

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
            If no element can be left out, or a named one is in no row or in all of them.
        """
        sets = checked_sets(groups)
        count_rows(X, sets)
        self.element_groups_ = self.make_groups(sets)
        if not self.element_groups_:
            raise ArgumentError(no_element_split(sets))
        for members in self.element_groups_:
            tested = rows_with(sets, members)
            yield np.flatnonzero(~tested), np.flatnonzero(tested)

    def make_groups(self, groups: Sequence[Collection[str]]) -> list[tuple[str, ...]]:
        """Return what each fold leaves out, without splitting the rows.

        Parameters
        ----------
        groups : sequence of collections of str, shape (n_samples,)
            The elements of each row.

        Returns
        -------
        list of tuple of str
            One entry per fold; none if no element can be left out.

        Raises
        ------
        ArgumentError
            If a named element is in no row or in all of them.
        """
        sets = checked_sets(groups)
        if self.elements is not None:
            return [(element,) for element in self._checked(sets)]
        together: dict[bytes, list[str]] = {}
        for element in free_elements(sets):
            together.setdefault(rows_with(sets, [element]).tobytes(), []).append(element)
        return [tuple(members) for members in together.values()]

    def _named(self) -> list[str]:
        if self.elements is None or isinstance(self.elements, str) or len(self.elements) == 0:
            raise ArgumentError(
                f"must be a list of symbols, got {self.elements!r}", where="elements", fix="write ['O', 'N']"
            )
        return list(dict.fromkeys(self.elements))

    def _checked(self, sets: Sequence[frozenset[str]]) -> list[str]:
        counts = element_counts(sets)
        names = self._named()
        for element in names:
            if element not in counts:
                near = did_you_mean(str(element), sorted(counts)) or ""
                raise ArgumentError(
                    f"no row holds {element!r}; the elements of the rows are {', '.join(sorted(counts)) or 'unknown'}",
                    where="elements",
                    fix=near if near.startswith("did") else None,
                )
            if counts[element] == len(sets):
                raise ArgumentError(
                    f"{element} occurs in every row: without it no row is left to train on", where="elements"
                )
        return names
