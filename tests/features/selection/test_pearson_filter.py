"""The correlation filter: whom it drops for whom."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.estimator_checks import parametrize_with_checks

from matterlearn.features.selection import PearsonFilter
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes

CANCER = load_breast_cancer(as_frame=True)


@parametrize_with_checks([PearsonFilter(), PearsonFilter(0.5, n_features=2)])
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def test_correlations_are_those_of_numpy():
    found = PearsonFilter().fit(CANCER.data, CANCER.target)
    np.testing.assert_allclose(found.correlations_, np.corrcoef(CANCER.data.T), atol=1e-12)
    expected = [abs(np.corrcoef(column, CANCER.target)[0, 1]) for column in CANCER.data.to_numpy().T]
    np.testing.assert_allclose(found.target_correlations_, expected, atol=1e-12)


@settings(deadline=None, max_examples=25)
@given(threshold=st.floats(0.0, 1.0), seed=st.integers(0, 1000), with_target=st.booleans())
def test_no_strong_pair_is_left_and_each_that_went_has_a_reason(threshold, seed, with_target):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(30, 8)) @ rng.normal(size=(8, 8))
    y = rng.normal(size=30) if with_target else None
    filter_ = PearsonFilter(threshold).fit(X, y)
    kept = filter_.get_support()
    r = np.abs(filter_.correlations_)
    left = r[np.ix_(kept, kept)]
    assert np.all(left[~np.eye(len(left), dtype=bool)] <= threshold)
    for gone in np.flatnonzero(~kept):
        winner = filter_.dropped_for_[gone]
        assert r[gone, winner] > threshold
        if with_target:
            assert filter_.target_correlations_[winner] >= filter_.target_correlations_[gone]
        else:
            assert winner < gone


def test_at_most_so_many_columns():
    """28 features to 16, as in the double-perovskite paper."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 28)) @ rng.normal(size=(28, 28))
    y = X[:, 3] + rng.normal(size=100)
    assert PearsonFilter().fit(X, y).get_support().sum() > 16
    filter_ = PearsonFilter(n_features=16).fit(X, y)
    assert filter_.get_support().sum() == 16
    assert filter_.get_support()[3]  # none says more of the target


def test_classes_by_name_count_with_their_indicators():
    rng = np.random.default_rng(0)
    y = np.array(["metal", "indirect", "direct"])[np.arange(90) % 3]
    middle = (y == "indirect") + 0.1 * rng.normal(size=90)
    X = np.column_stack([middle + 0.2 * rng.normal(size=90), middle])
    found = PearsonFilter(0.5).fit(X, y)
    for k in range(2):
        indicators = np.column_stack([y == "metal", y == "direct"]).astype(float)
        r2 = LinearRegression().fit(indicators, X[:, k]).score(indicators, X[:, k])
        assert found.target_correlations_[k] == pytest.approx(np.sqrt(r2))
    assert found.get_support().tolist() == [False, True]


def test_constant_columns_and_huge_numbers():
    rng = np.random.default_rng(0)
    a = rng.normal(size=20)
    X = np.column_stack([a * 1e300, np.full(20, 0.1), rng.normal(size=20), -a * 1e-300])
    filter_ = PearsonFilter().fit(X)
    assert filter_.dropped_for_.tolist() == [-1, -2, -1, 0]
    assert filter_.correlations_[0, 3] == pytest.approx(-1.0)
    assert PearsonFilter().fit(np.ones((4, 2))).get_support().all()  # nothing to choose by


def test_names():
    filter_ = PearsonFilter(0.99).set_output(transform="pandas").fit(CANCER.data, CANCER.target)
    assert ("mean radius", "mean perimeter") in [(a, b) for a, b, _ in filter_.dropped()]
    assert list(filter_.transform(CANCER.data).columns) == list(filter_.get_feature_names_out())
    assert all(abs(r) > 0.99 for _, _, r in filter_.dropped())


def test_it_learns_within_a_pipeline_and_its_bytes_come_back():
    model = make_pipeline(PearsonFilter(0.9), LinearRegression()).fit(CANCER.data, CANCER.target)
    again = estimator_from_bytes(estimator_to_bytes(model))
    np.testing.assert_array_equal(again.predict(CANCER.data), model.predict(CANCER.data))
    assert again[0].dropped() == model[0].dropped()


def test_parameters_that_cannot_be():
    with pytest.raises(InvalidParameterError, match="threshold"):
        PearsonFilter(1.5).fit(pd.DataFrame({"a": [1.0, 2.0]}))
