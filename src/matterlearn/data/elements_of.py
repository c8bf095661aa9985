"""The elements of each row, for splits that hold elements out."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from matterlearn.chemistry.ions import Ion
from matterlearn.chemistry.sites import elements_in
from matterlearn.core.errors import RowError
from matterlearn.data.cells import MATTER_KINDS, ParsedCells, all_ions, parse_cells


def element_sets(
    frame: pd.DataFrame, kinds: Mapping[str, str], *, ions: Mapping[str, Ion] | None = None
) -> list[frozenset[str]]:
    """Return the elements that the formulas, sites and molecules of each row hold.

    Parameters
    ----------
    frame : DataFrame
        Rows with formulas (text), sites (text or mappings), structures and molecules; other columns are not looked at.
    kinds : mapping of str to str
        Column -> kind; columns of `frame` that are missing here are not looked at.
    ions : mapping of str to Ion, optional
        The user's own ions, beside the built-in ones. Ions are opened into their elements.

    Returns
    -------
    list of frozenset of str
        One set per row; empty where no column describes matter. Species with amount 0 do not count.

    Raises
    ------
    RowError
        If a cell cannot be read.

    Examples
    --------
    >>> frame = pd.DataFrame({"A": ["Ca", "MA"], "B": ["Ti", "Pb"]})
    >>> [sorted(elements) for elements in element_sets(frame, {"A": "site", "B": "site"})]
    [['Ca', 'Ti'], ['C', 'H', 'N', 'Pb']]
    """
    rows: list[frozenset[str]] = [frozenset()] * len(frame)
    for name in frame.columns:
        kind = kinds.get(name)
        if kind not in MATTER_KINDS:
            continue
        parsed = parse_cells(frame[name], kind, ions=ions)
        if parsed.reasons:
            row, reason = min(parsed.reasons.items())
            raise RowError(reason, row=row, column=str(name), value=frame[name].iloc[row])
        rows = [held | others for held, others in zip(rows, elements_of_cells(parsed, ions=ions), strict=True)]
    return rows


def elements_of_cells(parsed: ParsedCells, *, ions: Mapping[str, Ion] | None = None) -> list[frozenset[str]]:
    """Return the elements of each cell of a column that describes matter.

    Parameters
    ----------
    parsed : ParsedCells
        The cells.
    ions : mapping of str to Ion, optional
        The user's own ions, beside the built-in ones.

    Returns
    -------
    list of frozenset of str
        Empty for a cell that cannot be read.

    Examples
    --------
    >>> [sorted(held) for held in elements_of_cells(parse_cells(pd.Series(["FA", "Xx"]), "site"))]
    [['C', 'H', 'N'], []]
    """
    every_ion = all_ions(ions)
    of_species: dict[frozenset[str], frozenset[str]] = {frozenset(): frozenset()}
    elements = []
    for amounts in parsed.amounts:
        species = frozenset(amounts or ())
        if species not in of_species:
            of_species[species] = elements_in(species, every_ion)
        elements.append(of_species[species])
    return elements
