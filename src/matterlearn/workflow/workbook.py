"""A table as an Excel workbook, cells as they are: text stays text, also where Excel would compute."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from matterlearn.core.errors import DataError
from matterlearn.data.cells import is_missing

MOST_ROWS, MOST_COLUMNS, MOST_CHARACTERS = 1_048_575, 16_384, 32_767
"""What a sheet and a cell of Excel hold, one row of names counted off."""


def write_workbook(table: pd.DataFrame, path: Path) -> None:
    """Write a table into the first sheet of a workbook.

    Numbers are written with every digit; text that begins with an equals sign is no formula; an infinite number is
    the text "inf"; other objects are written as their text.

    Parameters
    ----------
    table : DataFrame
        What to write, without its index.
    path : pathlib.Path
        The file.

    Raises
    ------
    DataError
        If the table or a cell is larger than Excel allows, or a cell holds a control character.
    """
    if len(table) > MOST_ROWS or table.shape[1] > MOST_COLUMNS:
        raise DataError(
            f"{len(table):,} rows and {table.shape[1]:,} columns do not fit into a sheet of Excel", fix="write .csv"
        )
    names = [str(name) for name in table.columns]
    columns = [table.iloc[:, i].tolist() for i in range(len(names))]
    for name, cells in zip(names, columns, strict=True):
        _check(name, f"the column name {name[:40]!r}")
        for number, cell in enumerate(cells, start=1):
            _check(cell, f"row {number}, column {name!r}")
    book = Workbook(write_only=True)
    sheet = book.create_sheet("table")
    for row in (names, *zip(*columns, strict=True)):
        sheet.append([_cell(sheet, value) for value in row])
    book.save(path)


def _check(value: Any, where: str) -> None:
    text = str(value)
    if len(text) > MOST_CHARACTERS or ILLEGAL_CHARACTERS_RE.search(text):
        raise DataError("holds more characters than Excel allows, or others", where=where, fix="write .csv")


def _cell(sheet: Any, value: Any) -> Any:
    """Return what is written for a value: a number, a truth value, nothing, or a cell of text."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if is_missing(value) and not isinstance(value, str):
        return None
    is_number = isinstance(value, int | float | np.integer | np.floating) and math.isfinite(value)
    cell = WriteOnlyCell(
        sheet, value=repr(value.item() if hasattr(value, "item") else value) if is_number else str(value)
    )
    # A number as openpyxl writes it loses its last digit; text is never a formula or an error, whatever it begins with.
    cell.data_type = "n" if is_number else "s"
    return cell
