"""Molecules and crystals in types of other programs: what they hold, and the same object with its atoms elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.crystal_transforms import Crystal, crystal_of
from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.chemistry.molecules.conformers import Conformer
from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.core.errors import MatterlearnError


def is_crystal(cell: Any) -> bool:
    """Tell a crystal: a pymatgen Structure, or ASE Atoms that repeat along a vector."""
    if _is_atoms(cell):
        return bool(np.any(cell.pbc))
    return hasattr(type(cell), "lattice") and hasattr(type(cell), "sites")


def read_crystal(cell: Any) -> Crystal:
    """Return lattice and sites of a pymatgen Structure or of periodic ASE Atoms."""
    if _is_atoms(cell):
        marks = cell.get_initial_magnetic_moments().tolist()
        labels = [f"{symbol} {mark}" for symbol, mark in zip(cell.get_chemical_symbols(), marks, strict=True)]
        a, b, c = (bool(flag) for flag in cell.pbc)
        return crystal_of(cell.cell.array, cell.get_positions(), labels, periodic=(a, b, c))
    labels = [f"{site.species} {sorted(site.properties.items(), key=str)}" for site in cell]
    a, b, c = (bool(flag) for flag in cell.lattice.pbc)
    return crystal_of(cell.lattice.matrix, cell.cart_coords, labels, periodic=(a, b, c))


def rebuilt_crystal(cell: Any, crystal: Crystal) -> Any:
    """Return an object of the type of `cell` whose lattice and sites are those of `crystal`, made from it."""
    if _is_atoms(cell):
        return _rebuilt_atoms(cell, crystal.positions, crystal.sites, crystal.lattice)
    from pymatgen.core import Lattice, PeriodicSite

    lattice = Lattice(crystal.lattice, pbc=crystal.periodic)
    sites = [
        PeriodicSite(
            cell[int(k)].species,
            position,
            lattice,
            coords_are_cartesian=True,
            properties=dict(cell[int(k)].properties),
            label=cell[int(k)].label,
        )
        for k, position in zip(crystal.sites, crystal.positions, strict=True)
    ]
    charge = cell._charge
    return type(cell).from_sites(sites, charge=None if charge is None else charge * len(sites) / len(cell))


def read_bare(cell: Any) -> Conformer:
    """Return the atoms of a molecule of another program, without looking for bonds.

    Parameters
    ----------
    cell : Conformer, RDKit Mol, ASE Atoms or pymatgen Molecule
        The molecule.

    Returns
    -------
    Conformer
        Whose graph has no bonds, if it was none.

    Raises
    ------
    MatterlearnError
        If it is none of these, or has not one position for each atom.
    """
    if isinstance(cell, Conformer):
        return cell
    if _is_mol(cell):
        if cell.GetNumConformers() != 1:
            raise MatterlearnError(f"the molecule has {cell.GetNumConformers()} conformers, not one")
        numbers = [atom.GetAtomicNum() for atom in cell.GetAtoms()]
        positions = np.asarray(cell.GetConformer().GetPositions(), dtype=np.float64)
    elif _is_atoms(cell):
        numbers, positions = cell.get_atomic_numbers().tolist(), cell.get_positions()
    elif hasattr(type(cell), "cart_coords"):
        numbers, positions = [site.specie.Z for site in cell], cell.cart_coords
    else:
        raise MatterlearnError(f"a {type(cell).__name__} has no positions")
    return Conformer(MoleculeGraph(tuple(int(number) for number in numbers)), positions)


def rebuilt_molecule(
    cell: Any, positions: NDArray[np.float64], order: NDArray[np.intp], *, mirrored: bool = False
) -> Any:
    """Return an object of the type of `cell` with its atoms in another order and at other positions.

    Parameters
    ----------
    cell : Conformer, RDKit Mol, ASE Atoms or pymatgen Molecule
        The molecule.
    positions : ndarray of float, shape (n_atoms, 3)
        In the new order.
    order : ndarray of int, shape (n_atoms,)
        Atom of `cell` for each new one.
    mirrored : bool
        Whether it is a mirror image: marks of chirality change sides with it.

    Returns
    -------
    object
        Of the same type; what belongs to an atom (bonds, charges, magnetic moments) goes with it.
    """
    if isinstance(cell, Conformer):
        return Conformer(cell.graph.permuted(order), positions)
    if _is_atoms(cell):
        return _rebuilt_atoms(cell, positions, order, None)
    if _is_mol(cell):
        return _rebuilt_mol(cell, positions, order, mirrored)
    from pymatgen.core import Site

    sites = [
        Site(cell[int(k)].species, position, properties=dict(cell[int(k)].properties), label=cell[int(k)].label)
        for k, position in zip(order, positions, strict=True)
    ]
    return type(cell).from_sites(sites, charge=cell.charge, spin_multiplicity=cell.spin_multiplicity)


def rewritten(text: str, conformer: Conformer) -> str:
    """Return a changed molecule as a text of the kind it was read from: a MOL block, or an XYZ block."""
    if not text.split(maxsplit=1)[0].isdecimal() or "M  END" in text:
        from matterlearn.chemistry.molecules.convert import to_mol_block

        return to_mol_block(conformer)
    lines = [
        f"{SYMBOLS[number - 1]} {x!r} {y!r} {z!r}"
        for number, (x, y, z) in zip(conformer.graph.numbers, conformer.positions.tolist(), strict=True)
    ]
    return "\n".join([str(len(lines)), "", *lines, ""])


def _rebuilt_atoms(
    cell: Any, positions: NDArray[np.float64], order: NDArray[np.intp], lattice: NDArray[np.float64] | None
) -> Any:
    new = cell.copy()
    new.set_constraint()  # fixed atoms would stay where they are
    new = new[np.asarray(order)]
    if lattice is not None:
        new.set_cell(lattice, scale_atoms=False)
    new.set_positions(positions)
    return new


def _rebuilt_mol(cell: Any, positions: NDArray[np.float64], order: NDArray[np.intp], mirrored: bool) -> Any:
    from rdkit import Chem
    from rdkit.Geometry import Point3D

    new = Chem.RenumberAtoms(cell, [int(k) for k in order])
    places = new.GetConformer()
    for k, (x, y, z) in enumerate(positions.tolist()):
        places.SetAtomPosition(k, Point3D(x, y, z))
    if mirrored:
        chiral = [atom for atom in new.GetAtoms() if atom.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED]
        for atom in chiral:
            atom.InvertChirality()
        if chiral:
            Chem.AssignStereochemistry(new, cleanIt=True, force=True)
    return new


def _is_atoms(cell: Any) -> bool:
    return hasattr(type(cell), "get_positions") and hasattr(type(cell), "pbc")


def _is_mol(cell: Any) -> bool:
    return hasattr(type(cell), "GetConformer") and hasattr(type(cell), "GetAtoms")
