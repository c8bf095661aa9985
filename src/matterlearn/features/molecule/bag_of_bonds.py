"""The bag of bonds: the elements of the Coulomb matrix, sorted by the elements of the atoms."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.chemistry.molecules.conformers import Block, Conformers
from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES
from matterlearn.features.feature_facts import FeatureFacts
from matterlearn.features.molecule.apart import ApartTransformer
from matterlearn.features.molecule.pair_bags import PairBags
from matterlearn.kernels.molecule.coulomb import self_terms
from matterlearn.kernels.molecule.distances import pair_distances


class BagOfBonds(ApartTransformer):
    r"""Bag of bonds (Hansen et al.): nuclear repulsions sorted within the pairs of each two elements.

    A bag for each element holds :math:`0.5 Z^{2.4}` once per atom; a bag for each two elements holds
    :math:`Z_i Z_j / r_{ij}` of all pairs of such atoms, bonded or not, the largest first. Each bag has room for the
    most that one molecule of `fit` holds; the rest is 0.

    Attributes
    ----------
    atom_room_, pair_room_ : dict of str to int
        Room for atoms of each element ("H") and for pairs of each two ("H-C"); molecules with other elements or more
        atoms are refused.
    bags_ : PairBags
        The same, as it is used.

    References
    ----------
    .. [1] K. Hansen, F. Biegler, R. Ramakrishnan, W. Pronobis, O. A. von Lilienfeld, K.-R. Müller, A. Tkatchenko,
       J. Phys. Chem. Lett. 6, 2326 (2015).

    Examples
    --------
    >>> bonds = BagOfBonds()
    >>> bonds.fit_transform(["2\n\nH 0 0 0\nH 0 0 0.8\n", "1\n\nHe 0 0 0\n"]).round(3).tolist()
    [[0.5, 0.5, 0.0, 1.25], [0.0, 0.0, 2.639, 0.0]]
    >>> bonds.get_feature_names_out().tolist()
    ['H atom 1', 'H atom 2', 'He atom 1', 'H-H repulsion 1']
    """

    __module__ = "matterlearn.features.molecule.bag_of_bonds"

    symmetries: ClassVar[frozenset[str]] = frozenset(MOLECULE_SYMMETRIES)

    atom_room_: dict[str, int]
    pair_room_: dict[str, int]

    @property
    def bags_(self) -> PairBags:
        """The bags; they follow from the rooms, which a model file holds."""
        return PairBags.of_room(self.atom_room_, self.pair_room_)

    def citations(self) -> list[str]:
        """Return what to cite: the paper of the bag of bonds."""
        return ["K. Hansen et al., J. Phys. Chem. Lett. 6, 2326 (2015)"]

    def _learn(self, conformers: Conformers) -> None:  # type: ignore[override]
        bags = PairBags.of(conformers.graphs)
        self.atom_room_, self.pair_room_ = bags.atom_room, bags.pair_room

    def _block(self, block: Block) -> NDArray[np.float64]:
        bags = self.bags_
        bags.check(block.graph)
        charges = block.graph.atomic_numbers.astype(np.float64)
        n_self = sum(bags.counts.values())
        out = np.zeros((len(block.rows), n_self + bags.width))
        start = 0
        for number, room in bags.counts.items():
            out[:, start : start + int((charges == number).sum())] = self_terms(np.array([float(number)]))
            start += room
        i, j = np.triu_indices(len(charges), 1)
        repulsions = charges[i] * charges[j] / pair_distances(block.positions)
        bags.sort(repulsions, block.graph, descending=True, out=out[:, n_self:])
        return out

    def _check_learned(self) -> None:
        PairBags.of_room(self.atom_room_, self.pair_room_)

    def _width(self) -> int:
        return sum(self.atom_room_.values()) + sum(self.pair_room_.values())

    def _names(self) -> list[str]:
        return [fact.label for fact in self._facts()]

    def _facts(self) -> list[FeatureFacts]:
        bags = self.bags_
        atoms = [
            FeatureFacts(f"{SYMBOLS[number - 1]} atoms", f"{SYMBOLS[number - 1]} atom {k + 1}", unit="e^2/angstrom")
            for number, room in bags.counts.items()
            for k in range(room)
        ]
        return atoms + [
            FeatureFacts(f"{bag} repulsion", f"{bag} repulsion {k + 1}", unit="e^2/angstrom")
            for bag, size in zip(bags.labels, bags.sizes, strict=True)
            for k in range(size)
        ]
