from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.calibration import calibration_curve

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.classes.curves import calibration_points, precision_recall_points, roc_points

N = 12
classes = arrays(bool, N)
scores = arrays(float, N, elements=st.integers(0, 7).map(lambda number: number / 7))
weights = arrays(float, N, elements=st.integers(0, 6).map(lambda number: number / 2)).filter(lambda w: w.sum() > 0)


def quiet(function, *arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments, **options)


@given(classes, scores, weights)
def test_roc_as_scikit_learn(is_class, p, weight):
    points = roc_points(is_class, p, weight)
    false, true, threshold = quiet(
        sklearn.metrics.roc_curve, is_class, p, sample_weight=weight, drop_intermediate=False
    )
    np.testing.assert_allclose(points.false_positive_rate, false, atol=1e-12)
    np.testing.assert_allclose(points.true_positive_rate, true, atol=1e-12)
    np.testing.assert_array_equal(points.threshold, threshold)
    counted = is_class[weight > 0]
    if 0 < counted.sum() < len(counted):
        area = sklearn.metrics.roc_auc_score(is_class, p, sample_weight=weight)
        assert points.area == pytest.approx(area, abs=1e-12)
    else:
        assert math.isnan(points.area)


@given(classes, scores, weights)
def test_precision_and_recall_as_scikit_learn(is_class, p, weight):
    points = precision_recall_points(is_class, p, weight)
    precision, recall, threshold = quiet(
        sklearn.metrics.precision_recall_curve, is_class, p, sample_weight=weight, drop_intermediate=False
    )
    np.testing.assert_allclose(points.precision, precision, atol=1e-12)
    np.testing.assert_array_equal(points.threshold, threshold)
    assert points.share == pytest.approx(np.average(is_class, weights=weight))
    if (weight[is_class] > 0).any():
        np.testing.assert_allclose(points.recall, recall, atol=1e-12)
        expected = sklearn.metrics.average_precision_score(is_class, p, sample_weight=weight)
        assert points.average_precision == pytest.approx(expected)
    else:
        assert np.isnan(points.recall[:-1]).all()
        assert math.isnan(points.average_precision)


@given(classes, arrays(float, N, elements=st.integers(0, 40).map(lambda number: number / 40)), st.integers(1, 12))
def test_calibration_as_scikit_learn(is_class, p, n_bins):
    points = calibration_points(is_class, p, n_bins=n_bins)
    share, mean = calibration_curve(is_class, p, n_bins=n_bins, pos_label=True)
    np.testing.assert_allclose(points.share, share, atol=1e-12)
    np.testing.assert_allclose(points.mean_probability, mean, atol=1e-12)
    assert points.weight.sum() == N
    assert (points.low <= points.share + 1e-12).all()
    assert (points.share <= points.high + 1e-12).all()


def test_intervals_are_binomial():
    is_class = np.r_[np.ones(3), np.zeros(17)] > 0
    points = calibration_points(is_class, np.full(20, 0.15), n_bins=5)
    expected = scipy.stats.binomtest(3, 20).proportion_ci(0.95, method="exact")
    assert (points.low[0], points.high[0]) == pytest.approx((expected.low, expected.high))
    equal = calibration_points(is_class, np.full(20, 0.15), np.full(20, 7.0), n_bins=5)
    assert (equal.low[0], equal.high[0]) == pytest.approx((expected.low, expected.high))
    assert equal.weight.tolist() == [140.0]
    some = calibration_points(is_class, np.full(20, 0.15), np.r_[np.ones(10), np.zeros(10)], n_bins=5)
    expected = scipy.stats.binomtest(3, 10).proportion_ci(0.95, method="exact")
    assert (some.low[0], some.high[0]) == pytest.approx((expected.low, expected.high))


def test_a_row_that_was_predicted_often_counts_once_for_the_interval():
    is_class = np.tile(np.r_[np.ones(3), np.zeros(17)] > 0, 5)
    points = calibration_points(is_class, np.full(100, 0.15), n_bins=5, row_id=np.tile(np.arange(20) + 4, 5))
    expected = scipy.stats.binomtest(3, 20).proportion_ci(0.95, method="exact")
    assert (points.low[0], points.high[0]) == pytest.approx((expected.low, expected.high))
    assert points.weight.tolist() == [100.0]
    # In two bins a row counts in each.
    points = calibration_points([True, False] * 2, [0.1, 0.1, 0.9, 0.9], n_bins=2, row_id=[1, 2, 1, 2])
    expected = scipy.stats.binomtest(1, 2).proportion_ci(0.95, method="exact")
    assert points.low.tolist() == pytest.approx([expected.low] * 2)


def test_one_class():
    assert np.isnan(roc_points([True, True], [0.1, 0.2]).false_positive_rate).all()
    assert np.isnan(roc_points([False, False], [0.1, 0.2]).true_positive_rate).all()
    assert precision_recall_points([True, True], [0.1, 0.2]).average_precision == 1.0
    assert calibration_points([True], [0.3]).share.tolist() == [1.0]


@pytest.mark.parametrize("function", [roc_points, precision_recall_points, calibration_points])
@pytest.mark.parametrize(
    ("is_class", "p", "weight", "what"),
    [
        ([True], [0.1, 0.2], None, "both must be"),
        ([], [], None, "both must be"),
        ([True, False], [0.1, math.nan], None, "1 probabilities are not finite"),
        ([True, False], [0.1, 0.2], [1.0, -1.0], "negative"),
        ([True, False], [0.1, 0.2], [0.0, 0.0], "all weights are zero"),
    ],
)
def test_what_makes_no_curve(function, is_class, p, weight, what):
    with pytest.raises(ArgumentError, match=what):
        function(is_class, p, weight)


def test_what_makes_no_calibration_curve():
    with pytest.raises(ArgumentError, match="outside 0 to 1"):
        calibration_points([True], [1.5])
    with pytest.raises(ArgumentError, match="at least 1"):
        calibration_points([True], [0.5], n_bins=0)
    with pytest.raises(ArgumentError, match="2 rows for 1 of p"):
        calibration_points([True], [0.5], row_id=[1, 2])
