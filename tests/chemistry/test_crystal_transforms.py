"""Crystals in other words are the same crystals; pymatgen is the judge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from matterlearn.chemistry import crystal_transforms as crystals
from matterlearn.chemistry.crystal_transforms import Crystal, crystal_of
from matterlearn.chemistry.molecules.transforms import random_rotations
from matterlearn.core.errors import ArgumentError

ROCK_SALT = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
DIAMOND = Structure.from_spacegroup("Fd-3m", Lattice.cubic(3.57), ["C"], [[0, 0, 0]])
IRON = Structure.from_spacegroup("Im-3m", Lattice.cubic(2.87), ["Fe"], [[0, 0, 0]])
ZINC = Structure.from_spacegroup("P6_3/mmc", Lattice.hexagonal(2.66, 4.95), ["Zn"], [[1 / 3, 2 / 3, 0.25]])
TRICLINIC = Structure(
    Lattice.from_parameters(4, 5, 6, 80, 95, 102),
    ["Si", "O", "O"],
    [[0.1, 0.2, 0.3], [0.7, 0.35, 0.9], [0.4, 0.8, 0.55]],
)
ALL = (ROCK_SALT, DIAMOND, IRON, ZINC, TRICLINIC)
seeds = st.integers(0, 2**32 - 1)


def crystal(structure: Structure) -> Crystal:
    return crystal_of(structure.lattice.matrix, structure.cart_coords, [site.specie.symbol for site in structure])


def structure(crystal: Crystal) -> Structure:
    return Structure(Lattice(crystal.lattice), list(crystal.labels), crystal.positions, coords_are_cartesian=True)


def shells(found: Structure, reach: float = 4.0) -> list[tuple[str, str, float]]:
    """Pairs of neighbours per formula: the same for every description of a crystal."""
    i, j, _, far = found.get_neighbor_list(reach)
    symbols = [site.specie.symbol for site in found]
    return sorted((symbols[a], symbols[b], round(d, 6)) for a, b, d in zip(i, j, far, strict=True))


@given(st.sampled_from(ALL), seeds)
@settings(max_examples=10, deadline=None)
def test_the_same_cell_in_other_words_has_the_same_neighbours(found, seed):
    rng = np.random.default_rng(seed)
    same = crystals.moved(crystal(found), rng.normal(size=3))
    same = crystals.turned(same, -random_rotations(1, rng)[0])
    same = crystals.in_cell(same, crystals.random_cell(same.periodic, rng))
    same = crystals.wrapped(same, rng.integers(-2, 3, (len(found), 3)))
    same = crystals.reordered(same, rng.permutation(len(found)))
    assert shells(structure(same)) == shells(found)
    assert structure(same).volume == pytest.approx(found.volume)
    assert sorted(same.sites.tolist()) == list(range(len(found)))


@given(st.sampled_from(ALL), st.lists(st.integers(-2, 2), min_size=9, max_size=9))
@settings(max_examples=10, deadline=None)
def test_supercells_are_those_of_pymatgen(found, entries):
    matrix = np.array(entries).reshape(3, 3)
    if not 1 <= abs(round(np.linalg.det(matrix))) <= 4:
        return
    mine = structure(crystals.repeated(crystal(found), matrix))
    theirs = found.make_supercell(matrix, to_unit_cell=False, in_place=False)
    np.testing.assert_allclose(mine.lattice.matrix, theirs.lattice.matrix, atol=1e-9)
    gaps = mine.lattice.get_all_distances(mine.frac_coords, theirs.frac_coords)
    partner = gaps.argmin(axis=1)
    assert gaps.min(axis=1).max() < 1e-6
    assert sorted(partner.tolist()) == list(range(len(theirs)))
    assert [site.specie for site in mine] == [theirs[int(k)].specie for k in partner]


@pytest.mark.parametrize(
    ("found", "n"), [(ROCK_SALT, 2), (DIAMOND, 2), (IRON, 1)], ids=["rock salt", "diamond", "iron"]
)
def test_the_primitive_cell_of_a_centred_one(found, n):
    small = crystals.primitive(crystal(found))
    assert len(small) == n == len(found.get_primitive_structure())
    assert structure(small).density == pytest.approx(found.density)
    times = len(found) // n
    assert sorted(shells(structure(small)) * times) == shells(found)
    assert np.linalg.det(small.lattice) > 0


@pytest.mark.parametrize("found", [ZINC, TRICLINIC], ids=["zinc", "triclinic"])
def test_the_primitive_cell_of_a_primitive_one_is_none_and_comes_back_from_a_supercell(found):
    start = crystal(found)
    assert crystals.primitive(start) is None
    for matrix in ([[2, 0, 0], [0, 1, 0], [0, 0, 1]], [[1, 1, 0], [-1, 1, 0], [0, 0, 3]]):
        large = crystals.repeated(start, matrix)
        moved = crystals.wrapped(large, np.random.default_rng(0).integers(-1, 2, (len(large), 3)))
        small = crystals.primitive(moved)
        assert len(small) == len(found)
        assert shells(structure(small)) == shells(found)


def test_an_atom_off_its_place_leaves_no_smaller_cell():
    large = crystals.repeated(crystal(TRICLINIC), np.diag([2, 1, 1]))
    large.positions[0] += 1e-5
    assert crystals.primitive(large) is None


def test_the_cell_of_shortest_vectors():
    rng = np.random.default_rng(3)
    for found in ALL:
        skew = crystal(found)
        for _ in range(3):
            skew = crystals.in_cell(skew, crystals.random_cell(skew.periodic, rng))
        matrix = crystals.reduced_cell(skew)
        back = skew if matrix is None else crystals.in_cell(skew, matrix)
        expected = found.lattice.get_niggli_reduced_lattice().abc
        np.testing.assert_allclose(np.sort(np.linalg.norm(back.lattice, axis=1)), np.sort(expected), atol=1e-6)
        assert crystals.reduced_cell(back) is None


def test_a_mirror_image_keeps_the_hand_of_the_lattice():
    start = crystal(TRICLINIC)
    for signs in ((-1, -1, -1), (-1, 1, 1), (1, 1, -1)):
        image = crystals.turned(start, np.diag(signs))
        assert np.linalg.det(image.lattice) == pytest.approx(np.linalg.det(start.lattice))
        np.testing.assert_allclose(image.positions, start.positions * signs)
        # The old lattice, mirrored, spans the same points.
        whole = (start.lattice * signs) @ np.linalg.inv(image.lattice)
        np.testing.assert_allclose(whole, np.rint(whole), atol=1e-9)


def test_a_slab_is_changed_only_where_it_repeats():
    slab = crystal_of(np.diag([3.0, 4.0, 20.0]), [[0, 0, 0], [1, 1, 1]], ["Pt", "O"], periodic=(True, True, False))
    assert crystals.wrapped(slab, np.ones((2, 3))).positions.tolist() == [[3, 4, 0], [4, 5, 1]]
    assert crystals.primitive(crystals.repeated(slab, np.diag([2, 1, 1]))) is None
    for seed in range(5):
        matrix = crystals.random_cell(slab.periodic, np.random.default_rng(seed))
        assert matrix[2].tolist() == [0, 0, 1]
        assert matrix[:, 2].tolist() == [0, 0, 1]
        assert len(crystals.in_cell(slab, matrix)) == 2
    assert crystals.random_cell((True, False, False), np.random.default_rng(0)) is None
    with pytest.raises(ArgumentError, match="does not repeat along lattice vector 2"):
        crystals.repeated(slab, np.diag([1, 1, 2]))


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda one: crystals.in_cell(one, np.diag([2, 1, 1])), "neither 1 nor -1"),
        (lambda one: crystals.repeated(one, np.zeros((3, 3))), "determinant is 0"),
        (lambda one: crystals.repeated(one, np.diag([1.5, 1, 1])), "whole numbers"),
        (lambda one: crystal_of(np.eye(3), [[0, 0, 0]], []), "labels"),
        (lambda one: crystal_of(np.zeros((3, 3)), [[0, 0, 0]], ["Na"]), "not independent"),
    ],
)
def test_what_is_no_cell_is_refused(act, said):
    with pytest.raises(ArgumentError, match=said):
        act(crystal(IRON))
