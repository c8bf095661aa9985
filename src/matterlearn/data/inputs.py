"""The inputs of a model, read from a table: for training and, by the schema of the training data, for prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.chemistry.ions import Ion
from matterlearn.chemistry.sites import Amounts, detect_amounts
from matterlearn.core.errors import DataError, did_you_mean
from matterlearn.data.cells import INPUT_KINDS, ParsedFrame
from matterlearn.data.rejects import BadCell

LARGEST = 1e30
"""Largest input: trees hold numbers of single precision, and sums of squares of larger ones overflow."""


@dataclass(frozen=True, eq=False)
class ParsedInputs:
    """Inputs read from a table, row by row in its order.

    Parameters
    ----------
    X : DataFrame, shape (n_rows, n_inputs)
        Read cells: dict species -> amount for a site, the text as given for a formula or molecule, `Conformer` for a
        structure, float for a number, text for a category; None or NaN where a cell cannot be read. Equal site cells
        share one dict: read, do not change them.
    ok : ndarray of bool, shape (n_rows,)
        Whether all cells of the row could be read.
    reasons : ndarray of object, shape (n_rows,)
        Why not, as text; empty where `ok`.
    bad_cells : tuple of BadCell
        The same cell by cell.
    notes : tuple of str
        What a user should know, one sentence each.
    """

    X: pd.DataFrame
    ok: NDArray[np.bool_]
    reasons: NDArray[np.object_]
    bad_cells: tuple[BadCell, ...]
    notes: tuple[str, ...] = ()


def parse_inputs(frame: pd.DataFrame, schema: Mapping[str, Any]) -> ParsedInputs:
    """Read the inputs that a schema names.

    Parameters
    ----------
    frame : DataFrame
        A table with at least the columns of the inputs; others are not looked at. It is not changed.
    schema : mapping
        `Dataset.schema` of the training data: "inputs", "kinds" and, where there are any, "ions" and "amounts".

    Returns
    -------
    ParsedInputs
        All rows in order; those that cannot be used are marked, with a reason.

    Raises
    ------
    DataError
        If a column is missing.

    Examples
    --------
    >>> schema = {"inputs": ["formula"], "kinds": {"formula": "formula"}}
    >>> parsed = parse_inputs(pd.DataFrame({"formula": ["NaN", "Xx2"]}), schema)
    >>> parsed.ok.tolist(), parsed.reasons.tolist()[1]
    ([True, False], "column 'formula': unknown element 'Xx' at character 1; elements are H to Lr")
    """
    columns = [str(name) for name in frame.columns]
    for name in schema["inputs"]:
        if name not in columns:
            raise DataError(f"the input column {name!r} is missing", fix=did_you_mean(name, columns))
    parsed = ParsedFrame(frame, schema["kinds"], ions=ions_of(schema))
    inputs = read_inputs(parsed, schema["inputs"])
    return replace(inputs, notes=tuple(_other_amounts(inputs, schema["kinds"], schema.get("amounts"))))


def read_inputs(parsed: ParsedFrame, names: Sequence[str]) -> ParsedInputs:
    """Put some columns of a table together as inputs.

    Parameters
    ----------
    parsed : ParsedFrame
        The table.
    names : sequence of str
        Columns of the inputs.

    Returns
    -------
    ParsedInputs
        Without notes.

    Examples
    --------
    >>> parsed = ParsedFrame(pd.DataFrame({"formula": ["NaN", ""]}), {"formula": "formula"})
    >>> read_inputs(parsed, ["formula"]).ok.tolist()
    [True, False]
    """
    frame = parsed.frame
    values: dict[str, Any] = {}
    reasons = np.full(len(frame), "", dtype=object)
    bad: list[BadCell] = []
    for name in names:
        cells = parsed[name]
        values[name] = pd.Series(cells.values, index=frame.index, dtype=_DTYPES[parsed.kinds[name]])
        found = dict(cells.reasons)
        if parsed.kinds[name] == "number":
            with np.errstate(invalid="ignore"):
                beyond = np.flatnonzero(np.abs(np.asarray(cells.values, dtype=float)) > LARGEST)
            found |= {int(i): f"a number beyond {LARGEST:.0e}, whose square overflows; change unit" for i in beyond}
        for i, reason in sorted(found.items()):
            bad.append(BadCell(i, name, frame[name].iloc[i], reason))
            reasons[i] += f"{'; ' if reasons[i] else ''}column {name!r}: {reason}"
    X = pd.DataFrame(values, index=frame.index, columns=list(names))
    return ParsedInputs(X, np.asarray(reasons == "", dtype=bool), reasons, tuple(bad))


def site_amounts(X: pd.DataFrame, kinds: Mapping[str, str]) -> Amounts | None:
    """Return how the amounts on the sites are meant; None where there are no sites or no rows.

    Parameters
    ----------
    X : DataFrame
        Inputs that could all be read.
    kinds : mapping of str to str
        Column -> kind.

    Returns
    -------
    Amounts or None
        Convention, and positions of the rows that deviate.

    Examples
    --------
    >>> X = pd.DataFrame({"A": [{"K": 0.5, "Rb": 0.5}], "X": [{"I": 3.0}]})
    >>> site_amounts(X, {"A": "site", "X": "site"}).convention
    'per formula unit'
    """
    sites = {str(name): X[name].tolist() for name in X.columns if kinds[str(name)] == "site"}
    return detect_amounts(sites) if sites and len(X) else None


def ions_of(schema: Mapping[str, Any]) -> dict[str, Ion]:
    """Return the user's own ions that a schema holds.

    Parameters
    ----------
    schema : mapping
        With or without "ions".

    Returns
    -------
    dict of str to Ion
        Symbol -> ion.

    Examples
    --------
    >>> ions_of({"ions": {"DEA": {"name": "diethylammonium", "formula": "(C2H5)2NH2", "charge": 1}}})["DEA"].charge
    1
    """
    return {symbol: Ion(symbol=symbol, **entry) for symbol, entry in (schema.get("ions") or {}).items()}


# Cells are objects also where they are texts: a column of text with None in it would turn the None into NaN.
_DTYPES = dict.fromkeys(INPUT_KINDS, "object") | {"number": "float64"}


def _other_amounts(inputs: ParsedInputs, kinds: Mapping[str, str], learned: str | None) -> list[str]:
    """Say so where amounts are written in another way than in the training data: the features would be off."""
    found = site_amounts(inputs.X[inputs.ok], kinds) if learned not in (None, "unclear") else None
    if found is None or found.convention in (learned, "unclear"):
        return []
    return [f"The model learned amounts {learned}; in this table {found.text}."]
