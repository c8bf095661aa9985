"""Copies of molecules: what they are, what a model learns from them, and that nothing else about the model changes."""

from __future__ import annotations

import numpy as np
import pytest
from molecules_for_tests import conformers_of, small_molecules, swapped_like_atoms, turned
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from matterlearn.chemistry.molecules import Conformer, Conformers, MoleculeGraph
from matterlearn.core.errors import ArgumentError
from matterlearn.models.augmentation import AugmentedRegressor, random_orders
from matterlearn.models.batch_checks import check_batch_estimator


class Recorder(Ridge):
    """A model that keeps what it was shown; predicts the first coordinate."""

    def fit(self, X, y, sample_weight=None):
        self.shown_ = (X, np.array(y), sample_weight)
        return self

    def predict(self, X):
        flat = X.flat() if isinstance(X, Conformers) else X
        return flat[:, 0]


@pytest.fixture(scope="module")
def water():
    conformer = conformers_of("O", 1)[0]
    steps = np.random.default_rng(0).normal(scale=0.05, size=(40, 3, 3))
    return Conformers.of_one(conformer.graph, conformer.positions + steps)


def shown(water, **options):
    model = AugmentedRegressor(Recorder(), random_state=0, **options).fit(water, np.arange(len(water)))
    return model.estimator_.shown_


def distances(flat):
    places = flat.reshape(len(flat), -1, 3)
    return np.linalg.norm(places[:, :, None] - places[:, None], axis=-1)


@pytest.mark.parametrize("inputs", ["coordinates", "conformers"])
def test_it_keeps_the_rules_of_estimators_on_batches(water, inputs):
    estimator = Recorder() if inputs == "conformers" else make_pipeline(StandardScaler(), Ridge())
    model = AugmentedRegressor(estimator, 2, reflections=True, translations=0.1, inputs=inputs, random_state=0)
    check_batch_estimator(model, water[:12], np.arange(12.0))


def test_rules_hold_with_an_average_over_copies_and_several_molecules():
    rows = [m for m in small_molecules() if 1 < len(m.graph) < 7] * 3
    batch = Conformers.of(rows).with_positions(
        np.concatenate(
            [
                m.positions + np.random.default_rng(k).normal(scale=0.05, size=m.positions.shape)
                for k, m in enumerate(rows)
            ]
        )
    )

    model = AugmentedRegressor(FirstAtom(), 2, average=3, inputs="conformers", random_state=0)
    check_batch_estimator(model, batch, np.arange(float(len(batch))))


class FirstAtom(Ridge):
    """A line through the x of the first atom."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X.positions[X.offsets[:-1], :1], y, sample_weight)

    def predict(self, X):
        return super().predict(X.positions[X.offsets[:-1], :1])


def test_copies_are_the_molecules_turned_and_relabelled(water):
    flat, y, _ = shown(water, n_copies=3, permutations=False)
    assert flat.shape == (160, 9)
    np.testing.assert_array_equal(flat[:40], water.flat())
    np.testing.assert_array_equal(y, np.tile(np.arange(40), 4))
    np.testing.assert_allclose(distances(flat), np.tile(distances(water.flat()), (4, 1, 1)), atol=1e-12)
    centres = flat.reshape(160, 3, 3).mean(axis=1)
    np.testing.assert_allclose(centres, np.tile(centres[:40], (4, 1)), atol=1e-12)

    flat, *_ = shown(water, n_copies=3, rotations=False)
    places = flat.reshape(4, 40, 3, 3)
    # The first atom, oxygen, is like no other.
    np.testing.assert_allclose(places[:, :, 0], np.tile(places[0, :, 0], (4, 1, 1)), atol=1e-12)
    exchanged = np.isclose(places[1:, :, 1], places[0, :, 2], atol=1e-12).all(axis=-1)
    stayed = np.isclose(places[1:, :, 1], places[0, :, 1], atol=1e-12).all(axis=-1)
    assert np.all(exchanged ^ stayed)
    assert 30 < exchanged.sum() < 90


def test_rotations_are_uniform_and_proper():
    """Of a pair of axes, the images of each are spread evenly, and their handedness stays."""
    graph = MoleculeGraph((6, 1, 9, 17))
    places = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1.0]])
    batch = Conformers.of_one(graph, np.tile(places, (4000, 1, 1)))
    for mirrored in (False, True):
        flat, *_ = shown(batch, n_copies=1, reflections=mirrored)
        axes = flat[4000:].reshape(-1, 4, 3)
        axes = axes[:, 1:] - axes[:, :1]
        handed = np.linalg.det(axes)
        np.testing.assert_allclose(np.abs(handed), 1, atol=1e-9)
        assert (np.sum(handed < 0) > 1800) == mirrored
        # A coordinate of a uniform direction is uniform in [-1, 1] (Archimedes); five standard errors.
        for axis in np.moveaxis(axes, 1, 0):
            np.testing.assert_allclose(axis.mean(axis=0), 0, atol=5 / np.sqrt(3 * 4000))
            np.testing.assert_allclose((axis**2).mean(axis=0), 1 / 3, atol=5 * np.sqrt(4 / 45 / 4000))
        np.testing.assert_allclose(np.trace(axes, axis1=1, axis2=2).mean(), 0, atol=5 / np.sqrt(4000))


def test_translations_have_the_width_that_was_asked_for(water):
    flat, *_ = shown(water, n_copies=50, rotations=False, permutations=False, translations=0.7)
    steps = (flat[40:].reshape(50, 40, 3, 3) - water.flat().reshape(1, 40, 3, 3)).reshape(-1, 3, 3)
    np.testing.assert_allclose(steps, np.repeat(steps[:, :1], 3, axis=1), atol=1e-12)
    assert steps[:, 0].std() == pytest.approx(0.7, rel=0.05)


def test_bonds_go_with_their_atoms():
    batch = conformers_of("CO", 3)
    copies, *_ = shown(batch, n_copies=4, inputs="conformers")
    assert len(copies) == 15
    for k, conformer in enumerate(copies):
        assert conformer.graph.numbers == batch[k % 3].graph.numbers
        places = conformer.positions
        lengths = [np.linalg.norm(places[i] - places[j]) for i, j, _ in conformer.graph.bonds]
        original = batch[k % 3]
        expected = [np.linalg.norm(original.positions[i] - original.positions[j]) for i, j, _ in original.graph.bonds]
        np.testing.assert_allclose(sorted(lengths), sorted(expected))
    assert len(copies.graphs) > 1


def test_orders_exchange_like_atoms_only():
    graph = small_molecules()[3].graph
    orders = random_orders(graph, 200, np.random.default_rng(0))
    assert np.all(np.sort(orders, axis=1) == np.arange(len(graph)))
    assert np.all(graph.atomic_numbers[orders] == graph.atomic_numbers)
    assert len(np.unique(orders, axis=0)) > 150


def test_weights_go_with_their_molecules(water):
    weights = np.linspace(0.0, 1.0, 40)
    model = AugmentedRegressor(Recorder(), 2, random_state=0).fit(water, np.arange(40), sample_weight=weights)
    _, y, given = model.estimator_.shown_
    np.testing.assert_array_equal(y, np.tile(np.arange(1, 40), 3))
    np.testing.assert_array_equal(given, np.tile(weights[1:], 3))
    with pytest.raises(ArgumentError, match="takes no weights"):
        AugmentedRegressor(KNeighborsRegressor(), 1).fit(water, np.arange(40), sample_weight=weights)


def test_copies_teach_a_model_of_coordinates_a_symmetry(water):
    y = distances(water.flat())[:, 0, 1]  # the length of a bond
    trees = ExtraTreesRegressor(10, random_state=0)
    elsewhere = swapped_like_atoms(turned(water, 3), 1)
    spread = []
    for n_copies, average in ((0, 0), (30, 0), (30, 20)):
        model = AugmentedRegressor(trees, n_copies, average=average, random_state=0).fit(water, y)
        spread.append(np.abs(model.predict(elsewhere) - model.predict(water)).mean())
    assert spread[1] < 0.8 * spread[0]
    assert spread[2] < spread[1]


def test_an_average_is_the_same_at_every_call_and_beside_any_row(water):
    model = AugmentedRegressor(Ridge(), 2, average=5, random_state=0).fit(water, np.arange(40.0))
    np.testing.assert_array_equal(model.predict(water), model.predict(water))
    np.testing.assert_allclose(model.predict(water[7:9]), model.predict(water)[7:9], rtol=1e-12)


def test_errors_say_what_is_wrong(water):
    with pytest.raises(ArgumentError, match="have no common coordinates"):
        AugmentedRegressor(Ridge()).fit([*water, small_molecules()[3]], np.arange(41))
    model = AugmentedRegressor(Ridge(), 1).fit(water, np.arange(40))
    with pytest.raises(ArgumentError, match="a molecule of 9 atoms, where those of the training had 3"):
        model.predict([small_molecules()[3]])
    # Coordinates say nothing of elements: another molecule of equal size, or another order of atoms, is not this one.
    for numbers, words in (((16, 1, 1), "row 1: atom 0 is S, where that of the training is O"), ((1, 8, 1), "is H")):
        other = Conformers.of([water[0], Conformer(MoleculeGraph(numbers), water[1].positions)])
        with pytest.raises(ArgumentError, match=words):
            model.predict(other)
        with pytest.raises(ArgumentError, match=words):
            AugmentedRegressor(Ridge(), 1).fit(other, np.arange(2))
    assert np.isfinite(model.predict([Conformer(MoleculeGraph((8, 1, 1)), water[1].positions)])).all()  # without bonds
    assert model.numbers_.dtype == np.int64
    assert model.numbers_.tolist() == [8, 1, 1]
    assert AugmentedRegressor(Recorder(), 1, inputs="conformers").fit(water, np.arange(40)).numbers_ is None
    with pytest.raises(ValueError, match="'n_copies' parameter"):
        AugmentedRegressor(Ridge(), -1).fit(water, np.arange(40))
