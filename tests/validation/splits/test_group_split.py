from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.splits import GroupSplit


@settings(deadline=None, max_examples=50)
@given(groups=st.lists(st.sampled_from("abcdefgh"), min_size=4, max_size=30), n_splits=st.integers(2, 6))
def test_whole_groups_are_tested_once(groups, n_splits):
    labels = np.array(groups)
    n_groups = len(set(groups))
    split = GroupSplit(n_splits)
    if n_groups < 2:
        with pytest.raises(ArgumentError, match="at least two groups, got 1"):
            list(split.split(groups, groups=groups))
        return
    pairs = list(split.split(groups, groups=groups))
    assert len(pairs) == split.get_n_splits(groups=groups) == min(n_splits, n_groups)
    assert Counter(int(i) for _, test in pairs for i in test) == dict.fromkeys(range(len(groups)), 1)
    for train, test in pairs:
        assert set(labels[train]).isdisjoint(labels[test])
    if n_groups <= n_splits:
        assert [set(labels[test]) for _, test in pairs] == [{name} for name in sorted(set(groups))]


def test_groups_of_any_kind_with_an_order():
    expected = [[0, 1], [2, 3]]
    for groups in ([1, 1, 2, 2], pd.Series(["a", "a", "b", "b"]), pd.Categorical(list("xxyy")), [True, True, False, 0]):
        tests = [test.tolist() for _, test in GroupSplit(5).split(range(4), groups=groups)]
        assert sorted(tests) == expected


@pytest.mark.parametrize(
    ("groups", "what"),
    [
        (None, "groups: the groups are needed"),
        (pd.Series(["a", None, "b", "b"]), "groups: holds a float, .*fill empty cells"),
        (list("aaaa"), "at least two groups, got 1"),
        (list("ab"), "groups: 2 values for 4 rows"),
    ],
)
def test_what_cannot_be_split(groups, what):
    with pytest.raises(ArgumentError, match=what):
        list(GroupSplit(3).split(range(4), groups=groups))
