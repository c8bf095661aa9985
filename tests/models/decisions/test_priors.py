"""Other shares of the classes: Bayes' rule, checked against rows that really have them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from matterlearn.core.errors import ArgumentError
from matterlearn.models.decisions import PriorShiftClassifier, class_shares, shift_priors
from matterlearn.models.weighting import takes_weights

shares = st.lists(st.floats(1e-6, 1.0), min_size=3, max_size=3)


@parametrize_with_checks(
    [PriorShiftClassifier(LogisticRegression()), PriorShiftClassifier(GaussianNB())],
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@given(
    st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=3).filter(any), min_size=1, max_size=5), shares, shares
)
@settings(deadline=None, max_examples=80)
def test_shifting_is_bayes_rule_and_can_be_undone(counts, old, new):
    P = np.array(counts, dtype=float)
    P /= P.sum(axis=1, keepdims=True)
    by_hand = P * np.array(new) / np.array(old)
    by_hand /= by_hand.sum(axis=1, keepdims=True)
    shifted = shift_priors(P, old, new)
    np.testing.assert_allclose(shifted, by_hand, atol=1e-12)
    np.testing.assert_array_equal(shifted == 0, P == 0)
    np.testing.assert_allclose(shift_priors(shifted, new, old), P, atol=1e-6)
    np.testing.assert_allclose(shift_priors(P, old, 1000 * np.array(new)), shifted, atol=1e-12)  # numbers of rows


def test_extreme_shares_stay_probabilities():
    P = shift_priors([[0.5, 0.5], [1.0, 0.0], [1e-300, 1.0]], [1e-300, 1.0], [1.0, 1e-300])
    assert np.isfinite(P).all()
    np.testing.assert_allclose(P.sum(axis=1), 1.0)
    assert P[1].tolist() == [1.0, 0.0]


def test_true_posteriors_of_two_bells_go_over_into_each_other():
    x = np.linspace(-4, 4, 33)
    density = np.column_stack([norm.pdf(x, -1), norm.pdf(x, 1)])

    def posterior(share):
        joint = density * share
        return joint / joint.sum(axis=1, keepdims=True)

    old, new = np.array([0.5, 0.5]), np.array([0.95, 0.05])
    np.testing.assert_allclose(shift_priors(posterior(old), old, new), posterior(new), atol=1e-14)


def test_it_predicts_as_a_model_trained_where_the_shares_are_others():
    # Naive Bayes knows its priors: scikit-learn's own way of changing them is the oracle.
    rng = np.random.default_rng(0)
    y = rng.choice(["a", "b", "c"], 300, p=[0.6, 0.3, 0.1])
    X = rng.normal(size=(300, 2)) + np.array([[ord(label) - 97, 0.0] for label in y])
    bayes = GaussianNB(priors=[0.1, 0.1, 0.8]).fit(X, y)
    shifted = PriorShiftClassifier(GaussianNB(), priors={"c": 8, "a": 1, "b": 1}).fit(X, y)
    np.testing.assert_allclose(shifted.training_priors_, [np.mean(y == label) for label in "abc"])
    np.testing.assert_allclose(shifted.priors_, [0.1, 0.1, 0.8])
    np.testing.assert_allclose(shifted.predict_proba(X), bayes.predict_proba(X), atol=1e-9)
    np.testing.assert_array_equal(shifted.predict(X), bayes.predict(X))


def test_without_priors_nothing_changes():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(50, 2)), rng.integers(0, 3, 50)
    model = PriorShiftClassifier(LogisticRegression()).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), LogisticRegression().fit(X, y).predict_proba(X), atol=1e-14)


def test_weights_count_in_the_shares():
    X, y = np.arange(6.0)[:, None], np.array(["a", "a", "b", "b", "c", "c"])
    model = PriorShiftClassifier(GaussianNB()).fit(X, y, sample_weight=[1, 1, 2, 4, 0, 0])
    assert model.classes_.tolist() == ["a", "b"]
    np.testing.assert_allclose(model.training_priors_, [0.25, 0.75])
    assert class_shares([0, 0, 1, 2], 4, [1, 1, 2, 0]).tolist() == [0.5, 0.5, 0.0, 0.0]
    assert takes_weights(model)
    assert not takes_weights(PriorShiftClassifier(KNeighborsClassifier()))


@pytest.mark.parametrize(
    ("priors", "message"),
    [
        ({"a": 0.5}, "priors: classes are a, b; missing or unknown: b; name each class once"),
        ({"a": 0.5, "b": 0.4, "z": 0.1}, "priors: classes are a, b; missing or unknown: z"),
        ([0.5, 0.2, 0.3], "priors: 3 numbers for 2 classes"),
        ([1.0, 0.0], "priors: must be above 0 for every class, got 0"),
        ([1.0, np.inf], "priors: a number is missing or not finite"),
        (["x", "y"], "priors: must be numbers"),
    ],
)
def test_priors_that_cannot_be(priors, message):
    with pytest.raises(ArgumentError, match=f"^{message}"):
        PriorShiftClassifier(GaussianNB(), priors).fit([[0.0], [1.0]], ["a", "b"])


@pytest.mark.parametrize(
    ("P", "message"),
    [
        ([[0.5, 0.6]], r"P: the probabilities of row 0 sum to 1.1, not to 1"),
        ([[0.5, 0.5], [1.2, -0.2]], "P: a probability is -0.2, not between 0 and 1"),
        ([0.5, 0.5], r"P: must have the shape \(n_samples, n_classes\), got \(2,\)"),
        ([[np.nan, 1.0]], "P: a number is missing or not finite"),
        ([["a", "b"]], "P: must be numbers"),
        (np.zeros((2, 0)), "P: there is no class"),
    ],
)
def test_probabilities_that_are_none(P, message):
    with pytest.raises(ArgumentError, match=f"^{message}"):
        shift_priors(P, [0.5, 0.5], [0.5, 0.5])


def test_no_rows_and_single_precision():
    assert shift_priors(np.zeros((0, 2)), [1, 1], [1, 1]).shape == (0, 2)
    P = np.random.default_rng(0).dirichlet(np.ones(50), size=20).astype(np.float32)
    np.testing.assert_allclose(shift_priors(P, np.ones(50), np.ones(50)), P, atol=1e-6)
