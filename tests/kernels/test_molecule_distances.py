"""Distances of all pairs against RDKit and scipy."""

from __future__ import annotations

import numpy as np
from molecules_for_tests import conformers_of
from rdkit import Chem
from scipy.spatial.distance import pdist

from matterlearn.chemistry.molecules.convert import to_mol
from matterlearn.kernels.molecule.distances import pair_distances, smallest_distances


def test_distances_are_those_of_scipy() -> None:
    positions = np.random.default_rng(0).normal(size=(5, 7, 3))
    expected = np.stack([pdist(places) for places in positions])
    np.testing.assert_allclose(pair_distances(positions), expected, rtol=1e-14)
    np.testing.assert_allclose(smallest_distances(positions), expected.min(axis=1), rtol=1e-14)


def test_distances_are_those_of_rdkit() -> None:
    conformers = conformers_of("CCO")
    found = pair_distances(conformers.positions.reshape(len(conformers), -1, 3))
    for row, conformer in zip(found, conformers, strict=True):
        matrix = Chem.Get3DDistanceMatrix(to_mol(conformer))
        np.testing.assert_allclose(row, matrix[np.triu_indices(len(matrix), 1)], rtol=1e-12)


def test_one_atom_has_no_pairs() -> None:
    assert pair_distances(np.zeros((3, 1, 3))).shape == (3, 0)
    assert smallest_distances(np.zeros((3, 1, 3))).tolist() == [np.inf] * 3


def test_positions_need_not_be_contiguous() -> None:
    positions = np.random.default_rng(1).normal(size=(3, 4, 5))
    fortran = np.asfortranarray(positions)[:, :, ::2]
    np.testing.assert_array_equal(pair_distances(fortran), pair_distances(positions[:, :, ::2].copy()))
