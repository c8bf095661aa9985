"""The network on distances: what it learns, its symmetries, forces against finite differences, its file, its errors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from molecules_for_tests import conformers_of, moved, shuffled, small_molecules, swapped_like_atoms, turned
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline

from matterlearn.chemistry.molecules import Conformer, Conformers, MoleculeGraph
from matterlearn.core.errors import ArgumentError, RowError, TrainingError
from matterlearn.models.batch_checks import check_batch_estimator
from matterlearn.models.candidates import FAMILIES
from matterlearn.models.molecules import DistanceNetworkRegressor
from matterlearn.models.molecules import training as training_module
from matterlearn.models.molecules.distance_network import check_sizes
from matterlearn.models.molecules.geometry import harmonics, pairs_within, radial_functions, smooth_cutoff
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes

TYPE = "matterlearn.models.molecules.distance_network.DistanceNetworkRegressor"
SMALL = {
    "channels": 6,
    "width": 8,
    "message_channels": 3,
    "n_radial": 5,
    "batch_size": 8,
    "epochs": 3,
    "device": "cpu",
    "random_state": 0,
}


def network(**changes):
    return DistanceNetworkRegressor(**{**SMALL, **changes})


def angle_energy(conformer):
    """Return an energy of distances and of the angles between neighbours, in no special unit."""
    places, numbers = conformer.positions, conformer.graph.atomic_numbers
    r = pairs_distances(conformer)
    charge = np.sqrt(np.outer(numbers, numbers))[np.triu_indices(len(places), 1)]
    energy = float((charge * np.exp(-r) * np.cos(2.0 * r)).sum())
    bonds = conformer.graph.bond_pairs
    for i, j in bonds:
        for k, m in bonds:
            if (i, j) < (k, m) and len({i, j, k, m}) == 3:
                (centre,) = {i, j} & {k, m}
                a, b = {i, j, k, m} - {centre}
                u, v = places[a] - places[centre], places[b] - places[centre]
                energy += 5.0 * float(u @ v / np.linalg.norm(u) / np.linalg.norm(v)) ** 2
    return energy


def pairs_distances(conformer):
    places = conformer.positions
    return np.linalg.norm(places[:, None] - places[None], axis=-1)[np.triu_indices(len(places), 1)]


def shaken(smiles, n, seed=0, size=0.06):
    conformer = conformers_of(smiles, 1)[0]
    steps = np.random.default_rng(seed).normal(scale=size, size=(n, *conformer.positions.shape))
    return Conformers.of_one(conformer.graph, conformer.positions + steps)


@pytest.fixture(scope="module")
def mixed():
    """Molecules of two sizes in one batch, in mixed order, and their energies."""
    rows = [*shaken("CO", 30), *shaken("O", 18)]
    rows = [rows[k] for k in np.random.default_rng(1).permutation(len(rows))]
    return Conformers.of(rows), np.array([angle_energy(row) for row in rows])


@pytest.fixture(scope="module")
def fitted(mixed):
    return network(epochs=6).fit(*mixed)


def strongly(fitted):
    """Return a network whose weights are as large as those of one that was trained for long: its symmetries show."""
    copied = clone(fitted)
    copied.__dict__.update(fitted.__dict__)
    rng = np.random.default_rng(3)
    copied.weights_ = {
        name: (values + rng.normal(size=values.shape) * (name.startswith("last"))).astype(np.float32)
        for name, values in fitted.weights_.items()
    }
    return copied


def test_it_keeps_the_rules_of_estimators_on_batches(mixed):
    batch, y = mixed
    check_batch_estimator(network(epochs=1), batch[:12], y[:12])


def test_it_learns_more_than_sums_over_pairs():
    batch = shaken("O", 130, size=0.12)
    y = np.array([angle_energy(row) for row in batch])
    known, new = np.arange(100), np.arange(100, 130)
    start = network(start="elements", epochs=40, batch_size=16, learning_rate=1e-2)
    only = start.fit(batch[known], y[known])
    error = np.abs(only.predict(batch[new]) - y[new]).mean()
    assert error < 0.25 * np.abs(y[new] - y[known].mean()).mean()
    assert min(only.validation_curve_) < 0.1 * only.validation_curve_[0]


def test_the_closed_form_alone_finds_a_pair_potential():
    batch = shaken("CO", 120, size=0.03)
    r = np.linalg.norm(batch.positions.reshape(120, 6, 1, 3) - batch.positions.reshape(120, 1, 6, 3), axis=-1)
    r = r[:, *np.triu_indices(6, 1)]
    y = (0.2 * (1.2 / r) ** 12 - 0.4 * (1.2 / r) ** 6).sum(axis=1)
    model = network(epochs=1).fit(batch[:80], y[:80])
    assert np.abs(model.predict(batch[80:]) - y[80:]).mean() < 0.1 * np.abs(y[80:] - y[:80].mean()).mean()
    assert model.pair_coefficients_.shape == (3, 3, 52)
    np.testing.assert_array_equal(model.pair_coefficients_, model.pair_coefficients_.transpose(1, 0, 2))


@pytest.mark.parametrize(
    "change",
    [moved, turned, lambda batch: turned(batch, mirrored=True), shuffled, swapped_like_atoms],
    ids=["translation", "rotation", "reflection", "permutation", "like atoms"],
)
def test_predictions_stay_when_the_molecule_is_the_same(fitted, mixed, change):
    model, batch = strongly(fitted), mixed[0]
    expected = model.predict(batch)
    assert np.ptp(expected - fitted.predict(batch)) > 1e-2 * np.ptp(expected)  # the network has a say
    np.testing.assert_allclose(model.predict(change(batch)), expected, rtol=0, atol=1e-9 * np.ptp(expected))


def test_predictions_change_with_the_geometry(fitted, mixed):
    batch = mixed[0]
    stretched = batch.with_positions(1.05 * batch.positions)
    assert np.abs(fitted.predict(stretched) - fitted.predict(batch)).min() > 1e-3


def test_the_network_tells_dihedral_angles_apart():
    """Hydrogen peroxide: no atom sees the angle, since hydrogen is beyond the cutoff of the far oxygen; messages do."""
    angles = np.linspace(0.9, np.pi, 40)
    places = np.zeros((40, 4, 3))
    places[:, 1] = [1.45, 0.0, 0.0]
    places[:, 2] = [-0.1, 0.96, 0.0]
    places[:, 3] = np.stack([np.full(40, 1.55), 0.96 * np.cos(angles), 0.96 * np.sin(angles)], axis=1)
    graph = MoleculeGraph((8, 8, 1, 1), ((0, 1, 1.0), (0, 2, 1.0), (1, 3, 1.0)))
    batch = Conformers.of_one(graph, places)
    hidden = network(cutoff=1.8, message_cutoff=1.8, start="elements", epochs=1, n_radial=2).fit(
        batch, np.cos(3 * angles)
    )
    assert pairs_within(batch, 1.8)[0].size == 40 * 6
    model = strongly(hidden)
    heard = np.ptp(model.predict(batch))
    assert heard > 1e-3
    deaf = strongly(hidden)
    deaf.weights_ = {
        **model.weights_,
        **{n: 0 * v for n, v in model.weights_.items() if n.startswith(("sent", "told"))},
    }
    assert np.ptp(deaf.predict(batch)) < 1e-6 * heard


def test_forces_are_the_negative_gradient(fitted, mixed):
    model, batch = strongly(fitted), mixed[0][:3]
    step = 1e-5
    for row, force in enumerate(model.predict_forces(batch)):
        conformer = batch[row]
        assert force.shape == conformer.positions.shape
        moves = np.eye(force.size).reshape(-1, *force.shape) * step
        there = model.predict(Conformers.of_one(conformer.graph, conformer.positions + moves))
        back = model.predict(Conformers.of_one(conformer.graph, conformer.positions - moves))
        slopes = ((there - back) / (2 * step)).reshape(force.shape)
        np.testing.assert_allclose(force, -slopes, rtol=1e-5, atol=1e-5 * np.abs(force).max())


def test_forces_neither_push_nor_turn_the_molecule_and_turn_with_it(fitted, mixed):
    model, batch = strongly(fitted), mixed[0][:6]
    rotated = turned(batch, 5)
    for conformer, other, force, turned_force in zip(
        batch, rotated, model.predict_forces(batch), model.predict_forces(rotated), strict=True
    ):
        size = np.abs(force).max()
        assert size > 1e-3
        np.testing.assert_allclose(force.sum(axis=0), 0, atol=1e-9 * size)
        np.testing.assert_allclose(np.cross(conformer.positions, force).sum(axis=0), 0, atol=1e-8 * size)
        matrix, *_ = np.linalg.lstsq(conformer.positions, other.positions, rcond=None)
        if np.linalg.matrix_rank(conformer.positions) == 3:
            np.testing.assert_allclose(turned_force, force @ matrix, atol=1e-7 * size)


def test_forces_go_to_zero_smoothly_at_the_cutoff(fitted):
    graph = MoleculeGraph((1, 1))
    for distance in (fitted.cutoff - 1e-4, fitted.cutoff + 1e-4, fitted.message_cutoff):
        force = fitted.predict_forces([Conformer(graph, [[0, 0, 0], [distance, 0, 0]])])[0]
        assert np.isfinite(force).all()
        if distance != fitted.message_cutoff:
            assert np.abs(force).max() < 1e-6 * fitted.scale_


def test_single_atoms_and_all_kinds_of_molecules_go_into_one_batch():
    batch = list(small_molecules())
    y = np.array([float(sum(m.graph.numbers)) for m in batch])
    model = network(validation_fraction=0.0).fit(batch, y)
    assert np.isfinite(model.predict(batch)).all()
    assert model.validation_curve_ is None
    assert [force.shape for force in model.predict_forces(batch)] == [m.positions.shape for m in batch]
    assert np.all(model.predict_forces([batch[0]])[0] == 0)


def test_the_same_bits_again_whatever_the_threads(mixed, fitted):
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        again = network(epochs=6).fit(*mixed)
    finally:
        torch.set_num_threads(threads)
    for name, values in fitted.weights_.items():
        np.testing.assert_array_equal(again.weights_[name], values)
    other = network(epochs=6, random_state=1).fit(*mixed)
    assert not np.array_equal(other.weights_["first.weights"], fitted.weights_["first.weights"])


def test_densities_that_are_not_kept_are_the_same(mixed, fitted, monkeypatch):
    monkeypatch.setattr(training_module, "MOST_BYTES", 0)
    again = network(epochs=6).fit(*mixed)
    np.testing.assert_allclose(again.predict(mixed[0]), fitted.predict(mixed[0]), rtol=1e-4)


def test_searches_and_folds_take_a_batch(mixed):
    batch = mixed[0]
    y = np.array([float(np.exp(-pairs_distances(row)).sum()) for row in batch])
    scores = cross_val_score(make_pipeline(network(epochs=1)), batch, y, cv=KFold(3, shuffle=True, random_state=0))
    assert scores.min() > 0.9
    search = GridSearchCV(network(epochs=1), {"degree": [1, 2]}, cv=2).fit(batch, y)
    assert search.best_params_["degree"] in (1, 2)


def test_weights_of_rows_pull(mixed):
    batch, y = mixed
    mistaken = np.where(np.arange(len(y)) % 2, y, y + 50.0)
    weights = np.where(np.arange(len(y)) % 2, 1.0, 1e-6)
    model = network().fit(batch, mistaken, sample_weight=weights)
    heeded, ignored = (np.abs(model.predict(batch) - y)[k::2].mean() for k in (1, 0))
    assert heeded < 5.0
    assert ignored < 25.0


def test_watched_rows_decide_when_to_stop(mixed):
    batch, y = mixed
    model = network(epochs=12, patience=2, learning_rate=0.3).fit(batch[:36], y[:36], validation=(batch[36:], y[36:]))
    assert model.n_epochs_ == len(model.validation_curve_) == len(model.loss_curve_)
    assert model.best_epoch_ == 1 + int(np.argmin(model.validation_curve_))
    assert model.n_epochs_ == 12 or model.n_epochs_ == model.best_epoch_ + 2
    # The loss of the watched rows that is stated is that of the weights that were taken.
    left = (model.predict(batch[36:]) - y[36:]) / model.scale_
    assert np.mean(left**2) == pytest.approx(min(model.validation_curve_), rel=1e-3)


def test_its_file(fitted, mixed):
    model = make_pipeline(fitted)
    data = estimator_to_bytes(model)
    assert data == estimator_to_bytes(model)
    read = estimator_from_bytes(data, trusted=[TYPE])
    np.testing.assert_array_equal(read.predict(mixed[0]), fitted.predict(mixed[0]))
    assert check_sizes(read[-1])
    assert check_sizes(network())


@pytest.mark.parametrize("name", ["weights_", "elements_", "pair_coefficients_", "width", "intercept_"])
def test_a_file_with_other_sizes_is_found_out(fitted, name):
    model = estimator_from_bytes(estimator_to_bytes(fitted), trusted=[TYPE])
    if name == "weights_":
        model.weights_["last.weights"] = model.weights_["last.weights"][:, :-1]
    elif name == "width":
        model.width = 4096
    elif name == "intercept_":
        model.intercept_ = np.nan
    else:
        setattr(model, name, getattr(model, name)[:-1])
    assert not check_sizes(model)


def test_errors_say_what_is_wrong(fitted, mixed):
    batch, y = mixed
    with pytest.raises(RowError, match=r"row 1.*Cl was in none of the molecules of the training \(H, C, O\)"):
        fitted.predict([batch[0], small_molecules()[-1]])
    together = Conformer(MoleculeGraph((1, 1)), np.zeros((2, 3)))
    with pytest.raises(RowError, match="row 2: atoms 0 and 1 are in one place"):
        fitted.predict([batch[0], batch[1], together])
    with pytest.raises(ArgumentError, match="leaves no row to learn from"):
        network(validation_fraction=0.9).fit(batch[:1], y[:1])
    with pytest.raises(ArgumentError, match="early stopping needs rows to watch"):
        network(validation_fraction=0.0, patience=2).fit(batch, y)
    with pytest.raises(ArgumentError, match="needs a pair"):
        network().fit(batch, y, validation=batch)
    with pytest.raises(ArgumentError, match="torch knows no 'quantum'"):
        network(device="quantum").fit(batch, y)
    with pytest.raises(ValueError, match="'degree' parameter"):
        network(degree=4).fit(batch, y)
    with pytest.raises(ValueError, match="NaN"):
        network().fit(batch, np.full(len(y), np.nan))
    with pytest.raises(TrainingError, match="lower the learning rate"):
        network(learning_rate=1e30).fit(batch, y)


def without(conformer, symbol_number):
    """Return a molecule without its atoms of one element."""
    kept = conformer.graph.atomic_numbers != symbol_number
    return Conformer(MoleculeGraph(tuple(conformer.graph.atomic_numbers[kept].tolist())), conformer.positions[kept])


def test_atoms_of_unseen_elements_are_taken_for_absent(fitted, mixed):
    """One row with chlorine does not kill the prediction of a table, and does not touch the others."""
    model = strongly(fitted).set_params(unknown="ignore")
    chlorine = next(m for m in small_molecules() if 17 in m.graph.numbers and set(m.graph.numbers) & {1, 6, 8})
    only = Conformer(MoleculeGraph((17, 17)), [[0.0, 0.0, 0.0], [1.99, 0.0, 0.0]])
    known = mixed[0][:12]
    table = [*known[:5], chlorine, *known[5:], only]
    rest = [k for k in range(14) if k not in (5, 13)]
    expected = strongly(fitted).predict(known)
    predicted = model.predict(table)
    np.testing.assert_array_equal(model.predict(known), expected)
    np.testing.assert_array_equal(predicted[rest], expected)
    assert predicted[5] == fitted_number(model, without(chlorine, 17))
    assert predicted[13] == model.intercept_
    assert model.predict([only]).tolist() == [model.intercept_]
    forces = model.predict_forces(table)
    for row, force in zip(rest, strongly(fitted).predict_forces(known), strict=True):
        np.testing.assert_array_equal(forces[row], force)
    strange = chlorine.graph.atomic_numbers == 17
    assert np.all(forces[5][strange] == 0)
    assert np.all(forces[13] == 0)
    np.testing.assert_array_equal(forces[5][~strange], model.predict_forces([without(chlorine, 17)])[0])
    together = Conformer(MoleculeGraph((1, 17, 17)), [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    with pytest.raises(RowError, match="row 1: atoms 1 and 2 are in one place"):
        model.predict([only, together])
    with pytest.raises(ValueError, match="'unknown' parameter"):
        network(unknown="drop").fit(*mixed)
    read = estimator_from_bytes(estimator_to_bytes(model), trusted=[TYPE])
    assert check_sizes(read)
    np.testing.assert_array_equal(read.predict(table), predicted)


def fitted_number(model, conformer):
    return float(model.predict([conformer])[0])


def test_the_candidate_of_the_selection_lets_a_table_with_a_strange_row_through():
    assert FAMILIES["distance-network"].make().unknown == "ignore"


def test_harmonics_know_of_angles_only():
    rng = np.random.default_rng(0)
    u, v = rng.normal(size=(2, 50, 3))
    u, v = u / np.linalg.norm(u, axis=1)[:, None], v / np.linalg.norm(v, axis=1)[:, None]
    a, b = (harmonics(torch.from_numpy(w), 3).numpy() for w in (u, v))
    cosines = (u * v).sum(axis=1)
    for degree in range(4):
        part = slice(degree * degree, (degree + 1) ** 2)
        legendre = np.polynomial.Legendre.basis(degree)(cosines)
        np.testing.assert_allclose((a[:, part] * b[:, part]).sum(axis=1), (2 * degree + 1) * legendre, atol=1e-12)


def test_radial_functions_end_smoothly():
    r = torch.linspace(0.5, 6.0, 500, dtype=torch.float64).requires_grad_()
    (slope,) = torch.autograd.grad(radial_functions(r, 5.0, 8).sum(), r)
    r = r.detach()
    assert float(slope[r > 4.99].abs().max()) < 1e-4
    assert float(radial_functions(r, 5.0, 8)[r >= 5.0].abs().max()) == 0.0
    middle = radial_functions(r, 5.0, 8)[(r > 0.8) & (r < 3.0)].sum(-1)
    assert float(middle.min()) > 0.5  # no distance falls between the functions
    assert float(smooth_cutoff(torch.tensor(2.5), 5.0)) == 0.5
