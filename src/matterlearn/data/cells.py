"""One cell read by the kind of its column, and what is wrong with the cells that cannot be read."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.chemistry.formulas import format_formula, parse_formula
from matterlearn.chemistry.ions import IONS, Ion
from matterlearn.chemistry.sites import parse_site
from matterlearn.core.errors import FormulaError, MatterlearnError
from matterlearn.data.number_marks import mark_fault
from matterlearn.data.structure_cells import atoms_of, read_molecule_cell, read_structure_cell

COMPOSITION_KINDS = ("formula", "site")
"""What describes matter by what and how much."""

MOLECULE_KINDS = ("structure", "molecule")
"""What describes a molecule: where its atoms are, or its graph as SMILES."""

MATTER_KINDS = (*COMPOSITION_KINDS, *MOLECULE_KINDS)
"""What describes matter."""

INPUT_KINDS = (*MATTER_KINDS, "number", "category")
"""What a column must hold to be an input; free text and identifiers are none."""

KINDS = (*INPUT_KINDS, "text")
"""What a column can hold."""

NO_NUMBER = frozenset({"", "nan", "na", "n/a", "null", "none", "-", "--"})
"""Texts that stand for a missing number, in any case of letters. In other kinds only the empty text is missing."""

IS_MISSING = "the cell is empty"
"""Reason of a missing cell; a number that is missing in words (`n/a`) is `no value ('n/a')`."""


@dataclass(frozen=True, eq=False)
class ParsedCells:
    """The cells of one column, read.

    Parameters
    ----------
    values : ndarray, shape (n_rows,)
        float for numbers, else objects: str for a formula, molecule (SMILES) or category, dict species -> amount for a
        site, `Conformer` for a structure. Equal site cells share one dict. A cell that cannot be read is NaN or None.
    reasons : dict of int to str
        Position of a cell that cannot be read, counted from 0 -> why.
    amounts : ndarray of object, shape (n_rows,)
        Of what describes matter: dict species -> amount, None where unread; equal cells share one dict. Else empty.
    """

    values: NDArray[Any]
    reasons: dict[int, str]
    amounts: NDArray[np.object_] = field(default_factory=lambda: np.empty(0, dtype=object))


class ParsedFrame:
    """A table whose columns are read once, when they are first asked for.

    Parameters
    ----------
    frame : DataFrame
        The table.
    kinds : mapping of str to str
        Column -> kind.
    ions : mapping of str to Ion, optional
        The user's own ions, beside the built-in ones.

    Examples
    --------
    >>> parsed = ParsedFrame(pd.DataFrame({"formula": ["TiO2"]}), {"formula": "formula"})
    >>> parsed["formula"].amounts[0]
    {'Ti': 1.0, 'O': 2.0}
    """

    def __init__(self, frame: pd.DataFrame, kinds: Mapping[str, str], *, ions: Mapping[str, Ion] | None = None) -> None:
        self.frame = frame
        self.kinds = kinds
        self.ions = ions
        self._columns: dict[str, ParsedCells] = {}

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, name: str) -> ParsedCells:
        if name not in self._columns:
            self._columns[name] = parse_cells(self.frame[name], self.kinds[name], ions=self.ions)
        return self._columns[name]


def parse_cells(cells: pd.Series[Any], kind: str, *, ions: Mapping[str, Ion] | None = None) -> ParsedCells:
    """Read the cells of one column.

    Parameters
    ----------
    cells : Series
        Cells as they stand in a table: text, numbers, mappings.
    kind : str
        One of `KINDS`.
    ions : mapping of str to Ion, optional
        The user's own ions, beside the built-in ones.

    Returns
    -------
    ParsedCells
        Values and reasons, row by row.

    Examples
    --------
    >>> parsed = parse_cells(pd.Series(["1.5", "-", "much"]), "number")
    >>> parsed.values.tolist(), parsed.reasons
    ([1.5, nan, nan], {1: "no value ('-')", 2: "'much' is not a number"})
    """
    if kind == "number" and pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_complex_dtype(cells):
        return _plain_numbers(cells)
    read = _composition_reader(all_ions(ions)) if kind == "formula" else cell_reader(kind, ions=ions)
    values: NDArray[Any] = np.empty(len(cells), dtype=object)
    reasons: dict[int, str] = {}
    known: dict[str, Any] = {}  # a text is read once
    faults: dict[str, str] = {}
    for i, cell in enumerate(cells.to_numpy(dtype=object)):
        is_text = isinstance(cell, str)
        if is_text and cell in known:
            values[i] = known[cell]
        elif is_text and cell in faults:
            reasons[i] = faults[cell]
        else:
            try:
                values[i] = read(cell)
                if is_text:
                    known[cell] = values[i]
            except MatterlearnError as error:
                reasons[i] = reason_of(error)
                if is_text:
                    faults[cell] = reasons[i]
    if kind == "formula":  # what was read are pairs of text and amounts
        texts, amounts = np.empty_like(values), np.empty_like(values)
        for i, pair in enumerate(values):
            texts[i], amounts[i] = pair or (None, None)
        return ParsedCells(texts, reasons, amounts)
    if kind == "number":
        values = np.asarray([math.nan if value is None else value for value in values], dtype=float)
    if kind in MOLECULE_KINDS:
        return ParsedCells(values, reasons, _atoms(values))
    return ParsedCells(values, reasons, values) if kind == "site" else ParsedCells(values, reasons)


def cell_reader(kind: str, *, ions: Mapping[str, Ion] | None = None) -> Callable[[object], Any]:
    """Return the function that reads one cell of a kind; it raises a `MatterlearnError` where it cannot.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    ions : mapping of str to Ion, optional
        The user's own ions, beside the built-in ones.

    Returns
    -------
    callable
        Cell -> value.

    Examples
    --------
    >>> cell_reader("site")('{"Fe": 0.25, "Mn": 0.75}')
    {'Fe': 0.25, 'Mn': 0.75}
    """
    read_composition = _composition_reader(all_ions(ions))
    readers: dict[str, Callable[[object], Any]] = {
        "site": _site_reader(all_ions(ions)),
        "formula": lambda cell: read_composition(cell)[0],
        "structure": _filled(read_structure_cell),
        "molecule": _filled(read_molecule_cell),
        "number": _read_number,
        "category": _read_category,
        "text": _read_category,
    }
    return readers[kind]


def all_ions(ions: Mapping[str, Ion] | None) -> Mapping[str, Ion]:
    """Return the built-in ions and the user's own, which go first."""
    return {**IONS, **ions} if ions else IONS


def is_missing(cell: object) -> bool:
    """Tell whether a cell holds nothing: None, NaN (the number, not the text), NaT, or blank text.

    Examples
    --------
    >>> [is_missing(cell) for cell in (None, float("nan"), "  ", "NaN", 0)]
    [True, True, True, False, False]
    """
    if isinstance(cell, str):
        return not cell.strip()
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return True
    return isinstance(cell, float | np.floating) and math.isnan(cell)


def is_no_number(cell: object) -> bool:
    """Tell whether a cell stands for a missing number.

    Examples
    --------
    >>> [is_no_number(cell) for cell in ("N/A", "-", "0")]
    [True, True, False]
    """
    return is_missing(cell) or (isinstance(cell, str) and cell.strip().casefold() in NO_NUMBER)


def reason_of(error: MatterlearnError) -> str:
    """Return what an error says about a cell, without the text of the cell itself.

    Examples
    --------
    >>> reason_of(FormulaError("unknown element 'Xx'", formula="Xx2O3", position=0))
    "unknown element 'Xx' at character 1"
    """
    place = ""
    if isinstance(error, FormulaError) and error.position is not None:
        place = f" at character {error.position + 1}"
    return f"{error.what}{place}" + (f"; {error.fix}" if error.fix else "")


def _filled(read: Callable[[object], Any]) -> Callable[[object], Any]:
    """Return a reader that says of an empty cell that it is empty."""

    def read_filled(cell: object) -> Any:
        if is_missing(cell):
            raise MatterlearnError(IS_MISSING)
        return read(cell)

    return read_filled


def _atoms(values: NDArray[Any]) -> NDArray[np.object_]:
    amounts = np.empty(len(values), dtype=object)
    known: dict[Any, dict[str, float]] = {}
    for i, value in enumerate(values):
        if value is not None:
            key = value if isinstance(value, str) else value.graph
            amounts[i] = known[key] = known.get(key) or atoms_of(value)
    return amounts


def _site_reader(ions: Mapping[str, Ion]) -> Callable[[object], dict[str, float]]:
    def read(cell: object) -> dict[str, float]:
        if is_missing(cell):
            raise MatterlearnError(IS_MISSING)
        return parse_site(_with_plain_keys(cell) if isinstance(cell, Mapping) else cell, ions=ions)

    return read


def _composition_reader(ions: Mapping[str, Ion]) -> Callable[[object], tuple[str, dict[str, float]]]:
    """Return the function that reads a formula and returns it as text, with its amounts."""
    read_site = _site_reader(ions)

    def read(cell: object) -> tuple[str, dict[str, float]]:
        if isinstance(cell, Mapping) or (isinstance(cell, str) and cell.lstrip()[:1] == "{"):
            text = format_formula(read_site(cell))
        elif isinstance(cell, str) and not is_missing(cell):
            text = cell.strip()
        else:
            raise MatterlearnError(IS_MISSING if is_missing(cell) else f"{_shown(cell)} is not a formula")
        return text, parse_formula(text)

    return read


# float() also takes '1_000' and digits of other scripts, which in a table are faults.
_is_number = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?inf(?:inity)?", re.IGNORECASE
).fullmatch
_TYPED_MINUS = str.maketrans("−–", "--")


def _read_number(cell: object) -> float:
    if isinstance(cell, str):
        text = cell.strip()
        if text.casefold() in NO_NUMBER:
            raise MatterlearnError(f"no value ({text!r})" if text else IS_MISSING)
        text = text.translate(_TYPED_MINUS)
        if not _is_number(text):
            fault, fix = mark_fault(text) or (f"{_shown(cell)} is not a number", None)
            raise MatterlearnError(fault, fix=fix)
        number = float(text)
    elif is_missing(cell):
        raise MatterlearnError(IS_MISSING)
    elif isinstance(cell, Real | Decimal | np.bool_):
        try:
            number = float(cell)
        except OverflowError:
            number = math.inf
    else:
        raise MatterlearnError(f"{_shown(cell)} is not a number")
    if math.isnan(number):
        raise MatterlearnError(IS_MISSING)
    if math.isinf(number):
        raise MatterlearnError("the number is not finite")
    return number


def _plain_numbers(cells: pd.Series[Any]) -> ParsedCells:
    values = cells.to_numpy(dtype=float, na_value=math.nan).copy()
    reasons = {int(i): IS_MISSING for i in np.flatnonzero(np.isnan(values))}
    reasons |= {int(i): "the number is not finite" for i in np.flatnonzero(np.isinf(values))}
    values[np.isinf(values)] = math.nan
    return ParsedCells(values, reasons)


def _read_category(cell: object) -> str:
    if is_missing(cell):
        raise MatterlearnError(IS_MISSING)
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))  # a class 1 stays "1" whether the file held 1 or 1.0
    return str(cell).strip()


def _with_plain_keys(cell: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a mapping with text for keys: pymatgen's have Element objects, its JSON has @module and @class."""
    return {str(key): value for key, value in cell.items() if not str(key).startswith("@")}


def _shown(cell: object) -> str:
    text = repr(cell) if isinstance(cell, str) else f"a {type(cell).__name__}"
    return text if len(text) <= 60 else text[:57] + "...'"
