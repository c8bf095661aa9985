"""Input columns named by patterns: a table of measurements has hundreds of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pandas as pd

from matterlearn.core.errors import ArgumentError
from matterlearn.data.cells import is_no_number

LEFT_OUT = "!"
"""Sign before a name or pattern whose columns are no inputs."""

BY_PATTERN = ("number", "category")
"""Kinds of columns that a pattern stands for. What describes matter is an input anyway, text never."""


_NUMBERING = re.compile(r"(^|[\W_])(id|ids|nr|no|number|index|row|key)$|^unnamed", re.IGNORECASE)


def numbers_rows(name: str, column: pd.Series[Any]) -> bool:
    """Tell whether a column only numbers the rows, by its name and by holding a different whole number in each.

    Examples
    --------
    >>> numbers_rows("sample_id", pd.Series([499527, 499529])), numbers_rows("n_atoms", pd.Series([1, 2]))
    (True, False)
    """
    if not _NUMBERING.search(name) or not column.is_unique:
        return False
    numbers = pd.to_numeric(column, errors="coerce")
    return bool(np.all(np.isfinite(numbers) & (numbers == numbers.round())))


def is_empty(column: pd.Series[Any]) -> bool:
    """Tell whether a column has no value at all.

    Examples
    --------
    >>> is_empty(pd.Series([None, ""])), is_empty(pd.Series([None, "0"]))
    (True, False)
    """
    return all(is_no_number(cell) for cell in column)


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
        Columns that no pattern stands for: targets, groups, weights, numbers of the rows, empty columns.

    Returns
    -------
    tuple of str
        Each once, in the order they are named, those of one pattern in the order of the table; unknown names are handed
        on.

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
