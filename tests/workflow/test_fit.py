from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matter_tables import binaries, sites
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from small_fit import PLAN, QUICK, SEED, quick, small_fit, told, two_target_fit, two_targets, with_bad_rows

import matterlearn
from matterlearn.chemistry.ions import Ion
from matterlearn.core.errors import ArgumentError, DataError, ModelFileError, RowError
from matterlearn.core.journal import Journal
from matterlearn.data.dataset import make_dataset
from matterlearn.models.candidates import FAMILIES
from matterlearn.validation.evidence import Evidence, plain
from matterlearn.workflow import fit as module
from matterlearn.workflow.fit import fit
from matterlearn.workflow.model import load_model
from matterlearn.workflow.output import OURS, write_fit
from matterlearn.workflow.plan import Plan, read_plan
from matterlearn.workflow.predict import predict

BASELINES = {"mean", "1-nearest neighbour", "linear on fractions", "shuffled targets"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_fit(small_fit(), tmp_path_factory.mktemp("fit") / "out")


class TestOutputFolder:
    def test_all_files(self, folder):
        assert {path.name for path in folder.iterdir()} == OURS
        figures = {path.name for path in (folder / "figures").iterdir()}
        stems = {name.rpartition(".")[0] for name in figures}
        assert {"errors-by-split", "parity-random", "left-out-elements", "learning-curve", "calibration-curve"} <= stems
        assert figures == {f"{stem}.{ending}" for stem in stems for ending in ("png", "svg")}
        assert all(path.stat().st_size > 100 for path in folder.rglob("*") if path.is_file())

    def test_rejected_rows(self, folder):
        rejected = pd.read_csv(folder / "rejected.csv")
        assert rejected["row"].tolist() == [4, 11]  # counted from 1
        assert rejected["column"].tolist() == ["formula", "gap_eV"]
        assert rejected["value"].tolist() == ["Xx2O", "unknown"]
        assert "Xx" in rejected["reason"][0]

    def test_evidence(self, folder):
        evidence = Evidence.load(folder)
        pd.testing.assert_frame_equal(evidence.predictions, small_fit().evidence.predictions, check_exact=True)
        for name in ("folds", "data", "plan", "diagnostics", "notes", "versions"):
            assert getattr(evidence, name) == getattr(small_fit().evidence, name), name
        assert evidence.plan["candidates"] == ["ridge"]
        assert evidence.plan["seed"] == SEED
        assert evidence.plan["chosen"]["weights"] == {"ridge": 1.0}
        assert set(evidence.plan["chosen"]["calibrated_on"]) == {"random folds", "element groups"}
        assert set(evidence.predictions["row_id"]) == set(evidence.rows["row_id"]) == set(range(1, 43)) - {4, 11}
        assert evidence.timings["total_s"] > 0
        assert evidence.timings["budget_s"] is None
        assert "scikit-learn" in evidence.versions

    def test_plan(self, folder):
        assert read_plan(folder) == small_fit().plan == replace(PLAN, seed=SEED)


def test_random_and_element_splits_beside_all_baselines():
    scores = small_fit().evidence.scores().query("role != 'train'").set_index(["split", "model"])
    assert set(scores.index) == {(split, model) for split in ("random", "element") for model in BASELINES | {"model"}}
    model = scores.xs("model", level="model")
    assert model.loc["random", "r2"] > 0.9
    assert model.loc["element", "mae"] > model.loc["random", "mae"]
    assert model.loc["random", "mae"] < scores.loc[("random", "mean"), "mae"]


def test_what_is_told_beside_scores():
    diagnostics = small_fit().evidence.diagnostics
    for name in ("learning_curve", "importance", "partial_dependence", "surrogate", "leaks"):
        assert diagnostics[name], name
        assert plain(diagnostics[name]) == diagnostics[name], name


class TestFollowingAPlan:
    def test_the_same_plan_gives_the_same_bytes(self, folder, tmp_path):
        """What the plan of a folder states is not looked at in the other arguments, so it may even be nonsense."""
        again = fit(
            with_bad_rows(), "gap_eV", plan=folder, split="nonsense", budget="soon", models=["knn"], seed=99, workers=1
        )
        assert told(again.evidence) == told(small_fit().evidence)
        assert again.plan == small_fit().plan
        one, two = (result.model.save(tmp_path / f"{i}.mlz") for i, result in enumerate((again, small_fit())))
        assert one.read_bytes() == two.read_bytes()

    def test_another_seed_gives_other_folds(self):
        other = fit(with_bad_rows(), "gap_eV", **quick(seed=SEED + 1, splits=("random",)))
        folds = [
            found.evidence.predictions.query("split == 'random' and model == 'mean'").set_index("row_id")["fold"]
            for found in (small_fit(), other)
        ]
        assert folds[0].index.sort_values().equals(folds[1].index.sort_values())
        assert not folds[0].sort_index().equals(folds[1].sort_index())

    def test_a_candidate_that_is_not_there(self):
        with pytest.raises(ArgumentError, match="the candidate 'line' cannot be used for this table"):
            fit(binaries(30), "gap_eV", models={"other": Ridge()}, **quick(candidates=("line",)))
        with pytest.raises(ArgumentError, match="unknown model 'rigde'; did you mean 'ridge'"):
            fit(binaries(30), "gap_eV", **quick(candidates=("rigde",)))
        with pytest.raises(ArgumentError, match="'mlp' needs 400 rows, here are 30"):
            fit(binaries(30), "gap_eV", **quick(candidates=("mlp",)))

    def test_a_split_that_is_not_there(self):
        with pytest.raises(ArgumentError, match="unknown split 'rnadom'"):
            fit(binaries(30), "gap_eV", **quick(splits=("rnadom",)))

    def test_no_plan(self, tmp_path):
        with pytest.raises(DataError, match="no plan that can be read"):
            fit(binaries(30), "gap_eV", plan=tmp_path)


class TestBudget:
    @pytest.fixture(autouse=True)
    def _a_known_machine(self, monkeypatch):
        monkeypatch.setattr(module, "slowness", lambda: 1.0)

    def test_that_is_impossible(self):
        """The smallest plan is made, the essential folds of it are computed, and both are said."""
        result = fit(binaries(40), "gap_eV", models=["ridge"], budget=0.01, workers=1)
        plan = result.plan
        assert (plan.n_folds, plan.n_element_groups, plan.n_explained, plan.budget_s) == (3, 3, 0, 0.01)
        assert plan.expected_s > 1
        assert plan.skipped == ("gap_eV/random/0/2", "gap_eV/element/0/2")
        assert result.evidence.notes == [
            f"the smallest plan takes about {plan.expected_s:.0f} s, more than the budget of 0.01 s",
            "2 of 3 folds of the split random were computed in the time given",
            "2 of 3 folds of the split element were computed in the time given",
        ]
        assert result.evidence.timings["budget_s"] == 0.01
        assert result.evidence.plan["skipped"] == list(plan.skipped)
        again = fit(binaries(40), "gap_eV", plan=result.plan, workers=1)
        assert told(again.evidence) == told(result.evidence)
        assert again.plan == result.plan

    def test_none_is_the_full_plan(self):
        heats = pd.DataFrame({"T_K": np.linspace(300, 900, 30), "c_J": np.linspace(1, 2, 30) ** 2})  # no elements
        result = fit(heats, "c_J", inputs=["T_K"], models={"mean": DummyRegressor()}, budget=None, workers=1)
        assert result.plan.left_out == result.plan.skipped == ()
        assert result.plan.calibration_folds == 10
        assert sum(fold["split"] == "random" for fold in result.evidence.folds) == 5
        assert result.evidence.notes == ["no element split: the inputs tell no elements"]

    @pytest.mark.parametrize("seconds", [0.2, 1.5])
    def test_is_kept_by_estimators_that_take_longer_than_expected(self, monkeypatch, seconds):
        """A planted clock: it moves only while an estimator is fitted, which is expected to take 0.05 s."""
        for name in ("core.parallel", "validation.judging", "validation.protocol", "workflow.fit"):
            monkeypatch.setattr(f"matterlearn.{name}.time", CLOCK)
        budget = 80 * seconds + 20
        models = {"slow": Slow(seconds)}
        result = fit(binaries(40), "gap_eV", models=models, budget=budget, workers=1)
        assert result.plan.expected_s <= budget  # the plan looked feasible
        assert result.evidence.timings["total_s"] <= 1.2 * budget
        assert result.plan.skipped
        done = {f"gap_eV/{fold['split']}/0/{fold['fold']}" for fold in result.evidence.folds}
        assert done.isdisjoint(result.plan.skipped)
        assert {f"gap_eV/{split}/0/{k}" for split in ("random", "element") for k in (0, 1)} <= done
        assert any(note.endswith("were computed in the time given") for note in result.evidence.notes)
        if seconds > 1:  # where more is skipped
            again = fit(binaries(40), "gap_eV", models=models, plan=result.plan, workers=1)
            assert told(again.evidence) == told(result.evidence)


class Clock:
    """A clock that stands still until something takes its time."""

    now = 1000.0

    def time(self) -> float:
        return self.now

    perf_counter = monotonic = time


CLOCK = Clock()


class Slow(KNeighborsRegressor):
    """Takes its time of the planted clock for every fit."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(2, algorithm="brute")
        self.seconds = seconds

    @classmethod
    def _get_param_names(cls):
        return ["seconds"]

    def fit(self, X, y):
        CLOCK.now += self.seconds
        return super().fit(X, y)


class Interrupting(Journal):
    """Is interrupted when so many entries have been kept."""

    def __init__(self, folder, key, n_kept) -> None:
        super().__init__(folder, key)
        self.n_kept = n_kept

    def put(self, name, parts):
        if name not in ("head", "plan"):
            if self.n_kept == 0:
                raise KeyboardInterrupt
            self.n_kept -= 1
        super().put(name, parts)


class TestGoingOn:
    """A run that was stopped goes on where it was, if it is the same run."""

    def test_with_what_was_done(self, tmp_path):
        arguments = {"plan": small_fit().plan, "workers": 1}
        with pytest.raises(KeyboardInterrupt):
            fit(with_bad_rows(), "gap_eV", journal=lambda key: Interrupting(tmp_path / "out", key, 3), **arguments)
        found = fit(with_bad_rows(), "gap_eV", journal=lambda key: Journal(tmp_path / "out", key), **arguments)
        assert found.evidence.timings["resumed"] == 3
        assert told(found.evidence) == told(small_fit().evidence)
        one, two = (result.model.save(tmp_path / f"{i}.mlz") for i, result in enumerate((found, small_fit())))
        assert one.read_bytes() == two.read_bytes()

    def test_with_the_plan_that_was_made(self, tmp_path, monkeypatch):
        """A machine that is slower by now would get another plan."""
        plans = []
        for speed, n_kept in ((1.0, 2), (1000.0, 99)):
            monkeypatch.setattr(module, "slowness", lambda speed=speed: speed)
            arguments = {"models": ["ridge"], "budget": 30, "workers": 1, "show_plan": plans.append}
            journal = lambda key, n=n_kept: Interrupting(tmp_path / "out", key, n)  # noqa: E731
            if n_kept == 2:
                with pytest.raises(KeyboardInterrupt):
                    fit(binaries(40), "gap_eV", journal=journal, **arguments)
            else:
                found = fit(binaries(40), "gap_eV", journal=journal, **{**arguments, "budget": "30s"})
        assert plans[0] == plans[1]
        assert replace(found.plan, skipped=()) == plans[0]
        assert found.evidence.timings["resumed"] == 2

    @pytest.fixture
    def key(self, tmp_path, monkeypatch):
        """Return the key of a run, without the run."""
        monkeypatch.chdir(tmp_path)

        def key_of(table=None, target="gap_eV", **arguments):
            def stop(key):
                raise Stopped(key)

            arguments = {"budget": 60, "models": ["ridge"], "workers": 1, **arguments}
            with pytest.raises(Stopped) as caught:
                fit(binaries(30) if table is None else table, target, journal=stop, **arguments)
            return caught.value.args[0]

        return key_of

    def test_if_it_is_the_same_run(self, key, tmp_path):
        first = key()
        assert first == key(workers=2) == key(budget="1m") == key(progress=True) == key(split="random")
        table = binaries(30)
        others = [
            key(binaries(31)),
            key(table.assign(gap_eV=table["gap_eV"] + 1e-4)),
            key(table[::-1]),
            key(target="gap_eV", log=True, table=table.assign(gap_eV=table["gap_eV"].abs())),
            key(table.assign(w=1.0)),
            key(table.assign(w=1.0), weights="w"),
            key(table.assign(k=1.0 + table["gap_eV"]), ["gap_eV", "k"]),
            key(inputs=["formula", "family"]),
            key(seed=1),
            key(split="group:family"),
            key(budget=61),
            key(budget=None),
            key(models=["ridge", "knn"]),
            key(plan=PLAN),
            key(plan=replace(PLAN, seed=1)),
        ]
        assert len({first, *others}) == len(others) + 1

    def test_if_the_folds_are_the_same(self, key, tmp_path):
        (tmp_path / "folds.csv").write_text("fold\n" + "".join(f"{i % 3}\n" for i in range(30)))
        first = key(split="file:folds.csv")
        assert first == key(split="file:folds.csv")
        (tmp_path / "folds.csv").write_text("fold\n" + "".join(f"{i % 4}\n" for i in range(30)))
        assert first != key(split="file:folds.csv")

    @pytest.mark.parametrize("own", [{"models": {"line": Ridge()}}, {"features": "Length"}])
    def test_not_with_objects_of_one_s_own(self, own):
        """What they are is not known, so nothing is kept of them."""
        own = {name: Length() if value == "Length" else value for name, value in own.items()}
        asked = []
        arguments = quick(candidates=("line",) if "models" in own else ("ridge",), splits=("random",))
        fit(binaries(30), "gap_eV", journal=asked.append, **own, **arguments)
        assert asked == []


class Stopped(Exception):
    """The run is not wanted."""


class TestSeveralTargets:
    def test_every_row_is_judged_on_what_it_has(self):
        evidence, table = two_target_fit().evidence, two_targets()
        assert evidence.targets == ["gap_eV", "k_GPa"]
        for target in evidence.targets:
            random = evidence.of(target).predictions.query("split == 'random' and model == 'model'")
            assert sorted(random["row_id"]) == (np.flatnonzero(table[target].notna()) + 1).tolist()
        assert evidence.data["weights"] == "n_runs"
        by_row = random.set_index("row_id")["weight"]
        assert by_row[2] == pytest.approx(2 * by_row[1])

    def test_all_are_predicted_each_in_its_unit(self):
        result, table = two_target_fit(), two_targets()
        found = result.model.predict(table)
        names = ("prediction", "lower", "upper", "in_domain", "reason")
        assert found.columns.tolist() == [f"{name} {target}" for target in ("gap_eV", "k_GPa") for name in names]
        assert found["in_domain k_GPa"].mean() > 0.8
        known = table["k_GPa"].notna()
        error = np.log10(found["prediction k_GPa"][known] / table["k_GPa"][known])
        assert error.abs().median() < 0.2  # of seven decades
        assert np.abs(found["prediction gap_eV"] - table["gap_eV"]).median() < 0.2

    def test_intervals_of_a_logarithm_are_factors(self):
        found = two_target_fit().model.predict(two_targets())
        prediction, lower, upper = (found[f"{name} k_GPa"] for name in ("prediction", "lower", "upper"))
        np.testing.assert_allclose(upper / prediction, prediction / lower)
        assert (upper - prediction > prediction - lower).all()
        assert (lower > 0).all()
        assert (prediction < 0.5).any()  # a floor of the logarithm at 0 would be one at 1 GPa
        assert (lower < 1).any()
        evidence = two_target_fit().evidence.of("k_GPa")
        assert evidence.predictions["prediction"].min() < 0
        assert not any("k_GPa" in note for note in evidence.notes if "negative" in note)

    def test_headlines_and_plan(self):
        result = two_target_fit()
        assert set(result.model.card["headline"]) == {"gap_eV", "k_GPa"}
        assert "log10(GPa)" in result.model.card["headline"]["k_GPa"][0]
        assert set(result.evidence.plan["chosen_by_target"]) == {"gap_eV", "k_GPa"}
        assert result.evidence.plan["chosen"] == result.evidence.plan["chosen_by_target"]["gap_eV"]
        assert json.loads(json.dumps(plain(result.model.card))) == plain(result.model.card)

    def test_a_target_with_too_few_rows(self):
        table = binaries(40).assign(k_GPa=[1.0 + i if i < 19 else np.nan for i in range(40)])
        with pytest.raises(ArgumentError, match="19 usable rows with a value of 'k_GPa' are too few"):
            fit(table, ["gap_eV", "k_GPa"], **QUICK)


class TestWeights:
    def test_models_that_take_none_are_left_out_and_named(self):
        table = binaries(30).assign(w=[1.0, 2.0] * 15)
        plans: list[Plan] = []

        def stop(plan):
            plans.append(plan)
            raise Stopped

        with pytest.raises(Stopped):
            fit(table, "gap_eV", weights="w", workers=1, show_plan=stop)
        usable = [name for name, kind in FAMILIES.items() if kind.fewest_rows <= 30 and name != "knn"]
        assert set(plans[0].candidates) <= set(usable)
        assert not any("knn" in text for text in plans[0].left_out)
        result = fit(table, "gap_eV", weights="w", **quick(splits=("random",)))
        assert "knn: no candidate, since it takes no weights of rows" in result.evidence.notes

    @pytest.mark.parametrize("models", [["ridge", "knn"], {"mine": KNeighborsRegressor()}])
    def test_one_that_was_named_is_refused(self, models):
        table = binaries(30).assign(w=[1.0, 2.0] * 15)
        with pytest.raises(ArgumentError, match=r"'(knn|mine)' takes no weights of rows; leave it or the weights out"):
            fit(table, "gap_eV", weights="w", models=models, budget=1, workers=1)

    def test_rows_without_weight_are_no_rows(self):
        table = binaries(30).assign(w=[1.0] * 19 + [0.0] * 11)
        with pytest.raises(ArgumentError, match="19 usable rows with a weight above 0 are too few"):
            fit(table, "gap_eV", weights="w", **QUICK)


class Mine(RegressorMixin, BaseEstimator):
    """An estimator of the user's own: the mean, and a bit of the first feature."""

    def __init__(self, share: float = 0.1) -> None:
        self.share = share

    def fit(self, X, y):
        self.mean_ = float(np.mean(y))
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        return self.mean_ + self.share * np.asarray(X)[:, 0]


class Length(TransformerMixin, BaseEstimator):
    """A transformer of the user's own: the length of the formula."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return np.array([[float(len(text)), 1.0] for text in X["formula"]])


def test_own_estimator_and_own_transformer(tmp_path):
    table = binaries(30)
    models = {"mine": Mine(), "line": Ridge()}
    arguments = quick(candidates=("mine", "line"), splits=("random",), n_explained=1)
    result = fit(table, "gap_eV", features=Length(), models=models, **arguments)
    assert result.evidence.plan["candidates"] == ["mine", "line"]
    assert set(result.evidence.plan["chosen"]["inner_mae"]) == {"mine", "line"}
    steps = dict(result.model.fitted[0].estimator.members_)
    matrix = next(iter(steps.values()))[:-1].transform(pd.DataFrame({"formula": ["NaCl"]}))
    assert matrix.tolist() == [[4.0, 1.0]]
    path = result.model.save(tmp_path / "model.mlz")
    with pytest.raises(ModelFileError, match="not trusted") as caught:
        load_model(path)
    named = [f"{Length.__module__}.Length", f"{Mine.__module__}.Mine"]
    assert named[0] in str(caught.value)
    assert str(path) in str(caught.value)
    again = predict(path, table[["formula"]], trusted=named)
    pd.testing.assert_frame_equal(again, predict(result.model, table[["formula"]]), check_exact=True)


def test_own_transformer_with_a_family():
    result = fit(binaries(30), "gap_eV", features=Length(), **quick(splits=("random",)))
    assert result.model.predict(pd.DataFrame({"formula": ["NaCl"]}))["prediction"].notna().all()


def test_several_candidates_are_blended_or_one_is_chosen():
    models = {"ridge": Ridge(1.0), "stiff": Ridge(100.0), "mean": DummyRegressor()}
    arguments = quick(candidates=tuple(models), splits=("random",))
    chosen = fit(binaries(30), "gap_eV", models=models, **arguments).evidence.plan["chosen"]
    assert sum(chosen["weights"].values()) == pytest.approx(1.0)
    assert set(chosen["weights"]) <= set(models)
    assert chosen["inner_mae_chosen"] <= min(chosen["inner_mae"].values()) + 1e-12


def test_sites_and_own_ions(tmp_path):
    ions = {"DEA": Ion("DEA", "diethylammonium", "(C2H5)2NH2", 1, {})}
    table = sites(30)
    table["A"] = [{"DEA": 0.5, "MA": 0.5} if i % 10 == 0 else cell for i, cell in enumerate(table["A"])]
    result = fit(table, "gap_eV", ions=ions, **quick(splits=("random",)))
    assert result.dataset.n_rejected == 0
    assert "N" in result.model.fitted[0].reliability.domain.elements_
    path = result.model.save(tmp_path / "model.mlz")
    found = predict(path, pd.DataFrame({"A": ["{'DEA': 1}", "Na", "{'ZZ': 1}"], "X": ["Cl", "Br", "O"]}))
    assert found["prediction"].notna().tolist() == [True, True, False]


def test_a_dataset_is_taken_as_it_is():
    dataset = make_dataset(binaries(30), "gap_eV", name="halides", citation="Somebody 2020")
    result = fit(dataset, **quick(splits=("random",)))
    assert result.dataset is dataset
    assert result.evidence.data["name"] == "halides"
    for arguments in ({"target": "family"}, {"inputs": ["formula"]}, {"log": True}, {"weights": "gap_eV"}):
        with pytest.raises(ArgumentError, match="already has its target and inputs"):
            fit(dataset, **arguments)


@pytest.mark.parametrize(
    ("split", "splits"),
    [
        ("group:family", ("group:family", "random", "element")),
        ("random:3", ("random:3", "element")),
        ("element:O,S", ("element:O,S", "random", "element")),
    ],
)
def test_the_split_that_decides_comes_first(split, splits):
    plans = []

    def stop(plan):
        plans.append(plan)
        raise Stopped

    with pytest.raises(Stopped):
        fit(binaries(40), "gap_eV", split=split, workers=1, show_plan=stop)
    assert plans[0].splits == splits


def test_folds_of_every_split():
    splits = ("element:O,S", "random:2", "element:each")
    evidence = fit(binaries(40), "gap_eV", **quick(splits=splits, n_folds=2)).evidence
    assert list(dict.fromkeys(evidence.predictions["split"])) == [*splits, "training rows"]
    named = [fold for fold in evidence.folds if fold["split"] == "element:O,S"]
    assert [fold["elements"] for fold in named] == [["O"], ["S"]]
    assert {(fold["repeat"], fold["fold"]) for fold in evidence.folds if fold["split"] == "random:2"} == {
        (repeat, k) for repeat in (0, 1) for k in range(2)
    }
    each = [fold for fold in evidence.folds if fold["split"] == "element:each"]
    assert len(each) > 10
    assert all("weights" in fold for fold in named)
    assert not any("weights" in fold for fold in each)  # what was chosen on all rows


def test_where_no_element_can_be_left_out_the_evidence_says_so():
    table = pd.DataFrame({"formula": [f"Fe{100 - i}C{i}" for i in range(1, 31)], "y": np.arange(30.0) ** 1.5})
    result = fit(table, "y", **QUICK)  # a plan with an element split
    assert set(result.evidence.predictions["split"]) == {"random", "training rows"}
    assert result.evidence.notes[0].startswith("no element split: of 2 elements, 2 occur in every row (C, Fe)")
    assert set(result.evidence.plan["chosen"]["calibrated_on"]) == {"random folds"}
    assert result.plan.splits == ("random",)
    again = fit(table, "y", plan=result.plan, workers=1)
    assert told(again.evidence) == told(result.evidence)
    with pytest.raises(ArgumentError, match=r"no element split.*use another split"):
        fit(table, "y", split="element", workers=1)


def test_contradicting_duplicates_are_told():
    table = binaries(25)
    result = fit(pd.concat([table, table.assign(gap_eV=table["gap_eV"] + 1)]), "gap_eV", **quick(splits=("random",)))
    assert result.evidence.data["n_contradictions"] == 25
    [leak] = [leak for leak in result.evidence.diagnostics["leaks"] if leak["check"] == "contradictions"]
    assert leak["n"] == 25
    random = result.evidence.predictions.query("split == 'random' and model == 'model'")
    fold = dict(zip(random["row_id"], random["fold"], strict=True))
    assert all(fold[row] == fold[row + 25] for row in range(1, 26))


def test_strict_stops_at_a_bad_row():
    with pytest.raises(RowError, match=r"row 4, column 'formula', value 'Xx2O': unknown element 'Xx'"):
        fit(with_bad_rows(), "gap_eV", strict=True, **QUICK)


@pytest.mark.parametrize(
    ("arguments", "error", "what"),
    [
        ({"target": None}, ArgumentError, "target: say which column to predict"),
        ({"target": "gap"}, DataError, "no target column 'gap'; did you mean 'gap_eV'"),
        ({"target": []}, ArgumentError, "target: no column is named"),
        ({"target": "family"}, DataError, "classes of family with fewer than 10 rows cannot be judged"),
        ({"target": ["gap_eV", "family"]}, DataError, "'family' holds categories, and there are several targets"),
        ({"log": ["gap"]}, ArgumentError, "log: 'gap' is no target; did you mean 'gap_eV'"),
        ({"weights": "familly"}, ArgumentError, "weights: no column 'familly'; did you mean 'family'"),
        ({"inputs": ["formla"]}, ArgumentError, "no column 'formla'; did you mean 'formula'"),
        ({"split": "rnadom"}, ArgumentError, "unknown split 'rnadom'"),
        ({"split": "group:famly"}, ArgumentError, "did you mean 'family'"),
        ({"split": None}, ArgumentError, "split: must be the name of a split, got None; write 'random'"),
        ({"split": ["random"]}, ArgumentError, "split: must be the name of a split"),
        ({"models": ["rigde"]}, ArgumentError, "unknown model 'rigde'; did you mean 'ridge'"),
        ({"models": "ridge"}, ArgumentError, r"must be a list of names, got 'ridge'; write \['ridge'\]"),
        ({"models": []}, ArgumentError, "no model is named; known: .*ridge"),
        ({"models": {}}, ArgumentError, "no model is named"),
        ({"models": ["ridge", "ridge"]}, ArgumentError, "a model is named twice"),
        ({"models": {"mine": Ridge}}, ArgumentError, "'mine' is a class and no regressor"),
        ({"budget": "soon"}, ArgumentError, "'soon' is no duration"),
        ({"budget": 0}, ArgumentError, "budget: must be positive"),
        ({"budget": float("nan")}, ArgumentError, "budget: must be positive"),
        ({"budget": [5]}, ArgumentError, r"budget: must be positive, got \[5\]"),
        ({"workers": 0}, ArgumentError, "workers: must be at least 1"),
        ({"workers": 1.5}, ArgumentError, "workers: must be at least 1"),
        ({"seed": "7"}, ArgumentError, "seed: must be a whole number, got '7'"),
    ],
    ids=repr,
)
def test_arguments_that_cannot_be_used(arguments, error, what):
    shown = []
    with pytest.raises(error, match=what) as caught:
        fit(
            binaries(30),
            **{"target": "gap_eV", "models": ["ridge"], "workers": 1, "show_plan": shown.append, **arguments},
        )
    assert "\n" not in str(caught.value)
    assert shown == []


def test_public_names():
    assert matterlearn.fit is fit
    assert matterlearn.predict is predict
    assert matterlearn.load_model is load_model
