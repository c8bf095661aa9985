"""Molecules from and to the objects and texts of other programs."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule as ase_molecule
from hypothesis import given, settings
from hypothesis import strategies as st
from molecules_for_tests import conformers_of, small_molecules, turned
from pymatgen.core import Lattice, Molecule, Structure
from rdkit import Chem
from rdkit.Chem import AllChem

from matterlearn.chemistry.molecules.conformers import Conformer
from matterlearn.chemistry.molecules.convert import (
    closest_atoms,
    read_conformer,
    read_molecule,
    to_atoms,
    to_mol,
    to_mol_block,
)
from matterlearn.chemistry.molecules.graph import MOST_ATOMS
from matterlearn.core.errors import MatterlearnError


@pytest.mark.parametrize("conformer", small_molecules(), ids=lambda conformer: conformer.graph.formula)
def test_a_mol_block_brings_back_graph_and_positions(conformer) -> None:
    back = read_conformer(to_mol_block(conformer))
    assert back.graph == conformer.graph
    np.testing.assert_allclose(back.positions, conformer.positions, rtol=0, atol=2e-15)


@pytest.mark.parametrize("smiles", ["CCO", "c1ccoc1", "CC(=O)[O-]", "C#N", "C[N+](C)(C)C", "O=S(=O)(O)O", "C[C@H](F)O"])
def test_rdkit_understands_the_same_molecule(smiles) -> None:
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMolecule(mol, randomSeed=1)
    back = to_mol(read_conformer(mol))
    assert Chem.MolToSmiles(Chem.RemoveHs(back)) == Chem.CanonSmiles(smiles)
    np.testing.assert_array_equal(back.GetConformer().GetPositions(), mol.GetConformer().GetPositions())


def test_a_mirror_image_is_the_other_isomer() -> None:
    one = conformers_of("C[C@H](F)O", 1)
    names = [
        Chem.MolToSmiles(Chem.RemoveHs(to_mol(batch[0]))) for batch in (one, turned(one), turned(one, mirrored=True))
    ]
    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize("name", ["H2O", "CH3CH2OH", "C6H6", "CO2", "CH3Cl", "NH3", "H2"])
def test_bonds_of_atoms_without_any_are_found(name) -> None:
    atoms = ase_molecule(name)
    found = read_conformer(atoms)
    gaps = atoms.get_all_distances()
    for i, j, _ in found.graph.bonds:
        assert gaps[i, j] < 1.85  # C-Cl, the longest here
    n_rings = {"C6H6": 1}.get(name, 0)
    assert len(found.graph.bonds) == len(atoms) - 1 + n_rings
    assert to_atoms(found) == atoms
    xyz = f"{len(atoms)}\nmade by hand\n" + "".join(
        f"{symbol} {x!r} {y!r} {z!r}\n"
        for symbol, (x, y, z) in zip(atoms.get_chemical_symbols(), atoms.positions.tolist(), strict=True)
    )
    assert read_conformer(xyz) == found
    of_pymatgen = Molecule(atoms.get_chemical_symbols(), atoms.positions)
    assert read_conformer(of_pymatgen) == found


BLOCK = to_mol_block(conformers_of("CCO", 1)[0])


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (None, "a NoneType is no molecule with positions"),
        (3.5, "a float is no molecule"),
        ("", "the cell is empty"),
        ("CCO", "neither a MOL block nor an XYZ block"),
        (BLOCK[:400], "the MOL block cannot be read"),
        (BLOCK.replace(" C ", " Qq "), "the MOL block cannot be read"),
        ("2\n\nH 0 0 0\n", "the XYZ block cannot be read"),
        ("2\n\nH 0 0 0\nXx 0 0 1\n", "the XYZ block cannot be read"),
        ("2\n\nH 0 0 0\nH 0 0 0\n", "atoms 0 and 1 are 0 angstrom apart"),
        ("2\n\nH 0 0 0\nH 0 0 nan\n", "a position is not finite"),
        ('1\nLattice="3 0 0 0 3 0 0 0 3" Properties=species:S:1:pos:R:3 pbc="T T T"\nCu 0 0 0\n', "is periodic"),
        (Atoms("Cu", cell=[3, 3, 3], pbc=True), "is periodic"),
        (Structure(Lattice.cubic(3.0), ["Cu"], [[0, 0, 0]]), "is no molecule"),
        (Chem.MolFromSmiles("CCO"), "has no positions"),
        (Chem.MolFromMolBlock(Chem.MolToMolBlock(Chem.MolFromSmiles("CCO"))), "drawing in the plane"),
        # numbers of atoms and columns that a reader must not rely on
        ("999999999\n\nH 0 0 0\n", "it states 999999999 atoms, and the number of their lines is 1"),
        (f"{'9' * 5000}\n\nH 0 0 0\n", "and the number of their lines is 1"),
        ("1\n\nH 0 0 0\nH 0 0 1\n", "it states 1 atoms, and the number of their lines is 2"),
        ("2 atoms\n\nH 0 0 0\nH 0 0 1\n", "'2 atoms' is no number of atoms"),
        ("1\nProperties=species:S:1:pos:R:3:q:R:999999999\nH 0 0 0 1\n", "it states thousands of columns"),
        ("1001\n\n" + "He 0 0 0\n" * 1001, "1001 atoms are more than the 1000 that a molecule may have"),
        (Atoms("He1001"), "1001 atoms are more than the 1000"),
        # what a reader stumbles over
        ("1\n\nQq 0 0 0\n", "(unknown element 'Qq')"),
        ("1\nProperties=id:I:1:species:S:1:pos:R:3\n7 Qq 0 0 0\n", "(unknown element 'Qq')"),
        ("1\n\nH 0 0 x\n", "('x' is no number)"),
        ("1\n\nH 0 0\n", "(a line of atoms is not: symbol x y z)"),
        # positions beyond reason
        ("1\n\nH 0 0 1e200\n", "a coordinate of 1e+200 angstrom is larger than 1e+06"),
        (Conformer(small_molecules()[0].graph, small_molecules()[0].positions + 2e6), "is larger than 1e+06"),
    ],
    ids=range(28),
)
def test_what_is_no_molecule_in_space_is_refused(cell, message) -> None:
    with pytest.raises(MatterlearnError) as caught:
        read_conformer(cell)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_large_molecule_is_read_up_to_the_limit() -> None:
    text = f"{MOST_ATOMS}\n\n" + "".join(f"He {3 * k} 0 0\n" for k in range(MOST_ATOMS))
    assert len(read_conformer(f"\n{text}\n").graph) == MOST_ATOMS


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=2, max_size=12))
def test_the_closest_atoms_are_those_of_all_distances(places) -> None:
    positions = np.array(places, dtype=float)
    distance, i, j = closest_atoms(positions)
    gaps = np.linalg.norm(positions[:, None] - positions, axis=-1)[np.triu_indices(len(positions), k=1)]
    assert distance == pytest.approx(gaps.min(), abs=1e-12)
    assert i < j
    assert np.linalg.norm(positions[i] - positions[j]) == pytest.approx(distance, abs=1e-12)


def test_the_closest_of_very_many_atoms_are_found() -> None:
    positions = np.random.default_rng(0).uniform(0, 1e4, (20_000, 3))  # all distances would fill 10 GB
    positions[17] = positions[19_000] + 1e-5
    assert closest_atoms(positions)[1:] == (17, 19_000)


def test_hydrogen_atoms_must_be_written_out() -> None:
    mol = Chem.MolFromSmiles("CCO")
    AllChem.EmbedMolecule(mol, randomSeed=1)
    with pytest.raises(MatterlearnError, match="6 hydrogen atoms are not written out"):
        read_conformer(mol)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("", "the cell is empty"),
        (None, "the cell is empty"),
        (3.5, "a float is no SMILES"),
        ("rock", "rock is no SMILES"),
        ("C(C)(C)(C)(C)C", "Explicit valence for atom # 0 C, 5"),
        ("c1ccc1c", "non-ring atom 4 marked aromatic"),
        ("c1cccc1", "kekulize"),
        ("*", "a placeholder stands in *"),
        ("C[*:1]", "a placeholder stands in C[*:1]"),
        ("[#6]", "[#6] is a pattern; name the elements"),
        ("C~C", "a bond of any kind stands in C~C"),
        (Chem.MolFromSmarts("[C,N]O"), "a placeholder stands in the molecule"),
        (Chem.Mol(), "the molecule has no atoms"),
        ("C" * 1001, "1001 atoms are more than the 1000"),
    ],
    ids=range(14),
)
def test_what_is_no_smiles_is_refused(cell, message) -> None:
    with pytest.raises(MatterlearnError) as caught:
        read_molecule(cell)
    assert message in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="CHNO()=#[]+-123@c\n .0VM END", max_size=60))
def test_any_text_is_read_or_refused(text) -> None:
    for read in (read_conformer, read_molecule):
        with contextlib.suppress(MatterlearnError):  # nothing else may be raised
            read(text)


def test_nothing_is_printed(capfd) -> None:
    with pytest.raises(MatterlearnError):
        read_molecule("C(C)(C)(C)(C)C")
    with pytest.raises(MatterlearnError):
        read_conformer(BLOCK[:400])
    assert capfd.readouterr() == ("", "")


def test_a_conformer_is_itself() -> None:
    one = small_molecules()[3]
    assert read_conformer(one) is one
    assert isinstance(read_conformer(to_mol(one)), Conformer)
