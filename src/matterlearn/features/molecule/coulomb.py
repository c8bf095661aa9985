"""The Coulomb matrix of a molecule as features."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.molecules.conformers import Block, Conformers
from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES, PERMUTATION
from matterlearn.core.errors import MatterlearnError
from matterlearn.features.feature_facts import FeatureFacts
from matterlearn.features.molecule.apart import ApartTransformer
from matterlearn.features.molecule.choices import check_choice
from matterlearn.features.molecule.learned import check_n_atoms
from matterlearn.kernels.molecule.coulomb import coulomb_spectra, coulomb_triangles

CoulombForm = Literal["eigenvalues", "sorted rows", "atoms"]


class CoulombMatrix(ApartTransformer):
    r"""Coulomb matrix (Rupp et al.): :math:`Z_i Z_j / r_{ij}`, with :math:`0.5 Z_i^{2.4}` on the diagonal.

    Parameters
    ----------
    form : {"eigenvalues", "sorted rows", "atoms"}
        `"eigenvalues"`: the spectrum, by falling absolute value. `"sorted rows"`: the matrix with its rows and columns
        sorted by the Euclidean norm of the rows, the largest first. `"atoms"`: the matrix in the order of the atoms,
        which changes when they are listed in another order. Of a matrix, the upper triangle with the diagonal is
        given, row by row.

    Attributes
    ----------
    n_atoms_ : int
        Number of atoms of the largest molecule in `fit`: smaller ones get zeros at the end, larger ones are refused.
    symmetries : frozenset of str
        Changes that leave the features as they are; permutation for the first two forms.

    Notes
    -----
    Rows are sorted in the order of the atoms where their norms are equal, as they are for atoms that are equivalent in
    a symmetric molecule: near such a molecule, sorted rows jump. Eigenvalues do not, but only n of the 3n - 6 degrees
    of freedom of a molecule are left in them.

    References
    ----------
    .. [1] M. Rupp, A. Tkatchenko, K.-R. Müller, O. A. von Lilienfeld, Phys. Rev. Lett. 108, 058301 (2012).
    .. [2] G. Montavon et al., Adv. Neural Inf. Process. Syst. 25, 440 (2012): sorted rows.

    Examples
    --------
    >>> hydrogen = "2\n\nH 0 0 0\nH 0 0 0.8\n"
    >>> CoulombMatrix().fit_transform([hydrogen, "1\n\nHe 0 0 0\n"]).round(3).tolist()
    [[1.75, -0.75], [2.639, 0.0]]
    >>> matrix = CoulombMatrix("atoms").fit([hydrogen])
    >>> matrix.transform([hydrogen]).tolist(), matrix.get_feature_names_out().tolist()
    ([[0.5, 1.25, 0.5]], ['Coulomb matrix 0-0', 'Coulomb matrix 0-1', 'Coulomb matrix 1-1'])
    """

    __module__ = "matterlearn.features.molecule.coulomb"

    n_atoms_: int

    def __init__(self, form: CoulombForm = "eigenvalues") -> None:
        self.form = form

    @property
    def symmetries(self) -> frozenset[str]:  # type: ignore[override]
        """Changes that leave the features as they are."""
        every = frozenset(MOLECULE_SYMMETRIES)
        return every - {PERMUTATION} if self.form == "atoms" else every

    def citations(self) -> list[str]:
        """Return what to cite: the paper of the Coulomb matrix."""
        return ["M. Rupp et al., Phys. Rev. Lett. 108, 058301 (2012)"]

    def _check_parameters(self) -> None:
        check_choice(self.form, get_args(CoulombForm), "form")

    def _learn(self, conformers: Conformers) -> None:  # type: ignore[override]
        self.n_atoms_ = int(conformers.sizes.max())

    def _block(self, block: Block) -> NDArray[np.float64]:
        if len(block.graph) > self.n_atoms_:
            reason = f"{len(block.graph)} atoms, the largest molecule seen in fit has {self.n_atoms_}"
            raise MatterlearnError(reason, fix="fit on molecules as large")
        charges = block.graph.atomic_numbers.astype(np.float64)
        if self.form == "eigenvalues":
            return coulomb_spectra(charges, block.positions, self.n_atoms_)
        return coulomb_triangles(charges, block.positions, self.n_atoms_, by_norm=self.form == "sorted rows")

    def _check_learned(self) -> None:
        check_n_atoms(self.n_atoms_)

    def _width(self) -> int:
        return self.n_atoms_ if self.form == "eigenvalues" else self.n_atoms_ * (self.n_atoms_ + 1) // 2

    def _names(self) -> list[str]:
        return [fact.label for fact in self._facts()]

    def _facts(self) -> list[FeatureFacts]:
        if self.form == "eigenvalues":
            labels = [f"Coulomb eigenvalue {k + 1}" for k in range(self.n_atoms_)]
        else:
            which = "sorted " if self.form == "sorted rows" else ""
            pairs = zip(*np.triu_indices(self.n_atoms_), strict=True)
            labels = [f"{which}Coulomb matrix {i}-{j}" for i, j in pairs]
        name = "Coulomb eigenvalues" if self.form == "eigenvalues" else "Coulomb matrix"
        return [FeatureFacts(name, label, unit="e^2/angstrom") for label in labels]
