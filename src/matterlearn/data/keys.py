"""What cells are compared by when rows are looked for that are equal."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from matterlearn.data.cells import COMPOSITION_KINDS, MOLECULE_KINDS, ParsedCells
from matterlearn.data.structure_cells import molecule_key

# Amounts are compared after rounding to this many decimals: 1/3 and 0.333333333333 are one amount.
_DECIMALS = 9


def cell_keys(parsed: ParsedCells, kind: str) -> list[Hashable]:
    """Return what the cells of one column are compared by.

    Parameters
    ----------
    parsed : ParsedCells
        The cells.
    kind : str
        Their kind.

    Returns
    -------
    list of hashable
        Equal keys for equal cells: of formulas the fractions of the elements, of sites the amounts of the species, of
        molecules their graph, of structures their distances (see `molecule_key`), numbers and texts as they are. None
        for a cell that cannot be read.

    Examples
    --------
    >>> import pandas as pd
    >>> from matterlearn.data.cells import parse_cells
    >>> first, second = cell_keys(parse_cells(pd.Series(["O2Ti", "Ti2O4"]), "formula"), "formula")
    >>> first == second
    True
    """
    return list(_keys(parsed, kind))


def are_all_equal(parsed: ParsedCells, kind: str) -> bool:
    """Tell whether all cells that can be read are equal; looks no further than the first that differs.

    Parameters
    ----------
    parsed : ParsedCells
        The cells.
    kind : str
        Their kind.

    Returns
    -------
    bool
        True also where no cell can be read.

    Examples
    --------
    >>> import pandas as pd
    >>> from matterlearn.data.cells import parse_cells
    >>> are_all_equal(parse_cells(pd.Series(["O", '{"O": 1.0}', None]), "site"), "site")
    True
    """
    first: Hashable = None
    for key in _keys(parsed, kind):
        if key is not None and key != first:
            if first is not None:
                return False
            first = key
    return True


def _keys(parsed: ParsedCells, kind: str) -> Iterator[Hashable]:
    if kind in MOLECULE_KINDS:
        of_text: dict[str, Hashable] = {}  # a text is read once
        for value in parsed.values:
            if isinstance(value, str) and value not in of_text:
                of_text[value] = molecule_key(value)
            yield None if value is None else of_text[value] if isinstance(value, str) else molecule_key(value)
        return
    if kind not in COMPOSITION_KINDS:
        for i, value in enumerate(parsed.values):
            yield None if i in parsed.reasons else value + 0.0 if kind == "number" else value  # -0.0 and 0.0 are one
        return
    known: dict[int, Hashable] = {}  # by identity: equal cells share one dict, which `parsed` keeps alive
    for amounts in parsed.amounts:
        if amounts is None:
            yield None
            continue
        if id(amounts) not in known:
            known[id(amounts)] = _key(amounts, sum(amounts.values()) if kind == "formula" else 1.0)
        yield known[id(amounts)]


def _key(amounts: dict[str, float], total: float) -> Hashable:
    return frozenset((species, round(amount / total, _DECIMALS)) for species, amount in amounts.items())
