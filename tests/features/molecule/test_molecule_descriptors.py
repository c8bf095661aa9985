"""RDKit's descriptors: their values, finite for molecules of all kinds, and refused where they are not."""

from __future__ import annotations

import numpy as np
import pytest
from molecules_for_tests import conformers_of, shuffled
from rdkit import Chem
from rdkit.Chem import Descriptors

from matterlearn.core.errors import ArgumentError, RowError
from matterlearn.features import check_matter_transformer
from matterlearn.features.molecule.molecule_descriptors import STANDARD, MoleculeDescriptors

ODD = ["[He]", "[H][H]", "[Na+].[Cl-]", "[Fe]", "[Pt](Cl)(Cl)(N)N", "C" * 60, "B1OCCO1", "C[Si](C)(C)C", "[2H]O[2H]"]


def test_against_rdkit():
    smiles = ["CCO", "CN1C=NC2=C1C(=O)N(C(=O)N2C)C"]
    features = MoleculeDescriptors().fit_transform(smiles)
    for row, text in enumerate(smiles):
        expected = Descriptors.CalcMolDescriptors(Chem.MolFromSmiles(text))
        assert features[row].tolist() == [expected[name] for name in STANDARD]
    assert len(set(STANDARD)) == len(STANDARD) == 201


def test_finite_for_molecules_of_all_kinds():
    features = MoleculeDescriptors().fit_transform(ODD)
    assert np.isfinite(features).all()
    assert np.abs(features).max() < 1e4


def test_no_way_of_writing_matters():
    conformers = conformers_of("OCC(F)Cl", 1)
    ways = ["OCC(F)Cl", "C(F)(Cl)CO", "OC[C@H](F)Cl", conformers[0], shuffled(conformers)[0]]
    features = MoleculeDescriptors().fit_transform(ways)
    np.testing.assert_allclose(features, np.repeat(features[:1], len(ways), axis=0), rtol=1e-12, atol=1e-12)


def test_keeps_the_rules():
    check_matter_transformer(MoleculeDescriptors(["MolWt", "TPSA", "fr_Al_OH"]), ["CCO", "C", "CN", "c1ccccc1"])


def test_what_is_no_number_is_refused_by_its_name():
    with pytest.raises(RowError, match=r"row 1: .*descriptor BCUT2D_MWHI is nan") as caught:
        MoleculeDescriptors(["MolWt", "BCUT2D_MWHI"]).fit_transform(["CCO", "[Fe]"])
    assert caught.value.row == 1
    with pytest.raises(ArgumentError, match=r"unknown descriptor 'MolWeight'; did you mean 'MolWt'"):
        MoleculeDescriptors(["MolWeight"]).fit(["C"])
    with pytest.raises(ArgumentError, match="descriptors"):
        MoleculeDescriptors("all").fit(["C"])


def test_units():
    facts = {fact.label: fact.unit for fact in MoleculeDescriptors().fit(["C"]).feature_facts()}
    assert facts["MolWt"] == "g/mol"
    assert facts["TPSA"] == facts["SlogP_VSA3"] == "angstrom^2"
    assert facts["RingCount"] == facts["VSA_EState3"] == ""
