"""From and to the objects and texts of other programs: RDKit, ASE, pymatgen, MOL and XYZ blocks, SMILES."""

from __future__ import annotations

import io
import re
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import rdDetermineBonds
from rdkit.Geometry import Point3D
from scipy.spatial import cKDTree

from matterlearn.chemistry.molecules.conformers import FARTHEST, Conformer
from matterlearn.chemistry.molecules.graph import MOST_ATOMS, MoleculeGraph
from matterlearn.core.errors import MatterlearnError

DECIMALS = 15
"""Decimals of coordinates in a MOL block: positions within 10 angstrom come back to the last bit or the one before."""


def read_conformer(cell: Any) -> Conformer:
    r"""Read one molecule with positions, whatever holds it.

    Parameters
    ----------
    cell : Conformer, RDKit Mol, ASE Atoms, pymatgen Molecule or str
        A text is a MOL block (V2000 or V3000) or an XYZ block, plain or extended. Hydrogen atoms must be there: none
        are added. Where a source has no bonds (Atoms, Molecule, XYZ), those atoms are bonded that are closer than 1.3
        times the sum of their covalent radii, all by single bonds, as RDKit's `DetermineConnectivity` finds them.

    Returns
    -------
    Conformer
        Isotopes are not kept: an atom of deuterium is one of hydrogen.

    Raises
    ------
    MatterlearnError
        If it cannot be read, has no positions in space, is periodic, has more than `MOST_ATOMS` atoms, or atoms beyond
        `FARTHEST`.

    Examples
    --------
    >>> read_conformer("3\nwater\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n").graph.bonds
    ((0, 1, 1.0), (0, 2, 1.0))
    """
    if isinstance(cell, Conformer):
        _check_size(len(cell.graph))
        _check_places(cell.positions)
        return cell
    if isinstance(cell, Chem.Mol):
        return _of_mol(cell)
    if isinstance(cell, str):
        return _of_text(cell)
    if hasattr(type(cell), "get_positions"):
        if np.any(cell.pbc):
            raise MatterlearnError("the structure is periodic", fix="crystals are no molecules; set pbc to False")
        return _without_bonds(cell.get_atomic_numbers(), cell.get_positions())
    if hasattr(type(cell), "cart_coords") and not hasattr(type(cell), "lattice"):
        if not cell.is_ordered:
            raise MatterlearnError("a site of the molecule is partly occupied")
        return _without_bonds([site.specie.Z for site in cell], cell.cart_coords)
    raise MatterlearnError(f"a {type(cell).__name__} is no molecule with positions")


def read_molecule(cell: Any) -> Any:
    """Read a molecule as a graph.

    Parameters
    ----------
    cell : str, Conformer or RDKit Mol
        A text is SMILES.

    Returns
    -------
    rdkit.Chem.Mol
        As RDKit understands it; hydrogen atoms as they were written.

    Raises
    ------
    MatterlearnError
        If it is no molecule; the reason of RDKit is given. Patterns of molecules, with placeholders (`*`) or bonds of
        any kind (`~`), are none. Or if it has more than `MOST_ATOMS` atoms, not counting hydrogen that is implied.

    Examples
    --------
    >>> read_molecule("CCO").GetNumAtoms()
    3
    """
    if isinstance(cell, Chem.Mol):
        _check_atoms(cell, "the molecule")
        return cell
    if isinstance(cell, Conformer):
        _check_size(len(cell.graph))
        return to_mol(cell)
    if not isinstance(cell, str) or not cell.strip():
        raise MatterlearnError(
            "the cell is empty" if cell is None or cell == "" else f"a {type(cell).__name__} is no SMILES"
        )
    with rdBase.BlockLogs():  # what RDKit would print is put into errors
        mol = Chem.MolFromSmiles(cell.strip(), sanitize=False)
        if mol is None:
            raise MatterlearnError(f"{_short(cell)} is no SMILES")
        if _IS_PATTERN.search(cell):
            raise MatterlearnError(f"{_short(cell)} is a pattern", fix="name the elements")
        _check_atoms(mol, _short(cell))
        _sanitize(mol)
        Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    return mol


def to_mol(conformer: Conformer) -> Any:
    """Make the RDKit molecule of a conformer, with its positions; the order of the atoms stays.

    Parameters
    ----------
    conformer : Conformer
        The molecule.

    Returns
    -------
    rdkit.Chem.Mol
        Sanitised, with stereochemistry from the positions.

    Raises
    ------
    MatterlearnError
        If RDKit finds its valences impossible.
    """
    graph = conformer.graph
    mol = Chem.RWMol()
    for k, number in enumerate(graph.numbers):
        atom = Chem.Atom(int(number))
        atom.SetNoImplicit(True)
        if graph.charges:
            atom.SetFormalCharge(int(graph.charges[k]))
        mol.AddAtom(atom)
    for i, j, order in graph.bonds:
        mol.AddBond(i, j, _BOND_TYPES[order])
        if order == 1.5:
            mol.GetBondBetweenAtoms(i, j).SetIsAromatic(True)
            for end in (i, j):
                mol.GetAtomWithIdx(end).SetIsAromatic(True)
    places = Chem.Conformer(len(graph))
    places.Set3D(True)
    for k, (x, y, z) in enumerate(conformer.positions.tolist()):
        places.SetAtomPosition(k, Point3D(x, y, z))
    mol.AddConformer(places)
    with rdBase.BlockLogs():
        _sanitize(mol)
        Chem.AssignStereochemistryFrom3D(mol)
    return mol.GetMol()


def to_mol_block(conformer: Conformer) -> str:
    """Write a conformer as a MOL block (V3000), which holds its bonds and `DECIMALS` decimals of its positions.

    Parameters
    ----------
    conformer : Conformer
        The molecule.

    Returns
    -------
    str
    """
    parameters: Any = Chem.MolWriterParams()
    parameters.forceV3000 = True
    parameters.precision = DECIMALS
    return str(Chem.MolToMolBlock(to_mol(conformer), parameters))


def to_atoms(conformer: Conformer) -> Any:
    """Make the ASE Atoms of a conformer.

    Parameters
    ----------
    conformer : Conformer
        The molecule.

    Returns
    -------
    ase.Atoms
    """
    from ase import Atoms

    return Atoms(numbers=conformer.graph.numbers, positions=conformer.positions)


_DIGITS = 9  # of a number of atoms; Python itself refuses to read numbers of some thousand

_MANY_COLUMNS = re.compile(r":\s*[A-Z]\s*:\s*[^\s:\"'}]{4}")

_IS_PATTERN = re.compile(r"\[[0-9]*#")  # an atom as [#6], which RDKit reads as carbon without hydrogen

_BOND_TYPES = {
    1.0: Chem.BondType.SINGLE,
    2.0: Chem.BondType.DOUBLE,
    3.0: Chem.BondType.TRIPLE,
    1.5: Chem.BondType.AROMATIC,
}


def graph_of_mol(mol: Any) -> MoleculeGraph:
    """Return the graph of an RDKit molecule whose hydrogen atoms are all there.

    Parameters
    ----------
    mol : rdkit.Chem.Mol
        The molecule.

    Returns
    -------
    MoleculeGraph

    Raises
    ------
    MatterlearnError
        If an atom is a placeholder, hydrogen atoms are missing, or a bond is of another kind than single to triple or
        aromatic.
    """
    missing = sum(atom.GetTotalNumHs() for atom in mol.GetAtoms())
    if missing:
        raise MatterlearnError(f"{missing} hydrogen atoms are not written out", fix="add them with their positions")
    numbers = tuple(atom.GetAtomicNum() for atom in mol.GetAtoms())
    if not numbers or min(numbers) < 1:
        raise MatterlearnError("a placeholder stands where an atom should" if numbers else "there are no atoms")
    bonds = []
    for bond in mol.GetBonds():
        order = float(bond.GetBondTypeAsDouble())
        if order not in _BOND_TYPES:
            raise MatterlearnError(f"bond of the kind {bond.GetBondType().name.casefold()}, not single to triple")
        i, j = sorted((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()))
        bonds.append((i, j, order))
    charges = tuple(atom.GetFormalCharge() for atom in mol.GetAtoms())
    return MoleculeGraph(numbers, tuple(sorted(bonds)), charges if any(charges) else ())


def _of_mol(mol: Any) -> Conformer:
    _check_size(mol.GetNumAtoms())
    if mol.GetNumConformers() != 1:
        found = "no positions" if mol.GetNumConformers() == 0 else f"{mol.GetNumConformers()} conformers"
        raise MatterlearnError(f"the molecule has {found}", fix="pass one conformer per row")
    places = mol.GetConformer()
    positions = np.asarray(places.GetPositions(), dtype=np.float64)
    if not places.Is3D() and not np.any(positions[:, 2]) and mol.GetNumAtoms() > 1:
        raise MatterlearnError("the positions are a drawing in the plane", fix="pass positions in space")
    return _checked(graph_of_mol(mol), positions)


def _of_text(text: str) -> Conformer:
    if not text.strip():
        raise MatterlearnError("the cell is empty")
    if "M  END" in text or "V2000" in text or "V3000" in text:
        with rdBase.BlockLogs():
            mol = Chem.MolFromMolBlock(text, sanitize=False, removeHs=False, strictParsing=True)
            if mol is None:
                raise MatterlearnError("the MOL block cannot be read")
            _check_size(mol.GetNumAtoms())
            _sanitize(mol)
        return _of_mol(mol)
    if not text.split(maxsplit=1)[0].isdecimal():
        raise MatterlearnError("it is neither a MOL block nor an XYZ block")
    text = text.lstrip()
    _check_lines(text)
    return read_conformer(_read_xyz(text))


def _check_lines(text: str) -> None:
    """Check the number of atoms that an XYZ block states before its reader relies on it."""
    count, _, rest = text.partition("\n")
    stated = count.strip()
    if not stated.isdecimal():
        raise MatterlearnError(f"the XYZ block cannot be read ({_short(stated)!r} is no number of atoms)")
    lines = [line for line in rest.split("\n")[1:] if line.strip() and not line.startswith("VEC")]
    if len(stated) > _DIGITS or int(stated) != len(lines):
        what = f"it states {_short(stated)} atoms, and the number of their lines is {len(lines)}"
        raise MatterlearnError(f"the XYZ block cannot be read ({what})", fix="one molecule per cell, one atom per line")
    _check_size(len(lines))
    if _MANY_COLUMNS.search(rest.partition("\n")[0]):  # its reader would set aside memory for them all
        raise MatterlearnError("the XYZ block cannot be read (it states thousands of columns)")


def _read_xyz(text: str) -> Any:
    import ase.io

    problems: list[str] = []
    for format in ("extxyz", "xyz"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ase.io.read(io.StringIO(text), format=format, index=0)
        # ASE's readers raise whatever the line at hand makes them: errors of keys, values and indices among them.
        except Exception as error:
            problems.append(_in_words(error))
    # Only the first reader knows of columns in another order.
    extended = "properties=" in text.casefold()
    raise MatterlearnError(f"the XYZ block cannot be read ({problems[0 if extended else -1]})")


def _in_words(error: Exception) -> str:
    """Say what a reader of ASE stumbled over."""
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
        return f"unknown element {_short(error.args[0])!r}"
    no_number = re.search(r"could not convert string to float: '(.*)'", str(error))
    return f"{_short(no_number[1])!r} is no number" if no_number else "a line of atoms is not: symbol x y z"


def _without_bonds(numbers: Any, positions: Any) -> Conformer:
    """Find the bonds by distances; formal charges and orders are not known."""
    _check_size(len(numbers))
    graph = MoleculeGraph(tuple(int(number) for number in numbers))
    bare = _checked(graph, positions)
    mol = Chem.RWMol()
    for number in graph.numbers:
        mol.AddAtom(Chem.Atom(number))
    places = Chem.Conformer(len(graph))
    for k, (x, y, z) in enumerate(bare.positions.tolist()):
        places.SetAtomPosition(k, Point3D(x, y, z))
    mol.AddConformer(places)
    with rdBase.BlockLogs():
        rdDetermineBonds.DetermineConnectivity(mol, useHueckel=False)
    bonds = sorted(tuple(sorted((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()))) for bond in mol.GetBonds())
    return Conformer(MoleculeGraph(graph.numbers, tuple((i, j, 1.0) for i, j in bonds)), bare.positions)


def _checked(graph: MoleculeGraph, positions: Any) -> Conformer:
    conformer = Conformer(graph, positions)
    _check_places(conformer.positions)
    if len(graph) > 1:
        closest, i, j = closest_atoms(conformer.positions)
        if closest < 1e-3:
            raise MatterlearnError(f"atoms {i} and {j} are {closest:.2g} angstrom apart", fix="two atoms are one")
    return conformer


def closest_atoms(positions: Any) -> tuple[float, int, int]:
    """Return the smallest distance between two atoms in angstrom, and which they are."""
    gaps, atoms = cKDTree(positions).query(positions, k=2)
    i = int(np.argmin(gaps[:, 1]))
    # Where several atoms are at one place, any of them may stand first, not only the atom itself.
    j = int(atoms[i, 1] if atoms[i, 1] != i else atoms[i, 0])
    return float(gaps[i, 1]), min(i, j), max(i, j)


def _check_places(positions: NDArray[np.float64]) -> None:
    largest = float(np.max(np.abs(positions)))
    if largest > FARTHEST:
        what = f"a coordinate of {largest:.3g} angstrom is larger than {FARTHEST:.0e}"
        raise MatterlearnError(what, fix="give positions in angstrom")


def _check_size(n_atoms: int) -> None:
    if n_atoms > MOST_ATOMS:
        raise MatterlearnError(f"{n_atoms} atoms are more than the {MOST_ATOMS} that a molecule may have")


def _check_atoms(mol: Any, name: str) -> None:
    """Refuse patterns that stand for many molecules, and sizes beyond reason."""
    if mol.GetNumAtoms() == 0:
        raise MatterlearnError(f"{name} has no atoms")
    _check_size(mol.GetNumAtoms())
    if any(atom.GetAtomicNum() == 0 or atom.HasQuery() for atom in mol.GetAtoms()):
        raise MatterlearnError(f"a placeholder stands in {name} where an atom should")
    if any(bond.HasQuery() or bond.GetBondType() == Chem.BondType.UNSPECIFIED for bond in mol.GetBonds()):
        raise MatterlearnError(f"a bond of any kind stands in {name}")


def _sanitize(mol: Any) -> None:
    try:
        Chem.SanitizeMol(mol)
    except Chem.MolSanitizeException as error:
        raise MatterlearnError(_short(error)) from error


def _short(what: object) -> str:
    text = " ".join(str(what).split())
    return text if len(text) <= 80 else f"{text[:77]}..."
