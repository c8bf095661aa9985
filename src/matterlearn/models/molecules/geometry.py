"""What a network on distances sees of atoms: functions of a distance, functions of a direction, and pairs of atoms."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.core.errors import RowError

Integers = NDArray[np.intp]

SHORTEST = 0.6
"""Where the radial functions begin, in angstrom: the shortest of all bonds, that of H2, is 0.74."""

DECAY = 2.0
"""Length in angstrom over which the centres of the radial functions spread out: they lie densely at short distances."""


def smooth_cutoff(r: Tensor, cutoff: float) -> Tensor:
    """Return the quintic polynomial that falls from 1 at 0 to 0 at the cutoff, with two smooth derivatives.

    Parameters
    ----------
    r : Tensor
        Distances in angstrom.
    cutoff : float
        In angstrom.

    Returns
    -------
    Tensor
        Of the same shape; 0 beyond the cutoff.

    Examples
    --------
    >>> smooth_cutoff(torch.tensor([0.0, 2.5, 5.0, 9.0]), 5.0)
    tensor([1.0000, 0.5000, 0.0000, 0.0000])
    """
    x = (r / cutoff).clamp(max=1.0)
    return 1.0 - x**3 * (10.0 - 15.0 * x + 6.0 * x * x)


def radial_functions(r: Tensor, cutoff: float, n_functions: int) -> Tensor:
    """Return Gaussians in exp(-r), as PhysNet has them, times the smooth cutoff.

    Parameters
    ----------
    r : Tensor, shape (...)
        Distances in angstrom.
    cutoff : float
        In angstrom.
    n_functions : int
        How many, at least 2.

    Returns
    -------
    Tensor, shape (..., n_functions)
        Values of the functions, at most 1.

    References
    ----------
    O. T. Unke and M. Meuwly, J. Chem. Theory Comput. 15, 3678 (2019), equation 7.

    Examples
    --------
    >>> radial_functions(torch.tensor([0.8, 5.0]), 5.0, 3).round(decimals=2)
    tensor([[0.2000, 0.7100, 0.9500],
            [0.0000, 0.0000, 0.0000]])
    """
    last = math.exp(-(cutoff - SHORTEST) / DECAY)
    centres = torch.linspace(last, 1.0, n_functions, dtype=r.dtype, device=r.device)
    width = (1.0 - last) / (n_functions - 1)
    x = torch.exp(-(r - SHORTEST) / DECAY)
    return torch.exp(-0.5 * ((x[..., None] - centres) / width) ** 2) * smooth_cutoff(r, cutoff)[..., None]


def harmonics(directions: Tensor, degree: int) -> Tensor:
    """Return real spherical harmonics up to a degree, each degree with squares that sum to 2 l + 1.

    The sum over the functions of one degree of the product for two directions is (2 l + 1) times the Legendre
    polynomial of the cosine of the angle between them: what is made of such sums knows of angles, not of axes.

    Parameters
    ----------
    directions : Tensor, shape (..., 3)
        Vectors of length 1.
    degree : int
        The highest l, 0 to 3.

    Returns
    -------
    Tensor, shape (..., (degree + 1)^2)
        Degree by degree.

    Examples
    --------
    >>> values = harmonics(torch.tensor([[0.6, 0.0, 0.8]], dtype=torch.float64), 3)
    >>> [round(float((values[0, l * l : (l + 1) ** 2] ** 2).sum()), 9) for l in range(4)]
    [1.0, 3.0, 5.0, 7.0]
    """
    x, y, z = directions.unbind(-1)
    values = [torch.ones_like(x)]
    if degree >= 1:
        values += [math.sqrt(3.0) * x, math.sqrt(3.0) * y, math.sqrt(3.0) * z]
    if degree >= 2:
        root = math.sqrt(15.0)
        values += [
            root * x * y,
            root * y * z,
            math.sqrt(5.0) / 2.0 * (3.0 * z * z - 1.0),
            root * x * z,
            root / 2.0 * (x * x - y * y),
        ]
    if degree >= 3:
        a, b, c = math.sqrt(35.0 / 8.0), math.sqrt(21.0 / 8.0), math.sqrt(105.0)
        values += [
            a * y * (3.0 * x * x - y * y),
            c * x * y * z,
            b * y * (5.0 * z * z - 1.0),
            math.sqrt(7.0) / 2.0 * z * (5.0 * z * z - 3.0),
            b * x * (5.0 * z * z - 1.0),
            c / 2.0 * z * (x * x - y * y),
            a * x * (x * x - 3.0 * y * y),
        ]
    return torch.stack(values, dim=-1)


def pairs_within(conformers: Conformers, cutoff: float, *, first_row: int = 0) -> tuple[Integers, Integers]:
    r"""Return which atoms of one conformer are closer than a cutoff, every pair in both orders.

    Parameters
    ----------
    conformers : Conformers
        Molecules; all distances of them are in memory at once.
    cutoff : float
        In angstrom.
    first_row : int
        Added to the row that an error names.

    Returns
    -------
    tuple of ndarray of int, shape (n_pairs,)
        Atom at the centre, in rising order, and its neighbour, both counted over the batch.

    Raises
    ------
    RowError
        If two atoms of a conformer are in one place.

    Examples
    --------
    >>> from matterlearn.features.molecule.base import as_conformers
    >>> pairs_within(as_conformers(["3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n"]), 1.0)
    (array([0, 0, 1, 2]), array([1, 2, 0, 0]))
    """
    centres, neighbors = [np.empty(0, dtype=np.intp)], [np.empty(0, dtype=np.intp)]
    for size in np.unique(conformers.sizes):
        rows = np.flatnonzero(conformers.sizes == size)
        first = conformers.offsets[rows]
        atoms = first[:, None] + np.arange(size)
        places = conformers.positions[atoms]
        r2 = ((places[:, :, None] - places[:, None, :]) ** 2).sum(axis=-1)  # (n_rows, size, size)
        r2[:, np.arange(size), np.arange(size)] = np.inf
        if not r2.min(initial=np.inf) > 0:
            row, i, j = np.argwhere(r2 == 0)[0].tolist()
            raise RowError(f"atoms {i} and {j} are in one place", row=first_row + int(rows[row]))
        row, i, j = np.nonzero(r2 < cutoff * cutoff)
        centres.append(first[row] + i)
        neighbors.append(first[row] + j)
    centre, neighbor = np.concatenate(centres), np.concatenate(neighbors)
    order = np.argsort(centre, kind="stable")
    return centre[order], neighbor[order]
