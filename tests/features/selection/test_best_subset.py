"""Best subsets against brute force."""

from __future__ import annotations

import time
from itertools import combinations

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from matterlearn.core.errors import ArgumentError
from matterlearn.features.selection import BestSubset
from matterlearn.features.selection.best_subset import best_subsets
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes

X, Y = load_diabetes(return_X_y=True)
X = X[:150, :7]
Y = Y[:150]


@parametrize_with_checks([BestSubset(), BestSubset("cv")])
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def rss(X, y, subset):
    if not subset:
        return float(((y - y.mean()) ** 2).sum())
    columns = X[:, list(subset)]
    return float(((y - LinearRegression().fit(columns, y).predict(columns)) ** 2).sum())


def by_brute_force(X, y):
    best = []
    for size in range(X.shape[1] + 1):
        sums = {subset: rss(X, y, subset) for subset in combinations(range(X.shape[1]), size)}
        best.append(min(sums.items(), key=lambda item: item[1]))
    return best


def test_every_size_is_that_of_brute_force():
    subsets, sums = best_subsets(X, Y)
    for (expected, least), subset, found in zip(by_brute_force(X, Y), subsets, sums, strict=True):
        assert tuple(subset) == expected
        assert found == pytest.approx(least, rel=1e-9)


@pytest.mark.parametrize(("criterion", "price"), [("bic", np.log(150)), ("aic", 2.0)])
def test_criteria_are_what_they_are_defined_as(criterion, price):
    model = BestSubset(criterion).fit(X, Y)
    expected = [150 * np.log(least / 150) + price * (size + 1) for size, (_, least) in enumerate(by_brute_force(X, Y))]
    np.testing.assert_allclose(model.criterion_, expected)
    assert tuple(model.get_support(indices=True)) == by_brute_force(X, Y)[int(np.argmin(expected))][0]


def test_cross_validation_searches_anew_in_every_fold():
    columns, y = X[:60, :5], Y[:60]
    expected = np.zeros(6)
    for known, held in KFold(4, shuffle=True, random_state=3).split(columns):
        for size, (subset, _) in enumerate(by_brute_force(columns[known], y[known])):
            chosen = list(subset)
            predicted = (
                LinearRegression().fit(columns[known][:, chosen], y[known]).predict(columns[held][:, chosen])
                if chosen
                else np.full(len(held), y[known].mean())
            )
            expected[size] += ((y[held] - predicted) ** 2).sum() / 60
    model = BestSubset("cv", cv=4, random_state=3).fit(columns, y)
    np.testing.assert_allclose(model.criterion_, expected)
    assert model.get_support().sum() == 1 + expected[1:].argmin()


def test_columns_on_very_different_scales():
    scales = 10.0 ** np.array([-9, 6, 0, 3, -3, 1, 12])
    shifted = X * scales + 5 * scales
    for a, b in zip(best_subsets(X, Y)[0], best_subsets(shifted, Y)[0], strict=True):
        assert a.tolist() == b.tolist()


def test_dependent_and_constant_columns_are_not_both_taken():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 40))
    columns = np.column_stack([a, b, a + b, np.ones(40), 2 * a])
    subsets, sums = best_subsets(columns, a + b + 0.1 * rng.normal(size=40))
    assert [len(subset) for subset in subsets] == [0, 1, 2]
    assert subsets[1].tolist() == [2]
    assert sums[2] <= sums[1]


def test_an_exact_fit_takes_no_column_too_many():
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(30, 8))
    for criterion in ("bic", "aic"):
        model = BestSubset(criterion).fit(columns, columns[:, 2] - columns[:, 5])
        assert model.get_support(indices=True).tolist() == [2, 5]


def test_more_columns_than_rows():
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(8, 12))
    model = BestSubset("bic").fit(columns, columns[:, 3] + 0.001 * rng.normal(size=8))
    assert max(len(subset) for subset in model.subsets_) == 6
    assert model.get_support()[3]


def test_fifteen_columns_take_seconds():
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(300, 15))
    start = time.perf_counter()
    model = BestSubset().fit(columns, columns[:, [1, 7]].sum(axis=1) + rng.normal(size=300))
    assert time.perf_counter() - start < 10
    assert {1, 7} <= set(model.get_support(indices=True))


def test_a_fixed_number_of_columns():
    assert BestSubset(n_features=2).fit(X, Y).get_support(indices=True).tolist() == list(by_brute_force(X, Y)[2][0])


@pytest.mark.parametrize(
    ("model", "columns", "text"),
    [
        (BestSubset(), np.zeros((30, 21)), "21 columns have 2.21 subsets; all are tried of 20 columns at most"),
        (BestSubset(), np.ones((30, 3)), "no column varies"),
        (BestSubset(n_features=4), X[:30, :3], "n_features: 4 of 3 columns"),
        (BestSubset(n_features=5), X[:5], "5 columns cannot be told apart by 5 rows"),
    ],
)
def test_what_cannot_be_is_said(model, columns, text):
    with pytest.raises(ArgumentError, match=text):
        model.fit(columns, np.arange(len(columns)))


@pytest.mark.parametrize("criterion", ["bic", "cv"])
def test_bytes_round_trip(criterion):
    model = make_pipeline(BestSubset(criterion), LinearRegression()).fit(X, Y)
    again = estimator_from_bytes(estimator_to_bytes(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
