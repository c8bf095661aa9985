"""What the user says of rows, in a column of the table or in a file: groups, a hold-out, folds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError, DataError, did_you_mean
from matterlearn.data.cells import is_missing
from matterlearn.data.dataset import Dataset
from matterlearn.data.tables import read_table

HOLDOUT_VALUES = frozenset({"test", "val", "valid", "validation", "holdout", "hold-out", "1", "1.0", "true", "yes"})
"""Cells of a hold-out column that mean "test on this row"."""

NEVER_TESTED = "-1"
"""Fold of rows that are trained on in every fold, as in scikit-learn's PredefinedSplit."""


def column_texts(dataset: Dataset, name: str) -> NDArray[Any]:
    """Return the cells of a column as text, empty where there is none.

    Parameters
    ----------
    dataset : Dataset
        Clean rows.
    name : str
        Any column of the table.

    Returns
    -------
    ndarray of str, shape (n_rows,)

    Raises
    ------
    ArgumentError
        If there is no such column.
    """
    if name not in dataset.frame.columns:
        raise ArgumentError(f"no column {name!r}", where="split", fix=did_you_mean(name, dataset.frame.columns))
    return _texts(dataset.frame[name])


def holdout_rows(dataset: Dataset, detail: str) -> tuple[NDArray[np.bool_], str]:
    """Mark the rows that a column holds out.

    Parameters
    ----------
    dataset : Dataset
        Clean rows.
    detail : str
        "COLUMN" for the rows marked by one of `HOLDOUT_VALUES`, or "COLUMN=VALUE".

    Returns
    -------
    marked : ndarray of bool, shape (n_rows,)
    label : str
        "COLUMN = VALUE" with the values that were found.

    Raises
    ------
    ArgumentError
        If no row is marked, or every row is.
    """
    name, _, value = detail.partition("=")
    cells = column_texts(dataset, name)
    marked = (cells == value) if value else np.isin(np.char.lower(cells), list(HOLDOUT_VALUES))
    if not 0 < marked.sum() < len(marked):
        found = ", ".join(repr(str(cell)) for cell in np.unique(cells)[:6])
        raise ArgumentError(
            f"column {name!r} marks {int(marked.sum())} of {len(marked)} rows as hold-out (values: {found})",
            where="split",
            fix=f"name the value: holdout:{name}=VALUE",
        )
    return marked, f"{name} = {', '.join(map(str, np.unique(cells[marked])))}"


def fold_numbers(dataset: Dataset, path: str) -> tuple[list[str], NDArray[np.intp]]:
    """Return the folds that a file gives, in order, and the fold of each clean row.

    Parameters
    ----------
    dataset : Dataset
        Clean rows; the index of its frame holds their numbers in the table.
    path : str
        A table with a column `fold`, one line per row of the data, or with `row` and `fold`.

    Returns
    -------
    names : list of str
        Numbers in their order, else the order of the alphabet.
    folds : ndarray of int, shape (n_rows,)
        Position in `names`; -1 for the fold "-1", which is never tested.

    Raises
    ------
    DataError
        If the file has no column `fold`, or a row of the data has none, or fewer than two sets of rows are told apart.
    """
    table = read_table(path).frame
    if "fold" not in table.columns:
        raise DataError("no column 'fold'", where=path, fix="give one fold per data row, or columns row and fold")
    numbers = pd.to_numeric(table["row"], errors="coerce") if "row" in table.columns else range(1, len(table) + 1)
    by_row = dict(zip(numbers, _texts(table["fold"]), strict=True))
    missing = [int(row) for row in dataset.frame.index if not by_row.get(row)]
    if missing:
        raise DataError(f"{len(missing)} rows of the data have no fold (first: row {missing[0]})", where=path)
    folds = [by_row[row] for row in dataset.frame.index]
    if len(set(folds)) < 2:
        raise DataError(f"all rows of the data are in the fold {str(folds[0])!r}", where=path, fix="give two")
    names = sorted(set(folds) - {NEVER_TESTED}, key=_order)
    position = {name: k for k, name in enumerate(names)}
    return names, np.array([position.get(fold, -1) for fold in folds], dtype=np.intp)


def _texts(column: pd.Series[Any]) -> NDArray[Any]:
    return np.array(["" if is_missing(cell) else str(cell).strip() for cell in column], dtype=str)


def _order(name: str) -> tuple[float, str]:
    """Put fold 2 before fold 10, and numbers before words."""
    number = pd.to_numeric(name, errors="coerce")
    return (float("inf") if pd.isna(number) else float(number), name)
