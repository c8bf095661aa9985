"""What explains a fold and the final model, put together."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pandas as pd
import pytest
from matter_tables import sites
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.pipeline import make_pipeline

from matterlearn.core.parallel import map_items
from matterlearn.data.catalog.loading import load_dataset
from matterlearn.features.table_features import table_features
from matterlearn.models.blend import Blend
from matterlearn.models.candidates import make_candidates
from matterlearn.validation.explain.fold import explain_final, explain_fold

KINDS = {"A": "site", "X": "site"}


def arguments():
    table = sites(80)
    X, y = table[["A", "X"]], table["gap_eV"].to_numpy()
    members = make_candidates(["svr", "ridge"], ["A", "X"], KINDS)
    model = Blend(list(members.items()), [0.5, 0.5], 0.0).fit(X[:60], y[:60])
    descriptors = table_features(["A", "X"], KINDS, representation="descriptors")
    return model, X, y, descriptors


def fold(seed=0):
    model, X, y, descriptors = arguments()
    options = {"descriptors": descriptors, "target": "gap_eV", "unit": "eV", "fold": 2}
    return explain_fold(model, X[:60], X[60:], y[60:], seed=seed, **options)


def test_entries_of_a_fold():
    found = fold()
    assert set(found) == {"importance", "surrogate"}
    for entry in found["importance"]:
        assert set(entry) == {"target", "by", "name", "fold", "mean", "sd", "n_repeats", "mae"}
        assert (entry["target"], entry["fold"], entry["n_repeats"]) == ("gap_eV", 2, 5)
    assert {entry["by"] for entry in found["importance"]} == {"property", "site", "input"}
    (score,) = found["surrogate"]
    assert set(score) == {"target", "fold", "kind", "text", "n_terms", "mae", "model_mae", "fidelity_r2"}
    assert score["model_mae"] == pytest.approx(found["importance"][0]["mae"])
    assert json.loads(json.dumps(found)) == found


def test_entries_of_the_final_model():
    model, X, _, descriptors = arguments()
    folds = fold()
    options = {"descriptors": descriptors, "seed": 0, "target": "gap_eV", "unit": "eV"}
    found = explain_final(model, X, importance=folds["importance"], surrogates=folds["surrogate"], **options)
    leading = [entry["name"] for entry in folds["importance"] if entry["by"] == "property"]
    for entry in found["partial_dependence"]:
        assert set(entry) == {"target", "feature", "property", "site", "unit", "values", "mean", "lower", "upper"}
        assert len({len(entry[key]) for key in ("values", "mean", "lower", "upper")}) == 1
        assert entry["property"] in leading
    (text,) = found["surrogate"]
    expected = {"target", "kind", "text", "mae", "mae_sd", "model_mae", "fidelity_r2", "n_terms", "n_folds"}
    assert set(text) == expected
    assert text["mae"] == folds["surrogate"][0]["mae"]
    assert json.loads(json.dumps(found)) == found
    alone = explain_final(model, X, **options)
    assert alone["surrogate"][0]["mae"] is None
    assert len(alone["partial_dependence"]) == 4


def test_the_same_in_this_process_and_in_another():
    seeds = [0, 1]
    here = [fold(seed) for seed in seeds]
    assert map_items(fold, seeds, workers=2) == here
    assert here[0] != here[1]
    assert pickle.loads(pickle.dumps(here)) == here


def test_on_real_perovskites(data_home, monkeypatch):
    """Energies above hull of ABO3 follow both sites; a few rules say some of it, and less than the model does."""
    monkeypatch.setenv("MATTERLEARN_DATA", str(data_home))
    dataset = load_dataset("perovskite_oxides_unalloyed")
    X, y = dataset.X, np.asarray(dataset.y, dtype=float)
    order = np.random.default_rng(0).permutation(len(y))
    train, test = order[:600], order[600:800]
    features = table_features(dataset.inputs, dataset.kinds)
    model = make_pipeline(features, ExtraTreesRegressor(40, max_features=0.2, random_state=0)).fit(
        X.iloc[train], y[train]
    )
    descriptors = table_features(dataset.inputs, dataset.kinds, representation="descriptors")
    options = {"descriptors": descriptors, "target": "e_above_hull_eV_atom", "unit": "eV/atom", "fold": 0}
    found = explain_fold(model, X.iloc[train], X.iloc[test], y[test], seed=0, **options)
    table = pd.DataFrame(found["importance"]).set_index(["by", "name"])["mean"]
    assert (table["site"] > 0.05).all()
    # Properties go together, so each alone is worth less than all of a site.
    assert table["property"].max() < table["site"].min()
    (score,) = found["surrogate"]
    trivial = np.abs(y[test] - y[train].mean()).mean()
    assert score["model_mae"] < score["mae"] < 0.9 * trivial
    assert all(" eV/atom" in line for line in score["text"][:1])
