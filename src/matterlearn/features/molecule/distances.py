"""Distances between the atoms of a molecule as features."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.molecules.conformers import Block, Conformers
from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES, PERMUTATION
from matterlearn.features.feature_facts import FeatureFacts
from matterlearn.features.molecule.apart import ApartTransformer
from matterlearn.features.molecule.choices import check_choice
from matterlearn.features.molecule.fixed_size import check_size, one_size
from matterlearn.features.molecule.learned import check_n_atoms
from matterlearn.features.molecule.pair_bags import PairBags
from matterlearn.kernels.molecule.distances import pair_distances

DistanceForm = Literal["plain", "inverse"]
DistanceOrder = Literal["atoms", "sorted"]


class Distances(ApartTransformer):
    r"""Distances between all pairs of atoms, or their inverses.

    Parameters
    ----------
    form : {"plain", "inverse"}
        Distances in angstrom, or 1 / distance in 1/angstrom, the shape of electrostatic energies, which stands out for
        atoms that are close.
    order : {"atoms", "sorted"}
        `"atoms"`: pairs 0-1, 0-2, ..., 1-2, ... in the order of the atoms. All molecules must have one size, and the
        features change when like atoms are listed in another order. `"sorted"`: within the pairs of each two elements,
        the shortest distance first; what a molecule has less than the largest seen in `fit` is 0. No order of atoms
        matters, but which pair a feature is about can change from one conformer to the next, with a kink.

    Attributes
    ----------
    n_atoms_ : int
        For `"atoms"`: number of atoms of every molecule; another number is refused in `transform`.
    atom_room_, pair_room_ : dict of str to int
        For `"sorted"`: the most atoms of each element ("H") and room for pairs of each two ("H-C"); molecules with
        other elements or more are refused.
    bags_ : PairBags
        The same, as it is used.
    symmetries : frozenset of str
        Changes that leave the features as they are; permutation only for `"sorted"`.

    Notes
    -----
    All distances together say everything about a molecule up to its mirror image [1]_; sorted ones do not quite: there
    are different molecules with equal sets of distances [2]_.

    References
    ----------
    .. [1] M. Boutin, G. Kemper, Adv. Appl. Math. 32, 709 (2004).
    .. [2] O. A. von Lilienfeld, R. Ramakrishnan, M. Rupp, A. Knoll, Int. J. Quantum Chem. 115, 1084 (2015).

    Examples
    --------
    >>> water = "3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n"
    >>> Distances().fit_transform([water]).round(3).tolist()
    [[0.96, 0.96, 1.518]]
    >>> distances = Distances(form="inverse", order="sorted").fit([water])
    >>> dict(zip(distances.get_feature_names_out(), distances.transform([water])[0].round(3).tolist()))
    {'inverse H-H distance 1': 0.659, 'inverse H-O distance 1': 1.042, 'inverse H-O distance 2': 1.041}
    """

    __module__ = "matterlearn.features.molecule.distances"

    n_atoms_: int
    atom_room_: dict[str, int]
    pair_room_: dict[str, int]

    def __init__(self, form: DistanceForm = "plain", order: DistanceOrder = "atoms") -> None:
        self.form = form
        self.order = order

    @property
    def bags_(self) -> PairBags:
        """The bags; they follow from the rooms, which a model file holds."""
        return PairBags.of_room(self.atom_room_, self.pair_room_)

    @property
    def symmetries(self) -> frozenset[str]:  # type: ignore[override]
        """Changes that leave the features as they are."""
        every = frozenset(MOLECULE_SYMMETRIES)
        return every if self.order == "sorted" else every - {PERMUTATION}

    def _check_parameters(self) -> None:
        check_choice(self.form, get_args(DistanceForm), "form")
        check_choice(self.order, get_args(DistanceOrder), "order")

    def _learn(self, conformers: Conformers) -> None:  # type: ignore[override]
        for name in ("n_atoms_", "atom_room_", "pair_room_"):
            if hasattr(self, name):
                delattr(self, name)
        if self.order == "sorted":
            bags = PairBags.of(conformers.graphs)
            self.atom_room_, self.pair_room_ = bags.atom_room, bags.pair_room
        else:
            self.n_atoms_ = one_size(conformers)

    def _block(self, block: Block) -> NDArray[np.float64]:
        if self.order == "atoms":
            check_size(block.graph, self.n_atoms_)
            distances = pair_distances(block.positions)
            return 1.0 / distances if self.form == "inverse" else distances
        bags = self.bags_
        bags.check(block.graph)
        distances = pair_distances(block.positions)
        out = np.zeros((len(block.rows), bags.width))
        inverse = self.form == "inverse"
        bags.sort(1.0 / distances if inverse else distances, block.graph, descending=inverse, out=out)
        return out

    def _check_learned(self) -> None:
        if self.order == "atoms":
            check_n_atoms(self.n_atoms_)
        else:
            PairBags.of_room(self.atom_room_, self.pair_room_)

    def _width(self) -> int:
        if self.order == "atoms":
            return self.n_atoms_ * (self.n_atoms_ - 1) // 2
        return sum(self.pair_room_.values())

    def _names(self) -> list[str]:
        return [fact.label for fact in self._facts()]

    def _facts(self) -> list[FeatureFacts]:
        inverse = "inverse " if self.form == "inverse" else ""
        unit = "1/angstrom" if inverse else "angstrom"
        if self.order == "atoms":
            pairs = zip(*np.triu_indices(self.n_atoms_, 1), strict=True)
            return [FeatureFacts(f"{inverse}distance", f"{inverse}distance {i}-{j}", unit=unit) for i, j in pairs]
        bags = self.bags_
        return [
            FeatureFacts(f"{inverse}{bag} distance", f"{inverse}{bag} distance {k + 1}", unit=unit)
            for bag, size in zip(bags.labels, bags.sizes, strict=True)
            for k in range(size)
        ]
