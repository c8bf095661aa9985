"""The changes of one symmetry, put together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.validation.audits.changes import Change
from matterlearn.validation.audits.result import CHANGE_COLUMNS, SymmetryCheck


def table_of(
    change: Change,
    *,
    output: Any,
    before: Any,
    after: Any,
    differences: NDArray[np.float64],
    beyond: NDArray[np.bool_],
    reasons: Sequence[str],
) -> pd.DataFrame:
    """Return the lines of one change for `Audit.changes`; see there for the columns."""
    failed = np.array([bool(reason) for reason in reasons], dtype=bool)
    return pd.DataFrame(
        {
            "symmetry": change.symmetry,
            "change": change.said,
            "number": change.number,
            "row": change.rows,
            "output": output,
            "before": before,
            "after": after,
            "difference": np.where(failed, np.nan, differences),
            "beyond": beyond | failed,
            "reason": list(reasons),
        },
        columns=list(CHANGE_COLUMNS),
    )


def check_of(
    symmetry: str,
    tables: Sequence[pd.DataFrame],
    *,
    reason: str,
    spread: float,
    error: float = math.nan,
    error_after: float = math.nan,
    share_of_classes: float = math.nan,
    judged: bool = True,
    doubt: str = "",
) -> SymmetryCheck:
    """Sum up the changes of one symmetry.

    Parameters
    ----------
    symmetry : str
        Which.
    tables : sequence of DataFrame
        The lines of each change; none if there is no change of this symmetry.
    reason : str
        Why there is none.
    spread, error : float
        What changes are compared with; NaN where there is no such thing.
    error_after, share_of_classes : float
        See `SymmetryCheck`.
    judged : bool
        Whether any output is large enough to be told from rounding.
    doubt : str
        What changed and cannot be told from rounding; empty if nothing.

    Returns
    -------
    SymmetryCheck
    """
    if not tables:
        return SymmetryCheck(symmetry, "not tested", reason=reason)
    table = pd.concat(list(tables), ignore_index=True)
    by_row = table.groupby("row")
    failed = table["reason"] != ""
    known = table.loc[~failed]
    first = known.loc[known["number"] == known["number"].min()]
    largest = known.iloc[int(known["difference"].to_numpy().argmax())] if len(known) else None
    broken = bool(table["beyond"].any())
    reason = doubt if doubt and not broken else next((text for text in table["reason"] if text), "")
    value = math.nan if largest is None else float(largest["difference"])
    median, first_median = _median(known["difference"]), _median(first["difference"])
    return SymmetryCheck(
        symmetry=symmetry,
        verdict="broken" if broken else "not tested" if doubt and not judged else "holds",
        n_rows=len(by_row),
        n_changes=int(table["number"].nunique()),
        n_failed=int(failed.groupby(table["row"]).any().sum()),
        largest=value,
        median=median,
        first_median=first_median,
        largest_of_spread=_ratio(value, spread),
        median_of_spread=_ratio(median, spread),
        first_median_of_spread=_ratio(first_median, spread),
        largest_of_error=_ratio(value, error),
        median_of_error=_ratio(median, error),
        first_median_of_error=_ratio(first_median, error),
        share_beyond=float(by_row["beyond"].any().mean()),
        share_of_classes=share_of_classes,
        error_after=error_after,
        largest_change="" if largest is None else str(largest["change"]),
        first_change="" if not len(first) else str(first["change"].iloc[0]),
        output="" if largest is None else str(largest["output"]),
        reason=reason,
    )


def _median(values: pd.Series[Any]) -> float:
    return float(values.median()) if len(values) else math.nan


def _ratio(value: float, unit: float) -> float:
    return value / unit if unit > 0 else math.nan
