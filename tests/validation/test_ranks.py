from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from matterlearn.validation.ranks import RankCorrelation, RankOrder

few_values = st.integers(-3, 3).map(float)  # many ties
any_values = st.floats(-1e9, 1e9)
copies = arrays(np.int64, 9, elements=st.integers(0, 4))


@settings(deadline=None)
@given(values=arrays(float, 9, elements=few_values | any_values), counts=copies)
def test_ranks_are_those_of_the_expanded_sample(values, counts):
    ranks = RankOrder(values).ranks(counts[:, None].astype(float))[:, 0]
    expanded = scipy.stats.rankdata(np.repeat(values, counts))
    np.testing.assert_array_equal(np.repeat(ranks, counts) + 0.5, expanded)


@settings(deadline=None)
@given(
    first=arrays(float, 9, elements=few_values),
    second=arrays(float, 9, elements=few_values | any_values),
    counts=copies,
)
@pytest.mark.filterwarnings("ignore:An input array is constant")
def test_correlation_is_that_of_the_expanded_sample(first, second, counts):
    found = RankCorrelation(RankOrder(first), counts[:, None].astype(float)).to(RankOrder(second))[0]
    if counts.sum() < 2:
        assert math.isnan(found)
    else:
        expected = scipy.stats.spearmanr(np.repeat(first, counts), np.repeat(second, counts)).statistic
        assert found == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_sets_of_weights_do_not_know_each_other():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=30), rng.integers(0, 5, 30).astype(float)
    weight = rng.uniform(0.0, 2.0, (30, 7))
    weight[:, 3] = 0.0
    weight[4, 3] = 1.0  # one row alone
    together = RankCorrelation(RankOrder(first), weight)
    alone = [RankCorrelation(RankOrder(first), column[:, None]).to(RankOrder(second))[0] for column in weight.T]
    np.testing.assert_allclose(together.to(RankOrder(second)), alone, rtol=1e-12)
    assert together.constant.tolist() == [False, False, False, True, False, False, False]


def test_the_mean_rank_is_half_of_the_weight():
    weight = np.random.default_rng(1).uniform(0.1, 2.0, (20, 3))
    ranks = RankOrder(np.arange(20) // 3).ranks(weight)
    np.testing.assert_allclose((weight * ranks).sum(axis=0) / weight.sum(axis=0), 0.5 * weight.sum(axis=0))


def test_weights_are_left_as_they_are():
    weight = np.ones((4, 2))
    correlation = RankCorrelation(RankOrder([1.0, 2.0, 3.0, 4.0]), weight)
    correlation.to(RankOrder([1.0, 2.0, 3.0, 4.0]))
    correlation.to(RankOrder([2.0, 1.0, 1.0, 4.0]))
    assert (weight == 1).all()
    assert correlation.to(RankOrder([4.0, 3.0, 2.0, 1.0])).tolist() == [-1.0, -1.0]


def test_rounding_makes_no_order_of_equal_values():
    """With weights that are no whole numbers the spread of equal ranks is not always exactly zero."""
    weight = np.random.default_rng(2).uniform(0.1, 3.0, (50, 200))
    equal, unequal = RankOrder(np.full(50, 0.1)), RankOrder(np.arange(50.0))
    assert np.isnan(RankCorrelation(equal, weight).to(unequal)).all()
    assert np.isnan(RankCorrelation(unequal, weight).to(equal)).all()
