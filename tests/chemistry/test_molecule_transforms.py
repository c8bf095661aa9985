"""Molecules that were moved, turned, mirrored and reordered are the same molecules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from molecules_for_tests import conformers_of, small_molecules
from scipy.spatial.distance import pdist
from scipy.stats import kstest

from matterlearn.chemistry.molecules import Conformers
from matterlearn.chemistry.molecules.transforms import (
    MIRRORS,
    moved,
    random_order,
    random_rotations,
    reordered,
    turned,
)
from matterlearn.core.errors import ArgumentError

seeds = st.integers(0, 2**32 - 1)


def mixed() -> Conformers:
    return Conformers.of([*small_molecules(), *conformers_of("CCO"), *small_molecules()])


def distances(conformers: Conformers) -> np.ndarray:
    return np.concatenate([pdist(conformer.positions) for conformer in conformers if len(conformer.graph) > 1])


def centroids(conformers: Conformers) -> np.ndarray:
    return np.array([conformer.positions.mean(axis=0) for conformer in conformers])


@given(seeds)
@settings(max_examples=10, deadline=None)
def test_turning_keeps_distances_and_centroids(seed):
    batch = mixed()
    new = turned(batch, random_rotations(len(batch), np.random.default_rng(seed)))
    np.testing.assert_allclose(distances(new), distances(batch), atol=1e-12)
    np.testing.assert_allclose(centroids(new), centroids(batch), atol=1e-12)
    assert [conformer.graph for conformer in new] == [conformer.graph for conformer in batch]


@pytest.mark.parametrize(("said", "signs"), MIRRORS)
def test_a_mirror_image_keeps_distances_and_changes_the_hand(said, signs):
    batch = conformers_of("OCC(F)Cl")
    new = turned(batch, np.diag(signs))
    np.testing.assert_allclose(distances(new), distances(batch), atol=1e-12)

    def volume(conformers):
        # Three neighbours of the carbon atom that has four different ones.
        return np.array([np.linalg.det(one.positions[[1, 3, 4]] - one.positions[2]) for one in conformers])

    assert np.abs(volume(batch)).min() > 0.1, said
    np.testing.assert_allclose(volume(new), -volume(batch))


def test_rotations_are_uniform():
    matrices = random_rotations(4000, np.random.default_rng(1))
    np.testing.assert_allclose(matrices @ matrices.transpose(0, 2, 1), np.tile(np.eye(3), (4000, 1, 1)), atol=1e-12)
    assert np.allclose(np.linalg.det(matrices), 1)
    for place in ((0, 0), (1, 2), (2, 1)):  # each entry is uniform between -1 and 1: Archimedes' hat box
        assert kstest(matrices[:, *place], "uniform", (-1, 2)).pvalue > 1e-3
    # The angle is not uniform: its density is (1 - cos) / pi.
    angles = np.arccos(np.clip((np.trace(matrices, axis1=1, axis2=2) - 1) / 2, -1, 1))
    assert kstest(angles, lambda angle: (angle - np.sin(angle)) / np.pi).pvalue > 1e-3


def test_moving_adds_one_vector_per_molecule():
    batch = mixed()
    shifts = np.random.default_rng(0).normal(size=(len(batch), 3))
    new = moved(batch, shifts)
    for k in range(len(batch)):
        np.testing.assert_array_equal(new[k].positions, batch[k].positions + shifts[k])
    assert np.array_equal(moved(batch, [1, 1, 1]).positions, batch.positions + 1)


@given(seeds, st.booleans())
@settings(max_examples=10, deadline=None)
def test_bonds_and_charges_go_with_the_atoms(seed, like):
    batch = mixed()
    rng = np.random.default_rng(seed)
    new = reordered(batch, lambda graph: random_order(graph.numbers, rng, like=like))

    def told(conformer):
        graph, positions = conformer.graph, conformer.positions
        charges = graph.charges or (0,) * len(graph)
        atoms = sorted(zip(graph.numbers, charges, positions.tolist(), strict=True))
        bonds = sorted(
            (order, *sorted([(graph.numbers[i], *positions[i].tolist()), (graph.numbers[j], *positions[j].tolist())]))
            for i, j, order in graph.bonds
        )
        return atoms, bonds

    assert [told(conformer) for conformer in new] == [told(conformer) for conformer in batch]
    if like:
        assert [conformer.graph.numbers for conformer in new] == [conformer.graph.numbers for conformer in batch]


@given(st.lists(st.sampled_from([1, 6, 8]), min_size=1, max_size=8), seeds, st.booleans())
@settings(deadline=None)
def test_an_order_is_another_one_wherever_there_is_another(numbers, seed, like):
    order = random_order(numbers, np.random.default_rng(seed), like=like)
    assert sorted(order.tolist()) == list(range(len(numbers)))
    exchangeable = len(numbers) > 1 and (not like or len(set(numbers)) < len(numbers))
    assert np.any(order != np.arange(len(numbers))) == exchangeable
    if like:
        assert [numbers[k] for k in order] == numbers


def test_two_graphs_that_become_one_are_one():
    water = conformers_of("O", 1)
    other = reordered(water, lambda graph: [1, 0, 2])
    both = Conformers.of([water[0], other[0]])
    assert len(both.graphs) == 2
    same = reordered(both, lambda graph: np.argsort(graph.numbers, kind="stable"))
    assert len(same.graphs) == 1


def test_no_atoms_and_no_permutation_are_errors():
    with pytest.raises(ArgumentError, match="no atoms"):
        random_order((), np.random.default_rng(0), like=True)
    with pytest.raises(ArgumentError, match="no permutation"):
        reordered(conformers_of("O", 1), lambda graph: [0, 0, 1])
