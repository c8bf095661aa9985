"""What the transformers of molecules as graphs have in common: SMILES or molecules in, numbers of each graph out."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase

from matterlearn.chemistry.molecules.conformers import Conformer
from matterlearn.chemistry.molecules.convert import read_molecule
from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES
from matterlearn.core.errors import MatterlearnError
from matterlearn.features.base import MatterTransformer
from matterlearn.features.flat import bad_row
from matterlearn.features.molecule.memory import MEMORY, parameter_keys


class GraphTransformer(MatterTransformer):
    """Base of the transformers of molecules as graphs: of what is bonded to what, wherever the atoms are.

    The samples may be SMILES, RDKit `Mol` or `Conformer`. Hydrogen atoms that say nothing are taken out, so that a
    molecule gives the same features whichever way it comes. Positions do not matter, so all symmetries of molecules
    hold; nor do, in the transformers here, stereocentres. Equal SMILES and conformers of one molecule are computed
    once. A subclass states the features of one molecule (`_of_molecule`) and their names.

    Attributes
    ----------
    symmetries : frozenset of str
        All of a molecule.

    Examples
    --------
    >>> class HeavyAtoms(GraphTransformer):
    ...     "Number of atoms but hydrogen."
    ...
    ...     def _of_molecule(self, mol):
    ...         return np.array([float(mol.GetNumHeavyAtoms())])
    ...
    ...     def _names(self):
    ...         return ["heavy atoms"]
    >>> HeavyAtoms().fit_transform(["CCO", "[H]O[H]"]).tolist()
    [[3.0], [1.0]]
    """

    __module__ = "matterlearn.features.molecule.graph_base"

    symmetries: ClassVar[frozenset[str]] = frozenset(MOLECULE_SYMMETRIES)

    def _learn(self, objects: Any) -> None:
        # Nothing is learned, but rows that cannot be read are refused at once.
        for row, value in enumerate(objects):
            self._read_row(value, row)

    def _features(self, objects: Any, first_row: int) -> NDArray[np.float64]:
        about = parameter_keys(self)
        keys = [None if (key := _key(value)) is None else (about, key) for value in objects]
        return MEMORY.rows(keys, lambda rows: np.array([self._row(objects[row], first_row + row) for row in rows]))

    def _row(self, value: Any, row: int) -> NDArray[np.float64]:
        mol = self._read_row(value, row)
        try:
            return self._of_molecule(mol)
        except MatterlearnError as error:
            raise bad_row(value, error, row=row, column=None) from error

    def _read_row(self, value: Any, row: int) -> Any:
        try:
            return _without_hydrogen(read_molecule(value))
        except MatterlearnError as error:
            raise bad_row(value, error, row=row, column=None) from error

    def _of_molecule(self, mol: Any) -> NDArray[np.float64]:
        """Return the features of one RDKit molecule, shape (n_features,)."""
        raise NotImplementedError

    # What a model file is checked by.

    def _check_learned(self) -> None:
        """Raise a MatterlearnError if something that `fit` learns cannot be: nothing is learned."""

    def _width(self) -> int:
        """Return the number of features."""
        return len(self._names())


def _key(value: Any) -> Hashable | None:
    """Return what tells molecules apart that need not be computed twice; None where nothing cheap does."""
    if isinstance(value, str):
        return value
    return value.graph if isinstance(value, Conformer) else None


def _without_hydrogen(mol: Any) -> Any:
    """Take out the hydrogen atoms that a SMILES would not write."""
    with rdBase.BlockLogs():
        try:
            return Chem.RemoveHs(mol)
        except Chem.MolSanitizeException as error:
            raise MatterlearnError(" ".join(str(error).split())) from error
