"""Whatever stands in a table, the checks end with findings or none, and warn of nothing that is noise."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matterlearn.data.dataset import make_dataset
from matterlearn.features.table_features import table_features
from matterlearn.validation.folds import Fold, make_folds
from matterlearn.validation.leaks import find_leaks

METALS = ["Li", "Na", "K", "Mg", "Ca", "Al", "Ti", "Fe", "Ni", "Cu"]
NONMETALS = ["F", "Cl", "O", "S", "N"]

CELLS = {
    "constant": lambda rng, n: np.ones(n),
    "empty": lambda rng, n: [None] * n,
    "all nan": lambda rng, n: np.full(n, math.nan),
    "one number": lambda rng, n: [1.0, *[math.nan] * (n - 1)],
    "infinite": lambda rng, n: np.where(rng.random(n) < 0.3, math.inf, rng.normal(size=n)),
    "huge": lambda rng, n: rng.normal(size=n) * 1e300,
    "large": lambda rng, n: rng.uniform(-1, 1, size=n) * 1e30,
    "tiny": lambda rng, n: rng.normal(size=n) * 1e-300,
    "nearly constant": lambda rng, n: 1 + 1e-16 * np.arange(n),
    "lists": lambda rng, n: [[1, 2], {"a": 3}] * (n // 2) + [None] * (n % 2),
    "mixed": lambda rng, n: [("text", 3, None, 2.5, True)[i % 5] for i in range(n)],
    "long text": lambda rng, n: ["x" * 500 + str(i) for i in range(n)],
    "names": lambda rng, n: [f"sample {i}" for i in range(n)],
    "markup": lambda rng, n: [f"<b>{i}</b>\n" for i in range(n)],
    "bool": lambda rng, n: rng.random(n) < 0.5,
    "dates": lambda rng, n: pd.date_range("2020-01-01", periods=n),
    "symbols": lambda rng, n: rng.choice(METALS, n),
    "groups": lambda rng, n: rng.integers(0, max(2, n // 4), n),
    "count": lambda rng, n: np.arange(n),
    "huge count": lambda rng, n: 10**17 + np.arange(n),
    "sparse": lambda rng, n: np.where(rng.random(n) < 0.8, math.nan, rng.normal(size=n)),
}
TARGETS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "long tail": lambda rng, n: rng.lognormal(sigma=3, size=n),
    "mostly zero": lambda rng, n: np.where(rng.random(n) < 0.9, 0, rng.random(n)),
    "few values": lambda rng, n: rng.integers(0, 3, n) * 1.0,
    "huge": lambda rng, n: rng.normal(size=n) * 1e90,
    "constant": lambda rng, n: np.ones(n),
    "one differs": lambda rng, n: np.eye(n)[0],
}


def table_of(rng: np.random.Generator, n_rows: int, columns: list[str], target: str) -> pd.DataFrame:
    formula = [
        f"{rng.choice(METALS)}{rng.integers(1, 4)}{rng.choice(NONMETALS)}{rng.integers(1, 9)}" for _ in range(n_rows)
    ]
    cells = {f"{name} {i}": pd.Series(list(CELLS[name](rng, n_rows))) for i, name in enumerate(columns)}
    return pd.DataFrame({"formula": formula, **cells, "y": TARGETS[target](rng, n_rows)})


AS_INPUTS = ["constant", "large", "tiny", "nearly constant", "groups", "count", "huge count", "bool", "names"]
"""Columns that are filled in every row."""


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10_000),
    st.integers(20, 50),
    st.lists(st.sampled_from(sorted(CELLS)), max_size=4),
    st.lists(st.sampled_from(AS_INPUTS), max_size=3),
    st.sampled_from(sorted(TARGETS)),
)
def test_any_table(seed, n_rows, columns, inputs, target):
    table = table_of(np.random.default_rng(seed), n_rows, [*inputs, *columns], target)
    named = list(table.columns[1 : 1 + len(inputs)])
    kinds = {name: "category" for name in named if name.startswith("names")}
    groups = list(table.columns[1 + len(inputs) : -1])[:1]
    dataset = make_dataset(table, "y", ["formula", *named], kinds, groups=groups)
    features = table_features(dataset.inputs, dataset.kinds, representation="descriptors")
    folds = make_folds("random", dataset, features=features)
    found = find_leaks(dataset, folds, descriptors=features, seed=seed)
    assert find_leaks(dataset, folds, descriptors=features, seed=seed) == found
    for leak in found:
        json.dumps(leak.to_dict(), allow_nan=False)
        assert leak.target in ("", "y")
        assert not {"nan", "inf"} & set(leak.text.split())
        assert set(leak.rows) <= set(dataset.frame.index)


@pytest.mark.parametrize("n_rows", [20, 30, 100, 400])
def test_independent_columns_are_no_leaks(n_rows):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        table = table_of(rng, n_rows, ["groups", "count", "names", "symbols", "sparse", "bool"], "normal")
        dataset = make_dataset(table, "y", ["formula", "groups 0", "count 1"], groups="symbols 3")
        features = table_features(dataset.inputs, dataset.kinds, representation="descriptors")
        folds = make_folds("random", dataset, features=features)
        assert [leak for leak in find_leaks(dataset, folds, descriptors=features) if leak.severity == "warning"] == []


def test_too_few_rows_to_tell():
    table = table_of(np.random.default_rng(0), 12, ["count"], "normal")
    dataset = make_dataset(table.sort_values("y"), "y", ["formula", "count 0"])
    features = table_features(dataset.inputs, dataset.kinds, representation="descriptors")
    folds = [Fold("mine", 0, "rows", np.arange(6), np.arange(6, 12))]
    assert find_leaks(dataset, folds, descriptors=features) == []


def test_without_folds_the_table_alone_is_looked_at():
    table = table_of(np.random.default_rng(0), 60, [], "normal").assign(copy=lambda t: t["y"] * 2)
    dataset = make_dataset(table, "y")
    features = table_features(dataset.inputs, dataset.kinds, representation="descriptors")
    assert "sibling" in {leak.check for leak in find_leaks(dataset, [], descriptors=features)}
