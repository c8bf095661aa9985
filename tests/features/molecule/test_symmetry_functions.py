"""SymmetryFunctions as a transformer: sums of DScribe's values, its promises, its errors."""

from __future__ import annotations

import numpy as np
import pytest
from dscribe.descriptors import ACSF
from molecules_for_tests import conformers_of, moved, shuffled, small_molecules, turned

from matterlearn.chemistry.molecules import Conformer, Conformers, MoleculeGraph, to_atoms
from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES
from matterlearn.core.errors import ArgumentError, RowError
from matterlearn.features.checks import check_matter_transformer
from matterlearn.features.molecule.symmetry_functions import SymmetryFunctions, default_angular, default_radial


@pytest.fixture(scope="module")
def molecules() -> Conformers:
    return Conformers.of(small_molecules())


def close(found: np.ndarray, expected: np.ndarray, relative: float = 1e-10) -> None:
    """Check equality relative to the largest value of each feature."""
    scale = np.abs(expected).max(axis=0)
    assert scale.max() > 0.1
    assert (np.abs(found - expected) / np.where(scale > 0, scale, 1.0)).max() <= relative


def test_the_rules_for_transformers() -> None:
    check_matter_transformer(SymmetryFunctions(cutoff=4.0), list(small_molecules()))
    few = SymmetryFunctions(radial=[], angular=[(0.1, 1.0, 1.0)], wide_angular=[(0.1, 3.0, -1.0)], per="molecule")
    check_matter_transformer(few, list(small_molecules()))


@pytest.mark.parametrize("per", ["central element", "molecule"])
def test_sums_of_the_values_of_dscribe(molecules: Conformers, per: str) -> None:
    transformer = SymmetryFunctions(cutoff=5.0, wide_angular=[(0.05, 3.0, 1.0)], per=per)  # type: ignore[arg-type]
    found = transformer.fit_transform(molecules)
    elements = list(transformer.elements_)
    radial, angular = default_radial(5.0), default_angular(5.0)
    oracle = ACSF(r_cut=5.0, g2_params=radial, g4_params=angular, g5_params=[(0.05, 3.0, 1.0)], species=elements)
    firsts = np.arange(len(elements)) * (1 + len(radial))
    for row, molecule in enumerate(molecules):
        values = np.delete(oracle.create(to_atoms(molecule)), firsts, axis=1)
        symbols = np.array(molecule.graph.symbols)
        if per == "molecule":
            expected = values.sum(axis=0)
        else:
            expected = np.concatenate([values[symbols == element].sum(axis=0) for element in elements])
        np.testing.assert_allclose(found[row], expected, rtol=1e-10, atol=1e-13)


def test_the_symmetries_it_declares(molecules: Conformers) -> None:
    assert SymmetryFunctions.symmetries == set(MOLECULE_SYMMETRIES)
    transformer = SymmetryFunctions().fit(molecules)
    expected = transformer.transform(molecules)
    for change in (moved, turned, shuffled, lambda batch: turned(batch, mirrored=True)):
        close(transformer.transform(change(molecules)), expected)


def test_two_molecules_far_apart_have_the_sum_and_a_lone_atom_nothing(molecules: Conformers) -> None:
    transformer = SymmetryFunctions().fit(molecules)
    pairs = []
    for molecule in molecules:
        graph, n_atoms = molecule.graph, len(molecule.graph)
        again = tuple((i + n_atoms, j + n_atoms, order) for i, j, order in graph.bonds)
        twice = MoleculeGraph(graph.numbers * 2, (*graph.bonds, *again))
        away = molecule.positions + np.array([0.0, 60.0, 0.0])
        pairs.append(Conformer(twice, np.concatenate([molecule.positions, away])))
    single = transformer.transform(molecules)
    close(transformer.transform(pairs), 2 * single, 1e-12)
    sizes = np.array([len(molecule.graph) for molecule in molecules])
    assert not single[sizes == 1].any()
    assert single[sizes > 2].any(axis=1).all()


def test_small_steps_change_the_features_smoothly() -> None:
    """A central difference agrees with one of half the step, also where atoms cross the cutoff."""
    conformer = conformers_of("CCO", 1)[0]
    distances = np.linalg.norm(conformer.positions[:, None] - conformer.positions, axis=-1)
    cutoff = float(np.sort(distances[distances > 2.0])[6])  # one pair is exactly there
    transformer = SymmetryFunctions(cutoff=cutoff).fit([conformer])
    way = np.random.default_rng(0).normal(size=conformer.positions.shape)

    def slope(step: float) -> np.ndarray:
        ahead, behind = (
            transformer.transform([Conformer(conformer.graph, conformer.positions + sign * step * way)])[0]
            for sign in (1, -1)
        )
        return (ahead - behind) / (2 * step)

    fine = slope(5e-5)
    assert np.abs(slope(1e-4) - fine).max() < 1e-4 * np.abs(fine).max()


def test_names_and_facts(molecules: Conformers) -> None:
    transformer = SymmetryFunctions(cutoff=6.0).fit(conformers_of("CCO"))
    names = transformer.get_feature_names_out()
    assert transformer.elements_ == ("H", "C", "O")
    assert len(names) == 3 * (3 * 20 + 6 * 24)
    assert names[0] == "H: H at 0.9 angstrom (eta 7.689)"
    assert names[-1] == "O: O-O (narrow, eta 0.2222, zeta 8, lambda 1)"
    facts = transformer.feature_facts()
    assert [fact.label for fact in facts] == list(names)
    assert {fact.property for fact in facts} == {
        f"{what} around {e}" for what in ("distances", "angles") for e in "HCO"
    }
    assert any("Behler" in source for source in transformer.citations())
    assert transformer.transform(conformers_of("O")).shape[1] == len(names)  # fewer elements: zeros
    near = SymmetryFunctions(radial=[(1.00001, 1.0), (1.00002, 1.0)], angular=[]).fit(molecules)
    assert near.get_feature_names_out()[0] == "H: H at 1 angstrom (eta 1.00001)"


def test_an_element_that_fit_never_saw_is_an_error_of_its_row(molecules: Conformers) -> None:
    transformer = SymmetryFunctions().fit(conformers_of("CCO"))
    nitrogen = next(row for row, molecule in enumerate(molecules) if "N" in molecule.graph.symbols)
    known = conformers_of("CCO")
    with pytest.raises(RowError, match="element N was not seen in fit") as caught:
        transformer.transform([known[0], known[1], molecules[nitrogen]])
    assert caught.value.row == 2


def test_two_atoms_at_one_place_are_an_error_of_their_row() -> None:
    batch = Conformers.of_one(MoleculeGraph((1, 1, 1)), [np.eye(3), np.ones((3, 3))])
    with pytest.raises(RowError, match="atoms 0 and 1") as caught:
        SymmetryFunctions().fit(batch).transform(batch)
    assert caught.value.row == 1


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"cutoff": 0}, "cutoff"),
        ({"cutoff": "6"}, "cutoff"),
        ({"per": "atom"}, "per"),
        ({"radial": [], "angular": []}, "radial"),
        ({"angular": [(0.1, 1.0)]}, "angular"),
        ({"wide_angular": [(0.1, -1.0, 1.0)]}, "wide_angular"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, object], where: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        SymmetryFunctions(**arguments).fit(conformers_of("O"))  # type: ignore[arg-type]
    assert caught.value.where == where
