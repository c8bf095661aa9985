"""A Gaussian process: scikit-learn's at the same parameters, and standard deviations that are right on draws of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel
from sklearn.utils.estimator_checks import parametrize_with_checks

from matterlearn.core.errors import ArgumentError
from matterlearn.models.kernel_machines import GaussianProcess
from matterlearn.models.kernel_machines.kernels import STATIONARY, closeness, kernel_values
from matterlearn.models.kernel_machines.likelihood import Likelihood
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes

TYPE = "matterlearn.models.kernel_machines.gaussian_process.GaussianProcess"


@parametrize_with_checks([GaussianProcess()])
def test_it_is_a_scikit_learn_regressor(estimator, check):
    check(estimator)


def draw(n_rows, *, kernel="matern52", length=1.0, amplitude=2.0, noise=0.05, mean=0.0, seed=0):
    """Draw a process with known parameters at random places."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(0, 4, (n_rows, 2))
    K = amplitude * kernel_values(closeness(X, None, kernel), kernel, length) + 1e-10 * np.eye(n_rows)
    f = np.linalg.cholesky(K) @ rng.normal(size=n_rows) + mean
    return X, f, f + np.sqrt(noise) * rng.normal(size=n_rows)


ORACLES = {
    "rbf": RBF(0.9),
    "matern12": Matern(0.9, nu=0.5),
    "matern32": Matern(0.9, nu=1.5),
    "matern52": Matern(0.9, nu=2.5),
}


@pytest.mark.parametrize("kernel", ORACLES)
def test_it_equals_that_of_scikit_learn_at_the_same_parameters(kernel):
    X, _, y = draw(80)
    new = np.random.default_rng(1).uniform(-1, 5, (30, 2))
    model = GaussianProcess(kernel, length_scale=0.9, amplitude=1.7, noise=0.03, mean=0.0).fit(X, y)
    oracle = GaussianProcessRegressor(
        ConstantKernel(1.7) * ORACLES[kernel] + WhiteKernel(0.03), alpha=0.0, optimizer=None
    ).fit(X, y)
    mean, sd = model.predict(new, return_std=True)
    expected, expected_sd = oracle.predict(new, return_std=True)
    np.testing.assert_allclose(mean, expected, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(sd, expected_sd, rtol=1e-8)
    assert model.log_marginal_likelihood_ == pytest.approx(oracle.log_marginal_likelihood_value_, rel=1e-8)
    np.testing.assert_allclose(model.predict(new, return_std=True, with_noise=False)[1] ** 2 + 0.03, sd**2)
    np.testing.assert_array_equal(model.predict(new), mean)


def test_slopes_are_those_of_scikit_learn():
    X, _, y = draw(60)
    likelihood = Likelihood(closeness(X, None, "matern32"), y, "matern32", 0.0)
    _, (by_length, by_ratio, by_amplitude) = likelihood.slopes(0.7, 0.02 / 1.3, 1.3)
    oracle = GaussianProcessRegressor(
        ConstantKernel(1.3) * Matern(0.7, nu=1.5) + WhiteKernel(0.02), alpha=0.0, optimizer=None
    ).fit(X, y)
    _, slopes = oracle.log_marginal_likelihood(oracle.kernel_.theta, eval_gradient=True)
    # scikit-learn holds the noise while it moves the amplitude; here their ratio is held.
    np.testing.assert_allclose([by_amplitude - by_ratio, by_length, by_ratio], slopes, rtol=1e-7)


@pytest.mark.parametrize("kernel", STATIONARY)
@pytest.mark.parametrize("mean", [None, 0.5])
@pytest.mark.parametrize("amplitude", [None, 1.5])
def test_slopes_are_those_of_finite_differences(kernel, mean, amplitude):
    X, _, y = draw(40)
    likelihood, step = Likelihood(closeness(X, None, kernel), y, kernel, mean), 1e-4
    at = np.log([0.8, 0.1])
    _, slopes = likelihood.slopes(*np.exp(at), amplitude)
    for k in range(2):
        move = step * np.eye(2)[k]
        high, low = (likelihood.posterior(*np.exp(at + s * move), amplitude).log_likelihood for s in (1, -1))
        assert slopes[k] == pytest.approx((high - low) / (2 * step), rel=1e-5, abs=1e-6)
    if amplitude is None:
        assert slopes[2] == pytest.approx(0.0, abs=1e-9)


def test_a_fitted_mean_widens_the_deviation_as_in_ordinary_kriging():
    X, _, y = draw(30, mean=7.0)
    new = np.array([[2.0, 2.0], [40.0, 40.0]])
    model = GaussianProcess(length_scale=1.2, amplitude=2.0, noise=0.1).fit(X, y)
    K = 2.0 * Matern(1.2, nu=2.5)(X) + 0.1 * np.eye(30)
    k = 2.0 * Matern(1.2, nu=2.5)(X, new)
    ones = np.ones(30)
    system = np.block([[K, ones[:, None]], [ones, 0.0]])  # kriging weights that add up to 1
    weights = np.linalg.solve(system, np.vstack([k, np.ones(2)]))
    mean, sd = model.predict(new, return_std=True, with_noise=False)
    np.testing.assert_allclose(mean, weights[:30].T @ y, rtol=1e-10)
    np.testing.assert_allclose(sd**2, 2.0 - np.sum(weights * np.vstack([k, np.ones(2)]), axis=0), rtol=1e-8)
    assert mean[1] == pytest.approx(model.mean_)
    assert sd[1] > np.sqrt(2.0)


def test_it_finds_parameters_at_least_as_likely_as_scikit_learn_does():
    X, _, y = draw(120, seed=3)
    model = GaussianProcess(mean=0.0).fit(X, y)
    kernel = ConstantKernel(1.0) * Matern(1.0, nu=2.5) + WhiteKernel(0.1)
    oracle = GaussianProcessRegressor(kernel, alpha=0.0, n_restarts_optimizer=2, random_state=0).fit(X, y)
    assert model.log_marginal_likelihood_ > oracle.log_marginal_likelihood_value_ - 0.01
    amplitude, length, noise = np.exp(oracle.kernel_.theta)
    assert model.length_scale_ == pytest.approx(length, rel=0.05)
    assert model.noise_ == pytest.approx(noise, rel=0.05)
    assert model.amplitude_ == pytest.approx(amplitude, rel=0.1)


@pytest.mark.parametrize(
    "given",
    [
        {"noise": 0.05},
        {"length_scale": 1.0},
        {"amplitude": 2.0},
        {"length_scale": 1.0, "noise": 0.05},
        {"amplitude": 2.0, "noise": 0.05},
        {"length_scale": 1.0, "amplitude": 2.0},
    ],
    ids=str,
)
def test_what_is_given_is_kept_and_the_rest_is_most_likely(given):
    X, _, y = draw(100, seed=4)
    model = GaussianProcess(mean=0.0, **given).fit(X, y)
    assert {name: getattr(model, f"{name}_") for name in given} == pytest.approx(given)
    likelihood = Likelihood(closeness(X, None, "matern52"), y, "matern52", 0.0)

    def at(**moves):
        length, amplitude, noise = (
            getattr(model, f"{name}_") * moves.get(name, 1.0) for name in ("length_scale", "amplitude", "noise")
        )
        return likelihood.posterior(length, noise / amplitude, amplitude).log_likelihood

    assert at() == pytest.approx(model.log_marginal_likelihood_)
    for name in {"length_scale", "amplitude", "noise"} - set(given):
        for factor in (0.8, 1.25):
            assert at(**{name: factor}) < model.log_marginal_likelihood_


def test_deviations_cover_what_they_promise_on_draws_of_the_process():
    """Of standardised errors over 20 draws, the share within z is that of the normal distribution."""
    errors = []
    for seed in range(20):
        X, _, y = draw(160, seed=seed, length=0.8, mean=3.0)
        mean, sd = GaussianProcess().fit(X[:100], y[:100]).predict(X[100:], return_std=True)
        errors.append((y[100:] - mean) / sd)
    z = np.concatenate(errors)
    for level in (0.5, 0.8, 0.95):
        assert np.mean(np.abs(z) < norm.ppf(0.5 + level / 2)) == pytest.approx(level, abs=0.05)
    assert z.mean() == pytest.approx(0.0, abs=0.1)


def test_stages_lead_to_the_same_top():
    X, _, y = draw(200, seed=5)
    direct = GaussianProcess().fit(X, y)
    staged = GaussianProcess(search_rows=100).fit(X, y)
    assert staged.log_marginal_likelihood_ == pytest.approx(direct.log_marginal_likelihood_, abs=0.01)
    assert 0 < staged.n_evaluations_ <= 30
    again = GaussianProcess(search_rows=100).fit(X, y)
    np.testing.assert_array_equal(again.predict(X), staged.predict(X))


def test_blocks_files_and_odd_targets(monkeypatch):
    X, _, y = draw(60)
    model = GaussianProcess().fit(X, y)
    mean, sd = model.predict(X, return_std=True)
    restored = estimator_from_bytes(estimator_to_bytes(model), trusted=[TYPE])
    np.testing.assert_array_equal(restored.predict(X, return_std=True), (mean, sd))
    monkeypatch.setattr("matterlearn.models.kernel_machines.gaussian_process._BLOCK", 200)
    np.testing.assert_allclose(model.predict(X, return_std=True), (mean, sd), rtol=1e-8)
    constant, width = GaussianProcess().fit(X, np.full(60, 2.5)).predict(X, return_std=True)
    np.testing.assert_allclose(constant, 2.5)
    assert np.all(width == np.inf)  # a constant does not tell how far the process strays
    exact = GaussianProcess("rbf", noise=0.0, length_scale=0.3, amplitude=1.0).fit(X[:20], y[:20])
    np.testing.assert_allclose(exact.predict(X[:20]), y[:20], rtol=1e-6)


def test_where_nothing_is_known_the_deviation_is_not_small():
    """One row, or a target that does not vary, leaves the amplitude unknown unless it is given."""
    new = np.linspace(-5.0, 5.0, 7)[:, None]
    for rows, target in ((np.zeros((1, 1)), [2.0]), (np.arange(6.0)[:, None], np.full(6, 2.0))):
        for given in ({}, {"noise": 0.1}, {"length_scale": 1.0}, {"mean": 2.0}):
            model = GaussianProcess(**given).fit(rows, target)
            mean, sd = model.predict(new, return_std=True)
            np.testing.assert_allclose(mean, 2.0)
            assert np.all(sd == np.inf)
            assert np.all(model.predict(new, return_std=True, with_noise=False)[1] == np.inf)
            assert model.amplitude_ == 0
            restored = estimator_from_bytes(estimator_to_bytes(model), trusted=[])
            np.testing.assert_array_equal(restored.predict(new, return_std=True)[1], sd)
        sd = GaussianProcess(amplitude=4.0, length_scale=0.5, noise=0.01).fit(rows, target).predict(new, True)[1]
        assert np.isfinite(sd).all()
        assert sd.max() > 1.9
    # A mean that is given and missed does tell.
    assert np.isfinite(GaussianProcess(mean=0.0).fit([[0.0]], [2.0]).predict(new, return_std=True)[1]).all()


@pytest.mark.parametrize("factor", [1e200, 1e-200])
def test_targets_whose_squares_are_no_numbers_are_refused(factor):
    X, _, y = draw(30)
    with pytest.raises(ArgumentError, match=r"variance beyond the numbers.*another unit"):
        GaussianProcess().fit(X, y * factor)
    model = GaussianProcess().fit(X, y * (1e100 if factor > 1 else 1e-100))
    assert np.isfinite(model.predict(X, return_std=True)).all()


def test_noise_that_drowns_in_rounding_is_refused():
    X, _, y = draw(40)
    with pytest.raises(ArgumentError, match="noise is so small"):
        GaussianProcess("rbf", length_scale=1e3, amplitude=1.0, noise=0.0).fit(X, y)
    for parameters in ({"kernel": "polynomial"}, {"noise": -1.0}, {"length_scale": "median"}, {"amplitude": 0.0}):
        with pytest.raises(ValueError, match=f"'{next(iter(parameters))}' parameter of GaussianProcess"):
            GaussianProcess(**parameters).fit(X, y)
