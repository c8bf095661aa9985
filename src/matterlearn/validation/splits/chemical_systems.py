"""The name of a chemical system."""

from __future__ import annotations

from collections.abc import Collection

from matterlearn.core.errors import ArgumentError


def chemical_system(elements: Collection[str]) -> str:
    """Return the chemical system of a set of elements: their symbols in the order of the alphabet, joined by hyphens.

    Rows of one system differ in proportions only: to leave a system out is to leave a phase diagram out.

    Parameters
    ----------
    elements : collection of str
        Symbols.

    Returns
    -------
    str
        Empty for no elements.

    Raises
    ------
    ArgumentError
        If a text is given in place of a set.

    Examples
    --------
    >>> chemical_system({"Ti", "Ba", "O"})
    'Ba-O-Ti'
    """
    if isinstance(elements, str):
        raise ArgumentError(f"must be a set of symbols, got the text {elements!r}", where="elements")
    return "-".join(sorted(set(elements)))
