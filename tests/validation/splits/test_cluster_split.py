from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_matrix

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.splits import ClusterSplit

RNG = np.random.default_rng(0)
CENTERS = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 1000.0]])  # (n_clusters, n_features), columns of unlike scale
MEMBER = RNG.permutation(np.repeat([0, 1, 2], [5, 10, 15]))
X = CENTERS[MEMBER] + RNG.normal(size=(30, 2)) * [0.1, 10.0]


def test_the_clusters_are_those_that_are_there():
    tests = [test for _, test in ClusterSplit(3).split(X)]
    assert sorted(len(test) for test in tests) == [5, 10, 15]
    assert all(len(set(MEMBER[test])) == 1 for test in tests)


def test_no_test_row_has_its_nearest_neighbour_in_training():
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    distances = np.linalg.norm(scaled[:, None] - scaled[None], axis=2) + 1e9 * np.eye(30)
    for train, test in ClusterSplit(3).split(X):
        assert (distances[np.ix_(test, test)].min(axis=1) < distances[np.ix_(test, train)].min(axis=1)).all()


@settings(deadline=None, max_examples=40)
@given(
    X=st.integers(2, 20).flatmap(lambda n: arrays(float, (n, 2), elements=st.integers(-3, 3).map(float))),
    data=st.data(),
    n_splits=st.integers(2, 12),
)
def test_rows_are_tested_once_and_equal_rows_together(X, data, n_splits):
    groups = np.array(data.draw(st.lists(st.integers(0, 6), min_size=len(X), max_size=len(X))))
    split = ClusterSplit(n_splits)
    first = [int(np.flatnonzero(groups == group)[0]) for group in groups]
    if len(np.unique(X[first], axis=0)) < 2:
        with pytest.raises(ArgumentError, match="all rows are equal"):
            list(split.split(X, groups=groups))
        return
    pairs = list(split.split(X, groups=groups))
    assert 2 <= len(pairs) == split.get_n_splits(X, groups=groups) <= n_splits
    assert Counter(int(i) for _, test in pairs for i in test) == dict.fromkeys(range(len(X)), 1)
    for train, test in pairs:
        assert set(groups[train]).isdisjoint(groups[test])
    plain = ClusterSplit(n_splits).clusters(X) if len(np.unique(X, axis=0)) > 1 else np.zeros(len(X))
    for row in range(len(X)):  # equal rows without groups: one cluster
        assert set(plain[(X[row] == X).all(axis=1)]) == {plain[row]}


def test_rows_that_differ_in_the_last_bits_are_equal():
    noisy = np.repeat(RNG.normal(size=(6, 3)), 2, axis=0)
    noisy[1::2] *= 1 + 1e-15
    labels = ClusterSplit(6).clusters(noisy)
    assert (labels[::2] == labels[1::2]).all()
    assert len(set(labels)) == 6


def test_the_same_seed_gives_the_same_clusters():
    cloud = RNG.normal(size=(200, 4))
    assert np.array_equal(ClusterSplit(8).clusters(cloud), ClusterSplit(8).clusters(cloud))
    assert not np.array_equal(ClusterSplit(8).clusters(cloud), ClusterSplit(8, random_state=1).clusters(cloud))


def test_sparse_matrices_and_lists_are_matrices():
    expected = ClusterSplit(3).clusters(X)
    assert np.array_equal(ClusterSplit(3).clusters(csr_matrix(X)), expected)
    assert np.array_equal(ClusterSplit(3).clusters(X.tolist()), expected)


@pytest.mark.parametrize(
    ("X", "what"),
    [
        (np.ones((5, 2)), "all rows are equal: there are no clusters"),
        ([[1.0, np.nan], [2.0, 3.0]], "row 0, column 1 is nan; fill the gaps"),
        ([[1.0, 2.0], [np.inf, 3.0]], "row 1, column 0 is inf"),
        (["CaO", "BaO"], "clusters need a matrix of numbers; put the rows through a transformer"),
        ([1.0, 2.0], r"clusters need a matrix of numbers, got shape \(2,\)"),
    ],
    ids=["equal", "nan", "inf", "text", "vector"],
)
def test_what_has_no_clusters(X, what):
    with pytest.raises(ArgumentError, match=what):
        list(ClusterSplit(2).split(X))
