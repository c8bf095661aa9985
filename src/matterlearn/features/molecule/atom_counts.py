"""How many atoms of each element a molecule holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.chemistry.molecules.convert import read_conformer
from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES
from matterlearn.core.errors import MatterlearnError
from matterlearn.core.objects import as_objects
from matterlearn.data.structure_cells import atoms_of, looks_like_structure, read_molecule_cell
from matterlearn.features.base import MatterTransformer
from matterlearn.features.feature_facts import AMOUNT, FeatureFacts
from matterlearn.features.flat import bad_row
from matterlearn.features.molecule.learned import check_elements


class AtomCounts(MatterTransformer):
    """Numbers of atoms of each element; a linear model on them gives every atom a fixed share of the property.

    The samples may be molecules with positions, as for all `MoleculeTransformer`, or without (SMILES, RDKit `Mol`).
    Hydrogen atoms count, written or not. An element that no molecule of `fit` held is not counted.

    Attributes
    ----------
    elements_ : tuple of str
        Elements seen in `fit`, by atomic number.

    Examples
    --------
    >>> AtomCounts().fit_transform(["CCO", "O"]).tolist()
    [[6.0, 2.0, 1.0], [2.0, 0.0, 1.0]]
    """

    __module__ = "matterlearn.features.molecule.atom_counts"

    symmetries = frozenset(MOLECULE_SYMMETRIES)

    elements_: tuple[str, ...]

    def _read(self, X: Any, *, fitting: bool) -> NDArray[np.object_]:
        """Return symbol -> number for each sample."""
        if isinstance(X, Conformers):
            of_graph = [atoms_of(X[int(np.argmax(X.which == k))]) for k in range(len(X.graphs))]
            return as_objects([of_graph[k] for k in X.which])
        counts: list[dict[str, float]] = []
        known: dict[Any, dict[str, float]] = {}
        for row, value in enumerate(as_objects(X)):
            try:
                has_positions = looks_like_structure(value)
                read = read_conformer(value) if has_positions else read_molecule_cell(value)
                key = read if isinstance(read, str) else read.graph
                if key not in known:
                    known[key] = atoms_of(read)
            except MatterlearnError as error:
                raise bad_row(value, error, row=row, column=None) from error
            counts.append(known[key])
        return as_objects(counts)

    def _learn(self, objects: NDArray[np.object_]) -> None:
        found = set().union(*objects)
        self.elements_ = tuple(symbol for symbol in SYMBOLS if symbol in found)

    def _features(self, objects: NDArray[np.object_], first_row: int) -> NDArray[np.float64]:
        return np.array([[counts.get(symbol, 0.0) for symbol in self.elements_] for counts in objects])

    def _names(self) -> list[str]:
        return [f"number of {symbol} atoms" for symbol in self.elements_]

    def _check_learned(self) -> None:
        """Raise a MatterlearnError if the elements cannot be, as a crafted model file may have them."""
        check_elements(self.elements_)

    def _width(self) -> int:
        """Return the number of features."""
        return len(self.elements_)

    def _facts(self) -> list[FeatureFacts]:
        return [FeatureFacts(AMOUNT, name) for name in self._names()]
