"""Torsion fingerprints: RDKit's angles and deviations, for chains, rings and like neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from molecules_for_tests import conformers_of, moved, shuffled, turned
from rdkit.Chem import TorsionFingerprints
from rdkit.Geometry import Point3D

from matterlearn.chemistry.molecules import to_mol
from matterlearn.core.errors import ArgumentError, RowError
from matterlearn.features import check_matter_transformer
from matterlearn.features.molecule.torsion_fingerprint import TorsionFingerprint

MOLECULES = ["CCCCO", "CC(C)(C)CCO", "C1CCCCC1CCC", "CC(C)C(C)C", "CC#CCCC"]


def rdkit_mol(conformers):
    """Return one RDKit molecule that holds all conformers."""
    mol = to_mol(conformers[0])
    places = mol.GetConformer()
    for conformer in conformers[1:]:
        copy = type(places)(places)
        for atom, place in enumerate(conformer.positions.tolist()):
            copy.SetAtomPosition(atom, Point3D(*place))
        mol.AddConformer(copy, assignId=True)
    return mol


@pytest.mark.parametrize("smiles", MOLECULES)
@pytest.mark.parametrize(("max_deviation", "weighted"), [("equal", True), ("spec", False)])
def test_against_rdkit(smiles, max_deviation, weighted):
    conformers = conformers_of(smiles, 5)
    mol = rdkit_mol(conformers)
    transformer = TorsionFingerprint(max_deviation, weighted).fit(conformers)
    features = transformer.transform(conformers)
    ids = list(range(5))
    expected = TorsionFingerprints.GetTFDBetweenConformers(
        mol, ids, ids, useWeights=weighted, maxDev=max_deviation, symmRadius=2
    )
    np.testing.assert_allclose(transformer.deviations(features).ravel(), expected, rtol=0, atol=1e-9)
    assert max(expected) > 0.01
    lists = TorsionFingerprints.CalculateTorsionLists(mol, maxDev=max_deviation)
    for row in ids:
        angles = TorsionFingerprints.CalculateTorsionAngles(mol, *lists, confId=row)
        apart = features[row] - [angle for alike, _ in angles for angle in alike]
        np.testing.assert_allclose((apart + 180) % 360, 180, rtol=0, atol=1e-7)


def test_deviations_between_two_sets_and_of_what_is_the_same():
    conformers = conformers_of("CCCCO", 5)
    transformer = TorsionFingerprint().fit(conformers)
    features = transformer.transform(conformers)
    both = transformer.deviations(features[:2], features[2:])
    np.testing.assert_array_equal(both, transformer.deviations(features)[:2, 2:])
    for changed in (moved(conformers), turned(conformers)):
        assert np.diagonal(transformer.deviations(features, transformer.transform(changed))).max() < 1e-9
    mirrored = transformer.transform(turned(conformers, mirrored=True))
    np.testing.assert_allclose((features + mirrored + 180) % 360, 180, rtol=0, atol=1e-7)
    with pytest.raises(ArgumentError, match=r"shape \(5, 1\)"):
        transformer.deviations(features[:, :1])


def test_keeps_the_rules():
    check_matter_transformer(TorsionFingerprint(), conformers_of("CCCCO", 5))


def test_names_and_units():
    ring = TorsionFingerprint().fit(conformers_of("C1CCCCC1CCC", 5))
    names = ring.get_feature_names_out().tolist()
    # Two for the bond to the propyl group, since both ways round the ring are alike; one within it; the ring.
    assert len(names) == 4
    assert all(name.startswith("torsion C") for name in names[:-1])
    assert names[-1].startswith("mean torsion in the ring C")
    assert {fact.unit for fact in ring.feature_facts()} == {"degrees"}


def test_what_has_no_torsion_is_refused():
    with pytest.raises(RowError, match=r"row 0: .*no bond to turn"):
        TorsionFingerprint().fit(conformers_of("CCO", 4))
    transformer = TorsionFingerprint().fit(conformers_of("CCCCO", 5))
    with pytest.raises(RowError, match=r"row 0: .*order"):
        transformer.transform(shuffled(conformers_of("CCCCO", 5)))
    with pytest.raises(ArgumentError, match="weighted"):
        TorsionFingerprint(weighted="yes").fit(conformers_of("CCCCO", 5))
