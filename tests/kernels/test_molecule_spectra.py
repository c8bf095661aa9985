"""Eigenvalues of many matrices at once against LAPACK and closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from matterlearn.kernels.molecule.spectra import LANES, symmetric_spectra


def symmetric(rng: np.random.Generator, n_matrices: int, size: int) -> np.ndarray:
    """Random symmetric matrices."""
    matrices = rng.normal(size=(n_matrices, size, size))
    return matrices + matrices.transpose(0, 2, 1)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 20, 39])
def test_values_are_those_of_lapack(size: int) -> None:
    rng = np.random.default_rng(size)
    matrices = symmetric(rng, 2 * LANES + 3, size)
    # Scales far apart within a matrix, and from one matrix to the next.
    scales = 10.0 ** rng.uniform(-4, 4, (len(matrices), size))
    matrices *= scales[:, :, None] * scales[:, None, :] * 10.0 ** rng.uniform(-30, 30, (len(matrices), 1, 1))
    expected = np.linalg.eigvalsh(matrices)
    largest = np.abs(expected).max(axis=1, keepdims=True)
    found = symmetric_spectra(matrices)
    assert (np.diff(np.abs(found)) <= 0).all()
    np.testing.assert_allclose(np.sort(found) / largest, expected / largest, rtol=0, atol=1e-14)


def test_matrices_that_are_done_already() -> None:
    rng = np.random.default_rng(0)
    diagonal = rng.normal(size=(5, 6))
    matrices = diagonal[:, :, None] * np.eye(6)
    expected = np.take_along_axis(diagonal, np.argsort(-np.abs(diagonal)), axis=1)
    np.testing.assert_array_equal(symmetric_spectra(matrices), expected)
    assert not symmetric_spectra(np.zeros((3, 4, 4))).any()


def test_equal_eigenvalues() -> None:
    """All ones, and a matrix of blocks: most eigenvalues are the same."""
    size = 12
    ones = np.ones((1, size, size))
    np.testing.assert_allclose(symmetric_spectra(ones)[0], [size] + [0] * (size - 1), rtol=1e-14, atol=1e-14)
    blocks = np.kron(np.eye(6), [[0.0, 1.0], [1.0, 0.0]])[None]
    np.testing.assert_allclose(np.sort(symmetric_spectra(blocks)[0]), [-1.0] * 6 + [1.0] * 6, rtol=1e-14)
    reflection = np.eye(size) - 2.0 / size  # one -1, the rest 1
    np.testing.assert_allclose(np.sort(symmetric_spectra(reflection[None])[0]), [-1] + [1] * (size - 1), rtol=1e-13)


def test_the_chain_of_atoms_has_its_closed_form() -> None:
    """Hückel's linear polyene: 2 cos(k pi / (n + 1))."""
    size = 40
    chain = np.eye(size, k=1) + np.eye(size, k=-1)
    expected = 2 * np.cos(np.pi * np.arange(size, 0, -1) / (size + 1))
    np.testing.assert_allclose(np.sort(symmetric_spectra(chain[None])[0]), expected, rtol=0, atol=1e-14)


def test_no_matrix_looks_at_its_neighbours() -> None:
    """Beside others that need more sweeps, or none, a matrix keeps its bits."""
    rng = np.random.default_rng(1)
    matrices = symmetric(rng, LANES + 5, 9)
    matrices[::3] = np.eye(9)
    matrices[1::3] *= 1e20
    everything = symmetric_spectra(matrices)
    for rows in ([4], [0, 1], rng.permutation(len(matrices)), np.arange(len(matrices))[7:]):
        np.testing.assert_array_equal(symmetric_spectra(matrices[rows]), everything[rows])
