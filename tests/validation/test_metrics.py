from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.metrics import METRICS, coverage, weighted_median


def rank_correlation(y, prediction, sample_weight=None):
    """scipy's, which knows no weights: whole ones say how often a sample stands there."""
    times = np.ones(len(y), dtype=int) if sample_weight is None else (8 * sample_weight).astype(int)
    return scipy.stats.spearmanr(np.repeat(y, times), np.repeat(prediction, times)).statistic


ORACLES = {
    "mae": sklearn.metrics.mean_absolute_error,
    "median_ae": sklearn.metrics.median_absolute_error,
    "rmse": sklearn.metrics.root_mean_squared_error,
    "r2": sklearn.metrics.r2_score,
    "spearman": rank_correlation,
}
numbers = st.floats(-1e6, 1e6).map(lambda number: round(number, 6))
samples = arrays(float, 12, elements=numbers)
# Eighths are exact in binary: whether exactly half of the weight lies below a value is no question of rounding.
weights = arrays(float, 12, elements=st.integers(0, 40).map(lambda number: number / 8))


def test_every_metric_has_an_oracle():
    assert METRICS.keys() == ORACLES.keys()


@pytest.mark.parametrize("name", METRICS)
@settings(deadline=None, max_examples=50)
@given(y=samples, prediction=samples)
def test_as_the_oracle(name, y, prediction):
    assume(np.ptp(y) > 1e-3)
    assume(np.ptp(prediction) > 0)
    assert METRICS[name](y, prediction) == pytest.approx(ORACLES[name](y, prediction), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", METRICS)
@settings(deadline=None, max_examples=50)
@given(y=samples, prediction=samples, weight=weights)
def test_with_weights_as_the_oracle(name, y, prediction, weight):
    counted = weight > 0
    assume(counted.sum() > 1)
    assume(np.ptp(y[counted]) > 1e-3)
    assume(np.ptp(prediction[counted]) > 0)
    expected = ORACLES[name](y, prediction, sample_weight=weight)
    assert METRICS[name](y, prediction, weight) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", METRICS)
def test_equal_weights_change_nothing(name):
    rng = np.random.default_rng(0)
    y, prediction = rng.normal(size=(2, 30))
    plain = METRICS[name](y, prediction)
    for weight in (1.0, 0.1, 1e9):
        assert METRICS[name](y, prediction, np.full(30, weight)) == pytest.approx(plain, rel=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_a_sample_without_weight_is_not_there(name):
    rng = np.random.default_rng(1)
    y, prediction = rng.normal(size=(2, 20))
    weight = np.r_[np.ones(15), np.zeros(5)]
    prediction[15:] = 1e6
    assert METRICS[name](y, prediction, weight) == pytest.approx(METRICS[name](y[:15], prediction[:15]), rel=1e-12)


@pytest.mark.parametrize(
    ("y", "prediction", "weight"),
    [([2.0, 2.0], [1.0, 3.0], None), ([0.1, 0.1, 0.1], [1.0, 3.0, 4.0], [0.3, 0.4, 0.9]), ([2.0], [2.0], None)],
    ids=["equal", "equal, weighted", "one"],
)
def test_equal_values_have_no_r2_and_no_order(y, prediction, weight):
    assert math.isnan(METRICS["r2"](y, prediction, weight))
    assert math.isnan(METRICS["spearman"](y, prediction, weight))


def test_equal_values_among_those_that_count():
    assert math.isnan(METRICS["r2"]([0.1, 0.1, 5.0], [1.0, 2.0, 3.0], [0.1, 0.7, 0.0]))


def test_equal_predictions_have_no_order():
    assert math.isnan(METRICS["spearman"]([1.0, 2.0, 3.0], [4.0, 4.0, 4.0]))


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize(
    ("y", "prediction", "what"),
    [
        ([1.0], [1.0, 2.0], "shape"),
        ([], [], "shape"),
        ([[1.0]], [[1.0]], "shape"),
        ([1.0, math.nan], [1.0, 2.0], "1 values of y or prediction are not finite"),
        ([1.0, 2.0], [math.inf, math.nan], "2 values of y or prediction are not finite"),
    ],
    ids=["lengths", "empty", "table", "NaN", "infinite"],
)
def test_values_that_have_no_score(name, y, prediction, what):
    with pytest.raises(ArgumentError, match=what):
        METRICS[name](y, prediction)


@pytest.mark.parametrize(
    ("weight", "what"),
    [
        ([1.0], r"weights have shape \(1,\), want \(2,\)"),
        ([[1.0, 1.0]], r"weights have shape \(1, 2\)"),
        ([1.0, -1.0], "1 weights are negative or not finite"),
        ([math.nan, math.inf], "2 weights are negative or not finite"),
        ([0.0, 0.0], "all weights are zero"),
    ],
    ids=["length", "table", "negative", "not finite", "zero"],
)
def test_weights_that_cannot_be(weight, what):
    for metric in METRICS.values():
        with pytest.raises(ArgumentError, match=what):
            metric([1.0, 2.0], [1.0, 3.0], weight)
    with pytest.raises(ArgumentError, match=what):
        coverage([1.0, 2.0], [0.0, 0.0], [3.0, 3.0], weight)


def test_coverage_counts_the_ends():
    assert coverage([0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 2.5, -math.inf], [1.0, 1.0, 3.0, math.inf]) == 0.75


def test_coverage_by_weight():
    assert coverage([0.0, 1.0], [0.0, 2.0], [1.0, 3.0], [3.0, 1.0]) == 0.75


@pytest.mark.parametrize(("y", "lower"), [([], []), ([1.0], [1.0, 2.0])])
def test_coverage_of_what_has_none(y, lower):
    with pytest.raises(ArgumentError, match="shape"):
        coverage(y, lower, lower)


def test_the_median_of_infinite_widths():
    assert weighted_median(np.array([math.inf, 1.0, math.inf]), np.ones(3)) == math.inf
    assert weighted_median(np.array([math.inf, math.inf]), np.ones(2)) == math.inf
    assert weighted_median(np.array([math.inf, 1.0, 2.0]), np.ones(3)) == 2.0
