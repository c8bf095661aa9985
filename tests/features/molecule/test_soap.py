"""SoapPowerSpectrum as a transformer: sums of DScribe's values, its promises, its errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from dscribe.descriptors import SOAP
from molecules_for_tests import conformers_of, moved, shuffled, small_molecules, turned

from matterlearn.chemistry.molecules import Conformer, Conformers, MoleculeGraph, to_atoms
from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES
from matterlearn.core.errors import ArgumentError, RowError
from matterlearn.features.checks import check_matter_transformer
from matterlearn.features.molecule.soap import SoapPowerSpectrum


@pytest.fixture(scope="module")
def molecules() -> Conformers:
    return Conformers.of(small_molecules())


def small(**arguments: Any) -> SoapPowerSpectrum:
    return SoapPowerSpectrum(**({"cutoff": 4.0, "n_max": 3, "l_max": 3} | arguments))


def close(found: np.ndarray, expected: np.ndarray, relative: float = 1e-10) -> None:
    """Check equality relative to the largest value of each feature."""
    scale = np.abs(expected).max(axis=0)
    assert scale.max() > 0.01
    assert (np.abs(found - expected) / np.where(scale > 0, scale, 1.0)).max() <= relative


def test_the_rules_for_transformers() -> None:
    check_matter_transformer(small(), list(small_molecules()))
    check_matter_transformer(small(n_max=2, l_max=1, fading=False, per="molecule"), list(small_molecules()))


@pytest.mark.parametrize("per", ["central element", "molecule"])
@pytest.mark.parametrize("fading", [True, False])
def test_sums_of_the_values_of_dscribe(molecules: Conformers, per: str, fading: bool) -> None:
    transformer = small(fading=fading, per=per)
    found = transformer.fit_transform(molecules)
    elements = list(transformer.elements_)
    weighting = {"function": "poly", "r0": 4.0, "c": 1, "m": 1} if fading else {}
    oracle = SOAP(r_cut=4.0, n_max=3, l_max=3, sigma=0.3, species=elements, weighting=weighting)
    for row, molecule in enumerate(molecules):
        values = oracle.create(to_atoms(molecule))
        symbols = np.array(molecule.graph.symbols)
        if per == "molecule":
            expected = values.sum(axis=0)
        else:
            expected = np.concatenate([values[symbols == element].sum(axis=0) for element in elements])
        np.testing.assert_allclose(found[row], expected, rtol=1e-8, atol=1e-12 * np.abs(expected).max())


def test_the_symmetries_it_declares(molecules: Conformers) -> None:
    assert SoapPowerSpectrum.symmetries == set(MOLECULE_SYMMETRIES)
    transformer = small().fit(molecules)
    expected = transformer.transform(molecules)
    for change in (moved, turned, shuffled, lambda batch: turned(batch, mirrored=True)):
        close(transformer.transform(change(molecules)), expected)


def test_two_molecules_far_apart_have_the_sum(molecules: Conformers) -> None:
    transformer = small().fit(molecules)
    pairs = []
    for molecule in molecules:
        graph, n_atoms = molecule.graph, len(molecule.graph)
        again = tuple((i + n_atoms, j + n_atoms, order) for i, j, order in graph.bonds)
        twice = MoleculeGraph(graph.numbers * 2, (*graph.bonds, *again))
        away = molecule.positions + np.array([0.0, 60.0, 0.0])
        pairs.append(Conformer(twice, np.concatenate([molecule.positions, away])))
    close(transformer.transform(pairs), 2 * transformer.transform(molecules))


def test_a_lone_atom_sees_itself_alone() -> None:
    """Where DScribe counts the atom itself, its density is spherical: only degree 0 is left."""
    transformer = small().fit(conformers_of("CCO"))
    names = transformer.get_feature_names_out()
    found = transformer.transform([Conformer(MoleculeGraph((6,)), np.zeros((1, 3)))])[0]
    expected = [name.startswith("C: C-C") and name.endswith("l 0") for name in names]
    np.testing.assert_array_equal(np.abs(found) > 1e-14, expected)


def test_names_and_facts() -> None:
    transformer = SoapPowerSpectrum().fit(conformers_of("CCO"))
    names = transformer.get_feature_names_out()
    assert len(names) == 3 * (18 * 19 // 2) * 5
    assert names[0] == "H: H-H n 1-1 l 0"
    assert names[-1] == "O: O-O n 6-6 l 4"
    facts = transformer.feature_facts()
    assert {fact.unit for fact in facts} == {"angstrom^3"}
    assert {fact.property for fact in facts} == {f"correlations around {element}" for element in "HCO"}
    assert any("Bartok" in source for source in transformer.citations())


def test_an_element_that_fit_never_saw_is_an_error_of_its_row() -> None:
    transformer = small().fit(conformers_of("CCO"))
    with pytest.raises(RowError, match="element N was not seen in fit") as caught:
        transformer.transform([conformers_of("CCO")[0], conformers_of("C1CC1N")[0]])
    assert caught.value.row == 1


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"cutoff": 1.0}, "cutoff"),
        ({"n_max": 0}, "n_max"),
        ({"n_max": 2.5}, "n_max"),
        ({"l_max": 21}, "l_max"),
        ({"sigma": -1.0}, "sigma"),
        ({"fading": "yes"}, "fading"),
        ({"per": "atom"}, "per"),
        ({"cutoff": 1.5, "n_max": 20}, "n_max"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, object], where: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        SoapPowerSpectrum(**arguments).fit(conformers_of("O"))  # type: ignore[arg-type]
    assert caught.value.where == where
