"""Changes of molecules that change nothing: moved, turned, mirrored, or with their atoms in another order."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.core.errors import ArgumentError

MIRRORS: tuple[tuple[str, tuple[int, int, int]], ...] = (
    ("inverted through its centre", (-1, -1, -1)),
    ("mirrored in x", (-1, 1, 1)),
    ("mirrored in y", (1, -1, 1)),
    ("mirrored in z", (1, 1, -1)),
)
"""Mirror images: what is done, and the signs of x, y, z. Planes of any direction would turn the molecule as well: two
of them make a rotation, and a model that holds all of them holds rotations."""


def random_rotations(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw rotations, all of them equally likely.

    Parameters
    ----------
    n : int
        How many.
    rng : numpy.random.Generator
        Where they are drawn from.

    Returns
    -------
    ndarray of shape (n, 3, 3)
        Orthogonal matrices of determinant 1; a position `r` becomes `matrix @ r`.

    Notes
    -----
    Four normal numbers, divided by their length, are a quaternion that is uniform on its sphere, and with it the
    rotation (G. Marsaglia, Ann. Math. Stat. 43, 645, 1972).

    Examples
    --------
    >>> matrices = random_rotations(5, np.random.default_rng(0))
    >>> np.allclose(matrices @ matrices.transpose(0, 2, 1), np.eye(3)), np.allclose(np.linalg.det(matrices), 1)
    (True, True)
    """
    q = rng.normal(size=(n, 4))
    w, x, y, z = (q / np.linalg.norm(q, axis=1, keepdims=True)).T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), 2, 0)


def moved(conformers: Conformers, shifts: ArrayLike) -> Conformers:
    """Return molecules elsewhere.

    Parameters
    ----------
    conformers : Conformers
        The molecules.
    shifts : array-like of float, shape (3,) or (n_conformers, 3)
        In angstrom, one for all or one for each.

    Returns
    -------
    Conformers

    Examples
    --------
    >>> atom = Conformers.of_one(MoleculeGraph((2,)), [[[0.0, 0.0, 0.0]]])
    >>> moved(atom, [1, 1, 1]).positions.tolist()
    [[1.0, 1.0, 1.0]]
    """
    every = np.broadcast_to(np.asarray(shifts, dtype=np.float64), (len(conformers), 3))
    return conformers.with_positions(conformers.positions + np.repeat(every, conformers.sizes, axis=0))


def turned(conformers: Conformers, matrices: ArrayLike) -> Conformers:
    """Return molecules turned or mirrored about their centroids, which stay where they are.

    Parameters
    ----------
    conformers : Conformers
        The molecules.
    matrices : array-like of float, shape (3, 3) or (n_conformers, 3, 3)
        Orthogonal, one for all or one for each; of determinant -1 for mirror images.

    Returns
    -------
    Conformers

    Examples
    --------
    >>> pair = Conformers.of_one(MoleculeGraph((1, 1)), [[[0.0, 0.0, 0.0], [2.0, 0.0, 0.0]]])
    >>> turned(pair, [[0, -1, 0], [1, 0, 0], [0, 0, 1]]).positions.tolist()
    [[1.0, -1.0, 0.0], [1.0, 1.0, 0.0]]
    """
    every = np.broadcast_to(np.asarray(matrices, dtype=np.float64), (len(conformers), 3, 3))
    if not len(conformers):
        return conformers
    sums = np.add.reduceat(conformers.positions, conformers.offsets[:-1], axis=0)
    centres = np.repeat(sums / conformers.sizes[:, None], conformers.sizes, axis=0)  # (n_atoms of all, 3)
    per_atom = np.repeat(every, conformers.sizes, axis=0)
    return conformers.with_positions(centres + np.einsum("nij,nj->ni", per_atom, conformers.positions - centres))


def reordered(
    conformers: Conformers, order_of: Callable[[MoleculeGraph], Sequence[int] | NDArray[np.integer]]
) -> Conformers:
    """Return molecules with their atoms in another order; bonds and charges go with the atoms.

    Parameters
    ----------
    conformers : Conformers
        The molecules.
    order_of : callable
        From a graph to the order: the atom that comes first, the one that comes second, and so on.

    Returns
    -------
    Conformers

    Raises
    ------
    ArgumentError
        If an order is no permutation of the atoms.

    Examples
    --------
    >>> pair = Conformers.of_one(MoleculeGraph((1, 9)), [[[0.0, 0.0, 0.0], [0.9, 0.0, 0.0]]])
    >>> reordered(pair, lambda graph: [1, 0])[0].graph.numbers
    (9, 1)
    """
    positions = conformers.positions.copy()
    graphs = []
    for number, graph in enumerate(conformers.graphs):
        order = np.asarray(order_of(graph), dtype=np.intp)
        graphs.append(graph.permuted(order))
        starts = conformers.offsets[:-1][conformers.which == number][:, None]
        positions[starts + np.arange(len(graph))] = conformers.positions[starts + order]
    # Two graphs may have become one.
    numbers: dict[MoleculeGraph, int] = {}
    which = np.array([numbers.setdefault(graph, len(numbers)) for graph in graphs], dtype=np.intp)
    return Conformers(numbers, which[conformers.which], positions)


def reordered_each(conformers: Conformers, orders: Sequence[Sequence[int] | NDArray[np.integer]]) -> Conformers:
    """Return molecules with their atoms in other orders, one order for each molecule.

    Parameters
    ----------
    conformers : Conformers
        The molecules.
    orders : sequence of sequence of int, length n_molecules
        Of each: the atom that comes first, the one that comes second, and so on.

    Returns
    -------
    Conformers

    Raises
    ------
    ArgumentError
        If there is not one order for each, or an order is no permutation of the atoms.

    Examples
    --------
    >>> pair = Conformers.of_one(MoleculeGraph((1, 9)), [[[0.0, 0.0, 0.0], [0.9, 0.0, 0.0]]] * 2)
    >>> [one.graph.numbers for one in reordered_each(pair, [[1, 0], [0, 1]])]
    [(9, 1), (1, 9)]
    """
    if len(orders) != len(conformers):
        raise ArgumentError(f"{len(orders)} orders for {len(conformers)} molecules", where="orders")
    positions = conformers.positions.copy()
    numbers: dict[MoleculeGraph, int] = {}
    which = np.empty(len(conformers), dtype=np.intp)
    for row, given in enumerate(orders):
        order = np.asarray(given, dtype=np.intp)
        graph = conformers.graphs[conformers.which[row]].permuted(order)
        which[row] = numbers.setdefault(graph, len(numbers))
        start = conformers.offsets[row]
        positions[start : start + len(order)] = conformers.positions[start + order]
    return Conformers(numbers, which, positions)


def random_order(labels: Sequence[Hashable], rng: np.random.Generator, *, like: bool) -> NDArray[np.intp]:
    """Draw an order of atoms that is not the one they have.

    Parameters
    ----------
    labels : sequence
        What each atom is: its atomic number.
    rng : numpy.random.Generator
        Where it is drawn from.
    like : bool
        Whether only atoms with the same label may exchange places.

    Returns
    -------
    ndarray of int, shape (n_atoms,)
        As given if no two atoms may exchange places.

    Raises
    ------
    ArgumentError
        If there is no atom.

    Examples
    --------
    >>> random_order((8, 1, 1), np.random.default_rng(0), like=True).tolist()
    [0, 2, 1]
    """
    if not len(labels):
        raise ArgumentError("there are no atoms", where="labels")
    groups: dict[Hashable, list[int]] = {}
    for atom, label in enumerate(labels):
        groups.setdefault(label if like else None, []).append(atom)
    order = np.arange(len(labels), dtype=np.intp)
    if all(len(atoms) == 1 for atoms in groups.values()):
        return order
    while np.array_equal(order, np.arange(len(labels))):
        for atoms in groups.values():
            order[atoms] = rng.permutation(atoms)
    return order
