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
from matterlearn.kernels.molecule.symmetry_functions import FEW

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
    own : ndarray of shape (n_max,)
        What an atom sees of itself, which is spherical.
    norms : ndarray of shape (n_degrees, n_degrees)
        Of the real solid harmonics: degree and order.
    """

    cutoff: float
    reach: float
    decays: NDArray[np.float64]
    mixing: NDArray[np.float64]
    own: NDArray[np.float64]
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
    if len(positions) <= FEW:
        for places, sums in zip(positions, out, strict=True):
            _one_molecule(basis.arrays, places, kinds, n_kinds, rows, sums)
    else:
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
        mixing[0].sum(axis=1) * _norm(0, 0),
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
    seen = np.zeros((n_atoms, n_kinds, n_degrees * n_degrees, _whole(n_max, _LANES)))
    _look_around(plan, positions, kinds, seen)
    width = _whole(n_kinds * n_max, _SIDE)
    products = np.empty((width, width))
    together = np.zeros((n_atoms * (2 * n_degrees - 1), width))
    for row in range(len(out)):
        for degree in range(n_degrees):
            n: Any = np.int64(0)  # a bare 0 would have numba compile what follows once more for that constant
            for i in range(n_atoms):
                if rows[i] == row:
                    for h in range(degree * degree, (degree + 1) * (degree + 1)):
                        for kind in range(n_kinds):
                            for k in range(n_max):
                                together[n, kind * n_max + k] = seen[i, kind, h, k]
                        n += 1
            _multiply(together, n, width, products)
            _store(products, n_kinds, n_max, degree, n_degrees, out[row])


# Loops over so many numbers at a time, written out, become vector instructions however short they are.
_LANES = 8
_SIDE = 4  # of the blocks in which matrices are multiplied


@jit()
def _whole(n: int, many: int) -> int:
    """Round up to whole lanes or blocks."""
    return (n + many - 1) // many * many


@jit()
def _look_around(plan: Any, positions: Any, kinds: Any, seen: Any) -> None:
    """Fill in what each atom sees of each kind: harmonics, and radial functions of each."""
    n_atoms = len(positions)
    n_degrees, n_max = plan.decays.shape
    reach = plan.reach * plan.reach
    pairs = np.full((n_atoms, n_atoms), -1, dtype=np.int64)
    n_pairs = 0
    for i in range(n_atoms):
        for j in range(i):
            if _vector(positions, i, j)[3] <= reach:
                pairs[i, j] = pairs[j, i] = n_pairs
                n_pairs += 1
    # One row more, of a pair that adds nothing: neighbours are taken two by two.
    radial = np.zeros((_whole(n_pairs + 1, _RUN), n_degrees, seen.shape[3]))
    harmonics = np.zeros((len(radial), n_degrees * n_degrees))
    _fill_pairs(plan, positions, pairs, radial, harmonics)
    waiting = np.empty(seen.shape[1], dtype=np.int64)  # a neighbour of each kind
    for i in range(n_atoms):
        waiting[:] = -1
        for j in range(n_atoms):
            kind, k = kinds[j], waiting[kinds[j]]
            if pairs[i, j] < 0:
                continue
            if k < 0:
                waiting[kind] = j
            else:
                _add_two(radial, harmonics, pairs[i, k], pairs[i, j], k < i, j < i, seen[i, kind])
                waiting[kind] = -1
        for kind in range(len(waiting)):
            k = waiting[kind]
            if k >= 0:
                _add_two(radial, harmonics, pairs[i, k], n_pairs, k < i, True, seen[i, kind])
        for n in range(n_max):
            seen[i, kinds[i], 0, n] += plan.own[n]


@jit()
def _vector(positions: Any, i: int, j: int) -> Any:
    x = positions[j, 0] - positions[i, 0]
    y = positions[j, 1] - positions[i, 1]
    z = positions[j, 2] - positions[i, 2]
    return x, y, z, x * x + y * y + z * z


@jit()
def _add_two(radial: Any, harmonics: Any, p: int, q: int, p_first: bool, q_first: bool, seen: Any) -> None:
    """Add the products of the harmonics of two pairs with their radial functions of the same degree.

    Seen from their second atom, the harmonics of odd degree have the other sign.
    """
    rows, others = radial[p], radial[q]
    harmonics_p, harmonics_q = harmonics[p], harmonics[q]
    f = g = 1.0
    for degree in range(radial.shape[1]):
        for n in range(0, seen.shape[1], _LANES):
            r0, r1, r2, r3 = rows[degree, n], rows[degree, n + 1], rows[degree, n + 2], rows[degree, n + 3]
            r4, r5, r6, r7 = rows[degree, n + 4], rows[degree, n + 5], rows[degree, n + 6], rows[degree, n + 7]
            t0, t1, t2, t3 = others[degree, n], others[degree, n + 1], others[degree, n + 2], others[degree, n + 3]
            t4, t5, t6, t7 = others[degree, n + 4], others[degree, n + 5], others[degree, n + 6], others[degree, n + 7]
            for h in range(degree * degree, (degree + 1) * (degree + 1)):
                x, y = f * harmonics_p[h], g * harmonics_q[h]
                s0, s1, s2, s3 = seen[h, n], seen[h, n + 1], seen[h, n + 2], seen[h, n + 3]
                s4, s5, s6, s7 = seen[h, n + 4], seen[h, n + 5], seen[h, n + 6], seen[h, n + 7]
                s0, s1, s2, s3 = s0 + x * r0, s1 + x * r1, s2 + x * r2, s3 + x * r3
                s4, s5, s6, s7 = s4 + x * r4, s5 + x * r5, s6 + x * r6, s7 + x * r7
                s0, s1, s2, s3 = s0 + y * t0, s1 + y * t1, s2 + y * t2, s3 + y * t3
                s4, s5, s6, s7 = s4 + y * t4, s5 + y * t5, s6 + y * t6, s7 + y * t7
                seen[h, n], seen[h, n + 1], seen[h, n + 2], seen[h, n + 3] = s0, s1, s2, s3
                seen[h, n + 4], seen[h, n + 5], seen[h, n + 6], seen[h, n + 7] = s4, s5, s6, s7
        f = f if p_first else -f
        g = g if q_first else -g


@jit()
def _fill_pairs(plan: Any, positions: Any, pairs: Any, radial: Any, harmonics: Any) -> None:
    """Fill in the radial functions and the harmonics of each pair, run by run."""
    n_degrees, n_max = plan.decays.shape
    places = np.zeros((5, _RUN))  # x, y, z, their squared length, and how much the pair counts
    orbitals = np.empty((n_max + 1, _RUN))
    values = np.empty((n_degrees * n_degrees, _RUN))
    work = np.empty((4, _RUN))
    n = 0
    start = 0
    n_atoms = len(pairs)
    for i in range(n_atoms):
        for j in range(i):
            if pairs[i, j] >= 0:
                places[0, n], places[1, n], places[2, n], places[3, n] = _vector(positions, i, j)
                n += 1
            if n == _RUN or (n > 0 and i == n_atoms - 1 and j == i - 1):
                _fill_radial(plan, places, orbitals, radial[start : start + _RUN])
                _fill_harmonics(plan.norms, places, work, values)
                for t in range(n):
                    for h in range(len(values)):
                        harmonics[start + t, h] = values[h, t]
                start += n
                n = 0


@jit()
def _fill_radial(plan: Any, places: Any, orbitals: Any, radial: Any) -> None:
    n_degrees, n_max = plan.decays.shape
    squares, counts, total = places[3], places[4], orbitals[n_max]
    counts[:] = 1.0
    if plan.cutoff > 0.0:
        inverse = 1.0 / plan.cutoff
        for t in range(_RUN):
            fraction = min(math.sqrt(squares[t]) * inverse, 1.0)
            counts[t] = 1.0 + fraction * fraction * (2.0 * fraction - 3.0)
    for degree in range(n_degrees):
        for k in range(n_max):
            decay = plan.decays[degree, k]
            row = orbitals[k]
            for t in range(_RUN):
                row[t] = exponential(-decay * squares[t]) * counts[t]
        for n in range(n_max):
            total[:] = 0.0
            for k in range(n_max):
                factor = plan.mixing[degree, n, k]
                row = orbitals[k]
                for t in range(_RUN):
                    total[t] += factor * row[t]
            for t in range(_RUN):
                radial[t, degree, n] = total[t]


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
def _multiply(rows: Any, n: int, width: int, products: Any) -> None:
    """Sum over rows the products of all two of their numbers, those on and above the diagonal, block by block."""
    for a in range(0, width, _SIDE):
        for b in range(a, width, _SIDE):
            s00 = s01 = s02 = s03 = s10 = s11 = s12 = s13 = 0.0
            s20 = s21 = s22 = s23 = s30 = s31 = s32 = s33 = 0.0
            for k in range(n):
                x0, x1, x2, x3 = rows[k, a], rows[k, a + 1], rows[k, a + 2], rows[k, a + 3]
                y0, y1, y2, y3 = rows[k, b], rows[k, b + 1], rows[k, b + 2], rows[k, b + 3]
                s00 += x0 * y0
                s01 += x0 * y1
                s02 += x0 * y2
                s03 += x0 * y3
                s10 += x1 * y0
                s11 += x1 * y1
                s12 += x1 * y2
                s13 += x1 * y3
                s20 += x2 * y0
                s21 += x2 * y1
                s22 += x2 * y2
                s23 += x2 * y3
                s30 += x3 * y0
                s31 += x3 * y1
                s32 += x3 * y2
                s33 += x3 * y3
            products[a, b], products[a, b + 1], products[a, b + 2], products[a, b + 3] = s00, s01, s02, s03
            products[a + 1, b], products[a + 1, b + 1], products[a + 1, b + 2], products[a + 1, b + 3] = (
                s10,
                s11,
                s12,
                s13,
            )
            products[a + 2, b], products[a + 2, b + 1], products[a + 2, b + 2], products[a + 2, b + 3] = (
                s20,
                s21,
                s22,
                s23,
            )
            products[a + 3, b], products[a + 3, b + 1], products[a + 3, b + 2], products[a + 3, b + 3] = (
                s30,
                s31,
                s32,
                s33,
            )


@jit()
def _store(products: Any, n_kinds: int, n_max: int, degree: int, n_degrees: int, out: Any) -> None:
    """Put the products of one degree where `SoapBasis.n_columns` says."""
    start = 0
    for kind in range(n_kinds):
        for other in range(kind, n_kinds):
            n_pairs = n_max * (n_max + 1) // 2 if kind == other else n_max * n_max
            column = start + degree * n_pairs
            for n in range(n_max):
                for k in range(n if other == kind else 0, n_max):
                    out[column] = products[kind * n_max + n, other * n_max + k]
                    column += 1
            start += n_degrees * n_pairs
