"""Coordinates and distances as features: numbers of water, order, what stays apart."""

from __future__ import annotations

import numpy as np
from molecules_for_tests import conformers_of, small_molecules
from rdkit import Chem

from matterlearn.chemistry.molecules.convert import to_mol
from matterlearn.features.molecule.coordinates import Coordinates
from matterlearn.features.molecule.distances import Distances

BOND, ANGLE = 0.9572, np.radians(104.52)  # angstrom; geometry of water, Benedict et al., J. Chem. Phys. 24, 1139 (1956)
WATER = f"3\n\nO 0 0 0\nH {BOND} 0 0\nH {BOND * np.cos(ANGLE)} {BOND * np.sin(ANGLE)} 0\n"


def test_distances_of_water() -> None:
    across = 2 * BOND * np.sin(ANGLE / 2)  # 1.5139 angstrom
    np.testing.assert_allclose(Distances().fit_transform([WATER]), [[BOND, BOND, across]], rtol=1e-12)
    by_element = Distances("inverse", "sorted").fit([WATER])
    assert by_element.get_feature_names_out().tolist() == [
        "inverse H-H distance 1",
        "inverse H-O distance 1",
        "inverse H-O distance 2",
    ]
    np.testing.assert_allclose(by_element.transform([WATER]), [[1 / across, 1 / BOND, 1 / BOND]], rtol=1e-12)


def test_distances_are_those_of_rdkit() -> None:
    conformers = conformers_of("CCO")
    for row, conformer in zip(Distances().fit_transform(conformers), conformers, strict=True):
        matrix = Chem.Get3DDistanceMatrix(to_mol(conformer))
        np.testing.assert_allclose(row, matrix[np.triu_indices(len(matrix), 1)], rtol=1e-12)


def test_sorted_distances_are_the_same_distances_by_element() -> None:
    molecules = list(small_molecules())
    fitted = Distances("plain", "sorted").fit(molecules)
    inverse = Distances("inverse", "sorted").fit_transform(molecules)
    bags = [fact.property for fact in fitted.feature_facts()]
    found = fitted.transform(molecules)
    for row, molecule in enumerate(molecules):
        symbols, numbers = molecule.graph.symbols, molecule.graph.numbers
        expected: dict[str, list[float]] = {}
        for i in range(len(symbols)):
            for j in range(i):
                a, b = sorted((i, j), key=lambda atom: numbers[atom])
                length = float(np.linalg.norm(molecule.positions[i] - molecule.positions[j]))
                expected.setdefault(f"{symbols[a]}-{symbols[b]} distance", []).append(length)
        for bag in sorted(set(bags)):
            columns = [k for k, name in enumerate(bags) if name == bag]
            lengths = sorted(expected.get(bag, []))
            padded = lengths + [0.0] * (len(columns) - len(lengths))
            np.testing.assert_allclose(found[row, columns], padded, rtol=1e-13)
    lengths_where_any = np.divide(1.0, inverse, out=np.zeros_like(inverse), where=inverse > 0)
    np.testing.assert_allclose(lengths_where_any, found, rtol=1e-14)


def test_coordinates_are_the_positions() -> None:
    conformers = conformers_of("CCO")
    transformer = Coordinates()
    np.testing.assert_array_equal(transformer.fit_transform(conformers), conformers.flat())
    assert transformer.get_feature_names_out()[[0, 4, 26]].tolist() == ["x_0", "y_1", "z_8"]
    assert transformer.symmetries == frozenset()
