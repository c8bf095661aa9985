"""What the checks are made of, against slower ways to the same numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.kernel_ridge import KernelRidge

from matterlearn.data.dataset import make_dataset
from matterlearn.features.table_features import table_features
from matterlearn.validation.folds import Fold, make_folds
from matterlearn.validation.leaks import quick_model as quick_module
from matterlearn.validation.leaks.groupings import determines, families
from matterlearn.validation.leaks.near_duplicates import NEAR, _crowded, _nearest
from matterlearn.validation.leaks.quick_model import QuickModel, deal_groups
from matterlearn.validation.leaks.sibling import _explained
from matterlearn.validation.leaks.single_column import explained_by_labels, explained_by_numbers
from matterlearn.validation.leaks.subject import Subject


class Passed:
    """A transformer that passes its columns on."""

    def fit_transform(self, X):
        return X.to_numpy()

    def get_params(self, deep=False):
        return {}


def quick(n_rows: int = 80, seed: int = 0) -> tuple[QuickModel, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n_rows, 3)))
    y = np.column_stack([np.sin(X[0]) + X[1], X[2] ** 2])
    model = QuickModel.make(X, np.arange(n_rows), y, np.arange(n_rows), Passed(), seed=0)
    assert model is not None
    return model, y


def test_errors_on_left_out_rows_are_those_of_a_new_fit():
    model, y = quick()
    folds = deal_groups(np.arange(80), 3)
    kernel_and_noise = np.linalg.inv(model._inverse)
    noise = 1e-2
    kernel = kernel_and_noise - noise * np.eye(80)  # whatever is left of the noise stays on the diagonal
    centred = y - y.mean(axis=0)
    expected = np.empty_like(y)
    for fold in range(5):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        ridge = KernelRidge(kernel="precomputed", alpha=noise).fit(kernel[np.ix_(train, train)], centred[train])
        expected[test] = centred[test] - ridge.predict(kernel[np.ix_(test, train)])
    np.testing.assert_allclose(model.residuals(folds), expected, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(model.errors(folds), np.abs(expected).sum(axis=1), rtol=1e-8)


def test_the_quick_model_learns():
    model, y = quick(300)
    residuals = model.residuals(model.random_folds(0))
    assert (residuals**2).sum() < 0.1 * ((y - y.mean(axis=0)) ** 2).sum()


def test_a_large_table_is_sampled(monkeypatch):
    monkeypatch.setattr(quick_module, "MOST_ROWS", 50)
    model, _ = quick(80)
    assert len(model.rows) == 50
    assert np.all(np.diff(model.rows) > 0)
    assert model.distances.shape == (50, 50)


@pytest.mark.parametrize("n_different", [1, 5])
def test_no_quick_model_without_different_rows(n_different):
    X = pd.DataFrame({"x": np.arange(40) % n_different * 1.0})
    y = np.random.default_rng(0).normal(size=(40, 1))
    assert QuickModel.make(X, np.arange(40), y, np.arange(40) % n_different, Passed(), seed=0) is None


def test_equal_rows_share_their_random_fold():
    duplicates = np.repeat(np.arange(20), 3)
    folds = deal_groups(duplicates, 1)
    assert all(len(set(folds[duplicates == group])) == 1 for group in range(20))


def test_noise_explains_nothing():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(500, 1))
    assert explained_by_numbers(rng.normal(size=500), y, seed=0) < 0.05
    assert explained_by_labels(rng.integers(0, 20, 500), y, seed=0) < 0.05


def test_worth_only_saves_time():
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    y = (x + rng.normal(scale=0.2, size=500))[:, None]
    strength = explained_by_numbers(x, y, seed=0)
    assert 0.8 < strength < 1
    assert explained_by_numbers(x, y, seed=0, worth=0.5) == strength
    assert explained_by_numbers(x, y, seed=0, worth=0.999) == 0


def test_means_of_labels_are_those_of_the_training_folds():
    labels = np.repeat([0, 1], 200)
    y = labels[:, None] + np.random.default_rng(0).normal(scale=0.5, size=(400, 1))
    assert explained_by_labels(labels, y, seed=0) == pytest.approx(0.25 / (0.25 + 0.25), abs=0.06)


def test_a_label_of_each_row_explains_nothing():
    y = np.random.default_rng(0).normal(size=(100, 1))
    assert explained_by_labels(np.arange(100), y, seed=0) <= 0


def test_explained_by_pairs_equals_least_squares_on_common_rows():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(60, 4))
    table[:, 3] = table[:, 0] + 0.1 * table[:, 3]
    table[rng.random((60, 4)) < 0.1] = np.nan
    y = np.nan_to_num(table[:, 0]) - 2 * np.nan_to_num(table[:, 1]) + 0.3 * rng.normal(size=60) + 5
    single, both, n_rows = _explained(table, y)
    for i in range(4):
        for j in range(4):
            rows = np.isfinite(table[:, [i, j]]).all(axis=1)
            assert n_rows[i, j] == rows.sum()
            goal = y[rows] - y[rows].mean()
            for columns, found in (([i], single[i, j]), ([i, j], both[i, j])):
                if i != j:
                    design = table[rows][:, columns] - table[rows][:, columns].mean(axis=0)
                    rest = goal - design @ np.linalg.lstsq(design, goal, rcond=None)[0]
                    assert found == pytest.approx(1 - (rest @ rest) / (goal @ goal), abs=1e-10)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.sampled_from([0.002, 0.02, 0.2]), st.integers(2, 5))
def test_near_rows_are_those_of_all_distances(seed, step, n_elements):
    rng = np.random.default_rng(seed)
    space = rng.dirichlet(np.ones(n_elements), 60).round(1)
    space[30:] = space[:30] + rng.choice([0, step, -step / 2], size=(30, n_elements))
    duplicates = np.unique(space, axis=0, return_inverse=True)[1].ravel()
    order = rng.permutation(60)
    folds = [Fold("s", k, "", np.sort(np.delete(order, np.s_[k::3])), np.sort(order[k::3])) for k in range(3)]
    found = _nearest(space, NEAR, _crowded(space, NEAR, seed), folds, duplicates)
    for fold in folds:
        distances = cdist(space[fold.test], space[fold.train], "cityblock")
        for i, row in zip(fold.test, distances, strict=True):
            has_equal = np.isin(duplicates[i], duplicates[fold.train])
            # At the bound itself rounding decides.
            if not has_equal and abs(row.min() - NEAR) > 1e-9:
                assert (int(i) in found) == (row.min() < NEAR)
    for test, train in found.items():
        assert 0 < np.abs(space[test] - space[train]).sum() < NEAR


def test_determines_ignores_rows_without_a_group():
    batch = np.repeat(np.arange(20), 5)
    lab = batch % 4
    lab[::7] = -1
    assert determines(batch, lab)
    assert not determines(lab, batch)
    assert not determines(np.arange(100), lab)  # each row its own group tells everything, and nothing
    assert not determines(np.full(100, -1), lab)


def test_families_need_a_gap():
    rng = np.random.default_rng(0)
    centre = np.repeat(rng.normal(scale=10, size=(20, 3)), 5, axis=0)

    def found(scale):
        X = pd.DataFrame(centre + rng.normal(scale=scale, size=(100, 3)))
        model = QuickModel.make(X, np.arange(100), X.to_numpy()[:, :1], np.arange(100), Passed(), seed=0)
        assert model is not None
        return families(model)

    labels = found(0.01)
    assert labels is not None
    expected = np.repeat(np.arange(20), 5)
    assert len(set(zip(labels.tolist(), expected.tolist(), strict=True))) == len(set(labels.tolist())) == 20
    assert found(10.0) is None


def test_what_the_checks_share_is_read_from_the_data():
    frame = pd.DataFrame(
        {
            "formula": ["TiO2", "Ti2O4", "SiO2", "GeO2", "SnO2"] * 5,
            "a": [1.0, np.nan, 2.0, 3.0, 4.0] * 5,
            "T_K": [None, 300, 300, 400, 400] * 5,
            "lab": ["x", None, " x", "y", "z"] * 5,
        }
    )
    dataset = make_dataset(frame.assign(b=np.arange(25.0), w=1.0), ["a", "b"], ["formula"], weights="w")
    features = table_features(dataset.inputs, dataset.kinds, representation="descriptors")
    subject = Subject(dataset, make_folds("random", dataset, features=features, n_folds=2), features, 0)
    assert subject.columns == ["formula", "T_K", "lab"]
    assert [(target.name, len(target.rows)) for target in subject.targets] == [("a", 20), ("b", 25)]
    assert subject.targets[0].values[:, 0].tolist() == [1.0, 2.0, 3.0, 4.0] * 5
    assert subject.labels("lab")[:5].tolist() == [0, -1, 0, 1, 2]
    assert subject.duplicates[:3].tolist() == [0, 0, 1]
    assert np.isnan(subject.numbers["T_K"][0])
    assert subject.row_ids([0, 4]) == (1, 5)


def test_a_logarithm_is_compared_in_its_unit():
    frame = pd.DataFrame({"formula": [f"Ti{i}O" for i in range(1, 31)], "k_GPa": 10.0 ** np.arange(30)})
    dataset = make_dataset(frame, "k_GPa", log=True)
    (target,) = Subject(dataset, [], None, 0).targets
    assert target.values[:3, 0].tolist() == [0.0, 1.0, 2.0]
    assert target.raw[:3, 0].tolist() == [1.0, 10.0, 100.0]
    assert target.amount(0.5) == "0.5 log10(GPa)"
