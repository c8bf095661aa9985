from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from matterlearn.core.errors import ArgumentError
from matterlearn.core.parallel import single_thread
from matterlearn.features.table_features import table_features
from matterlearn.models.candidates import default_names, make_candidates
from matterlearn.models.class_candidates import CLASS_FAMILIES, make_class_baselines

FORMULA = {"formula": "formula"}
OF_THE_COURSE = {
    "logistic",
    "logistic-l1",
    "logistic-elastic",
    "lda",
    "qda",
    "knn",
    "kernel-density",
    "gaussian-mixture",
    "svm",
    "tree",
    "adaboost",
    "boosting",
    "forest",
    "extra-trees",
    "mlp",
}


def metabolites(n_rows, seed=0):
    """More columns than training rows, skewed; a constant one and one with a pile of equal smallest values."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n_rows, 4))
    X = np.exp(hidden @ rng.normal(size=(4, 90)) + 0.5 * rng.normal(size=(n_rows, 90)))
    X[:, 3] = 1.0
    X[:, 7] = np.maximum(X[:, 7], np.median(X[:, 7]))
    y = np.where(hidden[:, 0] + 0.2 * rng.normal(size=n_rows) > 0, "tumour", "normal")
    return pd.DataFrame(X, columns=[f"m{i}" for i in range(90)]), y


def alloys(n_rows, seed=0):
    rng = np.random.default_rng(seed)
    amounts = rng.integers(1, 9, (n_rows, 3))
    third = rng.choice(["Al", "Ni", "Ag"], n_rows)
    formulas = [f"Cu{a}Zr{b}{e}{c}" for (a, b, c), e in zip(amounts, third, strict=True)]
    share = amounts[:, 0] / amounts.sum(axis=1)
    return pd.DataFrame({"formula": formulas}), np.digitize(share, [0.25, 0.42]).astype(str)


def made(name, table, kinds):
    return make_candidates([name], list(table), kinds, families=CLASS_FAMILIES)[name]


def gain(model, table, y, n_train):
    """Return log loss of the class shares less that of a model, on rows it has not seen; check its probabilities."""
    with single_thread():
        model.fit(table.iloc[:n_train], y[:n_train])
        P = model.predict_proba(table.iloc[n_train:])
    assert P.shape == (len(y) - n_train, len(np.unique(y)))
    np.testing.assert_allclose(P.sum(axis=1), 1.0, atol=1e-6)
    assert (P >= 0).all()
    shares = [(y[:n_train] == label).mean() for label in model.classes_]
    truth = y[n_train:]
    floor = 1 / n_train
    return log_loss(truth, np.tile(shares, (len(truth), 1))) - log_loss(truth, _floored(P, floor))


def _floored(P, floor):
    raised = np.maximum(P, floor)
    return raised / raised.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("name", CLASS_FAMILIES)
def test_every_family_learns_from_more_columns_than_rows(name):
    table, y = metabolites(130)
    assert gain(made(name, table, dict.fromkeys(table, "number")), table, y, 80) > 0.1


@pytest.mark.parametrize("name", CLASS_FAMILIES)
def test_every_family_learns_three_classes_of_formulas(name):
    table, y = alloys(160)
    assert gain(made(name, table, FORMULA), table, y, 120) > 0.05


def test_every_family_of_the_course_has_a_name():
    assert set(CLASS_FAMILIES) >= OF_THE_COURSE
    assert set(default_names(CLASS_FAMILIES)) < set(CLASS_FAMILIES)
    with pytest.raises(ArgumentError, match="did you mean 'logistic'"):
        make_candidates(["logistik"], ["a"], {"a": "number"}, families=CLASS_FAMILIES)


def test_ranks_make_a_model_blind_to_the_scale_of_numbers():
    """Families that see distances take numbers by rank: a logarithm, which keeps the order, changes little."""
    table, y = metabolites(80)
    kinds = dict.fromkeys(table, "number")
    P = [made("lda", X, kinds).fit(X, y).predict_proba(X)[:, 1] for X in (table, np.log(table))]
    assert np.corrcoef(P)[0, 1] > 0.99
    assert made("extra-trees", table, kinds)[0].transformers[0][1] == "passthrough"


def test_rows_sorted_by_class_do_not_spoil_inner_folds():
    table, y = metabolites(100)
    kinds = dict.fromkeys(table, "number")
    order = np.argsort(y, kind="stable")
    for name in ("logistic", "svm"):
        P = made(name, table, kinds).fit(table.iloc[order], y[order]).predict_proba(table)[:, 1]
        assert np.mean((P > 0.5) == (y == "tumour")) > 0.9


def test_baselines_know_shares_majority_and_the_nearest_row():
    table, y = alloys(60)
    found = make_class_baselines(table_features(["formula"], FORMULA), ["formula"], FORMULA)
    fitted = {name: model.fit(table, y) for name, model in found.items()}
    counts = pd.Series(y).value_counts(normalize=True).sort_index()
    np.testing.assert_allclose(fitted["class shares"].predict_proba(table)[0], counts)
    assert set(fitted["majority"].predict(table)) == {counts.idxmax()}
    assert fitted["majority"].predict_proba(table).max(axis=1).min() == 1.0
    distinct = ~table["formula"].duplicated(keep=False)
    np.testing.assert_array_equal(fitted["1-nearest neighbour"].predict(table)[distinct], y[distinct])
