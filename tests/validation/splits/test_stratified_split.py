from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.splits import RandomSplit, StratifiedSplit

CLASSES = ["metal"] * 20 + ["semiconductor"] * 10 + ["insulator"] * 5


def folds(y, groups=None, n_splits: int = 5, **arguments) -> list[np.ndarray]:
    pairs = StratifiedSplit(n_splits, **arguments).split(np.zeros(len(y)), y, groups)
    return [test for _, test in pairs]


def test_every_fold_has_every_class_in_its_share():
    for test in folds(CLASSES):
        assert Counter(np.array(CLASSES)[test]) == {"metal": 4, "semiconductor": 2, "insulator": 1}


def test_every_fold_has_every_range_of_a_number_in_its_share():
    y = np.random.default_rng(0).exponential(size=100)
    tenth = np.argsort(np.argsort(y)) // 10
    for test in folds(y):
        assert Counter(tenth[test]) == dict.fromkeys(range(10), 2)


def test_means_of_folds_scatter_less_than_those_of_random_folds():
    rng = np.random.default_rng(1)
    stratified, plain = [], []
    for seed in range(20):
        y = rng.lognormal(sigma=1.5, size=60)
        stratified += [np.ptp([y[test].mean() for test in folds(y, random_state=seed)])]
        plain += [np.ptp([y[test].mean() for _, test in RandomSplit(5, random_state=seed).split(y)])]
    assert np.mean(stratified) < 0.8 * np.mean(plain)


def test_few_whole_numbers_are_classes():
    y = np.array([0] * 80 + [1] * 10 + [2] * 10)
    for test in folds(y):
        assert Counter(y[test]) == {0: 16, 1: 2, 2: 2}
    as_truth = y > 0
    for test in folds(as_truth):
        assert as_truth[test].sum() == 4


def test_rows_without_a_target_are_a_stratum():
    y = np.arange(50.0)
    y[::5] = np.nan
    for test in folds(y):
        assert np.isnan(y[test]).sum() == 2


def test_of_several_targets_the_first_counts():
    y = np.column_stack([np.repeat([0.0, 1.0], 25), np.random.default_rng(0).normal(size=50)])
    for test in folds(y):
        assert y[test, 0].sum() == 5


@pytest.mark.parametrize("y", [np.zeros(30), np.full(30, np.nan), ["one"] * 30], ids=["constant", "missing", "class"])
def test_a_target_without_strata_gives_random_folds(y):
    found = folds(y)
    assert sorted(np.concatenate(found)) == list(range(30))
    assert {len(test) for test in found} == {6}


targets = st.one_of(
    st.lists(st.floats(-10, 10) | st.just(float("nan")), min_size=4, max_size=40),
    st.lists(st.integers(0, 4), min_size=4, max_size=40),
    st.lists(st.sampled_from("abcd"), min_size=4, max_size=40),
)


@settings(deadline=None, max_examples=200)
@given(y=targets, data=st.data(), n_splits=st.integers(2, 6), seed=st.integers(0, 9))
def test_rows_are_tested_once_and_duplicates_stay_together_or_it_says_why_not(y, data, n_splits, seed):
    groups = np.array(data.draw(st.lists(st.integers(0, 20), min_size=len(y), max_size=len(y))))
    split = StratifiedSplit(n_splits, random_state=seed)
    try:
        pairs = list(split.split(np.zeros(len(y)), y, groups))
    except ArgumentError as error:
        text = str(error)
        few_rows = "at least as many different rows" in text
        assert few_rows == (len(set(groups)) < n_splits)
        assert few_rows or "a class with as many rows" in text
        return
    assert len(pairs) == split.get_n_splits() == n_splits
    assert sorted(i for _, test in pairs for i in test) == list(range(len(y)))
    for train, test in pairs:
        assert len(test) > 0
        assert sorted([*train, *test]) == list(range(len(y)))
        assert set(groups[train]).isdisjoint(groups[test])


def test_the_draw_follows_its_seed():
    y = np.random.default_rng(2).normal(size=40)
    first, again, other = (folds(y, random_state=seed) for seed in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize(
    ("y", "arguments", "what"),
    [
        (list("aabbccddee"), {}, "5 stratified folds need a class with as many rows; the largest has 2; take fewer"),
        (None, {}, "y: the target is needed"),
        ([1.0, 2.0], {}, r"y: an array of shape \(2,\) for 10 rows"),
        (["a"] * 9 + [None], {}, "y: holds a NoneType"),
        (np.zeros(10), {"n_bins": 0}, "n_bins: must be a whole number of at least 1"),
    ],
)
def test_what_cannot_be_stratified(y, arguments, what):
    with pytest.raises(ArgumentError, match=what):
        list(StratifiedSplit(5, **arguments).split(np.zeros(10), y))
