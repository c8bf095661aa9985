"""Conformers: molecules with positions, one by one and many as flat arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.core.errors import ArgumentError

FARTHEST = 1e6
"""Largest coordinate in angstrom (0.1 mm) of a molecule that is read: what lies beyond is a mistake, and its squares
lose the digits that distances need."""


@dataclass(frozen=True, eq=False)
class Conformer:
    """One molecule with the positions of its atoms.

    Parameters
    ----------
    graph : MoleculeGraph
        Its atoms and bonds.
    positions : array-like of float, shape (n_atoms, 3)
        In angstrom; finite.

    Raises
    ------
    ArgumentError
        If there is not one position per atom, or one is not finite.

    Examples
    --------
    >>> water = MoleculeGraph((8, 1, 1), ((0, 1, 1.0), (0, 2, 1.0)))
    >>> Conformer(water, [[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]])
    Conformer(H2O)
    """

    graph: MoleculeGraph
    positions: NDArray[np.float64]

    def __post_init__(self) -> None:
        positions = np.array(self.positions, dtype=np.float64)
        if positions.shape != (len(self.graph), 3):
            raise ArgumentError(
                f"positions of shape {positions.shape} for {len(self.graph)} atoms",
                where="positions",
                fix="pass x, y, z",
            )
        if not np.isfinite(positions).all():
            raise ArgumentError("a position is not finite", where="positions")
        positions.flags.writeable = False
        object.__setattr__(self, "positions", positions)

    def __repr__(self) -> str:
        return f"Conformer({self.graph.formula})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Conformer):
            return NotImplemented
        return self.graph == other.graph and np.array_equal(self.positions, other.positions)

    def __hash__(self) -> int:
        return hash((self.graph, self.positions.tobytes()))


class Block(NamedTuple):
    """Conformers of a batch that have the same graph.

    Attributes
    ----------
    graph : MoleculeGraph
        Their atoms and bonds.
    rows : ndarray of int, shape (n_rows,)
        Where they stand in the batch, in rising order.
    positions : ndarray of float, shape (n_rows, n_atoms, 3)
        In angstrom, contiguous.
    """

    graph: MoleculeGraph
    rows: NDArray[np.intp]
    positions: NDArray[np.float64]


class Conformers:
    """Many conformers of one or several molecules as flat arrays: the batch that features and networks take.

    It has a length and a shape and can be indexed by a number (a `Conformer`) or by a slice, a mask or numbers (a
    batch), so that every splitter of scikit-learn takes it. Nothing in it is changed in place.

    Parameters
    ----------
    graphs : sequence of MoleculeGraph
        Different ones, in the order of first appearance.
    which : ndarray of int, shape (n_conformers,)
        Graph of each conformer.
    positions : ndarray of float, shape (n_atoms of all, 3)
        In angstrom, conformer after conformer.

    Raises
    ------
    ArgumentError
        If the parts do not fit together, or a position is not finite.

    Examples
    --------
    >>> water = MoleculeGraph((8, 1, 1), ((0, 1, 1.0), (0, 2, 1.0)))
    >>> batch = Conformers.of_one(water, np.zeros((4, 3, 3)))
    >>> len(batch), batch[1:3].shape, batch[0], [block.positions.shape for block in batch.blocks()]
    (4, (2,), Conformer(H2O), [(4, 3, 3)])
    """

    ndim = 1

    def __init__(self, graphs: Iterable[MoleculeGraph], which: ArrayLike, positions: ArrayLike) -> None:
        self.graphs = tuple(graphs)
        self.which = np.asarray(which, dtype=np.intp)
        self.positions = np.ascontiguousarray(positions, dtype=np.float64)
        n_graphs = len(self.graphs)
        if self.which.ndim != 1 or np.any((self.which < 0) | (self.which >= n_graphs)):
            raise ArgumentError(f"no numbers of {n_graphs} graphs", where="which")
        self.sizes = np.array([len(graph) for graph in self.graphs], dtype=np.intp)[self.which]
        self.offsets = np.concatenate(([0], np.cumsum(self.sizes))).astype(np.intp)
        if self.positions.shape != (self.offsets[-1], 3):
            raise ArgumentError(
                f"positions of shape {self.positions.shape}, not ({self.offsets[-1]}, 3)", where="positions"
            )
        if not np.isfinite(self.positions).all():
            raise ArgumentError("a position is not finite", where="positions")

    @classmethod
    def of_one(cls, graph: MoleculeGraph, positions: ArrayLike) -> Conformers:
        """Make the batch of conformers of one molecule.

        Parameters
        ----------
        graph : MoleculeGraph
            The molecule.
        positions : array-like of float, shape (n_conformers, n_atoms, 3)
            In angstrom.

        Returns
        -------
        Conformers

        Raises
        ------
        ArgumentError
            If the shape does not fit the molecule, or a position is not finite.
        """
        array = np.asarray(positions, dtype=np.float64)
        if array.ndim != 3 or array.shape[1:] != (len(graph), 3):
            raise ArgumentError(f"shape {array.shape} is not (n_conformers, {len(graph)}, 3)", where="positions")
        return cls((graph,), np.zeros(len(array), dtype=np.intp), array.reshape(-1, 3))

    @classmethod
    def of(cls, conformers: Iterable[Conformer]) -> Conformers:
        """Make a batch of conformers.

        Parameters
        ----------
        conformers : iterable of Conformer
            In order.

        Returns
        -------
        Conformers
        """
        numbers: dict[MoleculeGraph, int] = {}
        which, positions = [], []
        for conformer in conformers:
            which.append(numbers.setdefault(conformer.graph, len(numbers)))
            positions.append(conformer.positions)
        return cls(numbers, which, np.concatenate(positions) if positions else np.empty((0, 3)))

    def __len__(self) -> int:
        return len(self.which)

    def __repr__(self) -> str:
        formulas = ", ".join(graph.formula for graph in self.graphs[:3]) + (", ..." if len(self.graphs) > 3 else "")
        return f"Conformers({len(self)} of {formulas})"

    @property
    def shape(self) -> tuple[int]:
        """(n_conformers,)."""
        return (len(self),)

    @overload
    def __getitem__(self, index: int | np.integer) -> Conformer: ...

    @overload
    def __getitem__(self, index: Any) -> Conformers: ...

    def __getitem__(self, index: Any) -> Conformer | Conformers:
        rows = np.arange(len(self))[index]
        if np.ndim(rows) == 0:
            row = int(rows)
            return Conformer(self.graphs[self.which[row]], self.positions[self.offsets[row] : self.offsets[row + 1]])
        sizes = self.sizes[rows]
        starts = np.repeat(self.offsets[rows] - np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes) if len(rows) else 0
        atoms = np.arange(sizes.sum()) + starts
        # Graphs that no row has any more are left out: what is learned from a batch must not depend on them.
        used, which = np.unique(self.which[rows], return_inverse=True)
        return Conformers([self.graphs[k] for k in used], which, self.positions[atoms])

    def __iter__(self) -> Iterator[Conformer]:
        return (self[row] for row in range(len(self)))

    def blocks(self) -> Iterator[Block]:
        """Yield the conformers graph by graph, so that arrays can be worked on without a loop over conformers.

        Yields
        ------
        Block
            Graph, rows and positions.
        """
        for number, graph in enumerate(self.graphs):
            rows = np.flatnonzero(self.which == number)
            if len(rows):
                atoms = self.offsets[rows][:, None] + np.arange(len(graph))
                yield Block(graph, rows, self.positions[atoms])

    def with_positions(self, positions: ArrayLike) -> Conformers:
        """Return the same molecules elsewhere.

        Parameters
        ----------
        positions : array-like of float, shape (n_atoms of all, 3)
            In angstrom, conformer after conformer.

        Returns
        -------
        Conformers
        """
        return Conformers(self.graphs, self.which, positions)

    def flat(self) -> NDArray[np.float64]:
        """Return the coordinates x_0, y_0, z_0, x_1, ... of each conformer.

        Returns
        -------
        ndarray of shape (n_conformers, 3 * n_atoms)
            In angstrom.

        Raises
        ------
        ArgumentError
            If the molecules differ in their numbers of atoms.
        """
        sizes = np.unique(self.sizes)
        if len(sizes) != 1:
            raise ArgumentError(
                f"molecules of {' and '.join(map(str, sizes.tolist()))} atoms have no common coordinates",
                where="conformers",
            )
        return self.positions.reshape(len(self), -1).copy()


def coordinate_names(n_atoms: int) -> list[str]:
    """Return the names of flat coordinates.

    Parameters
    ----------
    n_atoms : int
        Number of atoms.

    Returns
    -------
    list of str
        `["x_0", "y_0", "z_0", "x_1", ...]`.
    """
    return [f"{axis}_{atom}" for atom in range(n_atoms) for axis in "xyz"]
