"""Small molecules in space, made by RDKit alone, for tests of everything that stands on positions of atoms."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import AllChem

from matterlearn.chemistry.molecules.conformers import Conformer, Conformers
from matterlearn.chemistry.molecules.convert import graph_of_mol, read_conformer

SMILES = (
    "[He]",  # one atom
    "[H][H]",  # two atoms of one element
    "O",
    "CCO",
    "C1CC1N",  # a ring, nitrogen
    "c1ccoc1",  # an aromatic ring
    "C[NH3+]",  # a charge
    "CC(=O)[O-]",
    "OCC(F)Cl",  # halogens, one stereocentre left open
)
"""Molecules of 1 to 11 atoms and of seven elements; neutral and charged."""


@cache
def conformers_of(smiles: str, n: int = 4, seed: int = 0) -> Conformers:
    """Return conformers of one molecule, embedded by ETKDG with all hydrogen atoms, not minimised.

    Parameters
    ----------
    smiles : str
        The molecule.
    n : int
        Number of conformers.
    seed : int
        Of the embedding.

    Returns
    -------
    Conformers
        The same object at every call: nothing in it may be changed.
    """
    with rdBase.BlockLogs():
        mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
        found = AllChem.EmbedMultipleConfs(mol, numConfs=n, randomSeed=seed + 1, numThreads=1)
    if len(found) != n:
        raise ValueError(f"{len(found)} of {n} conformers of {smiles} could be embedded")
    graph = graph_of_mol(mol)
    return Conformers.of_one(graph, [place.GetPositions() for place in mol.GetConformers()])


@cache
def small_molecules() -> tuple[Conformer, ...]:
    """Return one conformer of each molecule in `SMILES`, and hydrogen chloride from an XYZ block.

    Returns
    -------
    tuple of Conformer
        The same objects at every call. Sizes, elements, charges and orders of atoms differ.
    """
    embedded = tuple(conformers_of(smiles, 1)[0] for smiles in SMILES)
    return (*embedded, read_conformer("2\nhydrogen chloride\nH 0 0 0\nCl 0.3 0.4 1.17\n"))


def turned(conformers: Conformers, seed: int = 0, *, mirrored: bool = False) -> Conformers:
    """Return every conformer turned by the same random rotation about the origin, or replaced by its mirror image."""
    return conformers.with_positions(conformers.positions @ random_rotation(seed, mirrored=mirrored).T)


def moved(conformers: Conformers, seed: int = 0) -> Conformers:
    """Return every conformer moved by the same random vector of some angstrom."""
    return conformers.with_positions(conformers.positions + np.random.default_rng(seed).uniform(-3, 3, 3))


def shuffled(conformers: Conformers, seed: int = 0) -> Conformers:
    """Return every conformer with its atoms in another random order; bonds and charges go with them."""
    rng = np.random.default_rng(seed)
    out = []
    for conformer in conformers:
        order = rng.permutation(len(conformer.graph))
        out.append(Conformer(conformer.graph.permuted(order), conformer.positions[order]))
    return Conformers.of(out)


def swapped_like_atoms(conformers: Conformers, seed: int = 0) -> Conformers:
    """Return every conformer with the positions of like atoms exchanged: the elements stay in their order."""
    rng = np.random.default_rng(seed)
    out = []
    for conformer in conformers:
        order = np.arange(len(conformer.graph))
        for number in sorted(set(conformer.graph.numbers)):
            places = np.flatnonzero(conformer.graph.atomic_numbers == number)
            order[places] = rng.permutation(places)
        out.append(Conformer(conformer.graph.permuted(order), conformer.positions[order]))
    return Conformers.of(out)


def random_rotation(seed: int = 0, *, mirrored: bool = False) -> NDArray[np.float64]:
    """Return a random rotation matrix, shape (3, 3); with determinant -1 if `mirrored`."""
    matrix, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    matrix *= np.sign(np.linalg.det(matrix))
    return -matrix if mirrored else matrix
