"""Choosing and blending classifiers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from matterlearn.core.errors import ArgumentError
from matterlearn.models.class_blend import ClassBlend, class_probabilities
from matterlearn.models.class_selection import ClassSelector, mixture_weights
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes

PAIR = [("bayes", GaussianNB()), ("tree", DecisionTreeClassifier(max_depth=3, random_state=0))]


@parametrize_with_checks([ClassBlend(PAIR, [0.5, 0.5]), ClassSelector(PAIR, cv=2)])
def test_sklearn_contract(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return X[::3], np.array(["malignant", "benign"])[y[::3]]


def candidates():
    return [
        ("logistic", make_pipeline(StandardScaler(), LogisticRegression())),
        ("trees", ExtraTreesClassifier(30, random_state=0)),
        ("shares", DummyClassifier()),
    ]


def test_blend_is_scikit_learns_soft_vote(cancer):
    X, y = cancer
    members = candidates()
    ours = ClassBlend(members, [0.6, 0.3, 0.1]).fit(X, y)
    theirs = VotingClassifier(members, voting="soft", weights=[0.6, 0.3, 0.1]).fit(X, y)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-14)
    assert ours.predict(X).tolist() == theirs.predict(X).tolist()
    mean, spread = ours.predict_with_members(X)
    by_hand = np.stack([model.predict_proba(X) for _, model in ours.members_])
    leading = np.argmax(mean, axis=1)
    chosen = by_hand[:, np.arange(len(X)), leading]
    middle = np.average(chosen, axis=0, weights=[6, 3, 1])
    expected = np.sqrt(np.average((chosen - middle) ** 2, axis=0, weights=[6, 3, 1]))
    np.testing.assert_allclose(spread, expected, atol=1e-14)
    assert np.isnan(ClassBlend(members[:1], [1.0]).fit(X, y).predict_with_members(X)[1]).all()


def test_inner_scores_are_those_of_scikit_learn(cancer):
    X, y = cancer
    selector = ClassSelector(candidates(), cv=4, random_state=3).fit(X, y)
    folds = StratifiedKFold(4, shuffle=True, random_state=3)
    for name, model in candidates():
        found = cross_val_predict(model, X, y, cv=folds, method="predict_proba")
        floored = np.maximum(found, 0.5 / len(y))
        expected = -np.mean(np.log(floored[np.arange(len(y)), (y == "malignant").astype(int)]))
        assert selector.scores_[name] == pytest.approx(expected, abs=1e-12)
    assert selector.blend_score_ < 1.02 * min(selector.scores_.values())
    assert sum(selector.weights_.values()) == pytest.approx(1)
    order = np.argsort(selector.inner_.rows)
    assert selector.inner_.rows[order].tolist() == list(range(len(y)))
    assert log_loss(y, selector.inner_.probabilities[order]) == pytest.approx(selector.blend_score_, abs=1e-3)
    single = ClassSelector(candidates(), cv=4, blend=False, random_state=3).fit(X, y)
    assert list(single.weights_) == [min(single.scores_, key=single.scores_.get)]


def test_weights_of_a_mixture_are_the_most_probable_ones():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.05, 1.0, (60, 3))
    found = mixture_weights(p, prior_rows=3.0, least_share=0.0)

    def minus_log_posterior(free):
        weights = softmax(free)
        return -np.sum(np.log(p @ weights)) - 3.0 * np.sum(np.log(weights))

    expected = softmax(minimize(minus_log_posterior, np.zeros(3), tol=1e-12).x)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    weight = rng.integers(0, 3, 60).astype(float)
    copies = mixture_weights(np.repeat(p, weight.astype(int), axis=0), least_share=0.0)
    np.testing.assert_allclose(mixture_weights(p, weight, least_share=0.0), copies, atol=1e-6)
    # Thousands of rows decide alone, and what is of no use is left out.
    useless = np.column_stack([p[:, 0] ** 0.2, p[:, 0] ** 0.2, np.full(60, 1e-3)])
    assert mixture_weights(np.tile(useless, (100, 1)))[2] == 0.0


def test_weights_count_like_copies():
    X, y = load_iris(return_X_y=True)
    X, y = X[::2], y[::2]
    weight = np.random.default_rng(0).integers(0, 3, len(y)).astype(float)
    pair = [("a", LogisticRegression(C=0.5, tol=1e-8, max_iter=1000)), ("b", GaussianNB())]
    train = np.arange(len(y)) % 3 > 0
    folds = [(np.flatnonzero(train), np.flatnonzero(~train))]
    copies = np.repeat(np.arange(len(y)), weight.astype(int))
    weighted = ClassSelector(pair, cv=folds).fit(X, y, sample_weight=weight)
    copied_folds = [(np.flatnonzero(train[copies]), np.flatnonzero(~train[copies]))]
    copied = ClassSelector(pair, cv=copied_folds).fit(X[copies], y[copies])
    assert weighted.scores_ == pytest.approx(copied.scores_, rel=1e-6)
    assert weighted.weights_ == pytest.approx(copied.weights_, rel=1e-4)
    with pytest.raises(ArgumentError, match="no weights of rows can be given to knn"):
        ClassSelector([*pair, ("knn", KNeighborsClassifier())]).fit(X, y, sample_weight=weight)
    with pytest.raises(ArgumentError, match="every row that the inner folds test has weight 0"):
        ClassSelector(pair, cv=folds).fit(X, y, sample_weight=train.astype(float))


def test_a_class_that_a_fold_lacks_has_probability_0():
    X = np.arange(12.0)[:, None]
    y = np.array(["a"] * 5 + ["b"] * 5 + ["c"] * 2)
    folds = [(np.arange(10), np.array([10, 11])), (np.arange(2, 12), np.array([0, 1]))]
    selector = ClassSelector([("bayes", GaussianNB()), ("shares", DummyClassifier())], cv=folds).fit(X, y)
    assert selector.inner_.probabilities[:2, 2].tolist() == [0.0, 0.0]
    assert all(np.isfinite(list(selector.scores_.values())))
    np.testing.assert_allclose(selector.predict_proba(X).sum(axis=1), 1)
    assert class_probabilities(DummyClassifier().fit(X, ["b"] * 12), X, np.array(["a", "b"]))[0].tolist() == [0, 1]


def test_a_class_of_two_rows_is_learned_by_nobody_and_stops_nobody():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(40, 2)), np.repeat(["a", "b", "c"], [20, 18, 2])
    calibrated = CalibratedClassifierCV(GaussianNB(), method="temperature", cv=StratifiedKFold(3), ensemble=False)
    blend = ClassBlend([("calibrated", calibrated), ("shares", DummyClassifier())], [0.5, 0.5]).fit(X, y)
    assert blend.classes_.tolist() == ["a", "b", "c"]
    assert blend.predict_proba(X)[:, 2].max() == 0.0
    few = ClassBlend([("shares", DummyClassifier())], [1.0]).fit(X[:4], ["a", "a", "b", "c"])
    assert few.predict_proba(X)[0].tolist() == [0.5, 0.25, 0.25]


def test_what_cannot_be_chosen_from_is_said():
    X = np.arange(12.0)[:, None]
    with pytest.raises(ArgumentError, match="a class has one sample"):
        ClassSelector(PAIR).fit(X, ["a"] * 11 + ["b"])
    with pytest.raises(ArgumentError, match="different names"):
        ClassSelector([*PAIR, PAIR[0]]).fit(X, ["a", "b"] * 6)
    with pytest.raises(ArgumentError, match="2 members but 1 weights"):
        ClassBlend(PAIR, [1.0]).fit(X, ["a", "b"] * 6)


def test_tables_are_handed_on_and_kept_in_a_file(cancer):
    X, y = cancer
    frame = pd.DataFrame(X, columns=[f"m{k}" for k in range(X.shape[1])])
    selector = ClassSelector(candidates(), cv=2).fit(frame, y)
    read = estimator_from_bytes(estimator_to_bytes(selector.model_))
    np.testing.assert_array_equal(read.predict_proba(frame), selector.predict_proba(frame))
    assert read.predict(frame).tolist() == selector.predict(frame).tolist()
    with pytest.raises(ValueError, match="feature names"):
        selector.predict_proba(frame.rename(columns={"m0": "other"}))
