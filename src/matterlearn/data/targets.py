"""The columns to predict: which of their cells can be used, and what a cell that cannot means for its row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError, did_you_mean
from matterlearn.data.cells import ParsedFrame, is_no_number
from matterlearn.data.rejects import BadCell

NOT_POSITIVE = "the value is not above 0, and its logarithm is to be learned"
"""Reason of a value that has no logarithm."""

USED_OTHERWISE = "; the row is used for its other targets"
"""End of the reason of a bad cell in a row with several targets, some of which can be used."""


@dataclass(frozen=True, eq=False)
class TargetCells:
    """The targets of a table, read.

    Parameters
    ----------
    values : ndarray, shape (n_rows, n_targets)
        float in the unit of the column, NaN where a cell cannot be used; text or None for classes.
    usable : ndarray of bool, shape (n_rows, n_targets)
        Whether the cell can be used.
    bad_cells : tuple of BadCell
        Those that cannot, the missing ones among them; target by target, in the order of the rows.
    """

    values: NDArray[Any]
    usable: NDArray[np.bool_]
    bad_cells: tuple[BadCell, ...]


def read_targets(parsed: ParsedFrame, targets: Sequence[str], log: Sequence[str] = ()) -> TargetCells:
    """Read the columns to predict.

    Parameters
    ----------
    parsed : ParsedFrame
        The table.
    targets : sequence of str
        Names of the columns, at least one: numbers, or one category.
    log : sequence of str
        Those whose logarithm is to be learned: values that are not above 0 cannot be used.

    Returns
    -------
    TargetCells
        Values, and the cells that cannot be used.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"k_GPa": ["200", "0", ""], "gap_eV": ["3.0", "1.5", "?"]})
    >>> parsed = ParsedFrame(frame, {"k_GPa": "number", "gap_eV": "number"})
    >>> cells = read_targets(parsed, ["k_GPa", "gap_eV"], log=["k_GPa"])
    >>> cells.values.tolist()
    [[200.0, 3.0], [nan, 1.5], [nan, nan]]
    >>> [(cell.position, cell.column) for cell in cells.bad_cells]
    [(1, 'k_GPa'), (2, 'k_GPa'), (2, 'gap_eV')]
    """
    columns, usable, bad = [], np.ones((len(parsed), len(targets)), dtype=bool), []
    for j, name in enumerate(targets):
        values, reasons = parsed[name].values, dict(parsed[name].reasons)
        if name in log:
            reasons |= {int(i): NOT_POSITIVE for i in np.flatnonzero(values <= 0)}
            values = np.where(values > 0, values, np.nan)
        usable[list(reasons), j] = False
        cells = parsed.frame[name]
        bad += [BadCell(i, name, cells.iloc[i], reason) for i, reason in sorted(reasons.items())]
        columns.append(values)
    return TargetCells(np.column_stack(columns), usable, tuple(bad))


def cells_to_list(cells: TargetCells, rows_ok: NDArray[np.bool_]) -> list[BadCell]:
    """Return the bad cells of the targets that a reader must know of.

    A row is unusable only if none of its targets can be used. Where one can, a missing one is no fault and is not
    listed; any other is, with the end of its reason saying that the row is used.

    Parameters
    ----------
    cells : TargetCells
        The targets.
    rows_ok : ndarray of bool, shape (n_rows,)
        Whether the rest of the row, such as its inputs, can be used.

    Returns
    -------
    list of BadCell
        In the order of `cells.bad_cells`.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"a": ["1", "unknown", "-"], "b": ["", "2", "-"]})
    >>> cells = read_targets(ParsedFrame(frame, {"a": "number", "b": "number"}), ["a", "b"])
    >>> [(cell.position, cell.column, cell.reason) for cell in cells_to_list(cells, np.ones(3, dtype=bool))]
    [(1, 'a', "'unknown' is not a number; the row is used for its other targets"), (2, 'a', "no value ('-')"), \
(2, 'b', "no value ('-')")]
    """
    has_other = np.any(cells.usable, axis=1).tolist()
    listed = []
    for cell in cells.bad_cells:
        if not has_other[cell.position]:
            listed.append(cell)
        elif not is_no_number(cell.value):
            used = USED_OTHERWISE if rows_ok[cell.position] else ""
            listed.append(replace(cell, reason=cell.reason + used))
    return listed


def log_targets(log: bool | str | Sequence[str], targets: Sequence[str], task: str) -> tuple[str, ...]:
    """Return the targets whose logarithm is to be learned.

    Parameters
    ----------
    log : bool, str or sequence of str
        True for all targets, or their names.
    targets : sequence of str
        All targets.
    task : str
        "regression" or "classification".

    Returns
    -------
    tuple of str
        In the order of the targets.

    Raises
    ------
    ArgumentError
        If a name is no target, or the target holds categories.

    Examples
    --------
    >>> log_targets("k", ["gap", "k"], "regression"), log_targets(True, ["gap"], "regression")
    (('k',), ('gap',))
    """
    if isinstance(log, bool | np.bool_):
        names = tuple(targets) if log else ()
    else:
        names = (log,) if isinstance(log, str) else tuple(log)
    for name in names:
        if name not in targets:
            raise ArgumentError(f"{name!r} is no target", where="log", fix=did_you_mean(str(name), targets))
        if task != "regression":
            raise ArgumentError(f"{name!r} holds categories, which have no logarithm", where="log", fix="leave it out")
    return tuple(name for name in targets if name in names)
