"""SOAP power spectrum, summed over the atoms of each element."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError
from matterlearn.features.molecule.central import CentralTransformer, Per, Unknown
from matterlearn.features.molecule.choices import check_number, check_whole
from matterlearn.kernels.molecule.soap import MAX_DEGREE, SoapBasis, molecule_power_spectrum


class SoapPowerSpectrum(CentralTransformer):
    r"""Power spectrum of the density of neighbours around every atom (SOAP), summed over the atoms of each element.

    Around each atom stands one density per element, a Gaussian on every neighbour and on the atom itself. Its
    expansion in radial functions and spherical harmonics gives numbers that turn with the molecule; the products of
    two of them, summed over the orders of one degree, do not:
    :math:`p_{nn'l}^{ZZ'} = \pi \sqrt{8 / (2l + 1)} \sum_m c^Z_{nlm} c^{Z'}_{n'lm}` [1]_. They say what two neighbours
    and the angle between them do together: correlations of three atoms. The values of an atom are those of DScribe's
    `SOAP` with Gaussian-type orbitals [2]_ and, with `fading`, its weighting function "poly" (c = 1, m = 1, r0 the
    cutoff).

    Parameters
    ----------
    cutoff : float
        In angstrom, longer than 1.
    n_max : int
        Number of radial functions.
    l_max : int
        Largest degree of the spherical harmonics, 0 to 20.
    sigma : float
        Width of the Gaussians in angstrom: what is closer than this is seen as one.
    fading : bool
        Whether neighbours count less towards the cutoff and nothing beyond: 1 - 3 x^2 + 2 x^3 with x = r / cutoff.
        Without, they are counted to 3.7 sigma beyond the cutoff, and the features jump a little as an atom passes
        there.
    per : {"central element", "molecule"}
        Sum over the atoms of each element apart, or over all atoms.
    unknown : {"error", "ignore"}
        What happens in `transform` to an element that did not occur in `fit`: the row is refused, or atoms of that
        element are taken for absent.

    Attributes
    ----------
    elements_ : tuple of str
        Symbols of the elements seen in `fit`, by atomic number. An atom of another element is an error in `transform`.
    basis_ : SoapBasis
        The basis of the densities.

    Notes
    -----
    An atom has `m (m + 1) / 2 * (l_max + 1)` values for `m = n_max * n_elements`: many elements are better described
    with few radial functions.

    References
    ----------
    .. [1] A. P. Bartók, R. Kondor, G. Csányi, On representing chemical environments, Phys. Rev. B 87, 184115 (2013).
    .. [2] L. Himanen et al., DScribe: Library of descriptors for machine learning in materials science, Comput. Phys.
       Commun. 247, 106949 (2020).

    Examples
    --------
    >>> soap = SoapPowerSpectrum(n_max=2, l_max=1)
    >>> soap.fit_transform(["3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n"]).shape
    (1, 40)
    >>> soap.get_feature_names_out()[[0, 39]].tolist()
    ['H: H-H n 1-1 l 0', 'O: O-O n 2-2 l 1']
    """

    __module__ = "matterlearn.features.molecule.soap"

    def __init__(
        self,
        cutoff: float = 5.0,
        n_max: int = 6,
        l_max: int = 4,
        sigma: float = 0.3,
        fading: bool = True,
        per: Per = "central element",
        unknown: Unknown = "error",
    ) -> None:
        self.cutoff = cutoff
        self.n_max = n_max
        self.l_max = l_max
        self.sigma = sigma
        self.fading = fading
        self.per = per
        self.unknown = unknown

    def citations(self) -> list[str]:
        """Return what to cite: the power spectrum, and the basis."""
        return [
            "A. P. Bartok, R. Kondor, G. Csanyi, Phys. Rev. B 87, 184115 (2013), doi:10.1103/PhysRevB.87.184115",
            "L. Himanen et al., Comput. Phys. Commun. 247, 106949 (2020), doi:10.1016/j.cpc.2019.106949",
        ]

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_number(self.cutoff, "cutoff")
        check_number(self.sigma, "sigma")
        check_whole(self.n_max, "n_max", least=1, most=100)
        check_whole(self.l_max, "l_max", least=0, most=MAX_DEGREE)
        if not isinstance(self.fading, bool | np.bool_):
            raise ArgumentError(f"must be True or False, got {self.fading!r}", where="fading")
        self._basis()

    @property
    def basis_(self) -> SoapBasis:
        """The basis; it follows from the parameters, so that nothing in a model file can contradict them."""
        return self._basis()

    def _basis(self) -> SoapBasis:
        return SoapBasis(float(self.cutoff), int(self.n_max), int(self.l_max), float(self.sigma), bool(self.fading))

    def _sums(
        self, positions: NDArray[np.float64], kinds: NDArray[np.int64], rows: NDArray[np.int64], n_rows: int
    ) -> NDArray[np.float64]:
        return molecule_power_spectrum(self.basis_, positions, kinds, len(self.elements_), rows, n_rows)

    def _n_columns(self, n_elements: int) -> int:
        n_functions = int(self.n_max) * n_elements
        return n_functions * (n_functions + 1) // 2 * (int(self.l_max) + 1)

    def _columns(self) -> tuple[list[tuple[str, str]], str]:
        columns = []
        for one, two in combinations_with_replacement(self.elements_, 2):
            for degree in range(self.basis_.l_max + 1):
                for n in range(1, self.basis_.n_max + 1):
                    for k in range(n if one == two else 1, self.basis_.n_max + 1):
                        columns.append(("correlations", f"{one}-{two} n {n}-{k} l {degree}"))
        return columns, "angstrom^3"
