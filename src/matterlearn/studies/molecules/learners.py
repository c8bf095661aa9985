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
"""Changed copies of each training conformer."""

STEP = 1.0
"""Standard deviation along each axis by which the copies are moved, angstrom."""

PENALTIES = tuple(float(alpha) for alpha in np.logspace(-14, 3, 35))
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

    scaled = StandardScaler

    def trees() -> Any:
        return HistGradientBoostingRegressor(random_state=seed % 2**32)

    def augmented(permutations: bool) -> Any:
        return AugmentedRegressor(
            trees(), copies, permutations=permutations, translations=STEP, reflections=True, random_state=seed
        )

    # Columns of one kind are not scaled: a bin of a histogram that is nearly empty in training must not be blown up.
    def kernel(*steps: Any) -> Any:
        return make_pipeline(*steps, KernelRegressor("matern52"))

    def ridge(*steps: Any) -> Any:
        return make_pipeline(*steps, RidgeCV(PENALTIES))

    def features(key: str, name: str, make: Callable[[], Any], own_terms: bool = False) -> Learner:
        return Learner(key, name, FEATURES, make, own_terms=own_terms)

    return [
        Learner("workshop", "coordinates, boosted trees", RAW, trees, "coordinates"),
        Learner("raw_kernel", "coordinates, kernel", RAW, lambda: kernel("passthrough"), "coordinates"),
        Learner("augmented", f"{copies} copies moved and turned, trees", AUGMENTED, lambda: augmented(False)),
        Learner("permuted", f"{copies} copies, also like atoms exchanged", AUGMENTED, lambda: augmented(True)),
        features("ordered", "inverse distances by atom, kernel", lambda: kernel(Distances("inverse"))),
        features("internal", "bonds, angles, dihedrals; kernel", lambda: kernel(InternalCoordinates(), scaled())),
        features("coulomb", "Coulomb eigenvalues, kernel", lambda: kernel(CoulombMatrix(), scaled())),
        features("sorted", "sorted inverse distances, kernel", lambda: kernel(Distances("inverse", "sorted"))),
        features("pairs", "histogram of distances, kernel", lambda: kernel(PairDistribution())),
        features("angles", "histogram of angles, kernel", lambda: kernel(AngleDistribution())),
        features("symmetry", "symmetry functions, ridge", lambda: ridge(SymmetryFunctions())),
        features("soap", "SOAP, kernel", lambda: kernel(SoapPowerSpectrum())),
        features("terms", "terms of a force field, ridge", lambda: ridge(ForceFieldTerms(), scaled()), own_terms=True),
        Learner("network", "network on distances", NETWORK, lambda: _network(quick, seed)),
    ]


def _network(quick: bool, seed: int) -> Any:
    return DistanceNetworkRegressor(epochs=8 if quick else 20, random_state=seed)
