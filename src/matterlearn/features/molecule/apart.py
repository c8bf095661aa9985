"""Transformers that divide by distances: two atoms must not be at one place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.molecules.convert import closest_atoms
from matterlearn.features.flat import bad_row
from matterlearn.features.molecule.base import MoleculeTransformer
from matterlearn.kernels.molecule.distances import smallest_distances

CLOSEST = 1e-3
"""Angstrom. Atoms nearer to each other are taken for one atom given twice, as `read_conformer` takes them."""


class ApartTransformer(MoleculeTransformer):
    """Base of the transformers whose features have no value where two atoms are at one place.

    A subclass states what every `MoleculeTransformer` states; `transform` refuses rows with such atoms by their
    position.

    Examples
    --------
    >>> from matterlearn.chemistry.molecules import Conformers, MoleculeGraph
    >>> class Nearness(ApartTransformer):
    ...     "Inverse of the smallest distance, 1/angstrom."
    ...
    ...     symmetries = frozenset()
    ...
    ...     def _block(self, block):
    ...         return 1 / smallest_distances(block.positions)[:, None]
    ...
    ...     def _names(self):
    ...         return ["nearness"]
    >>> places = np.zeros((2, 2, 3))
    >>> places[0, 1, 2] = 0.5
    >>> batch = Conformers.of_one(MoleculeGraph((1, 1)), places)
    >>> Nearness().fit_transform(batch[:1]).tolist()
    [[2.0]]
    >>> Nearness().fit_transform(batch)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    matterlearn.core.errors.RowError: row 1: cannot use Conformer(H2): atoms 0 and 1 are 0 angstrom apart; ...
    """

    __module__ = "matterlearn.features.molecule.apart"

    def _features(self, objects: Any, first_row: int) -> NDArray[np.float64]:
        for block in objects.blocks():
            close = np.flatnonzero(smallest_distances(block.positions) < CLOSEST)
            if len(close):
                row = int(block.rows[close[0]])
                distance, i, j = closest_atoms(block.positions[close[0]])
                reason = f"atoms {i} and {j} are {distance:.2g} angstrom apart; two atoms are one"
                raise bad_row(objects[row], reason, row=first_row + row, column=None)
        return super()._features(objects, first_row)
