"""Features that are kept are those that would be computed."""

from __future__ import annotations

import numpy as np
import pytest
from molecules_for_tests import conformers_of, moved

from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.features.molecule.fingerprints import MorganFingerprint
from matterlearn.features.molecule.memory import OVERHEAD, RowMemory, parameter_keys
from matterlearn.features.molecule.symmetry_functions import SymmetryFunctions


@pytest.fixture
def memory(monkeypatch) -> RowMemory:
    fresh = RowMemory()
    monkeypatch.setattr("matterlearn.features.molecule.central.MEMORY", fresh)
    return fresh


def test_kept_rows_are_the_computed_ones(memory) -> None:
    batch = Conformers.of([*conformers_of("CCO", 4), *conformers_of("CO", 3)])
    transformer = SymmetryFunctions().fit(batch)
    first = transformer.transform(batch)
    again = transformer.transform(batch[[5, 0, 6, 2]])  # all of them kept, in another order
    np.testing.assert_array_equal(again, first[[5, 0, 6, 2]])
    mixed = Conformers.of([batch[1], *moved(batch[2:4]), batch[6]])  # some kept, some new
    np.testing.assert_allclose(transformer.transform(mixed), first[[1, 2, 3, 6]], rtol=1e-9, atol=1e-12)
    again[:] = 0  # what is handed out is no part of the memory
    np.testing.assert_array_equal(transformer.transform(batch), first)


def test_other_parameters_are_other_features(memory) -> None:
    batch = conformers_of("CCO", 3)
    few = SymmetryFunctions(radial=[(4.0, 1.0)], angular=[]).fit(batch)
    other = SymmetryFunctions(radial=[(4.0, 1.5)], angular=[]).fit(batch)
    assert few.transform(batch).shape == other.transform(batch).shape
    assert not np.allclose(few.transform(batch), other.transform(batch))
    without_carbon = SymmetryFunctions(unknown="ignore").fit(conformers_of("O", 2))
    assert (
        without_carbon.transform(batch).shape[1]
        < SymmetryFunctions(unknown="ignore").fit(batch).transform(batch).shape[1]
    )


def test_what_was_not_asked_for_longest_makes_room() -> None:
    small, asked = RowMemory(most_bytes=3 * (OVERHEAD + 8)), []

    def features(rows):
        asked.append(rows.tolist())
        return rows[:, None].astype(float)

    for keys in (["a", "b", "c"], ["b"], ["d"], ["c", "b", "a"], ["b", None, "b", "e", "e"]):
        small.rows(keys, features)
    # b was asked for after a and c; so a goes when d comes, and is computed again.
    assert asked[:3] == [[0, 1, 2], [0], [2]]
    assert asked[3] == [1, 3]  # a row without a key is always computed, equal keys once
    assert len(small) == 3


def test_rows_stand_where_their_keys_stand() -> None:
    memory = RowMemory()
    memory.rows(["b"], lambda rows: np.array([[2.0]]))
    found = memory.rows(["a", "b", None, "a", "c"], lambda rows: np.array([[1.0], [9.0], [3.0]])[: len(rows)])
    np.testing.assert_array_equal(found[:, 0], [1.0, 2.0, 9.0, 1.0, 3.0])


def test_keys_tell_parameters_apart() -> None:
    made = [
        SymmetryFunctions(),
        SymmetryFunctions(radial=[(1.0, 2.0)]),
        SymmetryFunctions(radial=[(1.0, 2.5)]),
        SymmetryFunctions(radial=[]),
        SymmetryFunctions(cutoff=5.0),
        SymmetryFunctions(per="molecule"),
        MorganFingerprint(counts=True),
        MorganFingerprint(counts=False),
        MorganFingerprint(radius=1),
    ]
    assert len({parameter_keys(transformer) for transformer in made}) == len(made)
    assert parameter_keys(SymmetryFunctions(radial=[(1.0, 2.0)])) == parameter_keys(
        SymmetryFunctions(radial=((1.0, 2.0),))
    )
