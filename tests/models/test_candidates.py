from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matter_tables import sites

from matterlearn.core.errors import ArgumentError
from matterlearn.features.table_features import citations_of, table_features
from matterlearn.models.candidates import FAMILIES, default_names, make_baselines, make_candidates
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes
from matterlearn.models.weighting import takes_weights
from matterlearn.workflow.fit import fit

KINDS = {"A": "site", "X": "site"}


@pytest.mark.parametrize("name", [name for name, kind in FAMILIES.items() if kind.representation != "structures"])
def test_every_family_beats_the_mean_and_survives_its_file(name):
    table = sites(90)
    X, y = table[["A", "X"]], table.iloc[:, -1].to_numpy(dtype=float)
    model = make_candidates([name], ["A", "X"], KINDS)[name].fit(X.iloc[:70], y[:70])
    prediction = model.predict(X.iloc[70:])
    assert np.mean(np.abs(prediction - y[70:])) < np.mean(np.abs(y[:70].mean() - y[70:]))
    again = estimator_from_bytes(estimator_to_bytes(model))
    np.testing.assert_array_equal(again.predict(X.iloc[70:]), prediction)


def test_unknown_families_are_named():
    with pytest.raises(ArgumentError, match="did you mean 'ridge'"):
        make_candidates(["rigde"], ["A"], {"A": "site"})


class Planned(Exception):
    """The plan is made; nothing is to be fitted."""


def candidates_for(table, target):
    """Return the candidates of the full plan for a table."""

    def stop(plan):
        raise Planned(*plan.candidates)

    with pytest.raises(Planned) as caught:
        fit(table, target, budget=None, workers=1, show_plan=stop)
    return caught.value.args


def test_a_network_is_offered_only_where_it_has_rows_enough():
    table = sites(60)
    target = table.columns[-1]
    everything = set(default_names())
    assert everything - set(candidates_for(table, target)) == {"mlp", "mlp-descriptors"}
    many = pd.concat([sites(90, seed=seed) for seed in range(5)], ignore_index=True)
    assert set(candidates_for(many, target)) == everything
    with pytest.raises(ArgumentError, match="'mlp' needs 400 rows, here are 60"):
        fit(table, target, models=["mlp"], budget="1s", workers=1)


def baselines(inputs=("A", "X"), kinds=KINDS):
    return make_baselines(table_features(inputs, kinds, representation="descriptors"), inputs, kinds)


def test_the_nearest_row_is_a_baseline():
    table = sites(40)
    X, y = table[["A", "X"]], table.iloc[:, -1].to_numpy(dtype=float)
    nearest = baselines()["1-nearest neighbour"]
    assert set(nearest.fit(X, y).predict(X[:10])) <= set(y)


def test_the_linear_baseline_learns_what_is_linear_in_the_amounts():
    table = sites(60)
    X = table[["A", "X"]]
    share = np.array([cell.get("Na", 0.0) for cell in X["A"]])
    is_oxide = np.array(["O" in cell for cell in X["X"]])
    y = 3.0 * share + 2.0 * is_oxide - 1.0
    model = baselines()["linear on fractions"].fit(X.iloc[:50], y[:50])
    np.testing.assert_allclose(model.predict(X.iloc[50:]), y[50:], atol=0.05)
    assert citations_of(model[0]) == []  # amounts are no element properties


def test_the_linear_baseline_meets_unseen_elements_and_categories():
    train = pd.DataFrame({"formula": ["TiO2", "SiO2", "TiO", "SiO"], "T_K": [1.0, 2, 3, 4], "lab": list("aabb")})
    kinds = {"formula": "formula", "T_K": "number", "lab": "category"}
    model = baselines(list(kinds), kinds)["linear on fractions"].fit(train, [1.0, 2.0, 3.0, 4.0])
    unseen = pd.DataFrame({"formula": ["FeO2", "XeF2"], "T_K": [2.0, 1e9], "lab": ["c", "a"]})
    assert np.abs(model.predict(unseen)).max() < 20  # a number far outside is cut


def test_a_table_without_matter_has_a_linear_baseline_too():
    table = pd.DataFrame({"T_K": [1.0, 2, 3, 4, 5, 6], "p": [3.0, 1, 2, 5, 6, 4]})
    kinds = {"T_K": "number", "p": "number"}
    linear = baselines(list(kinds), kinds)["linear"].fit(table, 2.0 * table["T_K"] - table["p"])
    np.testing.assert_allclose(linear.predict(table), 2.0 * table["T_K"] - table["p"], atol=0.01)


def test_baselines_take_weights_where_they_can():
    assert {name: takes_weights(model) for name, model in baselines().items()} == {
        "mean": True,
        "1-nearest neighbour": False,
        "linear on fractions": True,
    }


def test_scaled_features_are_cited_too():
    X = sites(30)[["A", "X"]]
    plain = table_features(["A", "X"], KINDS).fit(X)
    scaled = table_features(["A", "X"], KINDS, fraction_weight=1.0).fit(X)
    assert citations_of(scaled) == citations_of(plain) != []
