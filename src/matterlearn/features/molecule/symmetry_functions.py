"""Symmetry functions of Behler and Parrinello, summed over the atoms of each element."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matterlearn.features.molecule.central import CentralTransformer, Per, Unknown
from matterlearn.features.molecule.choices import check_number
from matterlearn.kernels.molecule.symmetry_functions import SymmetryFunctionSet, molecule_symmetry_functions

Radial = Sequence[tuple[float, float]]
Angular = Sequence[tuple[float, float, float]]

# Innermost shift of the radial functions in cutoffs: 0.9 angstrom at 6, the shortest distance but that of H2.
_INNERMOST = 0.15


class SymmetryFunctions(CentralTransformer):
    r"""Radial and angular symmetry functions of every atom, summed over the atoms of each element.

    Behler and Parrinello describe the surroundings of an atom by sums over its neighbours of one element, and over
    pairs of neighbours of two elements [1]_: with the cutoff :math:`f(r) = (1 + \cos(\pi r / r_c)) / 2`,

    .. math::

        G^2 &= \sum_j e^{-\eta (r_{ij} - r_s)^2} f(r_{ij}) \\
        G^4 &= 2^{1-\zeta} \sum_{j<k} (1 + \lambda \cos\theta_{jik})^\zeta
               e^{-\eta (r_{ij}^2 + r_{ik}^2 + r_{jk}^2)} f(r_{ij}) f(r_{ik}) f(r_{jk})

    and :math:`G^5`, which is :math:`G^4` without :math:`r_{jk}`. The values of an atom are those of DScribe's `ACSF`.
    All fade out smoothly at the cutoff, and so do their slopes.

    Parameters
    ----------
    cutoff : float
        In angstrom.
    radial : sequence of (float, float), optional
        :math:`\eta` in 1/angstrom^2 and :math:`r_s` in angstrom of each :math:`G^2`; none if empty. By default those
        of `default_radial`.
    angular : sequence of (float, float, float), optional
        :math:`\eta` in 1/angstrom^2, :math:`\zeta` and :math:`\lambda` of each :math:`G^4`; none if empty. By default
        those of `default_angular`.
    wide_angular : sequence of (float, float, float)
        The same of each :math:`G^5`, which see triples whose outer atoms are far from each other. By default none.
    per : {"central element", "molecule"}
        Sum over the atoms of each element apart, or over all atoms.
    unknown : {"error", "ignore"}
        What happens in `transform` to an element that did not occur in `fit`: the row is refused, or atoms of that
        element are taken for absent.

    Attributes
    ----------
    elements_ : tuple of str
        Symbols of the elements seen in `fit`, by atomic number. An atom of another element is an error in `transform`.
    functions_ : SymmetryFunctionSet
        The functions of an atom.

    References
    ----------
    .. [1] J. Behler, Atom-centered symmetry functions for constructing high-dimensional neural network potentials,
       J. Chem. Phys. 134, 074106 (2011).

    Examples
    --------
    >>> functions = SymmetryFunctions(radial=[(4.0, 1.0)], angular=[(0.1, 1.0, -1.0)])
    >>> water = "3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n"
    >>> functions.fit_transform([water]).round(4).tolist()[0]
    [0.5809, 1.8644, 0.0, 0.207, 0.0, 1.8644, 0.0, 0.6176, 0.0, 0.0]
    >>> functions.get_feature_names_out()[[1, 7]].tolist()
    ['H: O at 1 angstrom (eta 4)', 'O: H-H (narrow, eta 0.1, zeta 1, lambda -1)']
    """

    __module__ = "matterlearn.features.molecule.symmetry_functions"

    def __init__(
        self,
        cutoff: float = 6.0,
        radial: Radial | None = None,
        angular: Angular | None = None,
        wide_angular: Angular = (),
        per: Per = "central element",
        unknown: Unknown = "error",
    ) -> None:
        self.cutoff = cutoff
        self.radial = radial
        self.angular = angular
        self.wide_angular = wide_angular
        self.per = per
        self.unknown = unknown

    def citations(self) -> list[str]:
        """Return what to cite: the functions, and how their defaults are laid out."""
        return [
            "J. Behler, J. Chem. Phys. 134, 074106 (2011), doi:10.1063/1.3553717",
            "M. Gastegger et al., J. Chem. Phys. 148, 241709 (2018), doi:10.1063/1.5019667",
        ]

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_number(self.cutoff, "cutoff")
        self._functions()

    @property
    def functions_(self) -> SymmetryFunctionSet:
        """The functions of an atom; they follow from the parameters: nothing in a model file can contradict them."""
        return self._functions()

    def _functions(self) -> SymmetryFunctionSet:
        radial = default_radial(self.cutoff) if self.radial is None else self.radial
        angular = default_angular(self.cutoff) if self.angular is None else self.angular
        return SymmetryFunctionSet(float(self.cutoff), radial, angular, self.wide_angular)

    def _sums(
        self, positions: NDArray[np.float64], kinds: NDArray[np.int64], rows: NDArray[np.int64], n_rows: int
    ) -> NDArray[np.float64]:
        n_kinds = len(self.elements_)
        return molecule_symmetry_functions(self.functions_, positions, kinds, n_kinds, rows, n_rows)

    def _n_columns(self, n_elements: int) -> int:
        functions = self.functions_
        n_angular = len(functions.angular) + len(functions.wide_angular)
        return n_elements * len(functions.radial) + n_elements * (n_elements + 1) // 2 * n_angular

    def _columns(self) -> tuple[list[tuple[str, str]], str]:
        functions, elements = self.functions_, self.elements_
        shown = _shown([*functions.radial, *functions.angular, *functions.wide_angular])
        radial = [f"at {shown[r_s]} angstrom (eta {shown[eta]})" for eta, r_s in functions.radial]
        angular = [
            f"({width}, eta {shown[eta]}, zeta {shown[zeta]}, lambda {shown[sign]})"
            for width, rows in (("narrow", functions.angular), ("wide", functions.wide_angular))
            for eta, zeta, sign in rows
        ]
        pairs = [(elements[j], elements[i]) for i in range(len(elements)) for j in range(i + 1)]
        columns = [("distances", f"{other} {name}") for other in elements for name in radial]
        columns += [("angles", f"{one}-{two} {name}") for one, two in pairs for name in angular]
        return columns, ""


def default_radial(cutoff: float, n: int = 20) -> list[tuple[float, float]]:
    """Return radial functions on an even grid of shifts, each as wide as the step from one to the next.

    The layout is that of Gastegger et al. (2018), eta = 1 / (2 step^2), from 0.15 cutoffs to a step before the cutoff.
    With 20 functions and a cutoff of 6 angstrom, a ridge on 1,500 conformers of an alkanol had the lowest error in
    energy by cross-validation among 10 to 24 functions and cutoffs from 4 to 8 angstrom.

    Parameters
    ----------
    cutoff : float
        In angstrom.
    n : int
        Number of functions.

    Returns
    -------
    list of (float, float)
        eta in 1/angstrom^2 and r_s in angstrom.

    Examples
    --------
    >>> [(round(eta, 4), round(r_s, 2)) for eta, r_s in default_radial(6.0, n=2)]
    [(0.0769, 0.9), (0.0769, 3.45)]
    """
    first = _INNERMOST * cutoff
    step = (cutoff - first) / n
    return [(1 / (2 * step**2), first + k * step) for k in range(n)]


def default_angular(cutoff: float) -> list[tuple[float, float, float]]:
    """Return narrow angular functions of three ranges, four widths of the angle, and both signs.

    The ranges are the cutoff, its half and its quarter (eta = 1 / (2 range^2)), so that bonded triples are told from
    far ones; zeta is 1, 2, 4 and 8, lambda -1 and 1.

    Parameters
    ----------
    cutoff : float
        In angstrom.

    Returns
    -------
    list of (float, float, float)
        eta in 1/angstrom^2, zeta and lambda: 24 functions.
    """
    etas = [part**2 / (2 * cutoff**2) for part in (1, 2, 4)]
    return [(eta, zeta, sign) for eta in etas for zeta in (1.0, 2.0, 4.0, 8.0) for sign in (-1.0, 1.0)]


def _shown(rows: Sequence[Sequence[float]]) -> dict[float, str]:
    """Return a short text of each number that no other number has."""
    numbers = {number for row in rows for number in row}
    for digits in range(4, 17):
        texts = {number: f"{number:.{digits}g}" for number in numbers}
        if len(set(texts.values())) == len(numbers):
            return texts
    return {number: repr(number) for number in numbers}
