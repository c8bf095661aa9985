"""Conformers, one by one and as a batch."""

from __future__ import annotations

import numpy as np
import pytest
from molecules_for_tests import conformers_of, small_molecules
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit, train_test_split

from matterlearn.chemistry.molecules.conformers import Conformer, Conformers, coordinate_names
from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.core.errors import ArgumentError

WATER = MoleculeGraph((8, 1, 1), ((0, 1, 1.0), (0, 2, 1.0)))


@pytest.fixture(scope="module")
def mixed() -> list[Conformer]:
    """Conformers of different sizes in turn."""
    small = list(small_molecules())
    ethanol = list(conformers_of("CCO", 4))
    return [ethanol[0], *small[2:6], ethanol[1], small[0], ethanol[2], *small[6:]]


def test_a_batch_holds_what_was_put_in(mixed) -> None:
    batch = Conformers.of(mixed)
    assert batch.shape == (len(mixed),)
    assert list(batch) == mixed
    assert len(batch.graphs) == len({conformer.graph for conformer in mixed})
    assert batch.positions.shape == (sum(len(conformer.graph) for conformer in mixed), 3)


@pytest.mark.parametrize(
    "index",
    [slice(None), slice(2, 7, 2), slice(None, None, -1), slice(3, 3), [4, 1, 1, 0], np.array([-1, 2])],
    ids=str,
)
def test_indices_give_what_they_give_of_a_list(mixed, index) -> None:
    expected = np.arange(len(mixed))[index]
    found = Conformers.of(mixed)[index]
    assert isinstance(found, Conformers)
    assert list(found) == [mixed[k] for k in expected]
    assert set(found.graphs) == {mixed[k].graph for k in expected}  # none that no row has


def test_a_mask_and_a_number(mixed) -> None:
    batch = Conformers.of(mixed)
    mask = np.arange(len(mixed)) % 2 == 0
    assert list(batch[mask]) == mixed[::2]
    assert batch[np.int64(2)] == mixed[2]
    with pytest.raises(IndexError):
        batch[len(mixed)]


@pytest.mark.parametrize("splitter", [KFold(3), ShuffleSplit(2, random_state=0), GroupKFold(3)], ids=repr)
def test_splitters_take_a_batch(mixed, splitter) -> None:
    batch = Conformers.of(mixed)
    groups = np.arange(len(batch)) % 3 if isinstance(splitter, GroupKFold) else None
    for train, test in splitter.split(batch, groups=groups):
        assert len(batch[train]) + len(batch[test]) == len(batch)
    first, second = train_test_split(batch, test_size=4, random_state=0)
    assert (len(first), len(second)) == (len(batch) - 4, 4)
    assert isinstance(first, Conformers)


def test_blocks_cover_each_row_once(mixed) -> None:
    batch = Conformers.of(mixed)
    rows = np.concatenate([block.rows for block in batch.blocks()])
    assert sorted(rows) == list(range(len(batch)))
    for block in batch.blocks():
        for row, positions in zip(block.rows, block.positions, strict=True):
            assert block.graph == mixed[row].graph
            np.testing.assert_array_equal(positions, mixed[row].positions)


def test_flat_coordinates_and_their_names() -> None:
    batch = conformers_of("CCO", 3)
    flat = batch.flat()
    assert flat.shape == (3, 27)
    assert len(coordinate_names(9)) == 27
    assert flat[1, coordinate_names(9).index("z_4")] == batch[1].positions[4, 2]
    flat[:] = 0  # a copy
    assert batch.positions.any()


def test_molecules_of_different_size_have_no_common_coordinates(mixed) -> None:
    with pytest.raises(ArgumentError, match="atoms have no common coordinates"):
        Conformers.of(mixed).flat()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conformer(WATER, np.zeros((2, 3))), "positions of shape (2, 3) for 3 atoms"),
        (lambda: Conformer(WATER, np.full((3, 3), np.nan)), "not finite"),
        (lambda: Conformers.of_one(WATER, np.zeros((4, 2, 3))), "is not (n_conformers, 3, 3)"),
        (lambda: Conformers.of_one(WATER, np.full((1, 3, 3), np.inf)), "not finite"),
        (lambda: Conformers([WATER], [0, 1], np.zeros((6, 3))), "no numbers of 1 graphs"),
        (lambda: Conformers([WATER], [0, 0], np.zeros((5, 3))), "not (6, 3)"),
    ],
)
def test_parts_that_do_not_fit_are_refused(make, message) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()
    assert message in str(caught.value)


def test_an_empty_batch_has_no_rows() -> None:
    empty = Conformers.of([])
    assert len(empty) == 0
    assert list(empty.blocks()) == []


def test_positions_of_a_conformer_are_its_own() -> None:
    positions = np.zeros((3, 3))
    water = Conformer(WATER, positions)
    positions[0] = 5
    assert not water.positions.any()
    with pytest.raises(ValueError, match="read-only"):
        water.positions[0] = 1
