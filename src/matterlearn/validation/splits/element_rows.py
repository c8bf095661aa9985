"""Which rows hold which elements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError


def checked_sets(groups: Any) -> list[frozenset[str]]:
    """Return the set of elements of each row, or say what was handed in instead.

    Parameters
    ----------
    groups : sequence of collections of str, shape (n_samples,)
        The elements of each row; see `matterlearn.data.elements_of.element_sets`.

    Returns
    -------
    list of frozenset of str

    Raises
    ------
    ArgumentError
        If there are none, or a row has text (a formula, say) in place of a set.

    Examples
    --------
    >>> checked_sets([["Ca", "O"]])[0] == {"Ca", "O"}
    True
    """
    if groups is None:
        raise ArgumentError("the sets of elements are needed", where="groups")
    sets = []
    for row, elements in enumerate(groups):
        if isinstance(elements, str) or not isinstance(elements, Collection):
            raise ArgumentError(
                f"row {row} has {elements!r} in place of a set of elements",
                where="groups",
                fix="matterlearn.data.elements_of.element_sets makes the sets from formulas and sites",
            )
        sets.append(frozenset(elements))
    return sets


def element_counts(sets: Iterable[frozenset[str]]) -> Counter[str]:
    """Return the number of rows that hold each element.

    Examples
    --------
    >>> element_counts([frozenset({"Ca", "O"}), frozenset({"O"})])["O"]
    2
    """
    return Counter(element for elements in sets for element in elements)


def free_elements(sets: Sequence[frozenset[str]]) -> list[str]:
    """Return, in order, the elements that at least half of the rows do without: no model of oxides learns without O.

    Examples
    --------
    >>> free_elements([frozenset({"Ca", "O"}), frozenset({"Sr", "O"})])
    ['Ca', 'Sr']
    """
    return sorted(element for element, count in element_counts(sets).items() if 2 * count <= len(sets))


def rows_with(sets: Sequence[frozenset[str]], elements: Collection[str]) -> NDArray[np.bool_]:
    """Mark the rows that hold any of the elements.

    Examples
    --------
    >>> rows_with([frozenset({"Ca", "O"}), frozenset({"O"})], ["Ca"]).tolist()
    [True, False]
    """
    return np.array([not held.isdisjoint(elements) for held in sets], dtype=bool)
