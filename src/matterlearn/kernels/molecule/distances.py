"""Distances between all pairs of atoms of many conformers."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from matterlearn.core.jit import jit


def pair_distances(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distances of all pairs of atoms.

    Parameters
    ----------
    positions : ndarray of shape (n_conformers, n_atoms, 3)
        In any unit.

    Returns
    -------
    ndarray of shape (n_conformers, n_atoms * (n_atoms - 1) / 2)
        In that unit, of the pairs (0, 1), (0, 2), ..., (1, 2), ...; each row depends on its conformer only.

    Examples
    --------
    >>> pair_distances(np.array([[[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [0.0, 4.0, 0.0]]])).tolist()
    [[3.0, 4.0, 5.0]]
    """
    n_conformers, n_atoms = positions.shape[:2]
    out = np.empty((n_conformers, n_atoms * (n_atoms - 1) // 2))
    _fill_distances(np.ascontiguousarray(positions), out)
    return out


def smallest_distances(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the smallest distance between two atoms of each conformer.

    Parameters
    ----------
    positions : ndarray of shape (n_conformers, n_atoms, 3)
        In any unit.

    Returns
    -------
    ndarray of shape (n_conformers,)
        In that unit; infinite for a single atom.

    Examples
    --------
    >>> smallest_distances(np.array([[[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [0.0, 4.0, 0.0]]])).tolist()
    [3.0]
    """
    out = np.empty(len(positions))
    _fill_smallest(np.ascontiguousarray(positions), out)
    return out


@jit(parallel=True)
def _fill_distances(positions: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    n_conformers, n_atoms = positions.shape[:2]
    for c in numba.prange(n_conformers):
        pair = 0
        for i in range(n_atoms):
            for j in range(i + 1, n_atoms):
                x = positions[c, i, 0] - positions[c, j, 0]
                y = positions[c, i, 1] - positions[c, j, 1]
                z = positions[c, i, 2] - positions[c, j, 2]
                out[c, pair] = np.sqrt(x * x + y * y + z * z)
                pair += 1


@jit(parallel=True)
def _fill_smallest(positions: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    n_conformers, n_atoms = positions.shape[:2]
    for c in numba.prange(n_conformers):
        smallest = np.inf
        for i in range(n_atoms):
            for j in range(i):
                x = positions[c, i, 0] - positions[c, j, 0]
                y = positions[c, i, 1] - positions[c, j, 1]
                z = positions[c, i, 2] - positions[c, j, 2]
                smallest = min(smallest, x * x + y * y + z * z)
        out[c] = np.sqrt(smallest)
