"""Readable surrogates: rules, short formulas, and their scores."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeRegressor

from matterlearn.core.errors import ArgumentError
from matterlearn.features import SiteDescriptors
from matterlearn.features.table_features import table_features
from matterlearn.validation.explain.rules import fit_rules
from matterlearn.validation.explain.sparse_linear import fit_linear
from matterlearn.validation.explain.surrogate import fit_surrogate, score_surrogate, summarise_surrogate

COLUMNS = FunctionTransformer(feature_names_out="one-to-one")
METALS = ("Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba", "Zn", "Cd", "Al", "Ga", "In")


def numbers(n_rows=300, seed=0):
    rng = np.random.default_rng(seed)
    names = ("T_K", "p_GPa", "x", "noise")
    return pd.DataFrame(rng.uniform(0, 1, (n_rows, 4)) * [600, 10, 1, 1] + [300, 0, 0, 0], columns=names)


class Exactly:
    """A model that is a known function of the table."""

    def __init__(self, function):
        self.function = function

    def predict(self, X):
        return np.asarray(self.function(X), dtype=float)


def surrogate_of(function, X=None, **options):
    arguments = {"seed": 0, "target": "gap", "unit": "eV", **options}
    return fit_surrogate(Exactly(function), numbers() if X is None else X, COLUMNS, **arguments)


def test_the_surrogate_of_a_tree_is_the_tree():
    def tree(X):
        return np.where(X["T_K"] <= 500, 1.0, np.where(X["p_GPa"] <= 4, 2.5, 4.0))

    found = surrogate_of(tree)
    assert (found.kind, found.n_terms) == ("rules", 3)
    X = numbers(seed=1)
    assert np.mean(found.predict(X) == tree(X)) > 0.98  # only rows between the last known ones may differ
    n_rows = [int(re.search(r"\((\d+) rows\)", line)[1]) for line in found.text]
    assert sum(n_rows) == 300
    pattern = [
        r"if T_K <= (\d+) K: 1 eV \(\d+ rows\)",
        r"if T_K > (\d+) K and p_GPa <= ([\d.]+) GPa: 2.5 eV \(\d+ rows\)",
        r"if T_K > (\d+) K and p_GPa > ([\d.]+) GPa: 4 eV \(\d+ rows\)",
    ]
    matches = [re.fullmatch(line, text) for line, text in zip(pattern, found.text, strict=True)]
    assert all(matches)
    assert float(matches[0][1]) == pytest.approx(500, abs=5)
    assert float(matches[1][2]) == pytest.approx(4, abs=0.1)


def test_the_surrogate_of_a_linear_function_has_its_coefficients_in_the_units_of_the_features():
    found = surrogate_of(lambda X: 1.5 + 0.01 * X["T_K"] - 0.25 * X["p_GPa"])
    assert (found.kind, found.n_terms) == ("linear", 2)
    assert [slope for _, slope, _ in found.reader.terms] == [0.01, -0.25]
    X = numbers(seed=1)
    expected = 1.5 + 0.01 * X["T_K"] - 0.25 * X["p_GPa"]
    assert_allclose(found.predict(X), expected, atol=0.01)  # three digits of a spread of 2 eV
    assert found.text[1].startswith("+ 0.01 eV per K × (T_K − ")
    assert found.text[2].startswith("− 0.25 eV per GPa × (p_GPa − ")


def test_the_printed_rules_are_those_that_are_scored():
    """Whoever follows the text by hand gets the predictions."""
    X = numbers()
    found = surrogate_of(lambda X: np.floor(X["T_K"] / 150) + 2.0 * (X["p_GPa"] > 3.3), X)
    assert found.kind == "rules"
    by_hand = np.full(len(X), np.nan)
    for line in found.text:
        conditions, value = re.fullmatch(r"if (.*): (−?[\d.]+) eV \(\d+ rows\)", line).groups()
        holds = np.ones(len(X), dtype=bool)
        for part in conditions.split(" and "):
            low, name, sign, high = re.fullmatch(r"(?:([\d.]+) < )?(\w+) (<=|>) ([\d.]+) \w+", part).groups()
            assert len(high.replace(".", "").strip("0")) <= 4
            holds &= (X[name] <= float(high)) if sign == "<=" else (X[name] > float(high))
            holds &= True if low is None else X[name] > float(low)
        assert np.isnan(by_hand[holds]).all()  # exactly one rule holds
        by_hand[holds] = float(value.replace("−", "-"))
    assert_allclose(by_hand, found.predict(X), rtol=1e-12)


def test_the_printed_formula_is_the_one_that_is_scored():
    X = numbers()
    found = surrogate_of(lambda X: 0.0123456 * X["T_K"] + 1.23456 * X["x"] - 1e-3 * X["p_GPa"] ** 2, X)
    assert found.kind == "linear"
    by_hand = float(re.fullmatch(r"gap = ([\d.]+) eV", found.text[0])[1])
    for line in found.text[1:]:
        pattern = r"([+−]) ([\d.]+) eV(?: per \w+)? × \((\w+) − ([\d.]+)(?: \w+)?\)"
        sign, slope, name, centre = re.fullmatch(pattern, line).groups()
        by_hand = by_hand + (1 if sign == "+" else -1) * float(slope) * (X[name] - float(centre))
    assert_allclose(by_hand, found.predict(X), rtol=1e-12)


def test_never_more_than_eight_rules_or_six_terms():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(400, 12)), columns=[f"x{i}" for i in range(12)])
    linear = surrogate_of(lambda X: X.to_numpy() @ np.arange(1.0, 13.0), X)
    assert linear.kind == "linear"
    assert linear.n_terms == 6
    assert {column for column, _, _ in linear.reader.terms} == set(range(6, 12))  # the steepest
    for stage, size in zip(fit_linear(X.to_numpy(), X["x1"].to_numpy(), _table(12)), range(7), strict=False):
        assert stage.n_terms == size
    steps = surrogate_of(lambda X: np.floor(3 * X["x0"]) * np.sign(X["x1"]), X)
    assert steps.kind == "rules"
    assert 2 < steps.n_terms <= 8
    assert len(steps.text) == steps.n_terms


def test_bounds_have_three_digits_unless_rows_lie_closer():
    x = np.concatenate([np.linspace(1000, 1100, 30), np.linspace(1200, 1300, 30)])[:, None]
    (low, high) = fit_rules(x, (x[:, 0] > 1150).astype(float), n_leaves=8, seed=0).rules
    assert low.bounds == ((0, -np.inf, 1150.0),)
    assert (low.n_rows, high.n_rows) == (30, 30)
    close = np.concatenate([np.full(30, 1.23456), np.full(30, 1.23462)])[:, None]
    (low, _) = fit_rules(close, (close[:, 0] > 1.2346).astype(float), n_leaves=8, seed=0).rules
    assert low.bounds == ((0, -np.inf, 1.2346),)


def test_rules_split_as_the_tree_they_come_from():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 5)) * [1, 10, 100, 1000, 1e-3]
    y = x[:, 0] * (x[:, 2] > 3) + np.sign(x[:, 3]) + rng.normal(0, 0.1, 500)
    rules = fit_rules(x, y, n_leaves=8, seed=0)
    tree = DecisionTreeRegressor(max_leaf_nodes=8, max_depth=3, min_samples_leaf=5, random_state=0).fit(x, y)
    assert rules.n_terms == tree.get_n_leaves()
    assert_allclose(rules.predict(x), tree.predict(x), atol=0.01)
    assert sum(rule.n_rows for rule in rules.rules) == 500


def test_a_chemist_can_read_it():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "A": [{metal: 1.0} for metal in rng.choice(METALS, 200)],
            "B": [{metal: 1.0} for metal in rng.choice(METALS, 200)],
            "route": rng.choice(["melt", "sol-gel"], 200),
        }
    )
    kinds = {"A": "site", "B": "site", "route": "category"}
    descriptors = table_features(list(kinds), kinds, representation="descriptors")
    matrix = descriptors.set_output(transform="pandas").fit_transform(X)
    hot = matrix["A: melting point"] > 500
    model = Exactly(lambda _: np.where(hot, 1.0, np.where(X["route"] == "sol-gel", 0.2, 0.5)))
    found = fit_surrogate(model, X, descriptors, seed=0, target="e_above_hull", unit="eV/atom")
    assert (found.kind, found.n_terms) == ("rules", 3)
    route = r"route is (not )?(melt|sol-gel)"
    cold, warm = rf"if melting point, A <= \d+ K and {route}", r"if melting point, A > \d+ K"
    values = {line.rpartition(": ")[2].partition(" (")[0] for line in found.text if re.match(cold, line)}
    assert values == {"0.2 eV/atom", "0.5 eV/atom"}
    assert sum(bool(re.fullmatch(warm + r": 1 eV/atom \(\d+ rows\)", line)) for line in found.text) == 1
    electronegativity = matrix["B: electronegativity"]
    bits = 0.3 * (X["route"] == "sol-gel")
    model = Exactly(lambda _: 2 * electronegativity + bits)
    found = fit_surrogate(model, X, descriptors, seed=0, target="gap", unit="")
    assert found.kind == "linear"
    assert any(re.fullmatch(r"\+ 2 × \(electronegativity \(Pauling\), B − [\d.]+\)", line) for line in found.text)
    assert any(re.fullmatch(r"[+−] 0.3 if route is (melt|sol-gel)", line) for line in found.text)


def test_scores_on_rows_not_seen():
    X = numbers(400)
    y = 0.01 * X["T_K"] + np.sin(5 * X["x"]) + np.random.default_rng(1).normal(0, 0.05, 400)
    model = make_pipeline(FunctionTransformer(), ExtraTreesRegressor(30, random_state=0)).fit(X[:300], y[:300])
    found = fit_surrogate(model, X[:300], COLUMNS, seed=0, target="gap")
    score = score_surrogate(found, model, X[300:], y[300:])
    prediction, follows = model.predict(X[300:]), found.predict(X[300:])
    assert score["model_mae"] == pytest.approx(np.abs(prediction - y[300:]).mean())
    assert score["mae"] == pytest.approx(np.abs(follows - y[300:]).mean())
    assert score["fidelity_r2"] == pytest.approx(r2_score(prediction, follows))
    assert score["model_mae"] < score["mae"] < np.abs(y[300:] - y[:300].mean()).mean()
    assert score["text"] == list(found.text)
    weights = np.random.default_rng(2).uniform(0, 2, 100)
    weighted = score_surrogate(found, model, X[300:], y[300:], weight=weights)
    assert weighted["fidelity_r2"] == pytest.approx(r2_score(prediction, follows, sample_weight=weights))
    assert weighted["mae"] == pytest.approx(np.average(np.abs(follows - y[300:]), weights=weights))


def test_a_constant_model_is_one_number():
    X = numbers(50)
    model = DummyRegressor().fit(X, np.full(50, 3.25))
    found = fit_surrogate(model, X, COLUMNS, seed=0, target="gap", unit="eV")
    assert (found.text, found.n_terms) == (("gap = 3.25 eV",), 0)
    assert score_surrogate(found, model, X, np.full(50, 3.25))["fidelity_r2"] is None


@pytest.mark.parametrize("n_rows", [2, 3, 7, 21])
def test_few_rows(n_rows):
    X = numbers(n_rows)
    found = surrogate_of(lambda X: X["T_K"] * X["x"], X)
    assert np.isfinite(found.predict(numbers(20, seed=1))).all()


def test_one_row_is_too_few():
    with pytest.raises(ArgumentError, match="too few"):
        surrogate_of(lambda X: X["T_K"], numbers(1))


def test_features_that_say_the_same_are_offered_once_and_as_the_mean():
    X = pd.DataFrame({"A": [{metal: 1.0} for metal in METALS * 6]})
    descriptors = SiteDescriptors(["melting_point"], statistics=["maximum", "minimum", "mean", "spread"])
    matrix = descriptors.fit_transform(X)
    found = fit_surrogate(Exactly(lambda _: 0.001 * matrix[:, 0]), X, descriptors, seed=0, target="gap", unit="eV")
    assert found.columns.tolist() == [2]
    assert found.text[1].startswith("+ 0.001 eV per K × (mean melting point − ")


def test_the_seed_decides_nothing_is_changed_and_it_travels():
    X = numbers()
    model = LinearRegression().fit(X, X["T_K"] * X["x"])
    copy = X.copy(deep=True)
    first = fit_surrogate(model, X, COLUMNS, seed=3, target="gap", max_rows=100)
    assert fit_surrogate(model, X, COLUMNS, seed=3, target="gap", max_rows=100).text == first.text
    assert fit_surrogate(model, X, COLUMNS, seed=4, target="gap", max_rows=100).text != first.text
    pd.testing.assert_frame_equal(X, copy)
    again = pickle.loads(pickle.dumps(first))
    np.testing.assert_array_equal(again.predict(X), first.predict(X))


def test_folds_and_final_text_together():
    final = surrogate_of(lambda X: X["T_K"])
    folds = [
        {"mae": 0.2, "model_mae": 0.1, "fidelity_r2": 0.8},
        {"mae": 0.4, "model_mae": 0.3, "fidelity_r2": None},
    ]
    found = summarise_surrogate(folds, final, target="gap")
    assert found["mae"] == pytest.approx(0.3)
    assert found["mae_sd"] == pytest.approx(np.std([0.2, 0.4], ddof=1))
    assert found["fidelity_r2"] == pytest.approx(0.8)
    assert (found["kind"], found["text"], found["n_folds"]) == (final.kind, list(final.text), 2)
    alone = summarise_surrogate([], final, target="gap")
    assert [alone[key] for key in ("mae", "mae_sd", "model_mae", "fidelity_r2")] == [None] * 4


def _table(n_features):
    return pd.DataFrame({"statistic": [""] * n_features, "unit": [""] * n_features})
