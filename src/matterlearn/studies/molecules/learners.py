"""What learns the energies: the failure of the workshop and the ways to mend it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from matterlearn.features.molecule.coulomb import CoulombMatrix
from matterlearn.features.molecule.distances import Distances
from matterlearn.features.molecule.force_field_terms import ForceFieldTerms
from matterlearn.features.molecule.histograms import AngleDistribution, PairDistribution
from matterlearn.features.molecule.internal import InternalCoordinates
from matterlearn.features.molecule.soap import SoapPowerSpectrum
from matterlearn.features.molecule.symmetry_functions import SymmetryFunctions
from matterlearn.models.augmentation import AugmentedRegressor
from matterlearn.models.kernel_machines.kernel_regressor import KernelRegressor
from matterlearn.models.molecules.distance_network import DistanceNetworkRegressor

RAW, AUGMENTED, FEATURES, NETWORK = "nothing", "augmentation", "invariant features", "invariant network"
"""What mends the model."""

N_COPIES, N_COPIES_QUICK = 20, 5
"""Turned copies of each training conformer."""

PENALTIES = tuple(float(alpha) for alpha in np.logspace(-8, 3, 23))
"""Ridge penalties to choose from by leaving out one row at a time."""


@dataclass(frozen=True)
class Learner:
    """A way to learn the energies.

    Attributes
    ----------
    key : str
        Name among the numbers.
    name : str
        Name for people.
    repair : str
        What mends it: one of `RAW`, `AUGMENTED`, `FEATURES`, `NETWORK`.
    make : callable
        Returns a fresh estimator.
    takes : {"structures", "coordinates"}
        What it takes.
    own_terms : bool
        Whether its features contain the terms of the force field that made the energies.
    """

    key: str
    name: str
    repair: str
    make: Callable[[], Any]
    takes: Literal["structures", "coordinates"] = "structures"
    own_terms: bool = False

    def inputs(self, conformers: Any) -> Any:
        """Return conformers as the estimator takes them."""
        return conformers.flat() if self.takes == "coordinates" else conformers


def learners(quick: bool, seed: int) -> list[Learner]:
    """Return all learners, the workshop's first.

    Parameters
    ----------
    quick : bool
        Fewer copies, a shorter training.
    seed : int
        Of every draw.

    Returns
    -------
    list of Learner
    """
    copies = N_COPIES_QUICK if quick else N_COPIES

    def trees() -> Any:
        return HistGradientBoostingRegressor(random_state=seed % 2**32)

    def kernel(features: Any) -> Any:
        return make_pipeline(features, StandardScaler(), KernelRegressor("matern52"))

    def ridge(*features: Any) -> Any:
        return make_pipeline(*features, StandardScaler(), RidgeCV(PENALTIES))

    return [
        Learner("workshop", "coordinates, boosted trees", RAW, trees, "coordinates"),
        Learner("raw_kernel", "coordinates, kernel", RAW, lambda: kernel("passthrough"), "coordinates"),
        Learner(
            "augmented",
            f"coordinates turned {copies} times, boosted trees",
            AUGMENTED,
            lambda: AugmentedRegressor(trees(), n_copies=copies, permutations=False, random_state=seed),
        ),
        Learner("ordered", "inverse distances by atom, kernel", FEATURES, lambda: kernel(Distances("inverse"))),
        Learner("internal", "bond lengths, angles, dihedrals; kernel", FEATURES, lambda: kernel(InternalCoordinates())),
        Learner("coulomb", "Coulomb eigenvalues, kernel", FEATURES, lambda: kernel(CoulombMatrix())),
        Learner("sorted", "sorted inverse distances, kernel", FEATURES, lambda: kernel(Distances("inverse", "sorted"))),
        Learner("pairs", "histogram of distances, ridge", FEATURES, lambda: ridge(PairDistribution())),
        Learner("angles", "histogram of angles, kernel", FEATURES, lambda: kernel(AngleDistribution())),
        Learner("symmetry", "symmetry functions, ridge", FEATURES, lambda: ridge(SymmetryFunctions())),
        Learner("soap", "SOAP, kernel", FEATURES, lambda: kernel(SoapPowerSpectrum())),
        Learner("terms", "terms of a force field, ridge", FEATURES, lambda: ridge(ForceFieldTerms()), own_terms=True),
        Learner("network", "network on distances", NETWORK, lambda: _network(quick, seed)),
    ]


def _network(quick: bool, seed: int) -> Any:
    return DistanceNetworkRegressor(random_state=seed)
