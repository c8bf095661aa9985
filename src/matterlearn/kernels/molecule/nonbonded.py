"""Sums over pairs of atoms that no bond and no angle joins: inverse powers of their distance, type by type."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matterlearn.core.jit import jit
from matterlearn.kernels.molecule.internal import length


@jit()
def inverse_power_sums(
    positions: NDArray[np.float64],
    pairs: NDArray[np.int64],
    columns: NDArray[np.int64],
    exponents: NDArray[np.int64],
    scale: float,
    n_columns: int,
) -> NDArray[np.float64]:
    """Sum inverse powers of distances.

    Parameters
    ----------
    positions : ndarray of shape (n_conformers, n_atoms, 3)
        In angstrom.
    pairs : ndarray of int, shape (n_pairs, 2)
        Atoms.
    columns : ndarray of int, shape (n_pairs,)
        Type of each pair.
    exponents : ndarray of int, shape (n_exponents,)
        In rising order, at least 1.
    scale : float
        Distance at which each power is 1.
    n_columns : int
        Number of types.

    Returns
    -------
    ndarray of shape (n_conformers, n_columns, n_exponents)
        `sum((scale / r)^n)`; pairs are added in their order, conformer by conformer.
    """
    out = np.zeros((len(positions), n_columns, len(exponents)))
    for row in range(len(positions)):
        for term in range(len(pairs)):
            inverse = scale / length(positions[row], pairs[term, 0], pairs[term, 1])
            value = 1.0
            reached = 0
            for e in range(len(exponents)):
                while reached < exponents[e]:
                    value *= inverse
                    reached += 1
                out[row, columns[term], e] += value
    return out
