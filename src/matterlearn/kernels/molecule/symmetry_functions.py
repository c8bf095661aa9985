"""Atom-centred symmetry functions of Behler and Parrinello, for lists of neighbours and for many molecules at once.

Of the triples around an atom, those of one pair of kinds are laid one after the other into rows of numbers, and every
step (angle, cutoff, Gaussian, powers) goes over whole rows, which compilers turn into vector instructions. Sums run in
`_LANES` fixed lanes, so that they are the same bits on every machine and for any number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError
from matterlearn.core.jit import jit
from matterlearn.kernels.molecule.elementary import exponential, fade

_LANES = 8
_RUN = 256  # triples in a row of numbers: all rows together stay within a processor's cache
FEW = 4
"""Conformers of one molecule up to which threads cost more than they save."""

_WHOLE = 64  # exponents zeta up to this are made of multiplications if they are whole


@dataclass(frozen=True)
class SymmetryFunctionSet:
    r"""Parameters of symmetry functions.

    With the cutoff :math:`f(r) = (1 + \cos(\pi r / r_c)) / 2` below :math:`r_c` and 0 beyond, an atom has for each
    kind of neighbour the radial functions

    .. math:: G^2 = \sum_j e^{-\eta (r_{ij} - r_s)^2} f(r_{ij})

    and for each pair of kinds the angular functions, narrow and wide, over all pairs of neighbours

    .. math::

        G^4 &= 2^{1-\zeta} \sum_{j<k} (1 + \lambda \cos\theta_{jik})^\zeta
               e^{-\eta (r_{ij}^2 + r_{ik}^2 + r_{jk}^2)} f(r_{ij}) f(r_{ik}) f(r_{jk}) \\
        G^5 &= 2^{1-\zeta} \sum_{j<k} (1 + \lambda \cos\theta_{jik})^\zeta
               e^{-\eta (r_{ij}^2 + r_{ik}^2)} f(r_{ij}) f(r_{ik})

    as Behler [1]_ defines them, each pair of neighbours once.

    Parameters
    ----------
    cutoff : float
        :math:`r_c` in angstrom.
    radial : sequence of (float, float)
        :math:`\eta` in 1/angstrom^2, not negative, and :math:`r_s` in angstrom.
    angular : sequence of (float, float, float)
        :math:`\eta` in 1/angstrom^2, not negative, :math:`\zeta` > 0 and :math:`\lambda` in [-1, 1] of :math:`G^4`.
    wide_angular : sequence of (float, float, float)
        The same of :math:`G^5`.

    Raises
    ------
    ArgumentError
        If a parameter is out of its range.

    References
    ----------
    .. [1] J. Behler, Atom-centered symmetry functions for constructing high-dimensional neural network potentials,
       J. Chem. Phys. 134, 074106 (2011).

    Examples
    --------
    >>> functions = SymmetryFunctionSet(6.0, radial=[(4.0, 1.0), (4.0, 1.5)], angular=[(0.01, 1.0, 1.0)])
    >>> functions.n_columns(n_kinds=2)  # two kinds with two functions, three pairs of kinds with one
    7
    """

    cutoff: float
    radial: Sequence[tuple[float, float]] = ()
    angular: Sequence[tuple[float, float, float]] = ()
    wide_angular: Sequence[tuple[float, float, float]] = ()

    def __post_init__(self) -> None:
        if not (math.isfinite(self.cutoff) and self.cutoff > 0):
            raise ArgumentError(f"{self.cutoff!r} is no positive length", where="cutoff", fix="pass angstrom")
        for name, width in (("radial", 2), ("angular", 3), ("wide_angular", 3)):
            object.__setattr__(self, name, _checked_rows(getattr(self, name), width, name))
        if not (len(self.radial) or len(self.angular) or len(self.wide_angular)):
            raise ArgumentError("there are no functions", where="radial", fix="pass at least one")

    def n_columns(self, n_kinds: int) -> int:
        """Return the number of values of an atom.

        Parameters
        ----------
        n_kinds : int
            Number of kinds of atoms.

        Returns
        -------
        int
            Radial functions of each kind, then angular functions of each pair of kinds (0-0, 1-0, 1-1, 2-0, ...):
            the narrow ones, then the wide ones.
        """
        n_angular = len(self.angular) + len(self.wide_angular)
        return n_kinds * len(self.radial) + n_kinds * (n_kinds + 1) // 2 * n_angular

    @cached_property
    def arrays(self) -> Plan:
        """What the compiled code takes."""
        return _plan(self)


class Plan(NamedTuple):
    """Symmetry functions as arrays: each Gaussian and each power of (1 + lambda cos) / 2 is computed once.

    Attributes
    ----------
    cutoff : float
        In angstrom.
    n_radial : int
        Number of radial functions.
    radial : ndarray of shape (2, n_radial or a little more)
        eta and r_s, filled up with zeros: loops over whole vectors are the fastest.
    etas : ndarray of shape (n_weights,)
        Gaussians of the angular functions.
    n_narrow : int
        How many of them, the first ones, take in the distance of the two neighbours.
    lambdas : ndarray of shape (n_lambdas,)
        They make the first rows of powers, with exponent 1.
    steps : ndarray of int, shape (n_steps, 2)
        Each further row is the product of these two rows before it; of the first one alone, if the second is -1,
        to the power in `zetas`.
    zetas : ndarray of shape (n_steps,)
        Exponents that are not whole; 0 where there is a product.
    terms : ndarray of int, shape (n_angular, 2)
        Gaussian and row of powers of each angular function.
    """

    cutoff: float
    n_radial: int
    radial: NDArray[np.float64]
    etas: NDArray[np.float64]
    n_narrow: int
    lambdas: NDArray[np.float64]
    steps: NDArray[np.int64]
    zetas: NDArray[np.float64]
    terms: NDArray[np.int64]


def list_symmetry_functions(
    functions: SymmetryFunctionSet,
    offsets: NDArray[np.int64],
    vectors: NDArray[np.float64],
    neighbor_kinds: NDArray[np.int64],
    n_kinds: int,
) -> NDArray[np.float64]:
    """Return the symmetry functions of atoms whose neighbours are known, in molecules or crystals.

    Parameters
    ----------
    functions : SymmetryFunctionSet
        Parameters.
    offsets : ndarray of int, shape (n_atoms + 1,)
        Where the neighbours of each atom begin and end.
    vectors : ndarray of shape (n_neighbors, 3)
        From the atom to its neighbour (or its periodic image), in angstrom, in any order. Neighbours beyond the cutoff
        may be among them and add nothing; the atom itself must not be.
    neighbor_kinds : ndarray of int, shape (n_neighbors,)
        Kind of each neighbour, from 0 to `n_kinds` - 1.
    n_kinds : int
        Number of kinds.

    Returns
    -------
    ndarray of shape (n_atoms, n_columns)
        In the order of `SymmetryFunctionSet.n_columns`.

    Raises
    ------
    ArgumentError
        If the arrays do not fit together.

    Examples
    --------
    >>> functions = SymmetryFunctionSet(4.0, radial=[(1.0, 1.0)])
    >>> neighbors = np.array([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])
    >>> list_symmetry_functions(functions, np.array([0, 1, 2]), neighbors, np.array([0, 0]), n_kinds=1).round(6)
    array([[0.853553],
           [0.853553]])
    """
    offsets = np.require(offsets, np.int64, ["C", "W"])
    vectors = np.require(vectors, np.float64, ["C", "W"])
    kinds = np.require(neighbor_kinds, np.int64, ["C", "W"])
    if offsets.ndim != 1 or len(offsets) == 0 or offsets[0] != 0 or np.any(np.diff(offsets) < 0):
        raise ArgumentError("no rising numbers from 0", where="offsets")
    if vectors.shape != (offsets[-1], 3) or kinds.shape != (offsets[-1],):
        raise ArgumentError(
            f"shapes {vectors.shape} and {kinds.shape} for {offsets[-1]} neighbours", where="vectors, neighbor_kinds"
        )
    _check_kinds(kinds, n_kinds, "neighbor_kinds")
    out = np.zeros((len(offsets) - 1, functions.n_columns(n_kinds)))
    _of_lists(functions.arrays, offsets, vectors, kinds, n_kinds, out)
    return out


def molecule_symmetry_functions(
    functions: SymmetryFunctionSet,
    positions: NDArray[np.float64],
    kinds: NDArray[np.int64],
    n_kinds: int,
    rows: NDArray[np.int64],
    n_rows: int,
) -> NDArray[np.float64]:
    """Return the symmetry functions of the atoms of many conformers of one molecule, summed over groups of atoms.

    Parameters
    ----------
    functions : SymmetryFunctionSet
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
        In the order of `SymmetryFunctionSet.n_columns`.

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
    _check_kinds(kinds, n_kinds, "kinds")
    _check_kinds(rows, n_rows, "rows")
    out = np.zeros((len(positions), n_rows, functions.n_columns(n_kinds)))
    order = np.argsort(kinds, kind="stable")  # neighbours are wanted kind by kind
    arguments = (kinds[order], n_kinds, rows[order])
    positions = positions.take(order, axis=1)
    if len(positions) <= FEW:
        for places, values in zip(positions, out, strict=True):
            _one_molecule(functions.arrays, places, *arguments, values)
    else:
        _of_molecules(functions.arrays, positions, *arguments, out)
    return out


def _checked_rows(rows: Any, width: int, name: str) -> tuple[tuple[float, ...], ...]:
    try:
        table = np.asarray(rows, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"no rows of {width} numbers", where=name) from error
    if table.size == 0:
        return ()
    if table.ndim != 2 or table.shape[1] != width:
        raise ArgumentError(f"no rows of {width} numbers", where=name)
    good = np.isfinite(table).all(axis=1) & (table[:, 0] >= 0)
    if width == 3:
        good &= (table[:, 1] > 0) & (np.abs(table[:, 2]) <= 1)
    found = [tuple(row) for row in table.tolist()]
    if not good.all():
        wanted = "eta >= 0 and r_s" if width == 2 else "eta >= 0, zeta > 0, lambda from -1 to 1"
        raise ArgumentError(f"{found[int(np.argmin(good))]} is not ({wanted})", where=name)
    twice = next((row for row in found if found.count(row) > 1), None)
    if twice is not None:
        raise ArgumentError(f"{twice} stands twice", where=name)
    return tuple(found)


def _check_kinds(kinds: NDArray[np.int64], n_kinds: int, name: str) -> None:
    if np.any((kinds < 0) | (kinds >= n_kinds)):
        raise ArgumentError(f"a kind is not from 0 to {n_kinds - 1}", where=name)


def _plan(functions: SymmetryFunctionSet) -> Plan:
    narrow = np.asarray(functions.angular, dtype=np.float64).reshape(-1, 3)
    wide = np.asarray(functions.wide_angular, dtype=np.float64).reshape(-1, 3)
    gaussians = [dict.fromkeys(table[:, 0].tolist()) for table in (narrow, wide)]
    places = [{eta: k for k, eta in enumerate(etas)} for etas in gaussians]
    n_narrow = len(gaussians[0])
    radial = np.zeros((2, -(-len(functions.radial) // _LANES) * _LANES))
    radial[:, : len(functions.radial)] = np.asarray(functions.radial, dtype=np.float64).reshape(-1, 2).T
    lambdas = list(dict.fromkeys(narrow[:, 2].tolist() + wide[:, 2].tolist()))
    powers = {(1.0, value): k for k, value in enumerate(lambdas)}
    steps: list[tuple[int, int]] = []
    zetas: list[float] = []

    def row(zeta: float, value: float) -> int:
        if (zeta, value) not in powers:
            if zeta == int(zeta) and zeta <= _WHOLE:
                half = zeta // 2
                step, power = (row(half, value), row(zeta - half, value)), 0.0
            else:
                step, power = (powers[1.0, value], -1), zeta
            steps.append(step)
            zetas.append(power)
            powers[zeta, value] = len(lambdas) + len(steps) - 1
        return powers[zeta, value]

    terms = [(places[0][eta], row(zeta, value)) for eta, zeta, value in narrow.tolist()]
    terms += [(n_narrow + places[1][eta], row(zeta, value)) for eta, zeta, value in wide.tolist()]
    return Plan(
        float(functions.cutoff),
        len(functions.radial),
        radial,
        np.array([*gaussians[0], *gaussians[1]], dtype=np.float64),
        n_narrow,
        np.array(lambdas, dtype=np.float64),
        np.array(steps, dtype=np.int64).reshape(-1, 2),
        np.array(zetas, dtype=np.float64),
        np.array(terms, dtype=np.int64).reshape(-1, 2),
    )


@jit(parallel=True)
def _of_lists(plan: Any, offsets: Any, vectors: Any, kinds: Any, n_kinds: int, out: Any) -> None:
    for atom in numba.prange(len(offsets) - 1):
        first, stop = offsets[atom], offsets[atom + 1]
        _one_list(plan, vectors[first:stop], kinds[first:stop], n_kinds, out[atom])


@jit(parallel=True)
def _of_molecules(plan: Any, positions: Any, kinds: Any, n_kinds: int, rows: Any, out: Any) -> None:
    for conformer in numba.prange(len(positions)):
        _one_molecule(plan, positions[conformer], kinds, n_kinds, rows, out[conformer])


@jit()
def _one_list(plan: Any, vectors: Any, kinds: Any, n_kinds: int, out: Any) -> None:
    around = np.empty((_PER_NEIGHBOR, len(vectors)))
    starts = np.zeros(n_kinds + 1, dtype=np.int64)
    n_neighbors = 0
    for kind in range(n_kinds):
        for j in range(len(vectors)):
            if kinds[j] == kind:
                n_neighbors += _take(plan, vectors[j, 0], vectors[j, 1], vectors[j, 2], around, n_neighbors)
        starts[kind + 1] = n_neighbors
    _add_center(plan, around, starts, _scratch(plan), out)


@jit()
def _one_molecule(plan: Any, positions: Any, kinds: Any, n_kinds: int, rows: Any, out: Any) -> None:
    n_atoms = len(positions)
    around = np.empty((_PER_NEIGHBOR, n_atoms))
    starts = np.zeros(n_kinds + 1, dtype=np.int64)
    scratch = _scratch(plan)
    for i in range(n_atoms):
        n_neighbors = 0
        starts[:] = 0
        for j in range(n_atoms):
            if j != i:
                x = positions[j, 0] - positions[i, 0]
                y = positions[j, 1] - positions[i, 1]
                z = positions[j, 2] - positions[i, 2]
                n_neighbors += _take(plan, x, y, z, around, n_neighbors)
            starts[kinds[j] + 1] = n_neighbors
        for kind in range(n_kinds):  # kinds that no atom has
            starts[kind + 1] = max(starts[kind + 1], starts[kind])
        _add_center(plan, around, starts, scratch, out[rows[i]])


# What is known of a neighbour: the vector to it, its unit vector, squared distance, distance, cutoff function.
_PER_NEIGHBOR = 9


@jit()
def _take(plan: Any, x: float, y: float, z: float, around: Any, place: int) -> int:
    """Note a neighbour; return 1, or 0 if it lies beyond the cutoff."""
    square = x * x + y * y + z * z
    if square >= plan.cutoff * plan.cutoff:
        return 0
    distance = math.sqrt(square)
    inverse = 1.0 / distance if distance > 0.0 else 0.0
    around[0, place] = x
    around[1, place] = y
    around[2, place] = z
    around[3, place] = x * inverse
    around[4, place] = y * inverse
    around[5, place] = z * inverse
    around[6, place] = square
    around[7, place] = distance
    around[8, place] = fade(distance / plan.cutoff)
    return 1


@jit()
def _scratch(plan: Any) -> Any:
    """Return rows for a run of triples.

    Cosine, squared distance of the neighbours, sum of the other two, product of two cutoffs and of three; then
    Gaussians; then powers.
    """
    return np.empty((_FIRST_WEIGHT + len(plan.etas) + len(plan.lambdas) + len(plan.steps), _RUN))


_FIRST_WEIGHT = 5


@jit()
def _add_center(plan: Any, around: Any, starts: Any, scratch: Any, out: Any) -> None:
    n_kinds = len(starts) - 1
    n_radial = plan.n_radial
    if n_radial > 0:
        for kind in range(n_kinds):
            _add_pairs(plan, around, starts[kind], starts[kind + 1], out[kind * n_radial : (kind + 1) * n_radial])
    if len(plan.terms) > 0:
        column = n_kinds * n_radial
        for kind in range(n_kinds):
            for other in range(kind + 1):
                _add_triples(plan, around, starts, kind, other, scratch, out[column : column + len(plan.terms)])
                column += len(plan.terms)


@jit()
def _add_pairs(plan: Any, around: Any, first: int, stop: int, out: Any) -> None:
    etas, shifts = plan.radial[0], plan.radial[1]
    sums = np.zeros(len(etas))
    for a in range(first, stop):
        distance, cut = around[7, a], around[8, a]
        for p in range(len(sums)):
            away = distance - shifts[p]
            sums[p] += exponential(-etas[p] * (away * away)) * cut
    for p in range(len(out)):
        out[p] += sums[p]


@jit()
def _add_triples(plan: Any, around: Any, starts: Any, kind: int, other: int, scratch: Any, out: Any) -> None:
    n: Any = np.int64(0)  # a bare 0 would have numba compile what follows once more for that constant
    for a in range(starts[kind], starts[kind + 1]):
        b = starts[other]
        stop = a if kind == other else starts[other + 1]
        while b < stop:
            many = min(stop - b, _RUN - n)
            _lay(around, a, around[:, b : b + many], scratch[:, n : n + many])
            n += many
            b += many
            if n == _RUN:
                _add_run(plan, scratch, n, out)
                n = 0
    if n > 0:
        _add_run(plan, scratch, n, out)


@jit()
def _lay(around: Any, a: int, others: Any, rows: Any) -> None:
    """Lay down the triples of one neighbour with others. Loops of few arrays each: compilers give up on many."""
    many = others.shape[1]
    x, y, z = around[0, a], around[1, a], around[2, a]
    for q in range(many):
        dx, dy, dz = others[0, q] - x, others[1, q] - y, others[2, q] - z
        rows[1, q] = dx * dx + dy * dy + dz * dz
    x, y, z = around[3, a], around[4, a], around[5, a]
    for q in range(many):
        rows[0, q] = others[3, q] * x + others[4, q] * y + others[5, q] * z
    square, cut = around[6, a], around[8, a]
    for q in range(many):
        rows[2, q] = others[6, q] + square
    for q in range(many):
        rows[3, q] = others[8, q] * cut


@jit()
def _add_run(plan: Any, scratch: Any, n: int, out: Any) -> None:
    padded = (n + _LANES - 1) // _LANES * _LANES
    scratch[:_FIRST_WEIGHT, n:padded] = 0.0  # triples that add nothing
    inverse_cutoff = 1.0 / plan.cutoff
    for t in range(padded):
        scratch[4, t] = scratch[3, t] * fade(math.sqrt(scratch[1, t]) * inverse_cutoff)
    for e in range(len(plan.etas)):
        weights = scratch[_FIRST_WEIGHT + e]
        eta = plan.etas[e]
        if e < plan.n_narrow:
            for t in range(padded):
                weights[t] = exponential(-eta * (scratch[2, t] + scratch[1, t])) * scratch[4, t]
        else:
            for t in range(padded):
                weights[t] = exponential(-eta * scratch[2, t]) * scratch[3, t]
    first = _FIRST_WEIGHT + len(plan.etas)
    n_lambdas = len(plan.lambdas)
    for p in range(n_lambdas):
        half = 0.5 * plan.lambdas[p]
        for t in range(padded):
            scratch[first + p, t] = max(0.5 + half * scratch[0, t], 0.0)
    for s in range(len(plan.steps)):
        target, one, two = first + n_lambdas + s, first + plan.steps[s, 0], plan.steps[s, 1]
        if two < 0:
            for t in range(padded):
                scratch[target, t] = scratch[one, t] ** plan.zetas[s]
        else:
            for t in range(padded):
                scratch[target, t] = scratch[one, t] * scratch[first + two, t]
    for p in range(len(plan.terms)):
        weights = scratch[_FIRST_WEIGHT + plan.terms[p, 0]]
        powers = scratch[first + plan.terms[p, 1]]
        out[p] += 2.0 * _dot(weights, powers, padded)


@jit()
def _dot(one: Any, two: Any, n: int) -> float:
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    for t in range(0, n, 8):
        s0 += one[t] * two[t]
        s1 += one[t + 1] * two[t + 1]
        s2 += one[t + 2] * two[t + 2]
        s3 += one[t + 3] * two[t + 3]
        s4 += one[t + 4] * two[t + 4]
        s5 += one[t + 5] * two[t + 5]
        s6 += one[t + 6] * two[t + 6]
        s7 += one[t + 7] * two[t + 7]
    return ((s0 + s4) + (s1 + s5)) + ((s2 + s6) + (s3 + s7))
