"""What is made where a SMILES leaves stereocentres or double bonds open."""

from __future__ import annotations

import pytest
from rdkit import Chem
from rdkit.Chem.EnumerateStereoisomers import EnumerateStereoisomers

from matterlearn.chemistry.molecules import to_mol
from matterlearn.core.errors import MatterlearnError
from matterlearn.data.generators.conformers import make_conformers
from matterlearn.data.generators.conformers.molecules import read_recipe


def isomers_of(smiles: str) -> list[str]:
    """Isomeric SMILES in RDKit's order."""
    return list(dict.fromkeys(Chem.MolToSmiles(mol) for mol in EnumerateStereoisomers(Chem.MolFromSmiles(smiles))))


def from_positions(conformer) -> str:
    """Isomeric SMILES of a conformer, whose stereochemistry is read from its positions."""
    return Chem.MolToSmiles(Chem.RemoveHs(to_mol(conformer)))


# two centres; a double bond and a centre; a meso form
@pytest.mark.parametrize(("smiles", "count"), [("CC(F)C(C)O", 4), ("FC=CC(C)O", 4), ("CC(O)C(C)O", 3)])
def test_any_mixes_all_isomers_and_says_which_each_is(tmp_path, smiles, count):
    made = make_conformers(smiles, n=60, folder=tmp_path)
    assert set(made.facts["isomer"]) == set(isomers_of(smiles))
    assert made.facts["isomer"].nunique() == count
    for row, name in enumerate(made.facts["isomer"][:20]):
        assert from_positions(made.conformers[row]) == name
    assert any(f"{count} stereoisomers; they are mixed" in note for note in made.notes)


def test_enumerate_tries_as_many_of_each(tmp_path):
    made = make_conformers("CC(F)C(C)O", n=42, stereo="enumerate", prune=0, folder=tmp_path)
    counts = made.facts["isomer"].value_counts(sort=False)
    assert counts.index.tolist() == isomers_of("CC(F)C(C)O")
    assert counts.tolist() == [11, 11, 10, 10]
    assert {from_positions(made.conformers[row]) == made.facts["isomer"][row] for row in range(42)} == {True}


def test_fix_makes_the_first(tmp_path):
    made = make_conformers("FC=CC(C)O", n=20, stereo="fix", folder=tmp_path)
    first = isomers_of("FC=CC(C)O")[0]
    assert set(made.facts["isomer"]) == {first}
    assert {from_positions(conformer) for conformer in made.conformers} == {first}
    assert any(
        "1 stereocentre and 1 double bond open: 4 stereoisomers" in note and first in note for note in made.notes
    )


def test_nothing_is_said_where_nothing_is_open(tmp_path):
    made = make_conformers("C[C@H](F)/C=C/Cl", n=10, folder=tmp_path)
    assert set(made.facts["isomer"]) == {"C[C@H](F)/C=C/Cl"}
    assert {from_positions(conformer) for conformer in made.conformers} == {"C[C@H](F)/C=C/Cl"}
    assert not any("open" in note for note in made.notes)


def test_isomers_that_cannot_be_are_left_out(tmp_path):
    smiles = "OC1CC2CC1C2"
    made = make_conformers(smiles, n=16, stereo="enumerate", folder=tmp_path)
    assert 1 <= made.facts["isomer"].nunique() < len(isomers_of(smiles))
    assert any("cannot be embedded" in note for note in made.notes)


# one isomer on paper; two, one of which would join two rings of three by a trans bond
@pytest.mark.parametrize("smiles", ["C12C3C1C23", "CC12CC1C2"])
@pytest.mark.parametrize("stereo", ["any", "fix", "enumerate"])
def test_nothing_is_said_where_one_isomer_can_be(smiles, stereo):
    recipe = read_recipe(smiles, force_field="UFF", stereo=stereo)
    assert len(recipe.isomers) == 1
    assert recipe.note is None


def test_too_many_isomers_are_not_enumerated(tmp_path):
    smiles = "C" + "C(F)C(C)" * 6 + "O"
    with pytest.raises(MatterlearnError, match=r"up to 4,096 stereoisomers.*use stereo 'any' or 'fix'"):
        make_conformers(smiles, n=5000, stereo="enumerate", folder=tmp_path)


def test_fewer_conformers_than_isomers_are_an_error(tmp_path):
    with pytest.raises(MatterlearnError, match="3 conformers for 4 isomers; raise n"):
        make_conformers("CC(F)C(C)O", n=3, stereo="enumerate", folder=tmp_path)
    with pytest.raises(MatterlearnError, match="1 conformer for 4 isomers"):
        make_conformers("CC(F)C(C)O", n=1, stereo="enumerate", folder=tmp_path)
