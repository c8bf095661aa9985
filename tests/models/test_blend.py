from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from matterlearn.core.errors import ArgumentError
from matterlearn.models.blend import Blend


@parametrize_with_checks([Blend([("ridge", Ridge()), ("tree", DecisionTreeRegressor(random_state=0))], [0.25, 0.75])])
def test_scikit_learn_contract(estimator, check):
    check(estimator)


class Biased(RegressorMixin, BaseEstimator):
    """Knows the answer, the text's length, and misses it by a constant; takes texts, not numbers."""

    def __init__(self, bias: float = 0.0) -> None:
        self.bias = bias

    def fit(self, X, y):
        assert all(isinstance(text, str) for text in X)
        self.fitted_ = True
        return self

    def predict(self, X):
        return np.array([len(text) + self.bias for text in X], dtype=float)


TEXTS = ["NaCl", "K", "CaTiO3", "Fe2O3"]
LENGTHS = np.array([4.0, 1.0, 6.0, 5.0])


def test_opposite_biases_cancel_on_rows_that_are_no_numbers():
    high, low = Biased(2.0), Biased(-1.0)
    blend = Blend([("high", high), ("low", low)], [1 / 3, 2 / 3]).fit(TEXTS, LENGTHS)
    np.testing.assert_allclose(blend.predict(TEXTS), LENGTHS, rtol=0, atol=1e-12)
    assert not hasattr(high, "fitted_")  # members are cloned


def test_weights_are_used_as_given():
    constant = [(str(c), DummyRegressor(strategy="constant", constant=float(c))) for c in (1, 10, 100)]
    X, y = np.zeros((3, 1)), [1.0, 2.0, 3.0]
    assert Blend(constant, [0.5, 0.2, 0.3]).fit(X, y).predict(X).tolist() == [32.5] * 3
    assert Blend(constant[:1], [2.0]).fit(X, y).predict(X).tolist() == [2.0] * 3


def test_floor():
    constant = [("low", DummyRegressor(strategy="constant", constant=-1.0))]
    assert Blend(constant, [1.0], floor=0.0).fit([[0.0]], [1.0]).predict([[0.0]]).tolist() == [0.0]


def test_as_many_weights_as_members():
    with pytest.raises(ArgumentError, match="2 members but 1 weights"):
        Blend([("a", Ridge()), ("b", Ridge())], [1.0]).fit([[0.0]], [1.0])


def test_clone_and_pickle():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 3))
    y = X @ [1.0, 2.0, 3.0] + rng.normal(size=20)
    blend = Blend([("ridge", Ridge(0.5)), ("near", KNeighborsRegressor(2))], [0.5, 0.5])
    fresh = clone(blend)
    with pytest.raises(NotFittedError):
        fresh.predict(X)
    fitted = fresh.fit(X, y)
    again = pickle.loads(pickle.dumps(fitted))
    assert again.predict(X).tobytes() == fitted.predict(X).tobytes() == clone(blend).fit(X, y).predict(X).tobytes()


class Counting(Biased):
    """Counts how often it is asked."""

    asked = 0

    def predict(self, X):
        Counting.asked += 1
        return super().predict(X)


def test_members_are_asked_once():
    blend = Blend([("high", Counting(2.0)), ("low", Counting(-1.0))], [0.5, 0.5]).fit(TEXTS, LENGTHS)
    Counting.asked = 0
    prediction, spread = blend.predict_with_spread(TEXTS)
    assert Counting.asked == 2
    assert prediction.tobytes() == blend.predict(TEXTS).tobytes()
    assert spread.tobytes() == blend.spread(TEXTS).tobytes()
    np.testing.assert_allclose(blend.predict_members(TEXTS), LENGTHS[:, None] + [2.0, -1.0])


def test_spread_is_the_weighted_standard_deviation():
    constant = [(str(c), DummyRegressor(strategy="constant", constant=c)) for c in (-5.0, 1.0, 4.0)]
    weights = [0.2, 0.5, 0.3]
    mean, spread = Blend(constant, weights, floor=3.0).fit([[0.0]], [1.0]).predict_with_spread([[0.0], [1.0]])
    drawn = np.repeat([-5.0, 1.0, 4.0], [2, 5, 3])  # as many of each as its weight says
    np.testing.assert_allclose(spread, drawn.std())  # what is raised to the floor still disagrees
    assert mean.tolist() == [3.0, 3.0]
    scaled = Blend(constant, [2.0, 5.0, 3.0]).fit([[0.0]], [1.0])
    np.testing.assert_allclose(scaled.spread([[0.0]]), drawn.std())
    assert np.isnan(Blend(constant[:1], [1.0]).fit([[0.0]], [1.0]).spread([[0.0], [1.0]])).tolist() == [True, True]


def test_weights_of_rows_reach_every_member():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(20, 2)), np.round(8 * rng.normal(size=20)) / 8
    weights = rng.integers(0, 3, 20)
    repeated = np.repeat(np.arange(20), weights)
    blend = Blend([("ridge", Ridge(2.0)), ("tree", DecisionTreeRegressor(max_depth=2, random_state=0))], [0.5, 0.5])
    weighted = clone(blend).fit(X, y, sample_weight=weights).predict(X)
    np.testing.assert_allclose(weighted, clone(blend).fit(X[repeated], y[repeated]).predict(X), atol=1e-12)
    with pytest.raises(ArgumentError, match="KNeighborsRegressor takes no weights of rows"):
        Blend([("near", KNeighborsRegressor(1))], [1.0]).fit(X, y, sample_weight=weights)


def test_parameters_of_members_are_reached_by_name():
    blend = Blend([("ridge", Ridge(0.5)), ("line", LinearRegression())], [0.5, 0.5])
    assert blend.get_params()["ridge__alpha"] == 0.5
    assert set(blend.get_params(deep=False)) == {"members", "weights", "floor"}
    assert blend.set_params(ridge__alpha=2.0, floor=1.0).members[0][1].alpha == 2.0
    assert clone(blend).get_params()["ridge__alpha"] == 2.0
    assert blend.floor == 1.0


def test_columns_of_a_table_are_remembered():
    table = pd.DataFrame({"a": [0.0, 1.0, 2.0], "b": [1.0, 0.0, 1.0]})
    blend = Blend([("line", LinearRegression())], [1.0]).fit(table, [0.0, 1.0, 2.0])
    assert blend.feature_names_in_.tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="feature names"):
        blend.predict(table[["b", "a"]])
