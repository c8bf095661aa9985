"""Transformers whose features belong to the bonds of one molecule: all samples must be its conformers."""

from __future__ import annotations

from math import isfinite
from typing import Any

from matterlearn.chemistry.molecules.conformers import Block
from matterlearn.chemistry.molecules.graph import MOST_ATOMS, MoleculeGraph
from matterlearn.core.errors import MatterlearnError
from matterlearn.features.flat import bad_row
from matterlearn.features.molecule.base import MoleculeTransformer
from matterlearn.features.molecule.learned import check_that


class OneGraphTransformer(MoleculeTransformer):
    """Base of the transformers of the conformers of one molecule.

    The first sample of `fit` sets the molecule: its atoms in their order, their bonds and charges. Every other sample
    must have the same ones in the same order; the same molecule with its atoms listed otherwise is refused, since
    which of its like bonds is which could only be guessed.

    Attributes
    ----------
    numbers_, bonds_, charges_ : tuple
        The molecule, as a `MoleculeGraph` has them.
    graph_ : MoleculeGraph
        The same, as it is used.
    """

    __module__ = "matterlearn.features.molecule.one_graph"

    numbers_: tuple[int, ...]
    bonds_: tuple[tuple[int, int, float], ...]
    charges_: tuple[int, ...]

    @property
    def graph_(self) -> MoleculeGraph:
        """The molecule; it follows from the numbers, bonds and charges, which a model file holds."""
        return MoleculeGraph(self.numbers_, self.bonds_, self.charges_)

    def _learn(self, conformers: Any) -> None:
        first = conformers.graphs[conformers.which[0]]
        for row, number in enumerate(conformers.which.tolist()):
            if conformers.graphs[number] != first:
                error = _other(conformers.graphs[number], first, "the first molecule")
                raise bad_row(conformers[row], error, row=row, column=None)
        self.numbers_ = tuple(int(number) for number in first.numbers)
        self.bonds_ = tuple((int(i), int(j), float(order)) for i, j, order in first.bonds)
        self.charges_ = tuple(int(charge) for charge in first.charges)

    def _same_graph(self, block: Block) -> None:
        """Raise a MatterlearnError if a block is of another molecule than `fit` saw."""
        seen = self.graph_
        if block.graph != seen:
            raise _other(block.graph, seen, "the molecule seen in fit")

    def _check_learned(self) -> None:
        whole = _is_numbers(self.numbers_, int) and _is_numbers(self.charges_, int)
        check_that(whole and len(self.numbers_) <= MOST_ATOMS, "numbers_")
        bonds = type(self.bonds_) is tuple and all(
            type(bond) is tuple and tuple(map(type, bond)) == (int, int, float) and isfinite(bond[2])
            for bond in self.bonds_
        )
        check_that(bonds, "bonds_")
        MoleculeGraph(self.numbers_, self.bonds_, self.charges_)  # which refuses bonds that leave the molecule


def _is_numbers(values: object, kind: type) -> bool:
    return type(values) is tuple and all(type(value) is kind for value in values)


def _other(graph: MoleculeGraph, expected: MoleculeGraph, which: str) -> MatterlearnError:
    if graph.formula != expected.formula:
        what = f"{which} is {expected.formula}"
    elif graph.numbers != expected.numbers:
        what = f"its atoms are in another order than those of {which}"
    elif graph.bonds != expected.bonds:
        what = f"its bonds join other atoms than those of {which}, or its atoms are in another order"
    else:
        what = f"its charges are not where those of {which} are"
    return MatterlearnError(what, fix="these features are of conformers of one molecule, its atoms in one order")
