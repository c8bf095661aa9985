"""Pathway scores: what they are, hand-computed, and how they fare with tables that lack members."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from matterlearn.core.errors import ArgumentError, DataError
from matterlearn.features.pathways import ALL, PathwayScores, read_pathways

MAP = {"sugars": ["glucose", "fructose"], "acids": ["lactate", "pyruvate", "citrate"], "alone": ["urea"]}


def table(n_rows: int = 40, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    sugar, acid = rng.normal(size=(2, n_rows, 1))
    values = np.hstack([sugar + 0.3 * rng.normal(size=(n_rows, 2)), acid + 0.5 * rng.normal(size=(n_rows, 3))])
    frame = pd.DataFrame(np.exp(values), columns=["glucose", "fructose", "lactate", "pyruvate", "citrate"])
    return frame.assign(urea=rng.normal(size=n_rows))


@parametrize_with_checks([PathwayScores(), PathwayScores({"a": [0], "b": [0]}, min_members=1)])
def test_the_contract_of_scikit_learn(estimator, check):
    check(estimator)


def test_scores_are_the_first_principal_component_of_scaled_members() -> None:
    train, test = table(), table(15, seed=1)
    scores = PathwayScores(MAP).fit(train)
    assert scores.get_feature_names_out().tolist() == ["sugars", "acids"]
    for number, name in enumerate(["sugars", "acids"]):
        scaler = StandardScaler().fit(train[MAP[name]])
        pca = PCA(1).fit(scaler.transform(train[MAP[name]]))
        expected = pca.transform(scaler.transform(test[MAP[name]]))[:, 0]
        np.testing.assert_allclose(np.abs(scores.transform(test)[:, number]), np.abs(expected), atol=1e-12)
        assert scores.explained_[number] == pytest.approx(pca.explained_variance_ratio_[0])


def test_two_members_by_hand() -> None:
    frame = pd.DataFrame({"a": [0.0, 2.0], "b": [30.0, 10.0]})  # scaled: (-1, 1), (1, -1)
    scores = PathwayScores({"p": ["a", "b"]}).fit(frame)
    assert scores.explained_.tolist() == [pytest.approx(1.0)]
    # The mean of the scaled members is 0 in both rows, so the largest weight, the first of two equal ones, is positive.
    np.testing.assert_allclose(scores.transform(frame)[:, 0], np.array([-1, 1]) * np.sqrt(2))


@pytest.mark.parametrize("seed", range(5))
def test_a_score_rises_with_the_mean_of_its_members(seed: int) -> None:
    frame = table(seed=seed)
    frame["citrate"] = -frame["citrate"]
    for table_ in (frame, frame.iloc[:, ::-1]):
        scores = PathwayScores(MAP, min_members=1).fit(table_)
        for number, (name, members) in enumerate(MAP.items()):
            mean = StandardScaler().fit_transform(table_[members]).mean(axis=1)
            assert np.corrcoef(scores.transform(table_)[:, number], mean)[0, 1] > 0, name


def test_members_that_the_table_lacks_are_reported() -> None:
    pathways = {"sugars": ["glucose", "sucrose", "fructose"], "alone": ["urea", "uric acid"]}
    scores = PathwayScores(pathways).fit(table())
    assert scores.missing_ == {"sugars": ["sucrose"], "alone": ["uric acid"]}
    assert scores.left_out_ == {"alone": 1}
    assert list(scores.members_) == ["sugars"]


def test_a_misspelt_map_names_the_nearest_column() -> None:
    with pytest.raises(ArgumentError, match=r"no pathway has 2 members among the 6 columns.*did you mean 'glucose'"):
        PathwayScores({"p": ["glucos", "x"]}).fit(table())


def test_a_constant_member_counts_for_nothing() -> None:
    frame = table().assign(flat=7.3)
    plain = PathwayScores({"p": ["glucose", "fructose"], "none": ["flat"]}, min_members=1).fit(frame)
    more = PathwayScores({"p": ["glucose", "fructose", "flat"]}).fit(frame)
    np.testing.assert_allclose(plain.transform(frame)[:, 0], more.transform(frame)[:, 0])
    assert (plain.transform(frame)[:, 1] == 0).all()
    assert np.isnan(plain.explained_[1])
    changed = frame.assign(flat=np.arange(len(frame), dtype=float))
    np.testing.assert_array_equal(more.transform(changed), more.transform(frame))


def test_nothing_is_learned_from_rows_that_are_only_transformed() -> None:
    train, test = table(), table(10, seed=3)
    scores = PathwayScores(MAP).fit(train)
    alone = np.vstack([scores.transform(test.iloc[[row]]) for row in range(len(test))])
    np.testing.assert_allclose(scores.transform(test), alone)
    doubled = PathwayScores(MAP).fit(train * 2)
    np.testing.assert_allclose(doubled.transform(test * 2), scores.transform(test))


def test_names_as_pandas() -> None:
    out = PathwayScores(MAP).set_output(transform="pandas").fit_transform(table())
    assert list(out.columns) == ["sugars", "acids"]
    assert PathwayScores().fit(table()).get_feature_names_out().tolist() == [ALL]


@pytest.mark.parametrize(
    ("pathways", "what"),
    [
        ({}, "must map names"),
        (["glucose"], "must map names"),
        ({"p": "glucose"}, "must map names"),
        ({"p": []}, "must map names"),
        ({"p": [0, 17]}, "there is no column 17"),
        ({"p": [0, 1.5]}, "neither a name nor a position"),
        ({"p": [True, 1]}, "neither a name nor a position"),
    ],
)
def test_maps_that_cannot_be_used(pathways: object, what: str) -> None:
    with pytest.raises(ArgumentError, match=what):
        PathwayScores(pathways).fit(table())


def test_names_need_columns_with_names() -> None:
    with pytest.raises(ArgumentError, match="the columns have no names; give a DataFrame"):
        PathwayScores(MAP).fit(table().to_numpy())


@pytest.mark.parametrize("least", [0, 1.5, True, "2"])
def test_fewest_members(least: object) -> None:
    with pytest.raises(ArgumentError, match="min_members"):
        PathwayScores(MAP, min_members=least).fit(table())


def test_a_map_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "map.csv"
    path.write_text('pathway,metabolite\nsugars,glucose\nsugars, fructose\n"acids, short",lactate\n', encoding="utf-8")
    assert read_pathways(path) == {"sugars": ["glucose", "fructose"], "acids, short": ["lactate"]}
    for content, what in (
        ("metabolite,group\nglucose,sugars\n", "no column 'pathway'"),
        ("metabolite,pathway\nglucose,\n", "line 2: a cell is empty"),
        ("metabolite,pathway\n", "holds no pathway"),
        ("", "holds no pathway"),
    ):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(DataError, match=what):
            read_pathways(path)
    path.write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(DataError, match="cannot be read"):
        read_pathways(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_pathways(tmp_path / "none.csv")
