"""Plain coordinates as features: the first idea, which knows no symmetry."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.molecules.conformers import Block, Conformers, coordinate_names
from matterlearn.features.feature_facts import FeatureFacts
from matterlearn.features.molecule.base import MoleculeTransformer
from matterlearn.features.molecule.fixed_size import check_size, one_size
from matterlearn.features.molecule.learned import check_n_atoms


class Coordinates(MoleculeTransformer):
    r"""The positions of the atoms as they are given: x_0, y_0, z_0, x_1, ... in angstrom.

    They change when a molecule is moved, turned or mirrored and when its atoms are listed in another order, though its
    energy does not. They are here so that an audit can show what that costs.

    Attributes
    ----------
    n_atoms_ : int
        Number of atoms of every molecule. Another number is refused in `transform`.

    Examples
    --------
    >>> coordinates = Coordinates()
    >>> coordinates.fit_transform(["2\n\nH 0 0 0\nH 0 0 0.74\n"]).tolist()
    [[0.0, 0.0, 0.0, 0.0, 0.0, 0.74]]
    >>> coordinates.get_feature_names_out().tolist()
    ['x_0', 'y_0', 'z_0', 'x_1', 'y_1', 'z_1']
    """

    __module__ = "matterlearn.features.molecule.coordinates"

    symmetries: ClassVar[frozenset[str]] = frozenset()

    n_atoms_: int

    def _learn(self, conformers: Conformers) -> None:  # type: ignore[override]
        self.n_atoms_ = one_size(conformers)

    def _block(self, block: Block) -> NDArray[np.float64]:
        check_size(block.graph, self.n_atoms_)
        return block.positions.reshape(len(block.rows), -1)

    def _check_learned(self) -> None:
        check_n_atoms(self.n_atoms_)

    def _width(self) -> int:
        return 3 * self.n_atoms_

    def _names(self) -> list[str]:
        return coordinate_names(self.n_atoms_)

    def _facts(self) -> list[FeatureFacts]:
        return [FeatureFacts("position", name, unit="angstrom") for name in self._names()]
