"""Coulomb matrices of many conformers: the repulsion of bare nuclei as a description of a molecule."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from matterlearn.core.jit import jit
from matterlearn.kernels.molecule.spectra import symmetric_spectra

SELF_FACTOR, SELF_POWER = 0.5, 2.4
"""The diagonal is 0.5 Z^2.4 e^2/angstrom: a fit of Rupp et al. (2012) to energies of free atoms in atomic units."""


def self_terms(charges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the diagonal of the Coulomb matrix, 0.5 Z^2.4.

    Parameters
    ----------
    charges : ndarray of float
        Nuclear charges Z in units of the elementary charge.

    Returns
    -------
    ndarray of the same shape
        By convention in the unit of the other elements, e^2/angstrom.

    Examples
    --------
    >>> self_terms(np.array([1.0, 6.0])).round(3).tolist()
    [0.5, 36.858]
    """
    return SELF_FACTOR * charges**SELF_POWER


def coulomb_triangles(
    charges: NDArray[np.float64], positions: NDArray[np.float64], size: int, *, by_norm: bool
) -> NDArray[np.float64]:
    """Return the upper triangles of Coulomb matrices, with zeros up to a common size.

    Parameters
    ----------
    charges : ndarray of float, shape (n_atoms,)
        Nuclear charges.
    positions : ndarray of shape (n_conformers, n_atoms, 3)
        In angstrom; no two atoms of a conformer at one place.
    size : int
        Size to which the matrices are padded, at least `n_atoms`.
    by_norm : bool
        Sort rows and columns by the Euclidean norm of the rows, the largest first; else the atoms stay in order.

    Returns
    -------
    ndarray of shape (n_conformers, size * (size + 1) / 2)
        In e^2/angstrom: elements (0, 0), (0, 1), ..., (1, 1), ....

    Examples
    --------
    >>> hydrogen = np.array([[[0.0, 0.0, 0.0], [0.0, 0.0, 0.8]]])
    >>> coulomb_triangles(np.ones(2), hydrogen, 2, by_norm=False).tolist()
    [[0.5, 1.25, 0.5]]
    """
    out = np.zeros((len(positions), size * (size + 1) // 2))
    _fill_triangles(charges, self_terms(charges), np.ascontiguousarray(positions), size, by_norm, out)
    return out


def coulomb_spectra(charges: NDArray[np.float64], positions: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Return the eigenvalues of Coulomb matrices by falling absolute value, with zeros up to a common number.

    Parameters
    ----------
    charges : ndarray of float, shape (n_atoms,)
        Nuclear charges.
    positions : ndarray of shape (n_conformers, n_atoms, 3)
        In angstrom; no two atoms of a conformer at one place.
    size : int
        Number of values per conformer, at least `n_atoms`.

    Returns
    -------
    ndarray of shape (n_conformers, size)
        In e^2/angstrom.

    Examples
    --------
    >>> hydrogen = np.array([[[0.0, 0.0, 0.0], [0.0, 0.0, 0.8]]])
    >>> coulomb_spectra(np.ones(2), hydrogen, 3).round(12).tolist()
    [[1.75, -0.75, 0.0]]
    """
    n_conformers, n_atoms = positions.shape[:2]
    matrices = np.empty((n_conformers, n_atoms, n_atoms))
    _fill_matrices(charges, self_terms(charges), np.ascontiguousarray(positions), matrices)
    out = np.zeros((n_conformers, size))
    out[:, :n_atoms] = symmetric_spectra(matrices)
    return out


@jit()
def _fill_matrix(
    charges: NDArray[np.float64], own: NDArray[np.float64], positions: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    x, y, z = positions[:, 0].copy(), positions[:, 1].copy(), positions[:, 2].copy()
    for i in range(len(charges)):
        row, charge = out[i, :i], charges[i]
        # Slices of one length, so that the compiler works on several atoms at once.
        other, x_j, y_j, z_j = charges[:i], x[:i], y[:i], z[:i]
        for j in range(len(row)):
            dx, dy, dz = x_j[j] - x[i], y_j[j] - y[i], z_j[j] - z[i]
            row[j] = charge * other[j] / np.sqrt(dx * dx + dy * dy + dz * dz)
        out[i, i] = own[i]
        for j in range(i):
            out[j, i] = out[i, j]


@jit(parallel=True)
def _fill_matrices(
    charges: NDArray[np.float64], own: NDArray[np.float64], positions: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    for c in numba.prange(len(positions)):
        _fill_matrix(charges, own, positions[c], out[c])


@jit(parallel=True)
def _fill_triangles(
    charges: NDArray[np.float64],
    own: NDArray[np.float64],
    positions: NDArray[np.float64],
    size: int,
    by_norm: bool,
    out: NDArray[np.float64],
) -> None:
    n_atoms = len(charges)
    for c in numba.prange(len(positions)):
        matrix = np.empty((n_atoms, n_atoms))
        _fill_matrix(charges, own, positions[c], matrix)
        order = _by_norm(matrix) if by_norm else np.arange(n_atoms)
        start = 0
        for i in range(n_atoms):
            row, target = matrix[order[i]], out[c, start : start + n_atoms - i]
            for j in range(len(target)):
                target[j] = row[order[i + j]]
            start += size - i


@jit()
def _by_norm(matrix: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the rows by falling Euclidean norm; rows of equal norm stay in order."""
    n_rows = len(matrix)
    squares = np.zeros(n_rows)
    for i in range(n_rows):
        row = matrix[i]
        for j in range(n_rows):
            squares[j] += row[j] * row[j]  # of the column, which is the row
    order = np.empty(n_rows, dtype=np.int64)
    for i in range(n_rows):
        place = i
        while place > 0 and squares[order[place - 1]] < squares[i]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = i
    return order
