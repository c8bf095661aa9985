"""Changes of crystals that change nothing: moved, turned, in other cells, with atoms moved by whole lattice vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matterlearn.core.errors import ArgumentError

SAME_PLACE = 1e-8
"""Atoms less far apart, in angstrom, are on the same place of the lattice."""


@dataclass(frozen=True, eq=False)
class Crystal:
    """A periodic arrangement of atoms as arrays.

    Parameters
    ----------
    lattice : ndarray of float, shape (3, 3)
        The lattice vectors as rows, in angstrom.
    positions : ndarray of float, shape (n_sites, 3)
        Cartesian, in angstrom; they need not lie in the cell.
    labels : tuple of str
        What is on each site: equal labels are equal atoms.
    sites : ndarray of int, shape (n_sites,)
        The site of the crystal this one was made from, for each of its sites.
    periodic : tuple of bool
        Along which lattice vectors it repeats.
    """

    lattice: NDArray[np.float64]
    positions: NDArray[np.float64]
    labels: tuple[str, ...]
    sites: NDArray[np.intp]
    periodic: tuple[bool, bool, bool] = (True, True, True)

    def __len__(self) -> int:
        return len(self.labels)


def crystal_of(
    lattice: ArrayLike,
    positions: ArrayLike,
    labels: Sequence[str],
    *,
    periodic: tuple[bool, bool, bool] = (True, True, True),
) -> Crystal:
    """Make a crystal of its lattice and its atoms.

    Parameters
    ----------
    lattice : array-like of float, shape (3, 3)
        The lattice vectors as rows, in angstrom.
    positions : array-like of float, shape (n_sites, 3)
        Cartesian, in angstrom.
    labels : sequence of str, length n_sites
        What is on each site.
    periodic : tuple of bool
        Along which lattice vectors it repeats.

    Returns
    -------
    Crystal

    Raises
    ------
    ArgumentError
        If the shapes do not fit, or the lattice vectors along which it repeats lie in one plane.

    Examples
    --------
    >>> len(crystal_of(np.eye(3), [[0, 0, 0]], ["Po"]))
    1
    """
    vectors = np.array(lattice, dtype=np.float64)
    places = np.array(positions, dtype=np.float64)
    if vectors.shape != (3, 3) or places.shape != (len(labels), 3) or not len(labels):
        raise ArgumentError(f"lattice {vectors.shape}, {len(labels)} labels, positions {places.shape}", where="crystal")
    along = vectors[list(periodic)]
    if np.linalg.matrix_rank(along) < len(along):
        raise ArgumentError("the lattice vectors are not independent", where="lattice")
    return Crystal(vectors, places, tuple(labels), np.arange(len(labels), dtype=np.intp), periodic)


def moved(crystal: Crystal, shift: ArrayLike) -> Crystal:
    """Return a crystal whose sites are all moved by one vector, in angstrom; none is put back into the cell."""
    return replace(crystal, positions=crystal.positions + np.asarray(shift, dtype=np.float64))


def turned(crystal: Crystal, matrix: ArrayLike) -> Crystal:
    """Return a crystal turned or mirrored about the origin.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    matrix : array-like of float, shape (3, 3)
        Orthogonal; of determinant -1 for a mirror image, whose lattice vectors stay right-handed if they were: a
        lattice is its own image under inversion.

    Returns
    -------
    Crystal
    """
    full = np.asarray(matrix, dtype=np.float64)
    proper = full if np.linalg.det(full) > 0 else -full
    return replace(crystal, lattice=crystal.lattice @ proper.T, positions=crystal.positions @ full.T)


def reordered(crystal: Crystal, order: Sequence[int] | NDArray[np.integer]) -> Crystal:
    """Return a crystal whose site `k` is site `order[k]` of this one."""
    chosen = np.asarray(order, dtype=np.intp)
    return replace(
        crystal,
        positions=crystal.positions[chosen],
        labels=tuple(crystal.labels[k] for k in chosen),
        sites=crystal.sites[chosen],
    )


def wrapped(crystal: Crystal, cells: ArrayLike) -> Crystal:
    """Return a crystal whose sites are moved by whole lattice vectors, shape (n_sites, 3), where it repeats."""
    whole = np.asarray(cells, dtype=np.int64) * np.array(crystal.periodic)
    return replace(crystal, positions=crystal.positions + whole @ crystal.lattice)


def in_cell(crystal: Crystal, matrix: ArrayLike) -> Crystal:
    """Describe a crystal by another cell of the same size; no atom moves.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    matrix : array-like of int, shape (3, 3)
        Each row is a new lattice vector as a sum of the old ones; determinant 1 or -1.

    Returns
    -------
    Crystal

    Raises
    ------
    ArgumentError
        If the matrix is not that of another cell of the same size.
    """
    whole = _whole(crystal, matrix)
    if abs(round(float(np.linalg.det(whole)))) != 1:
        raise ArgumentError("its determinant is neither 1 nor -1", where="matrix")
    return replace(crystal, lattice=whole @ crystal.lattice)


def repeated(crystal: Crystal, matrix: ArrayLike) -> Crystal:
    """Describe a crystal by a supercell.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    matrix : array-like of int, shape (3, 3)
        Each row is a new lattice vector as a sum of the old ones; the determinant tells how many cells it holds.

    Returns
    -------
    Crystal
        Copies of a site follow each other.

    Raises
    ------
    ArgumentError
        If the matrix is singular, or mixes directions in which the crystal does not repeat.

    Examples
    --------
    >>> cubic = crystal_of(3 * np.eye(3), [[0, 0, 0]], ["Po"])
    >>> repeated(cubic, np.diag([2, 1, 1])).positions.tolist()
    [[0.0, 0.0, 0.0], [3.0, 0.0, 0.0]]
    """
    whole = _whole(crystal, matrix)
    n_cells = abs(round(float(np.linalg.det(whole))))
    if n_cells == 0:
        raise ArgumentError("its determinant is 0", where="matrix")
    low, high = np.minimum(whole, 0).sum(axis=0), np.maximum(whole, 0).sum(axis=0)
    points = np.array(list(product(*(range(a, b + 1) for a, b in zip(low, high, strict=True)))), dtype=np.int64)
    inside = points @ np.linalg.inv(whole)  # in units of the new cell
    chosen = points[np.all((inside > -1e-9) & (inside < 1 - 1e-9), axis=1)]  # (n_cells, 3)
    positions = crystal.positions[:, None] + (chosen @ crystal.lattice)[None]
    return replace(
        crystal,
        lattice=whole @ crystal.lattice,
        positions=positions.reshape(-1, 3),
        labels=tuple(label for label in crystal.labels for _ in range(n_cells)),
        sites=np.repeat(crystal.sites, n_cells),
    )


def _whole(crystal: Crystal, matrix: ArrayLike) -> NDArray[np.int64]:
    given = np.asarray(matrix)
    whole: NDArray[np.int64] = np.rint(given).astype(np.int64)
    if whole.shape != (3, 3) or not np.array_equal(whole, given):
        raise ArgumentError("not 3 x 3 whole numbers", where="matrix")
    for axis in np.flatnonzero(~np.array(crystal.periodic)):
        if np.any(whole[axis] != np.eye(3)[axis]) or np.any(whole[:, axis] != np.eye(3)[axis]):
            raise ArgumentError(f"the crystal does not repeat along lattice vector {axis}", where="matrix")
    return whole


def primitive(crystal: Crystal) -> Crystal | None:
    """Describe a crystal by the smallest cell of its lattice, none of its atoms moved.

    Parameters
    ----------
    crystal : Crystal
        Periodic in all three directions.

    Returns
    -------
    Crystal or None
        None if its cell is a smallest one, or it does not repeat in all directions. Translations count that bring
        every atom within `SAME_PLACE` of one of its kind.

    Examples
    --------
    >>> centred = crystal_of(3 * np.eye(3), [[0, 0, 0], [1.5, 1.5, 1.5]], ["Fe", "Fe"])
    >>> smallest = primitive(centred)
    >>> len(smallest), float(round(abs(np.linalg.det(smallest.lattice)), 6))
    (1, 13.5)
    """
    if not all(crystal.periodic):
        return None
    shifts = _translations(crystal)
    if len(shifts) == 1:
        return None
    # The shifts are sums of lattice vectors in units of 1 / their number: whole numbers below.
    n = len(shifts)
    basis = _row_basis(np.concatenate([n * np.eye(3, dtype=np.int64), np.rint(n * shifts).astype(np.int64)]))
    lattice = (basis / n) @ crystal.lattice
    if np.linalg.det(lattice) * np.linalg.det(crystal.lattice) < 0:
        lattice[0] *= -1
    inverse = np.asarray(np.linalg.inv(lattice), dtype=np.float64)
    kept: list[int] = []
    for site, label in enumerate(crystal.labels):
        others = [k for k in kept if crystal.labels[k] == label]
        if not any(_same_place(crystal.positions[[k]] - crystal.positions[site], lattice, inverse)[0] for k in others):
            kept.append(site)
    if len(kept) * n != len(crystal):
        return None
    return replace(reordered(crystal, kept), lattice=lattice)


def _translations(crystal: Crystal) -> NDArray[np.float64]:
    """Return the translations within the cell that bring the crystal onto itself, shape (n, 3), in lattice vectors."""
    inverse = np.asarray(np.linalg.inv(crystal.lattice), dtype=np.float64)
    counts = {label: crystal.labels.count(label) for label in crystal.labels}
    rarest = min(counts, key=lambda label: counts[label])
    groups = [np.flatnonzero([other == label for other in crystal.labels]) for label in counts]
    ends = crystal.positions[[k for k, label in enumerate(crystal.labels) if label == rarest]]
    found = []
    for end in ends:
        shift = end - ends[0]
        if all(_onto_itself(crystal.positions[group], shift, crystal.lattice, inverse) for group in groups):
            found.append(shift @ inverse)
    return np.array(found)


def _onto_itself(
    positions: NDArray[np.float64],
    shift: NDArray[np.float64],
    lattice: NDArray[np.float64],
    inverse: NDArray[np.float64],
) -> bool:
    gaps = positions[:, None] + shift - positions[None]  # (n, n, 3)
    same = _same_place(gaps.reshape(-1, 3), lattice, inverse).reshape(len(positions), -1)
    return bool(np.all(same.sum(axis=1) == 1))


def _same_place(
    gaps: NDArray[np.float64], lattice: NDArray[np.float64], inverse: NDArray[np.float64]
) -> NDArray[np.bool_]:
    parts = gaps @ inverse
    rest = (parts - np.rint(parts)) @ lattice
    return np.asarray(np.linalg.norm(rest, axis=1) < SAME_PLACE)


def _row_basis(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return three rows that span the same lattice of whole numbers as the given ones (Hermite's form)."""
    left = rows.copy()
    for column in range(3):
        while np.count_nonzero(left[column:, column]) > 1:
            below = np.flatnonzero(left[column:, column]) + column
            pivot = below[np.argmin(np.abs(left[below, column]))]
            for row in below[below != pivot]:
                left[row] -= (left[row, column] // left[pivot, column]) * left[pivot]
        pivot = column + int(np.flatnonzero(left[column:, column])[0])
        left[[column, pivot]] = left[[pivot, column]]
    return left[:3]


def reduced_cell(crystal: Crystal) -> NDArray[np.int64] | None:
    """Return the matrix of the cell with the shortest lattice vectors (Minkowski's reduction; Niggli's is one of them).

    Parameters
    ----------
    crystal : Crystal
        The crystal. Vectors along which it does not repeat stay.

    Returns
    -------
    ndarray of int, shape (3, 3), or None
        For `in_cell`; None where its vectors are the shortest.

    Examples
    --------
    >>> skew = crystal_of([[3, 0, 0], [3, 3, 0], [0, 0, 3]], [[0, 0, 0]], ["Po"])
    >>> np.linalg.norm(in_cell(skew, reduced_cell(skew)).lattice, axis=1).tolist()
    [3.0, 3.0, 3.0]
    """
    from ase.geometry import minkowski_reduce

    reduced, matrix = minkowski_reduce(crystal.lattice, pbc=crystal.periodic)
    lengths = np.linalg.norm(crystal.lattice, axis=1), np.linalg.norm(reduced, axis=1)
    if np.allclose(np.sort(lengths[0]), np.sort(lengths[1])):
        return None
    whole: NDArray[np.int64] = np.rint(matrix).astype(np.int64)
    return whole


def random_cell(periodic: Sequence[bool], rng: np.random.Generator) -> NDArray[np.int64] | None:
    """Draw a change of cell: two shears, in which one lattice vector is added to or taken from another.

    Parameters
    ----------
    periodic : sequence of bool
        Along which lattice vectors the crystal repeats.
    rng : numpy.random.Generator
        Where it is drawn from.

    Returns
    -------
    ndarray of int, shape (3, 3), or None
        Determinant 1, never the unit matrix; None if the crystal repeats along fewer than two vectors.
    """
    axes = np.flatnonzero(periodic)
    if len(axes) < 2:
        return None
    matrix = np.eye(3, dtype=np.int64)
    while np.array_equal(matrix, np.eye(3)):
        matrix = np.eye(3, dtype=np.int64)
        for _ in range(2):
            i, j = rng.choice(axes, 2, replace=False)
            shear = np.eye(3, dtype=np.int64)
            shear[i, j] = rng.choice([-1, 1])
            matrix = shear @ matrix
    return matrix


def relabelled_cell(periodic: Sequence[bool], rng: np.random.Generator) -> NDArray[np.int64] | None:
    """Draw another order of the lattice vectors along which a crystal repeats.

    Parameters
    ----------
    periodic : sequence of bool
        Along which lattice vectors the crystal repeats.
    rng : numpy.random.Generator
        Where it is drawn from.

    Returns
    -------
    ndarray of int, shape (3, 3), or None
        For `in_cell`: a permutation. Three vectors go round in a circle, which keeps their hand; exchanging two makes
        them left-handed. None if the crystal repeats along fewer than two.

    Examples
    --------
    >>> relabelled_cell((True, True, False), np.random.default_rng(0)).tolist()
    [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    """
    axes = np.flatnonzero(periodic)
    if len(axes) < 2:
        return None
    matrix = np.eye(3, dtype=np.int64)
    matrix[axes] = matrix[np.roll(axes, int(rng.integers(1, len(axes))))]
    return matrix


def opposite_cell(periodic: Sequence[bool], rng: np.random.Generator) -> NDArray[np.int64] | None:
    """Draw a lattice vector to be turned round: the three are then left-handed if they were right-handed.

    Parameters
    ----------
    periodic : sequence of bool
        Along which lattice vectors the crystal repeats.
    rng : numpy.random.Generator
        Where it is drawn from.

    Returns
    -------
    ndarray of int, shape (3, 3), or None
        For `in_cell`: determinant -1. None if the crystal repeats along fewer than two vectors, as in `random_cell`.

    Examples
    --------
    >>> np.diag(opposite_cell((True, True, False), np.random.default_rng(0))).tolist()
    [1, -1, 1]
    """
    axes = np.flatnonzero(periodic)
    if len(axes) < 2:
        return None
    matrix = np.eye(3, dtype=np.int64)
    axis = rng.choice(axes)
    matrix[axis, axis] = -1
    return matrix
