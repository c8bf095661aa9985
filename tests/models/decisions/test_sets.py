"""Prediction sets: crepes as the oracle, and the promise kept on fresh rows, class by class."""

from __future__ import annotations

import json

import numpy as np
import pytest
from crepes import ConformalClassifier
from hypothesis import given, settings
from hypothesis import strategies as st

from matterlearn.core.errors import ArgumentError, ModelFileError
from matterlearn.models.decisions import ConformalSets
from matterlearn.models.decisions.sets import LEAST_ROWS


def said_and_true(n, rng, shares=(0.7, 0.2, 0.1)):
    """Probabilities that favour the common class more than they should."""
    codes = rng.choice(3, n, p=shares)
    P = rng.dirichlet(np.ones(3), size=n) + 0.8 * np.eye(3)[codes] + np.array([0.6, 0.0, 0.0])
    return P / P.sum(axis=1, keepdims=True), codes


def p_values_of_crepes(P, codes, new, by_class):
    scores = 1 - P[np.arange(len(codes)), codes]
    fitted = ConformalClassifier().fit(scores, bins=codes if by_class else None)
    if not by_class:
        return fitted.predict_p(1 - new, smoothing=False)
    # One class after another, all rows put into its category.
    columns = [fitted.predict_p(1 - new, bins=np.full(len(new), k), smoothing=False)[:, k] for k in range(3)]
    return np.column_stack(columns)


@pytest.mark.parametrize("by_class", [True, False])
def test_levels_are_one_minus_the_p_values_of_crepes(by_class):
    rng = np.random.default_rng(0)
    P, codes = said_and_true(300, rng)
    P, new = np.round(P, 2), np.round(said_and_true(100, rng)[0], 2)  # with ties
    P[:, 0], new[:, 0] = 1 - P[:, 1] - P[:, 2], 1 - new[:, 1] - new[:, 2]
    P, new = np.clip(P, 0, 1), np.clip(new, 0, 1)
    sets = ConformalSets.fit(P, codes, by_class=by_class)
    assert sets.by_class == by_class
    np.testing.assert_allclose(sets.level_needed(new), 1 - p_values_of_crepes(P, codes, new, by_class), atol=1e-9)


@pytest.mark.parametrize("level", [0.6, 0.9])
def test_sets_hold_the_true_class_as_often_as_promised(level):
    rng = np.random.default_rng(1)
    every = np.arange(600)
    covered, of_class, of_all = [], [], []
    for _ in range(150):
        fresh, fresh_codes = said_and_true(600, rng)
        P, codes = said_and_true(450, rng)
        held = ConformalSets.fit(P, codes).sets(fresh, level)[every, fresh_codes]
        pooled = ConformalSets.fit(P, codes, by_class=False).sets(fresh, level)[every, fresh_codes]
        covered.append(held.mean())
        of_class.append([held[fresh_codes == k].mean() for k in range(3)])
        of_all.append([pooled.mean(), *(pooled[fresh_codes == k].mean() for k in range(3))])
    assert level - 0.01 < np.mean(covered) < level + 0.03
    by_class = np.mean(of_class, axis=0)
    assert np.all(by_class > level - 0.01)
    assert np.all(by_class < level + 0.06)  # at most one in (rows of the class + 1) above
    pooled_all, *pooled_by_class = np.mean(of_all, axis=0)
    assert level - 0.01 < pooled_all < level + 0.02
    assert min(pooled_by_class) < level - 0.1  # which is why it is done class by class


def test_weighted_rows_are_repeated_rows_up_to_the_new_one():
    rng = np.random.default_rng(2)
    P, codes = said_and_true(400, rng)
    new = said_and_true(50, rng)[0]
    weight = rng.integers(0, 3, 400)
    repeated = np.repeat(np.arange(400), weight)
    a = ConformalSets.fit(P, codes, weight).level_needed(new)
    b = ConformalSets.fit(P[repeated], codes[repeated]).level_needed(new)
    np.testing.assert_allclose(a, b, atol=0.02)
    c = ConformalSets.fit(P[weight > 0], codes[weight > 0], weight[weight > 0]).level_needed(new)
    np.testing.assert_array_equal(a, c)
    np.testing.assert_allclose(ConformalSets.fit(P, codes, 3 * weight).level_needed(new), a, atol=1e-9)


def test_a_class_with_few_rows_is_judged_with_all():
    rng = np.random.default_rng(3)
    P, _ = said_and_true(100, rng)
    enough = np.repeat([0, 1, 2], [100 - 2 * LEAST_ROWS, LEAST_ROWS, LEAST_ROWS])
    assert ConformalSets.fit(P, enough).by_class
    assert np.all(ConformalSets.fit(P, enough).level_needed([[1.0, 0.0, 0.0]]) < 0.951)
    few = enough.copy()
    few[-1] = 1
    assert not ConformalSets.fit(P, few).by_class
    assert not ConformalSets.fit(P, np.zeros(100, dtype=int)).by_class


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.3, 0.5, 1.0]), st.integers(0, 1)), min_size=1, max_size=45),
    st.sampled_from([0.1, 0.5, 0.75, 0.95]),
    st.booleans(),
)
@settings(deadline=None, max_examples=80)
def test_sets_grow_with_the_level_and_count_by_hand(rows, level, by_class):
    p, codes = (np.array(column) for column in zip(*rows, strict=True))
    P, new = np.column_stack([1 - p, p]), np.array([[1.0, 0.0], [0.5, 0.5], [0.2, 0.8]])
    sets = ConformalSets.fit(P, codes, by_class=by_class)
    needed = sets.level_needed(new)
    assert np.all((needed >= 0) & (needed < 1))
    assert np.all(sets.sets(new, level) <= sets.sets(new, 0.99 * level + 0.01))
    scores = 1 - P[np.arange(len(p)), codes]
    for k in range(2):
        of = scores[codes == k] if sets.by_class else scores
        by_hand = [np.sum(of < 1 - row[k]) / (len(of) + 1) for row in new]
        np.testing.assert_allclose(needed[:, k], by_hand, atol=1e-9)
    arrays, facts = sets.to_arrays()
    again = ConformalSets.from_arrays(arrays, json.loads(json.dumps(facts)))
    np.testing.assert_array_equal(again.level_needed(new), needed)


def test_single_class_and_single_row():
    only = ConformalSets.fit(np.ones((25, 1)), np.zeros(25, dtype=int))
    assert only.sets([[1.0]], 0.9).tolist() == [[True]]
    one = ConformalSets.fit([[0.2, 0.8]], [1])
    assert one.level_needed([[0.1, 0.9]]).round(6).tolist() == [[0.5, 0.0]]  # below it, nothing is excluded
    assert one.sets([[0.1, 0.9]], 0.6).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.sets([[0.5, 0.5]], 1.0), "level: must be strictly between 0 and 1, got 1.0"),
        (lambda s: s.sets(np.eye(3), 0.9), "P: 3 classes, but calibrated on 2"),
        (lambda s: s.level_needed([[0.5, 0.6]]), "P: the probabilities of row 0 sum to 1.1"),
        (lambda s: s.fit([[0.5, 0.5]], [2]), "codes: 2 is no position among 2 classes"),
        (lambda s: s.fit([[0.5, 0.5]], [0], [0.0]), "weight: every weight is 0"),
        (lambda s: s.fit(np.zeros((0, 2)), []), "weight: there is no row"),
    ],
)
def test_nonsense_is_named(call, message):
    with pytest.raises(ArgumentError, match=f"^{message}"):
        call(ConformalSets.fit([[0.2, 0.8]], [1]))


@pytest.mark.parametrize(
    ("arrays", "facts"),
    [
        ({"values 0": np.array([0.5, 0.2])}, {}),
        ({"values 0": np.array([0.2, 1.5])}, {}),
        ({"values 0": np.array([0.2, np.nan])}, {}),
        ({"values 0": np.array([0.2])}, {}),
        ({"values 0": np.array([[0.2, 0.3]])}, {}),
        ({"values 0": None}, {}),
        ({"values 0": np.array([0, 1])}, {}),
        ({"weights 0": np.array([1.0, 0.0])}, {}),
        ({"weights 0": np.array([1.0, -1.0])}, {}),
        ({"values 0": np.zeros(0), "weights 0": np.zeros(0)}, {}),
        ({"values 1": np.zeros(1)}, {}),
        ({}, {"n_scores": 2}),
        ({}, {"n_scores": 0}),
        ({}, {"n_scores": 10**12, "n_classes": 10**12}),
        ({}, {"n_scores": 1.0}),
        ({}, {"n_classes": None}),
        ({}, {"n_classes": True}),
        ({}, {"n_classes": 0}),
        ({}, {"n_classes": -1}),
    ],
)
def test_crafted_numbers_are_refused(arrays, facts):
    good, told = ConformalSets.fit([[0.2, 0.8], [0.5, 0.5]], [1, 0]).to_arrays()
    ConformalSets.from_arrays(good, told)
    with pytest.raises(ModelFileError, match="the numbers of its prediction sets make no sense; do not use"):
        ConformalSets.from_arrays({**good, **arrays}, {**told, **facts})
