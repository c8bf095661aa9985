"""Energies as sums over pairs of atoms: the closed form that a network starts from."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from torch import Tensor

from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.models.molecules.atoms import row_chunks
from matterlearn.models.molecules.geometry import pairs_within, radial_functions

N_FUNCTIONS = 52
"""Radial functions of a pair of elements. Bonds are stiff: 0.01 angstrom are 0.03 kcal/mol."""

PENALTIES = np.logspace(-7.0, 2.0, 19)
"""Of the ridge regression, whose feature with the largest spread has spread 1; the best at predicting left-out rows is
taken."""

FREEDOM = 100.0
"""Factor by which numbers of atoms are enlarged, so that the penalty hardly touches their coefficients."""


def pair_kinds(n_elements: int) -> NDArray[np.intp]:
    """Return the number of each unordered pair of elements, shape (n_elements, n_elements).

    Examples
    --------
    >>> pair_kinds(2).tolist()
    [[0, 1], [1, 2]]
    """
    first, second = np.triu_indices(n_elements)
    kinds = np.zeros((n_elements, n_elements), dtype=np.intp)
    kinds[first, second] = kinds[second, first] = np.arange(len(first))
    return kinds


def pair_features(
    conformers: Conformers, elements: NDArray[np.intp], n_elements: int, cutoff: float
) -> NDArray[np.float64]:
    """Return the sums over pairs of radial functions for each pair of elements.

    Parameters
    ----------
    conformers : Conformers
        Molecules.
    elements : ndarray of int, shape (n_atoms of all,)
        Number of the element of each atom.
    n_elements : int
        Elements there are.
    cutoff : float
        In angstrom.

    Returns
    -------
    ndarray of float, shape (n_conformers, n_kinds * N_FUNCTIONS)
        Each pair counted once.
    """
    kinds = pair_kinds(n_elements)
    n_kinds = int(kinds.max()) + 1
    out = np.empty((len(conformers), n_kinds * N_FUNCTIONS))
    for rows in row_chunks(conformers.sizes):
        part = conformers[rows]
        begin = conformers.offsets[rows[0]]
        centres, neighbors = pairs_within(part, cutoff, first_row=int(rows[0]))
        once = centres < neighbors
        centres, neighbors = centres[once], neighbors[once]
        r = np.sqrt(((part.positions[centres] - part.positions[neighbors]) ** 2).sum(axis=1))
        kind = kinds[elements[begin + centres], elements[begin + neighbors]]
        row = np.searchsorted(part.offsets, centres, side="right") - 1
        sums = torch.zeros((len(rows) * n_kinds, N_FUNCTIONS), dtype=torch.float64)
        values = radial_functions(torch.from_numpy(r), cutoff, N_FUNCTIONS)
        out[rows] = sums.index_add(0, torch.from_numpy(row * n_kinds + kind), values).reshape(len(rows), -1).numpy()
    return out


def element_counts(conformers: Conformers, elements: NDArray[np.intp], n_elements: int) -> NDArray[np.float64]:
    """Return how many atoms of each element the conformers have, shape (n_conformers, n_elements)."""
    row = np.repeat(np.arange(len(conformers)), conformers.sizes)
    counts = np.bincount(row * n_elements + elements, minlength=len(conformers) * n_elements)
    return counts.reshape(len(conformers), n_elements).astype(np.float64)


def fit_linear(
    counts: NDArray[np.float64],
    features: NDArray[np.float64],
    y: NDArray[np.float64],
    weights: NDArray[np.float64] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return energies of elements, coefficients of features, and intercept of a ridge regression.

    All features are divided by one number, so that the penalty is on the size of the pair energies: what hardly varied
    in the training stays small. Energies of elements are nearly free.

    Parameters
    ----------
    counts : ndarray of float, shape (n_rows, n_elements)
        Atoms of each element.
    features : ndarray of float, shape (n_rows, n_features)
        Of `pair_features`; there may be none.
    y : ndarray of float, shape (n_rows,)
        Target.
    weights : ndarray of float, shape (n_rows,), optional
        Of the rows.

    Returns
    -------
    tuple of (ndarray of shape (n_elements,), ndarray of shape (n_features,), float)
        0 for what does not vary at all.
    """
    both = np.concatenate([counts, features], axis=1)
    mean, spread = np.average(both, axis=0, weights=weights), both.std(axis=0)
    varies = spread > 1e-9 * (1.0 + np.abs(mean))
    scale = np.full(len(spread), spread[counts.shape[1] :].max(initial=0.0))
    scale[: counts.shape[1]] = spread[: counts.shape[1]] / FREEDOM
    coefficients = np.zeros(len(spread))
    if varies.any() and len(y) > 2:
        ridge = RidgeCV(PENALTIES).fit((both - mean)[:, varies] / scale[varies], y, sample_weight=weights)
        coefficients[varies] = ridge.coef_ / scale[varies]
    intercept = float(np.average(y - both @ coefficients, weights=weights))
    return coefficients[: counts.shape[1]], coefficients[counts.shape[1] :], intercept


def pair_energies(
    positions: Tensor, centres: Tensor, neighbors: Tensor, elements: Tensor, coefficients: Tensor, cutoff: float
) -> Tensor:
    """Return for each atom half of the energies of the pairs it is in.

    Parameters
    ----------
    positions : Tensor, shape (n_atoms, 3)
        In angstrom.
    centres, neighbors : Tensor of int, shape (n_pairs,)
        Every pair in both orders.
    elements : Tensor of int, shape (n_atoms,)
        Number of the element of each atom.
    coefficients : Tensor, shape (n_elements, n_elements, N_FUNCTIONS)
        Of the radial functions, symmetric in the elements.
    cutoff : float
        In angstrom.

    Returns
    -------
    Tensor, shape (n_atoms,)
        In the unit of the coefficients.
    """
    r = (positions[neighbors] - positions[centres]).pow(2).sum(-1).sqrt()
    values = radial_functions(r, cutoff, N_FUNCTIONS)
    energies = 0.5 * (values * coefficients[elements[centres], elements[neighbors]]).sum(-1)
    return positions.new_zeros(len(positions)).index_add(0, centres, energies)
