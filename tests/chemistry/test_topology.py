"""What follows from bonds: against RDKit, and under permutation of the atoms."""

from __future__ import annotations

import numpy as np
import pytest
from rdkit import Chem

from matterlearn.chemistry.molecules import MoleculeGraph
from matterlearn.chemistry.molecules.convert import graph_of_mol
from matterlearn.chemistry.molecules.topology import (
    angles,
    atom_types,
    bond_distances,
    dihedrals,
    is_linear,
    neighbours,
    planar_centres,
    smallest_rings,
)

SMILES = ["O", "CCO", "C1CC1N", "c1ccc2ccccc2c1", "CC(=O)[O-]", "C1CC2CC12", "[Na+].[Cl-]", "C#CC=C=C", "[He]", "OO"]


def mol_and_graph(smiles):
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    return mol, graph_of_mol(mol)


@pytest.mark.parametrize("smiles", SMILES)
def test_against_rdkit(smiles):
    mol, graph = mol_and_graph(smiles)
    atoms = list(mol.GetAtoms())
    assert neighbours(graph) == tuple(tuple(sorted(n.GetIdx() for n in atom.GetNeighbors())) for atom in atoms)
    expected = Chem.GetDistanceMatrix(mol)
    assert np.array_equal(bond_distances(graph), np.where(expected > 1e6, -1, expected))
    rings = mol.GetRingInfo()
    assert smallest_rings(graph) == tuple(rings.MinAtomRingSize(atom.GetIdx()) for atom in atoms)

    def matches(smarts):
        return {tuple(min(m, m[::-1])) for m in mol.GetSubstructMatches(Chem.MolFromSmarts(smarts), uniquify=False)}

    assert {tuple(min(a, a[::-1])) for a in angles(graph).tolist()} == matches("*~*~*")
    assert len(angles(graph)) == len(matches("*~*~*"))
    linear = is_linear(graph)
    chains = {m for m in matches("*~*~*~*") if not (linear[m[1]] or linear[m[2]])}
    found = [tuple(d) for d in dihedrals(graph).tolist()]
    assert {min(d, d[::-1]) for d in found} == chains
    assert len(found) == len(chains)
    degrees = [atom.GetDegree() for atom in atoms]
    assert planar_centres(graph)[:, 0].tolist() == [k for k, degree in enumerate(degrees) if degree == 3]


@pytest.mark.parametrize("smiles", SMILES)
def test_atoms_in_another_order(smiles):
    _, graph = mol_and_graph(smiles)
    order = np.random.default_rng(0).permutation(len(graph))
    moved = graph.permuted(order)
    assert atom_types(moved) == tuple(atom_types(graph)[k] for k in order)
    assert smallest_rings(moved) == tuple(smallest_rings(graph)[k] for k in order)
    assert np.array_equal(bond_distances(moved), bond_distances(graph)[np.ix_(order, order)])
    for function in (angles, dihedrals, planar_centres):
        there = {frozenset(row) for row in order[function(moved)].tolist()} if len(function(graph)) else set()
        assert there == {frozenset(row) for row in function(graph).tolist()}


@pytest.mark.parametrize(
    ("smiles", "types"),
    [
        ("CCO", {"C4", "O2", "H(C)", "H(O)"}),
        ("CC(=O)[O-]", {"C4", "C3", "O(C)", "O(C)-1", "H(C)"}),
        ("c1ccoc1", {"C3a", "O2a", "H(C)"}),
        ("C1CC1", {"C4r3", "H(C)"}),
        ("C1CCC1", {"C4r4", "H(C)"}),
        ("C1CCCCC1", {"C4", "H(C)"}),
        ("[He]", {"He0"}),
        ("[NH4+]", {"N4+1", "H(N)"}),
    ],
)
def test_types_of_atoms(smiles, types):
    assert set(atom_types(mol_and_graph(smiles)[1])) == types


def test_atoms_in_a_line_have_no_dihedral():
    _, butyne = mol_and_graph("CC#CC")
    assert [butyne.symbols[k] for k, linear in enumerate(is_linear(butyne)) if linear] == ["C", "C"]
    assert len(dihedrals(butyne)) == 0
    assert len(dihedrals(mol_and_graph("CC=CC")[1])) == 16  # two methyl groups of 3 x 2 each, the double bond of 2 x 2
    # without orders of bonds, as from positions alone
    assert is_linear(MoleculeGraph((1, 6, 6, 1), ((0, 1, 1.0), (1, 2, 1.0), (2, 3, 1.0)))) == (False, True, True, False)
    assert not any(is_linear(mol_and_graph("OO")[1]))


def test_what_is_kept_cannot_be_changed():
    _, graph = mol_and_graph("CCO")
    for function in (angles, dihedrals, planar_centres, bond_distances):
        with pytest.raises(ValueError, match="read-only"):
            function(graph)[...] = 0
