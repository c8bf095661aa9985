"""What the transformers of molecules in space have in common: conformers in, one matrix of features out."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.molecules.conformers import Block, Conformer, Conformers
from matterlearn.chemistry.molecules.convert import read_conformer
from matterlearn.core.errors import MatterlearnError
from matterlearn.core.objects import as_objects
from matterlearn.features.base import MatterTransformer
from matterlearn.features.flat import bad_row


class MoleculeTransformer(MatterTransformer):
    r"""Base of the transformers of molecules in space.

    The samples may be a `Conformers` batch or a sequence of what `read_conformer` reads: `Conformer`, RDKit `Mol`, ASE
    `Atoms`, pymatgen `Molecule`, texts of MOL or XYZ blocks. A subclass states the features of conformers that share
    one graph (`_block`), so that it works on arrays and never loops over conformers; which widths it learns
    (`_learn`, which is handed a `Conformers`); and its symmetries, which an audit proves.

    Attributes
    ----------
    symmetries : frozenset of str
        Changes that leave the features as they are, of `MOLECULE_SYMMETRIES`.

    Examples
    --------
    >>> from matterlearn.chemistry.symmetries import PERMUTATION, REFLECTION, ROTATION, TRANSLATION
    >>> class Size(MoleculeTransformer):
    ...     "Radius of gyration in angstrom, all atoms alike."
    ...
    ...     symmetries = frozenset({TRANSLATION, ROTATION, REFLECTION, PERMUTATION})
    ...
    ...     def _block(self, block):
    ...         centred = block.positions - block.positions.mean(axis=1, keepdims=True)
    ...         return np.sqrt((centred**2).sum(axis=2).mean(axis=1))[:, None]
    ...
    ...     def _names(self):
    ...         return ["radius of gyration"]
    >>> Size().fit_transform(["2\n\nH 0 0 0\nH 0 0 0.74\n"]).tolist()
    [[0.37]]
    """

    __module__ = "matterlearn.features.molecule.base"

    symmetries: ClassVar[frozenset[str]]

    def _read(self, X: Any, *, fitting: bool) -> Any:
        return as_conformers(X)

    def _features(self, objects: Any, first_row: int) -> NDArray[np.float64]:
        parts = []
        for block in objects.blocks():
            try:
                parts.append((block.rows, self._block(block)))
            except MatterlearnError as error:
                row = int(block.rows[0])
                raise bad_row(objects[row], error, row=first_row + row, column=None) from error
        if len(parts) == 1:  # one molecule: no copy
            return parts[0][1]
        out = np.empty((len(objects), parts[0][1].shape[1]))
        for rows, features in parts:
            out[rows] = features
        return out

    def _block(self, block: Block) -> NDArray[np.float64]:
        """Return the features of conformers of one graph, shape (n_rows, n_features)."""
        raise NotImplementedError

    # What a model file is checked by.

    def _check_learned(self) -> None:
        """Raise a MatterlearnError if something that `fit` learns cannot be, and using it could do harm."""

    def _width(self) -> int:
        """Return the number of features, or a little more, without making anything of that size."""
        return len(self._names())


def as_conformers(X: Any) -> Conformers:
    r"""Return samples as one batch.

    Parameters
    ----------
    X : Conformers, or sequence of objects
        What `read_conformer` reads, one per sample: list, object array, Series or one-column DataFrame.

    Returns
    -------
    Conformers
        Itself, if it is one.

    Raises
    ------
    ArgumentError
        If `X` is one object instead of a sequence.
    RowError
        If a sample cannot be read.

    Examples
    --------
    >>> as_conformers(["2\n\nH 0 0 0\nH 0 0 0.74\n"])
    Conformers(1 of H2)
    """
    if isinstance(X, Conformers):
        return X
    conformers: list[Conformer] = []
    for row, value in enumerate(as_objects(X)):
        try:
            conformers.append(read_conformer(value))
        except MatterlearnError as error:
            raise bad_row(value, error, row=row, column=None) from error
    return Conformers.of(conformers)
