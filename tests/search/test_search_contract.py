"""Searches as estimators of scikit-learn, in pipelines, in the protocol, with groups and weights."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from matter_tables import binaries
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import make_scorer, max_error, r2_score
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from matterlearn.core.errors import ArgumentError
from matterlearn.data.dataset import make_dataset
from matterlearn.features.table_features import table_features
from matterlearn.models.weighting import fit_weighted, takes_weights
from matterlearn.search import Choice, Float, GridSearch, TPESearch, evaluate
from matterlearn.validation.folds import make_folds
from matterlearn.validation.protocol import Protocol
from matterlearn.validation.splits import GroupSplit

rng = np.random.default_rng(1)
X = rng.normal(size=(40, 3))
y = X @ [1.0, -2.0, 0.5] + 0.3 * rng.normal(size=40)
GRID = {"alpha": [0.01, 1.0, 30.0]}
SPACE = {"alpha": Float(1e-3, 1e3, log=True)}


@parametrize_with_checks(
    [
        GridSearch(Ridge(), {"alpha": [0.1, 1.0]}, cv=2),
        TPESearch(Ridge(), {"alpha": Float(0.1, 1.0)}, n_trials=3, cv=2),
    ]
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.mark.parametrize("scoring", [None, "neg_mean_absolute_error"])
def test_it_finds_what_scikit_learn_finds(scoring):
    cv = KFold(4, shuffle=True, random_state=3)
    ours = GridSearch(Ridge(), GRID, cv=cv, scoring=scoring).fit(X, y)
    theirs = GridSearchCV(Ridge(), GRID, cv=cv, scoring=scoring).fit(X, y)
    for name, column in theirs.cv_results_.items():
        if "time" in name:
            assert "score_time" in name or (ours.cv_results_[name] > 0).all()
        elif name != "params":
            np.testing.assert_array_equal(np.asarray(ours.cv_results_[name]), np.asarray(column), err_msg=name)
    assert ours.cv_results_["params"] == theirs.cv_results_["params"]
    for name in ("best_params_", "best_score_", "best_index_", "n_splits_"):
        assert getattr(ours, name) == getattr(theirs, name)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    assert ours.score(X, y) == theirs.score(X, y)


def test_several_grids_leave_what_is_not_theirs_masked():
    search = GridSearch(Ridge(), [{"alpha": [1.0, 2.0]}, {"solver": ["lsqr"]}], cv=2).fit(X, y)
    assert search.cv_results_["param_alpha"].mask.tolist() == [False, False, True]
    assert search.cv_results_["param_solver"].mask.tolist() == [True, True, False]


def test_a_fitted_search_is_pickled_and_cloned(tmp_path):
    for search in (GridSearch(Ridge(), GRID, cv=2), TPESearch(Ridge(), SPACE, n_trials=3, cv=2)):
        fitted = search.fit(X, y)
        again = pickle.loads(pickle.dumps(fitted))
        np.testing.assert_array_equal(again.predict(X), fitted.predict(X))
        assert not hasattr(clone(fitted), "best_params_")


def test_in_pipelines_and_within_cross_validation():
    model = make_pipeline(StandardScaler(), TPESearch(Ridge(), SPACE, n_trials=4, cv=2))
    assert cross_val_score(model, X, y, cv=3).min() > 0.5


def test_in_the_protocol():
    data = make_dataset(binaries(30), "gap_eV", inputs=["formula"])
    features = table_features(["formula"], {"formula": "formula"}, representation="fractions")
    search = GridSearch(make_pipeline(features, Ridge()), {"ridge__alpha": [0.1, 100.0]}, cv=2)
    folds = make_folds("random", data, features=features, n_folds=2)
    protocol = Protocol(folds, {}, features, n_explained=0, calibration_folds=2, calibration_splits=2)
    judged = protocol.run(search, data)
    assert isinstance(judged.fitted["gap_eV"].estimator, GridSearch)
    assert np.isfinite(judged.evidence.predictions["prediction"]).all()


def test_groups_reach_the_splitter():
    groups = np.repeat(np.arange(8), 5)
    for cv in (GroupSplit(4), 4):
        search = GridSearch(Ridge(), GRID, cv=cv).fit(X, y, groups=groups)
        assert search.n_splits_ == 4
    seen = []

    class Noting(KFold):
        def split(self, X, y=None, groups=None):
            seen.append(groups)
            return super().split(X, y)

    TPESearch(Ridge(), SPACE, n_trials=1, cv=Noting(2)).fit(X, y, groups=groups)
    np.testing.assert_array_equal(seen[0], groups)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        GridSearch(Ridge(), GRID).fit(X, y, groups=groups[:-1])


def test_weights_are_handed_on_to_fits_and_scores():
    weights = rng.integers(1, 5, size=40).astype(float)
    cv = KFold(3, shuffle=True, random_state=0)
    search = GridSearch(Ridge(), GRID, cv=cv)
    assert takes_weights(search)
    fit_weighted(search, X, y, weights)
    for k, (train, test) in enumerate(cv.split(X)):
        model = Ridge(alpha=1.0).fit(X[train], y[train], sample_weight=weights[train])
        expected = r2_score(y[test], model.predict(X[test]), sample_weight=weights[test])
        assert search.cv_results_[f"split{k}_test_score"][1] == pytest.approx(expected, rel=1e-12)
    best = Ridge(**search.best_params_).fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(search.predict(X), best.predict(X), rtol=1e-12)
    assert not takes_weights(GridSearch(KNeighborsRegressor(), {"n_neighbors": [1]}))
    with pytest.raises(ArgumentError, match="KNeighborsRegressor takes no weights of rows"):
        GridSearch(KNeighborsRegressor(), {"n_neighbors": [1]}).fit(X, y, sample_weight=weights)
    with pytest.raises(ArgumentError, match="this metric takes no weights"):
        GridSearch(Ridge(), GRID, scoring=make_scorer(max_error)).fit(X, y, sample_weight=weights)


def test_a_worker_gets_all_that_it_needs(monkeypatch):
    sent = []

    def map_elsewhere(function, items, *, workers, keep):
        sent.append(workers)
        there, work = pickle.loads(pickle.dumps((function, items)))  # as another process gets it
        return [there(item) for item in work]

    one = GridSearch(Ridge(), GRID, cv=3).fit(X, y).cv_results_
    monkeypatch.setattr(evaluate, "map_items", map_elsewhere)
    two = GridSearch(Ridge(), GRID, cv=3, workers=2).fit(X, y).cv_results_
    assert sent == [2]
    for name in ("split0_test_score", "split1_test_score", "split2_test_score"):
        np.testing.assert_array_equal(one[name], two[name])


def test_without_refit_there_is_nothing_to_predict_with():
    search = GridSearch(Ridge(), GRID, cv=2, refit=False).fit(X, y)
    assert search.best_params_["alpha"] in GRID["alpha"]
    assert not hasattr(search, "predict")
    with pytest.raises(AttributeError, match="refit=False"):
        search.score(X, y)


@pytest.mark.parametrize(
    ("search", "said"),
    [
        (GridSearch(Ridge(), {"alfa": [1.0]}), "grid: Ridge has no parameter 'alfa'; did you mean 'alpha'?"),
        (GridSearch(Ridge, GRID), "estimator: must be an estimator, got <class"),
        (GridSearch(Ridge(), {"alpha": 1.0}), "grid, alpha: must be a list of values, got 1.0"),
        (GridSearch(Ridge(), {"alpha": []}), "grid, alpha: needs at least one value"),
        (GridSearch(Ridge(), {}), "grid: needs at least one parameter"),
        (GridSearch(Ridge(), 3), "grid: must map names to lists of values, got 3"),
        (GridSearch(Ridge(), GRID, cv=1), "cv: at least 2 folds are needed, got 1"),
        (GridSearch(Ridge(), GRID, scoring=["r2"]), "scoring: one metric is needed, got ['r2']"),
        (GridSearch(Ridge(), GRID, random_state=None), "random_state: must be a whole number, got None"),
        (TPESearch(Ridge(), {"alhpa": Float(0, 1)}), "space: Ridge has no parameter 'alhpa'; did you mean 'alpha'?"),
        (TPESearch(Ridge(), SPACE, n_trials=0), "n_trials: must be a whole number of at least 1, got 0"),
        (TPESearch(Ridge(), SPACE, pruner="medain"), "pruner: must be None or 'median', got 'medain'"),
        (TPESearch(Ridge(), SPACE, pruner="median", batch_size=2), "the folds of all trials of a batch"),
    ],
)
def test_arguments_that_cannot_be_used(search, said):
    with pytest.raises(ArgumentError) as error:
        search.fit(X, y)
    assert said in str(error.value)


def test_a_bad_parameter_is_no_failed_training():
    with pytest.raises(ValueError, match="alpha"):
        GridSearch(Ridge(), {"alpha": [-1.0]}, cv=2).fit(X, y)


def test_classifiers_get_stratified_folds():
    labels = np.array([0] * 36 + [1] * 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search = GridSearch(LogisticRegression(), {"C": [1.0]}, cv=4).fit(X, labels)
    assert search.classes_.tolist() == [0, 1]
    assert search.predict_proba(X).shape == (40, 2)
    with pytest.raises(ValueError, match="Unknown label type"):
        search.fit(X, np.array([*labels[:-1], None], dtype=object))
    with pytest.raises(ArgumentError, match="y: a class is missing"):
        search.fit(X, np.where(labels == 1, np.nan, 0.0))
    choice = TPESearch(LogisticRegression(), {"class_weight": Choice([None, "balanced"])}, n_trials=2, cv=2)
    assert choice.fit(X, labels).best_params_["class_weight"] in (None, "balanced")
