"""A molecule as a graph: its atoms and what is bonded to what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.core.errors import ArgumentError

MOST_ATOMS = 1_000
"""Atoms of the largest molecule that is read: distances between all its atoms are still handled with ease."""


@dataclass(frozen=True)
class MoleculeGraph:
    """Atoms of a molecule in their order, and its bonds; conformers of one molecule share it.

    Parameters
    ----------
    numbers : tuple of int
        Atomic number of each atom, 1 (H) to 103 (Lr). Hydrogen atoms are atoms like all others.
    bonds : tuple of (int, int, float)
        Positions of two atoms, the smaller first, and the order of their bond: 1, 2, 3, or 1.5 where aromatic. In
        rising order, each pair once.
    charges : tuple of int
        Formal charge of each atom; empty if all are 0.

    Raises
    ------
    ArgumentError
        If there is no atom, or a number, a bond or a charge cannot be.

    Examples
    --------
    >>> water = MoleculeGraph((8, 1, 1), ((0, 1, 1.0), (0, 2, 1.0)))
    >>> water.symbols, water.formula, len(water)
    (('O', 'H', 'H'), 'H2O', 3)
    """

    numbers: tuple[int, ...]
    bonds: tuple[tuple[int, int, float], ...] = ()
    charges: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.numbers:
            raise ArgumentError("a molecule without atoms", where="numbers", fix="pass one atomic number per atom")
        for number in self.numbers:
            if not 1 <= number <= len(SYMBOLS):
                raise ArgumentError(f"{number} is no atomic number from 1 to {len(SYMBOLS)}", where="numbers")
        for i, j, order in self.bonds:
            if not (0 <= i < j < len(self.numbers) and order > 0):
                raise ArgumentError(f"({i}, {j}, {order}) is no bond of {len(self.numbers)} atoms", where="bonds")
        pairs = [(i, j) for i, j, _ in self.bonds]
        if pairs != sorted(set(pairs)):
            raise ArgumentError("bonds are not in rising order, or a pair stands twice", where="bonds")
        if len(self.charges) not in (0, len(self.numbers)):
            raise ArgumentError(f"{len(self.charges)} charges of {len(self.numbers)} atoms", where="charges")

    def __len__(self) -> int:
        return len(self.numbers)

    def __hash__(self) -> int:
        return self._hash

    def __getstate__(self) -> dict[str, object]:
        # What was looked up before is no part of it: a molecule that was asked pickles as one that was not.
        return {name: getattr(self, name) for name in ("numbers", "bonds", "charges")}

    @cached_property
    def _hash(self) -> int:
        return hash((self.numbers, self.bonds, self.charges))

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """Symbol of each atom."""
        return tuple(SYMBOLS[number - 1] for number in self.numbers)

    @cached_property
    def formula(self) -> str:
        """Sum formula in the order of Hill: C, H, then the others by letter; all by letter without C."""
        counts = {symbol: self.symbols.count(symbol) for symbol in sorted(set(self.symbols))}
        first = [symbol for symbol in ("C", "H") if "C" in counts and symbol in counts]
        order = [*first, *(symbol for symbol in counts if symbol not in first)]
        return "".join(f"{symbol}{counts[symbol] if counts[symbol] > 1 else ''}" for symbol in order)

    @cached_property
    def atomic_numbers(self) -> NDArray[np.int64]:
        """The atomic numbers as an array, shape (n_atoms,); read only."""
        numbers = np.array(self.numbers, dtype=np.int64)
        numbers.flags.writeable = False
        return numbers

    @cached_property
    def bond_pairs(self) -> NDArray[np.int64]:
        """The two atoms of each bond, shape (n_bonds, 2); read only."""
        pairs = np.array([(i, j) for i, j, _ in self.bonds], dtype=np.int64).reshape(-1, 2)
        pairs.flags.writeable = False
        return pairs

    def permuted(self, order: Sequence[int] | NDArray[np.integer]) -> MoleculeGraph:
        """Return the same molecule with its atoms in another order, its bonds and charges with them.

        Parameters
        ----------
        order : sequence of int, length n_atoms
            The atom that comes first, the one that comes second, and so on.

        Returns
        -------
        MoleculeGraph
            Its atom `k` is atom `order[k]` of this one.

        Raises
        ------
        ArgumentError
            If `order` is no permutation of the atoms.

        Examples
        --------
        >>> MoleculeGraph((8, 1, 1), ((0, 1, 1.0), (0, 2, 1.0))).permuted([2, 0, 1])
        MoleculeGraph(numbers=(1, 8, 1), bonds=((0, 1, 1.0), (1, 2, 1.0)), charges=())
        """
        atoms = [int(atom) for atom in order]
        if sorted(atoms) != list(range(len(self))):
            raise ArgumentError(f"no permutation of {len(self)} atoms", where="order")
        place = {atom: k for k, atom in enumerate(atoms)}
        moved = ((place[i], place[j], bond_order) for i, j, bond_order in self.bonds)
        bonds = sorted((min(i, j), max(i, j), bond_order) for i, j, bond_order in moved)
        return MoleculeGraph(
            tuple(self.numbers[atom] for atom in atoms),
            tuple(bonds),
            tuple(self.charges[atom] for atom in atoms) if self.charges else (),
        )
