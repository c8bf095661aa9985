"""Decisions by cost: the least one, found by trying every other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.utils import compute_class_weight

from matterlearn.core.errors import ArgumentError
from matterlearn.models.decisions import class_costs, decide, expected_cost, threshold_for_cost


def test_no_other_decision_is_expected_to_cost_less():
    rng = np.random.default_rng(0)
    P, costs = rng.dirichlet([0.5, 1.0, 2.0], size=200), np.array([5.0, 1.0, 0.2])
    risk = (P * costs).sum(axis=1, keepdims=True) - P * costs  # of each decision: what the other classes would cost
    np.testing.assert_array_equal(decide(P, costs), risk.argmin(axis=1))
    np.testing.assert_array_equal(decide(P), P.argmax(axis=1))
    np.testing.assert_array_equal(decide(P, 3e307 * costs), decide(P, costs))


def test_two_classes_are_a_threshold():
    p = np.linspace(0, 1, 101)
    np.testing.assert_array_equal(decide(np.column_stack([1 - p, p]), [1.0, 3.0])[p != 0.25], (p > 0.25)[p != 0.25])
    assert decide([[0.5, 0.5]]).tolist() == [0]  # the first among equals


rows = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0]), st.sampled_from([0.0, 1.0, 2.5])),
    min_size=1,
    max_size=10,
)


@given(rows, st.sampled_from([0.0, 1.0, 3.0]), st.sampled_from([0.0, 1.0, 7.0]))
@settings(deadline=None, max_examples=150)
def test_no_threshold_costs_less(given_rows, missed, false):
    is_positive, p, weight = (np.array(column) for column in zip(*given_rows, strict=True))
    if missed == false == 0:
        with pytest.raises(ArgumentError, match="nor both 0"):
            threshold_for_cost(is_positive, p, missed, false, weight)
        return
    if not weight.any():
        with pytest.raises(ArgumentError, match="every weight is 0"):
            threshold_for_cost(is_positive, p, missed, false, weight)
        return

    def cost(threshold):
        called = p >= threshold
        return np.sum(weight * (missed * (is_positive & ~called) + false * (~is_positive & called)))

    found = threshold_for_cost(is_positive, p, missed, false, weight)
    tried = [0.0, 0.1, 0.3, 0.6, 0.9, math.inf]
    assert cost(found) == pytest.approx(min(map(cost, tried)), abs=1e-9)
    bayes = false / (missed + false)
    if cost(bayes) == pytest.approx(cost(found), abs=1e-9) and bayes > 0:
        assert found == pytest.approx(bayes)  # nothing on the rows speaks against it


def test_threshold_of_calibrated_rows_is_near_the_ratio_of_costs():
    rng = np.random.default_rng(1)
    p = expit(rng.normal(scale=2, size=50_000))
    found = threshold_for_cost(rng.random(len(p)) < p, p, cost_missed=4.0, cost_false=1.0)
    assert 0.17 < found < 0.23


def test_all_or_nothing():
    assert threshold_for_cost([True], [0.4], 1.0, 1.0) == 0.2  # between 0 and 0.4; one half would miss it
    assert threshold_for_cost([False], [0.6], 1.0, 1.0) == 0.8
    assert threshold_for_cost([False], [1.0], 1.0, 1.0) == math.inf
    assert threshold_for_cost([True], [0.0], 1.0, 1.0) == 0.0
    assert threshold_for_cost([True, False], [0.5, 0.5], 1.0, 5.0) > 0.5  # ties go together
    next_to = np.nextafter(0.7, 1)
    assert threshold_for_cost([False, True], [0.7, next_to], 1.0, 1.0) == next_to


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([True], [1.5], 1, 1), "p: must be between 0 and 1"),
        (([True], [0.5, 0.5], 1, 1), "p: must have the shape"),
        (([True], [0.5], -1, 1), "costs: must not be negative, nor both 0, got -1 and 1"),
        (([True], [0.5], np.nan, 1), "costs: a number is missing"),
        (([], [], 1, 1), "weight: there is no row"),
    ],
)
def test_thresholds_of_nonsense(arguments, message):
    with pytest.raises(ArgumentError, match=f"^{message}"):
        threshold_for_cost(*arguments)


def test_costs_of_classes():
    y = np.repeat(["a", "b", "c"], [10, 30, 60])
    balanced = class_costs("balanced", ["a", "b", "c"], [0.1, 0.3, 0.6])
    np.testing.assert_allclose(balanced, compute_class_weight("balanced", classes=np.array(["a", "b", "c"]), y=y))
    np.testing.assert_allclose(class_costs("balanced", ["a", "b", "c"], [10, 30, 60]), balanced)
    assert class_costs(None, ["a", "b"], [0.5, 0.5]).tolist() == [1.0, 1.0]
    assert class_costs({"b": 4}, ["a", "b"], [0.5, 0.5]).tolist() == [1.0, 4.0]
    for costs, message in (
        ({"B": 4.0}, "costs: unknown class 'B'; did you mean 'b'"),
        ({"b": 0.0}, "costs: must be above 0 for every class, got 0"),
        ({"b": "much"}, "costs: must be numbers"),
        ("equal", "costs: must be 'balanced', costs by class, or None, got 'equal'"),
        (3, "costs: must be 'balanced', costs by class, or None, got 3"),
    ):
        with pytest.raises(ArgumentError, match=f"^{message}"):
            class_costs(costs, ["a", "b"], [0.5, 0.5])
    with pytest.raises(ArgumentError, match=r"^priors: must be above 0"):
        class_costs("balanced", ["a", "b"], [1.0, 0.0])


def test_expected_cost_is_one_minus_accuracy_in_its_two_guises():
    rng = np.random.default_rng(2)
    codes, decided, weight = rng.integers(0, 3, 60), rng.integers(0, 3, 60), rng.integers(0, 3, 60)
    plain = 1 - accuracy_score(codes, decided, sample_weight=weight)
    assert expected_cost(codes, decided, np.ones(3), weight) == pytest.approx(plain)
    balanced = class_costs("balanced", ["a", "b", "c"], np.bincount(codes, minlength=3))
    assert expected_cost(codes, decided, balanced) == pytest.approx(1 - balanced_accuracy_score(codes, decided))
    for arguments, message in (
        (([0, 3], [0, 0], [1.0, 1.0]), "codes: 3 is no position among 2 classes"),
        (([0, 1], [0, -1], [1.0, 1.0]), "decided: -1 is no position among 2 classes"),
        (([0.5], [0], [1.0, 1.0]), "codes: must be whole numbers, got float64"),
        (([0, 1], [0], [1.0, 1.0]), r"decided: must have the shape \(2,\), got \(1,\)"),
        (([], [], [1.0, 1.0]), "weight: there is no row"),
    ):
        with pytest.raises(ArgumentError, match=f"^{message}"):
            expected_cost(*arguments)
