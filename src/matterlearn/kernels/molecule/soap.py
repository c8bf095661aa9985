"""SOAP power spectrum of many molecules: densities of neighbours in Gaussian-type orbitals and spherical harmonics.

A Gaussian at R, multiplied by the orbital r^l exp(-alpha r^2) Y_lm, is a Gaussian times a solid harmonic, whose mean
over a sphere is its value in the middle; so every coefficient is known in closed form. A pair of atoms is computed
once: seen from its other end, its harmonics of odd degree change their sign.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError
from matterlearn.core.jit import jit
from matterlearn.kernels.molecule.elementary import exponential

MAX_DEGREE = 20
"""Largest degree of the spherical harmonics."""

# Value of r^l exp(-alpha r^2) at the radius at which an orbital ends; and of a Gaussian of the density beyond whose
# reach neighbours are not counted. Both as in DScribe.
_ORBITAL_END = 1e-3
_DENSITY_END = 1e-3
_INNERMOST = 1.0  # angstrom: end of the shortest orbital
_RUN = 64  # pairs in a row of numbers: all rows together stay within a processor's cache


@dataclass(frozen=True)
class SoapBasis:
    r"""Density of neighbours around an atom and the basis it is expanded in.

    Each neighbour, and the atom itself, is a Gaussian :math:`\exp(-|r - R|^2 / 2 \sigma^2)`, one density per kind of
    atom [1]_. The radial functions are Löwdin-orthonormalised combinations of :math:`r^l \exp(-\alpha_{nl} r^2)` with
    :math:`\alpha` such that these fall to 0.001 at lengths evenly spaced from 1 angstrom to the cutoff [2]_. With the
    coefficients :math:`c_{nlm}` of the density on real spherical harmonics,

    .. math:: p_{nn'l}^{ZZ'} = \pi \sqrt{\frac{8}{2l + 1}} \sum_m c^Z_{nlm} c^{Z'}_{n'lm} .

    Neighbours are counted to the cutoff and 3.7 sigma beyond. There the orbitals are small, but not zero, so that the
    spectrum jumps a little when an atom comes in. With `fading`, an atom counts :math:`1 - 3 x^2 + 2 x^3` with
    :math:`x = r / r_c`, and nothing from the cutoff on.

    Parameters
    ----------
    cutoff : float
        In angstrom, longer than 1.
    n_max : int
        Number of radial functions, at least 1.
    l_max : int
        Largest degree of the spherical harmonics, 0 to 20.
    sigma : float
        Width of the Gaussians in angstrom.
    fading : bool
        Whether neighbours fade out towards the cutoff.

    Raises
    ------
    ArgumentError
        If a parameter is out of its range, or the radial functions depend on each other within rounding.

    References
    ----------
    .. [1] A. P. Bartók, R. Kondor, G. Csányi, On representing chemical environments, Phys. Rev. B 87, 184115 (2013).
    .. [2] L. Himanen et al., DScribe: Library of descriptors for machine learning in materials science, Comput. Phys.
       Commun. 247, 106949 (2020).

    Examples
    --------
    >>> SoapBasis(cutoff=5.0, n_max=3, l_max=2, sigma=0.5).n_columns(n_kinds=2)  # 6 * 7 / 2 pairs of 3 degrees
    63
    """

    cutoff: float
    n_max: int
    l_max: int
    sigma: float
    fading: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.cutoff) and self.cutoff > _INNERMOST):
            raise ArgumentError(f"{self.cutoff!r} is not above {_INNERMOST:g} angstrom", where="cutoff")
        if self.n_max < 1:
            raise ArgumentError(f"{self.n_max!r} is no number of functions", where="n_max", fix="pass at least 1")
        if not 0 <= self.l_max <= MAX_DEGREE:
            raise ArgumentError(f"{self.l_max!r} is not from 0 to {MAX_DEGREE}", where="l_max")
        if not (math.isfinite(self.sigma) and self.sigma > 0):
            raise ArgumentError(f"{self.sigma!r} is no positive length", where="sigma", fix="pass angstrom")
        _ = self.arrays  # says now if the radial functions depend on each other

    def n_columns(self, n_kinds: int) -> int:
        """Return the number of values of an atom.

        Parameters
        ----------
        n_kinds : int
            Number of kinds of atoms.

        Returns
        -------
        int
            For each pair of kinds (0-0, 0-1, ..., 1-1, ...), each degree, each pair of radial functions; the second
            is not before the first where the kinds are the same, and runs fastest.
        """
        many = n_kinds * self.n_max
        return many * (many + 1) // 2 * (self.l_max + 1)

    @cached_property
    def arrays(self) -> SoapPlan:
        """What the compiled code takes."""
        return _plan(self)


class SoapPlan(NamedTuple):
    """A basis as arrays.

    Attributes
    ----------
    cutoff : float
        Where neighbours have faded out, in angstrom; 0 if they do not fade.
    reach : float
        How far neighbours are counted, in angstrom.
    decays : ndarray of shape (n_degrees, n_max)
        How the part of each orbital in a neighbour's Gaussian falls with the squared distance, in 1/angstrom^2.
    mixing : ndarray of shape (n_degrees, n_max, n_max)
        Parts of the orbitals (last axis) in each radial function, times all constant factors of the power spectrum.
    norms : ndarray of shape (n_degrees, n_degrees)
        Of the real solid harmonics: degree and order.
    """

    cutoff: float
    reach: float
    decays: NDArray[np.float64]
    mixing: NDArray[np.float64]
    norms: NDArray[np.float64]


def molecule_power_spectrum(
    basis: SoapBasis,
    positions: NDArray[np.float64],
    kinds: NDArray[np.int64],
    n_kinds: int,
    rows: NDArray[np.int64],
    n_rows: int,
) -> NDArray[np.float64]:
    """Return the power spectra of the atoms of many conformers of one molecule, summed over groups of atoms.

    Parameters
    ----------
    basis : SoapBasis
        Parameters.
    positions : ndarray of shape (n_conformers, n_atoms, 3)
        In angstrom.
    kinds : ndarray of int, shape (n_atoms,)
        Kind of each atom, from 0 to `n_kinds` - 1.
    n_kinds : int
        Number of kinds.
    rows : ndarray of int, shape (n_atoms,)
        Group that takes the values of an atom as a centre, from 0 to `n_rows` - 1: `kinds` for sums per kind,
        `np.arange(n_atoms)` for each atom alone.
    n_rows : int
        Number of groups.

    Returns
    -------
    ndarray of shape (n_conformers, n_rows, n_columns)
        In angstrom^3, in the order of `SoapBasis.n_columns`.

    Raises
    ------
    ArgumentError
        If the arrays do not fit together.
    """
    # Contiguous and writable, as all: numba would compile the whole once more for any other sort of array.
    positions = np.require(positions, np.float64, ["C", "W"])
    kinds = np.require(kinds, np.int64, ["C", "W"])
    rows = np.require(rows, np.int64, ["C", "W"])
    if positions.ndim != 3 or positions.shape[1:] != (len(kinds), 3) or rows.shape != kinds.shape:
        raise ArgumentError(
            f"shapes {positions.shape}, {kinds.shape} and {rows.shape} do not fit", where="positions, kinds, rows"
        )
    for name, values, bound in (("kinds", kinds, n_kinds), ("rows", rows, n_rows)):
        if np.any((values < 0) | (values >= bound)):
            raise ArgumentError(f"a number is not from 0 to {bound - 1}", where=name)
    out = np.zeros((len(positions), n_rows, basis.n_columns(n_kinds)))
    _of_molecules(basis.arrays, positions, kinds, n_kinds, rows, out)
    return out


def _plan(basis: SoapBasis) -> SoapPlan:
    degrees = np.arange(basis.l_max + 1)
    ends = np.linspace(_INNERMOST, basis.cutoff, basis.n_max)
    alphas = -np.log(_ORBITAL_END / ends ** degrees[:, None]) / ends**2  # (n_degrees, n_max)
    eta = 1 / (2 * basis.sigma**2)
    together = alphas + eta
    parts = (math.pi / together) ** 1.5 * (eta / together) ** degrees[:, None]
    factors = np.sqrt(math.pi * np.sqrt(8 / (2 * degrees + 1)))
    mixing = np.stack([_orthonormal(int(degree), alphas[degree]) for degree in degrees]) * parts[:, None, :]
    mixing *= factors[:, None, None]
    padding = basis.sigma * math.sqrt(-2 * math.log(_DENSITY_END))
    return SoapPlan(
        float(basis.cutoff) if basis.fading else 0.0,
        float(basis.cutoff) if basis.fading else basis.cutoff + padding,
        alphas * eta / together,
        mixing,
        np.array([[_norm(degree, order) for order in degrees.tolist()] for degree in degrees.tolist()]),
    )


def _orthonormal(degree: int, alphas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return S^(-1/2) of the overlaps S of orbitals r^l exp(-alpha r^2) (integral of their product times r^2)."""
    overlaps = 0.5 * math.gamma(degree + 1.5) * (alphas[:, None] + alphas) ** -(degree + 1.5)
    scales = 1 / np.sqrt(np.diagonal(overlaps))
    lowest = np.linalg.eigvalsh(overlaps * scales[:, None] * scales)[0]
    values, vectors = np.linalg.eigh(overlaps)
    if lowest < 1e-12 or values[0] <= 0:
        raise ArgumentError(
            f"{len(alphas)} radial functions depend on each other at this cutoff",
            where="n_max",
            fix="lower it, or take a longer cutoff",
        )
    return np.asarray((vectors / np.sqrt(values)) @ vectors.T)


def _norm(degree: int, order: int) -> float:
    if order > degree:
        return 0.0
    ratio = math.factorial(degree - order) / math.factorial(degree + order)
    return math.sqrt((2 * degree + 1) / (4 * math.pi) * ratio * (1 if order == 0 else 2))


@jit(parallel=True)
def _of_molecules(plan: Any, positions: Any, kinds: Any, n_kinds: int, rows: Any, out: Any) -> None:
    for conformer in numba.prange(len(positions)):
        _one_molecule(plan, positions[conformer], kinds, n_kinds, rows, out[conformer])


@jit()
def _one_molecule(plan: Any, positions: Any, kinds: Any, n_kinds: int, rows: Any, out: Any) -> None:
    n_atoms = len(positions)
    n_degrees, n_max = plan.decays.shape
    n_harmonics = n_degrees * n_degrees
    # What each atom sees of each kind: (n_atoms, n_kinds, n_harmonics * n_max).
    seen = np.zeros((n_atoms, n_kinds, n_harmonics * n_max))
    _add_pairs(plan, positions, kinds, seen)
    many = n_kinds * n_max
    products = np.zeros((len(out), n_degrees, many, many))
    _add_products(seen, rows, n_max, products)
    for row in range(len(out)):
        _store(products[row], n_kinds, n_max, out[row])


@jit()
def _add_pairs(plan: Any, positions: Any, kinds: Any, seen: Any) -> None:
    n_atoms = len(positions)
    n_degrees, n_max = plan.decays.shape
    ends = np.empty((2, _RUN), dtype=np.int64)
    places = np.zeros((4, _RUN))  # x, y, z and their squared length
    orbitals = np.empty((n_degrees * n_max, _RUN))
    radial = np.empty((n_degrees * n_max, _RUN))
    harmonics = np.empty((n_degrees * n_degrees, _RUN))
    work = np.empty((4, _RUN))
    part = np.empty(seen.shape[2])
    n = 0
    for i in range(n_atoms):
        for j in range(i, n_atoms):
            x = positions[j, 0] - positions[i, 0]
            y = positions[j, 1] - positions[i, 1]
            z = positions[j, 2] - positions[i, 2]
            square = x * x + y * y + z * z
            if square <= plan.reach * plan.reach:
                ends[0, n] = i
                ends[1, n] = j
                places[0, n] = x
                places[1, n] = y
                places[2, n] = z
                places[3, n] = square
                n += 1
            if n == _RUN or (n > 0 and i == n_atoms - 1):  # the last pair is that of the last atom with itself
                _fill_radial(plan, places[3], orbitals, radial)
                _fill_harmonics(plan.norms, places, work, harmonics)
                for t in range(n):
                    _add_pair(radial[:, t], harmonics[:, t], ends[0, t], ends[1, t], kinds, part, seen)
                n = 0


@jit()
def _fill_radial(plan: Any, squares: Any, orbitals: Any, radial: Any) -> None:
    n_degrees, n_max = plan.decays.shape
    for degree in range(n_degrees):
        for k in range(n_max):
            decay = plan.decays[degree, k]
            row = orbitals[degree * n_max + k]
            for t in range(_RUN):
                row[t] = exponential(-decay * squares[t])
            if plan.cutoff > 0.0:
                inverse = 1.0 / plan.cutoff
                for t in range(_RUN):
                    fraction = min(math.sqrt(squares[t]) * inverse, 1.0)
                    row[t] *= 1.0 + fraction * fraction * (2.0 * fraction - 3.0)
        for n in range(n_max):
            row = radial[degree * n_max + n]
            row[:] = 0.0
            for k in range(n_max):
                one = orbitals[degree * n_max + k]
                factor = plan.mixing[degree, n, k]
                for t in range(_RUN):
                    row[t] += factor * one[t]


@jit()
def _fill_harmonics(norms: Any, places: Any, work: Any, harmonics: Any) -> None:
    """Fill in the real solid harmonics: order 0, then cosine and sine of each order, degree by degree."""
    x, y, z, square = places[0], places[1], places[2], places[3]
    cosine, sine, last, before = work[0], work[1], work[2], work[3]  # r^m cos(m phi), r^m sin(m phi) in the plane
    n_degrees = len(norms)
    cosine[:] = 1.0
    sine[:] = 0.0
    top = 1.0  # (2 m - 1)!!
    for m in range(n_degrees):
        last[:] = top
        before[:] = 0.0
        for degree in range(m, n_degrees):
            norm = norms[degree, m]
            first = degree * degree
            up, down = harmonics[first + max(2 * m - 1, 0)], harmonics[first + 2 * m]
            for t in range(_RUN):
                up[t] = norm * last[t] * cosine[t]
            if m > 0:
                for t in range(_RUN):
                    down[t] = norm * last[t] * sine[t]
            one, two, inverse = 2.0 * degree + 1.0, float(degree + m), 1.0 / (degree - m + 1.0)
            for t in range(_RUN):
                following = (one * z[t] * last[t] - two * square[t] * before[t]) * inverse
                before[t] = last[t]
                last[t] = following
        for t in range(_RUN):
            turned = x[t] * cosine[t] - y[t] * sine[t]
            sine[t] = x[t] * sine[t] + y[t] * cosine[t]
            cosine[t] = turned
        top *= 2.0 * m + 1.0


@jit()
def _add_pair(radial: Any, harmonics: Any, i: int, j: int, kinds: Any, part: Any, seen: Any) -> None:
    n_harmonics = len(harmonics)
    n_max = len(part) // n_harmonics
    degree = 0
    sign = 1.0
    one, two = seen[i, kinds[j]], seen[j, kinds[i]]
    for h in range(n_harmonics):
        if h == (degree + 1) * (degree + 1):
            degree += 1
            sign = -sign
        value = harmonics[h]
        other = sign * value if i != j else 0.0  # an atom sees itself once
        for n in range(n_max):
            one[h * n_max + n] += value * radial[degree * n_max + n]
            two[h * n_max + n] += other * radial[degree * n_max + n]


@jit()
def _add_products(seen: Any, rows: Any, n_max: int, products: Any) -> None:
    n_atoms, n_kinds, _ = seen.shape
    many = n_kinds * n_max
    n_degrees = products.shape[1]
    values = np.empty(many)
    for i in range(n_atoms):
        for degree in range(n_degrees):
            target = products[rows[i], degree]
            for h in range(degree * degree, (degree + 1) * (degree + 1)):
                for kind in range(n_kinds):
                    for n in range(n_max):
                        values[kind * n_max + n] = seen[i, kind, h * n_max + n]
                for a in range(many):
                    one = values[a]
                    for b in range(many):
                        target[a, b] += one * values[b]


@jit()
def _store(products: Any, n_kinds: int, n_max: int, out: Any) -> None:
    column = 0
    for kind in range(n_kinds):
        for other in range(kind, n_kinds):
            for degree in range(len(products)):
                for n in range(n_max):
                    for k in range(n if other == kind else 0, n_max):
                        out[column] = products[degree, kind * n_max + n, other * n_max + k]
                        column += 1
