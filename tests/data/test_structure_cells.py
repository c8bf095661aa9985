"""Columns of structures and of SMILES: their kinds, their duplicates, the rows that cannot be used."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from molecules_for_tests import conformers_of, moved, shuffled, small_molecules, turned
from rdkit import Chem
from rdkit.Chem import AllChem

from matterlearn.chemistry.molecules.convert import read_conformer, to_atoms, to_mol, to_mol_block
from matterlearn.core.errors import DataError
from matterlearn.data.dataset import make_dataset
from matterlearn.data.duplicates import contradictions, duplicate_groups
from matterlearn.data.kinds import detect_kinds
from matterlearn.data.structure_cells import molecule_key

XYZ = "3\nwater\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n"


@pytest.fixture(scope="module")
def ethanol():
    return conformers_of("CCO", 6)


@pytest.mark.parametrize("held_as", [lambda one: one, to_mol, to_atoms, to_mol_block], ids=lambda f: f.__name__)
def test_structures_are_found_whatever_holds_them(ethanol, held_as) -> None:
    cells = pd.Series([held_as(one) for one in ethanol], dtype=object)
    frame = pd.DataFrame({"smiles": "CCO", "structure": cells, "energy_kcal_mol": np.arange(6.0)})
    assert detect_kinds(frame) == {"smiles": "molecule", "structure": "structure", "energy_kcal_mol": "number"}
    dataset = make_dataset(frame, "energy_kcal_mol")
    assert dataset.inputs == ("structure",)
    assert dataset.notes == ("smiles is left out: structure says more.",)
    assert dataset.element_sets() == [frozenset("CHO")] * 6
    for found, expected in zip(dataset.X["structure"], ethanol, strict=True):
        np.testing.assert_allclose(found.positions, expected.positions, atol=2e-15)


def test_what_a_checksum_is_of_depends_on_positions(ethanol) -> None:
    def checksum(batch):
        frame = pd.DataFrame({"structure": pd.Series(list(batch), dtype=object), "y": np.arange(6.0)})
        return make_dataset(frame, "y").sha256

    assert checksum(ethanol) == checksum(ethanol)
    assert checksum(ethanol) != checksum(moved(ethanol))


def test_bad_structures_are_rejected_with_row_and_reason(ethanol) -> None:
    cells: list[object] = [to_mol_block(one) for one in ethanol]
    cells[2] = cells[2][:300] + "\nM  END"
    cells[4] = "4\n\nH 0 0 0\n"
    dataset = make_dataset(
        pd.DataFrame({"structure": cells, "y": np.arange(6.0)}), "y", kinds={"structure": "structure"}
    )
    assert dataset.rejected["row"].tolist() == [3, 5]
    assert dataset.rejected["reason"].str.contains("cannot be read").all()
    assert len(dataset) == 4


def test_xyz_blocks_and_mixed_molecules() -> None:
    cells = [XYZ, *map(to_mol_block, small_molecules()[1:5])]
    dataset = make_dataset(pd.DataFrame({"atoms": cells, "y": np.arange(5.0)}), "y")
    assert dataset.kinds["atoms"] == "structure"
    assert dataset.X["atoms"].iloc[0].graph.formula == "H2O"


def test_equal_up_to_motion_mirror_and_order_is_equal(ethanol) -> None:
    first = ethanol[:1]
    same = [first, turned(first), turned(first, mirrored=True), moved(first), shuffled(first)]
    assert len({molecule_key(batch[0]) for batch in same}) == 1
    assert len({molecule_key(one) for one in ethanol}) == 6
    cells = pd.Series([*(batch[0] for batch in same), *ethanol[1:]], dtype=object)
    frame = pd.DataFrame({"structure": cells, "y": np.arange(10.0)})
    assert duplicate_groups(frame[["structure"]]).tolist() == [0, 0, 0, 0, 0, 1, 2, 3, 4, 5]
    found = contradictions(make_dataset(frame, "y"))
    assert found["rows"].tolist() == ["1, 2, 3, 4, 5"]


def test_smiles_are_molecules_and_not_their_writing() -> None:
    smiles = ["CCO", "OCC", "C(C)O", "CO", "rock", "c1ccccc1", "C1=CC=CC=C1", "[Na+].[Cl-]", "Oc1ccccc1", "CC"]
    frame = pd.DataFrame({"canonical_smiles": smiles, "formula": ["C2H6O"] * 10, "y": np.arange(10.0)})
    dataset = make_dataset(frame, "y")
    assert dataset.inputs == ("canonical_smiles",)
    assert dataset.rejected["reason"].tolist() == ["rock is no SMILES"]
    assert duplicate_groups(dataset.X, dataset.kinds).tolist() == [0, 0, 0, 1, 2, 2, 3, 4, 5]
    assert dataset.element_sets()[6] == frozenset({"Na", "Cl"})
    assert Chem.CanonSmiles(dataset.X["canonical_smiles"].iloc[1]) == "CCO"


def _drawing(smiles: str) -> str:
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.Compute2DCoords(mol)
    return Chem.MolToMolBlock(mol)


DRAWINGS = [_drawing(smiles) for smiles in ("CCO", "CO", "CC")]


def test_where_no_structure_can_be_read_the_error_says_why() -> None:
    frame = pd.DataFrame({"atoms": [None, *DRAWINGS], "y": np.arange(4.0)})
    with pytest.raises(DataError, match="none of 4 rows can be used; the first: the positions are a drawing in the"):
        make_dataset(frame, "y")


def test_where_no_structure_can_be_read_another_column_is_used() -> None:
    frame = pd.DataFrame({"atoms": DRAWINGS, "smiles": ["CCO", "CO", "CC"], "y": np.arange(3.0)})
    dataset = make_dataset(frame, "y")
    assert dataset.inputs == ("smiles",)
    assert dataset.notes[0].startswith("atoms is left out: none of its cells can be read (the first: the positions")


def test_mostly_unreadable_structures_are_rejected_one_by_one(ethanol) -> None:
    cells = [*map(to_mol_block, ethanol[:2]), *["lost"] * 10]
    dataset = make_dataset(pd.DataFrame({"atoms": cells, "y": np.arange(12.0)}), "y")
    assert dataset.inputs == ("atoms",)
    assert len(dataset) == 2
    assert dataset.rejected["row"].tolist() == list(range(3, 13))


def test_keys_of_large_structures_are_small() -> None:
    text = "900\n\n" + "".join(f"He {3 * k} 0 0\n" for k in range(900))
    assert len(repr(molecule_key(read_conformer(text)))) < 500


def test_crystals_are_no_molecules() -> None:
    from pymatgen.core import Lattice, Structure

    crystals = pd.Series([Structure(Lattice.cubic(a), ["Cu"], [[0, 0, 0]]) for a in (3.0, 3.1, 3.2)], dtype=object)
    assert detect_kinds(pd.DataFrame({"structure": crystals}))["structure"] == "text"
