"""Smooth histograms of distances and angles, one for each combination of kinds of atoms.

Every distance (or angle) is spread by a normal distribution, whose integral over each bin, divided by the width of the
bin, is added to the histogram. Bins have equal widths, so what a value adds to the bins around it depends on its place
within its own bin only. That function of one variable is stored as a table of Taylor series, short ones about many
places: exact to `PRECISION`, and far cheaper than error functions.
"""

from __future__ import annotations

from math import ceil, factorial
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.special import eval_hermitenorm, ndtr

from matterlearn.core.jit import jit

PRECISION = 1e-12
"""Largest error of what a value of weight 1 adds to a bin, in units of 1 / width of the normal distribution."""

_TERMS = 7  # of each Taylor series
_PLACES = 16  # series within one standard deviation
_REACH = 7.5  # standard deviations; the normal distribution has 3e-14 on each side beyond

DISTANCE, INVERSE_DISTANCE = 0, 1
ANGLE, COSINE = 0, 1
NO_WEIGHT, INVERSE_SQUARE, EXPONENTIAL, SMOOTH_CUTOFF = 0, 1, 2, 3


class Bins(NamedTuple):
    """Bins of equal width, and what a value adds to them.

    Attributes
    ----------
    start : float
        Left edge of the first bin.
    step : float
        Width of the bins.
    n_bins : int
        Number of bins.
    width : float
        Standard deviation of the normal distribution.
    first : int
        The first of the bins that a value reaches, counted from the bin it lies in.
    series : ndarray of shape (n_places, n_terms, n_reached)
        Taylor coefficients of the integral over each bin that is reached, about each place within the bin, in powers
        of the distance from the place in standard deviations.
    """

    start: float
    step: float
    n_bins: int
    width: float
    first: int
    series: NDArray[np.float64]

    @property
    def centres(self) -> NDArray[np.float64]:
        """Middle of each bin, shape (n_bins,)."""
        return np.asarray(self.start + (np.arange(self.n_bins) + 0.5) * self.step, dtype=np.float64)


def make_bins(lowest: float, highest: float, n_bins: int, width: float) -> Bins:
    """Return bins for `pair_histograms` and `angle_histograms`.

    Parameters
    ----------
    lowest, highest : float
        Middle of the first bin and of the last.
    n_bins : int
        Number of bins, at least 2.
    width : float
        Standard deviation by which values are spread: positive, and of the order of all bins together at most, since
        the table holds 15 standard deviations.

    Returns
    -------
    Bins

    Examples
    --------
    >>> make_bins(0.0, 1.0, 3, 0.1).centres.tolist()
    [0.0, 0.5, 1.0]
    """
    step = (highest - lowest) / (n_bins - 1)
    reach = ceil(_REACH * width / step)
    n_places = max(1, ceil(_PLACES * step / width))
    places = (np.arange(n_places) + 0.5) / n_places * step  # from the left edge of the bin of the value
    left = np.arange(-reach, reach + 1) * step  # edges of the bins that are reached, from the same point
    low = (left[None, :] - places[:, None]) / width  # (n_places, n_reached)
    high = (left[None, :] + step - places[:, None]) / width
    series = np.empty((n_places, _TERMS, len(left)))
    # On the right of the value both integrals are near 1: mirrored, so that no digits are lost.
    right = low > 0
    series[:, 0] = np.where(right, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low))
    for order in range(1, _TERMS):
        series[:, order] = (_derivative(low, order) - _derivative(high, order)) / factorial(order)
    return Bins(lowest - step / 2, step, n_bins, width, -reach, series / step)


def pair_histograms(
    kinds: NDArray[np.int64],
    n_kinds: int,
    positions: NDArray[np.float64],
    bins: Bins,
    *,
    geometry: int,
    weight: int,
    decay: float = 0.0,
    threshold: float = 0.0,
) -> NDArray[np.float64]:
    """Return histograms of the distances between atoms, one for each two kinds of atoms.

    Parameters
    ----------
    kinds : ndarray of int, shape (n_atoms,)
        Kind of each atom, below `n_kinds`.
    n_kinds : int
        Number of kinds.
    positions : ndarray of shape (n_conformers, n_atoms, 3)
        In angstrom; no two atoms of a conformer at one place.
    bins : Bins
        Of distances (angstrom) or inverse distances (1/angstrom).
    geometry : int
        `DISTANCE` or `INVERSE_DISTANCE`: what the histograms are of.
    weight : int
        What a pair at the distance r counts: `NO_WEIGHT` 1, `INVERSE_SQUARE` 1/r^2, `EXPONENTIAL` exp(-decay r).
    decay : float
        In 1/angstrom.
    threshold : float
        Pairs of a smaller exponential weight are left out.

    Returns
    -------
    ndarray of shape (n_conformers, n_kinds * (n_kinds + 1) / 2 * n_bins)
        Combination after combination: (0, 0), (0, 1), ..., (1, 1), .... Each row depends on its conformer only.
    """
    out = np.zeros((len(positions), n_kinds * (n_kinds + 1) // 2 * bins.n_bins))
    _fill_pairs(
        kinds, n_kinds, np.ascontiguousarray(positions), *bins, geometry, weight, float(decay), float(threshold), out
    )
    return out


def angle_histograms(
    kinds: NDArray[np.int64],
    n_kinds: int,
    positions: NDArray[np.float64],
    bins: Bins,
    *,
    geometry: int,
    weight: int,
    decay: float = 0.0,
    threshold: float = 0.0,
    cutoff: float = np.inf,
    sharpness: float = 2.0,
) -> NDArray[np.float64]:
    """Return histograms of the angles i-j-k at each atom j, one for each kind of j and two kinds of i and k.

    Parameters
    ----------
    kinds : ndarray of int, shape (n_atoms,)
        Kind of each atom, below `n_kinds`.
    n_kinds : int
        Number of kinds.
    positions : ndarray of shape (n_conformers, n_atoms, 3)
        In angstrom; no two atoms of a conformer at one place.
    bins : Bins
        Of angles (degrees) or their cosines.
    geometry : int
        `ANGLE` or `COSINE`: what the histograms are of.
    weight : int
        What a triple counts: `NO_WEIGHT` 1; `EXPONENTIAL` exp(-decay (r_ij + r_jk + r_ki)); `SMOOTH_CUTOFF`
        f(r_ij) f(r_jk) with f(r) = 1 + s (r / cutoff)^(s + 1) - (s + 1) (r / cutoff)^s below the cutoff, and s the
        sharpness.
    decay : float
        In 1/angstrom.
    threshold : float
        Triples of a smaller exponential weight are left out.
    cutoff : float
        Of the smooth cutoff, in angstrom.
    sharpness : float
        Of the smooth cutoff.

    Returns
    -------
    ndarray of shape (n_conformers, n_kinds * n_kinds * (n_kinds + 1) / 2 * n_bins)
        By the kind of j, then by the kinds of i and k: (0, 0), (0, 1), ..., (1, 1), .... Each row depends on its
        conformer only.
    """
    out = np.zeros((len(positions), n_kinds * (n_kinds * (n_kinds + 1) // 2) * bins.n_bins))
    numbers = (float(decay), float(threshold), float(cutoff), float(sharpness))
    _fill_angles(kinds, n_kinds, np.ascontiguousarray(positions), *bins, geometry, weight, *numbers, out)
    return out


def _derivative(edge: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """Minus the derivative of the normal integral up to `edge - u` with respect to `u`, at 0."""
    density = np.exp(-(edge**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(eval_hermitenorm(order - 1, edge) * density)


@jit()
def _add(
    value: float,
    weight: float,
    start: float,
    step: float,
    n_bins: int,
    width: float,
    first: int,
    series: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Spread one value over the bins."""
    n_places, _, n_reached = series.shape
    x = (value - start) / step
    if not -n_reached <= x <= n_bins + n_reached:
        return
    home = int(np.floor(x))
    place = min(int((x - home) * n_places), n_places - 1)
    u = (x - home - (place + 0.5) / n_places) * step / width
    begin = max(0, -(home + first))
    end = min(n_reached, n_bins - home - first)
    if end <= begin:
        return
    # One slice for each power and for the bins: only so does the compiler see that it may work on several bins at once.
    target = out[home + first + begin : home + first + end]
    c0, c1, c2 = series[place, 0, begin:end], series[place, 1, begin:end], series[place, 2, begin:end]
    c3, c4, c5 = series[place, 3, begin:end], series[place, 4, begin:end], series[place, 5, begin:end]
    c6 = series[place, 6, begin:end]
    for k in range(len(target)):
        high = ((c6[k] * u + c5[k]) * u + c4[k]) * u + c3[k]
        target[k] += weight * (((high * u + c2[k]) * u + c1[k]) * u + c0[k])


@jit()
def _pair_number(a: int, b: int, n_kinds: int) -> int:
    low, high = min(a, b), max(a, b)
    return low * n_kinds - low * (low - 1) // 2 + high - low


@jit(parallel=True)
def _fill_pairs(
    kinds: NDArray[np.int64],
    n_kinds: int,
    positions: NDArray[np.float64],
    start: float,
    step: float,
    n_bins: int,
    width: float,
    first: int,
    series: NDArray[np.float64],
    geometry: int,
    weighting: int,
    decay: float,
    threshold: float,
    out: NDArray[np.float64],
) -> None:
    n_atoms = len(kinds)
    for c in numba.prange(len(positions)):
        for i in range(n_atoms):
            for j in range(i + 1, n_atoms):
                x = positions[c, i, 0] - positions[c, j, 0]
                y = positions[c, i, 1] - positions[c, j, 1]
                z = positions[c, i, 2] - positions[c, j, 2]
                r = np.sqrt(x * x + y * y + z * z)
                weight = 1.0
                if weighting == INVERSE_SQUARE:
                    weight = 1.0 / (r * r)
                elif weighting == EXPONENTIAL:
                    weight = np.exp(-decay * r)
                    if weight < threshold:
                        continue
                value = 1.0 / r if geometry == INVERSE_DISTANCE else r
                begin = _pair_number(kinds[i], kinds[j], n_kinds) * n_bins
                _add(value, weight, start, step, n_bins, width, first, series, out[c, begin : begin + n_bins])


@jit(parallel=True)
def _fill_angles(
    kinds: NDArray[np.int64],
    n_kinds: int,
    positions: NDArray[np.float64],
    start: float,
    step: float,
    n_bins: int,
    width: float,
    first: int,
    series: NDArray[np.float64],
    geometry: int,
    weighting: int,
    decay: float,
    threshold: float,
    cutoff: float,
    sharpness: float,
    out: NDArray[np.float64],
) -> None:
    n_atoms = len(kinds)
    n_pairs = n_kinds * (n_kinds + 1) // 2
    degrees = 180.0 / np.pi
    for c in numba.prange(len(positions)):
        towards = np.empty((n_atoms, n_atoms, 3))  # unit vectors from the first atom to the second
        factors = np.ones((n_atoms, n_atoms))  # what each distance brings to the weight
        for i in range(n_atoms):
            for j in range(i):
                x = positions[c, i, 0] - positions[c, j, 0]
                y = positions[c, i, 1] - positions[c, j, 1]
                z = positions[c, i, 2] - positions[c, j, 2]
                r = np.sqrt(x * x + y * y + z * z)
                towards[j, i, 0], towards[j, i, 1], towards[j, i, 2] = x / r, y / r, z / r
                towards[i, j, 0], towards[i, j, 1], towards[i, j, 2] = -x / r, -y / r, -z / r
                if weighting == EXPONENTIAL:
                    factors[i, j] = np.exp(-decay * r)
                elif weighting == SMOOTH_CUTOFF:
                    power = (r / cutoff) ** sharpness
                    inside = 1.0 + sharpness * power * (r / cutoff) - (sharpness + 1.0) * power
                    factors[i, j] = inside if r < cutoff else 0.0
                factors[j, i] = factors[i, j]
        for j in range(n_atoms):
            for i in range(n_atoms):
                # A longer side makes a weight smaller: of a side that is below the threshold, nothing can come.
                if i == j or factors[i, j] < threshold or factors[i, j] == 0.0:
                    continue
                for k in range(i + 1, n_atoms):
                    if k == j:
                        continue
                    weight = factors[i, j] * factors[k, j]
                    if weighting == EXPONENTIAL:
                        weight *= factors[i, k]
                    if weight < threshold or weight == 0.0:
                        continue
                    value = (
                        towards[j, i, 0] * towards[j, k, 0]
                        + towards[j, i, 1] * towards[j, k, 1]
                        + towards[j, i, 2] * towards[j, k, 2]
                    )
                    if geometry == ANGLE:
                        value = degrees * _angle(value, towards[j, i], towards[j, k])
                    number = kinds[j] * n_pairs + _pair_number(kinds[i], kinds[k], n_kinds)
                    begin = number * n_bins
                    _add(value, weight, start, step, n_bins, width, first, series, out[c, begin : begin + n_bins])


@jit()
def _angle(cosine: float, u: NDArray[np.float64], v: NDArray[np.float64]) -> float:
    """Return the angle between two unit vectors, exact where they are nearly parallel as well."""
    if abs(cosine) < 0.95:
        return float(np.arccos(cosine))
    sign = 1.0 if cosine > 0.0 else -1.0
    x, y, z = u[0] - sign * v[0], u[1] - sign * v[1], u[2] - sign * v[2]
    small = 2.0 * float(np.arcsin(min(1.0, 0.5 * np.sqrt(x * x + y * y + z * z))))
    return small if sign > 0.0 else np.pi - small
