"""Lengths, angles, dihedrals and elevations: against RDKit, and where geometry says what they are."""

from __future__ import annotations

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import rdMolTransforms
from rdkit.Geometry import Point3D

from matterlearn.kernels.molecule import bonded
from matterlearn.kernels.molecule.internal import (
    angles,
    dihedral_directions,
    elevation,
    lengths,
    torsion_deviations,
)
from matterlearn.kernels.molecule.nonbonded import inverse_power_sums

PLACES = np.random.default_rng(0).normal(size=(20, 4, 3))
CHAIN = np.array([[0, 1, 2, 3]])


def rdkit_conformers():
    mol = Chem.MolFromSmiles("CCCC")
    for places in PLACES:
        conformer = Chem.Conformer(4)
        for atom, place in enumerate(places.tolist()):
            conformer.SetAtomPosition(atom, Point3D(*place))
        mol.AddConformer(conformer, assignId=True)
    return mol.GetConformers()


def test_against_rdkit():
    conformers = rdkit_conformers()
    expected = [rdMolTransforms.GetBondLength(c, 1, 3) for c in conformers]
    np.testing.assert_allclose(lengths(PLACES, np.array([[1, 3]]))[:, 0], expected, rtol=1e-12)
    expected = [rdMolTransforms.GetAngleRad(c, 0, 1, 3) for c in conformers]
    np.testing.assert_allclose(angles(PLACES, np.array([[0, 1, 3]]))[:, 0], expected, rtol=0, atol=1e-9)
    found = dihedral_directions(PLACES, CHAIN)[:, 0]
    expected = [rdMolTransforms.GetDihedralRad(c, 0, 1, 2, 3) for c in conformers]
    np.testing.assert_allclose(found[:, 0], np.cos(expected), rtol=0, atol=1e-9)
    np.testing.assert_allclose(found[:, 1], np.sin(expected), rtol=0, atol=1e-9)


@pytest.mark.parametrize("degrees", [-179.0, -60.0, 0.0, 45.0, 90.0, 180.0])
def test_a_dihedral_is_what_it_was_built_as(degrees):
    phi = np.radians(degrees)
    # Seen along the inner bond (towards -z), the far end is turned clockwise.
    places = np.array([[[1.0, 0, 0], [0, 0, 0], [0, 0, -1.0], [np.cos(phi), -np.sin(phi), -1.0]]])
    cosine, sine = dihedral_directions(places, CHAIN)[0, 0]
    assert cosine == pytest.approx(np.cos(phi), abs=1e-15)
    assert sine == pytest.approx(np.sin(phi), abs=1e-15)
    mirrored = dihedral_directions(places * [1, -1, 1], CHAIN)[0, 0]
    assert mirrored == pytest.approx([cosine, -sine], abs=1e-15)


def test_no_dihedral_where_three_atoms_are_in_one_line():
    places = np.array([[[0.0, 0, 0], [0, 0, 1], [0, 0, 2], [1, 0, 3]]])
    assert dihedral_directions(places, CHAIN).tolist() == [[[0.0, 0.0]]]
    assert not bonded.torsion_sums(places, CHAIN, np.array([0]), 1, 3).any()


def test_angles_next_to_a_line_are_exact():
    tiny = 1e-9
    places = np.array([[[1.0, 0, 0], [0, 0, 0], [-1.0, tiny, 0], [1.0, tiny, 0]]])
    found = angles(places, np.array([[0, 1, 2], [0, 1, 3]]))[0]
    assert np.pi - found[0] == pytest.approx(tiny, rel=1e-6)
    assert found[1] == pytest.approx(tiny, rel=1e-6)


def test_elevation():
    axes = np.vstack([np.zeros(3), np.eye(3)])
    assert elevation(axes, 0, 1, 2, 3) == pytest.approx(np.pi / 2)  # x stands upright on the plane of y and z
    assert elevation(axes * [-1, 1, 1], 0, 1, 2, 3) == pytest.approx(-np.pi / 2)
    flat = np.array([[0, 0, 0], [1, 0, 0], [-0.5, 0.8, 0], [-0.5, -0.8, 0.0]])
    assert elevation(flat, 0, 1, 2, 3) == 0
    assert elevation(flat * 0.0 + [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, -1, 0]], 0, 1, 2, 3) == 0  # no plane
    raised = flat.copy()
    raised[1] = [np.cos(0.3), 0, np.sin(0.3)]
    assert abs(elevation(raised, 0, 1, 2, 3)) == pytest.approx(0.3)
    total = bonded.out_of_plane_sums(axes[None], np.array([[0, 1, 2, 3]]), np.array([0]), 1)
    assert total[0, 0] == pytest.approx(3 * (np.pi / 2) ** 2)


def test_multiples_of_a_dihedral():
    sums = bonded.torsion_sums(PLACES, CHAIN, np.array([1]), 2, 4)
    phi = np.arctan2(*dihedral_directions(PLACES, CHAIN)[:, 0, ::-1].T)
    np.testing.assert_allclose(sums[:, 1], np.cos(np.outer(phi, [1, 2, 3, 4])), rtol=0, atol=1e-12)
    assert not sums[:, 0].any()


def test_inverse_powers():
    pairs = np.array([[0, 1], [2, 3], [0, 3]])
    found = inverse_power_sums(PLACES, pairs, np.array([0, 1, 1]), np.array([1, 4, 9]), 2.5, 2)
    inverse = 2.5 / lengths(PLACES, pairs)
    for e, n in enumerate((1, 4, 9)):
        np.testing.assert_allclose(found[:, 0, e], inverse[:, 0] ** n, rtol=1e-13)
        np.testing.assert_allclose(found[:, 1, e], inverse[:, 1] ** n + inverse[:, 2] ** n, rtol=1e-13)


def test_deviations_of_torsions_go_round_the_circle_and_over_like_neighbours():
    first, second = np.array([[350.0, 10.0, 130.0]]), np.array([[10.0, 250.0, 10.0]])
    starts = np.array([0, 1, 3])
    found = torsion_deviations(first, second, starts, np.array([180.0, 90.0]), np.array([1.0, 3.0]))
    assert found[0, 0] == pytest.approx((20 / 180 + 0) / 4)
