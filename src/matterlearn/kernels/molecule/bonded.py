"""Sums over the bonded terms of a force field, type by type: stretching, bending, twisting, leaving the plane.

All take positions of conformers of one molecule, shape (n_conformers, n_atoms, 3), the atoms of each term, and the
column that each term is added to. Terms are added in their order, conformer by conformer: a conformer's numbers do not
depend on the others. A geometry in which a term has no meaning (a dihedral about atoms in one line) adds zero.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matterlearn.core.jit import jit
from matterlearn.kernels.molecule.internal import angle, cosine_and_sine, elevation, length

Positions = NDArray[np.float64]  # (n_conformers, n_atoms, 3)
Atoms = NDArray[np.int64]  # (n_terms, atoms of a term)
Columns = NDArray[np.int64]  # (n_terms,)
Values = NDArray[np.float64]


@jit()
def stretch_sums(
    positions: Positions, bonds: Atoms, columns: Columns, references: Values, n_columns: int, n_powers: int
) -> Values:
    """Sum powers of the stretch of bonds.

    Parameters
    ----------
    positions : ndarray of shape (n_conformers, n_atoms, 3)
        In angstrom.
    bonds : ndarray of int, shape (n_bonds, 2)
        Their atoms.
    columns : ndarray of int, shape (n_bonds,)
        Type of each bond.
    references : ndarray of shape (n_bonds,)
        Length from which each is measured.
    n_columns : int
        Number of types.
    n_powers : int
        Powers 1 to this one.

    Returns
    -------
    ndarray of shape (n_conformers, n_columns, n_powers)
        `sum((r - r0)^p)`.
    """
    out = np.zeros((len(positions), n_columns, n_powers))
    for row in range(len(positions)):
        for term in range(len(bonds)):
            stretch = length(positions[row], bonds[term, 0], bonds[term, 1]) - references[term]
            value = 1.0
            for p in range(n_powers):
                value *= stretch
                out[row, columns[term], p] += value
    return out


@jit()
def bend_sums(
    positions: Positions, triples: Atoms, columns: Columns, references: Values, n_columns: int, n_powers: int
) -> Values:
    """Sum powers of the bend of angles.

    Parameters
    ----------
    positions : ndarray of shape (n_conformers, n_atoms, 3)
        In angstrom.
    triples : ndarray of int, shape (n_angles, 3)
        End, centre, end.
    columns : ndarray of int, shape (n_angles,)
        Type of each angle.
    references : ndarray of shape (n_angles,)
        Angle in radian from which each is measured.
    n_columns : int
        Number of types.
    n_powers : int
        Powers 1 to this one.

    Returns
    -------
    ndarray of shape (n_conformers, n_columns, n_powers)
        `sum((theta - theta0)^p)`.
    """
    out = np.zeros((len(positions), n_columns, n_powers))
    for row in range(len(positions)):
        for term in range(len(triples)):
            bend = angle(positions[row], triples[term, 0], triples[term, 1], triples[term, 2]) - references[term]
            value = 1.0
            for p in range(n_powers):
                value *= bend
                out[row, columns[term], p] += value
    return out


@jit()
def stretch_bend_sums(
    positions: Positions,
    triples: Atoms,
    columns: Columns,
    lengths: Values,
    references: Values,
    n_columns: int,
) -> Values:
    """Sum products of the stretch of a bond and the bend of an angle beside it.

    Parameters
    ----------
    positions : ndarray of shape (n_conformers, n_atoms, 3)
        In angstrom.
    triples : ndarray of int, shape (n_terms, 3)
        End, centre, end; the bond is the one from the first end to the centre.
    columns : ndarray of int, shape (n_terms,)
        Type of each term.
    lengths, references : ndarray of shape (n_terms,)
        Length and angle (radian) from which each is measured.
    n_columns : int
        Number of types.

    Returns
    -------
    ndarray of shape (n_conformers, n_columns)
        `sum((r - r0) (theta - theta0))`.
    """
    out = np.zeros((len(positions), n_columns))
    for row in range(len(positions)):
        for term in range(len(triples)):
            i, j, k = triples[term, 0], triples[term, 1], triples[term, 2]
            stretch = length(positions[row], i, j) - lengths[term]
            out[row, columns[term]] += stretch * (angle(positions[row], i, j, k) - references[term])
    return out


@jit()
def torsion_sums(positions: Positions, quadruples: Atoms, columns: Columns, n_columns: int, n_multiples: int) -> Values:
    """Sum cosines of multiples of dihedrals.

    Parameters
    ----------
    positions : ndarray of shape (n_conformers, n_atoms, 3)
        In angstrom.
    quadruples : ndarray of int, shape (n_dihedrals, 4)
        Chains of four atoms.
    columns : ndarray of int, shape (n_dihedrals,)
        Type of each dihedral.
    n_columns : int
        Number of types.
    n_multiples : int
        Multiples 1 to this one.

    Returns
    -------
    ndarray of shape (n_conformers, n_columns, n_multiples)
        `sum(cos(k phi))`.
    """
    out = np.zeros((len(positions), n_columns, n_multiples))
    for row in range(len(positions)):
        for term in range(len(quadruples)):
            i, j, k, m = quadruples[term, 0], quadruples[term, 1], quadruples[term, 2], quadruples[term, 3]
            cosine, sine = cosine_and_sine(positions[row], i, j, k, m)
            if cosine == 0.0 and sine == 0.0:
                continue
            before, now = 1.0, cosine
            for multiple in range(n_multiples):
                out[row, columns[term], multiple] += now
                before, now = now, 2.0 * cosine * now - before  # cos((m + 1) x) = 2 cos x cos(m x) - cos((m - 1) x)
    return out


@jit()
def out_of_plane_sums(positions: Positions, quadruples: Atoms, columns: Columns, n_columns: int) -> Values:
    """Sum squares of the angles between the bonds of a centre and the planes of its other two bonds.

    Parameters
    ----------
    positions : ndarray of shape (n_conformers, n_atoms, 3)
        In angstrom.
    quadruples : ndarray of int, shape (n_centres, 4)
        Centre and its three neighbours.
    columns : ndarray of int, shape (n_centres,)
        Type of each centre.
    n_columns : int
        Number of types.

    Returns
    -------
    ndarray of shape (n_conformers, n_columns)
        `sum(chi^2)` over the three bonds of each centre, in radian^2.
    """
    out = np.zeros((len(positions), n_columns))
    for row in range(len(positions)):
        for term in range(len(quadruples)):
            c, a, b, d = quadruples[term, 0], quadruples[term, 1], quadruples[term, 2], quadruples[term, 3]
            out[row, columns[term]] += elevation(positions[row], c, a, b, d) ** 2
            out[row, columns[term]] += elevation(positions[row], c, b, d, a) ** 2
            out[row, columns[term]] += elevation(positions[row], c, d, a, b) ** 2
    return out
