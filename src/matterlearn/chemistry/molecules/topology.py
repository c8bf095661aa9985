"""What follows from the bonds of a molecule alone: neighbours, angles, dihedrals, bonds between atoms, types."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.molecules.graph import MoleculeGraph

AROMATIC = 1.5
"""Order of an aromatic bond."""

# Graphs whose topology is kept: the molecules of a set come again in each fold and each search.
_KEPT = 4096

# A ring of this many atoms or fewer is strained: its atoms are types of their own.
_STRAINED = 4

_CARBON = 6


@lru_cache(maxsize=_KEPT)
def neighbours(graph: MoleculeGraph) -> tuple[tuple[int, ...], ...]:
    """Return the atoms bonded to each atom.

    Parameters
    ----------
    graph : MoleculeGraph
        The molecule.

    Returns
    -------
    tuple of tuple of int, length n_atoms
        In rising order.

    Examples
    --------
    >>> neighbours(MoleculeGraph((8, 1, 1), ((0, 1, 1.0), (0, 2, 1.0))))
    ((1, 2), (0,), (0,))
    """
    found: list[list[int]] = [[] for _ in graph.numbers]
    for i, j, _ in graph.bonds:
        found[i].append(j)
        found[j].append(i)
    return tuple(tuple(sorted(atoms)) for atoms in found)


@lru_cache(maxsize=_KEPT)
def angles(graph: MoleculeGraph) -> NDArray[np.int64]:
    """Return the angles between bonds.

    Parameters
    ----------
    graph : MoleculeGraph
        The molecule.

    Returns
    -------
    ndarray of int, shape (n_angles, 3)
        End, centre, end; the smaller end first. By centre, then by ends; read only.

    Examples
    --------
    >>> angles(MoleculeGraph((8, 1, 1), ((0, 1, 1.0), (0, 2, 1.0)))).tolist()
    [[1, 0, 2]]
    """
    found = [
        (i, centre, k)
        for centre, ends in enumerate(neighbours(graph))
        for n, i in enumerate(ends)
        for k in ends[n + 1 :]
    ]
    return _frozen(found, 3)


@lru_cache(maxsize=_KEPT)
def dihedrals(graph: MoleculeGraph) -> NDArray[np.int64]:
    """Return the proper dihedrals: chains of four atoms about each bond.

    A bond to an atom that is linear by its bonds (`is_linear`) has none: the angle about it is not defined.

    Parameters
    ----------
    graph : MoleculeGraph
        The molecule.

    Returns
    -------
    ndarray of int, shape (n_dihedrals, 4)
        End, two inner atoms, end; the smaller inner atom before the larger. By bond, then by ends; read only.

    Examples
    --------
    >>> peroxide = MoleculeGraph((1, 8, 8, 1), ((0, 1, 1.0), (1, 2, 1.0), (2, 3, 1.0)))
    >>> dihedrals(peroxide).tolist()
    [[0, 1, 2, 3]]
    """
    around = neighbours(graph)
    linear = is_linear(graph)
    found = [
        (i, j, k, m)
        for j, k, _ in graph.bonds
        if not (linear[j] or linear[k])
        for i in around[j]
        for m in around[k]
        if i != k and m != j and i != m
    ]
    return _frozen(found, 4)


@lru_cache(maxsize=_KEPT)
def planar_centres(graph: MoleculeGraph) -> NDArray[np.int64]:
    """Return the atoms with exactly three neighbours, which a term for leaving the plane belongs to.

    Parameters
    ----------
    graph : MoleculeGraph
        The molecule.

    Returns
    -------
    ndarray of int, shape (n_centres, 4)
        Centre and its neighbours in rising order; read only.

    Examples
    --------
    >>> planar_centres(MoleculeGraph((7, 1, 1, 1), ((0, 1, 1.0), (0, 2, 1.0), (0, 3, 1.0)))).tolist()
    [[0, 1, 2, 3]]
    """
    return _frozen([(centre, *ends) for centre, ends in enumerate(neighbours(graph)) if len(ends) == 3], 4)


@lru_cache(maxsize=_KEPT)
def bond_distances(graph: MoleculeGraph) -> NDArray[np.int64]:
    """Return how many bonds lie between each two atoms.

    Parameters
    ----------
    graph : MoleculeGraph
        The molecule.

    Returns
    -------
    ndarray of int, shape (n_atoms, n_atoms)
        On the shortest way; 0 on the diagonal, -1 where no way leads; read only.

    Examples
    --------
    >>> bond_distances(MoleculeGraph((8, 1, 1, 10), ((0, 1, 1.0), (0, 2, 1.0)))).tolist()
    [[0, 1, 1, -1], [1, 0, 2, -1], [1, 2, 0, -1], [-1, -1, -1, 0]]
    """
    around = neighbours(graph)
    out = np.full((len(graph), len(graph)), -1, dtype=np.int64)
    for start in range(len(graph)):
        for atom, n_bonds in _reached(around, start).items():
            out[start, atom] = n_bonds
    out.flags.writeable = False
    return out


@lru_cache(maxsize=_KEPT)
def smallest_rings(graph: MoleculeGraph) -> tuple[int, ...]:
    """Return how many atoms the smallest ring through each atom has.

    Parameters
    ----------
    graph : MoleculeGraph
        The molecule.

    Returns
    -------
    tuple of int, length n_atoms
        0 where there is no ring.

    Examples
    --------
    >>> smallest_rings(MoleculeGraph((6, 6, 6, 1), ((0, 1, 1.0), (0, 2, 1.0), (0, 3, 1.0), (1, 2, 1.0))))
    (3, 3, 3, 0)
    """
    around = neighbours(graph)
    sizes = [0] * len(graph)
    for i, j, _ in graph.bonds:
        way = _reached(around, i, without=(i, j)).get(j)
        if way is not None:
            for end in (i, j):
                sizes[end] = min(sizes[end] or way + 1, way + 1)
    return tuple(sizes)


@lru_cache(maxsize=_KEPT)
def is_linear(graph: MoleculeGraph) -> tuple[bool, ...]:
    """Tell which atoms hold their two neighbours in one line.

    Those with two neighbours whose orders of bonds sum to four, and carbon with two neighbours whatever the orders,
    since a graph from positions alone has none.

    Parameters
    ----------
    graph : MoleculeGraph
        The molecule.

    Returns
    -------
    tuple of bool, length n_atoms

    Examples
    --------
    >>> is_linear(MoleculeGraph((8, 6, 8), ((0, 1, 2.0), (1, 2, 2.0))))
    (False, True, False)
    """
    orders = [0.0] * len(graph)
    for i, j, order in graph.bonds:
        orders[i] += order
        orders[j] += order
    return tuple(
        len(ends) == 2 and (total == 4 or number == _CARBON)
        for number, ends, total in zip(graph.numbers, neighbours(graph), orders, strict=True)
    )


@lru_cache(maxsize=_KEPT)
def atom_types(graph: MoleculeGraph) -> tuple[str, ...]:
    """Return the type of each atom: what it is and how it is bonded.

    The element and the number of its neighbours; for an atom with one neighbour, its element instead; then `a` where
    aromatic, `r3` or `r4` in a ring so small that it is strained, and the formal charge.

    Parameters
    ----------
    graph : MoleculeGraph
        The molecule.

    Returns
    -------
    tuple of str, length n_atoms
        The same for atoms that cannot be told apart by their bonds, whatever the order of atoms.

    Examples
    --------
    >>> atom_types(MoleculeGraph((8, 1, 1), ((0, 1, 1.0), (0, 2, 1.0))))
    ('O2', 'H(O)', 'H(O)')
    """
    around = neighbours(graph)
    rings = smallest_rings(graph)
    aromatic = {end for i, j, order in graph.bonds if order == AROMATIC for end in (i, j)}
    types = []
    for atom, ends in enumerate(around):
        name = graph.symbols[atom] + (f"({graph.symbols[ends[0]]})" if len(ends) == 1 else str(len(ends)))
        if atom in aromatic:
            name += "a"
        elif 0 < rings[atom] <= _STRAINED:
            name += f"r{rings[atom]}"
        charge = graph.charges[atom] if graph.charges else 0
        types.append(name + (f"{charge:+d}" if charge else ""))
    return tuple(types)


def _reached(
    around: tuple[tuple[int, ...], ...], start: int, *, without: tuple[int, int] | None = None
) -> dict[int, int]:
    """Return the atoms that bonds lead to from an atom, and over how many bonds; one bond may be taken out."""
    found = {start: 0}
    frontier = [start]
    while frontier:
        reached = []
        for atom in frontier:
            for other in around[atom]:
                if other not in found and without not in ((atom, other), (other, atom)):
                    found[other] = found[atom] + 1
                    reached.append(other)
        frontier = reached
    return found


def _frozen(rows: Sequence[tuple[int, ...]], width: int) -> NDArray[np.int64]:
    out = np.array(rows, dtype=np.int64).reshape(-1, width)
    out.flags.writeable = False
    return out
