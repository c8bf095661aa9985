"""A batch of conformers as a network takes it: atoms in the order of their elements, and what surrounds each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.core.errors import RowError
from matterlearn.models.molecules.geometry import harmonics, pairs_within, radial_functions

CHUNK = 1 << 16
"""Squared sizes of the molecules that are worked on at a time: memory stays small whatever the number of rows."""


@dataclass(frozen=True)
class Layout:
    """Where the atoms of some conformers are put.

    Attributes
    ----------
    atoms : Tensor of int, shape (n_atoms,)
        The atoms of the conformers, element after element.
    counts : tuple of int
        Atoms of each element.
    order : Tensor of int, shape (n_atoms,)
        Where each stood when the atoms were in the order of the conformers.
    slots : Tensor of int, shape (n_atoms,)
        Place of each among n_conformers x n_slots places.
    n_conformers, n_slots : int
        Conformers, and atoms of the largest.
    """

    atoms: Tensor
    counts: tuple[int, ...]
    order: Tensor
    slots: Tensor
    n_conformers: int
    n_slots: int

    def spread(self, values: Tensor) -> Tensor:
        """Return values of atoms (n_atoms, ...) in their places, 0 elsewhere: (n_conformers, n_slots, ...)."""
        rest = values.shape[1:]
        empty = values.new_zeros((self.n_conformers * self.n_slots, *rest))
        return empty.index_copy(0, self.slots, values).reshape(self.n_conformers, self.n_slots, *rest)

    def gather(self, values: Tensor) -> Tensor:
        """Return of values in their places (n_conformers, n_slots, ...) those of the atoms, (n_atoms, ...)."""
        return values.flatten(0, 1).index_select(0, self.slots)

    def by_element(self, values: Tensor) -> tuple[Tensor, ...]:
        """Return values of atoms (n_atoms, ...) in pieces, one for each element, of no atoms where there is none."""
        return torch.split(values, list(self.counts))

    def to(self, device: torch.device) -> Layout:
        """Return the same on another device."""
        return replace(self, **{name: getattr(self, name).to(device) for name in ("atoms", "order", "slots")})


def lay_out(elements: NDArray[np.intp], offsets: NDArray[np.intp], rows: NDArray[np.intp], n_elements: int) -> Layout:
    """Return where the atoms of some conformers are put.

    Parameters
    ----------
    elements : ndarray of int, shape (n_atoms of all,)
        Number of the element of each atom, counted from 0.
    offsets : ndarray of int, shape (n_conformers of all + 1,)
        Where the atoms of each conformer begin.
    rows : ndarray of int, shape (n_conformers,)
        Which of them.
    n_elements : int
        Elements there are.

    Returns
    -------
    Layout
    """
    sizes = np.diff(offsets)[rows]
    n_slots = int(sizes.max())
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    atoms = atoms_of(offsets, rows)
    slots = np.repeat(np.arange(len(rows)), sizes) * n_slots + within
    order = np.argsort(elements[atoms], kind="stable")
    counts = np.bincount(elements[atoms], minlength=n_elements)
    return Layout(
        torch.from_numpy(atoms[order]),
        tuple(counts.tolist()),
        torch.from_numpy(order),
        torch.from_numpy(slots[order]),
        len(rows),
        n_slots,
    )


def atoms_of(offsets: NDArray[np.intp], rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the atoms of some conformers, conformer after conformer.

    Examples
    --------
    >>> atoms_of(np.array([0, 2, 5]), np.array([1, 0]))
    array([2, 3, 4, 0, 1])
    """
    sizes = np.diff(offsets)[rows]
    return np.repeat(offsets[rows] - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())


def element_numbers(conformers: Conformers, elements: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the number of each atom's element among those that are known.

    Parameters
    ----------
    conformers : Conformers
        Molecules.
    elements : ndarray of int
        Known atomic numbers, rising.

    Returns
    -------
    ndarray of int, shape (n_atoms of all,)
        Counted from 0.

    Raises
    ------
    RowError
        If an element is not known.
    """
    known: dict[int, int] = {int(number): k for k, number in enumerate(elements)}
    of_graph = []
    for k, graph in enumerate(conformers.graphs):
        strange = sorted(set(graph.numbers) - set(known))
        if strange:
            symbols = ", ".join(SYMBOLS[number - 1] for number in known)
            raise RowError(
                f"{SYMBOLS[strange[0] - 1]} was in none of the molecules of the training ({symbols})",
                row=int(np.flatnonzero(conformers.which == k)[0]),
            )
        of_graph.append(np.array([known[number] for number in graph.numbers], dtype=np.intp))
    return np.concatenate([of_graph[k] for k in conformers.which])


def row_chunks(sizes: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Return the rows in pieces whose squared sizes sum to about `CHUNK`."""
    which = np.cumsum(sizes.astype(np.int64) ** 2) // CHUNK
    return np.split(np.arange(len(sizes)), np.flatnonzero(np.diff(which)) + 1)


def densities(
    positions: Tensor,
    centres: Tensor,
    neighbors: Tensor,
    elements: Tensor,
    n_elements: int,
    *,
    cutoff: float,
    n_radial: int,
    degree: int,
) -> Tensor:
    """Return what surrounds each atom: sums over its neighbours of radial functions times harmonics, per element.

    Parameters
    ----------
    positions : Tensor, shape (n_atoms, 3)
        In angstrom.
    centres, neighbors : Tensor of int, shape (n_pairs,)
        As `pairs_within` returns them.
    elements : Tensor of int, shape (n_atoms,)
        Number of the element of each atom.
    n_elements : int
        Elements there are.
    cutoff : float
        In angstrom.
    n_radial, degree : int
        Radial functions, and the highest degree of the harmonics.

    Returns
    -------
    Tensor, shape (n_atoms, (degree + 1)^2, n_elements * n_radial)
        Degree by degree; element by element.
    """
    steps = positions[neighbors] - positions[centres]
    r = steps.pow(2).sum(-1).sqrt()
    radial = radial_functions(r, cutoff, n_radial)  # (n_pairs, n_radial)
    angular = harmonics(steps / r[:, None], degree)  # (n_pairs, n_harmonics)
    n_atoms, n_harmonics = len(positions), angular.shape[-1]
    sums = positions.new_zeros((n_atoms * n_elements, n_harmonics, n_radial))
    place = centres * n_elements + elements[neighbors]
    sums = sums.index_add(0, place, angular[:, :, None] * radial[:, None, :])
    sums = sums.reshape(n_atoms, n_elements, n_harmonics, n_radial)
    return sums.transpose(1, 2).reshape(n_atoms, n_harmonics, n_elements * n_radial)


def densities_of(
    conformers: Conformers,
    elements: NDArray[np.intp],
    n_elements: int,
    *,
    cutoff: float,
    n_radial: int,
    degree: int,
    first_row: int = 0,
) -> Tensor:
    """Return the densities of all atoms of some conformers in float32, computed in float64 piece by piece."""
    out = torch.empty((len(elements), (degree + 1) ** 2, n_elements * n_radial), dtype=torch.float32)
    for rows in row_chunks(conformers.sizes):
        part = conformers[rows]
        begin, end = conformers.offsets[rows[0]], conformers.offsets[rows[-1] + 1]
        centres, neighbors = pairs_within(part, cutoff, first_row=first_row + int(rows[0]))
        out[begin:end] = densities(
            torch.from_numpy(part.positions),
            torch.from_numpy(centres),
            torch.from_numpy(neighbors),
            torch.from_numpy(elements[begin:end]),
            n_elements,
            cutoff=cutoff,
            n_radial=n_radial,
            degree=degree,
        )
    return out
