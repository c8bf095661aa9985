from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.splits import RandomSplit


def times_tested(pairs) -> Counter[int]:
    return Counter(int(i) for _, test in pairs for i in test)


@settings(deadline=None, max_examples=50)
@given(n_rows=st.integers(5, 40), n_splits=st.integers(2, 5), n_repeats=st.integers(1, 3), seed=st.integers(0, 99))
def test_every_repeat_tests_every_row_once(n_rows, n_splits, n_repeats, seed):
    split = RandomSplit(n_splits, n_repeats=n_repeats, random_state=seed)
    pairs = list(split.split(np.zeros(n_rows)))
    assert len(pairs) == split.get_n_splits() == n_splits * n_repeats
    for k in range(0, len(pairs), n_splits):
        repeat = pairs[k : k + n_splits]
        assert times_tested(repeat) == dict.fromkeys(range(n_rows), 1)
        sizes = [len(test) for _, test in repeat]
        assert max(sizes) - min(sizes) <= 1
    for train, test in pairs:
        assert sorted([*train, *test]) == list(range(n_rows))


@settings(deadline=None, max_examples=50)
@given(groups=st.lists(st.integers(0, 12), min_size=8, max_size=40), seed=st.integers(0, 9))
def test_duplicates_stay_on_one_side(groups, seed):
    assume(len(set(groups)) >= 3)
    pairs = list(RandomSplit(3, n_repeats=2, random_state=seed).split(np.zeros(len(groups)), groups=groups))
    labels = np.array(groups)
    assert times_tested(pairs) == dict.fromkeys(range(len(groups)), 2)
    for train, test in pairs:
        assert set(labels[train]).isdisjoint(labels[test])


def drawn(n_repeats: int = 1, seed: int = 0) -> list[list[int]]:
    split = RandomSplit(4, n_repeats=n_repeats, random_state=seed)
    return [test.tolist() for _, test in split.split(np.zeros(30))]


def test_the_draw_follows_its_seed():
    assert drawn() == drawn()
    assert drawn() != drawn(seed=1)


def test_the_first_repeat_is_the_draw_without_repeats_and_the_others_differ():
    folds = drawn(n_repeats=3)
    assert folds[:4] == drawn()
    assert folds[:8] == drawn(n_repeats=2)
    assert len({tuple(fold) for fold in folds}) == 12


@pytest.mark.parametrize(
    ("split", "X", "groups", "what"),
    [
        (RandomSplit(5), np.zeros(6), [0, 0, 0, 1, 1, 1], "5 folds need at least as many different rows, got 2; take"),
        (RandomSplit(2), np.zeros(6), [0, 1], "groups: 2 values for 6 rows"),
        (RandomSplit(2), None, None, "X: the rows to split are needed"),
        (RandomSplit(2), [], None, "X: there are no rows"),
        (RandomSplit(2), np.zeros(2), ["a", None], "groups: holds a NoneType, .*fill empty cells"),
        (RandomSplit(2), np.zeros(2), [{"Ca"}, {"O"}], "groups: holds a set"),
        (RandomSplit(2), np.zeros(2), [("Ca", "O"), ("O", "S")], "groups: holds a sequence"),
        (RandomSplit(2), np.zeros(2), [("Ca", "O"), ("O",)], "groups: holds a sequence"),
        (RandomSplit(1), np.zeros(6), None, "n_splits: must be a whole number of at least 2, got 1"),
        (RandomSplit(2.5), np.zeros(6), None, "n_splits: .* got 2.5"),
        (RandomSplit(True), np.zeros(6), None, "n_splits: .* got True"),
        (RandomSplit(2, n_repeats=0), np.zeros(6), None, "n_repeats: must be a whole number of at least 1, got 0"),
    ],
)
def test_what_cannot_be_split(split, X, groups, what):
    with pytest.raises(ArgumentError, match=what):
        list(split.split(X, groups=groups))


@pytest.mark.parametrize("rows", [csr_matrix(np.eye(6)), np.eye(6).tolist(), "abcdef"], ids=["sparse", "lists", "text"])
def test_only_the_number_of_rows_matters(rows):
    expected = [test.tolist() for _, test in RandomSplit(3).split(np.zeros(6))]
    assert [test.tolist() for _, test in RandomSplit(3).split(rows)] == expected


def test_names_of_groups_do_not_matter_but_their_order():
    numbers = [3, 3, 1, 2, 2, 5]
    texts = np.array(["c", "c", "a", "b", "b", "d"], dtype=object)
    by_number, by_text = (
        [test.tolist() for _, test in RandomSplit(2).split(numbers, groups=g)] for g in (numbers, texts)
    )
    assert by_number == by_text
