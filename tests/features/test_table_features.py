from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matter_tables import binaries, sites
from sklearn.base import clone

from matterlearn.chemistry.ions import Ion
from matterlearn.core.errors import ArgumentError
from matterlearn.data.inputs import parse_inputs
from matterlearn.features.composition_descriptors import CompositionDescriptors
from matterlearn.features.composition_fractions import CompositionFractions
from matterlearn.features.site_fractions import SiteFractions
from matterlearn.features.table_features import citations_of, table_features

TABLE = binaries(20).assign(T_K=np.linspace(300, 400, 20), oxide=binaries(20, seed=3)["formula"])
KINDS = {"formula": "formula", "oxide": "formula", "T_K": "number", "family": "category"}
SITES = sites(20).assign(T_K=np.linspace(300, 400, 20))
SITE_KINDS = {"A": "site", "X": "site", "T_K": "number"}


def named(features, table) -> pd.DataFrame:
    matrix = features.fit_transform(table)
    return pd.DataFrame(matrix, columns=features.get_feature_names_out())


def test_a_formula_is_described_by_properties_by_fractions_or_by_both():
    descriptors, fractions, both = (
        named(table_features(["formula"], KINDS, representation=name), TABLE[["formula"]])
        for name in ("descriptors", "fractions", "both")
    )
    np.testing.assert_array_equal(descriptors, CompositionDescriptors().fit_transform(TABLE["formula"]))
    np.testing.assert_array_equal(fractions, CompositionFractions().fit_transform(TABLE["formula"]))
    assert both.columns.tolist() == [*descriptors.columns, *fractions.columns]
    np.testing.assert_array_equal(both, np.hstack([descriptors, fractions]))


def test_sites():
    fractions = named(table_features(["A", "X"], SITE_KINDS, representation="fractions"), SITES[["A", "X"]])
    np.testing.assert_array_equal(fractions, SiteFractions().fit_transform(SITES[["A", "X"]]))
    descriptors = named(table_features(["A", "X"], SITE_KINDS, representation="descriptors"), SITES[["A", "X"]])
    assert all(name.startswith(("A: ", "X: ")) for name in descriptors.columns)
    assert any("electronegativity" in name for name in descriptors.columns)


def test_numbers_stand_as_they_are_and_categories_as_bits():
    features = table_features(["formula", "T_K", "family"], KINDS, representation="fractions")
    found = named(features, TABLE[["formula", "T_K", "family"]])
    np.testing.assert_array_equal(found["T_K"], TABLE["T_K"])
    bits = found[[name for name in found.columns if "compounds" in name]]
    assert bits.shape[1] == TABLE["family"].nunique()
    assert (bits.sum(axis=1) == 1).all()
    new = TABLE[["formula", "T_K", "family"]].head(1).assign(family="never seen")
    assert features.transform(new)[0, -bits.shape[1] :].tolist() == [0.0] * bits.shape[1]


def test_two_formulas_are_told_apart():
    found = named(table_features(["formula", "oxide"], KINDS), TABLE[["formula", "oxide"]])
    assert found.columns.is_unique
    assert all(("of oxide" in name) != ("of formula" in name) for name in found.columns)
    assert 100 < sum("of oxide" in name for name in found.columns) < found.shape[1] - 100


def test_an_element_not_seen_in_training_is_no_error():
    features = table_features(["formula"], KINDS).fit(TABLE[["formula"]])
    assert np.isfinite(features.transform(pd.DataFrame({"formula": ["AuTe"]}))).all()
    on_sites = table_features(["A", "X"], SITE_KINDS).fit(SITES[["A", "X"]])
    assert np.isfinite(on_sites.transform(pd.DataFrame({"A": [{"Au": 1.0}], "X": [{"Te": 1.0}]}))).all()


def test_own_ions():
    ions = {"DEA": Ion("DEA", "diethylammonium", "(C2H5)2NH2", 1, {})}
    frame = pd.DataFrame({"A": ["DEA", "Na", "MA"], "X": ["Cl", "Br", "I"]})
    own = {"DEA": {"name": "diethylammonium", "formula": "(C2H5)2NH2", "charge": 1}}
    X = parse_inputs(frame, {"inputs": ["A", "X"], "kinds": SITE_KINDS, "ions": own}).X
    matrix = table_features(["A", "X"], SITE_KINDS, ions=ions).fit_transform(X)
    assert np.isfinite(matrix).all()


@pytest.mark.parametrize("representation", ["descriptors", "fractions", "both"])
def test_scaled_for_models_that_see_distances(representation):
    """Only the scale of each feature changes: rows that agree in a feature still do, and the order is kept."""
    inputs = ["formula", "T_K", "family"]
    plain = table_features(inputs, KINDS, representation=representation).fit_transform(TABLE[inputs])
    scaled = table_features(inputs, KINDS, representation=representation, fraction_weight=2.0).fit_transform(
        TABLE[inputs]
    )
    assert plain.shape == scaled.shape
    for one, two in zip(plain.T, scaled.T, strict=True):
        order = np.argsort(one, kind="stable")
        assert np.all(np.diff(two[order]) >= -1e-12)


def test_the_weight_is_that_of_the_fractions():
    one, four = (
        table_features(["formula"], KINDS, representation="fractions", fraction_weight=weight).fit_transform(
            TABLE[["formula"]]
        )
        for weight in (1.0, 4.0)
    )
    np.testing.assert_allclose(four, 4.0 * one)


def test_the_order_of_rows_and_other_columns_mean_nothing():
    features = table_features(["formula", "T_K"], KINDS).fit(TABLE)
    whole = features.transform(TABLE)
    np.testing.assert_array_equal(features.transform(TABLE[::-1])[::-1], whole)
    np.testing.assert_array_equal(features.transform(TABLE[["T_K", "formula"]]), whole)
    np.testing.assert_array_equal(features.transform(TABLE.drop(columns=["oxide", "gap_eV"])), whole)


def test_clone_is_fresh():
    features = table_features(["formula"], KINDS).fit(TABLE[["formula"]])
    assert not hasattr(clone(features), "transformers_")


@pytest.mark.parametrize("kind", ["text", "drawing"])
def test_kinds_that_are_no_input(kind):
    with pytest.raises(ArgumentError, match=f"column 'note' is {kind}, which is no input"):
        table_features(["note"], {"note": kind})


def test_structures_are_described_by_terms_and_surroundings():
    features = table_features(["atoms"], {"atoms": "structure"}, representation="descriptors")
    water = "3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n"
    names = list(features.fit(pd.DataFrame({"atoms": [water, water]})).get_feature_names_out())
    assert any(name.startswith("stretch of bond H(O)-O2") for name in names)
    assert any(name.startswith("O: H at") for name in names)


def test_citations_are_those_of_the_parts():
    features = table_features(["formula"], KINDS, representation="descriptors").fit(TABLE[["formula"]])
    expected = CompositionDescriptors().fit(TABLE["formula"]).citations()
    assert citations_of(features) == expected
    both = table_features(["formula", "oxide"], KINDS).fit(TABLE[["formula", "oxide"]])
    assert len(citations_of(both)) == len(set(citations_of(both)))
    assert set(expected) <= set(citations_of(both))
    assert citations_of(object()) == []
