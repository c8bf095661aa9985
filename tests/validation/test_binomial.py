from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.binomial import binomial_interval


@given(n=st.integers(1, 3000), share=st.floats(0, 1), level=st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_as_scipy(n, share, level):
    k = round(share * n)
    low, high = binomial_interval(k / n, n, level)
    expected = scipy.stats.binomtest(k, n).proportion_ci(level, method="exact")
    assert low == pytest.approx(expected.low, abs=1e-9)
    assert high == pytest.approx(expected.high, abs=1e-9)


def test_many_at_once():
    shares = np.array([0.0, 0.25, math.nan, 1.0])
    low, high = binomial_interval(shares, 8)
    for k in (0, 1, 3):
        assert (low[k], high[k]) == binomial_interval(shares[k], 8)
    assert low[0] == 0.0
    assert high[3] == 1.0
    assert math.isnan(low[2])
    assert math.isnan(high[2])


def test_without_a_trial_nothing_is_known():
    assert binomial_interval(0.0, 0) == (0.0, 1.0)


def test_numbers_that_are_not_whole_lie_between_whole_ones():
    widths = [np.subtract(*binomial_interval(0.8, n)[::-1]) for n in (20, 22.5, 25)]
    assert widths[0] > widths[1] > widths[2]


@pytest.mark.parametrize("level", [0.0, 1.0, math.nan])
def test_levels_that_are_none(level):
    with pytest.raises(ArgumentError, match="strictly between 0 and 1"):
        binomial_interval(0.5, 10, level)
