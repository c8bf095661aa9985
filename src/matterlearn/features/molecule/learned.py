"""Checks of what a transformer of molecules has learned, for those that were read from a file."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite

from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.chemistry.molecules.graph import MOST_ATOMS
from matterlearn.core.errors import MatterlearnError

_PLACES = {symbol: place for place, symbol in enumerate(SYMBOLS)}


def check_that(sound: bool, what: str) -> None:
    """Raise a MatterlearnError unless something learned can be.

    Parameters
    ----------
    sound : bool
        Whether it can.
    what : str
        Name of the attribute.

    Examples
    --------
    >>> check_that(True, "elements_")
    """
    if not sound:
        raise MatterlearnError(f"{what} is nothing that fit would learn", fix="fit again")


def check_n_atoms(number: object) -> None:
    """Raise a MatterlearnError unless a number of atoms can be.

    Parameters
    ----------
    number : object
        What stands where an int is expected.

    Examples
    --------
    >>> check_n_atoms(3)
    """
    check_that(is_whole(number, 1, MOST_ATOMS), "n_atoms_")


def check_elements(symbols: object) -> None:
    """Raise a MatterlearnError unless symbols are known, each there once, by atomic number.

    Parameters
    ----------
    symbols : object
        What stands where a tuple of symbols is expected.

    Examples
    --------
    >>> check_elements(("H", "O"))
    """
    known = is_texts(symbols) and all(symbol in _PLACES for symbol in symbols)  # type: ignore[attr-defined]
    places = [_PLACES[symbol] for symbol in symbols] if known else []  # type: ignore[attr-defined]
    check_that(bool(places) and all(one < other for one, other in pairwise(places)), "elements_")


def is_texts(value: object) -> bool:
    """Tell whether something is a tuple of texts.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_texts(("H", "O")), is_texts("HO")
    (True, False)
    """
    return type(value) is tuple and all(type(text) is str for text in value)


def is_number_of_each(value: object, names: tuple[str, ...]) -> bool:
    """Tell whether something is a dict with one finite float for each name.

    Parameters
    ----------
    value : object
        Anything.
    names : tuple of str
        The keys it must have.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_number_of_each({"C-H": 1.09}, ("C-H",))
    True
    """
    return (
        type(value) is dict
        and value.keys() == set(names)
        and all(type(number) is float and isfinite(number) for number in value.values())
    )


def is_whole(value: object, least: int, most: int) -> bool:
    """Tell whether something is a whole number between two limits, which it may be itself.

    Parameters
    ----------
    value : object
        Anything.
    least, most : int
        The limits.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_whole(3, 1, 3), is_whole(True, 0, 1), is_whole(3.0, 1, 3)
    (True, False, False)
    """
    return type(value) is int and least <= value <= most
