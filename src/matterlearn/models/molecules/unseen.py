"""Molecules without their atoms of elements that the training did not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.models.molecules.atoms import row_chunks
from matterlearn.models.molecules.geometry import pairs_within


class Part(NamedTuple):
    """Some of the conformers of a batch, whole or without some atoms.

    Attributes
    ----------
    conformers : Conformers
        What is left of them.
    rows : ndarray of int, shape (n_conformers,)
        Where each stands in the batch.
    atoms : ndarray of int, shape (n_atoms,)
        Where each atom stands among those of the batch.
    """

    conformers: Conformers
    rows: NDArray[np.intp]
    atoms: NDArray[np.intp]


def whole(conformers: Conformers) -> Part:
    """Return the batch as it is."""
    return Part(conformers, np.arange(len(conformers)), np.arange(conformers.offsets[-1]))


def without_unseen(conformers: Conformers, elements: NDArray[np.int64]) -> Iterator[Part]:
    """Yield the conformers whose elements are all known as they are, then the others without their strange atoms.

    They come apart, so that what is computed of a known molecule has the same bits as without strange ones in the
    batch. Molecules of strange atoms only are in no part.

    Parameters
    ----------
    conformers : Conformers
        Molecules.
    elements : ndarray of int
        Known atomic numbers.

    Yields
    ------
    Part
        With bonds only in molecules that are whole.

    Raises
    ------
    RowError
        If two atoms of a conformer are in one place, known or not.

    Examples
    --------
    >>> batch = Conformers.of_one(MoleculeGraph((1, 17)), [[[0.0, 0.0, 0.0], [1.27, 0.0, 0.0]]])
    >>> [(part.conformers, part.rows.tolist(), part.atoms.tolist()) for part in without_unseen(batch, np.array([1, 6]))]
    [(Conformers(1 of H), [0], [0])]
    """
    known = set(elements.tolist())
    seen = [np.array([number in known for number in graph.numbers]) for graph in conformers.graphs]
    is_whole = np.array([bool(atoms.all()) for atoms in seen], dtype=bool)[conformers.which]
    if is_whole.all():
        yield whole(conformers)
        return
    for rows in row_chunks(conformers.sizes):  # here rows and atoms have their own numbers, for the error to name
        pairs_within(conformers[rows], 0.0, first_row=int(rows[0]))
    holds = np.concatenate([seen[k] for k in conformers.which])
    row_of_atom = np.repeat(np.arange(len(conformers)), conformers.sizes)
    rows = np.flatnonzero(is_whole)
    if len(rows):
        yield Part(conformers[rows], rows, np.flatnonzero(is_whole[row_of_atom]))
    left = np.array([bool(atoms.any()) for atoms in seen], dtype=bool)[conformers.which]
    rows = np.flatnonzero(left & ~is_whole)
    if len(rows):
        atoms = np.flatnonzero(holds & ~is_whole[row_of_atom])
        numbers: dict[MoleculeGraph, int] = {}
        which = [
            numbers.setdefault(_of_seen(conformers.graphs[k], seen[k]), len(numbers)) for k in conformers.which[rows]
        ]
        yield Part(Conformers(numbers, which, conformers.positions[atoms]), rows, atoms)


def _of_seen(graph: MoleculeGraph, seen: NDArray[np.bool_]) -> MoleculeGraph:
    return MoleculeGraph(tuple(number for number, is_seen in zip(graph.numbers, seen, strict=True) if is_seen))
