"""Which property, site and unit stand behind each feature."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.feature_selection import VarianceThreshold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from matterlearn.chemistry.elements import PROPERTIES
from matterlearn.core.errors import ArgumentError
from matterlearn.features import (
    CompositionDescriptors,
    CompositionFractions,
    MatterTransformer,
    SiteDescriptors,
    SiteFractions,
    SiteOneHot,
)
from matterlearn.features.feature_facts import AMOUNT, BIT, property_and_unit
from matterlearn.features.feature_groups import column_groups, column_names, feature_groups
from matterlearn.features.table_features import SITE_PROPERTIES, table_features
from matterlearn.features.unscaled import dense, unscaled_features

KINDS = {"A": "site", "B": "site", "T_K": "number", "route": "category"}
TABLE = pd.DataFrame(
    {
        "A": [{"Ca": 1.0}, {"Ba": 1.0}, {"Sr": 1.0}, {"Ca": 1.0}],
        "B": [{"Ti": 0.5, "Zr": 0.5}, {"Ti": 1.0}, {"Fe": 1.0}, {"Fe": 0.2, "Ti": 0.8}],
        "T_K": [300.0, 500.0, 700.0, 900.0],
        "route": ["melt", "sol-gel", "melt", "melt"],
    }
)
FORMULAS = pd.DataFrame({"film": ["TiO2", "BaO", "SiO2", "Fe2O3"], "substrate": ["Si", "MgO", "Si", "GaAs"]})


def of(groups, name):
    line = groups.set_index("name").loc[name]
    return {key: value for key, value in line.items() if value}


@pytest.mark.parametrize("representation", ["descriptors", "fractions", "both"])
@pytest.mark.parametrize("weight", [None, 2.0])
def test_every_feature_of_a_table_has_its_line(representation, weight):
    features = table_features(list(KINDS), KINDS, representation=representation, fraction_weight=weight).fit(TABLE)
    groups = feature_groups(features)
    assert groups["name"].tolist() == features.get_feature_names_out().tolist()
    assert not groups["property"].eq("").any()
    assert set(groups["input"]) == set(KINDS)
    on_sites = groups[groups["site"] != ""]
    assert set(on_sites["site"]) == {"A", "B"}
    assert (on_sites["site"] == on_sites["input"]).all()
    expected = {property_and_unit(key)[0] for key in SITE_PROPERTIES} if representation != "fractions" else set()
    if representation != "descriptors":
        expected |= {AMOUNT}
    assert set(on_sites["property"]) == expected


def test_the_parts_of_a_line():
    groups = feature_groups(table_features(list(KINDS), KINDS).fit(TABLE))
    plain = {"property": "melting point", "site": "A", "unit": "K", "label": "melting point", "input": "A"}
    assert of(groups, "A: melting point") == plain
    assert of(groups, "B: mean melting point") == {
        "property": "melting point",
        "site": "B",
        "unit": "K",
        "statistic": "mean",
        "label": "mean melting point",
        "input": "B",
    }
    assert of(groups, "B: spread of electronegativity")["label"] == "spread of electronegativity (Pauling)"
    assert "unit" not in of(groups, "B: spread of electronegativity")
    amount = {"property": AMOUNT, "site": "B", "label": "amount of Zr", "input": "B"}
    assert of(groups, "B: amount of Zr") == amount
    assert of(groups, "T_K") == {"property": "T_K", "unit": "K", "label": "T_K", "input": "T_K"}
    bit = {"property": "route", "statistic": BIT, "label": "route is sol-gel", "input": "route"}
    assert of(groups, "route_sol-gel") == bit


def test_a_stated_unit_of_a_column_wins():
    groups = feature_groups(table_features(list(KINDS), KINDS).fit(TABLE), units={"T_K": "degree Celsius"})
    assert of(groups, "T_K")["unit"] == "degree Celsius"


def test_two_columns_of_formulas_are_told_apart():
    kinds = {"film": "formula", "substrate": "formula"}
    features = table_features(list(kinds), kinds).fit(FORMULAS)
    groups = feature_groups(features)
    assert groups["name"].tolist() == features.get_feature_names_out().tolist()
    assert groups["site"].value_counts().to_dict() == groups["input"].value_counts().to_dict()
    assert of(groups, "descriptors of film__mean melting point")["site"] == "film"
    assert of(groups, "descriptors of substrate__mean melting point")["label"] == "mean melting point"
    assert of(groups, "fractions of film__fraction of Ti")["property"] == AMOUNT
    assert set(groups.loc[groups["property"] == "stoichiometry", "name"].str.partition("__")[2]) == {
        "number of elements",
        *(f"{p}-norm of the fractions" for p in (2, 3, 5, 7, 10)),
    }


@pytest.mark.parametrize(
    "transformer",
    [
        CompositionDescriptors(),
        CompositionDescriptors(["electronegativity"], stoichiometry=False),
        CompositionDescriptors(["electronegativity"], ["mean"], valence_orbitals=False),
        CompositionFractions(unknown="other"),
    ],
)
def test_facts_of_composition_transformers_follow_the_features(transformer):
    transformer.fit(["TiO2", "BaO"])
    assert len(transformer.feature_facts()) == len(transformer.get_feature_names_out())
    assert {facts.site for facts in transformer.feature_facts()} == {""}
    transformer.fit(FORMULAS[["film"]])
    assert {facts.site for facts in transformer.feature_facts()} == {"film"}


@pytest.mark.parametrize(
    "transformer",
    [
        SiteDescriptors(["electronegativity", "melting_point"]),
        SiteDescriptors(["melting_point"], statistics=["maximum", "mean"]),
        SiteFractions(unknown="other"),
        SiteOneHot(unknown="ignore"),
    ],
)
def test_facts_of_site_transformers_follow_the_features(transformer):
    transformer.fit(TABLE[["A", "B"]])
    names, facts = transformer.get_feature_names_out(), transformer.feature_facts()
    assert [name.partition(": ")[0] for name in names] == [fact.site for fact in facts]
    if isinstance(transformer, SiteOneHot):
        assert {fact.statistic for fact in facts} == {BIT}
    if isinstance(transformer, SiteFractions):
        assert facts[-1].label == "amount of others"


def test_each_property_has_a_name_of_its_own():
    names = [property_and_unit(key)[0] for key in PROPERTIES]
    assert len(set(names)) == len(names)
    assert property_and_unit("n_d_valence") == ("d valence electrons", "")
    assert property_and_unit("covalent_radius") == ("covalent radius", "pm")


def test_a_column_called_as_a_property_of_elements_stays_apart():
    kinds = {"A": "site", "group": "category"}
    features = table_features(list(kinds), kinds).fit(TABLE.assign(group=["x", "y", "x", "y"]))
    groups = feature_groups(features)
    assert set(groups.loc[groups["input"] == "group", "property"]) == {"group (column)"}
    assert set(groups.loc[groups["property"] == "group", "input"]) == {"A"}


class Length(MatterTransformer):
    """Number of letters and its square."""

    def _features(self, objects, first_row):
        return np.array([[float(len(text)), float(len(text) ** 2)] for text in objects])

    def _names(self):
        return ["length", "square"]


@pytest.mark.parametrize(
    ("transformer", "names"),
    [
        (Length(), ["length", "square"]),
        (FunctionTransformer(lambda x: np.column_stack([x, x])), ["feature 1", "feature 2"]),
        (make_pipeline(Length(), PCA(1)), ["pca0"]),
        (make_pipeline(Length(), StandardScaler()), ["length", "square"]),
        (make_pipeline("passthrough", Length()), ["length", "square"]),
    ],
)
def test_each_feature_of_other_transformers_is_its_own_property(transformer, names):
    x = np.arange(4.0)[:, None] if isinstance(transformer, FunctionTransformer) else FORMULAS[["film"]]
    groups = feature_groups(transformer.fit(x), n_features=len(names))
    assert groups["property"].tolist() == groups["name"].tolist() == names
    assert set(groups["site"]) == {""}


def test_a_transformer_without_names_needs_the_number():
    nameless = FunctionTransformer(np.sqrt).fit(np.ones((3, 2)))
    with pytest.raises(ArgumentError, match="does not name its features"):
        feature_groups(nameless)
    inside = ColumnTransformer([("f", nameless, ["T_K"]), ("s", SiteFractions(), ["A"])]).fit(TABLE)
    groups = feature_groups(inside)
    assert groups["input"].tolist() == ["T_K", "A", "A", "A"]


def test_a_selection_keeps_the_groups_of_what_it_keeps():
    chosen = make_pipeline(SiteDescriptors(["electronegativity", "melting_point"]), VarianceThreshold(1.0))
    groups = feature_groups(chosen.fit(TABLE[["A"]]))  # electronegativities vary by less
    assert groups[["property", "site"]].to_numpy().tolist() == [["melting point", "A"]]


def test_the_rest_of_a_column_transformer_and_pooled_categories():
    frame = TABLE[["T_K", "route"]].assign(p=[1.0, 2.0, 3.0, 5.0])
    pooled = OneHotEncoder(drop="first", sparse_output=False)
    features = ColumnTransformer([("route", pooled, ["route"]), ("none", "drop", ["p"])], remainder="passthrough")
    groups = feature_groups(features.fit(frame))
    assert groups["input"].tolist() == ["route", "T_K"]
    assert groups["unit"].tolist() == ["", "K"]
    assert groups["name"].tolist() == features.get_feature_names_out().tolist()


@pytest.mark.parametrize(
    ("columns", "expected"),
    [("b", ["b"]), ([0, 2], ["a", "c"]), (slice(1, None), ["b", "c"]), ([True, False, True], ["a", "c"]), (1, ["b"])],
)
def test_columns_by_every_way_of_choosing_them(columns, expected):
    assert column_names(columns, ["a", "b", "c"]) == expected


def test_columns_without_names():
    assert column_names([0, 1], []) == []
    assert column_groups(["x"])["property"].tolist() == ["x"]


@pytest.mark.parametrize("weight", [1.0, 4.0])
def test_unscaled_features_are_those_of_the_transformer_without_scaling(weight):
    plain = table_features(list(KINDS), KINDS).fit(TABLE)
    scaled = table_features(list(KINDS), KINDS, fraction_weight=weight).fit(TABLE)
    assert plain.get_feature_names_out().tolist() == scaled.get_feature_names_out().tolist()
    np.testing.assert_array_equal(unscaled_features(scaled, TABLE), plain.transform(TABLE))
    np.testing.assert_array_equal(unscaled_features(plain, TABLE), plain.transform(TABLE))
    assert not np.allclose(scaled.transform(TABLE), plain.transform(TABLE))


def test_unscaled_features_of_pipelines():
    inner = SiteDescriptors(["melting_point"])
    chain = make_pipeline(inner, StandardScaler(), StandardScaler()).fit(TABLE[["A"]])
    np.testing.assert_array_equal(unscaled_features(chain, TABLE[["A"]]), chain[:1].transform(TABLE[["A"]]))
    numbers = make_pipeline(StandardScaler()).fit(TABLE[["T_K"]])
    np.testing.assert_array_equal(unscaled_features(numbers, TABLE[["T_K"]]), TABLE[["T_K"]].to_numpy())
    # a scaler in the middle stays: what comes after is made of it
    middle = make_pipeline(inner, StandardScaler(), PCA(1)).fit(TABLE[["A"]])
    np.testing.assert_array_equal(unscaled_features(middle, TABLE[["A"]]), middle.transform(TABLE[["A"]]))


def test_what_is_no_matrix_of_numbers_is_refused():
    with pytest.raises(ArgumentError, match="no matrix of numbers"):
        dense([["Fe"]])
    with pytest.raises(ArgumentError, match="3 dimensions"):
        dense(np.ones((2, 2, 2)))
