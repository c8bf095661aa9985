"""Weights of rows reach the part that learns, and mean what they mean in scikit-learn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import sklearn
from matter_tables import sites
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import (
    BaggingRegressor,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor

from matterlearn.core.errors import ArgumentError
from matterlearn.models.blend import Blend
from matterlearn.models.candidates import FAMILIES, make_candidates
from matterlearn.models.selection import CandidateSelector
from matterlearn.models.weighting import checked_weights, fit_weighted, takes_weights, weighted_mean

KINDS = {"A": "site", "X": "site"}
OF_TABLES = [name for name, kind in FAMILIES.items() if kind.representation != "structures"]
WEIGHABLE = [name for name in OF_TABLES if takes_weights(make_candidates([name], ["A"], KINDS)[name])]

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 4))
# Sums of such values are exact, whatever their order: trees tell by rounding whether a node is pure.
y = np.round(8 * (X @ [1.0, -2.0, 0.5, 0.0] + 0.3 * rng.normal(size=40) + 2.0)) / 8
WEIGHTS = rng.integers(0, 4, 40)
REPEATED = np.repeat(np.arange(40), WEIGHTS)
assert np.sum(WEIGHTS == 0) > 3


def seeded(model):
    seeds = {key: 0 for key in model.get_params() if key.rpartition("__")[2] == "random_state"}
    return clone(model).set_params(**seeds)


def small(name):
    """One family with few trees and small networks."""
    model = seeded(make_candidates([name], ["A", "X"], KINDS)[name])
    less = {"n_estimators": 5, "hidden_layer_sizes": (8,), "batch_size": 20}
    return model.set_params(
        **{key: less[key.rpartition("__")[2]] for key in model.get_params() if key.rpartition("__")[2] in less}
    )


def test_all_families_but_neighbours_and_pruned_trees_take_weights():
    assert set(OF_TABLES) - set(WEIGHABLE) == {"knn", "tree"}


@pytest.mark.parametrize("name", WEIGHABLE)
def test_equal_weights_change_nothing_and_others_do(name):
    table = pd.concat([sites(40)] * 2, ignore_index=True)  # every row twice, with values 1 eV apart
    rows, target = table[["A", "X"]], table["gap_eV"].to_numpy() + np.repeat([0.0, 1.0], 40)
    plain = small(name).fit(rows, target).predict(rows)
    equal = fit_weighted(small(name), rows, target, np.ones(80)).predict(rows)
    np.testing.assert_allclose(equal, plain, rtol=0, atol=1e-10)
    tilted = fit_weighted(small(name), rows, target, np.repeat([0.1, 1.9], 40)).predict(rows)
    least = 0.2 if name == "adaboost" else 0.3  # its few trees are fitted to rows that it draws
    assert least < np.mean(tilted - plain) < 0.6  # of weighted means 0.45


EXACT = {
    "ridge": (Ridge(3.0), 1e-10),
    "scaled target": (TransformedTargetRegressor(Ridge(3.0), transformer=StandardScaler()), 1e-10),
    "kernel ridge": (KernelRidge(kernel="laplacian", gamma=0.3, alpha=0.1), 1e-10),
    "tree": (DecisionTreeRegressor(max_depth=4), 1e-10),
    "extra trees": (ExtraTreesRegressor(5, max_features=0.5), 1e-10),
    "boosting": (GradientBoostingRegressor(n_estimators=5), 1e-10),
    "support vectors": (SVR(C=10.0, gamma=0.3, tol=1e-8), 1e-5),
    "mean": (DummyRegressor(), 1e-10),
}


@pytest.mark.parametrize(("model", "tolerance"), EXACT.values(), ids=EXACT)
def test_whole_weights_are_repeated_rows(model, tolerance):
    weighted = fit_weighted(seeded(model), X, y, WEIGHTS).predict(X)
    repeated = seeded(model).fit(X[REPEATED], y[REPEATED]).predict(X)
    np.testing.assert_allclose(weighted, repeated, rtol=0, atol=tolerance)
    assert np.abs(weighted - seeded(model).fit(X, y).predict(X)).max() > 0.01


def wrapped(inner):
    return {
        "pipeline": make_pipeline(StandardScaler(), inner),
        "pipeline in a pipeline": make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), inner)),
        "scaled target": TransformedTargetRegressor(inner, transformer=StandardScaler()),
        "pipeline in a scaled target": TransformedTargetRegressor(
            make_pipeline(StandardScaler(), inner), transformer=StandardScaler()
        ),
        "scaled target in a pipeline": make_pipeline(StandardScaler(), TransformedTargetRegressor(inner)),
        "vote": VotingRegressor([("one", inner), ("none", "drop"), ("two", clone(inner))]),
        "search": GridSearchCV(inner, {}, cv=2),
        "search of a pipeline": GridSearchCV(make_pipeline(StandardScaler(), inner), {}, cv=2),
    }


@pytest.mark.parametrize("name", wrapped(Ridge()))
def test_weights_reach_the_regressor_through_what_is_around_it(name):
    """A straight line through two values at each of two places is the weighted mean there, however it is wrapped."""
    places = np.array([[0.0], [0.0], [1.0], [1.0], [1.0], [0.0]])
    values = np.array([0.0, 4.0, 1.0, 5.0, 99.0, 99.0])
    weights = np.array([3.0, 1.0, 1.0, 3.0, 0.0, 0.0])
    model = wrapped(LinearRegression())[name]
    assert takes_weights(model)
    fitted = fit_weighted(model, places, values, weights)
    assert fitted is model
    np.testing.assert_allclose(fitted.predict([[0.0], [1.0]]), [1.0, 4.0], rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", wrapped(KNeighborsRegressor()))
def test_what_takes_no_weights_is_refused_however_it_is_wrapped(name):
    model = wrapped(KNeighborsRegressor(1))[name]
    assert not takes_weights(model)
    with pytest.raises(ArgumentError, match="takes no weights of rows") as caught:
        fit_weighted(model, X, y, WEIGHTS)
    assert "\n" not in str(caught.value)
    fit_weighted(model, X, y)  # without weights it is fitted as ever


@pytest.mark.parametrize(
    ("model", "takes"),
    [
        (BaggingRegressor(KNeighborsRegressor()), True),  # rows are drawn by their weights
        (BaggingRegressor(Ridge(), bootstrap=False), False),  # every row is drawn once
        (VotingRegressor([("pipe", make_pipeline(Ridge()))]), False),
        (StackingRegressor([("ridge", Ridge())]), False),
        (TransformedTargetRegressor(), True),
        (Blend([("ridge", make_pipeline(Ridge()))], [1.0]), True),
        (Blend([("ridge", Ridge()), ("near", KNeighborsRegressor())], [0.5, 0.5]), False),
        (make_pipeline(CandidateSelector([("ridge", Ridge()), ("near", KNeighborsRegressor())])), False),
        (make_pipeline(StandardScaler(), "passthrough"), False),
    ],
)
def test_takes_weights(model, takes):
    assert takes_weights(model) is takes


def test_weights_of_the_inverse_variance_help():
    """Half of the rows are ten times as noisy: saying so brings the line nearer to the truth (Gauss and Markov)."""
    draw = np.random.default_rng(7)
    truth, noise = np.array([1.0, -2.0, 0.5]), np.where(np.arange(60) % 2, 2.0, 0.2)
    errors = {"plain": [], "weighted": []}
    for _ in range(30):
        rows = draw.normal(size=(60, 3))
        values = rows @ truth + noise * draw.normal(size=60)
        for name, weights in (("plain", None), ("weighted", noise**-2.0)):
            model = fit_weighted(make_pipeline(StandardScaler(), LinearRegression()), rows, values, weights)
            errors[name].append(np.abs(model.predict(np.eye(3)) - truth).mean())
    assert np.mean(errors["weighted"]) < 0.3 * np.mean(errors["plain"])


def test_bagging_draws_by_the_weights():
    weights = np.where(np.arange(40) < 3, 1.0, 1e-12)
    bag = fit_weighted(BaggingRegressor(DummyRegressor(), 20, random_state=0), X, y, weights)
    assert y[:3].min() <= bag.predict(X[:1])[0] <= y[:3].max()


def test_rows_without_weight_are_not_looked_at():
    rows = pd.DataFrame({"a": [1.0, 2.0, 3.0, 1e9]})
    model = fit_weighted(make_pipeline(StandardScaler(), Ridge()), rows, [1.0, 2.0, 3.0, -1e9], [1, 1, 2, 0])
    assert model[0].mean_ == [2.0]
    without = fit_weighted(make_pipeline(StandardScaler(), Ridge()), rows.iloc[:3], [1.0, 2.0, 3.0], [1, 1, 2])
    assert model.predict(rows).tobytes() == without.predict(rows).tobytes()


def test_users_who_turned_routing_on_need_say_nothing():
    with sklearn.config_context(enable_metadata_routing=True):
        model = fit_weighted(make_pipeline(StandardScaler(), Ridge(3.0)), X, y, WEIGHTS + 1)
    again = fit_weighted(make_pipeline(StandardScaler(), Ridge(3.0)), X, y, WEIGHTS + 1)
    assert model.predict(X).tobytes() == again.predict(X).tobytes()


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, -1.0], "Negative values"),
        ([1.0, np.nan], "NaN"),
        ([1.0, np.inf], "infinity"),
        ([0.0, 0.0], "at least one non-zero"),
        ([1.0], r"\(1,\)"),
        ([[1.0], [1.0]], "1D array"),
    ],
)
def test_weights_that_make_no_sense(weights, message):
    with pytest.raises(ValueError, match=message):
        checked_weights(weights, [["TiO2"], ["SiO2"]])


def test_no_weights():
    assert checked_weights(None, X) is None
    assert weighted_mean(np.array([[1.0, 2.0], [3.0, 4.0]]), None).tolist() == [2.0, 3.0]
    assert weighted_mean(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 0.0])).tolist() == [1.0, 2.0]
