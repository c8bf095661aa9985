"""Lengths, angles, dihedrals and elevations of atoms in space, one by one and of many conformers at once.

The dihedral follows the convention of IUPAC: it is 0 where the ends eclipse each other, and positive where, seen along
the inner bond, the far end is turned clockwise. Its sine changes sign in the mirror.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from matterlearn.core.jit import jit

# Three atoms are in one line if the sine of the angle between them is below this: from there on a dihedral is noise.
_IN_LINE = 1e-6


@jit()
def length(places: NDArray[np.float64], i: int, j: int) -> float:
    """Return the distance of two atoms of one conformer.

    Parameters
    ----------
    places : ndarray of shape (n_atoms, 3)
        Positions.
    i, j : int
        The atoms.

    Returns
    -------
    float
    """
    x = places[j, 0] - places[i, 0]
    y = places[j, 1] - places[i, 1]
    z = places[j, 2] - places[i, 2]
    return math.sqrt(x * x + y * y + z * z)


@jit()
def angle(places: NDArray[np.float64], i: int, j: int, k: int) -> float:
    """Return the angle at the second of three atoms of one conformer.

    Parameters
    ----------
    places : ndarray of shape (n_atoms, 3)
        Positions.
    i, j, k : int
        End, centre, end.

    Returns
    -------
    float
        In radian, 0 to pi. From the arc tangent, which is exact near 0 and pi where the arc cosine is not.
    """
    ax, ay, az = places[i, 0] - places[j, 0], places[i, 1] - places[j, 1], places[i, 2] - places[j, 2]
    bx, by, bz = places[k, 0] - places[j, 0], places[k, 1] - places[j, 1], places[k, 2] - places[j, 2]
    cx, cy, cz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    return math.atan2(math.sqrt(cx * cx + cy * cy + cz * cz), ax * bx + ay * by + az * bz)


@jit()
def cosine_and_sine(places: NDArray[np.float64], i: int, j: int, k: int, m: int) -> tuple[float, float]:
    """Return cosine and sine of the dihedral of four atoms of one conformer.

    Parameters
    ----------
    places : ndarray of shape (n_atoms, 3)
        Positions.
    i, j, k, m : int
        The atoms of the chain.

    Returns
    -------
    tuple of float
        Both 0 where three of the atoms are in one line and there is no dihedral.
    """
    ax, ay, az = places[j, 0] - places[i, 0], places[j, 1] - places[i, 1], places[j, 2] - places[i, 2]
    bx, by, bz = places[k, 0] - places[j, 0], places[k, 1] - places[j, 1], places[k, 2] - places[j, 2]
    cx, cy, cz = places[m, 0] - places[k, 0], places[m, 1] - places[k, 1], places[m, 2] - places[k, 2]
    ux, uy, uz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    vx, vy, vz = by * cz - bz * cy, bz * cx - bx * cz, bx * cy - by * cx
    a, c = ax * ax + ay * ay + az * az, cx * cx + cy * cy + cz * cz
    b = bx * bx + by * by + bz * bz
    u, v = ux * ux + uy * uy + uz * uz, vx * vx + vy * vy + vz * vz
    if u <= _IN_LINE**2 * a * b or v <= _IN_LINE**2 * b * c:
        return 0.0, 0.0
    cosine = ux * vx + uy * vy + uz * vz
    sine = math.sqrt(b) * (ax * vx + ay * vy + az * vz)
    size = math.sqrt(cosine * cosine + sine * sine)
    return cosine / size, sine / size


@jit()
def elevation(places: NDArray[np.float64], centre: int, i: int, j: int, k: int) -> float:
    """Return the angle between a bond and the plane of two others of the same atom (Wilson's).

    Parameters
    ----------
    places : ndarray of shape (n_atoms, 3)
        Positions.
    centre, i, j, k : int
        The atom, the end of the bond, the ends of the two bonds of the plane.

    Returns
    -------
    float
        In radian, -pi/2 to pi/2; 0 where the two bonds are in one line and there is no plane.
    """
    ax, ay, az = (
        places[i, 0] - places[centre, 0],
        places[i, 1] - places[centre, 1],
        places[i, 2] - places[centre, 2],
    )
    bx, by, bz = (
        places[j, 0] - places[centre, 0],
        places[j, 1] - places[centre, 1],
        places[j, 2] - places[centre, 2],
    )
    cx, cy, cz = (
        places[k, 0] - places[centre, 0],
        places[k, 1] - places[centre, 1],
        places[k, 2] - places[centre, 2],
    )
    nx, ny, nz = by * cz - bz * cy, bz * cx - bx * cz, bx * cy - by * cx
    n = nx * nx + ny * ny + nz * nz
    a, b, c = ax * ax + ay * ay + az * az, bx * bx + by * by + bz * bz, cx * cx + cy * cy + cz * cz
    if n <= _IN_LINE**2 * b * c:
        return 0.0
    sine = (ax * nx + ay * ny + az * nz) / math.sqrt(a * n)
    return math.asin(min(1.0, max(-1.0, sine)))


@jit()
def lengths(positions: NDArray[np.float64], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return distances of pairs of atoms.

    Parameters
    ----------
    positions : ndarray of shape (n_conformers, n_atoms, 3)
        Positions.
    pairs : ndarray of int, shape (n_pairs, 2)
        Atoms.

    Returns
    -------
    ndarray of shape (n_conformers, n_pairs)
    """
    out = np.empty((len(positions), len(pairs)))
    for row in range(len(positions)):
        for term in range(len(pairs)):
            out[row, term] = length(positions[row], pairs[term, 0], pairs[term, 1])
    return out


@jit()
def angles(positions: NDArray[np.float64], triples: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return angles at the second of three atoms.

    Parameters
    ----------
    positions : ndarray of shape (n_conformers, n_atoms, 3)
        Positions.
    triples : ndarray of int, shape (n_angles, 3)
        End, centre, end.

    Returns
    -------
    ndarray of shape (n_conformers, n_angles)
        In radian.
    """
    out = np.empty((len(positions), len(triples)))
    for row in range(len(positions)):
        for term in range(len(triples)):
            out[row, term] = angle(positions[row], triples[term, 0], triples[term, 1], triples[term, 2])
    return out


@jit()
def dihedral_directions(positions: NDArray[np.float64], quadruples: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return cosines and sines of dihedrals.

    Parameters
    ----------
    positions : ndarray of shape (n_conformers, n_atoms, 3)
        Positions.
    quadruples : ndarray of int, shape (n_dihedrals, 4)
        Chains of four atoms.

    Returns
    -------
    ndarray of shape (n_conformers, n_dihedrals, 2)
        Cosine and sine; both 0 where three of the atoms are in one line.
    """
    out = np.empty((len(positions), len(quadruples), 2))
    for row in range(len(positions)):
        for term in range(len(quadruples)):
            i, j, k, m = quadruples[term, 0], quadruples[term, 1], quadruples[term, 2], quadruples[term, 3]
            out[row, term, 0], out[row, term, 1] = cosine_and_sine(positions[row], i, j, k, m)
    return out


@jit()
def torsion_deviations(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    starts: NDArray[np.int64],
    scales: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return how far conformers are apart by their torsion angles.

    Parameters
    ----------
    first, second : ndarray of shape (n_first, n_angles), (n_second, n_angles)
        Angles in degrees.
    starts : ndarray of int, shape (n_entries + 1,)
        Where the angles of each entry begin; angles of one entry may change places.
    scales, weights : ndarray of shape (n_entries,)
        Largest deviation in degrees and weight of each entry.

    Returns
    -------
    ndarray of shape (n_first, n_second)
        Mean over the entries, with weights, of the smallest deviation over the largest.
    """
    out = np.zeros((len(first), len(second)))
    total = weights.sum()
    for row in range(len(first)):
        for column in range(len(second)):
            deviation = 0.0
            for entry in range(len(scales)):
                least = 180.0
                for one in range(starts[entry], starts[entry + 1]):
                    for other in range(starts[entry], starts[entry + 1]):
                        apart = abs(first[row, one] - second[column, other]) % 360.0
                        least = min(least, apart, 360.0 - apart)
                deviation += weights[entry] * least / scales[entry]
            out[row, column] = deviation / total
    return out
