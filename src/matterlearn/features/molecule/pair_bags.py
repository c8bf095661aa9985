"""Bags: the pairs of atoms of a molecule, element by element, with room for those of the largest molecule seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.core.errors import MatterlearnError
from matterlearn.features.molecule.learned import check_that, is_whole


class PairBags(NamedTuple):
    """Room for the pairs of atoms of each two elements.

    Attributes
    ----------
    pairs : tuple of (int, int)
        Atomic numbers of the elements of each bag, the smaller first, in rising order.
    sizes : tuple of int
        The most pairs of that kind in one molecule.
    counts : dict of int to int
        Elements seen, and the most atoms of each in one molecule.

    Examples
    --------
    >>> water = MoleculeGraph((8, 1, 1))
    >>> bags = PairBags.of([water])
    >>> [(bag, size) for bag, size in zip(bags.labels, bags.sizes, strict=True)], bags.width
    ([('H-H', 1), ('H-O', 2)], 3)
    """

    pairs: tuple[tuple[int, int], ...]
    sizes: tuple[int, ...]
    counts: dict[int, int]

    @classmethod
    def of(cls, graphs: Iterable[MoleculeGraph]) -> PairBags:
        """Return bags that have room for each of these molecules."""
        counts: dict[int, int] = {}
        most: dict[tuple[int, int], int] = {}
        for graph in graphs:
            held = _counts(graph)
            for number, count in held.items():
                counts[number] = max(count, counts.get(number, 0))
            for pair, size in _pair_counts(held):
                most[pair] = max(size, most.get(pair, 0))
        kept = sorted(pair for pair, size in most.items() if size)
        return cls(tuple(kept), tuple(most[pair] for pair in kept), dict(sorted(counts.items())))

    @classmethod
    def of_room(cls, atoms: Mapping[str, int], pairs: Mapping[str, int]) -> PairBags:
        """Return bags from what `atom_room` and `pair_room` gave.

        Raises
        ------
        MatterlearnError
            If there is no element, a name is none of an element or of two elements that atoms are of, or a room is no
            whole number above 0.
        """
        given = type(atoms) is dict and type(pairs) is dict and bool(atoms)
        known = given and all(symbol in _NUMBERS for symbol in atoms)
        check_that(known and all(is_whole(room, 1, _MOST) for room in atoms.values()), "the room for atoms")
        counts = {_NUMBERS[symbol]: room for symbol, room in atoms.items()}
        numbers = sorted(counts)
        names = {_label(a, b): (a, b) for a, b in combinations_with_replacement(numbers, 2)}
        sound = all(name in names and is_whole(room, 1, _MOST) for name, room in pairs.items())
        check_that(sound, "the room for pairs")
        rooms = {names[name]: room for name, room in pairs.items()}
        kept = sorted(rooms)
        return cls(tuple(kept), tuple(rooms[pair] for pair in kept), {number: counts[number] for number in numbers})

    @property
    def atom_room(self) -> dict[str, int]:
        """The most atoms of each element in one molecule: `{"H": 2}`."""
        return {SYMBOLS[number - 1]: count for number, count in self.counts.items()}

    @property
    def pair_room(self) -> dict[str, int]:
        """The most pairs of each two elements: `{"H-O": 2}`."""
        return dict(zip(self.labels, self.sizes, strict=True))

    @property
    def width(self) -> int:
        """Number of pairs there is room for."""
        return sum(self.sizes)

    @property
    def labels(self) -> list[str]:
        """Name of each bag: `"H-C"`."""
        return [_label(a, b) for a, b in self.pairs]

    def check(self, graph: MoleculeGraph) -> None:
        """Raise a MatterlearnError if there is no room for a molecule."""
        held = _counts(graph)
        for number in held:
            if number not in self.counts:
                raise MatterlearnError(f"no molecule seen in fit holds {SYMBOLS[number - 1]}", fix=_FIX)
        room = dict(zip(self.pairs, self.sizes, strict=True))
        for (a, b), size in _pair_counts(held):
            if size > room.get((a, b), 0):
                pair = f"{SYMBOLS[a - 1]}-{SYMBOLS[b - 1]}"
                most = room.get((a, b), 0)
                raise MatterlearnError(f"{size} pairs {pair}, in fit there were at most {most}", fix=_FIX)
        for number, count in held.items():
            if count > self.counts[number]:
                atoms = f"{count} atoms of {SYMBOLS[number - 1]}"
                raise MatterlearnError(f"{atoms}, in fit there were at most {self.counts[number]}", fix=_FIX)

    def sort(
        self, values: NDArray[np.float64], graph: MoleculeGraph, *, descending: bool, out: NDArray[np.float64]
    ) -> None:
        """Write values of pairs of atoms into their bags, in rising or falling order; the rest of `out` stays.

        Parameters
        ----------
        values : ndarray of shape (n_conformers, n_pairs)
            Of the pairs (0, 1), (0, 2), ... of atoms.
        graph : MoleculeGraph
            Their molecule, for which there is room.
        descending : bool
            The largest first.
        out : ndarray of shape (n_conformers, width)
            Where they go.
        """
        numbers = graph.atomic_numbers
        i, j = np.triu_indices(len(numbers), 1)
        low, high = np.minimum(numbers[i], numbers[j]), np.maximum(numbers[i], numbers[j])
        start = 0
        for (a, b), size in zip(self.pairs, self.sizes, strict=True):
            members = np.flatnonzero((low == a) & (high == b))
            if len(members):
                bag = np.take(values, members, axis=1)
                bag.sort(axis=1)
                out[:, start : start + len(members)] = bag[:, ::-1] if descending else bag
            start += size


_FIX = "fit on molecules as large, or take features of one width for all, such as histograms"


_NUMBERS = {symbol: number for number, symbol in enumerate(SYMBOLS, 1)}

_MOST = 1_000_000
"""Atoms or pairs of one kind: beyond that, what is read is no molecule."""


def _label(a: int, b: int) -> str:
    return f"{SYMBOLS[a - 1]}-{SYMBOLS[b - 1]}"


def _counts(graph: MoleculeGraph) -> dict[int, int]:
    numbers, counts = np.unique(graph.atomic_numbers, return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))


def _pair_counts(counts: dict[int, int]) -> Iterator[tuple[tuple[int, int], int]]:
    for a, b in combinations_with_replacement(sorted(counts), 2):
        yield (a, b), counts[a] * (counts[a] - 1) // 2 if a == b else counts[a] * counts[b]
