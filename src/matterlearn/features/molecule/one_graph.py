"""Transformers whose features belong to the bonds of one molecule: all samples must be its conformers."""

from __future__ import annotations

from typing import Any

from matterlearn.chemistry.molecules.conformers import Block
from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.core.errors import MatterlearnError
from matterlearn.features.flat import bad_row
from matterlearn.features.molecule.base import MoleculeTransformer


class OneGraphTransformer(MoleculeTransformer):
    """Base of the transformers of the conformers of one molecule.

    The first sample of `fit` sets the molecule: its atoms in their order, their bonds and charges. Every other sample
    must have the same ones in the same order; the same molecule with its atoms listed otherwise is refused, since
    which of its like bonds is which could only be guessed.

    Attributes
    ----------
    graph_ : MoleculeGraph
        The molecule.
    """

    __module__ = "matterlearn.features.molecule.one_graph"

    graph_: MoleculeGraph

    def _learn(self, conformers: Any) -> None:
        first = conformers.graphs[conformers.which[0]]
        for row, number in enumerate(conformers.which.tolist()):
            if conformers.graphs[number] != first:
                error = _other(conformers.graphs[number], first, "the first molecule")
                raise bad_row(conformers[row], error, row=row, column=None)
        self.graph_ = first

    def _same_graph(self, block: Block) -> None:
        """Raise a MatterlearnError if a block is of another molecule than `fit` saw."""
        if block.graph != self.graph_:
            raise _other(block.graph, self.graph_, "the molecule seen in fit")


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
