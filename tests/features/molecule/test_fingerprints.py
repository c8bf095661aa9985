"""Fingerprints: RDKit's own bits and counts, whichever way a molecule comes."""

from __future__ import annotations

import numpy as np
import pytest
from molecules_for_tests import conformers_of, shuffled, small_molecules
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator

from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES
from matterlearn.core.errors import ArgumentError, RowError
from matterlearn.features import check_matter_transformer
from matterlearn.features.molecule.fingerprints import MorganFingerprint, RDKitFingerprint

SMILES = ["CCO", "c1ccccc1O", "CC(=O)[O-]", "C", "N[C@@H](C)C(=O)O", "[Na+].[Cl-]"]
FINGERPRINTS = [
    (MorganFingerprint(), rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)),
    (MorganFingerprint(3, 256), rdFingerprintGenerator.GetMorganGenerator(radius=3, fpSize=256)),
    (RDKitFingerprint(), rdFingerprintGenerator.GetRDKitFPGenerator(maxPath=7, fpSize=2048)),
    (RDKitFingerprint(4, 100), rdFingerprintGenerator.GetRDKitFPGenerator(maxPath=4, fpSize=100)),
]


@pytest.mark.parametrize(("transformer", "generator"), FINGERPRINTS)
def test_against_rdkit(transformer, generator):
    mols = [Chem.MolFromSmiles(smiles) for smiles in SMILES]
    expected = [list(generator.GetFingerprint(mol)) for mol in mols]
    assert np.array_equal(transformer.set_params(counts=False).fit_transform(SMILES), expected)
    counts = transformer.set_params(counts=True).fit_transform(mols)
    assert np.array_equal(counts, [generator.GetCountFingerprintAsNumPy(mol) for mol in mols])
    assert counts.max() > 1


@pytest.mark.parametrize("transformer", [MorganFingerprint(1, 64), RDKitFingerprint(3, 64, counts=True)])
def test_keeps_the_rules(transformer):
    check_matter_transformer(transformer, SMILES)
    check_matter_transformer(transformer, small_molecules()[3:8])


@pytest.mark.parametrize("transformer", [MorganFingerprint(counts=True), RDKitFingerprint(counts=True)])
def test_the_molecule_counts_not_how_it_is_written(transformer):
    assert transformer.symmetries == set(MOLECULE_SYMMETRIES)
    conformer = conformers_of("OCC(F)Cl", 2)
    mol = Chem.MolFromSmiles("OCC(F)Cl")
    ways = ["OCC(F)Cl", "C(F)(Cl)CO", mol, Chem.AddHs(mol), conformer[0], conformer[1], shuffled(conformer)[0]]
    features = transformer.fit_transform([*ways, "C[C@H](F)Cl", "C[C@@H](F)Cl"])
    assert (features[:7] == features[0]).all()
    assert np.array_equal(features[7], features[8])  # stereocentres are left out
    assert not np.array_equal(features[0], features[7])


def test_equal_molecules_are_computed_once(monkeypatch):
    calls = []
    real = MorganFingerprint._of_molecule
    monkeypatch.setattr(MorganFingerprint, "_of_molecule", lambda self, mol: calls.append(mol) or real(self, mol))
    MorganFingerprint(n_bits=32).fit(["C"]).transform(["CCO"] * 5 + [*conformers_of("CCO", 2)] + ["C"])
    assert len(calls) == 3


def test_arguments_and_bad_rows():
    for wrong in (MorganFingerprint(-1), MorganFingerprint(n_bits=0), RDKitFingerprint(0), RDKitFingerprint(counts=2)):
        with pytest.raises(ArgumentError):
            wrong.fit(SMILES)
    with pytest.raises(RowError, match="row 1") as caught:
        MorganFingerprint().fit(["CCO", "c1cc"])
    assert caught.value.row == 1
    facts = MorganFingerprint(2, 8).fit(SMILES).feature_facts()
    assert (facts[3].label, facts[3].statistic) == ("Morgan radius 2 bit 3", "bit")
