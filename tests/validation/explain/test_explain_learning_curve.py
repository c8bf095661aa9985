"""Error against the number of training rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from matterlearn.models.blend import Blend
from matterlearn.models.candidates import FAMILIES, make_candidates
from matterlearn.validation.explain.learning_curve import SHARES, learning_curve, nested_parts, rows_needed
from matterlearn.validation.seeding import fit_seeded


class Recorder:
    """Fits like `fit_seeded` and remembers what it was given."""

    def __init__(self):
        self.calls = []

    def __call__(self, model, X, y, *, seed, duplicates, **options):
        self.calls.append({"X": X, "y": y, "seed": seed, "duplicates": duplicates, **options})
        return clone(model).fit(X, y)


def rows(n_rows, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.uniform(size=(n_rows, 2)), columns=["a", "b"])
    return X, np.sin(6 * X["a"].to_numpy()) + X["b"].to_numpy()


def curve(n_train=400, model=None, **options):
    X, y = rows(n_train)
    X_test, y_test = rows(80, seed=1)
    arguments = {"fit": fit_seeded, "duplicates": np.arange(n_train), "seed": 0, "full_mae": 0.05, **options}
    return learning_curve(KNeighborsRegressor(3) if model is None else model, X, y, X_test, y_test, **arguments)


def test_the_error_falls_and_the_whole_is_what_was_known():
    points = curve()
    assert [point["n_train"] for point in points] == [50, 100, 200, 400]
    assert {point["n_test"] for point in points} == {80}
    assert points[-1]["mae"] == 0.05
    assert points[0]["mae"] > points[1]["mae"] > points[2]["mae"]


def test_each_part_holds_the_smaller_ones_and_is_fitted_with_a_seed_of_its_own():
    record = Recorder()
    curve(fit=record)
    indices = [set(call["X"].index) for call in record.calls]
    assert indices[0] < indices[1] < indices[2]
    assert len({call["seed"] for call in record.calls}) == 3
    for call in record.calls:
        np.testing.assert_array_equal(call["duplicates"], call["X"].index)
        np.testing.assert_array_equal(call["y"], rows(400)[1][call["X"].index])


def test_copies_of_a_row_stay_together():
    duplicates = np.repeat(np.arange(100), 4)
    for rows_of_part, share in zip(nested_parts(duplicates, SHARES, seed=3), SHARES, strict=True):
        _, counts = np.unique(duplicates[rows_of_part], return_counts=True)
        assert set(counts) == {4}
        assert share * 400 <= len(rows_of_part) < share * 400 + 4


def test_one_large_group_is_no_step_of_its_own():
    duplicates = np.concatenate([np.zeros(390, dtype=int), np.arange(1, 11)])
    points = curve(duplicates=duplicates)
    counts = [point["n_train"] for point in points]
    assert counts == sorted(set(counts))
    assert counts[-1] == 400


@pytest.mark.parametrize(("n_train", "expected"), [(400, 4), (150, 3), (100, 3), (60, 2), (30, 1)])
def test_parts_of_fewer_than_twenty_rows_are_left_out(n_train, expected):
    points = curve(n_train)
    assert len(points) == expected
    assert points[0]["n_train"] >= 20


def test_parts_on_which_a_member_cannot_be_fitted_are_left_out():
    """A network needs a batch; with warnings as errors a smaller part would fail."""
    network = make_pipeline(
        StandardScaler(), MLPRegressor(hidden_layer_sizes=(4,), batch_size=64, max_iter=50, n_iter_no_change=5, tol=1e9)
    )
    blend = Blend([("network", network), ("line", LinearRegression())], [0.5, 0.5])
    assert [point["n_train"] for point in curve(model=blend)] == [100, 200, 400]


def test_what_models_need():
    assert rows_needed(LinearRegression()) == 1
    assert rows_needed(make_pipeline(StandardScaler(), KNeighborsRegressor(7))) == 7
    kinds = {"formula": "formula"}
    names = [name for name, kind in FAMILIES.items() if kind.representation != "structures"]
    needed = {name: rows_needed(model) for name, model in make_candidates(names, ["formula"], kinds).items()}
    assert needed["mlp"] == 64
    assert needed["knn"] == 5
    assert needed["extra-trees"] == needed["ridge"] == 1
    blend = Blend(list(make_candidates(["ridge", "mlp"], ["formula"], kinds).items()), [0.5, 0.5])
    assert rows_needed(blend) == 64


def test_weights_go_to_the_fit_and_to_the_error():
    record, weights = Recorder(), np.linspace(0, 2, 400)
    X, y = rows(400)
    X_test, y_test = rows(80, seed=1)
    test_weight = np.zeros(80)
    test_weight[:3] = 1
    points = learning_curve(
        KNeighborsRegressor(3), X, y, X_test, y_test, fit=record, duplicates=np.arange(400), seed=0, full_mae=0.0,
        sample_weight=weights, test_weight=test_weight,
    )  # fmt: skip
    for call in record.calls:
        np.testing.assert_array_equal(call["sample_weight"], weights[call["X"].index])
    first = record.calls[0]
    model = KNeighborsRegressor(3).fit(first["X"], first["y"])
    assert points[0]["mae"] == pytest.approx(np.abs(model.predict(X_test) - y_test)[:3].mean())


def test_the_seed_decides_and_the_model_stays_unfitted():
    model = ExtraTreesRegressor(5)
    assert curve(model=model, seed=1) == curve(model=model, seed=1)
    assert curve(model=model, seed=1) != curve(model=model, seed=2)
    assert not hasattr(model, "estimators_")
