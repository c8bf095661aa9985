"""Input columns named by patterns: a table of measurements has hundreds of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase

from matterlearn.core.errors import ArgumentError

LEFT_OUT = "!"
"""Sign before a name or pattern whose columns are no inputs."""

BY_PATTERN = ("number", "category")
"""Kinds of columns that a pattern stands for. What describes matter is an input anyway, text never."""


def expand_names(
    names: Sequence[str], columns: Sequence[str], kinds: Mapping[str, str], *, reserved: Collection[str]
) -> tuple[str, ...]:
    """Return the columns that names and patterns stand for.

    Parameters
    ----------
    names : sequence of str
        Names of columns, patterns with `*` (anything) or `?` (one sign), and either with `!` before it for columns to
        leave out again. What is the name of a column means that column, whatever signs it holds.
    columns : sequence of str
        All columns of the table.
    kinds : mapping of str to str
        Their kinds; a pattern stands for numbers and categories.
    reserved : collection of str
        Columns that no pattern stands for: targets, groups, weights.

    Returns
    -------
    tuple of str
        Each once, in the order of the table behind those that are named; unknown names are handed on.

    Raises
    ------
    ArgumentError
        If a pattern fits no column, or all that was named is left out again.

    Examples
    --------
    >>> kinds = {"label": "category", "age": "number", "Lysine": "number", "Lactate": "number"}
    >>> expand_names(["*", "!age"], list(kinds), kinds, reserved=["label"])
    ('Lysine', 'Lactate')
    """
    chosen: dict[str, None] = {}
    dropped: set[str] = set()
    for name in names:
        if name in columns:
            chosen[name] = None
            continue
        out = name.startswith(LEFT_OUT)
        pattern = name.removeprefix(LEFT_OUT)
        if out and pattern in columns:
            dropped.add(pattern)
        elif "*" in pattern or "?" in pattern:
            usable = [column for column in columns if column not in reserved and kinds.get(column) in BY_PATTERN]
            found = [column for column in usable if fnmatchcase(column, pattern)]
            if not found:
                what = f"no column of numbers or categories fits {pattern!r}"
                raise ArgumentError(what, where="inputs", fix="name columns, or use * for anything")
            dropped.update(found if out else ())
            chosen |= {} if out else dict.fromkeys(found)
        else:
            chosen[pattern] = None  # no column: whoever reads the names says so
    kept = tuple(name for name in chosen if name not in dropped)
    if names and not kept:
        raise ArgumentError("all columns are left out again", where="inputs", fix="name some to keep, such as *")
    return kept
