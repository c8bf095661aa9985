"""Torsion fingerprints: the turns about the bonds that matter, and how far two conformers are apart by them."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rdkit.Chem import TorsionFingerprints
from sklearn.utils.validation import check_is_fitted

from matterlearn.chemistry.molecules.conformers import Block
from matterlearn.chemistry.molecules.convert import to_mol
from matterlearn.chemistry.symmetries import ROTATION, TRANSLATION
from matterlearn.core.errors import ArgumentError, MatterlearnError
from matterlearn.features.feature_facts import FeatureFacts
from matterlearn.features.flat import bad_row
from matterlearn.features.molecule.choices import check_choice
from matterlearn.features.molecule.learned import check_that, is_whole
from matterlearn.features.molecule.one_graph import OneGraphTransformer
from matterlearn.kernels.molecule import internal

MaxDeviation = Literal["equal", "spec"]

_RDKIT: Any = TorsionFingerprints  # it states no types


class TorsionFingerprint(OneGraphTransformer):
    r"""The torsion angles of one molecule that describe its conformation, hydrogen atoms left out; in degrees.

    One angle for each bond that is in no ring and ends no chain, measured between neighbours that the graph tells
    apart; several where neighbours are alike (the three methyl groups of tert-butyl); and for each ring the mean of
    the absolute angles in it. Which, and their weights, RDKit's `TorsionFingerprints` says.

    Two conformers are compared by `deviations`: the deviation of each angle over its largest possible one, averaged
    with weights that fall from the middle of the molecule outwards [1]_. Angles of 359 and 1 degrees are neighbours and
    alike neighbours can change places, so this is no distance of the columns as they stand.

    Parameters
    ----------
    max_deviation : {"equal", "spec"}
        Largest deviation of an angle outside rings: 180 degrees for all, or less where neighbours are alike.
    weighted : bool
        Weigh angles by how central they are.

    Attributes
    ----------
    numbers_, bonds_, charges_ : tuple
        The molecule, as a `MoleculeGraph` has them; `graph_` is that graph. Another one, or the same with its atoms in
        another order, is refused by its row.
    torsions_ : tuple of tuple of tuple of int
        For each entry of the fingerprint, the chains of four atoms it stands for.
    n_rings_ : int
        How many entries, the last ones, are rings.
    weights_, scales_ : ndarray of shape (n_entries,)
        Weight, and largest deviation in degrees, of each.

    References
    ----------
    .. [1] T. Schulz-Gasch, C. Schärfer, W. Guba, M. Rarey, J. Chem. Inf. Model. 52, 1499 (2012).

    Examples
    --------
    >>> from rdkit import Chem
    >>> from rdkit.Chem import AllChem
    >>> butane = Chem.AddHs(Chem.MolFromSmiles("CCCC"))
    >>> AllChem.EmbedMolecule(butane, randomSeed=7)
    0
    >>> fingerprint = TorsionFingerprint().fit([butane])
    >>> fingerprint.get_feature_names_out().tolist()
    ['torsion C0-C1-C2-C3']
    >>> fingerprint.deviations([[170.0], [-170.0], [60.0]]).round(3).tolist()
    [[0.0, 0.111, 0.611], [0.111, 0.0, 0.722], [0.611, 0.722, 0.0]]
    """

    __module__ = "matterlearn.features.molecule.torsion_fingerprint"

    symmetries = frozenset({TRANSLATION, ROTATION})

    torsions_: tuple[tuple[tuple[int, ...], ...], ...]
    weights_: NDArray[np.float64]
    scales_: NDArray[np.float64]
    n_rings_: int

    def __init__(self, max_deviation: MaxDeviation = "equal", weighted: bool = True) -> None:
        self.max_deviation = max_deviation
        self.weighted = weighted

    def deviations(self, first: ArrayLike, second: ArrayLike | None = None) -> NDArray[np.float64]:
        """Compare conformers by their features.

        Parameters
        ----------
        first : array-like of shape (n_first, n_features)
            What `transform` gave.
        second : array-like of shape (n_second, n_features), optional
            Likewise; without it, `first` itself.

        Returns
        -------
        ndarray of shape (n_first, n_second)
            Torsion fingerprint deviations, 0 for the same angles, at most 1 with equal largest deviations; RDKit's TFD.

        Raises
        ------
        ArgumentError
            If a row has another number of features.
        NotFittedError
            If `fit` was not called.
        """
        check_is_fitted(self)
        rows = self._rows(first, "first")
        others = rows if second is None else self._rows(second, "second")
        return internal.torsion_deviations(rows, others, self._starts(), self.scales_, self.weights_)

    def _rows(self, features: ArrayLike, where: str) -> NDArray[np.float64]:
        rows = np.ascontiguousarray(features, dtype=np.float64)
        width = int(self._starts()[-1])
        if rows.ndim != 2 or rows.shape[1] != width:
            raise ArgumentError(f"shape {rows.shape} is not (n, {width})", where=where, fix="pass what transform gave")
        return rows

    def _starts(self) -> NDArray[np.int64]:
        """Return where the columns of each entry begin, and where the last one ends."""
        n_rings = self.n_rings_
        chains = self.torsions_[: len(self.torsions_) - n_rings]
        return np.cumsum([0, *(len(alike) for alike in chains), *[1] * n_rings], dtype=np.int64)

    def _check_parameters(self) -> None:
        check_choice(self.max_deviation, get_args(MaxDeviation), "max_deviation")
        if not isinstance(self.weighted, bool | np.bool_):
            raise ArgumentError(f"must be True or False, got {self.weighted!r}", where="weighted")

    def _learn(self, conformers: Any) -> None:
        super()._learn(conformers)
        try:
            mol = to_mol(conformers[0])
            chains, rings = _RDKIT.CalculateTorsionLists(mol, maxDev=self.max_deviation)
            if not chains and not rings:
                raise MatterlearnError("it has no bond to turn: none joins two inner atoms, hydrogen left out")
            weights = _RDKIT.CalculateTorsionWeights(mol) if self.weighted else [1.0] * len(chains + rings)
        except MatterlearnError as error:
            raise bad_row(conformers[0], error, row=0, column=None) from error
        except IndexError as error:  # RDKit looks for a bond in the middle and runs out of atoms
            raise bad_row(
                conformers[0], "it has no bond in its middle; is it one molecule?", row=0, column=None
            ) from error
        self.torsions_ = tuple(tuple(tuple(map(int, four)) for four in fours) for fours, _ in chains + rings)
        self.n_rings_ = len(rings)
        self.scales_ = np.array([scale for _, scale in chains + rings], dtype=np.float64)
        self.weights_ = np.array(weights, dtype=np.float64)

    def _block(self, block: Block) -> NDArray[np.float64]:
        self._same_graph(block)
        columns = []
        for number, fours in enumerate(self.torsions_):
            directions = internal.dihedral_directions(block.positions, np.array(fours, dtype=np.int64))
            angles = np.degrees(np.arctan2(directions[:, :, 1], directions[:, :, 0]))
            if number < len(self.torsions_) - self.n_rings_:
                columns += [np.where(angle < 0, angle + 360.0, angle) for angle in angles.T]
            else:
                columns.append(sum(abs(angle) for angle in angles.T) / len(fours))
        return np.stack(columns, axis=1)

    def _check_learned(self) -> None:
        super()._check_learned()
        entries, n_atoms = self.torsions_, len(self.numbers_)
        check_that(
            type(entries) is tuple
            and len(entries) > 0
            and all(type(fours) is tuple and len(fours) > 0 for fours in entries)
            and all(
                type(four) is tuple and len(four) == 4 and all(is_whole(atom, 0, n_atoms - 1) for atom in four)
                for fours in entries
                for four in fours
            ),
            "torsions_",
        )
        check_that(is_whole(self.n_rings_, 0, len(entries)), "n_rings_")
        for name, values in (("scales_", self.scales_), ("weights_", self.weights_)):
            of_each = isinstance(values, np.ndarray) and values.dtype == np.float64 and values.shape == (len(entries),)
            check_that(of_each and bool(np.all(np.isfinite(values) & (values > 0))), name)

    def _width(self) -> int:
        return int(self._starts()[-1])

    def _names(self) -> list[str]:
        return [fact.label for fact in self._facts()]

    def _facts(self) -> list[FeatureFacts]:
        names = [f"{symbol}{atom}" for atom, symbol in enumerate(self.graph_.symbols)]
        facts = []
        for number, fours in enumerate(self.torsions_):
            if number < len(self.torsions_) - self.n_rings_:
                labels = [f"torsion {'-'.join(names[atom] for atom in four)}" for four in fours]
            else:
                labels = [f"mean torsion in the ring {'-'.join(names[four[0]] for four in fours)}"]
            facts += [FeatureFacts("torsion", label, unit="degrees") for label in labels]
        return facts

    def citations(self) -> list[str]:
        """Return what to cite.

        Returns
        -------
        list of str
            Definition, and program that chooses the angles.
        """
        return [
            "T. Schulz-Gasch, C. Schärfer, W. Guba, M. Rarey, Journal of Chemical Information and Modeling 52, "
            "1499-1512 (2012)",
            "RDKit: Open-source cheminformatics, https://www.rdkit.org",
        ]
