"""Bias and variance: an identity, and cases whose answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.assessment import bias_variance
from matterlearn.validation.assessment.decomposition import decompose

NOISE = 0.3


def line(n_rows, seed, noise=NOISE):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 3))
    return X, X @ [1.0, -2.0, 0.5] + 3.0 + noise * rng.normal(size=n_rows)


KNOWN, NEW = line(100, 0), line(2000, 1)


@settings(deadline=None, max_examples=60)
@given(
    hnp.arrays(float, st.tuples(st.integers(1, 8), st.just(5)), elements=st.floats(-1e3, 1e3)),
    hnp.arrays(float, 5, elements=st.floats(-1e3, 1e3)),
)
def test_error_is_squared_bias_plus_variance(predictions, y):
    parts = decompose(predictions, y)
    assert parts.mse == pytest.approx(parts.bias_squared + parts.variance, rel=1e-10, abs=1e-10)
    assert parts.mse == pytest.approx(np.mean((predictions - y) ** 2), rel=1e-12, abs=1e-12)


def test_the_identity_holds_for_fitted_models():
    parts = bias_variance(DecisionTreeRegressor(), *KNOWN, *NEW, n_resamples=20, random_state=0)
    assert abs(parts.mse - parts.bias_squared - parts.variance) < 1e-10
    np.testing.assert_allclose(parts.rows["mse"], parts.rows["bias_squared"] + parts.rows["variance"], atol=1e-10)
    assert parts.predictions.shape == (20, 2000)


def test_a_linear_model_of_a_linear_law():
    """Least squares has no bias, and variance sigma^2 p / n: for Gaussian columns, p / (n - p - 1) on new rows."""
    truth = NEW[0] @ [1.0, -2.0, 0.5] + 3.0
    seeds = range(10)  # one data set tells its own variance to a fifth
    found = [
        bias_variance(LinearRegression(), *line(100, 100 + seed), NEW[0], truth, n_resamples=40, random_state=seed)
        for seed in seeds
    ]
    expected = NOISE**2 * 4 / (100 - 4 - 1)
    assert np.mean([parts.variance for parts in found]) == pytest.approx(expected, rel=0.2)
    assert np.mean([parts.bias_squared for parts in found]) == pytest.approx(expected, rel=0.6)  # of the one data set
    noisy = bias_variance(LinearRegression(), *KNOWN, *NEW, n_resamples=60, noise=NOISE**2, random_state=0)
    assert noisy.bias_squared == pytest.approx(NOISE**2, rel=0.15)
    assert abs(noisy.bias_squared_without_noise) < 0.15 * NOISE**2


def test_a_constant_has_no_variance():
    parts = bias_variance(DummyRegressor(strategy="constant", constant=3.0), *KNOWN, *NEW, n_resamples=10)
    assert parts.variance == 0.0
    assert parts.mse == pytest.approx(np.mean((NEW[1] - 3.0) ** 2))


def test_the_mean_has_the_variance_of_a_mean():
    parts = bias_variance(DummyRegressor(), *KNOWN, *NEW, n_resamples=500, random_state=0)
    assert parts.variance == pytest.approx(KNOWN[1].var() / 100, rel=0.2)


def test_fewer_neighbours_less_bias_more_variance():
    one, many = (bias_variance(KNeighborsRegressor(k), *KNOWN, *NEW, n_resamples=40, random_state=0) for k in (1, 30))
    assert one.variance > 5 * many.variance
    assert one.bias_squared < many.bias_squared


def test_rows_of_a_group_are_drawn_together():
    """All rows of one group: every resample is the whole table, and nothing varies."""
    options = {"n_resamples": 5, "random_state": 0}
    parts = bias_variance(LinearRegression(), *KNOWN, *NEW, groups=np.zeros(100), **options)
    assert parts.variance < 1e-20
    doubled = np.repeat(KNOWN[0], 2, axis=0), np.repeat(KNOWN[1], 2)
    together = bias_variance(LinearRegression(), *doubled, *NEW, groups=np.repeat(np.arange(100), 2), **options)
    alone = bias_variance(LinearRegression(), *KNOWN, *NEW, **options)
    np.testing.assert_allclose(together.predictions, alone.predictions)


def test_the_same_seed_gives_the_same_numbers_and_a_pipeline_its_own_seeds():
    model = make_pipeline(StandardScaler(), DecisionTreeRegressor(max_features=1))
    first, again = (bias_variance(model, *KNOWN, *NEW, n_resamples=4, random_state=7) for _ in range(2))
    np.testing.assert_array_equal(first.predictions, again.predictions)
    assert model[-1].random_state is None  # the caller's model is left alone


def test_tables_are_taken():
    table = pd.DataFrame(KNOWN[0], columns=list("abc"))
    parts = bias_variance(
        LinearRegression(), table, KNOWN[1], pd.DataFrame(NEW[0], columns=list("abc")), NEW[1], n_resamples=9
    )
    assert parts.mse < 0.12


@pytest.mark.parametrize(
    ("model", "change", "text"),
    [
        (KNeighborsClassifier(), {}, "is a classifier"),
        (LinearRegression(), {"n_resamples": 1}, "n_resamples: must be at least 2, got 1"),
        (LinearRegression(), {"noise": -1.0}, "a variance is not negative"),
        (LinearRegression(), {"y_train": np.full(100, np.nan)}, "one finite number per row"),
        (LinearRegression(), {"y_train": np.zeros(3)}, "inconsistent numbers of samples"),
    ],
)
def test_what_cannot_be_is_said(model, change, text):
    arguments = {"X_train": KNOWN[0], "y_train": KNOWN[1], "X_test": NEW[0], "y_test": NEW[1], **change}
    with pytest.raises(ArgumentError, match=text):
        bias_variance(model, **arguments)


def test_shapes_that_do_not_fit():
    with pytest.raises(ArgumentError, match=r"shape \(2, 3\) for values of shape \(2,\)"):
        decompose(np.zeros((2, 3)), [0.0, 1.0])
