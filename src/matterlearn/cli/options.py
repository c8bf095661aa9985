"""How options are written on the command line."""

from __future__ import annotations

from matterlearn.core.errors import ArgumentError


def names(text: str | None) -> list[str] | None:
    """Return the names in a comma-separated list, None if the option was not given.

    Examples
    --------
    >>> names("A, B")
    ['A', 'B']
    """
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def stated_kinds(text: str | None) -> dict[str, str] | None:
    """Return the kinds of columns in a list like "A=site,route=category", None if the option was not given.

    Raises
    ------
    ArgumentError
        If an entry has no equals sign.

    Examples
    --------
    >>> stated_kinds("A=site, route=category")
    {'A': 'site', 'route': 'category'}
    """
    if text is None:
        return None
    kinds = {}
    for entry in names(text) or []:
        column, equals, kind = entry.rpartition("=")
        if not equals:
            raise ArgumentError(f"{entry!r} states no kind", where="kinds", fix="write COLUMN=KIND")
        kinds[column.strip()] = kind.strip()
    return kinds


def shares(text: str | None, where: str) -> dict[str, float] | None:
    """Return the numbers in a list like "ill=0.01,well=0.99", None if the option was not given.

    Parameters
    ----------
    text : str or None
        The list; a name may hold equals signs, the number stands behind the last.
    where : str
        Name of the option, for errors.

    Raises
    ------
    ArgumentError
        If an entry is no name with a number.

    Examples
    --------
    >>> shares("ill=0.01, well=0.99", "priors")
    {'ill': 0.01, 'well': 0.99}
    """
    if text is None:
        return None
    found = {}
    for entry in names(text) or []:
        label, _, number = entry.rpartition("=")
        try:
            found[label.strip()] = float(number)
        except ValueError:
            label = ""
        if not label:
            raise ArgumentError(f"{entry!r} is no class with a number", where=where, fix="write CLASS=NUMBER")
    return found
