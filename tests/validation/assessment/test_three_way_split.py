"""Training, validation and test rows: sizes, groups, classes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.assessment import three_way_split

COURSE = [(50, 25, 25), (80, 10, 10), (90, 5, 5)]


@pytest.mark.parametrize("fractions", COURSE)
@settings(deadline=None, max_examples=20)
@given(n_rows=st.integers(20, 400), seed=st.integers(0, 9))
def test_sizes_are_the_shares_and_each_row_is_in_one_part(fractions, n_rows, seed):
    parts = three_way_split(n_rows, fractions, random_state=seed)
    assert sorted(np.concatenate(parts)) == list(range(n_rows))
    for part, share in zip(parts, fractions, strict=True):
        assert abs(len(part) - share * n_rows / 100) < 1
        assert np.all(np.diff(part) > 0)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 12), min_size=30, max_size=120), st.integers(0, 9))
def test_groups_are_never_torn_apart(groups, seed):
    if len(set(groups)) < 3:
        return
    parts = three_way_split(groups, (80, 10, 10), groups=groups, random_state=seed)
    assert sorted(np.concatenate(parts)) == list(range(len(groups)))
    held = [set(np.array(groups)[part]) for part in parts]
    assert all(held)
    assert not held[0] & held[1]
    assert not held[0] & held[2]
    assert not held[1] & held[2]


def test_pairs_of_duplicates_keep_the_shares():
    parts = three_way_split(200, groups=np.repeat(np.arange(100), 2), random_state=1)
    assert [len(part) for part in parts] == [100, 50, 50]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=6), st.sampled_from(COURSE), st.integers(0, 5))
def test_classes_have_their_share_of_each_part(counts, fractions, seed):
    y = np.repeat([f"class {k}" for k in range(len(counts))], counts)
    if len(y) < 20:
        return
    parts = three_way_split(len(y), fractions, stratify=y, random_state=seed)
    for part, share in zip(parts, fractions, strict=True):
        for k, count in enumerate(counts):
            assert abs(np.sum(y[part] == f"class {k}") - share * count / 100) <= 1 + 1e-9
        assert abs(len(part) - share * len(y) / 100) <= 2


def test_many_small_classes_do_not_all_round_the_same_way():
    y = np.repeat(np.arange(60), 3)  # a tenth of three rows is none
    parts = three_way_split(len(y), (80, 10, 10), stratify=y, random_state=0)
    assert [len(part) for part in parts] == pytest.approx([144, 18, 18], abs=2)


def test_the_same_seed_gives_the_same_rows_and_another_gives_others():
    first, again, other = (three_way_split(100, random_state=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.test, again.test)
    assert first.test.tolist() != other.test.tolist()
    # Every row is tested as often as the others.
    counts = np.bincount(np.concatenate([three_way_split(40, random_state=s).test for s in range(400)]), minlength=40)
    assert counts.min() > 60
    assert counts.max() < 140  # expected 100, standard deviation 8.7


def test_three_rows_are_three_parts():
    assert [len(part) for part in three_way_split(3, (90, 5, 5), random_state=0)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        ((10, (80, 20)), {}, "fractions: three numbers above 0"),
        ((10, (1, 0, 1)), {}, "fractions: three numbers above 0"),
        ((2,), {}, "2 different rows or groups cannot be dealt out to 3 parts"),
        ((10,), {"groups": ["a", "b"] * 5}, "2 different rows or groups"),
        ((10,), {"groups": [1, 2]}, "groups: 2 values for 10 rows"),
        ((10,), {"stratify": [1, 2]}, "stratify: 2 values for 10 rows"),
    ],
)
def test_what_cannot_be_is_said(arguments, options, text):
    with pytest.raises(ArgumentError, match=text):
        three_way_split(*arguments, **options)
