"""Terms of a force field: their values, their symmetries, their physics, and a force field learned on them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from molecules_for_tests import conformers_of, moved, shuffled, small_molecules, turned
from rdkit.Chem import rdForceFieldHelpers, rdMolTransforms
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from matterlearn.chemistry.molecules import Conformers, MoleculeGraph, to_mol
from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES
from matterlearn.core.errors import ArgumentError, RowError
from matterlearn.features import check_matter_transformer
from matterlearn.features.molecule.force_field_terms import ForceFieldTerms


def energies(conformers):
    """Return MMFF94 energies in kcal/mol."""
    mols = [to_mol(conformer) for conformer in conformers]
    parameters = rdForceFieldHelpers.MMFFGetMoleculeProperties(mols[0])
    return np.array([rdForceFieldHelpers.MMFFGetMoleculeForceField(mol, parameters).CalcEnergy() for mol in mols])


def named(transformer, conformers):
    """Return the features by their names."""
    return dict(zip(transformer.get_feature_names_out(), transformer.transform(conformers).T, strict=True))


def test_keeps_the_rules():
    check_matter_transformer(ForceFieldTerms(), conformers_of("CCO", 5))
    same_types = [*conformers_of("CCCO", 2), *conformers_of("CCCCO", 2), *conformers_of("CCCO", 1, seed=5)]
    check_matter_transformer(ForceFieldTerms(exponents=[6, 12]), same_types[::2] + same_types[1::2])


def test_all_symmetries():
    batch = Conformers.of([*small_molecules(), *conformers_of("CC(=O)NC", 2)])
    transformer = ForceFieldTerms().fit(batch)
    features = transformer.transform(batch)
    assert transformer.symmetries == set(MOLECULE_SYMMETRIES)
    scale = np.abs(features).max(axis=0)
    for changed in (moved(batch), turned(batch), turned(batch, 1, mirrored=True), shuffled(batch)):
        got = transformer.transform(changed)
        assert (np.abs(got - features) <= 1e-10 * scale + 1e-13).all()  # what vanishes but for rounding: 1e-13
        refitted = ForceFieldTerms().fit_transform(changed)
        assert (np.abs(refitted - features) <= 1e-10 * scale + 1e-13).all()


def test_sums_by_hand():
    batch = conformers_of("CCCO", 3)
    transformer = ForceFieldTerms().fit(batch)
    values = named(transformer, batch)
    for row, conformer in enumerate(batch):
        mol = to_mol(conformer)
        places = mol.GetConformer()
        carbon, oxygen = [0, 1, 2], 3
        stretches = [rdMolTransforms.GetBondLength(places, k, k + 1) - transformer.lengths_["C4-C4"] for k in (0, 1)]
        for p in (1, 2, 3, 4):
            power = "" if p == 1 else f"^{p}"
            assert values[f"stretch{power} of bond C4-C4"][row] == pytest.approx(
                sum(s**p for s in stretches), abs=1e-12
            )
        bend = rdMolTransforms.GetAngleRad(places, *carbon) - transformer.angles_["C4-C4-C4"]
        assert values["bend^3 of angle C4-C4-C4"][row] == pytest.approx(bend**3, abs=1e-12)
        product = bend * sum(stretches)
        assert values["product of stretch-bend [C4-C4]-C4"][row] == pytest.approx(product, abs=1e-12)
        phi = rdMolTransforms.GetDihedralRad(places, *carbon, oxygen)
        assert values["cos 2phi of torsion C4-C4-C4-O2"][row] == pytest.approx(np.cos(2 * phi), abs=1e-9)
        far = [
            np.linalg.norm(conformer.positions[i] - conformer.positions[j])
            for i, j in combinations(range(len(conformer.graph)), 2)
            if {conformer.graph.numbers[i], conformer.graph.numbers[j]} == {1, 8}
            and len(mol_path(mol, i, j)) > 4
            and oxygen_hydrogen(mol) not in (i, j)
        ]
        name = "(3 angstrom/r)^6 of pair H(C)..O2"
        assert values[name][row] == pytest.approx(sum((3 / r) ** 6 for r in far), rel=1e-12)
    assert values["number of bond C4-H(C)"].tolist() == [7.0] * 3
    assert values["number of angle C4-C4-C4"].tolist() == [1.0] * 3


def mol_path(mol, i, j):
    from rdkit.Chem import GetShortestPath

    return GetShortestPath(mol, i, j)


def oxygen_hydrogen(mol):
    return next(n.GetIdx() for n in mol.GetAtomWithIdx(3).GetNeighbors() if n.GetAtomicNum() == 1)


def test_stretching_a_bond_changes_its_terms_only():
    water = MoleculeGraph((8, 1, 1), ((0, 1, 1.0), (0, 2, 1.0)))
    places = np.zeros((2, 3, 3))
    places[:, 1] = [0.96, 0, 0]
    places[:, 2] = [-0.24, 0.93, 0]
    places[1, 1, 0] = 1.1  # along the bond: the angle stays
    values = named(ForceFieldTerms().fit(Conformers.of_one(water, places)), Conformers.of_one(water, places))
    changed = {
        name.partition(" of ")[2].split()[0] for name, value in values.items() if abs(value[1] - value[0]) > 1e-12
    }
    assert changed == {"bond"}  # the angle is at its mean, so the product of stretch and bend is 0 as well
    assert abs(np.diff(values["stretch of bond H(O)-O2"])[0] - 0.14) < 1e-12


def test_ethane_turns_with_a_period_of_120_degrees():
    ethane = conformers_of("CC", 1)[0]
    first = [k for k in range(2, 8) if (0, k, 1.0) in ethane.graph.bonds]
    axis = np.array([0.0, 0.0, 1.0])
    # An ideal ethane: both methyl groups with threefold symmetry about z.
    places = np.zeros((8, 3))
    places[1] = 1.54 * axis
    for end, atoms, height in ((0, first, -0.36), (1, [k for k in range(2, 8) if k not in first], 1.90)):
        for turn, atom in enumerate(atoms):
            phi = 2 * np.pi * turn / 3 + 0.1 * end
            places[atom] = [1.03 * np.cos(phi), 1.03 * np.sin(phi), height]

    def turned_by(degrees):
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        out = places.copy()
        out[first] = out[first] @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
        return out

    batch = Conformers.of_one(ethane.graph, [turned_by(degrees) for degrees in (0, 120, 240, 60, 20)])
    transformer = ForceFieldTerms().fit(batch)
    features = transformer.transform(batch)
    np.testing.assert_allclose(features[1:3], features[[0, 0]], rtol=0, atol=1e-9 * np.abs(features).max())
    threefold = named(transformer, batch)["cos 3phi of torsion H(C)-C4-C4-H(C)"]
    assert threefold[3] == pytest.approx(-threefold[0])  # eclipsed against staggered
    assert abs(threefold[4] - threefold[0]) > 0.1
    once = named(transformer, batch)["cos phi of torsion H(C)-C4-C4-H(C)"]
    np.testing.assert_allclose(once, 0, atol=1e-9)  # cancels over three hydrogen atoms


def test_two_molecules_far_apart_have_the_sum_of_both():
    alone = conformers_of("CCO", 2)
    graph = alone[0].graph
    n = len(graph)
    two = MoleculeGraph(graph.numbers * 2, graph.bonds + tuple((i + n, j + n, order) for i, j, order in graph.bonds))
    both = Conformers.of_one(two, [np.concatenate([alone[0].positions, alone[1].positions + 1e7])])
    transformer = ForceFieldTerms().fit(Conformers.of([*alone, both[0]]))
    got = transformer.transform(both)[0]
    np.testing.assert_allclose(got, transformer.transform(alone).sum(axis=0), rtol=1e-4, atol=1e-4)


def test_a_type_that_was_not_seen_is_named():
    transformer = ForceFieldTerms().fit(conformers_of("CCO", 2))
    with pytest.raises(RowError, match=r"row 1: .*the atom H\(N\) occurs in no molecule seen in fit") as caught:
        transformer.transform([conformers_of("CCO", 2)[0], conformers_of("CN", 1)[0]])
    assert caught.value.row == 1
    with pytest.raises(RowError, match=r"the angle C4-C4-C4 occurs in no molecule"):
        transformer.transform(conformers_of("CCCO", 1))
    with pytest.raises(RowError, match=r"the bond O2-O2 occurs"):
        transformer.transform(conformers_of("OO", 1))


def test_atoms_at_one_place_are_refused():
    two = MoleculeGraph((2, 2))
    with pytest.raises(RowError, match="row 1"):
        ForceFieldTerms().fit_transform(Conformers.of_one(two, [[[0.0, 0, 0], [0, 0, 3]], [[0.0, 0, 0], [0, 0, 0]]]))


@pytest.mark.parametrize("exponents", [(), (0, 6), (6, 6), (12, 6), (1.5,), (6, 40), "612", 6])
def test_exponents(exponents):
    with pytest.raises(ArgumentError, match="exponents"):
        ForceFieldTerms(exponents).fit(conformers_of("CCO", 2))


def test_a_linear_model_is_the_force_field_and_carries_over():
    """MMFF94 of a molecule, and of one of another size that was not in the training set."""
    small = [conformers_of(smiles, 60, seed=7) for smiles in ("CCCCO", "CCCCC", "CC(C)CO")]
    larger = conformers_of("CCCCCO", 30, seed=7)
    held_out = [batch[::4] for batch in small]
    training = [batch[np.arange(len(batch)) % 4 > 0] for batch in small]
    model = make_pipeline(ForceFieldTerms(exponents=(3, 6, 9, 12)), StandardScaler(), Ridge(1e-3))
    model.fit(Conformers.of([c for batch in training for c in batch]), np.concatenate([energies(b) for b in training]))
    for batch in held_out:
        assert np.abs(model.predict(batch) - energies(batch)).mean() < 0.2
    errors = model.predict(larger) - energies(larger)
    assert np.abs(errors - errors.mean()).mean() < 0.5
    assert energies(larger).std() > 1.0


def test_unknown_types_can_be_ignored() -> None:
    ethanol, acid = conformers_of("CCO", 3), conformers_of("CC(=O)O", 3)
    strict, lenient = ForceFieldTerms().fit(ethanol), ForceFieldTerms(unknown="ignore").fit(ethanol)
    np.testing.assert_array_equal(lenient.transform(ethanol), strict.transform(ethanol))
    with pytest.raises(RowError, match="occurs in no molecule seen in fit"):
        strict.transform(acid)
    found = pd.DataFrame(lenient.transform(acid), columns=lenient.get_feature_names_out())
    known = pd.DataFrame(
        ForceFieldTerms().fit_transform(acid), columns=ForceFieldTerms().fit(acid).get_feature_names_out()
    )
    shared = [name for name in found if name in known and name.startswith("number of")]
    assert shared
    np.testing.assert_array_equal(found[shared], known[shared])
    assert (found[[name for name in found if name.startswith("number of") and name not in known]] == 0).all(axis=None)
