"""The column that says how much each row counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError, DataError, did_you_mean
from matterlearn.data.cells import ParsedFrame
from matterlearn.data.rejects import BadCell


def check_weights_name(
    weights: object, columns: Sequence[str], targets: Sequence[str], inputs: Sequence[str], groups: Sequence[str]
) -> None:
    """Raise an error if the weights are no column, or one with another use.

    Parameters
    ----------
    weights : object
        What was given as name of the column.
    columns : sequence of str
        Columns of the table.
    targets, inputs, groups : sequence of str
        Columns with another use; of the inputs those that were named.

    Raises
    ------
    ArgumentError
        In these cases.

    Examples
    --------
    >>> check_weights_name("weight", ["formula", "weight", "gap"], ["gap"], [], [])
    """
    if not isinstance(weights, str):
        raise ArgumentError(
            f"must be the name of a column, got a {type(weights).__name__}",
            where="weights",
            fix="put the weights into a column of the table",
        )
    if weights not in columns:
        raise ArgumentError(f"no column {weights!r}", where="weights", fix=did_you_mean(weights, columns))
    for others, use in ((targets, "a target"), (inputs, "an input"), (groups, "a group column")):
        if weights in others:
            raise ArgumentError(f"{weights!r} is {use}", where="weights", fix=f"weights cannot be {use}")


def bad_weights(parsed: ParsedFrame, weights: str, where: str) -> list[BadCell]:
    """Return the cells of a column of weights that cannot be used.

    Parameters
    ----------
    parsed : ParsedFrame
        The table.
    weights : str
        Name of the column.
    where : str
        The table, for the error.

    Returns
    -------
    list of BadCell
        Cells that are no number, missing, not finite or negative, in the order of the rows. 0 can be used.

    Raises
    ------
    DataError
        If the column holds no numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> parsed = ParsedFrame(pd.DataFrame({"w": [1.0, -2.0, 0.0]}), {"w": "number"})
    >>> [(cell.position, cell.reason) for cell in bad_weights(parsed, "w", "table")]
    [(1, 'the weight is negative')]
    """
    if parsed.kinds[weights] != "number":
        place = f"{where}, column {weights!r}"
        raise DataError("the weights are no numbers", where=place, fix="name a column of numbers")
    read = parsed[weights]
    reasons = read.reasons | {int(i): "the weight is negative" for i in np.flatnonzero(read.values < 0)}
    return [BadCell(i, weights, parsed.frame[weights].iloc[i], reason) for i, reason in sorted(reasons.items())]


def relative_weights(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights whose mean over the rows that count is 1.

    Only ratios of weights mean something; a model with a penalty would take large ones for a small penalty.

    Parameters
    ----------
    raw : ndarray of float, shape (n_rows,)
        Finite, not negative, at least one above 0.

    Returns
    -------
    ndarray of float, shape (n_rows,)
        The same ratios. Equal weights become exactly 1; 0 stays 0 and does not change the others.

    Examples
    --------
    >>> relative_weights(np.array([300.0, 0.0, 100.0])).tolist()
    [1.5, 0.0, 0.5]
    """
    of_largest = raw / raw.max()  # so that no sum overflows
    return np.asarray(of_largest / of_largest[raw > 0].mean())
