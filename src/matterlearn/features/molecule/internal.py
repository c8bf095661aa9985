"""Bond lengths, bond angles and dihedrals as features: the shape of one molecule without its place in space."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.molecules.conformers import Block
from matterlearn.chemistry.molecules.topology import angles, dihedrals
from matterlearn.chemistry.symmetries import REFLECTION, ROTATION, TRANSLATION
from matterlearn.features.feature_facts import FeatureFacts
from matterlearn.features.molecule.choices import check_choice
from matterlearn.features.molecule.one_graph import OneGraphTransformer
from matterlearn.kernels.molecule import internal

DihedralForm = Literal["sin cos", "cos"]


class InternalCoordinates(OneGraphTransformer):
    r"""Bond lengths in angstrom, bond angles in radian, cosines and sines of dihedrals, of one molecule.

    All bonds, all angles between bonds, all chains of four atoms about each bond, in the order of the atoms. They do
    not change when the molecule is moved or turned. In the mirror the sines change sign; without them nothing does, but
    then a left turn and a right turn are the same. Like atoms in another order exchange features: a bond graph is
    permuted with its atoms, so all molecules must list their atoms in the same order.

    Parameters
    ----------
    dihedrals : {"sin cos", "cos"}
        A dihedral of 359 degrees is next to one of 0: as cosine and sine it is, as an angle it is not. `"cos"` leaves
        out the sines.

    Attributes
    ----------
    numbers_, bonds_, charges_ : tuple
        The molecule, as a `MoleculeGraph` has them; `graph_` is that graph. Another one, or the same with its atoms in
        another order, is refused by its row.
    symmetries : frozenset of str
        Changes that leave the features as they are; reflection only without sines.

    Notes
    -----
    A dihedral is 0 where the ends eclipse each other, positive where the far end is turned clockwise (IUPAC). About
    an atom whose neighbours are in one line by its bonds there is none; where atoms happen to be in one line, cosine
    and sine are both 0.

    Examples
    --------
    >>> water = "3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n"
    >>> internal = InternalCoordinates().fit([water])
    >>> dict(zip(internal.get_feature_names_out(), internal.transform([water])[0].round(3).tolist()))
    {'length O0-H1': 0.96, 'length O0-H2': 0.96, 'angle H1-O0-H2': 1.823}
    """

    __module__ = "matterlearn.features.molecule.internal"

    def __init__(self, dihedrals: DihedralForm = "sin cos") -> None:
        self.dihedrals = dihedrals

    @property
    def symmetries(self) -> frozenset[str]:  # type: ignore[override]
        """Changes that leave the features as they are."""
        always = frozenset({TRANSLATION, ROTATION})
        return always | {REFLECTION} if self.dihedrals == "cos" else always

    def _check_parameters(self) -> None:
        check_choice(self.dihedrals, get_args(DihedralForm), "dihedrals")

    def _block(self, block: Block) -> NDArray[np.float64]:
        self._same_graph(block)
        directions = internal.dihedral_directions(block.positions, dihedrals(block.graph))
        if self.dihedrals == "cos":
            directions = directions[:, :, :1]
        return np.concatenate(
            [
                internal.lengths(block.positions, block.graph.bond_pairs),
                internal.angles(block.positions, angles(block.graph)),
                directions.reshape(len(block.rows), -1),
            ],
            axis=1,
        )

    def _width(self) -> int:
        degrees: list[int] = np.bincount(self.graph_.bond_pairs.ravel(), minlength=len(self.numbers_)).tolist()
        n_chains = sum((degrees[i] - 1) * (degrees[j] - 1) for i, j, _ in self.bonds_)
        n_angles = sum(degree * (degree - 1) // 2 for degree in degrees)
        n_functions = 1 if self.dihedrals == "cos" else 2
        # A little more than there are: chains about linear atoms and around rings of three are counted, not listed.
        return len(self.bonds_) + n_angles + n_functions * n_chains

    def _names(self) -> list[str]:
        return [fact.label for fact in self._facts()]

    def _facts(self) -> list[FeatureFacts]:
        names = [f"{symbol}{atom}" for atom, symbol in enumerate(self.graph_.symbols)]
        functions = ("cos",) if self.dihedrals == "cos" else ("cos", "sin")

        def chains(atoms: NDArray[np.int64]) -> list[str]:
            return ["-".join(names[atom] for atom in chain) for chain in atoms.tolist()]

        return [
            *(FeatureFacts("bond length", f"length {c}", unit="angstrom") for c in chains(self.graph_.bond_pairs)),
            *(FeatureFacts("bond angle", f"angle {c}", unit="radian") for c in chains(angles(self.graph_))),
            *(
                FeatureFacts("dihedral", f"{function} dihedral {c}")
                for c in chains(dihedrals(self.graph_))
                for function in functions
            ),
        ]
