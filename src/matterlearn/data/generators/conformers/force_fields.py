"""The two force fields of RDKit: which molecules they know, energies of positions, minimisation.

References
----------
MMFF94: T. A. Halgren, Journal of Computational Chemistry 17, 490 (1996); P. Tosco, N. Stiefl, G. Landrum, Journal of
Cheminformatics 6, 37 (2014). UFF: A. K. Rappe and others, Journal of the American Chemical Society 114, 10024 (1992).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import rdForceFieldHelpers

from matterlearn.core.errors import MatterlearnError

FORCE_FIELDS: Final = ("MMFF94", "UFF")


def knows(force_field: str, mol: Any) -> bool:
    """Return whether a force field has parameters for every atom of a molecule.

    Parameters
    ----------
    force_field : str
        One of `FORCE_FIELDS`.
    mol : rdkit.Chem.Mol
        With its hydrogen atoms.

    Returns
    -------
    bool
    """
    with rdBase.BlockLogs():
        if force_field == "MMFF94":
            return bool(rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol))
        return bool(rdForceFieldHelpers.UFFHasAllMoleculeParams(mol))


def check_known(force_field: str, mol: Any) -> None:
    """Refuse a molecule for which a force field lacks parameters, and name the atoms at fault.

    Parameters
    ----------
    force_field : str
        One of `FORCE_FIELDS`.
    mol : rdkit.Chem.Mol
        With its hydrogen atoms.

    Raises
    ------
    MatterlearnError
        If a parameter is missing.
    """
    if knows(force_field, mol):
        return
    atoms = _at_fault(force_field, mol)
    named = " and ".join(f"atom {atom} ({mol.GetAtomWithIdx(atom).GetSymbol()})" for atom in atoms[:3])
    other = next(name for name in FORCE_FIELDS if name != force_field)
    raise MatterlearnError(
        f"{force_field} has no parameters for {named or 'one of its atoms'}",
        fix=f"use {other}, which has them" if knows(other, mol) else f"nor has {other}: leave it out",
    )


def energies(force_field: str, mol: Any, positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the energies of conformers.

    Parameters
    ----------
    force_field : str
        One of `FORCE_FIELDS`.
    mol : rdkit.Chem.Mol
        With its hydrogen atoms; its own conformers play no part.
    positions : ndarray of float, shape (n_conformers, n_atoms, 3)
        In angstrom.

    Returns
    -------
    ndarray of float, shape (n_conformers,)
        In kcal/mol.
    """
    holder = Chem.Mol(mol)
    holder.RemoveAllConformers()
    places = Chem.Conformer(mol.GetNumAtoms())
    places.Set3D(True)
    places = holder.GetConformer(holder.AddConformer(places, assignId=True))
    parameters = rdForceFieldHelpers.MMFFGetMoleculeProperties(holder) if force_field == "MMFF94" else None
    found = np.empty(len(positions))
    # A field is made for each conformer: which pairs of atoms it counts depends on their distances.
    for k, coordinates in enumerate(positions):
        places.SetPositions(np.ascontiguousarray(coordinates))
        if parameters is None:
            field = rdForceFieldHelpers.UFFGetMoleculeForceField(holder)
        else:
            field = rdForceFieldHelpers.MMFFGetMoleculeForceField(holder, parameters)
        found[k] = field.CalcEnergy()
    return found


def minimise(
    force_field: str, mol: Any, positions: NDArray[np.float64], steps: int, threads: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Take steps downhill from each conformer.

    Parameters
    ----------
    force_field : str
        One of `FORCE_FIELDS`.
    mol : rdkit.Chem.Mol
        With its hydrogen atoms.
    positions : ndarray of float, shape (n_conformers, n_atoms, 3)
        In angstrom.
    steps : int
        Most steps of the minimiser, which RDKit calls iterations.
    threads : int
        Threads; they change nothing in the result.

    Returns
    -------
    positions : ndarray of float, shape (n_conformers, n_atoms, 3)
        In angstrom.
    converged : ndarray of bool, shape (n_conformers,)
        Whether a minimum was reached.
    """
    work = with_conformers(mol, positions)
    if not len(positions):
        return positions, np.empty(0, dtype=bool)
    if force_field == "MMFF94":
        ends = rdForceFieldHelpers.MMFFOptimizeMoleculeConfs(work, numThreads=threads, maxIters=steps)
    else:
        ends = rdForceFieldHelpers.UFFOptimizeMoleculeConfs(work, numThreads=threads, maxIters=steps)
    return positions_of(work), np.array([missed == 0 for missed, _ in ends])


def with_conformers(mol: Any, positions: NDArray[np.float64]) -> Any:
    """Return a copy of a molecule that holds these conformers and no other."""
    copy = Chem.Mol(mol)
    copy.RemoveAllConformers()
    for coordinates in positions:
        places = Chem.Conformer(mol.GetNumAtoms())
        places.Set3D(True)
        places.SetPositions(np.ascontiguousarray(coordinates))
        copy.AddConformer(places, assignId=True)
    return copy


def positions_of(mol: Any) -> NDArray[np.float64]:
    """Return the positions of all conformers of a molecule, shape (n_conformers, n_atoms, 3), in angstrom."""
    found = [places.GetPositions() for places in mol.GetConformers()]
    return np.array(found, dtype=np.float64).reshape(-1, mol.GetNumAtoms(), 3)


def _at_fault(force_field: str, mol: Any) -> list[int]:
    """Return the atoms that all unknown neighbourhoods share, of these those that are unknown even alone.

    RDKit says that a parameter is missing, but not where. Without shared atoms, the centres of the neighbourhoods.
    """
    plain = Chem.RWMol(mol)
    Chem.Kekulize(plain, clearAromaticFlags=True)
    unknown = {}
    for atom in plain.GetAtoms():
        around = {atom.GetIdx(), *(other.GetIdx() for other in atom.GetNeighbors())}
        if not _neighbourhood_known(force_field, plain, around):
            unknown[atom.GetIdx()] = around
    shared = set.intersection(*unknown.values()) if unknown else set()
    alone = [atom for atom in shared if not _neighbourhood_known(force_field, plain, {atom})]
    return sorted(alone or shared or unknown)


def _neighbourhood_known(force_field: str, mol: Any, atoms: set[int]) -> bool:
    """Return whether the field knows some atoms alone, with hydrogen in the place of what was cut off."""
    part = Chem.RWMol()
    place = {}
    for atom in sorted(atoms):
        copy = Chem.Atom(mol.GetAtomWithIdx(atom))
        copy.SetNoImplicit(True)
        place[atom] = part.AddAtom(copy)
    for bond in mol.GetBonds():
        i, j = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        if i in place and j in place:
            part.AddBond(place[i], place[j], bond.GetBondType())
        elif i in place or j in place:
            for _ in range(round(bond.GetBondTypeAsDouble())):
                hydrogen = part.AddAtom(Chem.Atom(1))
                part.AddBond(place[i] if i in place else place[j], hydrogen, Chem.BondType.SINGLE)
    with rdBase.BlockLogs():
        try:
            Chem.SanitizeMol(part)
        except Chem.MolSanitizeException:
            return True  # it says nothing about the field
    return knows(force_field, part)
