"""Kernel ridge regression: scikit-learn's kernels and solutions, and rows that are really left out."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.gaussian_process.kernels import Matern
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import laplacian_kernel, linear_kernel, polynomial_kernel, rbf_kernel
from sklearn.preprocessing import KernelCenterer, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from matterlearn.core.errors import ArgumentError
from matterlearn.models.kernel_machines import KernelRegressor
from matterlearn.models.kernel_machines.kernels import (
    KERNELS,
    STATIONARY,
    closeness,
    kernel_values,
    length_scale_slope,
    typical_length,
)
from matterlearn.models.kernel_machines.leave_one_out import Path, solve
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes

TYPE = "matterlearn.models.kernel_machines.kernel_regressor.KernelRegressor"


@parametrize_with_checks([KernelRegressor()])
def test_it_is_a_scikit_learn_regressor(estimator, check):
    check(estimator)


def waves(n_rows, seed=0, noise=0.1):
    rng = np.random.default_rng(seed)
    X = rng.uniform(-2, 2, (n_rows, 3))
    return X, np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + 5.0 + noise * rng.normal(size=n_rows)


LIBRARY = {
    "linear": lambda A, B, length: linear_kernel(A, B) / length**2,
    "polynomial": lambda A, B, length: polynomial_kernel(A, B, degree=4, gamma=1 / length**2, coef0=1),
    "rbf": lambda A, B, length: rbf_kernel(A, B, gamma=0.5 / length**2),
    "laplacian": lambda A, B, length: laplacian_kernel(A, B, gamma=1 / length),
    "matern12": lambda A, B, length: Matern(length, nu=0.5)(A, B),
    "matern32": lambda A, B, length: Matern(length, nu=1.5)(A, B),
    "matern52": lambda A, B, length: Matern(length, nu=2.5)(A, B),
}


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernels_are_those_of_scikit_learn(kernel):
    A, B = waves(20)[0], waves(15, seed=1)[0]
    for length in (0.7, 3.0):
        for other in (B, None):
            values = kernel_values(closeness(A, other, kernel), kernel, length, 4)
            np.testing.assert_allclose(values, LIBRARY[kernel](A, A if other is None else B, length), rtol=1e-7)


@pytest.mark.parametrize("kernel", STATIONARY)
def test_slopes_are_those_of_finite_differences(kernel):
    between, step = closeness(waves(20)[0], None, kernel), 1e-5
    high, low = (kernel_values(between, kernel, 0.8 * np.exp(s * step)) for s in (1, -1))
    np.testing.assert_allclose(length_scale_slope(between, kernel, 0.8), (high - low) / (2 * step), atol=1e-9)


def test_the_typical_length_is_a_median():
    X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 3.0]])
    assert typical_length(closeness(X, None, "rbf"), "rbf") == pytest.approx(3.0)
    assert typical_length(closeness(X, None, "laplacian"), "laplacian") == pytest.approx(3.0)
    assert typical_length(closeness(X, None, "linear"), "linear") == pytest.approx(np.sqrt(10 / 3))
    assert typical_length(np.zeros((3, 3)), "rbf") == 1.0
    assert typical_length(closeness(X[[0, 0, 0, 2]], None, "matern12"), "matern12") == pytest.approx(1.5)


def test_the_linear_kernel_is_ridge_regression():
    X, y = load_diabetes(return_X_y=True)
    weights = np.random.default_rng(0).integers(1, 4, len(y))
    model = KernelRegressor("linear", length_scale=1.0, alpha=0.5).fit(X, y, sample_weight=weights)
    ridge = Ridge(alpha=0.5).fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(model.predict(X), ridge.predict(X), rtol=1e-9)


@pytest.mark.parametrize("kernel", KERNELS)
def test_solutions_are_those_of_kernel_ridge_with_a_centred_kernel(kernel):
    X, y = waves(60)
    new = waves(20, seed=1)[0]
    model = KernelRegressor(kernel, length_scale=1.5, alpha=0.2, degree=4).fit(X, y)
    middle = X.mean(axis=0)
    K, between = LIBRARY[kernel](X - middle, X - middle, 1.5), LIBRARY[kernel](new - middle, X - middle, 1.5)
    center = KernelCenterer().fit(K)
    oracle = KernelRidge(kernel="precomputed", alpha=0.2).fit(center.transform(K), y - y.mean())
    np.testing.assert_allclose(model.predict(new), oracle.predict(center.transform(between)) + y.mean(), rtol=1e-8)
    assert model.dual_coef_.sum() == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize("weighted", [False, True])
def test_left_out_rows_are_really_left_out(weighted):
    X, y = waves(25)
    targets = np.column_stack([y, X[:, 0] ** 2])
    weights = np.random.default_rng(0).uniform(0.5, 3.0, len(y)) if weighted else np.ones(len(y))
    K = rbf_kernel(X, gamma=0.4)
    solution = solve(K, targets, weights, 0.1)
    for i in range(len(y)):
        others = np.arange(len(y)) != i
        part = solve(K[np.ix_(others, others)], targets[others], weights[others], 0.1)
        prediction = K[i, others] @ part.dual_coef + part.intercept
        np.testing.assert_allclose(targets[i] - prediction, solution.left_out[i], rtol=1e-9, atol=1e-11)
    alphas = np.array([1e-3, 0.1, 20.0])
    expected = [np.average(solve(K, targets, weights, a).left_out ** 2, axis=0, weights=weights) for a in alphas]
    np.testing.assert_allclose(Path(K, weights).left_out(targets, alphas), expected, rtol=1e-7)


@pytest.mark.parametrize("kernel", ["linear", "polynomial", "rbf"])
def test_the_mean_of_the_features_stays_that_of_all_rows_when_one_is_left_out(kernel):
    """As the docstring says: it matters to polynomials only, and little."""
    X, y = waves(30)
    options = {"kernel": kernel, "length_scale": 2.0, "alpha": 0.1}
    model = KernelRegressor(**options).fit(X, y)
    K, errors, of_own_mean = model._kernel(closeness(model.rows_, None, kernel), 2.0), [], []
    for i in range(len(y)):
        others = np.arange(len(y)) != i
        part = solve(K[np.ix_(others, others)], y[others, None], np.ones(len(y) - 1), 0.1)
        errors.append(y[i] - (K[i, others] @ part.dual_coef + part.intercept)[0])
        of_own_mean.append(y[i] - KernelRegressor(**options).fit(X[others], y[others]).predict(X[[i]])[0])
    assert model.left_out_rmse_ == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=1e-8)
    off = abs(model.left_out_rmse_ / np.sqrt(np.mean(np.square(of_own_mean))) - 1.0)
    assert 1e-6 < off < 0.05 if kernel == "polynomial" else off < 1e-8
    assert "stay those of all rows" in " ".join(KernelRegressor.__doc__.split())


def test_what_is_chosen_is_the_best_of_what_was_tried():
    X, y = waves(80)
    model = KernelRegressor("rbf").fit(X, y)
    middle, errors = typical_length(closeness(X, None, "rbf"), "rbf"), {}
    for length in middle * 2.0 ** np.arange(-3, 7):
        for factor in (10**-1.5, 1.0, 10**1.5):
            fixed = KernelRegressor("rbf", length_scale=length, alpha=model.alpha_ * factor).fit(X, y)
            errors[length, factor] = fixed.left_out_rmse_
    assert min(errors, key=errors.__getitem__) == (pytest.approx(model.length_scale_), 1.0)
    assert model.left_out_rmse_ == pytest.approx(min(errors.values()))
    new, truth = waves(400, seed=1, noise=0.0)
    assert np.abs(model.predict(new) - truth).mean() < 0.2  # the spread is 1.6
    assert model.left_out_rmse_ == pytest.approx(np.sqrt(np.mean((model.predict(new) - truth) ** 2) + 0.01), rel=0.25)
    assert model.tried_[:, 0].tolist() == pytest.approx((middle * 2.0 ** np.arange(-3, 7)).tolist())


def test_more_rows_than_are_searched_may_want_a_smaller_penalty():
    X, y = waves(300, noise=0.0)
    small = KernelRegressor("matern52", search_rows=50).fit(X, y)
    whole = KernelRegressor("matern52", length_scale=small.length_scale_).fit(X, y)
    start = small.tried_[small.tried_[:, 2].argmin(), 1]
    assert small.alpha_ <= start
    assert (
        small.left_out_rmse_
        <= KernelRegressor("matern52", length_scale=small.length_scale_, alpha=start).fit(X, y).left_out_rmse_
    )
    assert small.left_out_rmse_ < 1.1 * whole.left_out_rmse_
    again = KernelRegressor("matern52", search_rows=50).fit(X, y)
    np.testing.assert_array_equal(again.predict(X), small.predict(X))


def test_copies_of_rows_are_weights():
    X, y = waves(40)
    counts = np.random.default_rng(0).integers(0, 4, len(y))
    weighted = KernelRegressor("matern32").fit(X, y, sample_weight=counts)
    copied = KernelRegressor("matern32").fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
    np.testing.assert_allclose(weighted.predict(X), copied.predict(X), rtol=1e-6)
    assert len(copied.rows_) == np.count_nonzero(counts)
    assert weighted.left_out_rmse_ == pytest.approx(copied.left_out_rmse_)


def test_targets_in_other_units_and_far_rows_change_nothing_of_substance():
    X, y = waves(50)
    both = KernelRegressor().fit(X, np.column_stack([y, 1e6 * y - 3e7]))
    one = KernelRegressor().fit(X, y)
    np.testing.assert_allclose(both.predict(X)[:, 0], one.predict(X), rtol=1e-8)
    np.testing.assert_allclose(both.predict(X)[:, 1], 1e6 * one.predict(X) - 3e7, rtol=1e-6)
    assert both.left_out_rmse_[1] == pytest.approx(1e6 * both.left_out_rmse_[0])
    np.testing.assert_allclose(KernelRegressor().fit(X + 1e3, y).predict(X + 1e3), one.predict(X), rtol=1e-6)
    far = KernelRegressor("laplacian", length_scale=1.0, alpha=0.1).fit(X, y)
    assert far.predict([[1e5, 0.0, 0.0]])[0] == pytest.approx(far.intercept_)


def test_it_does_not_depend_on_blocks(monkeypatch):
    X, y = waves(60)
    model = KernelRegressor().fit(X, y)
    whole = model.predict(X)
    monkeypatch.setattr("matterlearn.models.kernel_machines.kernel_regressor._BLOCK", 200)
    np.testing.assert_allclose(model.predict(X), whole, rtol=1e-7)


def test_few_and_equal_rows():
    assert KernelRegressor().fit([[1.0]], [3.0]).predict([[7.0]]).tolist() == [3.0]
    assert KernelRegressor().fit([[1.0]], [[3.0, 4.0]]).predict([[7.0]]).tolist() == [[3.0, 4.0]]
    same = KernelRegressor().fit([[1.0], [1.0]], [3.0, 5.0])
    assert same.predict([[1.0], [9.0]]).tolist() == [4.0, 4.0]
    two = KernelRegressor().fit([[0.0], [1.0]], [0.0, 2.0])
    assert np.isfinite(two.predict([[0.5]])).all()
    np.testing.assert_allclose(KernelRegressor().fit(waves(20)[0], np.full(20, 2.0)).predict([[0.0, 0.0, 0.0]]), 2.0)


def test_it_beats_a_line_where_the_law_is_bent_and_survives_a_file():
    X, y = load_diabetes(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    model = KernelRegressor("laplacian").fit(X[:300], y[:300])
    assert np.abs(model.predict(X[300:]) - y[300:]).mean() < 45  # ridge: 43, the mean: 66
    restored = estimator_from_bytes(estimator_to_bytes(model), trusted=[TYPE])
    np.testing.assert_array_equal(restored.predict(X), model.predict(X))


def test_bad_parameters_and_lost_penalties_are_refused():
    X, y = waves(30)
    for parameters in ({"alpha": 0.0}, {"kernel": "sigmoid"}, {"length_scale": -1.0}, {"degree": 0}, {"alpha": "loo"}):
        with pytest.raises(ValueError, match=f"'{next(iter(parameters))}' parameter of KernelRegressor"):
            KernelRegressor(**parameters).fit(X, y)
    with pytest.raises(ArgumentError, match="alpha: a penalty of 1e-30 is lost in rounding"):
        KernelRegressor("linear", length_scale=1.0, alpha=1e-30).fit(X, y)
