"""What is to be embedded: a molecule with its hydrogen atoms, and its isomers as a stated choice has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from rdkit import Chem, rdBase
from rdkit.Chem import EnumerateStereoisomers as _rdkit_enumeration

from matterlearn.chemistry.molecules.convert import graph_of_mol, read_molecule
from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.core.errors import MatterlearnError
from matterlearn.data.generators.conformers.embedding import embeds
from matterlearn.data.generators.conformers.force_fields import check_known

STEREO: Final = ("any", "enumerate", "fix")
"""What is done where the SMILES leaves a stereocentre or double bond open."""

MOST_ISOMERS: Final = 256
"""More are not enumerated."""

MOST_PROBED: Final = 2
"""Of more isomers the note takes for granted that several can be embedded: an impossible one takes seconds to tell."""


@dataclass(frozen=True, eq=False)
class Isomer:
    """What one call of the embedding makes.

    Parameters
    ----------
    name : str or None
        Isomeric SMILES; None where each conformer has to be looked at.
    mol : rdkit.Chem.Mol
        With its hydrogen atoms.
    random_start : bool
        Whether it is embedded from random coordinates, because it cannot be from distances.
    """

    name: str | None
    mol: Any
    random_start: bool


@dataclass(frozen=True, eq=False)
class Recipe:
    """A molecule ready to be embedded.

    Parameters
    ----------
    smiles : str
        Canonical SMILES of what was asked for.
    graph : MoleculeGraph
        Its atoms, in the order of the SMILES as given with hydrogen atoms behind, and bonds.
    isomers : tuple of Isomer
        One, unless they are enumerated.
    note : str or None
        What was left open and what was done; None too where only one isomer can be.
    """

    smiles: str
    graph: MoleculeGraph
    isomers: tuple[Isomer, ...]
    note: str | None


def read_recipe(smiles: object, *, force_field: str, stereo: str) -> Recipe:
    """Read a molecule and decide what is embedded.

    Parameters
    ----------
    smiles : str
        SMILES, of one molecule.
    force_field : {"MMFF94", "UFF"}
        It must have parameters for all atoms.
    stereo : {"any", "enumerate", "fix"}
        What is done with open stereocentres and double bonds.

    Returns
    -------
    Recipe

    Raises
    ------
    MatterlearnError
        If it cannot be read, is several molecules, has an atom that is none or that the force field does not know, or
        cannot be embedded.
    """
    if not isinstance(smiles, str):
        raise MatterlearnError("the cell is empty" if smiles is None else f"a {type(smiles).__name__} is no SMILES")
    mol = Chem.Mol(read_molecule(smiles))
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)  # so that double bonds are known as cis or trans
    n_fragments = len(Chem.GetMolFrags(mol))
    if n_fragments > 1:
        raise MatterlearnError(f"{n_fragments} fragments, which are not one molecule", fix="give each its own row")
    canonical = _without_hydrogen(mol)
    whole = Chem.AddHs(mol)
    graph = graph_of_mol(whole)
    check_known(force_field, whole)
    open_centres, open_bonds = _left_open(mol)
    if not open_centres + open_bonds or stereo == "any":
        isomer = _embeddable(whole, None if open_centres + open_bonds else canonical)
        if isomer is None:
            raise MatterlearnError("RDKit finds no positions in space for it", fix="check its rings and stereocentres")
        return Recipe(canonical, graph, (isomer,), _note(canonical, mol, open_centres, open_bonds, stereo))
    found = list(islice(_isomers(mol, stereo), 1 if stereo == "fix" else None))
    if not found:
        raise MatterlearnError("RDKit finds no positions in space for any of its isomers", fix="check its rings")
    return Recipe(canonical, graph, tuple(found), _note(canonical, mol, open_centres, open_bonds, stereo, found))


def name_of_isomer(mol: Any, conformer: int) -> str:
    """Return the isomeric SMILES of one conformer of a molecule, read from its positions."""
    copy = Chem.Mol(mol, confId=conformer)
    Chem.AssignStereochemistryFrom3D(copy, copy.GetConformer().GetId(), replaceExistingTags=True)
    return _without_hydrogen(copy)


def count_isomers(mol: Any) -> tuple[int, bool]:
    """Return the number of stereoisomers, and whether it was counted (else it is an upper bound)."""
    most = int(_enumeration.GetStereoisomerCount(mol, _OPTIONS))
    if most > MOST_ISOMERS:
        return most, False
    return sum(True for _ in _enumeration.EnumerateStereoisomers(mol, _OPTIONS)), True


_enumeration: Any = _rdkit_enumeration  # it has no types

_OPTIONS: Final = _enumeration.StereoEnumerationOptions(
    unique=True, onlyUnassigned=True, maxIsomers=0, tryEmbedding=False
)


def _isomers(mol: Any, stereo: str) -> Iterator[Isomer]:
    """Yield those stereoisomers that can be embedded, in RDKit's order."""
    most = int(_enumeration.GetStereoisomerCount(mol, _OPTIONS))
    if stereo == "enumerate" and most > MOST_ISOMERS:
        raise MatterlearnError(
            f"up to {most:,} stereoisomers; {MOST_ISOMERS} are enumerated at most", fix="use stereo 'any' or 'fix'"
        )
    for isomer in islice(_enumeration.EnumerateStereoisomers(mol, _OPTIONS), MOST_ISOMERS):
        found = _embeddable(Chem.AddHs(isomer), _without_hydrogen(isomer))
        if found is not None:
            yield found


def _without_hydrogen(mol: Any) -> str:
    """Return the canonical SMILES with hydrogen atoms written only where they must be."""
    with rdBase.BlockLogs():
        return str(Chem.MolToSmiles(Chem.RemoveHs(mol)))


def _embeddable(whole: Any, name: str | None) -> Isomer | None:
    for random_start in (False, True):
        if embeds(whole, random_start):
            return Isomer(name, whole, random_start)
    return None


def _left_open(mol: Any) -> tuple[int, int]:
    """Return how many stereocentres and how many double bonds the SMILES leaves open."""
    unspecified = [
        element
        for element in Chem.FindPotentialStereo(Chem.Mol(mol), cleanIt=False, flagPossible=True)
        if element.specified == Chem.StereoSpecified.Unspecified
    ]
    bonds = sum(element.type == Chem.StereoType.Bond_Double for element in unspecified)
    return len(unspecified) - bonds, bonds


def _note(
    smiles: str, mol: Any, centres: int, bonds: int, stereo: str, found: list[Isomer] | None = None
) -> str | None:
    if not centres + bonds:
        return None
    n_isomers, counted = count_isomers(mol)
    if counted and _only_one(mol, n_isomers, found if stereo == "enumerate" else None):
        return None
    parts = [
        f"{n} {word}{'s' if n > 1 else ''}" for n, word in ((centres, "stereocentre"), (bonds, "double bond")) if n
    ]
    amount = f"{n_isomers} stereoisomers" if counted else f"up to {n_isomers:,} stereoisomers"
    if stereo == "any":
        done = "they are mixed; the column isomer says which each conformer is"
    elif stereo == "fix":
        done = f"the first that can be embedded in RDKit's order was made, {(found or [])[0].name}"
    else:
        left_out = n_isomers - len(found or [])
        done = "each was made" if not left_out else f"{left_out} cannot be embedded, each of the others was made"
    return f"{smiles} leaves {' and '.join(parts)} open: {amount}; {done}."


def _only_one(mol: Any, n_isomers: int, every: list[Isomer] | None) -> bool:
    """Return whether a single isomer can be embedded, of several on paper or of one; `every` has them if known."""
    if n_isomers == 1 or every is not None:
        return n_isomers == 1 or len(every or []) == 1
    return n_isomers <= MOST_PROBED and sum(True for _ in islice(_isomers(mol, "any"), 2)) == 1
