"""Bumps for each column."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.pipeline import make_pipeline
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.estimator_checks import parametrize_with_checks

from matterlearn.features.basis import GaussianBasis
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes

rng = np.random.default_rng(0)
X = np.column_stack([rng.uniform(-3, 3, 200), rng.lognormal(size=200)])


@parametrize_with_checks([GaussianBasis(), GaussianBasis(4, 0.5, centers="uniform")])
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.mark.parametrize("centers", ["quantile", "uniform"])
def test_each_block_is_the_kernel_of_scikit_learn(centers):
    basis = GaussianBasis(6, 1.5, centers=centers).fit(X)
    found = basis.transform(X)
    assert found.shape == (200, 12)
    for k in range(2):
        expected = rbf_kernel(X[:, [k]], basis.centers_[k][:, None], gamma=0.5 / basis.widths_[k] ** 2)
        np.testing.assert_allclose(found[:, 6 * k : 6 * k + 6], expected, atol=1e-12)


def test_places_of_the_centres():
    even = GaussianBasis(5, centers="uniform").fit(X)
    np.testing.assert_allclose(even.centers_[1], np.linspace(X[:, 1].min(), X[:, 1].max(), 5))
    assert even.widths_[1] == pytest.approx(np.ptp(X[:, 1]) / 4)
    by_rows = GaussianBasis(5).fit(X)
    np.testing.assert_allclose(by_rows.centers_[1], np.quantile(X[:, 1], [0, 0.25, 0.5, 0.75, 1]))


def test_a_curve_becomes_linear():
    y = np.sin(2 * X[:, 0]) + 0.05 * rng.normal(size=200)
    bumps = make_pipeline(GaussianBasis(12), RidgeCV(np.logspace(-6, 2, 9)))
    known, held = X[:120, :1], X[120:, :1]
    assert bumps.fit(known, y[:120]).score(held, y[120:]) > 0.97
    assert LinearRegression().fit(known, y[:120]).score(held, y[120:]) < 0.3
    far = bumps.predict([[1e6]])
    assert far == pytest.approx(bumps[-1].intercept_)
    assert bumps.predict([[-1e300]]) == far


def test_few_values_and_constant_columns():
    columns = np.column_stack([np.repeat([0.0, 1.0, 5.0], [90, 5, 5]), np.full(100, 7.0)])
    basis = GaussianBasis(8).fit(columns)
    assert basis.centers_[0].tolist() == [0.0, 1.0, 5.0]  # though most rows are one value
    assert basis.centers_[1].tolist() == [7.0]
    assert np.all(basis.transform(columns)[:, 3] == 1.0)


def test_names_tell_close_centres_apart():
    basis = GaussianBasis(3, centers="uniform").fit([[1000.0], [1000.001], [1000.002]])
    assert basis.get_feature_names_out(["T_K"]).tolist() == ["T_K near 1000", "T_K near 1000.001", "T_K near 1000.002"]


@pytest.mark.parametrize("change", [{"n_centers": 1}, {"width": 0.0}, {"centers": "kmeans"}])
def test_parameters_that_cannot_be(change):
    with pytest.raises(InvalidParameterError):
        GaussianBasis(**change).fit(X)


def test_bytes_round_trip():
    basis = GaussianBasis(5).fit(X)
    np.testing.assert_array_equal(estimator_from_bytes(estimator_to_bytes(basis)).transform(X), basis.transform(X))
