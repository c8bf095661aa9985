"""The conformers of the study: made on the spot by physics, and divided once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.core.parallel import item_seed
from matterlearn.data.generators.conformers.conformer_set import ENERGY, UFF_ENERGY, ConformerSet
from matterlearn.data.generators.conformers.making import make_conformers
from matterlearn.studies.run import StudyRun

MOLECULE = "CC(CCC)CC(C)(CCCC)O"
"""The molecule of the workshop, C12H26O; two stereocentres are left open, so that four stereoisomers are mixed."""

REQUESTED, REQUESTED_QUICK = 10_000, 1_300
"""Conformers that are tried."""

N_TRAIN, N_TRAIN_QUICK = 3_000, 800
"""Training rows; the rest is the test."""

KCAL_PER_EV = 23.060548
"""kcal/mol in one electronvolt (CODATA 2018)."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ConformerData:
    """Conformers in random order, the training rows first.

    Attributes
    ----------
    made : ConformerSet
        As they were made.
    conformers : Conformers
        In the order of the study.
    energies, uff : ndarray of float, shape (n_conformers,)
        MMFF94 and UFF energies, kcal/mol.
    isomers : ndarray of str, shape (n_conformers,)
        Which stereoisomer each is.
    n_train : int
        Training rows.
    """

    made: ConformerSet
    conformers: Conformers
    energies: Floats
    uff: Floats
    isomers: NDArray[np.object_]
    n_train: int

    @property
    def train(self) -> Conformers:
        """The training rows."""
        return self.conformers[: self.n_train]

    @property
    def test(self) -> Conformers:
        """The rows that no model learns from."""
        return self.conformers[self.n_train :]

    @property
    def y_train(self) -> Floats:
        """Their energies."""
        return self.energies[: self.n_train]

    @property
    def y_test(self) -> Floats:
        """Their energies."""
        return self.energies[self.n_train :]


def conformer_data(run: StudyRun) -> ConformerData:
    """Make the conformers, or find those made before, and divide them.

    Parameters
    ----------
    run : StudyRun
        What was asked for.

    Returns
    -------
    ConformerData
    """
    made = make_conformers(
        MOLECULE, REQUESTED_QUICK if run.quick else REQUESTED, seed=run.seed, workers=run.workers, progress=False
    )
    order = np.random.default_rng(item_seed(run.seed, "conformers", "split")).permutation(len(made))
    facts: pd.DataFrame = made.facts.iloc[order]
    return ConformerData(
        made,
        made.conformers[order],
        facts[ENERGY].to_numpy(dtype=float),
        facts[UFF_ENERGY].to_numpy(dtype=float),
        facts["isomer"].to_numpy(dtype=object),
        N_TRAIN_QUICK if run.quick else N_TRAIN,
    )


def in_mev_per_atom(kcal_per_mol: float, n_atoms: int) -> float:
    """Return an energy of a molecule in meV per atom.

    Examples
    --------
    >>> round(in_mev_per_atom(1.0, 39), 3)
    1.112
    """
    return 1000 * kcal_per_mol / KCAL_PER_EV / n_atoms
