"""What is done to molecules and crystals in an audit: for each symmetry some changes, each of many rows at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry import crystal_transforms as crystals
from matterlearn.chemistry.crystal_transforms import Crystal
from matterlearn.chemistry.molecules import transforms as molecules
from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.chemistry.symmetries import (
    CELL_CHOICE,
    CRYSTAL_SYMMETRIES,
    PERMUTATION,
    REFLECTION,
    ROTATION,
    TRANSLATION,
    WRAPPING,
)
from matterlearn.core.errors import ArgumentError, did_you_mean
from matterlearn.core.parallel import item_seed
from matterlearn.validation.audits.samples import Crystals, Molecules, Samples

LIKE_ATOMS: Final = "permutation of like atoms"
"""Atoms of one element exchange places; part of `PERMUTATION`, and all of it that flat coordinates can tell."""

ALL_SYMMETRIES: Final = (TRANSLATION, ROTATION, REFLECTION, LIKE_ATOMS, *CRYSTAL_SYMMETRIES[3:])
"""Every symmetry that can be audited, in the order of a report."""

FIRST_SHIFT: Final = (1.0, 1.0, 1.0)
"""Angstrom: the shift that every audit begins with, so that audits can be compared."""

FAR: Final = 100.0
"""Angstrom: the second shift, in any direction; far beyond what a model was trained on."""

USUAL: Final = 3.0
"""Angstrom: standard deviation of each part of the other shifts."""

MOST_CELLS: Final = 2
"""Whole lattice vectors by which an atom is moved, at most, in each direction."""

SUPERCELLS: Final = (
    ("2 x 1 x 1 cells", ((2, 0, 0), (0, 1, 0), (0, 0, 1))),
    ("1 x 2 x 1 cells", ((1, 0, 0), (0, 2, 0), (0, 0, 1))),
    ("3 x 1 x 1 cells", ((3, 0, 0), (0, 1, 0), (0, 0, 1))),
    ("1 x 1 x 2 cells", ((1, 0, 0), (0, 1, 0), (0, 0, 2))),
    ("two cells, a base centred", ((1, 1, 0), (-1, 1, 0), (0, 0, 1))),
    ("two cells, a centred", ((0, 1, 1), (1, 0, 1), (1, 1, 0))),
)
"""Supercells that are tried after the primitive cell: what they are, and their lattice vectors as sums of the old."""


RELABELLED, TURNED_ROUND = 2, 3
"""Which changes of cell only put the lattice vectors in another order, and only turn one of them round."""

_CELLS: Mapping[int, str] = MappingProxyType(
    {
        0: "in its cell of shortest vectors",
        RELABELLED: "with its lattice vectors in another order",
        TURNED_ROUND: "with one lattice vector turned round, left-handed",
    }
)


@dataclass(frozen=True, eq=False)
class Change:
    """One change of many rows.

    Attributes
    ----------
    symmetry : str
        Symmetry that says that nothing happens.
    number : int
        Which of its changes, counted from 0.
    said : str
        What was done, to follow "a molecule": "moved by (1, 1, 1) angstrom".
    rows : ndarray of int, shape (n_changed,)
        The rows for which it is a change.
    samples : Molecules or Crystals
        These rows, changed.
    matrices : ndarray of float, shape (n_changed, 3, 3)
        By which vectors turn.
    sites : sequence of ndarray of int
        For each row the original atom of each of its atoms.
    """

    symmetry: str
    number: int
    said: str
    rows: NDArray[np.intp]
    samples: Samples
    matrices: NDArray[np.float64]
    sites: Sequence[NDArray[np.intp]]


def possible_symmetries(samples: Samples) -> tuple[str, ...]:
    """Return the symmetries that can be audited, in the order of a report."""
    if isinstance(samples, Crystals):
        return CRYSTAL_SYMMETRIES
    # A matrix of coordinates says nothing of elements: atoms of different ones must not exchange places in it.
    coordinates = samples.takes == "coordinates"
    return (TRANSLATION, ROTATION, REFLECTION, LIKE_ATOMS) + (() if coordinates else (PERMUTATION,))


def chosen_symmetries(samples: Samples, symmetries: Sequence[str] | None) -> tuple[str, ...]:
    """Return the symmetries to audit.

    Parameters
    ----------
    samples : Molecules or Crystals
        What is audited.
    symmetries : sequence of str, optional
        Those that are asked for; None for all that are possible. For a model of flat coordinates "permutation" is
        that of like atoms.

    Returns
    -------
    tuple of str
        Each once.

    Raises
    ------
    ArgumentError
        If there is none, or one is not known or not one of such samples.
    """
    possible = possible_symmetries(samples)
    if symmetries is None:
        return possible
    asked = [symmetries] if isinstance(symmetries, str) else list(symmetries)
    if not asked:
        raise ArgumentError("none is named", where="symmetries")
    for name in asked:
        if name not in ALL_SYMMETRIES:
            raise ArgumentError(f"{name!r} is unknown", where="symmetries", fix=did_you_mean(name, ALL_SYMMETRIES))
    if PERMUTATION not in possible:
        asked = [LIKE_ATOMS if name == PERMUTATION else name for name in asked]
    for name in asked:
        if name not in possible:
            raise ArgumentError(
                f"a {samples.noun} has no {name}", where="symmetries", fix=f"one of {', '.join(possible)}"
            )
    return tuple(name for name in possible if name in asked)


def changes_of(samples: Samples, symmetry: str, *, n_changes: int, random_state: int) -> Iterator[Change]:
    """Make the changes of one symmetry.

    Parameters
    ----------
    samples : Molecules or Crystals
        What is audited.
    symmetry : str
        One of `possible_symmetries`.
    n_changes : int
        How many, at most: there are four mirror images, and few supercells.
    random_state : int
        Seed. The changes of a symmetry do not depend on which others are audited.

    Yields
    ------
    Change
        Those that change a row at all.
    """
    for number in range(n_changes):
        rng = np.random.default_rng(item_seed(random_state, "audit", symmetry, number))
        if isinstance(samples, Crystals):
            change = _of_crystals(samples, symmetry, number, rng)
        else:
            change = _of_molecules(samples, symmetry, number, rng)
        if change is not None and len(change.rows):
            yield change


def why_not(samples: Samples, symmetry: str) -> str:
    """Return why there is no change of a symmetry, as the end of a sentence."""
    if isinstance(samples, Molecules) and not samples.species_known:
        return "which atoms are of one element is not known; pass conformers, or a column of structures"
    return _WHY_NOT.get(symmetry, "no change is one")


_WHY_NOT: Mapping[str, str] = MappingProxyType(
    {
        ROTATION: "a single atom has no direction",
        REFLECTION: "a single atom is its own mirror image",
        LIKE_ATOMS: "no element has two atoms",
        PERMUTATION: "there is one atom only",
        CELL_CHOICE: "it repeats along one direction only",
    }
)


def _of_molecules(samples: Molecules, symmetry: str, number: int, rng: np.random.Generator) -> Change | None:
    if symmetry in (LIKE_ATOMS, PERMUTATION):
        return _permuted_molecules(samples, symmetry, number, rng)
    several = np.flatnonzero(samples.sizes > 1) if symmetry != TRANSLATION else np.arange(len(samples))
    part = samples.rows(several)
    if symmetry == TRANSLATION:
        said, shifts = _shifts(len(part), number, rng)
        new, matrices = molecules.moved(part.conformers, shifts), _no_turns(len(part))
    elif symmetry == ROTATION:
        said, matrices = "turned about its centre", molecules.random_rotations(len(part), rng)
        new = molecules.turned(part.conformers, matrices)
    else:
        if number >= len(molecules.MIRRORS):
            return None
        said, signs = molecules.MIRRORS[number]
        matrices = np.tile(np.diag(np.array(signs, dtype=np.float64)), (len(part), 1, 1))
        new = molecules.turned(part.conformers, matrices)
    changed = replace(part, conformers=new, mirrored=symmetry == REFLECTION)
    sites = [np.arange(size) for size in part.sizes]
    return Change(symmetry, number, said, several, changed, matrices, sites)


def _permuted_molecules(samples: Molecules, symmetry: str, number: int, rng: np.random.Generator) -> Change | None:
    if not samples.species_known:
        return None
    like = symmetry == LIKE_ATOMS
    if number % 2:  # an order of its own for each molecule
        graphs = samples.conformers.graphs
        each = [molecules.random_order(graphs[which].numbers, rng, like=like) for which in samples.conformers.which]
        rows = np.array(
            [row for row, order in enumerate(each) if np.any(order != np.arange(len(order)))], dtype=np.intp
        )
        part, sites = samples.rows(rows), tuple(each[row] for row in rows)
        new = replace(part, conformers=molecules.reordered_each(part.conformers, sites), orders=sites)
        return Change(symmetry, number, "with its atoms in another order", rows, new, _no_turns(len(rows)), sites)
    # One order for all molecules with the same atoms: the batch falls into as few graphs as before.
    orders: dict[tuple[int, ...], NDArray[np.intp]] = {}

    def order_of(graph: MoleculeGraph) -> NDArray[np.intp]:
        if graph.numbers not in orders:
            orders[graph.numbers] = molecules.random_order(graph.numbers, rng, like=like)
        return orders[graph.numbers]

    changed = np.array([np.any(order_of(graph) != np.arange(len(graph))) for graph in samples.conformers.graphs])
    rows = np.flatnonzero(changed[samples.conformers.which])
    part = samples.rows(rows)
    graphs = part.conformers.graphs
    sites = tuple(order_of(graphs[which]) for which in part.conformers.which)
    new = replace(part, conformers=molecules.reordered(part.conformers, order_of), orders=sites)
    return Change(symmetry, number, "with its atoms in another order", rows, new, _no_turns(len(rows)), sites)


def _of_crystals(samples: Crystals, symmetry: str, number: int, rng: np.random.Generator) -> Change | None:
    n = len(samples)
    matrices = _no_turns(n)
    how: Callable[[Crystal], Crystal | None]
    if symmetry == TRANSLATION:
        said, shifts = _shifts(n, number, rng)
        new = [crystals.moved(*pair) for pair in zip(samples.crystals, shifts, strict=True)]
        return _crystal_change(samples, symmetry, number, said, new, matrices)
    if symmetry in (ROTATION, REFLECTION):
        if symmetry == ROTATION:
            said, matrices = "turned with its lattice", molecules.random_rotations(n, rng)
        elif number < len(molecules.MIRRORS):
            said, signs = molecules.MIRRORS[number]
            matrices = np.tile(np.diag(np.array(signs, dtype=np.float64)), (n, 1, 1))
        else:
            return None
        turned = [crystals.turned(*pair) for pair in zip(samples.crystals, matrices, strict=True)]
        return _crystal_change(samples, symmetry, number, said, turned, matrices)
    if symmetry == PERMUTATION:
        said = "with its sites in another order"

        def how(crystal: Crystal) -> Crystal | None:
            order = molecules.random_order(range(len(crystal)), rng, like=False)
            return crystals.reordered(crystal, order) if len(crystal) > 1 else None

    elif symmetry == WRAPPING:
        said = "with some atoms moved by whole lattice vectors"

        def how(crystal: Crystal) -> Crystal | None:
            cells = rng.integers(-MOST_CELLS, MOST_CELLS + 1, (len(crystal), 3))
            cells[rng.random(len(crystal)) < 0.5] = 0
            if not np.any(cells * np.array(crystal.periodic)):
                cells[0] = 1
            return crystals.wrapped(crystal, cells)

    elif symmetry == CELL_CHOICE:
        said = _CELLS.get(number, "in another cell of the same size")

        def how(crystal: Crystal) -> Crystal | None:
            matrix = None
            if number == 0:
                matrix = crystals.reduced_cell(crystal)
            elif number == RELABELLED:
                matrix = crystals.relabelled_cell(crystal.periodic, rng)
            elif number == TURNED_ROUND:
                matrix = crystals.opposite_cell(crystal.periodic, rng)
            matrix = crystals.random_cell(crystal.periodic, rng) if matrix is None else matrix
            return None if matrix is None else crystals.in_cell(crystal, matrix)

    else:
        if number > len(SUPERCELLS):
            return None
        said, cells = SUPERCELLS[number - 1] if number else ("in its primitive cell", None)
        said = f"as {said}" if number else said

        def how(crystal: Crystal) -> Crystal | None:
            if cells is None:
                return crystals.primitive(crystal)
            matrix, fixed = np.array(cells), ~np.array(crystal.periodic)
            unit = np.eye(3)
            possible = np.array_equal(matrix[fixed], unit[fixed]) and np.array_equal(matrix[:, fixed], unit[:, fixed])
            return crystals.repeated(crystal, matrix) if possible else None

    return _crystal_change(samples, symmetry, number, said, [how(crystal) for crystal in samples.crystals], matrices)


def _crystal_change(
    samples: Crystals,
    symmetry: str,
    number: int,
    said: str,
    new: Sequence[Crystal | None],
    matrices: NDArray[np.float64],
) -> Change:
    rows = np.array([row for row, crystal in enumerate(new) if crystal is not None], dtype=np.intp)
    kept = tuple(crystal for crystal in new if crystal is not None)
    changed = replace(samples.rows(rows), crystals=kept)
    return Change(symmetry, number, said, rows, changed, matrices[rows], [crystal.sites for crystal in kept])


def _shifts(n: int, number: int, rng: np.random.Generator) -> tuple[str, NDArray[np.float64]]:
    if number == 0:
        return "moved by (1, 1, 1) angstrom", np.tile(FIRST_SHIFT, (n, 1))
    directions = rng.normal(size=(n, 3))
    if number == 1:
        return f"moved by {FAR:g} angstrom", FAR * directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return "moved by a few angstrom", USUAL * directions


def _no_turns(n: int) -> NDArray[np.float64]:
    return np.tile(np.eye(3), (n, 1, 1))
