"""Pruned trees: the path, the rules, and what pruning is for."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.estimator_checks import parametrize_with_checks

from matterlearn.core.errors import ArgumentError, ModelFileError
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes
from matterlearn.models.pruned_tree import (
    MOST_PENALTIES,
    PrunedTreeClassifier,
    PrunedTreeRegressor,
    choose_penalty,
    penalties,
)

CANCER = load_breast_cancer(return_X_y=True)
DIABETES = load_diabetes(return_X_y=True)


@parametrize_with_checks([PrunedTreeClassifier(), PrunedTreeRegressor(rule="min")])
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def step(n_rows, noise, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.uniform(size=(n_rows, 4))
    return X, np.where(X[:, 1] > 0.4, 1.0, -1.0) + noise * rng.normal(size=n_rows)


def test_noise_is_cut_away_and_a_step_is_kept():
    X, y = step(200, 0.5)
    whole = DecisionTreeRegressor(random_state=0).fit(X, y)
    pruned = PrunedTreeRegressor(random_state=0).fit(X, y)
    assert whole.get_n_leaves() > 150
    assert pruned.tree_.get_n_leaves() <= 6
    assert pruned.tree_.tree_.feature[0] == 1
    assert pruned.tree_.tree_.threshold[0] == pytest.approx(0.4, abs=0.02)
    assert pruned.feature_importances_[1] > 0.9


def test_noise_alone_leaves_the_root():
    rng = np.random.default_rng(3)
    model = PrunedTreeRegressor(random_state=0).fit(rng.normal(size=(100, 3)), y := rng.normal(size=100))
    assert model.tree_.get_n_leaves() == 1
    np.testing.assert_allclose(model.predict(np.zeros((2, 3))), y.mean())


@pytest.mark.parametrize(
    ("model", "whole", "data"),
    [
        (PrunedTreeClassifier(random_state=0), DecisionTreeClassifier(random_state=0), CANCER),
        (PrunedTreeRegressor(random_state=0), DecisionTreeRegressor(random_state=0), DIABETES),
    ],
)
def test_pruned_is_smaller_and_no_worse_on_other_rows(model, whole, data):
    X, y = data
    known = np.random.default_rng(0).permutation(len(y)) < 250
    model.fit(X[known], y[known])
    whole.fit(X[known], y[known])
    assert 3 * model.tree_.get_n_leaves() < whole.get_n_leaves()
    assert model.score(X[~known], y[~known]) > whole.score(X[~known], y[~known]) - 0.01
    assert model.alpha_ in model.ccp_alphas_


def test_scores_are_those_of_a_grid_search():
    X, y = step(80, 0.8)
    model = PrunedTreeRegressor(rule="min", random_state=5).fit(X, y)
    seed = model.tree_.random_state
    search = GridSearchCV(
        DecisionTreeRegressor(random_state=seed),
        {"ccp_alpha": model.ccp_alphas_},
        cv=KFold(5, shuffle=True, random_state=seed),
        scoring="neg_mean_squared_error",
    ).fit(X, y)
    expected = np.column_stack([search.cv_results_[f"split{k}_test_score"] for k in range(5)])
    np.testing.assert_allclose(model.scores_, expected)
    assert model.scores_.mean(axis=1)[model.ccp_alphas_ == model.alpha_] == pytest.approx(search.best_score_)


def test_one_standard_error_gives_the_smaller_tree():
    best, simple = (PrunedTreeClassifier(rule=rule, random_state=0).fit(*CANCER) for rule in ("min", "1se"))
    np.testing.assert_array_equal(best.scores_, simple.scores_)
    assert simple.alpha_ > best.alpha_
    assert simple.tree_.get_n_leaves() < best.tree_.get_n_leaves()
    means = simple.scores_.mean(axis=1)
    error = simple.scores_[means.argmax()].std(ddof=1) / np.sqrt(5)
    within = simple.ccp_alphas_[means >= means.max() - error]
    assert simple.alpha_ == within.max()


def test_ties_go_to_the_larger_penalty():
    assert choose_penalty(np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]), "min") == 1
    assert choose_penalty(np.empty((4, 0)), "1se") == 0


def test_a_long_path_is_thinned_and_keeps_its_ends():
    path = np.arange(1000.0)
    found = penalties(path)
    assert len(found) == MOST_PENALTIES
    assert (found[0], found[-1]) == (0.0, 999.0)
    assert penalties(np.array([-1e-18, 0.0])).tolist() == [0.0]  # a root alone


def test_few_rows_and_rare_classes():
    assert PrunedTreeRegressor().fit([[0.0]], [3.0]).predict([[9.0]]).tolist() == [3.0]
    X, y = np.arange(7.0)[:, None], ["a", "a", "a", "b", "b", "b", "c"]
    model = PrunedTreeClassifier(random_state=0).fit(X, y)
    assert model.scores_.shape[1] == 3
    assert model.predict_proba(X).shape == (7, 3)
    assert PrunedTreeClassifier().fit(X, list("abcdefg")).tree_.get_n_leaves() == 7  # nothing can be held back


@pytest.mark.parametrize("change", [{"rule": "2se"}, {"cv": 1}, {"min_samples_leaf": 0}, {"criterion": "gini"}])
def test_parameters_that_cannot_be(change):
    with pytest.raises(InvalidParameterError):
        PrunedTreeRegressor(**change).fit(*DIABETES)


@pytest.mark.filterwarnings("ignore:Only one class is present")
def test_a_fold_that_cannot_be_scored_is_said():
    with pytest.raises(ArgumentError, match="scoring: a fold cannot be scored by roc_auc"):
        PrunedTreeClassifier(scoring="roc_auc").fit(np.arange(40.0)[:, None], ["a"] * 39 + ["b"])


@pytest.mark.parametrize("model", [PrunedTreeClassifier(random_state=0), PrunedTreeRegressor(random_state=0)])
def test_bytes_round_trip(model):
    X, y = CANCER if isinstance(model, PrunedTreeClassifier) else DIABETES
    X, y = X[:120], y[:120]
    again = estimator_from_bytes(estimator_to_bytes(model.fit(X, y)))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert again.alpha_ == model.alpha_


def test_a_tree_that_points_outside_itself_is_refused():
    model = PrunedTreeRegressor(random_state=0).fit(*step(40, 0.1))
    model.tree_.tree_.feature[0] = 1000
    with pytest.raises(ModelFileError, match="decision tree in it points outside itself"):
        estimator_from_bytes(estimator_to_bytes(model))
