"""Curves of the prediction against one feature."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.inspection import partial_dependence as reference
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from matterlearn.features import SiteDescriptors
from matterlearn.features.table_features import table_features
from matterlearn.models.blend import Blend
from matterlearn.models.candidates import make_candidates
from matterlearn.validation.explain.partial_dependence import N_FEATURES, N_VALUES, partial_dependence

METALS = ("Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba", "Zn", "Cd", "Al", "Ga", "In")
KINDS = {"A": "site", "T_K": "number", "p_GPa": "number"}


def table(n_rows=120, seed=0):
    rng = np.random.default_rng(seed)
    metals = rng.choice(METALS, n_rows)
    return pd.DataFrame(
        {
            "A": [{metal: 1.0} for metal in metals],
            "T_K": rng.uniform(300, 900, n_rows),
            "p_GPa": rng.exponential(2.0, n_rows),
        }
    )


def scaled_blend(X, y, floor=None):
    """Members that scale the temperature in three ways, or not at all."""
    plain = make_pipeline(ColumnTransformer([("n", "passthrough", ["T_K", "p_GPa"])], verbose_feature_names_out=False),
                          ExtraTreesRegressor(20, random_state=0))  # fmt: skip
    members = [*make_candidates(["svr", "kernel-ridge", "ridge"], list(KINDS), KINDS).items(), ("plain", plain)]
    return Blend(members, [0.4, 0.2, 0.1, 0.3], floor).fit(X, y)


def test_a_linear_model_is_a_line_with_its_slope_in_the_unit_of_the_feature():
    X = table()
    y = 0.02 * X["T_K"] - 0.5 * X["p_GPa"]
    features = table_features(["T_K", "p_GPa"], {"T_K": "number", "p_GPa": "number"}, fraction_weight=1.0)
    model = make_pipeline(features, LinearRegression()).fit(X, y)
    curves = partial_dependence(model, X, seed=0)
    slopes = {curve["feature"]: np.diff(curve["mean"]) / np.diff(curve["values"]) for curve in curves}
    assert [curve["unit"] for curve in curves] == ["K", "GPa"]  # 0.02 x 170 K moves more than 0.5 x 2 GPa
    # Beyond six standard deviations the scaler cuts; no row lies there but for the pressure's tail.
    assert_allclose(slopes["T_K"], 0.02, rtol=1e-9)
    assert_allclose(slopes["p_GPa"], -0.5, rtol=1e-9)
    for curve in curves:
        assert curve["values"] == sorted(curve["values"])
        assert len(curve["values"]) == N_VALUES
        assert X[curve["property"]].min() <= curve["values"][0] < curve["values"][-1] <= X[curve["property"]].max()
        spread = np.subtract(curve["upper"], curve["lower"])
        assert_allclose(spread, spread[0], rtol=1e-9)  # parallel lines


@pytest.mark.parametrize("floor", [None, 8.0])
def test_a_blend_of_differently_scaled_members_is_that_of_scikit_learn_on_the_inputs(floor):
    X = table()
    rng = np.random.default_rng(1)
    y = 10 + 3 * np.sin(X["T_K"] / 100) + X["p_GPa"] + rng.normal(0, 0.1, len(X))
    model = scaled_blend(X, y, floor)
    curves = {curve["feature"]: curve for curve in partial_dependence(model, X, seed=0, properties=["T_K", "p_GPa"])}
    for name, curve in curves.items():
        theirs = reference(model, X, [name], custom_values={name: np.array(curve["values"])}, kind="both")
        assert_allclose(curve["mean"], theirs["average"][0], rtol=1e-9)
        lower, upper = np.quantile(theirs["individual"][0], [0.1, 0.9], axis=0)
        assert_allclose(curve["lower"], lower, rtol=1e-9)
        assert_allclose(curve["upper"], upper, rtol=1e-9)
        assert curve["site"] == ""


def test_a_property_of_a_site_is_followed_in_its_unit():
    X = table()
    features = SiteDescriptors(["melting_point", "electronegativity"])
    melting_point = features.fit_transform(X[["A"]])[:, 0]
    y = 0.001 * melting_point
    chain = ColumnTransformer([("A", make_pipeline(features, StandardScaler()), ["A"])])
    model = make_pipeline(chain, LinearRegression()).fit(X, y)
    curve = partial_dependence(model, X, seed=0)[0]
    about = {key: curve[key] for key in ("feature", "property", "site", "unit")}
    assert about == {"feature": "melting point", "property": "melting point", "site": "A", "unit": "K"}
    assert set(curve["values"]) <= set(melting_point)
    assert_allclose(np.diff(curve["mean"]) / np.diff(curve["values"]), 0.001, rtol=1e-9)


def test_of_several_statistics_and_sites_the_mean_that_moves_the_prediction_is_shown():
    rng = np.random.default_rng(0)
    mixed = [{a: 0.5, b: 0.5} for a, b in (rng.choice(METALS, 2, replace=False) for _ in range(80))]
    X = pd.DataFrame({"A": mixed, "B": [mixed[i] for i in rng.permutation(80)]})
    features = SiteDescriptors(["melting_point"])
    of_b = features.fit_transform(X)[:, features.get_feature_names_out().tolist().index("B: mean melting point")]
    model = make_pipeline(SiteDescriptors(["melting_point"]), LinearRegression()).fit(X, of_b)
    (curve,) = partial_dependence(model, X, seed=0)
    assert (curve["feature"], curve["site"]) == ("mean melting point, B", "B")


def test_bits_and_features_that_most_rows_lack():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "route": rng.choice(["melt", "film"], 100),
            "dopant": np.where(rng.random(100) < 0.06, rng.random(100), 0.0),
            "constant": 1.0,
            "T_K": rng.uniform(300, 900, 100),
        }
    )
    kinds = {"route": "category", "dopant": "number", "constant": "number", "T_K": "number"}
    y = 20.0 * (X["route"] == "film") + 10 * X["dopant"] + 0.001 * X["T_K"]
    model = make_pipeline(table_features(list(kinds), kinds), Ridge(1e-6)).fit(X, y)
    curves = {curve["property"]: curve for curve in partial_dependence(model, X, seed=0)}
    assert list(curves)[-1] == "route"  # two values are no curve: last, whatever they move
    assert curves["route"]["values"] == [0.0, 1.0]
    assert set(curves) == {"route", "dopant", "T_K"}
    assert curves["dopant"]["values"][0] == 0.0
    assert len(curves["dopant"]["values"]) >= 5  # quantiles of the rows would all be 0
    assert_allclose(np.diff(curves["dopant"]["mean"]) / np.diff(curves["dopant"]["values"]), 10, rtol=1e-3)


def test_no_more_curves_than_asked_for_in_the_order_given():
    X = table()
    y = X["T_K"] + X["p_GPa"]
    model = make_pipeline(table_features(list(KINDS), KINDS), Ridge()).fit(X, y)
    asked = ["p_GPa", "T_K", "no such property"]
    assert [curve["property"] for curve in partial_dependence(model, X, seed=0, properties=asked)] == asked[:2]
    assert len(partial_dependence(model, X, seed=0, n_features=1)) == 1
    assert len(partial_dependence(model, X, seed=0)) == N_FEATURES


def test_a_transformer_of_the_user_and_a_model_of_the_table_itself():
    X = pd.DataFrame({"x": np.arange(30.0), "text": ["a", "b", "c"] * 10})
    squares = FunctionTransformer(lambda frame: frame[["x"]].to_numpy() ** 2)
    model = make_pipeline(squares, LinearRegression()).fit(X, X["x"] ** 2)
    (curve,) = partial_dependence(model, X, seed=0)
    assert_allclose(curve["mean"], curve["values"], atol=1e-9)

    class Takes(LinearRegression):
        def predict(self, X):
            return 2 * X["x"].to_numpy()

    (curve,) = partial_dependence(Takes().fit(X[["x"]], X["x"]), X, seed=0)
    assert_allclose(curve["mean"], np.multiply(curve["values"], 2))


def test_the_seed_decides_and_nothing_is_changed():
    X = table(60)
    y = X["T_K"] / 100
    model = scaled_blend(X, y)
    before, copy = model.predict(X), X.copy(deep=True)
    first = partial_dependence(model, X, seed=1, max_rows=30)
    assert partial_dependence(model, X, seed=1, max_rows=30) == first
    assert partial_dependence(model, X, seed=2, max_rows=30) != first
    pd.testing.assert_frame_equal(X, copy)
    np.testing.assert_array_equal(model.predict(X), before)
