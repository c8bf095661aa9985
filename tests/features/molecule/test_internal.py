"""Internal coordinates: against RDKit, in the mirror, and of one molecule only."""

from __future__ import annotations

import numpy as np
import pytest
from molecules_for_tests import conformers_of, moved, shuffled, turned
from rdkit.Chem import rdMolTransforms

from matterlearn.chemistry.molecules import Conformers, to_mol
from matterlearn.chemistry.symmetries import REFLECTION, ROTATION, TRANSLATION
from matterlearn.core.errors import ArgumentError, RowError
from matterlearn.features import check_matter_transformer
from matterlearn.features.molecule.internal import InternalCoordinates


@pytest.fixture(scope="module")
def propanol():
    return conformers_of("CCCO", 6)


def test_keeps_the_rules(propanol):
    check_matter_transformer(InternalCoordinates(), propanol)
    check_matter_transformer(InternalCoordinates("cos"), propanol)


def test_against_rdkit(propanol):
    transformer = InternalCoordinates().fit(propanol)
    features = transformer.transform(propanol)
    for row, conformer in enumerate(propanol):
        places = to_mol(conformer).GetConformer()
        for value, name in zip(features[row], transformer.get_feature_names_out(), strict=True):
            kind, _, chain = name.rpartition(" ")
            atoms = [int(atom.strip("CHO")) for atom in chain.split("-")]
            if kind == "length":
                expected = rdMolTransforms.GetBondLength(places, *atoms)
            elif kind == "angle":
                expected = rdMolTransforms.GetAngleRad(places, *atoms)
            else:
                function = {"cos dihedral": np.cos, "sin dihedral": np.sin}[kind]
                expected = function(rdMolTransforms.GetDihedralRad(places, *atoms))
            assert value == pytest.approx(expected, abs=1e-9), name
    # 11 bonds; 3 carbon of 6 angles and oxygen of 1; about C-C 9 + 9, about C-O 3, twice
    assert features.shape[1] == 11 + 19 + 2 * 21
    assert {fact.unit for fact in transformer.feature_facts()} == {"angstrom", "radian", ""}


def test_moved_and_turned_but_not_mirrored(propanol):
    transformer = InternalCoordinates().fit(propanol)
    features = transformer.transform(propanol)
    assert transformer.symmetries == {TRANSLATION, ROTATION}
    for changed in (moved(propanol), turned(propanol)):
        np.testing.assert_allclose(transformer.transform(changed), features, rtol=0, atol=1e-10)
    mirrored = transformer.transform(turned(propanol, mirrored=True))
    sines = np.array([name.startswith("sin") for name in transformer.get_feature_names_out()])
    np.testing.assert_allclose(mirrored[:, sines], -features[:, sines], rtol=0, atol=1e-10)
    np.testing.assert_allclose(mirrored[:, ~sines], features[:, ~sines], rtol=0, atol=1e-10)
    assert abs(features[:, sines]).max() > 0.9
    cosines = InternalCoordinates("cos").fit(propanol)
    assert cosines.symmetries == {TRANSLATION, ROTATION, REFLECTION}
    np.testing.assert_array_equal(cosines.transform(propanol), features[:, ~sines])


def test_butane_stretched_out():
    butane = conformers_of("CCCC", 8, seed=3)
    transformer = InternalCoordinates().fit(butane)
    names = transformer.get_feature_names_out().tolist()
    cosine, sine = (transformer.transform(butane)[:, names.index(f"{f} dihedral C0-C1-C2-C3")] for f in ("cos", "sin"))
    phi = np.degrees(np.arctan2(sine, cosine))
    trans = np.abs(phi) > 150
    gauche = (np.abs(phi) > 45) & (np.abs(phi) < 90)
    assert trans.any()
    assert (trans | gauche).all()


def test_another_molecule_is_refused(propanol):
    transformer = InternalCoordinates().fit(propanol)
    with pytest.raises(RowError, match=r"row 2: .*the molecule seen in fit is C3H8O") as caught:
        transformer.transform([propanol[0], propanol[1], conformers_of("CCO", 1)[0]])
    assert caught.value.row == 2
    with pytest.raises(RowError, match=r"row 0: .*in another order"):
        transformer.transform(shuffled(propanol))
    with pytest.raises(RowError, match=r"row 1: .*its bonds join other atoms than those of the first molecule"):
        InternalCoordinates().fit([propanol[0], other_bonds(propanol)[0]])


def other_bonds(conformers):
    """Return the molecule with its hydrogen atoms exchanged within the list of bonds."""
    order = np.arange(len(conformers[0].graph))
    hydrogen = np.flatnonzero(conformers[0].graph.atomic_numbers == 1)
    order[hydrogen] = hydrogen[::-1]
    return Conformers.of_one(conformers[0].graph.permuted(order), conformers[0].positions[order][None])


def test_arguments():
    with pytest.raises(ArgumentError, match="dihedrals"):
        InternalCoordinates("tan").fit(conformers_of("CCO", 1))
