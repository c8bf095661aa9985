"""What the columns of a table hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.chemistry.formulas import parse_formula
from matterlearn.chemistry.ions import Ion
from matterlearn.core.errors import MatterlearnError
from matterlearn.data.cells import all_ions, cell_reader, is_missing, is_no_number, reason_of
from matterlearn.data.structure_cells import is_structure, looks_like_structure
from matterlearn.data.structure_files import STRUCTURE

TOLERANCE = 0.9
"""Share of the filled cells of a column that must be readable as a kind; the others become rejected rows."""

TOLERANCE_BY_NAME = 0.5
"""The same where the name of the column says what it holds, or the user named it: then the bad rows are pointed out."""

SAMPLE_SIZE = 2000
"""Filled cells that a kind is decided on; they are drawn at random, always the same ones, where there are more."""


def detect_kinds(frame: pd.DataFrame, *, ions: Mapping[str, Ion] | None = None) -> dict[str, str]:
    """Tell what each column holds, by its cells and, where they can be read in several ways, by its name.

    A column is of a kind if at least `TOLERANCE` of its filled cells can be read so, or `TOLERANCE_BY_NAME` if its name
    speaks for it, in this order:

    - "number": numbers; texts such as `NaN`, `N/A` and `-` between them are missing numbers.
    - "structure": molecules with positions: MOL or XYZ blocks, or objects that hold them (RDKit, ASE, pymatgen). One
      such cell is enough, and so are the records of a file of molecules, damaged as they may be.
    - "molecule": SMILES, in a column whose name says so.
    - "site": site compositions such as `{"Fe": 0.25, "Mn": 0.75}`; symbols of elements (of ions too if the name speaks
      of a site or an element), if at least two are no letter or word of English; in a column named by a capital
      letter (`A`, `B2`) or as a site also formula-like cells (`OFN`).
    - "formula": formulas, if the name says so (formula, composition, compound, ...) or if most look like compounds:
      two elements or more, and a small letter or an amount in them (`BCC` and `S12` could be read as formulas, too).
    - "category": texts that repeat: at most ten different ones, or each five times on average.
    - "text": the rest, such as identifiers.

    Parameters
    ----------
    frame : DataFrame
        Cells as `read_table` gives them, or any objects.
    ions : mapping of str to Ion, optional
        The user's own ions, beside the built-in ones.

    Returns
    -------
    dict of str to str
        Column -> kind.

    Examples
    --------
    >>> frame = pd.DataFrame({"formula": ["NaN", "No"], "route": ["sol", "flux"], "gap_eV": ["1.5", "-"]})
    >>> detect_kinds(frame)
    {'formula': 'formula', 'route': 'category', 'gap_eV': 'number'}
    """
    return {str(name): _kind(str(name), frame[name], ions) for name in frame.columns}


def kind_of_named(column: pd.Series[Any], kind: str) -> str:
    """Return the kind of a column that the user named as a target or an input, given the detected one.

    Parameters
    ----------
    column : Series
        The column.
    kind : str
        Its detected kind.

    Returns
    -------
    str
        For "category" and "text": "number" if at least `TOLERANCE_BY_NAME` of the filled cells are numbers; else
        "category" if the cells are short and hold on average two of each. Any other kind as it is.

    Examples
    --------
    >>> kind_of_named(pd.Series(["1.5", "2.5", "metal", "-"]), "category")
    'number'
    """
    if kind not in ("category", "text"):
        return kind
    cells = _sample(column)
    if _is_number_column(cells, TOLERANCE_BY_NAME):
        return "number"
    return "category" if _is_category_column(column, cells, rows_each=2) else kind


def near_miss(name: str, column: pd.Series[Any], *, ions: Mapping[str, Ion] | None = None) -> str | None:
    """Say what keeps a column from being matter that is named like it.

    Parameters
    ----------
    name : str
        Name of the column.
    column : Series
        A column that was not found to describe matter.
    ions : mapping of str to Ion, optional
        The user's own ions, beside the built-in ones.

    Returns
    -------
    str or None
        A clause with the first cell that cannot be read; None if the column is not named like matter or hardly any of
        its cells can be read so.

    Examples
    --------
    >>> near_miss("formula", pd.Series(["TiO2", "rock", "clay"]))
    "column 'formula' is not used: 67% of its cells cannot be read as a formula ('rock': unknown element 'rock' at \
character 1; elements are H to Lr); state the kind 'formula' to use it without those rows"
    """
    kind = "site" if _is_site_name(name) else "formula" if _speaks_of(name, _FORMULA_WORDS) else None
    cells = _sample(column) if kind else []
    if kind is None or not cells:
        return None
    read = cell_reader(kind, ions=ions)
    share = _share(cells, read)
    if not 1 - TOLERANCE <= share < 1:
        return None
    cell, fault = next((cell, fault) for cell in cells if (fault := _fault(read, cell)) is not None)
    return (
        f"column {name!r} is not used: {1 - share:.0%} of its cells cannot be read as a {kind} ({str(cell)[:40]!r}:"
        f" {fault}); state the kind {kind!r} to use it without those rows"
    )


_SITE_NAME = re.compile(r"[A-Z][0-9]?'{0,2}").fullmatch
_SITE_WORDS = frozenset({"site", "sites"})
_ELEMENT_WORDS = frozenset(
    {"element", "elements", "metal", "cation", "anion", "dopant", "ion", "species", "symbol", "host", "atom"}
)
_FORMULA_WORDS = frozenset(
    {"formula", "formulas", "composition", "compositions", "compound", "material", "alloy", "chemical"}
)
_SMILES_WORDS = frozenset({"smiles"})
_LABEL_WORDS = frozenset({"id", "ids", "name", "number", "no", "index", "key", "url", "doi"})

# Symbols that are letters or words of English, and may be anything in a column whose name does not help.
_AMBIGUOUS = frozenset(symbol for symbol in SYMBOLS if len(symbol) == 1) | {"No", "In", "As", "At", "Be", "He", "Am"}

_MAX_LENGTH = 1000  # characters; longer cells are documents, such as CIF texts
_MAX_CATEGORY_LENGTH = 60
_FEW_CATEGORIES = 10
_ROWS_PER_CATEGORY = 5

_looks_like_compound = re.compile(r"[a-z]|[A-Z)\]}][0-9.]").search
_has_leading_zeros = re.compile(r"(?<![0-9.])0[0-9]").search


def _kind(name: str, column: pd.Series[Any], ions: Mapping[str, Ion] | None) -> str:
    dtype = column.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return "category"
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        return "number"
    cells = _sample(column)
    if not cells:
        return "text"
    if _is_number_column(cells):
        return "number"
    if _is_structure_column(name, cells):
        return "structure"
    if _speaks_of(name, _SMILES_WORDS) and _share(cells, cell_reader("molecule")) >= TOLERANCE_BY_NAME:
        return "molecule"
    if _is_matter(name, cells, ions):
        return "formula" if _speaks_of(name, _FORMULA_WORDS) and not _is_site_name(name) else "site"
    if _is_formula_column(name, cells):
        return "formula"
    return "category" if _is_category_column(column, cells) else "text"


def _sample(column: pd.Series[Any]) -> list[Any]:
    filled = column.dropna()
    if len(filled) > SAMPLE_SIZE:
        chosen = np.random.default_rng(0).choice(len(filled), SAMPLE_SIZE, replace=False)
        filled = filled.iloc[np.sort(chosen)]
    return [cell for cell in filled.to_numpy(dtype=object) if not is_missing(cell)]


def _is_number_column(cells: Sequence[Any], tolerance: float = TOLERANCE) -> bool:
    filled = [cell for cell in cells if not is_no_number(cell)]
    if any(isinstance(cell, bool | np.bool_) for cell in filled):
        return False
    return len(filled) > 0 and _share(filled, cell_reader("number")) >= tolerance


def _is_structure_column(name: str, cells: Sequence[Any]) -> bool:
    # Nothing but a structure looks like one, so that a single one tells what the others were meant to be.
    if any(map(is_structure, cells)) or sum(map(looks_like_structure, cells)) >= TOLERANCE * len(cells):
        return True
    # Records of files end with a line, also those that are damaged beyond recognition.
    return name == STRUCTURE and all(isinstance(cell, str) and cell.endswith("\n") for cell in cells)


def _is_matter(name: str, cells: Sequence[Any], ions: Mapping[str, Ion] | None) -> bool:
    """Tell whether cells are compositions written as mappings, or symbols in a column of sites."""
    read = cell_reader("site", ions=ions)
    if _share(cells, _only_mapping) >= TOLERANCE or _is_site_name(name):
        share = _share(cells, read)
        return share >= TOLERANCE or (share >= TOLERANCE_BY_NAME and any(_is_telling(cell, read) for cell in cells))
    if _speaks_of(name, _FORMULA_WORDS):
        return False
    known: Mapping[str, object] = dict.fromkeys(SYMBOLS)
    if _speaks_of(name, _ELEMENT_WORDS):
        known = {**known, **all_ions(ions)}
        return _share(cells, lambda cell: _one_of(known, cell)) >= TOLERANCE
    symbols = {cell.strip() for cell in cells if isinstance(cell, str)}
    telling = sum(symbol in known and symbol not in _AMBIGUOUS for symbol in symbols)
    return telling >= 2 and _share(cells, lambda cell: _one_of(known, cell)) >= TOLERANCE


def _is_telling(cell: object, read: Callable[[Any], Any]) -> bool:
    """Tell whether a cell is more than single letters, which may be labels of anything."""
    return (not isinstance(cell, str) or re.search("[a-z]", cell) is not None) and _can(read, cell)


def _is_formula_column(name: str, cells: Sequence[Any]) -> bool:
    share = _share(cells, cell_reader("formula"))
    if _speaks_of(name, _FORMULA_WORDS):
        return share >= TOLERANCE_BY_NAME
    return share >= TOLERANCE and _share(cells, _only_compound) >= 0.5


def _is_category_column(column: pd.Series[Any], cells: Sequence[Any], rows_each: int = _ROWS_PER_CATEGORY) -> bool:
    if not cells or any(not isinstance(cell, str | int | float | np.generic) for cell in cells):
        return False
    texts = {str(cell).strip() for cell in cells}
    if max(map(len, texts)) > _MAX_CATEGORY_LENGTH:
        return False
    n_filled = int(column.notna().sum())
    n_texts = len(texts) if n_filled <= SAMPLE_SIZE else int(column.astype(str).nunique())
    return n_texts <= max(_FEW_CATEGORIES, n_filled / rows_each)


def _share(cells: Sequence[Any], read: Callable[[Any], Any]) -> float:
    """Return which share of the cells can be read."""
    known: dict[str, bool] = {}
    n_read = 0
    for cell in cells:
        if isinstance(cell, str):
            if cell not in known:
                known[cell] = len(cell) <= _MAX_LENGTH and _can(read, cell)
            n_read += known[cell]
        else:
            n_read += _can(read, cell)
    return n_read / len(cells) if cells else 0.0


def _can(read: Callable[[Any], Any], cell: object) -> bool:
    return _fault(read, cell) is None


def _fault(read: Callable[[Any], Any], cell: object) -> str | None:
    try:
        read(cell)
    except MatterlearnError as error:
        return reason_of(error)
    return None


def _only_mapping(cell: object) -> None:
    if not (isinstance(cell, Mapping) or (isinstance(cell, str) and cell.lstrip()[:1] == "{")):
        raise MatterlearnError("no mapping")


def _one_of(known: Mapping[str, object], cell: object) -> None:
    if not isinstance(cell, str) or cell.strip() not in known:
        raise MatterlearnError("no symbol")


def _only_compound(cell: object) -> None:
    text = str(cell).strip()
    if not _looks_like_compound(text) or _has_leading_zeros(text) or len(parse_formula(text)) < 2:
        raise MatterlearnError("no compound")


def _is_site_name(name: str) -> bool:
    return _SITE_NAME(name) is not None or _speaks_of(name, _SITE_WORDS)


def _speaks_of(name: str, words: frozenset[str]) -> bool:
    parts = set(re.findall("[a-z]+", name.casefold()))
    return bool(parts & words) and not parts & _LABEL_WORDS
