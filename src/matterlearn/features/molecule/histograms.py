"""Smooth histograms of distances and of angles as features: of one width for molecules of any size."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations_with_replacement
from typing import ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.chemistry.molecules.conformers import Block, Conformers
from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES
from matterlearn.core.errors import ArgumentError, MatterlearnError
from matterlearn.features.feature_facts import FeatureFacts
from matterlearn.features.molecule.apart import ApartTransformer
from matterlearn.features.molecule.choices import check_choice, check_number, check_whole
from matterlearn.features.molecule.learned import check_elements
from matterlearn.kernels.molecule import histograms
from matterlearn.kernels.molecule.histograms import Bins, angle_histograms, make_bins, pair_histograms

PairGeometry = Literal["distance", "inverse distance"]
PairWeight = Literal["none", "inverse square", "exponential"]
AngleGeometry = Literal["angle", "cosine"]
AngleWeight = Literal["none", "exponential", "cutoff"]

MOST_BINS = 10_000

_PAIR_GEOMETRY = {"distance": histograms.DISTANCE, "inverse distance": histograms.INVERSE_DISTANCE}
_ANGLE_GEOMETRY = {"angle": histograms.ANGLE, "cosine": histograms.COSINE}
_WEIGHT = {
    "none": histograms.NO_WEIGHT,
    "inverse square": histograms.INVERSE_SQUARE,
    "exponential": histograms.EXPONENTIAL,
    "cutoff": histograms.SMOOTH_CUTOFF,
}

# Many-body tensor representation; its implementation whose conventions are followed here.
_SOURCES = [
    "H. Huo, M. Rupp, Mach. Learn.: Sci. Technol. 3, 045017 (2022)",
    "L. Himanen et al., Comput. Phys. Commun. 247, 106949 (2020)",
]


class _ElementHistograms(ApartTransformer):
    """What the histograms have in common: the elements, the bins and the names."""

    symmetries: ClassVar[frozenset[str]] = frozenset(MOLECULE_SYMMETRIES)

    elements_: tuple[str, ...]

    def citations(self) -> list[str]:
        """Return what to cite: the papers of the many-body tensor representation."""
        return list(_SOURCES)

    def _learn(self, conformers: Conformers) -> None:  # type: ignore[override]
        numbers = sorted({number for graph in conformers.graphs for number in graph.numbers})
        self.elements_ = tuple(SYMBOLS[number - 1] for number in numbers)

    def _kinds(self, graph: MoleculeGraph) -> NDArray[np.int64]:
        """Return the number of each atom's element in `elements_`."""
        known = {symbol: kind for kind, symbol in enumerate(self.elements_)}
        for symbol in graph.symbols:
            if symbol not in known:
                raise MatterlearnError(f"no molecule seen in fit holds {symbol}", fix="fit on all elements")
        return np.array([known[symbol] for symbol in graph.symbols], dtype=np.int64)

    def _check_learned(self) -> None:
        check_elements(self.elements_)

    def _n_pairs(self) -> int:
        return len(self.elements_) * (len(self.elements_) + 1) // 2

    def _pairs(self) -> list[tuple[str, str]]:
        return list(combinations_with_replacement(self.elements_, 2))

    def _names(self) -> list[str]:
        return [fact.label for fact in self._facts()]


class PairDistribution(_ElementHistograms):
    r"""Smooth histograms of the distances between atoms, one for each two elements.

    Each pair of atoms adds a normal distribution about its distance to the histogram of its two elements; the value of
    a bin is the integral of all of them over the bin, divided by its width. Without a weight, a histogram integrates
    to the number of pairs. These are the two-body terms of the many-body tensor representation [1]_ with the
    conventions of dscribe [2]_.

    Parameters
    ----------
    r_min, r_max : float
        Distances in angstrom at the middle of the first and of the last bin (the other way round for inverse
        distances). Pairs outside count as far as they are spread into the bins.
    n_bins : int
        Number of bins of each histogram.
    width : float, optional
        Standard deviation of the normal distribution in the unit of the geometry. By default that of two bins.
    geometry : {"distance", "inverse distance"}
        What the bins are of: angstrom or 1/angstrom. Bins of the inverse are narrow where atoms are close.
    weight : {"none", "inverse square", "exponential"}
        What a pair at distance r counts: 1, :math:`1/r^2` (r in angstrom) or :math:`e^{-sr}` with s = `decay`.
    decay : float
        For the exponential weight, in 1/angstrom.

    Attributes
    ----------
    elements_ : tuple of str
        Elements seen in `fit`, by atomic number; molecules with others are refused.

    References
    ----------
    .. [1] H. Huo, M. Rupp, Mach. Learn.: Sci. Technol. 3, 045017 (2022).
    .. [2] L. Himanen et al., Comput. Phys. Commun. 247, 106949 (2020).

    Examples
    --------
    >>> pairs = PairDistribution(r_min=0.5, r_max=1.0, n_bins=6, width=0.05)
    >>> pairs.fit_transform(["2\n\nH 0 0 0\nH 0 0 0.74\n"]).round(2).tolist()
    [[0.0, 0.36, 5.43, 4.07, 0.14, 0.0]]
    >>> pairs.get_feature_names_out()[:2].tolist()
    ['H-H pairs at 0.5 angstrom', 'H-H pairs at 0.6 angstrom']
    """

    __module__ = "matterlearn.features.molecule.histograms"

    def __init__(
        self,
        r_min: float = 0.7,
        r_max: float = 8.0,
        n_bins: int = 64,
        width: float | None = None,
        geometry: PairGeometry = "distance",
        weight: PairWeight = "none",
        decay: float = 0.5,
    ) -> None:
        self.r_min = r_min
        self.r_max = r_max
        self.n_bins = n_bins
        self.width = width
        self.geometry = geometry
        self.weight = weight
        self.decay = decay

    def _check_parameters(self) -> None:
        check_choice(self.geometry, get_args(PairGeometry), "geometry")
        check_choice(self.weight, get_args(PairWeight), "weight")
        check_number(self.r_min, "r_min", equal=self.geometry == "distance")
        check_number(self.r_max, "r_max", above=self.r_min)
        check_number(self.decay, "decay", equal=True)
        _check_bins(self.n_bins, self.width)
        self._bins()

    def _bins(self) -> Bins:
        ends = (self.r_min, self.r_max)
        low, high = (1.0 / ends[1], 1.0 / ends[0]) if self.geometry == "inverse distance" else ends
        return _bins_of(low, high, self.n_bins, self.width)

    def _block(self, block: Block) -> NDArray[np.float64]:
        return pair_histograms(
            self._kinds(block.graph),
            len(self.elements_),
            block.positions,
            self._bins(),
            geometry=_PAIR_GEOMETRY[self.geometry],
            weight=_WEIGHT[self.weight],
            decay=self.decay,
        )

    def _width(self) -> int:
        return self._n_pairs() * int(self.n_bins)

    def _facts(self) -> list[FeatureFacts]:
        inverse = self.geometry == "inverse distance"
        axis = "1/angstrom" if inverse else "angstrom"
        unit = "angstrom" if inverse else "1/angstrom"
        if self.weight == "inverse square":
            unit = "1/angstrom" if inverse else "1/angstrom^3"
        kinds = tuple(f"{a}-{b} pairs" for a, b in self._pairs())
        places = tuple(f"at {centre} {axis}" for centre in _distinct(self._bins().centres))
        return list(_histogram_facts(kinds, places, unit))


class AngleDistribution(_ElementHistograms):
    r"""Smooth histograms of the angles between atoms, one for each element at the vertex and two at the ends.

    Any two atoms seen from a third one count, bonded or not, with a weight that falls with their distances. Each adds
    a normal distribution about its angle; the value of a bin is the integral of all of them over the bin, divided by
    its width. These are the three-body terms of the many-body tensor representation [1]_ with the conventions of
    dscribe [2]_. What is spread beyond 0 or 180 degrees is lost, as it is there.

    Parameters
    ----------
    n_bins : int
        Number of bins of each histogram; the first and the last have their middle at 0 and 180 degrees, or at cosines
        of -1 and 1.
    width : float, optional
        Standard deviation of the normal distribution, in degrees or as a cosine. By default that of two bins.
    geometry : {"angle", "cosine"}
        What the bins are of: angles in degrees or their cosines, which are cheaper.
    weight : {"cutoff", "exponential", "none"}
        What the angle i-j-k counts: :math:`f(r_{ij}) f(r_{jk})` with a function that falls smoothly from 1 to 0 at
        `cutoff`, :math:`f(r) = 1 + y\,(r/c)^{y+1} - (y+1)\,(r/c)^y` with y = `sharpness`;
        :math:`e^{-s(r_{ij} + r_{jk} + r_{ki})}` with s = `decay`; or 1.
    cutoff : float
        In angstrom.
    sharpness : float
        Larger: the weight stays near 1 for longer and falls faster.
    decay : float
        In 1/angstrom.
    threshold : float
        Angles whose exponential weight is smaller are left out, which makes a jump of that size; 0 for none.

    Attributes
    ----------
    elements_ : tuple of str
        Elements seen in `fit`, by atomic number; molecules with others are refused.

    References
    ----------
    .. [1] H. Huo, M. Rupp, Mach. Learn.: Sci. Technol. 3, 045017 (2022).
    .. [2] L. Himanen et al., Comput. Phys. Commun. 247, 106949 (2020).

    Examples
    --------
    >>> angles = AngleDistribution(n_bins=5, width=10.0, weight="none")
    >>> angles.fit(["3\n\nO 0 0 0\nH 1 0 0\nH 0 1 0\n"])
    AngleDistribution(n_bins=5, weight='none', width=10.0)
    >>> names = angles.get_feature_names_out()
    >>> found = angles.transform(["3\n\nO 0 0 0\nH 1 0 0\nH 0 1 0\n"])[0]
    >>> {name: round(float(value), 4) for name, value in zip(names, found) if value > 0.01}
    {'H-H-O angles at 45 degrees': 0.0434, 'H-O-H angles at 90 degrees': 0.0217}
    """

    __module__ = "matterlearn.features.molecule.histograms"

    def __init__(
        self,
        n_bins: int = 64,
        width: float | None = None,
        geometry: AngleGeometry = "angle",
        weight: AngleWeight = "cutoff",
        cutoff: float = 4.0,
        sharpness: float = 2.0,
        decay: float = 0.5,
        threshold: float = 1e-3,
    ) -> None:
        self.n_bins = n_bins
        self.width = width
        self.geometry = geometry
        self.weight = weight
        self.cutoff = cutoff
        self.sharpness = sharpness
        self.decay = decay
        self.threshold = threshold

    def _check_parameters(self) -> None:
        check_choice(self.geometry, get_args(AngleGeometry), "geometry")
        check_choice(self.weight, get_args(AngleWeight), "weight")
        for name in ("cutoff", "sharpness"):
            check_number(getattr(self, name), name)
        for name in ("decay", "threshold"):
            check_number(getattr(self, name), name, equal=True)
        _check_bins(self.n_bins, self.width)
        self._bins()

    def _bins(self) -> Bins:
        low, high = (0.0, 180.0) if self.geometry == "angle" else (-1.0, 1.0)
        return _bins_of(low, high, self.n_bins, self.width)

    def _block(self, block: Block) -> NDArray[np.float64]:
        return angle_histograms(
            self._kinds(block.graph),
            len(self.elements_),
            block.positions,
            self._bins(),
            geometry=_ANGLE_GEOMETRY[self.geometry],
            weight=_WEIGHT[self.weight],
            decay=self.decay,
            threshold=self.threshold if self.weight == "exponential" else 0.0,
            cutoff=self.cutoff,
            sharpness=self.sharpness,
        )

    def _width(self) -> int:
        return len(self.elements_) * self._n_pairs() * int(self.n_bins)

    def _facts(self) -> list[FeatureFacts]:
        is_angle = self.geometry == "angle"
        kinds = tuple(f"{a}-{j}-{b} angles" for j in self.elements_ for a, b in self._pairs())
        centres = _distinct(self._bins().centres)
        places = tuple(f"at {centre} degrees" if is_angle else f"at cosine {centre}" for centre in centres)
        return list(_histogram_facts(kinds, places, "1/degree" if is_angle else ""))


def _check_bins(n_bins: object, width: object) -> None:
    check_whole(n_bins, "n_bins", least=2, most=MOST_BINS)
    if width is not None:
        check_number(width, "width")


@lru_cache(maxsize=16)  # asked for at every transform
def _bins_of(low: float, high: float, n_bins: int, width: float | None) -> Bins:
    step = (high - low) / (n_bins - 1)
    chosen = 2 * step if width is None else float(width)
    if chosen < 1e-4 * step:
        reason = f"{chosen:g} is less than a ten-thousandth of a bin, which is {step:.3g} wide"
        raise ArgumentError(reason, where="width", fix="pass a larger width or more bins")
    if chosen > 2 * (high - low):
        raise ArgumentError(f"{chosen:g} is more than twice all bins together, {high - low:.3g}", where="width")
    return make_bins(float(low), float(high), int(n_bins), chosen)


@lru_cache(maxsize=16)  # asked for at every transform
def _histogram_facts(kinds: tuple[str, ...], places: tuple[str, ...], unit: str) -> tuple[FeatureFacts, ...]:
    return tuple(FeatureFacts(kind, f"{kind} {place}", unit=unit) for kind in kinds for place in places)


def _distinct(centres: NDArray[np.float64]) -> list[str]:
    """Return the numbers with as many digits as tell them apart, four at least."""
    for digits in range(4, 17):
        shown = [f"{centre + 0.0:.{digits}g}" for centre in centres]  # no minus before a zero
        if len(set(shown)) == len(shown):
            return shown
    return [repr(float(centre)) for centre in centres]
