"""Coulomb matrices against RDKit, numpy and numbers by hand."""

from __future__ import annotations

import numpy as np
import pytest
from molecules_for_tests import conformers_of
from numpy.typing import NDArray
from rdkit.Chem import rdMolDescriptors

from matterlearn.chemistry.molecules.convert import to_mol
from matterlearn.kernels.molecule.coulomb import coulomb_spectra, coulomb_triangles, self_terms


def square(triangle: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """The matrix of an upper triangle."""
    out = np.zeros((size, size))
    out[np.triu_indices(size)] = triangle
    return out + np.triu(out, 1).T


def test_hydrogen_by_hand() -> None:
    hydrogen = np.array([[[0.0, 0.0, 0.0], [0.0, 0.0, 0.5]]])
    np.testing.assert_allclose(coulomb_triangles(np.ones(2), hydrogen, 2, by_norm=False), [[0.5, 2.0, 0.5]])
    # (0.5, 2; 2, 0.5) has the eigenvalues 0.5 +- 2.
    np.testing.assert_allclose(coulomb_spectra(np.ones(2), hydrogen, 2), [[2.5, -1.5]], rtol=1e-14)


def test_self_terms_are_near_the_energies_of_free_atoms() -> None:
    """Hartree; H, He, C, O in the local spin density approximation (NIST), each within 8 %."""
    energies = np.array([0.4787, 2.8348, 37.4257, 74.4731])
    np.testing.assert_allclose(self_terms(np.array([1.0, 2.0, 6.0, 8.0])), energies, rtol=0.08)


def test_matrix_is_that_of_rdkit() -> None:
    conformers = conformers_of("CCO")
    charges = conformers.graphs[0].atomic_numbers.astype(float)
    found = coulomb_triangles(charges, conformers.positions.reshape(-1, len(charges), 3), 9, by_norm=False)
    for row, conformer in zip(found, conformers, strict=True):
        expected = np.array([list(line) for line in rdMolDescriptors.CalcCoulombMat(to_mol(conformer))])
        np.testing.assert_allclose(row, expected[np.triu_indices(9)], rtol=1e-12)


@pytest.mark.parametrize("by_norm", [False, True])
def test_padding_adds_zeros_and_changes_nothing(by_norm: bool) -> None:
    charges = np.array([8.0, 1.0, 1.0, 6.0])
    positions = np.random.default_rng(0).normal(size=(6, 4, 3))
    small = coulomb_triangles(charges, positions, 4, by_norm=by_norm)
    large = coulomb_triangles(charges, positions, 7, by_norm=by_norm)
    for a, b in zip(small, large, strict=True):
        padded = square(b, 7)
        np.testing.assert_array_equal(padded[:4, :4], square(a, 4))
        assert not padded[4:].any()


def test_sorted_rows_fall_in_norm_and_keep_the_spectrum() -> None:
    rng = np.random.default_rng(1)
    charges = rng.integers(1, 9, 9).astype(float)
    positions = 2 * rng.normal(size=(8, 9, 3))
    plain = coulomb_triangles(charges, positions, 9, by_norm=False)
    for a, b in zip(plain, coulomb_triangles(charges, positions, 9, by_norm=True), strict=True):
        norms = np.linalg.norm(square(b, 9), axis=1)
        assert (np.diff(norms) <= 1e-12 * norms[0]).all()
        np.testing.assert_allclose(np.linalg.eigvalsh(square(a, 9)), np.linalg.eigvalsh(square(b, 9)), atol=1e-10)
        np.testing.assert_allclose(np.sort(a), np.sort(b))


@pytest.mark.parametrize("n_atoms", [1, 2, 3, 5, 12, 39, 64])
def test_spectra_are_those_of_numpy(n_atoms: int) -> None:
    rng = np.random.default_rng(n_atoms)
    charges = rng.choice([1.0, 6.0, 8.0, 17.0], n_atoms)
    positions = n_atoms ** (1 / 3) * 1.5 * rng.normal(size=(11, n_atoms, 3))
    found = coulomb_spectra(charges, positions, n_atoms + 2)
    triangles = coulomb_triangles(charges, positions, n_atoms, by_norm=False)
    expected = np.linalg.eigvalsh(np.stack([square(row, n_atoms) for row in triangles]))
    largest = np.abs(expected).max(axis=1, keepdims=True)
    np.testing.assert_allclose(np.sort(found[:, :n_atoms]) / largest, expected / largest, rtol=0, atol=1e-13)
    assert (np.diff(np.abs(found[:, :n_atoms])) <= 0).all()
    assert not found[:, n_atoms:].any()


def test_spectra_of_matrices_that_fall_apart() -> None:
    """Zeros off the diagonal and equal eigenvalues: far atoms, atoms at the corners of a square."""
    far = np.array([[[0.0, 0.0, 0.0], [1e200, 0.0, 0.0], [0.0, 1e200, 0.0]]])
    np.testing.assert_allclose(coulomb_spectra(np.array([1.0, 2.0, 1.0]), far, 3), [[0.5 * 2**2.4, 0.5, 0.5]])
    corners = np.array([[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]]])
    root = np.sqrt(0.5)  # eigenvectors of a ring of four: the sum of a row, two alike, and alternating signs
    expected = [2.5 + root, root - 1.5, 0.5 - root, 0.5 - root]
    np.testing.assert_allclose(coulomb_spectra(np.ones(4), corners, 4), [expected], rtol=1e-13)


@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 17])
def test_a_spectrum_depends_on_its_conformer_only(size: int) -> None:
    rng = np.random.default_rng(3)
    charges, positions = rng.choice([1.0, 6.0, 8.0], 11), 2 * rng.normal(size=(17, 11, 3))
    everything = coulomb_spectra(charges, positions, 11)
    rows = rng.permutation(17)[:size]
    np.testing.assert_array_equal(coulomb_spectra(charges, positions[rows], 11), everything[rows])
