"""Features of the surroundings of atoms, summed over the atoms of each element or over all atoms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.chemistry.molecules.conformers import Block, Conformers
from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES
from matterlearn.core.errors import MatterlearnError
from matterlearn.features.feature_facts import FeatureFacts
from matterlearn.features.molecule.apart import ApartTransformer
from matterlearn.features.molecule.choices import check_choice
from matterlearn.features.molecule.learned import check_elements
from matterlearn.features.molecule.memory import MEMORY, parameter_keys

Per = Literal["central element", "molecule"]

Unknown = Literal["error", "ignore"]
"""What happens to an element that did not occur in `fit`: the row is refused, or its atoms are taken for absent."""


class CentralTransformer(ApartTransformer):
    """Base of features that sum over atoms what surrounds each of them.

    Such features have all symmetries of a molecule, are extensive (two molecules far apart have the sum of both), and
    have the same width for molecules of any size. A subclass states the values of the atoms (`_sums`) and what they
    are called (`_columns`).

    Attributes
    ----------
    elements_ : tuple of str
        Symbols of the elements seen in `fit`, by atomic number.
    """

    __module__ = "matterlearn.features.molecule.central"

    symmetries: ClassVar[frozenset[str]] = frozenset(MOLECULE_SYMMETRIES)

    elements_: tuple[str, ...]
    per: Per
    unknown: Unknown

    def _check_parameters(self) -> None:
        check_choice(self.per, get_args(Per), "per")
        check_choice(self.unknown, get_args(Unknown), "unknown")

    def _learn(self, conformers: Any) -> None:
        self.elements_ = elements_of(conformers)

    def _block(self, block: Block) -> NDArray[np.float64]:
        about = (parameter_keys(self), self.elements_, block.graph)
        return MEMORY.rows(
            [(about, positions.tobytes()) for positions in block.positions],
            lambda rows: self._computed(block.graph, np.ascontiguousarray(block.positions[rows])),
        )

    def _computed(self, graph: MoleculeGraph, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.unknown == "ignore":
            known = np.flatnonzero([symbol in self.elements_ for symbol in graph.symbols])
            if not len(known):
                return np.zeros((len(positions), len(self._facts())))
            kinds = np.array([self.elements_.index(graph.symbols[atom]) for atom in known], dtype=np.int64)
            positions = np.ascontiguousarray(positions[:, known])
        else:
            kinds = kinds_of(graph, self.elements_)
        if self.per == "molecule":
            sums = self._sums(positions, kinds, np.zeros_like(kinds), 1)
        else:
            sums = self._sums(positions, kinds, kinds, len(self.elements_))
        return sums.reshape(len(sums), -1)

    def _check_learned(self) -> None:
        check_elements(self.elements_)

    def _width(self) -> int:
        return (1 if self.per == "molecule" else len(self.elements_)) * self._n_columns(len(self.elements_))

    def _n_columns(self, n_elements: int) -> int:
        """Return how many values an atom has."""
        raise NotImplementedError

    def _names(self) -> list[str]:
        return [fact.label for fact in self._facts()]

    def _facts(self) -> list[FeatureFacts]:
        columns, unit = self._columns()
        centers = ["all atoms"] if self.per == "molecule" else list(self.elements_)
        return [
            FeatureFacts(f"{kind} around {center}", f"{center}: {name}", unit=unit)
            for center in centers
            for kind, name in columns
        ]

    def _sums(
        self, positions: NDArray[np.float64], kinds: NDArray[np.int64], rows: NDArray[np.int64], n_rows: int
    ) -> NDArray[np.float64]:
        """Return the values of the atoms summed over groups, shape (n_conformers, n_rows, n_columns)."""
        raise NotImplementedError

    def _columns(self) -> tuple[list[tuple[str, str]], str]:
        """Return what each value of an atom is about and its name, and the unit of all."""
        raise NotImplementedError


def elements_of(conformers: Conformers) -> tuple[str, ...]:
    """Return the symbols of the elements in a batch, by atomic number.

    Parameters
    ----------
    conformers : Conformers
        The batch.

    Returns
    -------
    tuple of str
    """
    numbers = sorted({number for graph in conformers.graphs for number in graph.numbers})
    return tuple(SYMBOLS[number - 1] for number in numbers)


def kinds_of(graph: MoleculeGraph, elements: Iterable[str]) -> NDArray[np.int64]:
    """Return the place of each atom's element among those seen in `fit`.

    Parameters
    ----------
    graph : MoleculeGraph
        The molecule.
    elements : iterable of str
        Symbols.

    Returns
    -------
    ndarray of int, shape (n_atoms,)

    Raises
    ------
    MatterlearnError
        If an element was not seen.
    """
    places = {symbol: place for place, symbol in enumerate(elements)}
    for symbol in graph.symbols:
        if symbol not in places:
            raise MatterlearnError(
                f"the element {symbol} was not seen in fit (seen: {', '.join(places)})",
                fix="fit on molecules that hold it",
            )
    return np.array([places[symbol] for symbol in graph.symbols], dtype=np.int64)
