from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from matter_tables import binaries
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from small_fit import told

from matterlearn.core.errors import ArgumentError
from matterlearn.core.journal import Journal
from matterlearn.data.dataset import Dataset, make_dataset
from matterlearn.features.table_features import table_features
from matterlearn.models.candidates import make_baselines
from matterlearn.models.selection import CandidateSelector
from matterlearn.validation import protocol
from matterlearn.validation.evidence import COLUMNS, TRAINING, Evidence, plain
from matterlearn.validation.folds import Fold, make_folds
from matterlearn.validation.jobs import SHUFFLED, FoldJob, Settings, rows_of
from matterlearn.validation.judging import run_job
from matterlearn.validation.protocol import MODEL, Judgement, Protocol, chosen_model, fit_seeded, selection_facts
from matterlearn.validation.splits import ElementGroupSplit, RandomSplit

KINDS = {"formula": "formula"}
TABLE = binaries(50)
TABLE["gap_eV"] -= 4.0  # of either sign: no floor cuts an interval
DATASET = make_dataset(TABLE, "gap_eV", inputs=["formula"])
BASELINES = ["mean", "1-nearest neighbour", "linear on fractions", SHUFFLED]


def descriptors():
    return table_features(["formula"], KINDS, representation="descriptors")


def ridge(alpha: float = 1.0):
    return make_pipeline(descriptors(), StandardScaler(), Ridge(alpha))


def folds_of(*splits: str, dataset: Dataset = DATASET, n_folds: int = 3) -> list[Fold]:
    return [
        fold
        for split in splits
        for fold in make_folds(split, dataset, features=descriptors(), n_folds=n_folds, n_element_groups=3)
    ]


def judge(model, dataset=DATASET, folds=None, *, deadline=None, journal=None, **arguments) -> Judgement:
    """Judge a model by the least that is a protocol."""
    folds = folds_of("random", "element", dataset=dataset) if folds is None else folds
    arguments = {"calibration_folds": 2, "calibration_splits": 2, "n_explained": 0, **arguments}
    baselines = arguments.pop("baselines", {"mean": DummyRegressor()})
    judging = Protocol(folds, baselines, descriptors(), **arguments)
    return judging.run(model, dataset, deadline=deadline, journal=journal)


@cache
def ridge_judged() -> Judgement:
    baselines = make_baselines(descriptors(), ["formula"], KINDS)
    return judge(ridge(), baselines=baselines, calibration_folds=3, calibration_splits=3, n_explained=1)


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return ridge_judged().evidence


class TestNothingOfATestRow:
    """Whatever is fitted while a fold is judged sees training rows alone."""

    SEEN: list[tuple[str, frozenset[str]]] = []  # noqa: RUF012 - shared by all copies of the recorder

    class Recorder(TransformerMixin, BaseEstimator):
        def fit(self, X, y=None):
            TestNothingOfATestRow.SEEN.append(("fit", frozenset(X["formula"])))
            self.fitted_ = True
            return self

        def transform(self, X):
            TestNothingOfATestRow.SEEN.append(("transform", frozenset(X["formula"])))
            return X

    @pytest.mark.parametrize("split", ["random", "element", "element:each"])
    def test_is_seen_in_fitting(self, split):
        def with_recorder(*steps):
            return make_pipeline(self.Recorder(), descriptors(), *steps)

        selector = CandidateSelector(
            [("ridge", with_recorder(StandardScaler(), Ridge())), ("near", with_recorder(KNeighborsRegressor(3)))],
            cv=RandomSplit(2),
        )
        settings = Settings(
            {"near": with_recorder(KNeighborsRegressor(1))}, make_pipeline(self.Recorder(), descriptors()), 0.9, 2, 2,
            shuffled=True, seed=0,
        )  # fmt: skip
        fitted = None
        if split == "element:each":  # the choice of the final model is used; what is fitted is not
            judgement = Protocol(folds_of("random"), {}, descriptors(), n_explained=0, calibration_folds=2).run(
                selector, DATASET
            )
            fitted = judgement.fitted["gap_eV"]
        for fold in folds_of(split)[:2]:
            self.SEEN.clear()
            job = FoldJob(settings, selector, rows_of(DATASET, None), fold, explain=fitted is None, fitted=fitted)
            run_job(job)
            train, test = (frozenset(TABLE["formula"].iloc[rows]) for rows in (fold.train, fold.test))
            fits = [rows for kind, rows in self.SEEN if kind == "fit"]
            assert train in fits
            assert all(rows <= train for rows in fits)
            # Two candidates in two inner folds, the chosen, its calibration with a domain each, baselines, domain.
            assert len(fits) >= (4 if fitted else 4 + 1 + 2 * 4 + 2 + 1)
            # The test rows are seen by what is fitted; never beside training rows.
            seen_test = [rows for kind, rows in self.SEEN if kind == "transform" and not rows.isdisjoint(test)]
            assert seen_test
            assert all(rows <= test for rows in seen_test)


class TestBaselines:
    def test_stand_beside_the_model_on_every_fold(self, evidence):
        for fold in evidence.folds:
            rows = evidence.predictions.query(f"split == {fold['split']!r} and fold == {fold['fold']}")
            assert rows.groupby("model")["row_id"].apply(lambda ids: tuple(sorted(ids))).nunique() == 1
            assert list(rows["model"].unique()) == [MODEL, *BASELINES]
            assert set(rows.query("model != @MODEL")["role"]) == {"baseline"}

    def test_on_folds_that_are_not_nested_too(self):
        found = judge(ridge(), folds=folds_of("element:each")[:2]).evidence.predictions
        assert set(found.query("split == 'element:each'")["model"]) == {MODEL, "mean", SHUFFLED}

    def test_shuffled_targets_teach_nothing(self, evidence):
        scores = evidence.scores().set_index(["split", "model"])
        for split in ("random", "element"):
            assert scores.loc[(split, SHUFFLED), "r2"] < 0.1
            assert scores.loc[(split, SHUFFLED), "mae"] > 3 * scores.loc[(split, MODEL), "mae"]

    def test_are_what_their_names_say(self, evidence):
        y = dict(zip(DATASET.frame.index, DATASET.y, strict=True))
        for fold in folds_of("random", "element"):
            train = DATASET.frame.index[fold.train]
            rows = evidence.predictions.query("split == @fold.split and fold == @fold.number")
            mean = rows.query("model == 'mean'")["prediction"]
            np.testing.assert_allclose(mean, np.mean([y[row] for row in train]))
            near = rows.query("model == '1-nearest neighbour'")["prediction"]
            assert set(near) <= {y[row] for row in train}


def test_random_targets_are_not_predicted():
    rng = np.random.default_rng(0)
    dataset = make_dataset(TABLE.assign(gap_eV=rng.normal(size=len(TABLE))), "gap_eV", inputs=["formula"])
    selector = CandidateSelector(
        [("ridge", ridge(0.1)), ("near", make_pipeline(descriptors(), KNeighborsRegressor(1)))]
    )
    scores = judge(selector, dataset).evidence.scores().query("role == 'model'")
    assert len(scores) == 2
    assert scores["r2"].max() <= 0.1


def test_what_follows_from_the_elements_is_predicted(evidence):
    scores = evidence.scores().set_index(["split", "model"])
    assert scores.loc[("random", MODEL), "r2"] > 0.9
    assert scores.loc[("random", "mean"), "r2"] <= 0
    assert scores.loc[("element", MODEL), "mae"] > scores.loc[("random", MODEL), "mae"]
    assert scores.loc[(TRAINING, MODEL), "mae"] < scores.loc[("random", MODEL), "mae"]


class TestLongTable:
    def test_rows(self, evidence):
        predictions = evidence.predictions
        assert dict(predictions.dtypes.astype(str)) == COLUMNS
        random = predictions.query("split == 'random' and model == @MODEL")
        assert sorted(random["row_id"]) == list(range(1, 51))  # rows count from 1, each tested once
        gaps = dict(zip(range(1, 51), TABLE["gap_eV"], strict=True))
        assert [gaps[row] for row in predictions["row_id"]] == predictions["y"].tolist()
        assert set(predictions["target"]) == {"gap_eV"}
        assert set(predictions["weight"]) == {1.0}
        training = predictions.query("split == @TRAINING")
        assert training["row_id"].tolist() == list(range(1, 51))
        assert set(training["role"]) == {"train"}

    def test_intervals_and_domain(self, evidence):
        model, others = (part for _, part in evidence.predictions.groupby(evidence.predictions["role"] == "baseline"))
        filled = ["lower", "upper", "level_needed", "difficulty", "domain"]
        assert others[[*filled, "spread"]].isna().all(axis=None)
        assert set(others["calibrated_on"]) == {""}
        assert others["in_domain"].all()
        assert model[filled].notna().all(axis=None)
        assert model["spread"].isna().all()  # one ridge has no members
        assert (model["difficulty"] > 0).all()
        assert (model["domain"] >= 0).all()
        assert model["level_needed"].between(0, 1).all()
        np.testing.assert_allclose((model["lower"] + model["upper"]) / 2, model["prediction"], atol=1e-9)

    def test_an_interval_holds_what_its_level_allows(self, evidence):
        model = evidence.predictions.query("role != 'baseline'")
        inside = (model["y"] >= model["lower"]) & (model["y"] <= model["upper"])
        known = model["level_needed"] != evidence.plan["level"]
        assert (inside == (model["level_needed"] <= evidence.plan["level"]))[known].all()

    def test_unseen_elements_are_outside_the_domain(self, evidence):
        element = evidence.predictions.query("split == 'element' and model == @MODEL")
        assert not element["in_domain"].any()
        assert set(element["calibrated_on"]) == {"element groups"}
        random = evidence.predictions.query("split == 'random' and model == @MODEL")
        assert random["in_domain"].mean() > 0.7
        assert "random folds" in set(random["calibrated_on"])

    def test_what_the_rows_are(self, evidence):
        assert evidence.rows["row_id"].tolist() == list(range(1, 51))
        assert evidence.rows["label"].tolist() == TABLE["formula"].tolist()
        found = dict(zip(evidence.rows["label"], evidence.rows["elements"], strict=True))
        assert found["NaCl"] == "Cl Na" if "NaCl" in found else len(found) == 50


def test_facts_of_the_folds(evidence):
    assert [(fold["split"], fold["fold"]) for fold in evidence.folds] == [
        (split, number) for split in ("random", "element") for number in range(3)
    ]
    for fold in evidence.folds:
        rows = evidence.predictions.query(f"split == {fold['split']!r} and fold == {fold['fold']} and model == @MODEL")
        assert len(rows) == fold["n_test"]
        assert fold["n_train"] + fold["n_test"] == 50
        assert 0.7 * fold["n_train"] <= fold["calibrated_on"]["random folds"] <= fold["n_train"]
        assert 0 < fold["calibrated_on"]["element groups"] <= 2 * fold["n_train"]
        assert bool(fold["elements"]) == (fold["split"] == "element")
        assert fold["label"] == (", ".join(fold["elements"]) or "random rows")
    assert plain(evidence.folds) == evidence.folds
    assert json.loads(json.dumps(evidence.plan)) == evidence.plan
    final = evidence.plan["chosen_by_target"]["gap_eV"]
    assert 30 <= final["calibrated_on"]["random folds"] <= 50
    assert set(ridge_judged().fitted) == {"gap_eV"}


def test_explanations(evidence):
    """The explained fold tells the learning curve; the final model tells what follows what."""
    curve = evidence.diagnostics["learning_curve"]
    assert {(point["split"], point["repeat"], point["fold"]) for point in curve} == {("random", 0, 0)}
    sizes = [point["n_train"] for point in curve]
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == evidence.folds[0]["n_train"]
    scored = evidence.predictions.query("split == 'random' and fold == 0 and model == @MODEL")
    assert curve[-1]["mae"] == pytest.approx(np.abs(scored["prediction"] - scored["y"]).mean())
    assert "property" in {entry["by"] for entry in evidence.diagnostics["importance"]}
    assert evidence.diagnostics["partial_dependence"]
    assert {entry["kind"] for entry in evidence.diagnostics["surrogate"]} <= {"rules", "linear"}
    assert evidence.diagnostics["surrogate"]
    for entries in evidence.diagnostics.values():
        assert {entry["target"] for entry in entries} == {"gap_eV"}
    assert plain(evidence.diagnostics) == evidence.diagnostics


@pytest.fixture(scope="module")
def selector():
    near = make_pipeline(descriptors(), KNeighborsRegressor(3))
    return CandidateSelector([("ridge", ridge()), ("near", near)], cv=2)


@pytest.fixture(scope="module")
def one(selector):
    return judge(selector, seed=3, n_explained=1)


class TestDeterminism:
    def test_the_same_numbers_with_one_and_two_workers(self, selector, one):
        two = judge(selector, seed=3, n_explained=1, workers=2)
        assert told(one.evidence) == told(two.evidence)
        assert one.fitted["gap_eV"].to_parts() == two.fitted["gap_eV"].to_parts()

    def test_another_seed_gives_other_numbers(self, selector, one):
        assert told(one.evidence) != told(judge(selector, seed=4, n_explained=1).evidence)

    def test_the_order_of_the_folds_means_nothing(self, selector, one):
        folds = folds_of("random", "element")
        mixed = judge(selector, seed=3, folds=[folds[i] for i in (4, 1, 0, 5, 3, 2)], n_explained=0)
        key = ["split", "fold", "model", "row_id"]
        tables = [part.evidence.predictions.sort_values(key, ignore_index=True) for part in (one, mixed)]
        pd.testing.assert_frame_equal(*tables, check_exact=True)


class Drawing(RegressorMixin, BaseEstimator):
    """Learns nothing, draws a number."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):
        self.draw_ = float(np.random.default_rng(self.random_state).normal())
        return self

    def predict(self, X):
        return np.full(len(X), self.draw_)


def test_every_fold_of_every_repeat_has_a_seed_of_its_own():
    selector = CandidateSelector([("draw", Drawing())])
    evidence = judge(selector, folds=folds_of("random:2", "element"), shuffled=False).evidence
    model = evidence.predictions.query("model == @MODEL")
    draws = model.groupby(["split", "repeat", "fold"])["prediction"].unique()
    assert all(len(draw) == 1 for draw in draws)
    assert len(draws) == 2 * 3 + 3 + 1  # repeats, elements, the final model
    assert len({float(draw[0]) for draw in draws}) == len(draws)
    assert [(fold["repeat"], fold["fold"]) for fold in evidence.folds][:6] == [(r, k) for r in (0, 1) for k in range(3)]


def test_seeds_belong_to_folds_and_candidates():
    selector = CandidateSelector([("a", Drawing()), ("b", Drawing())], cv=2)
    arguments = {"duplicates": np.arange(len(DATASET))}
    fitted = fit_seeded(selector, DATASET.X, DATASET.y, seed=1, **arguments)
    states = [model.random_state for _, model in fitted.candidates]
    assert states[0] != states[1]
    again = fit_seeded(selector, DATASET.X, DATASET.y, seed=1, **arguments)
    assert [model.random_state for _, model in again.candidates] == states
    other = fit_seeded(selector, DATASET.X, DATASET.y, seed=2, **arguments)
    assert [model.random_state for _, model in other.candidates] != states
    assert [model.random_state for _, model in selector.candidates] == [None, None]  # the given one is untouched


class Watching(ElementGroupSplit):
    def split(self, X, y=None, groups=None):
        self.groups = groups
        yield from super().split(X, y, groups)


def test_inner_folds_leave_out_what_they_are_given():
    cv, elements = Watching(3), DATASET.element_sets()
    selector = CandidateSelector([("ridge", ridge()), ("stiff", ridge(10.0))], cv=cv)
    fit_seeded(selector, DATASET.X, DATASET.y, seed=0, duplicates=np.arange(len(DATASET)), inner_groups=elements)
    assert cv.groups is elements


@pytest.mark.parametrize("inner_groups", [None, [frozenset({"Fe", "C"})] * len(DATASET)])
def test_inner_folds_are_random_where_there_is_nothing_to_leave_out(inner_groups):
    selector = CandidateSelector([("ridge", ridge()), ("stiff", ridge(10.0))], cv=ElementGroupSplit(3, random_state=1))
    duplicates = np.arange(len(DATASET)) // 2
    fitted = fit_seeded(selector, DATASET.X, DATASET.y, seed=0, duplicates=duplicates, inner_groups=inner_groups)
    assert isinstance(fitted.cv, RandomSplit)
    assert fitted.cv.n_splits == 3
    assert len(fitted.scores_) == 2


def test_facts_of_a_choice():
    selector = CandidateSelector([("ridge", ridge()), ("mean", DummyRegressor())], cv=2).fit(DATASET.X, DATASET.y)
    facts = selection_facts(selector)
    assert facts["weights"] == {"ridge": 1.0}
    assert facts["inner_mae"].keys() == {"ridge", "mean"}
    assert facts["inner_mae_chosen"] == pytest.approx(min(facts["inner_mae"].values()))
    alone = CandidateSelector([("ridge", ridge())]).fit(DATASET.X, DATASET.y)
    assert selection_facts(alone) == {"weights": {"ridge": 1.0}}
    assert selection_facts(ridge()) == {}
    assert not hasattr(chosen_model(selector), "members_")


@pytest.fixture(scope="module")
def judged():
    near = make_pipeline(descriptors(), KNeighborsRegressor(3))
    selector = CandidateSelector([("ridge", ridge()), ("near", near)], cv=2)
    folds = [*folds_of("random"), *folds_of("element:each")[:3], *folds_of("element:O")]
    return judge(selector, folds=folds, calibration_folds=3, calibration_splits=3)


class TestLeftOutElements:
    """Each element in turn uses the choice of the final model; named elements choose again."""

    def test_what_is_chosen_where(self, judged):
        facts = {
            split: [f for f in judged.evidence.folds if f["split"] == split] for split in ("element:each", "element:O")
        }
        assert [len(found) for found in facts.values()] == [3, 1]
        assert all("weights" in fold for fold in facts["element:O"])
        final = judged.evidence.plan["chosen_by_target"]["gap_eV"]
        for fold in facts["element:each"]:
            assert "weights" not in fold
            assert fold["calibrated_on"] == final["calibrated_on"]
            assert fold["mean_error"] == final["mean_error"]
            assert len(fold["elements"]) == 1
        assert facts["element:O"][0]["mean_error"] != final["mean_error"]

    def test_the_element_is_not_in_training(self, judged):
        rows = judged.evidence.predictions.query("split in ('element:each', 'element:O') and model == @MODEL")
        assert rows["split"].nunique() == 2
        assert not rows["in_domain"].any()
        assert (rows["upper"] - rows["lower"]).gt(0).all()

    def test_the_final_model_is_fitted_again(self, judged):
        """Its predictions for an element are those of its choice without the element, not those with it."""
        each = judged.evidence.predictions.query("split == 'element:each' and model == @MODEL")
        training = judged.evidence.predictions.query("split == @TRAINING").set_index("row_id")
        assert (np.abs(each["prediction"].to_numpy() - training.loc[each["row_id"], "prediction"].to_numpy()) > 0).all()
        fold = folds_of("element:each")[0]
        alone = judged.fitted["gap_eV"].estimator
        again = chosen_model(alone).fit(DATASET.X.iloc[fold.train], DATASET.y[fold.train])
        found = each[each["fold"] == 0]
        np.testing.assert_array_equal(found["prediction"], again.predict(DATASET.X.iloc[fold.test]))


def two_targets() -> Dataset:
    """Some rows lack the first target, others the second."""
    table = TABLE.assign(k_GPa=np.round(np.exp(TABLE["gap_eV"] / 2 + 3), 3))
    table.loc[[1, 5, 7, 20], "gap_eV"] = np.nan
    table.loc[30:40, "k_GPa"] = np.nan
    return make_dataset(table, ["gap_eV", "k_GPa"], inputs=["formula"], log=["k_GPa"])


def restricted(fold: Fold, whole: Dataset, part: Dataset) -> Fold:
    """The fold over the rows of a part."""
    place = {row: i for i, row in enumerate(part.frame.index)}
    train, test = (
        np.array([place[row] for row in whole.frame.index[rows] if row in place], dtype=int)
        for rows in (fold.train, fold.test)
    )
    return replace(fold, train=train, test=test)


@pytest.fixture(scope="module")
def whole():
    return two_targets()


@pytest.fixture(scope="module")
def folds(whole):
    return folds_of("random", "element", dataset=whole)


@pytest.fixture(scope="module")
def both(whole, selector, folds):
    return judge(selector, whole, folds, n_explained=1)


class TestSeveralTargets:
    @pytest.mark.parametrize("target", ["gap_eV", "k_GPa"])
    def test_each_is_judged_as_if_it_were_alone(self, whole, selector, folds, both, target):
        part = whole.of(target)
        alone = judge(selector, part, [restricted(fold, whole, part) for fold in folds], n_explained=1)
        found = both.evidence.of(target)
        pd.testing.assert_frame_equal(found.predictions, alone.evidence.predictions, check_exact=True)
        assert repr(found.folds) == repr(alone.evidence.folds)
        assert repr(found.diagnostics) == repr(alone.evidence.diagnostics)
        assert found.plan["chosen"] == alone.evidence.plan["chosen_by_target"][target]
        assert found.data["targets"] == alone.evidence.data["targets"]
        assert {name: found.data[name] for name in alone.evidence.data["targets"][target]} == found.data["targets"][
            target
        ]
        pd.testing.assert_frame_equal(found.scores(), alone.evidence.scores(), check_exact=True)
        assert both.fitted[target].to_parts() == alone.fitted[target].to_parts()

    def test_rows_that_lack_a_target_are_not_judged_on_it(self, whole, both):
        for target in whole.targets:
            tested = both.evidence.of(target).predictions.query("split == 'random' and model == @MODEL")["row_id"]
            assert sorted(tested) == whole.of(target).frame.index.tolist()

    def test_a_logarithm_is_judged_as_such(self, whole, both):
        part = both.evidence.of("k_GPa")
        assert (part.data["unit"], part.data["log"]) == ("log10(GPa)", True)
        raw = dict(zip(whole.frame.index, pd.to_numeric(whole.frame["k_GPa"]), strict=True))
        y = [raw[row] for row in part.predictions["row_id"]]
        np.testing.assert_allclose(10 ** part.predictions["y"], y, rtol=1e-12)
        assert both.fitted["k_GPa"].reliability.intervals.floor is None
        assert both.evidence.of("gap_eV").data["log"] is False

    def test_parts_that_do_not_exist(self, both):
        assert both.evidence.targets == ["gap_eV", "k_GPa"]
        with pytest.raises(ArgumentError, match="no target 'gap'; did you mean 'gap_eV'"):
            both.evidence.of("gap")

    def test_a_fold_that_leaves_too_little_of_a_target_is_left_out_of_it(self, whole, selector):
        table = TABLE.assign(rare_GPa=[float(i) if i < 16 else np.nan for i in range(50)])
        dataset = make_dataset(table, ["gap_eV", "rare_GPa"], inputs=["formula"])
        n = np.arange(50)
        folds = [Fold("file:f", 0, "fold 0", n[12:], n[:12]), Fold("file:f", 1, "fold 1", n[:30], n[30:])]
        evidence = judge(ridge(), dataset, [*folds_of("random", dataset=dataset), *folds]).evidence
        assert [f["fold"] for f in evidence.of("gap_eV").folds if f["split"] == "file:f"] == [0, 1]
        assert [f["fold"] for f in evidence.of("rare_GPa").folds if f["split"] == "file:f"] == []
        assert evidence.notes == [
            "2 of 2 folds of the split file:f are left out for rare_GPa: too few rows that have it to train on, "
            "or none to test"
        ]


def test_a_logarithm_has_no_floor():
    """Targets from 2 to 30: their logarithms are all positive, and a prediction of 0 would be a floor at 1."""
    table = TABLE.assign(k_GPa=np.round(np.exp(TABLE["gap_eV"] / 4 + 2), 4))
    assert table["k_GPa"].min() > 1
    selector = CandidateSelector([("ridge", ridge())])
    floors = []
    for log in (True, False):
        dataset = make_dataset(table, "k_GPa", inputs=["formula"], log=log)
        fitted = judge(selector, dataset, folds_of("random", dataset=dataset)).fitted["k_GPa"]
        floors.append((fitted.estimator.floor, fitted.reliability.intervals.floor))
    assert floors == [(None, None), (0.0, 0.0)]


@pytest.fixture(scope="module")
def weighted():
    rng = np.random.default_rng(1)
    weights = np.round(rng.uniform(0.2, 5, len(TABLE)), 2)
    weights[[2, 11, 30]] = 0.0
    return make_dataset(TABLE.assign(w=weights), "gap_eV", inputs=["formula"], weights="w")


@pytest.fixture(scope="module")
def found(weighted):
    return judge(CandidateSelector([("ridge", ridge())]), weighted, n_explained=1).evidence


class TestWeights:
    def test_stand_in_the_table(self, weighted, found):
        of_row = dict(zip(weighted.frame.index, weighted.weights, strict=True))
        assert [of_row[row] for row in found.predictions["row_id"]] == found.predictions["weight"].tolist()

    def test_reach_the_scores(self, found):
        scores = found.scores().set_index(["split", "model"])
        for (split, model), rows in found.predictions.groupby(["split", "model"]):
            errors = np.abs(rows["prediction"] - rows["y"])
            assert scores.loc[(split, model), "mae"] == pytest.approx(np.average(errors, weights=rows["weight"]))
        scored = found.predictions.query("split == 'random' and fold == 0 and model == @MODEL")
        mae = np.average(np.abs(scored["prediction"] - scored["y"]), weights=scored["weight"])
        assert found.diagnostics["learning_curve"][-1]["mae"] == pytest.approx(mae)

    def test_reach_the_fits(self, weighted, found):
        for fold in folds_of("random", dataset=weighted):
            mean = np.average(weighted.y[fold.train], weights=weighted.weights[fold.train])
            rows = found.predictions.query("split == 'random' and fold == @fold.number")
            np.testing.assert_allclose(rows.query("model == 'mean'")["prediction"], mean)
            known = fold.train[weighted.weights[fold.train] > 0]
            X, y = weighted.X.iloc[known], weighted.y[known]
            line = ridge().fit(X, y, ridge__sample_weight=weighted.weights[known])
            model = rows.query("model == @MODEL")["prediction"]
            np.testing.assert_allclose(model, line.predict(weighted.X.iloc[fold.test]), rtol=1e-9)
            assert np.abs(model - ridge().fit(X, y).predict(weighted.X.iloc[fold.test])).max() > 1e-4

    def test_rows_without_weight_are_predicted_and_teach_nothing(self, weighted, found):
        model = found.predictions.query("model == @MODEL")
        assert {3, 12, 31} <= set(model.query("split == 'random'")["row_id"])
        assert {3, 12, 31}.isdisjoint(model.query("split == @TRAINING")["row_id"])
        wild = weighted.frame.assign(gap_eV=np.where(weighted.weights == 0, 1e6, weighted.frame["gap_eV"]))
        other = make_dataset(wild, "gap_eV", inputs=["formula"], weights="w")
        near = make_baselines(descriptors(), ["formula"], KINDS)
        arguments = {"model": CandidateSelector([("ridge", ridge())]), "baselines": near}
        tables = [judge(dataset=data, **arguments).evidence.predictions for data in (weighted, other)]
        columns = ["prediction", "lower", "upper", "difficulty", "in_domain"]
        pd.testing.assert_frame_equal(tables[0][columns], tables[1][columns], check_exact=True)

    def test_a_row_of_weight_two_is_a_row_twice(self):
        half = TABLE[:30]
        weighted = make_dataset(half.assign(w=[2.0] * 10 + [1.0] * 20), "gap_eV", inputs=["formula"], weights="w")
        twice = make_dataset(pd.concat([half, half[:10]]), "gap_eV", inputs=["formula"])
        # The weights have a mean of 1, the rows have not: a penalty is the same relative to both.
        models = [make_pipeline(descriptors(), Ridge(penalty)) for penalty in (0.75, 1.0)]
        one, two = (
            judge(model, data, folds_of("random", dataset=data)).fitted["gap_eV"].estimator
            for model, data in zip(models, (weighted, twice), strict=True)
        )
        np.testing.assert_allclose(one.predict(DATASET.X), two.predict(DATASET.X), rtol=1e-6)


class Clock:
    """A clock that stands still until something takes its time."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now

    perf_counter = monotonic = time


CLOCK = Clock()


class Slow(Ridge):
    """Takes a second of the planted clock for every fit."""

    def fit(self, X, y, sample_weight=None):
        CLOCK.now += 1.0
        return super().fit(X, y, sample_weight)


class TestDeadline:
    @pytest.fixture
    def clock(self, monkeypatch):
        for module in ("core.parallel", "validation.judging", "validation.protocol"):
            monkeypatch.setattr(f"matterlearn.{module}.time", CLOCK)
        return CLOCK

    def slow(self, clock, seconds: float | None, **arguments) -> tuple[Judgement, float]:
        start = clock.now
        deadline = None if seconds is None else start + seconds
        model = make_pipeline(descriptors(), StandardScaler(), Slow())
        found = judge(model, folds=folds_of("random", "element", n_folds=4), deadline=deadline, **arguments)
        return found, clock.now - start

    def test_folds_that_do_not_fit_are_left_out_and_named(self, clock):
        whole, needed = self.slow(clock, None)
        assert whole.skipped == []
        within = 0.8 * needed
        found, seconds = self.slow(clock, within)
        assert 0.5 * within < seconds <= within
        done = {f"gap_eV/{fold['split']}/0/{fold['fold']}" for fold in found.evidence.folds}
        assert 0 < len(found.skipped) < 3
        assert not done & set(found.skipped)
        assert len(done | set(found.skipped)) == 4 + 3
        assert all(note.endswith("were computed in the time given") for note in found.evidence.notes)
        assert len(found.evidence.notes) == len({name.split("/")[1] for name in found.skipped})
        # What is done is done as without a deadline.
        key = ["split", "fold", "model"]
        expected = whole.evidence.predictions.merge(found.evidence.predictions[key].drop_duplicates(), on=key)
        pd.testing.assert_frame_equal(found.evidence.predictions, expected[list(COLUMNS)], check_exact=True)

    def test_the_essential_is_done_whatever_the_time(self, clock):
        found, seconds = self.slow(clock, 0.0)
        assert seconds == sum(found.evidence.timings["folds_s"]) + sum(found.evidence.timings["final_s"])
        assert {(fold["split"], fold["fold"]) for fold in found.evidence.folds} == {
            (split, number) for split in ("random", "element") for number in (0, 1)
        }
        assert found.skipped == ["gap_eV/random/0/2", "gap_eV/element/0/2", "gap_eV/random/0/3"]
        assert found.evidence.notes == [
            "2 of 4 folds of the split random were computed in the time given",
            "2 of 3 folds of the split element were computed in the time given",
        ]

    def test_leaving_the_same_folds_out_gives_the_same_evidence(self, clock):
        found, _ = self.slow(clock, 0.0, n_explained=3)
        again, _ = self.slow(clock, None, n_explained=3, skipped=found.skipped)
        assert again.skipped == []
        assert told(found.evidence) == told(again.evidence)


class Unknown(Ridge):
    """A type that no file is trusted to hold."""


@pytest.fixture(scope="module")
def undisturbed():
    return judge(ridge(), n_explained=1)


class TestJournal:
    """Finished items are kept, and taken from where they are kept."""

    @pytest.fixture
    def computed(self, monkeypatch):
        """Names of the items that are computed."""
        names: list[str] = []

        def counting(job):
            names.append(protocol._name(job))
            return run_job(job)

        monkeypatch.setattr(protocol, "run_job", counting)
        return names

    @pytest.fixture
    def kept(self, tmp_path):
        return lambda: Journal(tmp_path / "out", "key")

    def test_what_is_kept_is_not_computed_again(self, kept, undisturbed, computed):
        first = judge(ridge(), n_explained=1, journal=kept())
        assert len(computed) == 7
        computed.clear()
        again = judge(ridge(), n_explained=1, journal=kept())
        assert computed == []
        assert again.evidence.timings["resumed"] == 7
        for found in (first, again):
            assert told(found.evidence) == told(undisturbed.evidence)
            assert found.fitted["gap_eV"].to_parts() == undisturbed.fitted["gap_eV"].to_parts()

    @pytest.mark.parametrize("n_done", [1, 4])
    def test_an_interrupted_run_goes_on(self, kept, undisturbed, computed, n_done):
        journal, names = kept(), []

        class Interrupting(Journal):
            def put(self, name, parts):
                if name != "head" and len(names) == n_done:
                    raise KeyboardInterrupt
                super().put(name, parts)
                names.extend([name] if name != "head" else [])

        journal.__class__ = Interrupting
        with pytest.raises(KeyboardInterrupt):
            judge(ridge(), n_explained=1, journal=journal)
        assert len(names) == n_done
        computed.clear()
        found = judge(ridge(), n_explained=1, journal=kept())
        assert found.evidence.timings["resumed"] == n_done
        assert len(computed) == 7 - n_done
        assert set(computed).isdisjoint(names)
        assert told(found.evidence) == told(undisturbed.evidence)

    def test_a_damaged_entry_is_computed_again(self, kept, undisturbed, computed):
        judge(ridge(), n_explained=1, journal=kept())
        damaged = ["gap_eV/final", "gap_eV/random/0/1", "gap_eV/element/0/2"]
        for name in damaged:
            entry = kept()._file(name)
            entry.write_bytes(entry.read_bytes()[:-10])
        computed.clear()
        found = judge(ridge(), n_explained=1, journal=kept())
        assert sorted(computed) == sorted(damaged)
        assert told(found.evidence) == told(undisturbed.evidence)

    def test_entries_of_another_run_are_not_used(self, kept, computed, tmp_path):
        judge(ridge(), folds=folds_of("random"), journal=kept())
        computed.clear()
        judge(ridge(), folds=folds_of("random"), journal=Journal(tmp_path / "out", "other key"))
        assert len(computed) == 4

    def test_a_model_that_cannot_be_read_back_is_fitted_again(self, kept, computed):
        unknown = make_pipeline(descriptors(), StandardScaler(), Unknown())
        runs = [judge(unknown, folds=folds_of("random"), journal=kept()) for _ in range(2)]
        assert computed[4:] == ["gap_eV/final"]
        assert told(runs[0].evidence) == told(runs[1].evidence)

    def test_several_targets_and_elements_in_turn(self, kept, computed, whole):
        folds = [*folds_of("random", dataset=whole), *folds_of("element:each", dataset=whole)[:1]]
        runs = [judge(ridge(), whole, folds, journal=kept()) for _ in range(2)]
        assert len(computed) == len(set(computed)) == 10
        assert told(runs[0].evidence) == told(runs[1].evidence)
