"""Rows that cannot be used: listed with row number, column, value and reason, never dropped in silence."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from matterlearn.core.writing import write_file
from matterlearn.data.cells import is_missing

_COLUMNS = ("row", "column", "value", "reason")


@dataclass(frozen=True)
class BadCell:
    """A cell that makes its row, or its target, unusable.

    Parameters
    ----------
    position : int
        Position of the row, counted from 0.
    column : str
        Name of the column.
    value : object
        The cell as it stands.
    reason : str
        Why it cannot be used.
    """

    position: int
    column: str
    value: object
    reason: str


def rejected_table(cells: Sequence[BadCell], index: pd.Index[Any]) -> pd.DataFrame:
    """List bad cells for a reader.

    Parameters
    ----------
    cells : sequence of BadCell
        In any order; a row may have several.
    index : Index
        Row numbers by position, as a reader counts them.

    Returns
    -------
    DataFrame
        `row`, `column`, `value` (text; empty where the cell is missing), `reason`; sorted by row.

    Examples
    --------
    >>> table = rejected_table([BadCell(2, "formula", "Xx2", "unknown element 'Xx'")], pd.RangeIndex(1, 4))
    >>> print(table.to_string(index=False))
     row  column value               reason
       3 formula   Xx2 unknown element 'Xx'
    """
    ordered = sorted(cells, key=lambda cell: cell.position)
    rows = [(index[cell.position], cell.column, _text(cell.value), cell.reason) for cell in ordered]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def write_rejected(rejected: pd.DataFrame, path: str | os.PathLike[str]) -> Path:
    """Write the list of bad cells as a CSV file, whole or not at all.

    Parameters
    ----------
    rejected : DataFrame
        `Dataset.rejected`; with no rows the file holds the header only.
    path : path-like
        The file.

    Returns
    -------
    pathlib.Path
        The path written.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    return write_file(path, rejected.to_csv(index=False, columns=list(_COLUMNS), lineterminator="\n"))


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if is_missing(value) else str(value)
