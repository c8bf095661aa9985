from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestRegressor

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.splits import ExtremesSplit


def split(y, groups=None, fraction: float = 0.1):
    return list(ExtremesSplit(fraction).split(np.zeros(len(y)), y, groups))


def test_the_middle_learns_and_either_end_is_tested():
    y = np.random.default_rng(0).permutation(100.0 * np.arange(50))
    (train, highest), (same, lowest) = split(y)
    assert np.array_equal(train, same)
    assert sorted(y[highest]) == [4500, 4600, 4700, 4800, 4900]
    assert sorted(y[lowest]) == [0, 100, 200, 300, 400]
    assert sorted([*train, *highest, *lowest]) == list(range(50))


def test_trees_cannot_reach_beyond_what_they_saw():
    x = np.linspace(0, 1, 60)[:, None]
    for train, test in ExtremesSplit().split(x, x[:, 0]):
        predicted = RandomForestRegressor(10, random_state=0).fit(x[train], x[train, 0]).predict(x[test])
        assert x[train, 0].min() <= predicted.min()
        assert predicted.max() <= x[train, 0].max()


@pytest.mark.parametrize(
    ("counts", "n_low", "n_high"),
    [
        ([10, 10, 60, 10, 10], 10, 10),
        ([55, 5, 30, 5, 5], 55, 10),  # half of the rows have no gap: they go together, and are one end
        ([4, 60, 30, 6], 4, 6),  # a tie nearer to the fraction without than with the frequent value
        ([8, 3, 80, 9], 11, 9),  # as near with as without: closer wins
        ([1, 98, 1], 1, 1),
        ([40, 1, 40], 40, 40),
    ],
)
def test_equal_values_go_together(counts, n_low, n_high):
    y = np.repeat(np.arange(len(counts), dtype=float), counts)
    (train, highest), (_, lowest) = split(y)
    assert (len(lowest), len(highest)) == (n_low, n_high)
    assert len(train) == sum(counts) - n_low - n_high


def test_a_row_without_target_is_trained_on_and_never_tested():
    y = np.arange(20.0)
    y[[0, 19]] = np.nan
    (train, highest), (_, lowest) = split(y)
    assert {0, 19} <= set(train)
    assert highest.tolist() == [17, 18]
    assert lowest.tolist() == [1, 2]


def test_of_several_targets_the_first_counts():
    y = np.column_stack([np.arange(20.0), -np.arange(20.0)])
    assert [test.tolist() for _, test in split(y)] == [[18, 19], [0, 1]]


def test_contradicting_duplicates_go_by_their_mean():
    y = np.array([0.0, 1, 2, 3, 4, 5, 6, 7, 8, 100])
    groups = [0, 1, 2, 3, 4, 5, 6, 7, 8, 0]  # the lowest and the highest are one composition, 50 on average
    (train, highest), (_, lowest) = split(y, groups)
    assert highest.tolist() == [0, 9]
    assert lowest.tolist() == [1]
    assert train.tolist() == [2, 3, 4, 5, 6, 7, 8]


values = st.lists(st.integers(0, 6).map(float) | st.floats(0, 6) | st.just(float("nan")), min_size=3, max_size=40)


@settings(deadline=None, max_examples=300)
@given(y=values, data=st.data(), fraction=st.floats(0.01, 0.49))
def test_ends_lie_beyond_the_middle_and_nothing_straddles(y, data, fraction):
    y = np.array(y)
    groups = np.array(data.draw(st.lists(st.integers(0, 30), min_size=len(y), max_size=len(y))))
    means = np.array([np.nanmean(m) if len(m := y[(groups == g) & ~np.isnan(y)]) else np.nan for g in groups])
    try:
        (train, highest), (same, lowest) = split(y, groups, fraction)
    except ArgumentError as error:
        text = str(error)
        assert "at least three different values" in text
        assert len(set(np.round(means[~np.isnan(means)], 9))) < 3
        return
    assert np.array_equal(train, same)
    assert sorted([*train, *highest, *lowest]) == list(range(len(y)))
    known = means[train][~np.isnan(means[train])]
    assert min(len(highest), len(lowest), len(known)) > 0
    assert not np.isnan(means[highest]).any()
    assert not np.isnan(means[lowest]).any()
    assert means[lowest].max() < known.min() + 1e-9
    assert known.max() < means[highest].min() + 1e-9
    for part in (highest, lowest):
        rest = np.setdiff1d(np.arange(len(y)), part)
        assert set(groups[part]).isdisjoint(groups[rest])


@pytest.mark.parametrize(
    ("y", "fraction", "what"),
    [
        ([0.0] * 5 + [1.0] * 5, 0.1, "y: extremes need at least three different values of the target, got 2"),
        ([np.nan] * 10, 0.1, "at least three different values of the target, got 0"),
        (list("abcdefghij"), 0.1, "y: only numbers have extremes; use stratified folds"),
        ([np.inf, *range(9)], 0.1, "y: there are infinite values"),
        (None, 0.1, "y: the target is needed"),
        (np.arange(10.0), 0.5, "fraction: must lie between 0 and 0.5, got 0.5"),
        (np.arange(10.0), "0.1", "fraction: must lie between"),
    ],
)
def test_what_has_no_extremes(y, fraction, what):
    with pytest.raises(ArgumentError, match=what):
        list(ExtremesSplit(fraction).split(np.zeros(10), y))
