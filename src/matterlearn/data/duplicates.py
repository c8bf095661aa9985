"""Rows that are equal over all inputs, and those among them whose targets contradict each other."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.chemistry.ions import Ion
from matterlearn.data.cells import parse_cells
from matterlearn.data.keys import cell_keys
from matterlearn.data.kinds import detect_kinds

if TYPE_CHECKING:
    from matterlearn.data.dataset import Dataset

# Targets of equal rows that differ by no more, relative to the larger, are one value written twice.
_RELATIVE_TOLERANCE = 1e-9


def duplicate_groups(
    frame: pd.DataFrame, kinds: Mapping[str, str] | None = None, *, ions: Mapping[str, Ion] | None = None
) -> NDArray[np.intp]:
    """Give each row a number that it shares with the rows equal to it over all columns.

    Formulas are compared as compositions (`TiO2` = `Ti2O4` = `O2Ti`), sites without regard to order and to species
    with amount 0, numbers exactly, categories as text. A row with a cell that cannot be read equals no other.

    Parameters
    ----------
    frame : DataFrame, shape (n_rows, n_inputs)
        The inputs as `Dataset.X` or a table holds them.
    kinds : mapping of str to str, optional
        Column -> kind; detected where not given.
    ions : mapping of str to Ion, optional
        The user's own ions, beside the built-in ones.

    Returns
    -------
    ndarray of int, shape (n_rows,)
        Numbers from 0, in the order of first appearance.

    Examples
    --------
    >>> frame = pd.DataFrame({"formula": ["TiO2", "SiO2", "Ti2O4"]})
    >>> duplicate_groups(frame).tolist()
    [0, 1, 0]
    """
    kinds = detect_kinds(frame, ions=ions) if kinds is None else kinds
    columns: list[list[Hashable]] = []
    for name in frame.columns:
        parsed = parse_cells(frame[name], kinds[str(name)], ions=ions)
        keys = cell_keys(parsed, kinds[str(name)])
        for i in parsed.reasons:
            keys[i] = ("unread", i)
        columns.append(keys)
    numbers: dict[tuple[Hashable, ...], int] = {}
    rows = zip(*columns, strict=True) if columns else ((),) * len(frame)
    return np.asarray([numbers.setdefault(row, len(numbers)) for row in rows], dtype=np.intp)


def contradictions(dataset: Dataset) -> pd.DataFrame:
    """Return the groups of equal rows whose targets differ.

    Parameters
    ----------
    dataset : Dataset
        The data.

    Returns
    -------
    DataFrame
        One row per group and target that differs by more than 1e-9 of its size: `group` (number as in
        `duplicate_groups`), `n_rows` (those with a value of the target), `rows` (their numbers, counted from 1, as
        text), `target`, `minimum`, `maximum` (unit of the column, also where its logarithm is learned).

    Examples
    --------
    >>> from matterlearn.data.dataset import make_dataset
    >>> frame = pd.DataFrame({"formula": ["TiO2", "SiO2", "Ti2O4"], "gap_eV": [3.0, 9.0, 3.4]})
    >>> print(contradictions(make_dataset(frame, "gap_eV"))[["rows", "minimum", "maximum"]].to_string(index=False))
    rows  minimum  maximum
    1, 3      3.0      3.4
    """
    groups = duplicate_groups(dataset.X, dataset.kinds, ions=dataset.ions)
    targets = dataset.target_values  # (n_rows, n_targets)
    known = ~np.isnan(targets) if dataset.task == "regression" else np.ones(targets.shape, dtype=bool)
    order = np.argsort(groups, kind="stable")
    bounds = np.flatnonzero(np.diff(groups[order], prepend=-1, append=-1))  # starts of the groups, and the end
    found = []
    for start, stop in pairwise(bounds):
        if stop - start < 2:
            continue
        for j, target in enumerate(dataset.targets):
            members = [i for i in order[start:stop] if known[i, j]]
            values = sorted(targets[members, j])
            if len(members) > 1 and _differ(values[0], values[-1]):
                rows = ", ".join(str(dataset.frame.index[i]) for i in members)
                found.append((int(groups[members[0]]), len(members), rows, target, values[0], values[-1]))
    return pd.DataFrame(found, columns=["group", "n_rows", "rows", "target", "minimum", "maximum"])


def _differ(low: Any, high: Any) -> bool:
    if isinstance(low, str):
        return bool(low != high)
    return bool(high - low > _RELATIVE_TOLERANCE * max(abs(low), abs(high)))
