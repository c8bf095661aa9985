"""The numbers behind the study `metabolomics`: hand-computed cases, brute force, and other libraries."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from matterlearn.core.errors import ArgumentError
from matterlearn.studies.age_matching import age_gaps, auc_of_pairs, matched_pairs, shared_ages
from matterlearn.studies.auc_interval import auc, auc_interval
from matterlearn.studies.corrected_test import corrected_test
from matterlearn.studies.metabolite_models import forest, on_folds
from matterlearn.studies.parts.metabolite_confounder import _n_discoveries
from matterlearn.studies.parts.metabolite_logistic import is_separable
from matterlearn.studies.penalty_geometry import corner_share, first_touch, profile_loss
from matterlearn.studies.selection_stability import selection_stability

# Stability of a selection


def test_stability_by_hand() -> None:
    # p = (1, 2/3, 1/3, 0), k = 2 of 4: mean of 3/2 p (1 - p) is (0 + 1/3 + 1/3 + 0) / 4 = 1/6; 1/2 * 1/2 = 1/4
    chosen = [[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0]]
    assert selection_stability(chosen).value == pytest.approx(1 - (1 / 6) / (1 / 4))
    # different sizes: p = (1, 1/2, 0), mean size 3/2 of 3: mean of 2 p (1 - p) is (1/2) / 3; 1/2 * 1/2 = 1/4
    assert selection_stability([[1, 1, 0], [1, 0, 0]]).value == pytest.approx(1 - (1 / 6) / (1 / 4))


def test_stability_of_equal_and_of_opposite_selections() -> None:
    assert selection_stability([[1, 0, 1]] * 4) == (1.0, 1.0, 1.0)
    assert selection_stability([[1, 0], [0, 1]]).value == pytest.approx(-1.0)  # the least there is: -1 / (M - 1)


def test_stability_of_a_random_choice_is_around_zero() -> None:
    rng = np.random.default_rng(0)
    chosen = np.array([rng.permutation(np.arange(200) < 10) for _ in range(100)])
    found = selection_stability(chosen)
    assert abs(found.value) < 0.02
    assert found.low < found.value < found.high


def test_the_interval_of_stability_is_that_of_a_jackknife() -> None:
    rng = np.random.default_rng(1)
    often = rng.uniform(0, 1, size=30) ** 3
    chosen = rng.uniform(size=(400, 30)) < often
    found = selection_stability(chosen, level=0.95)
    left_out = np.array([selection_stability(np.delete(chosen, row, axis=0)).value for row in range(len(chosen))])
    error = np.sqrt((len(chosen) - 1) / len(chosen) * np.sum((left_out - left_out.mean()) ** 2))
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * error, rel=0.02)


def test_stability_where_nothing_is_selected() -> None:
    assert np.isnan(selection_stability([[1, 1], [1, 1]]).value)
    assert np.isnan(selection_stability([[0, 0], [0, 0]]).value)
    with pytest.raises(ArgumentError, match="at least two selections"):
        selection_stability([[1, 0]])


# The corrected test


def test_the_corrected_test_by_hand() -> None:
    # mean 0.02, variance ((0.01)² + 0 + (0.01)²) / 2 = 1e-4; (1/3 + 1/2) 1e-4, t = 0.02 / sqrt(5/6 1e-4)
    found = corrected_test([0.01, 0.02, 0.03], 0.5)
    assert found.t == pytest.approx(2 / np.sqrt(5 / 6))
    # Student's t with 2 degrees of freedom: p = 1 - t / sqrt(t² + 2)
    assert found.p == pytest.approx(1 - found.t / np.sqrt(found.t**2 + 2))
    assert (found.low + found.high) / 2 == pytest.approx(0.02)
    assert (found.high - 0.02) == pytest.approx(4.302653 * 0.01 * np.sqrt(5 / 6), rel=1e-6)  # t table, 95 %, 2 d.o.f.


def test_without_shared_rows_it_is_students_test() -> None:
    differences = np.random.default_rng(0).normal(0.1, 1, size=25)
    expected = ttest_1samp(differences, 0)
    found = corrected_test(differences, 0.0)
    assert (found.t, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert found.naive_p == found.p
    assert corrected_test(differences, 0.25).p > found.p


def test_the_corrected_test_of_equal_differences() -> None:
    assert corrected_test([0.0, 0.0], 0.25).p == 1.0
    assert corrected_test([0.1, 0.1], 0.25)[4] == 0.0
    for differences, ratio in (([0.1], 0.25), ([0.1, np.nan], 0.25), ([0.1, 0.2], -1)):
        with pytest.raises(ArgumentError):
            corrected_test(differences, ratio)


# Area under the ROC curve


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=30))
def test_the_area_is_that_of_scikit_learn(rows: list[tuple[bool, int]]) -> None:
    y, score = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    if 0 < y.sum() < len(y):
        assert auc(y, score) == pytest.approx(roc_auc_score(y, score))
    else:
        assert np.isnan(auc(y, score))


def test_delongs_variance_by_hand() -> None:
    # Wins of ones 3, 5, 6 over zeros 1, 2, 4: 2/3, 1, 1 by row; 1, 1, 2/3 by column; variances 1/27 each, area 8/9
    found = auc_interval([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6])
    error = np.sqrt(1 / 27 / 3 + 1 / 27 / 3) / (8 / 9 * 1 / 9)
    ends = np.log(8) + 1.959964 * error * np.array([-1, 1])
    np.testing.assert_allclose([found.low, found.high], 1 / (1 + np.exp(-ends)), rtol=1e-6)


def test_delongs_interval_covers() -> None:
    rng = np.random.default_rng(0)
    true = 0.7602499  # of two normals of variance 1 whose means are 1 apart: Phi(1 / sqrt(2))
    y = np.repeat([0, 1], 40)
    found = [auc_interval(y, rng.normal(size=80) + y) for _ in range(400)]
    assert np.mean([interval.low <= true <= interval.high for interval in found]) == pytest.approx(0.95, abs=0.03)


def test_an_area_of_one_is_not_sure() -> None:
    assert auc_interval([0] * 10 + [1] * 6, range(16)) == (1.0, 0.5, 1.0)
    assert auc_interval([1] * 10 + [0] * 6, range(16)) == (0.0, 0.0, 0.5)
    assert np.isnan(auc_interval([0, 1], [0, 1]).low)
    for y, score in (([0, 2], [0, 1]), ([0, 1], [0, np.nan]), ([0, 1], [0, 1, 2])):
        with pytest.raises(ArgumentError):
            auc_interval(y, score)


# Matching


def most_pairs(may: np.ndarray) -> int:
    """Largest number of pairs, by trying every order of the columns."""
    short = may if may.shape[0] <= may.shape[1] else may.T
    return max(
        sum(bool(short[row, column]) for row, column in enumerate(order))
        for order in permutations(range(short.shape[1]), short.shape[0])
    )


@given(
    st.lists(st.integers(30, 36), min_size=1, max_size=4),
    st.lists(st.integers(30, 36), min_size=1, max_size=5),
    st.integers(0, 2),
)
def test_as_many_pairs_as_brute_force_finds(ones: list[int], zeros: list[int], width: int) -> None:
    ages, y = np.array([*ones, *zeros]), np.array([1] * len(ones) + [0] * len(zeros))
    pairs = matched_pairs(ages, y, width)
    assert len(pairs) == most_pairs(np.abs(np.subtract.outer(ones, zeros)) <= width)
    assert len(np.unique(pairs)) == pairs.size  # nobody twice
    for one, zero in pairs:
        assert (y[one], y[zero]) == (1, 0)
        assert abs(ages[one] - ages[zero]) <= width


def test_pairs_may_need_more_in_common() -> None:
    ages, y = [40, 40, 40, 40], [1, 1, 0, 0]
    assert len(matched_pairs(ages, y, 0)) == 2
    assert matched_pairs(ages, y, 0, ["a", "b", "b", "c"]).tolist() == [[1, 2]]
    assert len(matched_pairs(ages, y, 0, ["", "b", "", "c"])) == 0


def test_greedy_pairing_would_lose_a_pair() -> None:
    # the one at 31 may take either zero, the one at 30 only the first
    assert len(matched_pairs([31, 30, 30.5, 32], [1, 1, 0, 0], 1)) == 2


def test_pairs_of_like_age() -> None:
    ages, y = np.array([30, 40, 30, 41]), np.array([1, 1, 0, 0])
    assert age_gaps(ages, y).tolist() == [[0, 11], [10, 1]]
    assert shared_ages(ages, y).tolist() == [True, False, True, False]
    rng = np.random.default_rng(0)
    found, n_pairs = auc_of_pairs([[1, 0], [0, 0.5]], [[1, 0], [0, 2]], rng)
    assert (found.auc, n_pairs) == ((1 + 0.25) / 2, 2)
    assert found.low <= found.auc <= found.high
    assert auc_of_pairs(np.ones((4, 6)), np.ones((4, 6)), rng)[0] == (1.0, 0.25, 1.0)  # the rule of three
    for wins, times in (([[2.0]], [[1.0]]), ([[0.0]], [[0.0]]), ([[-1.0]], [[1.0]])):
        with pytest.raises(ArgumentError):
            auc_of_pairs(wins, times, rng)


def test_age_alone_tells_nothing_among_equal_ages() -> None:
    """Also where classes differ in age, and though each model lacks the rows it judges."""
    rng = np.random.default_rng(0)
    y = np.repeat([1, 0], [60, 40])
    ages = np.where(y == 1, rng.integers(35, 60, 100), rng.integers(30, 40, 100)).astype(float)
    folds = [(np.setdiff1d(np.arange(100), test), test) for test in np.array_split(rng.permutation(100), 4)]
    scores = on_folds(forest, ages[:, None], y, folds)
    equal = age_gaps(ages, y) == 0
    assert auc_of_pairs(np.where(equal, scores.wins, 0), np.where(equal, scores.times, 0), rng)[0].auc == 0.5
    assert auc_of_pairs(scores.wins, scores.times, rng)[0].auc > 0.8


def test_scores_on_folds() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    y = (X[:, 0] + rng.normal(size=40) > 0).astype(int)
    folds = [(np.setdiff1d(np.arange(40), test), test) for test in np.array_split(np.arange(40), 4)] * 2
    scores = on_folds(lambda seed: LogisticRegression(), X, y, folds)
    for fold, (train, test) in enumerate(folds):
        p = LogisticRegression().fit(X[train], y[train]).predict_proba(X[test])[:, 1]
        assert scores.auc[fold] == pytest.approx(roc_auc_score(y[test], p))
        np.testing.assert_allclose(scores.probability[test], p)
    n_pairs = sum(int(y[test].sum() * (1 - y[test]).sum()) for _, test in folds)
    assert scores.times.sum() == n_pairs
    assert scores.wins.sum() == pytest.approx(
        sum(auc(y[test], scores.probability[test]) * y[test].sum() * (1 - y[test]).sum() for _, test in folds)
    )


# Metabolite by metabolite


def test_discoveries_by_hand() -> None:
    # Benjamini and Hochberg, 5 %, 5 tests: bounds 0.01, 0.02, 0.03, 0.04, 0.05
    assert _n_discoveries(np.array([0.5, 0.001, 0.025, 0.03, 0.9])) == 3  # the third saves the second
    assert _n_discoveries(np.array([0.011, 0.5, 0.6, 0.7, 0.8])) == 0


# What a penalty does


def test_separable_rows() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 30))
    assert is_separable(X, rng.integers(0, 2, 20))  # more columns than rows
    X = np.vstack([rng.normal(size=(50, 2))] * 2)
    assert not is_separable(X, np.repeat([0, 1], 50))  # every row with both labels


def test_the_profile_of_the_loss() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = (X[:, 0] - X[:, 1] + rng.normal(size=60) > 0.5).astype(int)
    model = LogisticRegression(C=np.inf, tol=1e-10).fit(X, y)
    margin = np.where(y == 1, 1, -1) * model.decision_function(X)
    assert profile_loss(X, y, model.coef_)[0] == pytest.approx(np.logaddexp(0, -margin).mean(), rel=1e-9)
    around = model.coef_ + 0.2 * rng.normal(size=(30, 2))
    assert (profile_loss(X, y, around) > profile_loss(X, y, model.coef_)[0]).all()


def test_where_the_diamond_is_met() -> None:
    """As L1 logistic regression has it: same sum of weights, same point."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(80, 2))
    y = (2 * X[:, 0] + 0.7 * X[:, 1] + rng.normal(size=80) > 0).astype(int)
    share, balance = corner_share(X, y)
    free, corner, circle = first_touch(X, y, share)
    np.testing.assert_allclose(free, LogisticRegression(C=np.inf, tol=1e-8).fit(X, y).coef_[0], rtol=1e-3)
    assert balance == pytest.approx(abs(free[1] / free[0]))
    assert corner[1] == 0
    assert corner[0] == pytest.approx(share * np.abs(free).sum())
    assert circle.all()
    assert profile_loss(X, y, circle[None])[0] == pytest.approx(profile_loss(X, y, corner[None])[0], rel=1e-4)
    model = LogisticRegression(C=0.05, l1_ratio=1.0, solver="saga", tol=1e-8, max_iter=10_000).fit(X, y)
    _, edge, _ = first_touch(X, y, float(np.abs(model.coef_).sum() / np.abs(free).sum()))
    np.testing.assert_allclose(edge, model.coef_[0], atol=2e-3)
