"""Importance by permutation after the transform."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.inspection import permutation_importance as reference
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVR

from matterlearn.chemistry.elements import element_property
from matterlearn.core.errors import ArgumentError
from matterlearn.features import SiteDescriptors
from matterlearn.features.table_features import table_features
from matterlearn.models.blend import Blend
from matterlearn.models.candidates import make_candidates
from matterlearn.models.selection import CandidateSelector
from matterlearn.validation.explain.importance import (
    MOST_PROPERTIES,
    permutation_importance,
    permutations_of,
    summarise_importance,
)
from matterlearn.validation.explain.kernel_sums import kernel_sum
from matterlearn.validation.explain.parts import model_parts

METALS = ("Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba", "Zn", "Cd", "Al", "Ga", "In", "Sn", "Pb")
OTHERS = ("F", "Cl", "Br", "I", "O", "S", "Se", "Te", "N", "P", "As", "H")
SITES = {"A": "site", "B": "site"}


def compounds(n_rows=190, seed=0):
    """A metal on A, a nonmetal on B, and the electronegativity of B as target."""
    rng = np.random.default_rng(seed)
    pairs = [(a, b) for a in METALS for b in OTHERS]
    chosen = [pairs[i] for i in rng.permutation(len(pairs))[:n_rows]]
    X = pd.DataFrame([({a: 1.0}, {b: 1.0}) for a, b in chosen], columns=["A", "B"])
    return X, np.array([element_property(b, "electronegativity") for _, b in chosen])


def by_name(entries, by):
    return {entry["name"]: entry for entry in entries if entry["by"] == by}


def blend_of_differently_scaled(X, y, floor=None):
    members = list(
        make_candidates(["svr", "extra-trees", "kernel-ridge", "extra-trees-fractions"], ["A", "B"], SITES).items()
    )
    for _, member in members:
        names = [name for name in member.get_params() if name.endswith("n_estimators")]
        member.set_params(**dict.fromkeys(names, 10))
        member.set_params(**{name: 0 for name in member.get_params() if name.endswith("random_state")})
    return Blend(members, [0.4, 0.3, 0.2, 0.1], floor).fit(X, y)


class TestPlanted:
    def test_a_property_of_one_site_leads_and_nothing_else_counts(self):
        X, y = compounds()
        features = SiteDescriptors(["melting_point", "electronegativity", "covalent_radius"])
        model = make_pipeline(features, StandardScaler(), LinearRegression()).fit(X[:120], y[:120])
        found = permutation_importance(model, X[120:], y[120:], seed=0)
        properties, sites = by_name(found, "property"), by_name(found, "site")
        assert next(iter(properties)) == "electronegativity (Pauling)"
        assert next(iter(sites)) == "B"
        mean_distance = np.abs(y[120:, None] - y[120:]).mean()
        for leading in (properties["electronegativity (Pauling)"], sites["B"]):
            assert leading["mean"] == pytest.approx(mean_distance, rel=0.15)
            assert leading["mae"] < 1e-9
        for name in ("melting point", "covalent radius"):
            assert abs(properties[name]["mean"]) < 1e-9
        assert abs(sites["A"]["mean"]) < 1e-9

    def test_it_leads_among_all_properties_that_go_with_it(self):
        X, y = compounds()
        model = make_pipeline(
            table_features(["A", "B"], SITES), ExtraTreesRegressor(50, max_features=0.5, random_state=0)
        )
        model.fit(X[:140], y[:140])
        found = permutation_importance(model, X[140:], y[140:], seed=0)
        properties, sites = by_name(found, "property"), by_name(found, "site")
        assert next(iter(properties)) == "electronegativity (Pauling)"
        assert sites["B"]["mean"] > 20 * abs(sites["A"]["mean"])
        # The others say the same in part, so one property alone is less than the site.
        assert sites["B"]["mean"] > properties["electronegativity (Pauling)"]["mean"]
        inputs = by_name(found, "input")
        assert {name: entry["mean"] for name, entry in inputs.items()} == {
            name: entry["mean"] for name, entry in sites.items()
        }


class TestOracles:
    def test_a_group_of_one_column_is_what_scikit_learn_says(self):
        rng = np.random.default_rng(0)
        X = pd.DataFrame(rng.normal(size=(80, 3)), columns=["a", "b", "c"])
        y = 2 * X["a"] + np.sin(3 * X["b"]) + rng.normal(0, 0.1, 80)
        features = ColumnTransformer([("all", StandardScaler(), ["a", "b", "c"])], verbose_feature_names_out=False)
        model = make_pipeline(features, KNeighborsRegressor(3)).fit(X, y)
        n_repeats = 60
        ours = by_name(permutation_importance(model, X, y, seed=1, n_repeats=n_repeats), "property")
        theirs = reference(
            model[1], model[0].transform(X), y, scoring="neg_mean_absolute_error", n_repeats=n_repeats, random_state=3
        )
        for place, name in enumerate("abc"):
            error = np.hypot(ours[name]["sd"], theirs.importances_std[place]) / np.sqrt(n_repeats)
            assert abs(ours[name]["mean"] - theirs.importances_mean[place]) < 4 * error
            assert ours[name]["sd"] == pytest.approx(theirs.importances_std[place], rel=0.5)

    @pytest.mark.parametrize("floor", [None, 2.5])
    def test_a_site_of_a_blend_of_differently_scaled_members_is_its_input_column(self, floor):
        """Everything a model knows of a site comes from one column: permuting the column is the same."""
        X, y = compounds()
        train, X_test, y_test = slice(0, 140), X[140:], y[140:]
        model = blend_of_differently_scaled(X[train], y[train], floor)
        n_repeats, seed = 3, 5
        found = by_name(permutation_importance(model, X_test, y_test, seed=seed, n_repeats=n_repeats), "site")
        mae = np.abs(model.predict(X_test) - y_test).mean()
        for site in ("A", "B"):
            increases = []
            for permutation in permutations_of(len(X_test), n_repeats, seed=seed):
                permuted = X_test.copy()
                permuted[site] = X_test[site].to_numpy()[permutation]
                increases.append(np.abs(model.predict(permuted) - y_test).mean() - mae)
            assert found[site]["mean"] == pytest.approx(np.mean(increases), rel=1e-9)
            assert found[site]["sd"] == pytest.approx(np.std(increases, ddof=1), rel=1e-6)
            assert found[site]["mae"] == pytest.approx(mae, rel=1e-9)

    def test_the_parts_predict_what_the_model_predicts(self):
        X, y = compounds(60)
        model = blend_of_differently_scaled(X[:40], y[:40], floor=2.0)
        taken = model_parts(model, X[40:])
        predicted = taken.combine([part.predict(part.matrix) for part in taken.parts])
        assert_allclose(predicted, model.predict(X[40:]), rtol=1e-12)

    def test_weights_of_rows_are_those_of_repeated_rows(self):
        X = pd.DataFrame({"x": [0.0, 1.0, 5.0]})
        model = LinearRegression().fit(X, X["x"])
        y = np.array([0.5, 1.0, 3.0])
        found = permutation_importance(model, X, y, weight=[2, 1, 0], seed=0)[0]
        assert found["mae"] == pytest.approx((2 * 0.5 + 0.0) / 3)

    @pytest.mark.parametrize("scaled", [False, True])
    @pytest.mark.parametrize(("kind", "kernel"), [(SVR, "rbf"), (KernelRidge, "rbf"), (KernelRidge, "laplacian")])
    def test_kernel_machines_by_their_sums_are_those_of_scikit_learn(self, kind, kernel, scaled):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(50, 6)), rng.normal(100, 7, 50)
        machine = kind(kernel=kernel, gamma=0.1)
        machine = TransformedTargetRegressor(machine, transformer=StandardScaler()) if scaled else machine
        machine.fit(x, y)
        rows = rng.normal(size=(9, 6))
        sets = [np.array([0]), np.array([1, 4, 5]), np.arange(6)]
        sources = [rng.permutation(9), np.full(9, 3)]
        found = kernel_sum(machine).predict_moved(rows, sets, sources)
        for s, columns in enumerate(sets):
            for r, source in enumerate(sources):
                moved = rows.copy()
                moved[:, columns] = rows[np.ix_(source, columns)]
                assert_allclose(found[s, r], machine.predict(moved), rtol=1e-10)

    @pytest.mark.parametrize(
        "machine",
        [
            SVR(kernel="linear"),
            SVR(gamma="scale"),
            KernelRidge(kernel="rbf"),
            Ridge(),
            TransformedTargetRegressor(Ridge(), transformer=StandardScaler()),
        ],
    )
    def test_other_machines_predict_by_themselves(self, machine):
        x = np.random.default_rng(0).normal(size=(20, 2))
        assert kernel_sum(machine.fit(x, x[:, 0])) is None

    def test_two_targets_are_no_sum(self):
        x = np.random.default_rng(0).normal(size=(20, 2))
        assert kernel_sum(KernelRidge(kernel="rbf", gamma=0.1).fit(x, x)) is None


class TestGroups:
    def test_a_group_that_does_not_vary_is_exactly_unimportant(self):
        X, y = compounds(60)
        X["A"] = [{"Na": 1.0}] * len(X)
        model = blend_of_differently_scaled(X[:40], y[:40])
        found = by_name(permutation_importance(model, X[40:], y[40:], seed=0), "site")
        assert found["A"]["mean"] == found["A"]["sd"] == 0.0
        assert found["B"]["mean"] > 0

    def test_a_member_without_the_group_keeps_its_prediction(self):
        X, y = compounds(80)
        of_a = make_pipeline(ColumnTransformer([("A", SiteDescriptors(["melting_point"]), ["A"])]), LinearRegression())
        of_b = make_pipeline(ColumnTransformer([("B", SiteDescriptors(["melting_point"]), ["B"])]), LinearRegression())
        whole = Blend([("a", of_a), ("b", of_b)], [0.5, 0.5]).fit(X, y)
        found = by_name(permutation_importance(whole, X, y, seed=2, n_repeats=1), "site")
        permutation = permutations_of(len(X), 1, seed=2)[0]
        a, b = whole.predict_members(X).T
        expected = np.abs((a + b[permutation]) / 2 - y).mean() - np.abs((a + b) / 2 - y).mean()
        assert found["B"]["mean"] == pytest.approx(expected, rel=1e-9)

    def test_numbers_and_categories_are_inputs_of_their_own(self):
        X, y = compounds(80)
        rng = np.random.default_rng(0)
        X = X.assign(T_K=rng.uniform(300, 900, len(X)), route=rng.choice(["melt", "sol-gel", "film"], len(X)))
        kinds = {**SITES, "T_K": "number", "route": "category"}
        target = y + 0.01 * X["T_K"] + 3.0 * (X["route"] == "film")
        model = make_pipeline(table_features(list(kinds), kinds), Ridge(1e-3)).fit(X, target)
        found = permutation_importance(model, X, target, seed=0)
        inputs, properties = by_name(found, "input"), by_name(found, "property")
        assert set(inputs) == set(kinds)
        assert set(by_name(found, "site")) == {"A", "B"}
        for name in ("T_K", "route"):
            assert properties[name]["mean"] == inputs[name]["mean"]
            assert inputs[name]["mean"] > 0.5
        assert abs(inputs["A"]["mean"]) < 0.05

    def test_one_column_of_formulas_has_no_groups_by_input(self):
        kinds = {"formula": "formula"}
        X = pd.DataFrame({"formula": [f"{a}{b}" for a in METALS for b in OTHERS[:4]]})
        y = np.array([element_property(b, "electronegativity") for _ in METALS for b in OTHERS[:4]])
        model = make_pipeline(table_features(["formula"], kinds), Ridge()).fit(X, y)
        found = permutation_importance(model, X, y, seed=0)
        assert {entry["by"] for entry in found} == {"property"}

    def test_of_thousands_of_features_those_that_go_with_the_prediction_are_tried(self):
        rng = np.random.default_rng(0)
        x = rng.normal(size=(60, MOST_PROPERTIES + 50))
        X = pd.DataFrame({"x": np.arange(60.0)})
        many = FunctionTransformer(lambda frame: x[np.asarray(frame)[:, 0].astype(int)])
        model = make_pipeline(many, LinearRegression())
        model.fit(X, x[:, 7])
        model[-1].coef_ = np.eye(x.shape[1])[7]
        found = permutation_importance(model, X, x[:, 7], seed=0, n_repeats=1)
        assert len(found) == MOST_PROPERTIES
        assert found[0]["name"] == "feature 8"
        assert found[0]["mean"] > 0.5


class TestModels:
    @pytest.mark.parametrize("output", ["default", "pandas"])
    def test_a_transformer_of_the_user_with_a_scaler_after_it(self, output):
        X, y = compounds(80)
        transformer = SiteDescriptors(["electronegativity", "melting_point"]).set_output(transform=output)
        model = make_pipeline(transformer, StandardScaler(), TransformedTargetRegressor(SVR(gamma=0.1)))
        model.fit(X[:60], y[:60])
        found = by_name(permutation_importance(model, X[60:], y[60:], seed=0), "property")
        assert found["electronegativity (Pauling)"]["mean"] > found["melting point"]["mean"]

    def test_a_sparse_matrix(self):
        X = pd.DataFrame({"route": ["melt", "film", "melt", "gel"] * 10, "x": np.arange(40.0)})
        features = ColumnTransformer([("route", OneHotEncoder(), ["route"])], sparse_threshold=1.0)
        y = 2.0 * (X["route"] == "film").to_numpy()
        model = make_pipeline(features, Ridge(1e-6)).fit(X, y)
        (entry,) = permutation_importance(model, X, y, seed=0)
        assert entry["name"] == "route"
        assert entry["mean"] > 0.3

    def test_a_model_that_takes_the_table_as_it_is(self):
        X = pd.DataFrame({"x": np.arange(30.0), "noise": np.tile([0.0, 1.0], 15), "text": ["a"] * 30})

        class Takes(LinearRegression):
            def predict(self, X):
                return X["x"].to_numpy()

        model = Takes().fit(X[["x"]], X["x"])
        found = permutation_importance(model, X, X["x"], seed=0)
        assert by_name(found, "input")["x"]["mean"] > 5
        assert by_name(found, "property")["noise"]["mean"] == by_name(found, "property")["text"]["mean"] == 0

    def test_a_selector_is_what_it_chose(self):
        X, y = compounds(80)
        members = list(make_candidates(["ridge", "knn"], ["A", "B"], SITES).items())
        selector = CandidateSelector(members, cv=2).fit(X[:60], y[:60])
        arguments = X[60:], y[60:]
        assert permutation_importance(selector, *arguments, seed=0) == permutation_importance(
            selector.model_, *arguments, seed=0
        )


class TestDeterminism:
    def test_the_seed_decides_and_nothing_is_changed(self):
        X, y = compounds(90)
        model = blend_of_differently_scaled(X[:60], y[:60])
        X_test, y_test = X[60:], y[60:]
        before, X_before, y_before = model.predict(X_test), deepcopy(X_test), y_test.copy()
        first = permutation_importance(model, X_test, y_test, seed=1, max_rows=20)
        assert permutation_importance(model, X_test, y_test, seed=1, max_rows=20) == first
        assert permutation_importance(model, X_test, y_test, seed=2, max_rows=20) != first
        pd.testing.assert_frame_equal(X_test, X_before)
        np.testing.assert_array_equal(y_test, y_before)
        np.testing.assert_array_equal(model.predict(X_test), before)

    def test_no_rows_or_repeats(self):
        X, y = compounds(40)
        model = make_pipeline(table_features(["A", "B"], SITES), Ridge()).fit(X, y)
        with pytest.raises(ArgumentError, match="at least one row"):
            permutation_importance(model, X[:0], y[:0], seed=0)
        with pytest.raises(ArgumentError, match="one repeat"):
            permutation_importance(model, X, y, seed=0, n_repeats=0)
        assert permutation_importance(model, X[:1], y[:1], seed=0)[0]["mean"] == 0.0


class TestSummary:
    def test_mean_and_spread_are_those_of_all_repeats_together(self):
        rng = np.random.default_rng(0)
        repeats = [rng.normal(mean, 0.3, 5) for mean in (1.0, 1.5, 0.7)]
        entries = [
            {"target": "gap", "fold": fold, "by": "site", "name": "A", "mean": float(values.mean()),
             "sd": float(values.std(ddof=1)), "n_repeats": 5, "mae": 0.1 * fold}
            for fold, values in enumerate(repeats)
        ]  # fmt: skip
        (found,) = summarise_importance(entries)
        together = np.concatenate(repeats)
        assert found["mean"] == pytest.approx(together.mean())
        assert found["sd"] == pytest.approx(together.std(ddof=1))
        assert (found["n_folds"], found["n_repeats"]) == (3, 15)
        assert found["mae"] == pytest.approx(0.1)

    def test_order_by_target_kind_and_mean(self):
        def entry(target, by, name, mean):
            return {"target": target, "by": by, "name": name, "mean": mean, "sd": 0.0, "n_repeats": 1, "mae": 1.0}

        entries = [
            entry("t2", "site", "A", 9.0),
            entry("t1", "site", "A", 1.0),
            entry("t1", "property", "x", 0.1),
            entry("t1", "property", "y", 0.2),
        ]
        found = [(line["target"], line["by"], line["name"]) for line in summarise_importance(entries)]
        assert found == [("t2", "site", "A"), ("t1", "property", "y"), ("t1", "property", "x"), ("t1", "site", "A")]
