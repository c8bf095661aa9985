"""Cells that hold a molecule: its positions (kind "structure") or only its graph as SMILES (kind "molecule")."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np

from matterlearn.core.errors import MatterlearnError

if TYPE_CHECKING:
    import pandas as pd

    from matterlearn.chemistry.molecules.conformers import Conformer

# RDKit takes half a second to load and is loaded by the first cell that needs it.

DECIMALS = 3
"""Distances (angstrom) are compared after rounding to this many decimals where equal structures are looked for."""

_MARKS = ("M  END", "V2000", "V3000")
_LINE_OF_MOL = re.compile(r"^(?:M  END\s*|[ \d]{6}.*V[23]000\s*)$", re.MULTILINE)
_COORDINATE = r"[ \t]+[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?"
_START_OF_XYZ = re.compile(rf"\s*[0-9]+[ \t\r]*\n[^\n]*\n[ \t]*[A-Za-z]{{1,2}}[0-9]*{_COORDINATE * 3}(?:\s|$)")


def looks_like_structure(cell: object) -> bool:
    r"""Tell a cell that holds atoms in space, by its outside: nothing is read.

    Parameters
    ----------
    cell : object
        Any cell.

    Returns
    -------
    bool
        True for a `Conformer`, an RDKit `Mol`, ASE `Atoms`, a pymatgen `Molecule`, and texts that look like MOL or XYZ
        blocks.

    Examples
    --------
    >>> looks_like_structure("2\n\nH 0 0 0\nH 0 0 0.74"), looks_like_structure("CCO")
    (True, False)
    """
    if isinstance(cell, str):
        if any(mark in cell for mark in _MARKS):
            return True
        first, _, rest = cell.lstrip().partition("\n")
        return first.strip().isdecimal() and rest.count("\n") >= 1
    kind = type(cell)
    if hasattr(kind, "lattice") or np.any(getattr(cell, "pbc", False)):  # a crystal
        return False
    fields = getattr(kind, "__dataclass_fields__", {})  # of a Conformer
    return "positions" in fields or any(
        hasattr(kind, name) for name in ("get_positions", "GetConformer", "cart_coords")
    )


def is_structure(cell: object) -> bool:
    r"""Tell a cell that can be nothing else than atoms in space, whether or not they can be read.

    Parameters
    ----------
    cell : object
        Any cell.

    Returns
    -------
    bool
        True for the objects of `looks_like_structure`, and for texts with the lines of a MOL block, or with a number,
        a comment and an atom with three coordinates as an XYZ block has them.

    Examples
    --------
    >>> is_structure("2\n\nH 0 0 0\nH 0 0 0.74"), is_structure("2024\nmeasured again\nV2000 used")
    (True, False)
    """
    if not isinstance(cell, str):
        return looks_like_structure(cell)
    return _LINE_OF_MOL.search(cell) is not None or _START_OF_XYZ.match(cell) is not None


def read_structure_cell(cell: object) -> Conformer:
    """Read a cell of a column of structures; see `read_conformer`.

    Raises
    ------
    MatterlearnError
        If it is no molecule with positions.
    """
    from matterlearn.chemistry.molecules.convert import read_conformer

    return read_conformer(cell)


def read_molecule_cell(cell: object) -> str:
    """Read a cell of a column of molecules.

    Returns
    -------
    str
        SMILES: of a text as it stands, of an RDKit `Mol` as RDKit writes it.

    Raises
    ------
    MatterlearnError
        If it is no molecule.

    Examples
    --------
    >>> read_molecule_cell(" CCO ")
    'CCO'
    """
    from rdkit import Chem

    from matterlearn.chemistry.molecules.convert import read_molecule

    mol = read_molecule(cell)
    return cell.strip() if isinstance(cell, str) else str(Chem.MolToSmiles(mol))


def atoms_of(value: Any) -> dict[str, float]:
    """Return how many atoms of each element a molecule that was read holds, with all hydrogen atoms.

    Parameters
    ----------
    value : Conformer or str
        What one of the functions above returned.

    Returns
    -------
    dict of str to float

    Examples
    --------
    >>> atoms_of("CCO")
    {'C': 2.0, 'O': 1.0, 'H': 6.0}
    """
    if not isinstance(value, str):
        return {symbol: float(n) for symbol, n in Counter(value.graph.symbols).items()}
    from matterlearn.chemistry.molecules.convert import read_molecule

    counts: Counter[str] = Counter()
    n_hydrogen = 0
    for atom in read_molecule(value).GetAtoms():
        counts[atom.GetSymbol()] += 1
        n_hydrogen += atom.GetTotalNumHs()
    if n_hydrogen:
        counts["H"] += n_hydrogen
    return {symbol: float(n) for symbol, n in counts.items()}


def molecule_key(value: Any) -> Hashable:
    """Return what molecules are compared by: canonical SMILES, or the distances between the elements of a structure.

    Structures that are turned, moved, mirrored or have their atoms in another order are equal.

    Parameters
    ----------
    value : Conformer or str
        What one of the functions above returned.

    Returns
    -------
    hashable

    Examples
    --------
    >>> molecule_key("OCC") == molecule_key("CCO")
    True
    """
    if isinstance(value, str):
        from rdkit import Chem

        from matterlearn.chemistry.molecules.convert import read_molecule

        return str(Chem.MolToSmiles(read_molecule(value)))
    numbers = value.graph.atomic_numbers
    first, second = np.triu_indices(len(numbers), k=1)
    gaps = np.linalg.norm(value.positions[first] - value.positions[second], axis=1).round(DECIMALS)
    pairs = np.sort(np.column_stack([numbers[first], numbers[second]]), axis=1)
    order = np.lexsort((gaps, pairs[:, 1], pairs[:, 0]))
    # Of a large molecule the distances fill megabytes, and keys of all rows are held at once.
    distances = hashlib.sha256(pairs[order].tobytes() + gaps[order].tobytes()).digest()
    return (value.graph.formula, len(value.graph.bonds), distances)


def cell_as_text(cell: Any) -> Any:
    """Return a cell as it can stand in a file: an object that holds a molecule becomes a MOL block.

    Parameters
    ----------
    cell : object
        Any cell.

    Returns
    -------
    object
        Text for such an object if it can be read, any other cell as it is.
    """
    if not _is_molecule(cell):
        return cell
    from matterlearn.chemistry.molecules.convert import read_conformer, to_mol_block

    try:
        return to_mol_block(read_conformer(cell))
    except MatterlearnError:
        return str(cell)


def frame_as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with text in place of objects that hold molecules; see `cell_as_text`.

    Parameters
    ----------
    frame : DataFrame
        A table.

    Returns
    -------
    DataFrame
        The same one if it holds none.
    """
    columns = [name for name in frame.columns if frame[name].dtype == object]
    texts = {name: frame[name].map(cell_as_text) for name in columns if any(map(_is_molecule, frame[name].head(50)))}
    return frame.assign(**texts) if texts else frame


def _is_molecule(cell: object) -> bool:
    return not isinstance(cell, str) and looks_like_structure(cell)
