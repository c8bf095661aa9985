from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.classes import metrics

N = 12
weights = arrays(float, N, elements=st.integers(1, 6).map(lambda number: number / 2))


@st.composite
def predictions(draw, k):
    """Classes, probabilities with ties, decisions and weights."""
    codes = draw(arrays(int, N, elements=st.integers(0, k - 1)))
    P = draw(arrays(float, (N, k), elements=st.integers(0, 4).map(float)))
    P[:, 0] += P.sum(axis=1) == 0
    decided = draw(arrays(int, N, elements=st.integers(0, k - 1)))
    return codes, P / P.sum(axis=1, keepdims=True), decided, draw(weights)


def quiet(function, *arguments, **options):
    """What scikit-learn says, without its warnings about what does not exist."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments, **options)


@given(st.integers(2, 4).flatmap(predictions))
def test_decisions_as_scikit_learn(drawn):
    codes, P, decided, weight = drawn
    k = P.shape[1]
    options = {"sample_weight": weight}
    assert metrics.accuracy(codes, decided, weight) == pytest.approx(
        sklearn.metrics.accuracy_score(codes, decided, **options)
    )
    np.testing.assert_allclose(
        metrics.confusion_counts(codes, decided, k, weight),
        sklearn.metrics.confusion_matrix(codes, decided, labels=range(k), **options),
    )
    rates = metrics.confusion_rates(codes, decided, k, weight)
    theirs = quiet(sklearn.metrics.confusion_matrix, codes, decided, labels=range(k), normalize="true", **options)
    np.testing.assert_allclose(np.nan_to_num(rates), theirs, atol=1e-15)
    assert metrics.f1(codes, decided, weight) == pytest.approx(
        sklearn.metrics.f1_score(codes, decided, average="macro", zero_division=0, **options)
    )
    several = len(np.unique(codes)) > 1
    for name, theirs in {
        "balanced_accuracy": sklearn.metrics.balanced_accuracy_score,
        "matthews": sklearn.metrics.matthews_corrcoef,
    }.items():
        expected = quiet(theirs, codes, decided, **options) if several else math.nan
        found = getattr(metrics, name)(codes, decided, weight)
        assert found == pytest.approx(expected, abs=1e-12, nan_ok=True), name


@given(predictions(2))
def test_f1_of_the_positive_class_as_scikit_learn(drawn):
    codes, _, decided, weight = drawn
    for positive in (0, 1):
        exists = (codes == positive).any() or (decided == positive).any()
        expected = sklearn.metrics.f1_score(
            codes, decided, sample_weight=weight, zero_division=0, labels=[positive], average=None
        )[0]
        found = metrics.f1(codes, decided, weight, positive=positive)
        assert found == pytest.approx(expected if exists else math.nan, nan_ok=True)


@given(st.integers(2, 4).flatmap(predictions))
def test_losses_as_scikit_learn(drawn):
    codes, P, _, weight = drawn
    options = {"sample_weight": weight, "labels": range(P.shape[1])}
    assert metrics.log_loss(codes, P, weight) == pytest.approx(sklearn.metrics.log_loss(codes, P, **options))
    assert metrics.brier(codes, P, weight) == pytest.approx(sklearn.metrics.brier_score_loss(codes, P, **options))


@given(predictions(2))
def test_ranks_of_two_classes_as_scikit_learn(drawn):
    codes, P, _, weight = drawn
    for positive in (0, 1):
        is_class, p = codes == positive, P[:, positive]
        both = 0 < is_class.sum() < N
        area = sklearn.metrics.roc_auc_score(is_class, p, sample_weight=weight) if both else math.nan
        precision = sklearn.metrics.average_precision_score(is_class, p, sample_weight=weight) if both else math.nan
        found = (
            metrics.roc_auc(codes, P, weight, positive=positive),
            metrics.average_precision(codes, P, weight, positive=positive),
        )
        assert found == pytest.approx((area, precision), nan_ok=True, abs=1e-12)


@settings(max_examples=30)
@given(st.integers(3, 4).flatmap(predictions))
def test_ranks_of_many_classes_as_scikit_learn(drawn):
    codes, P, _, weight = drawn
    k = P.shape[1]
    assume(len(np.unique(codes)) == k)
    area = sklearn.metrics.roc_auc_score(codes, P, multi_class="ovr", average="macro", sample_weight=weight)
    assert metrics.roc_auc(codes, P, weight) == pytest.approx(area, abs=1e-12)
    precision = sklearn.metrics.average_precision_score(codes, P, average="macro", sample_weight=weight)
    assert metrics.average_precision(codes, P, weight) == pytest.approx(precision, abs=1e-12)


@given(predictions(4))
def test_the_mean_is_over_classes_that_have_rows(drawn):
    codes, P, _, weight = drawn
    assume(len(np.unique(codes)) > 1)
    present = [
        sklearn.metrics.roc_auc_score(codes == number, P[:, number], sample_weight=weight)
        for number in np.unique(codes)
    ]
    assert metrics.roc_auc(codes, P, weight) == pytest.approx(np.mean(present), abs=1e-12)


@given(st.integers(2, 3).flatmap(predictions), arrays(int, N, elements=st.integers(0, 3)))
def test_a_weight_is_a_number_of_copies_and_none_is_no_row(drawn, copies):
    codes, P, decided, _ = drawn
    assume(copies.sum() > 0)
    rows = np.repeat(np.arange(N), copies)
    for name in ("accuracy", "balanced_accuracy", "f1", "matthews"):
        found = getattr(metrics, name)(codes, decided, copies)
        assert found == pytest.approx(getattr(metrics, name)(codes[rows], decided[rows]), nan_ok=True, abs=1e-12), name
    for name in ("log_loss", "brier", "roc_auc", "average_precision", "expected_calibration_error"):
        found = getattr(metrics, name)(codes, P, copies)
        assert found == pytest.approx(getattr(metrics, name)(codes[rows], P[rows]), nan_ok=True, abs=1e-12), name


def test_by_hand():
    codes, decided = [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2]
    assert metrics.accuracy(codes, decided) == pytest.approx(4 / 6)
    assert metrics.balanced_accuracy(codes, decided) == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    assert metrics.f1(codes, decided) == pytest.approx((4 / 5 + 2 / 4 + 2 / 3) / 3)
    assert metrics.confusion_counts(codes, decided, 3).tolist() == [[2, 1, 0], [0, 1, 1], [0, 0, 1]]
    # Rows (3, 2, 1), decisions (2, 2, 2), 4 of 6 right.
    assert metrics.matthews(codes, decided) == pytest.approx((4 * 6 - 12) / math.sqrt((36 - 14) * (36 - 12)))


def test_the_calibration_error_by_hand():
    # Two bins: 0.1 and 0.3 with one of two of class 1, 0.9 with none of one.
    P = np.array([0.1, 0.3, 0.9])
    P = np.stack([1 - P, P], axis=1)
    error = (abs((0.1 + 0.3) - 1) + abs(0.9 - 0)) / 3
    assert metrics.expected_calibration_error([0, 1, 0], P, positive=1, n_bins=2) == pytest.approx(error)
    weighted = (abs(3 * 0.1 + 0.3 - 1) + 0.9) / 5
    assert metrics.expected_calibration_error([0, 1, 0], P, [3, 1, 1], positive=1, n_bins=2) == pytest.approx(weighted)
    assert metrics.expected_calibration_error([0, 1, 0], P, n_bins=2) == pytest.approx(error)  # class 0 mirrors it


def test_honest_probabilities_have_a_small_calibration_error():
    rng = np.random.default_rng(0)
    p = rng.uniform(size=20_000)
    codes = (rng.uniform(size=20_000) < p).astype(int)
    honest, bold = (np.stack([1 - q, q], axis=1) for q in (p, np.where(p > 0.5, 0.99, 0.01)))
    assert metrics.expected_calibration_error(codes, honest) < 0.02
    # Half of the rows are told 0.99 and are right three times of four.
    assert metrics.expected_calibration_error(codes, bold) == pytest.approx(0.24, abs=0.02)


def test_one_class_only():
    codes, P, decided = [1, 1], [[0.2, 0.8], [0.7, 0.3]], [1, 0]
    for name in ("roc_auc", "average_precision"):
        assert math.isnan(getattr(metrics, name)(codes, P)), name
        assert math.isnan(getattr(metrics, name)(codes, P, positive=0)), name
        assert math.isnan(getattr(metrics, name)(codes, P, positive=1)), name
    for name in ("balanced_accuracy", "matthews"):
        assert math.isnan(getattr(metrics, name)(codes, decided)), name
    assert metrics.accuracy(codes, decided) == 0.5
    assert metrics.log_loss(codes, P) == pytest.approx(-math.log(0.8 * 0.3) / 2)
    assert np.isnan(metrics.confusion_rates(codes, decided, 2)[0]).all()
    assert math.isnan(metrics.f1([0], [0], positive=1))
    assert math.isnan(metrics.roc_auc([0, 1], [[0.5, 0.5], [0.2, 0.8]], [1.0, 0.0]))


def test_a_fixed_decision_correlates_with_nothing():
    assert metrics.matthews([0, 1, 1], [1, 1, 1]) == 0.0
    assert metrics.matthews([0, 1, 1], [1, 1, 1], [0.1, 0.2, 0.3]) == 0.0


def test_a_probability_of_zero_costs_much_but_not_everything():
    assert metrics.log_loss([0], [[0.0, 1.0]]) == pytest.approx(-math.log(np.finfo(float).eps))
    single = np.array([[1 / 3, 1 / 3, 1 / 3]], dtype=np.float32)
    assert metrics.log_loss([2], single) == pytest.approx(math.log(3))


GOOD = np.array([[0.5, 0.5], [0.1, 0.9]])


@pytest.mark.parametrize("name", ["log_loss", "brier", "roc_auc", "average_precision", "expected_calibration_error"])
@pytest.mark.parametrize(
    ("codes", "P", "weight", "what"),
    [
        ([0, 1], GOOD[:1], None, "1 rows of probabilities for 2 codes"),
        ([0, 1], GOOD[:, 0], None, "want \\(n_samples, n_classes\\)"),
        ([], GOOD[:0], None, "want \\(n_samples,\\)"),
        ([[0, 1]], GOOD, None, "want \\(n_samples,\\)"),
        ([0, 2], GOOD, None, "class 2 has no column among 2"),
        ([0, -1], GOOD, None, "whole numbers from 0"),
        ([0, 0.5], GOOD, None, "whole numbers from 0"),
        ([0, math.nan], GOOD, None, "not numbers"),
        (["a", "b"], GOOD, None, "not numbers"),
        ([0, 1], [[0.5, 0.5], [math.nan, 1.0]], None, "1 probabilities are not finite"),
        ([0, 1], [[0.5, 0.5], [-0.5, 1.5]], None, "outside 0 to 1"),
        ([0, 1], [[0.5, 0.5], [0.5, 0.6]], None, "probabilities of 1 rows do not sum to 1"),
        ([0, 1], GOOD, [1.0, -1.0], "negative"),
        ([0, 1], GOOD, [1.0, math.inf], "not finite"),
        ([0, 1], GOOD, [0.0, 0.0], "all weights are zero"),
        ([0, 1], GOOD, [1.0], "want \\(2,\\)"),
    ],
)
def test_what_are_no_probabilities(name, codes, P, weight, what):
    with pytest.raises(ArgumentError, match=what):
        getattr(metrics, name)(codes, P, weight)


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "f1", "matthews"])
@pytest.mark.parametrize(
    ("codes", "decided", "weight", "what"),
    [
        ([0, 1], [0], None, "2 codes and 1 decisions"),
        ([], [], None, "want \\(n_samples,\\)"),
        ([0, 1], [0, -1], None, "decided: classes are not whole numbers"),
        ([0, 1], [0, 1], [1.0, -1.0], "negative"),
        ([0, 1], [0, 1], [0.0, 0.0], "all weights are zero"),
    ],
)
def test_what_are_no_decisions(name, codes, decided, weight, what):
    with pytest.raises(ArgumentError, match=what):
        getattr(metrics, name)(codes, decided, weight)


def test_what_is_no_class():
    for number in (-1, 2):
        for name in ("roc_auc", "average_precision", "expected_calibration_error"):
            with pytest.raises(ArgumentError, match=f"class {number} is not among 2"):
                getattr(metrics, name)([0, 1], GOOD, positive=number)
    with pytest.raises(ArgumentError, match="class -1"):
        metrics.f1([0, 1], [0, 1], positive=-1)
    with pytest.raises(ArgumentError, match="class 2 is not among 2"):
        metrics.confusion_counts([0, 2], [0, 1], 2)
    with pytest.raises(ArgumentError, match="at least 1"):
        metrics.expected_calibration_error([0, 1], GOOD, n_bins=0)


def test_only_rows_of_one_fold_are_ranked_among_each_other():
    rng = np.random.default_rng(3)
    fold = rng.integers(0, 4, 300)
    codes = rng.integers(0, 2, 300)
    p = np.clip(0.3 * codes + 0.4 * rng.random(300) + 0.1 * fold * (fold < 3), 0, 1)
    P, weight = np.column_stack([1 - p, p]), rng.integers(0, 3, 300).astype(float)
    codes[fold == 3] = 1  # nothing to compare with
    by_fold = [(fold == k) & (weight > 0) for k in range(3)]
    pairs = [weight[f][codes[f] == 1].sum() * weight[f][codes[f] == 0].sum() for f in by_fold]
    members = [weight[f][codes[f] == 1].sum() for f in by_fold]
    areas = [sklearn.metrics.roc_auc_score(codes[f], p[f], sample_weight=weight[f]) for f in by_fold]
    precisions = [sklearn.metrics.average_precision_score(codes[f], p[f], sample_weight=weight[f]) for f in by_fold]
    found = metrics.roc_auc(codes, P, weight, positive=1, fold=fold)
    assert found == pytest.approx(np.average(areas, weights=pairs), abs=1e-12)
    found = metrics.average_precision(codes, P, weight, positive=1, fold=fold)
    assert found == pytest.approx(np.average(precisions, weights=members), abs=1e-12)
    # Shares of the training rows say nothing of the rows of their fold, though over all folds they seem to.
    shares = np.array([0.2, 0.4, 0.6, 0.8])[fold]
    constant = np.column_stack([1 - shares, shares])
    assert metrics.roc_auc(codes, constant, positive=1, fold=fold) == 0.5
    assert metrics.roc_auc(codes, constant, positive=1) != 0.5
