from __future__ import annotations

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.utils.estimator_checks import parametrize_with_checks

from matterlearn.core.errors import ArgumentError
from matterlearn.models.kernel_ridge_classifier import KernelRidgeClassifier


@parametrize_with_checks([KernelRidgeClassifier(), KernelRidgeClassifier(1.0, kernel="rbf", gamma=0.5)])
def test_it_is_a_scikit_learn_classifier(estimator, check):
    check(estimator)


def rings(n_rows, n_classes, seed):
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, (n_rows, 2))
    radius = np.hypot(*X.T) + 0.05 * rng.normal(size=n_rows)
    return X, np.digitize(radius, np.linspace(0.45, 0.9, n_classes - 1))


@pytest.mark.parametrize("kernel", ["laplacian", "rbf"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_outputs_are_those_of_kernel_ridge_regression(kernel, n_classes):
    X, y = rings(60, n_classes, 0)
    model = KernelRidgeClassifier(0.3, kernel=kernel, gamma=1.5).fit(X, y)
    shares = np.bincount(y) / len(y)
    indicators = np.eye(n_classes)[y] - shares
    oracle = KernelRidge(kernel=kernel, gamma=1.5, alpha=0.3).fit(X, indicators)
    np.testing.assert_allclose(model.dual_coef_, oracle.dual_coef_, atol=1e-9)
    np.testing.assert_allclose(model.shares_, shares)


def test_the_link_learns_from_rows_that_are_left_out():
    X, y = rings(40, 2, 1)
    model = KernelRidgeClassifier(0.1, gamma=1.0).fit(X, y)
    share, outputs = y.mean(), np.empty(len(y))
    for i in range(len(y)):
        others = np.arange(len(y)) != i
        ridge = KernelRidge(kernel="laplacian", gamma=1.0, alpha=0.1).fit(X[others], y[others] - share)
        outputs[i] = np.clip(ridge.predict(X[[i]])[0] + share, 0.01, 0.99)
    link = LogisticRegression(C=100.0).fit(np.log(outputs / (1 - outputs))[:, None], y)
    np.testing.assert_allclose(model.link_.coef_, link.coef_, rtol=1e-3)
    np.testing.assert_allclose(model.link_.intercept_, link.intercept_, atol=1e-3)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_are_better_than_shares_and_add_up(n_classes):
    X, y = rings(300, n_classes, 2)
    model = KernelRidgeClassifier(0.1, gamma=2.0).fit(X[:200], y[:200])
    P = model.predict_proba(X[200:])
    np.testing.assert_allclose(P.sum(axis=1), 1.0)
    shares = np.tile(np.bincount(y[:200]) / 200, (100, 1))
    assert log_loss(y[200:], P) < 0.6 * log_loss(y[200:], shares)
    np.testing.assert_array_equal(model.predict(X[200:]), P.argmax(axis=1))


def test_what_blocks_of_rows_give_does_not_depend_on_their_size(monkeypatch):
    X, y = rings(80, 2, 3)
    model = KernelRidgeClassifier(gamma=1.0).fit(X, y)
    whole = model.predict_proba(X)
    monkeypatch.setattr("matterlearn.models.kernel_ridge_classifier._BLOCK", 200)
    np.testing.assert_allclose(model.predict_proba(X), whole, rtol=1e-12)


def test_far_from_all_rows_the_shares_decide():
    X, y = rings(200, 2, 4)
    model = KernelRidgeClassifier(gamma=1.0).fit(X, y)
    far = model.predict_proba([[1e6, 1e6]])[0]
    rough = np.log(model.shares_[1] / model.shares_[0])
    expected = 1 / (1 + np.exp(-(model.link_.coef_[0, 0] * rough + model.link_.intercept_[0])))
    assert far[1] == pytest.approx(expected)


def test_one_class_and_bad_parameters_are_refused():
    with pytest.raises(ArgumentError, match="one class: 'a'"):
        KernelRidgeClassifier().fit([[0.0], [1.0]], ["a", "a"])
    for parameters in ({"alpha": 0.0}, {"kernel": "poly"}, {"gamma": -1.0}):
        with pytest.raises(ValueError, match=f"'{next(iter(parameters))}' parameter of KernelRidgeClassifier"):
            KernelRidgeClassifier(**parameters).fit([[0.0], [1.0]], [0, 1])
