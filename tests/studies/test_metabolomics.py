"""The study `metabolomics`: whole runs, what the tables are, and sentences that follow the numbers."""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_studies_run import Page, check_folder

from matterlearn.core.errors import ArgumentError
from matterlearn.studies import metabolite_cases
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.metabolite_cases import PLASMA, bundled_case, with_data_at_hand
from matterlearn.studies.metabolite_fit import best_of_fit
from matterlearn.studies.metabolite_markers import among_first, rank_on_splits
from matterlearn.studies.page import StudyPage
from matterlearn.studies.parts import metabolite_best, metabolite_confounder, metabolite_folds
from matterlearn.studies.parts.measure_leak import most_different
from matterlearn.studies.parts.metabolite_importance import forest_importances
from matterlearn.studies.registry import run_study
from matterlearn.studies.run import StudyRun

RUN = StudyRun("metabolomics", quick=True, demo=False, seed=0, workers=1, say=lambda message: None)

MAP = """metabolite,pathway
mean radius,size
mean area,size
worst radius,size
mean texture,texture
worst texture,texture
mean colour,texture
mean symmetry,lonely
"""


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A quick demonstration with a map of pathways, run once, with every warning an error."""
    home = tmp_path_factory.mktemp("metabolomics")
    (home / "map.csv").write_text(MAP, encoding="utf-8")
    patch = pytest.MonkeyPatch()
    patch.setattr("matterlearn.studies.metabolite_models.QUICK_EXTRA_TREES", 10)
    patch.setattr("matterlearn.studies.parts.metabolite_marker_ranks.N_QUICK_SPLITS", 8)
    patch.setattr("matterlearn.studies.parts.measure_leak.N_QUICK_SHUFFLED", 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        folder = run_study("metabolomics", home / "out", quick=True, demo=True, seed=2, pathways=home / "map.csv")
    patch.undo()
    return folder, json.loads((folder / "numbers.json").read_text(encoding="utf-8"))


def test_the_demonstration_says_what_it_is(demonstration: tuple[Path, dict[str, Any]]) -> None:
    folder, content = demonstration
    check_folder(folder)
    text = Page(folder).text
    assert "demonstration on scikit-learn's table of cell nuclei" in text
    assert "Demonstration without metabolites" in text
    assert "Quick study" in text
    assert not re.search(r"\bnan\b|\bNone\b|\binf\b|\{_", text)
    assert "--demo --map" in content["provenance"]["command"]


def test_numbers_of_the_demonstration(demonstration: tuple[Path, dict[str, Any]]) -> None:
    _, content = demonstration
    numbers = {
        name.removeprefix("bundled_"): value
        for name, value in content["numbers"].items()
        if name.startswith("bundled_")
    }
    assert (numbers["n_rows"], numbers["n_columns"], numbers["n_positive"]) == (569, 30, 212)
    assert [line["shape"] for line in numbers["shapes"]] == ["(455, 30)", "(114, 30)", "(455,)", "(114,)"]
    assert numbers["train_mean_off"] < 1e-12
    assert numbers["train_variance_off"] < 1e-12
    assert numbers["lasso_n_nonzero"] < 30 == numbers["ridge_n_nonzero"]
    assert numbers["none_norm"] > numbers["ridge_norm"]
    assert all(line["training_auc"] > 0.98 for line in numbers["logistic"])
    folds = {line["model"]: line for line in numbers["folds"]}
    assert folds["logistic, L2"]["all_mean"] > 0.98
    difference = folds["random forest"]["all_mean"] - folds["logistic, L2"]["all_mean"]
    assert numbers["gain"] == pytest.approx(difference)
    assert numbers["gain_low"] < difference < numbers["gain_high"]
    assert numbers["gain_p"] > numbers["gain_naive_p"]
    leak = {line["what"]: line["shuffled"] for line in numbers["leak"]}
    assert leak["selection learned from all rows"] > leak["selection learned from training rows"]
    path = numbers["path"]
    assert [line["L2_norm"] for line in path] == sorted(line["L2_norm"] for line in path)
    assert path[0]["L1_n_nonzero"] == 0 < path[5]["L1_n_nonzero"] < path[-1]["L1_n_nonzero"]
    assert path[0]["L1_auc"] == 0.5
    assert numbers["at_corner"]
    assert sorted(map(abs, numbers["diamond_weights"]))[0] == 0 < min(map(abs, numbers["circle_weights"]))
    assert not numbers["has_ages"]
    assert len(numbers["first_ridge"]) == len(numbers["first_lasso"]) == 5
    for line in numbers["first_ridge"]:
        assert line["sign"] == ("+" if line["weight"] > 0 else "−")


def test_pathways_of_the_demonstration(demonstration: tuple[Path, dict[str, Any]]) -> None:
    folder, content = demonstration
    numbers = content["numbers"]
    assert (numbers["bundled_n_pathways"], numbers["bundled_n_scored"], numbers["bundled_n_too_small"]) == (3, 2, 1)
    assert numbers["bundled_missing_members"] == ["mean colour"]
    assert {line["pathway"] for line in numbers["bundled_pathways"]} == {"size", "texture"}
    assert numbers["bundled_pathways"][0]["auc"] > 0.9  # large nuclei are malignant
    assert "mean colour" in Page(folder).text


def test_the_best_of_fit_is_judged_on_rows_that_chose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matterlearn.studies.metabolite_models.QUICK_EXTRA_TREES", 10)
    whole = bundled_case()
    rows = np.arange(0, 569, 9)
    case = replace(whole, X=whole.X.iloc[rows, :3], labels=whole.labels[rows], groups=whole.groups[rows])
    found = best_of_fit(case, RUN, models=["logistic"])
    assert sorted(np.concatenate([test for _, test in found.folds])) == list(range(len(rows)))
    for train, test in found.folds:
        assert sorted([*train, *test]) == list(range(len(rows)))
    assert found.auc.mean() > 0.9
    assert all(len(scores.auc) == len(found.auc) for scores in found.beside.values())

    page = StudyPage("Example", replace(RUN, quick=False))
    monkeypatch.setattr("matterlearn.studies.metabolite_fit.best_of_fit", lambda case, run: found)
    metabolite_best.add_best(CasePage(page, "bundled"), case, replace(RUN, quick=False))
    assert page.numbers["bundled_fit_auc"] == pytest.approx(found.auc.mean())
    assert page.numbers["bundled_fit_families"] == ["logistic"]
    assert page.numbers["bundled_fit_chosen"] == "logistic"
    assert page.numbers["bundled_fit"][0]["model"] == "best of fit"


def test_a_map_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="map: the study 'perovskites' has no metabolites"):
        run_study("perovskites", tmp_path / "out", demo=True, pathways=tmp_path / "map.csv")
    assert not (tmp_path / "out").exists()


def test_splits_are_stratified_and_reproducible() -> None:
    case = bundled_case()
    train, test = case.random_split(0)
    np.testing.assert_array_equal(test, case.random_split(0)[1])
    assert set(test) != set(case.random_split(0, 1)[1])
    assert case.y[test].mean() == pytest.approx(case.y.mean(), abs=0.01)
    assert sorted([*train, *test]) == list(range(569))
    folds = case.repeated_folds(0, 2)
    for repeat in (folds[:5], folds[5:]):
        assert sorted(np.concatenate([test for _, test in repeat])) == list(range(569))


def test_first_columns() -> None:
    assert among_first(np.array([0.0, 0.0, 1.0]), top=2).tolist() == [False, False, True]
    case = bundled_case()
    rankings = rank_on_splits(case, 0, 2)
    for name, weights in rankings.weights.items():
        assert weights.shape == (2, 30)
        assert (rankings.first[name].sum(axis=1) == 5).all()
        best = np.abs(weights).argmax(axis=1)
        assert (rankings.ranks[name][[0, 1], best] == 1).all()


def test_importances_of_columns_that_no_tree_asks_for() -> None:
    case = bundled_case()
    impurity, permutation = forest_importances(case, 0, 2)
    assert impurity.sum(axis=1) == pytest.approx(np.ones(5))
    assert (permutation[impurity == 0] == 0).all()
    assert permutation.mean(axis=0).max() > 0


def test_most_different_columns() -> None:
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(60, 20)), np.ones(60)])
    y = np.repeat([0, 1], 30)
    X[y == 1, 7] += 3
    chosen = most_different(X, y)
    assert chosen[0] == 7
    assert 20 not in chosen  # constant


def test_the_plasma_table(data_home: Path) -> None:
    case = metabolite_cases._case(PLASMA)
    assert case.values.shape == (207, 227)
    assert (case.y.sum(), case.disputed.sum(), len(np.unique(case.groups))) == (131, 5, 206)
    assert case.labels[case.disputed].tolist() == ["Cancer"] * 5
    twice = np.flatnonzero(case.groups == "PN00614")
    assert len(twice) == 2
    for number in range(10):
        assert np.isin(twice, case.random_split(0, number)[1]).sum() in (0, 2)
    assert set(case.races) >= {"White", "Black", "Asian", "L", ""}
    assert not {"C", "B", "Oriental", "unknown"} & set(case.races)


def test_the_confounder_of_the_plasma_table(data_home: Path) -> None:
    case = metabolite_cases._case(PLASMA)
    assert len(metabolite_confounder.matched_pairs(case.ages, case.y)) == 10
    assert metabolite_confounder._undisputed(case, case.ages, 0) == 7
    assert metabolite_confounder._gap(case.ages[case.y == 1], case.ages[case.y == 0]) == (36, 60)
    age = metabolite_folds.on_folds(metabolite_confounder.forest, case.ages[:, None], case.y, case.repeated_folds(0, 1))
    assert age.auc.mean() > 0.97


def test_without_data_the_bundled_table_is_taken_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATTERLEARN_DATA", str(tmp_path))
    said: list[str] = []
    run = with_data_at_hand(replace(RUN, say=said.append))
    assert run.demo
    assert "breast_cancer_plasma is not in the data home" in said[0]
    (case,) = metabolite_cases.metabolite_cases(run)
    assert len(case.y) == 569
