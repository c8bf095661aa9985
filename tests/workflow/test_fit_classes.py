"""A table with classes, from its cells to predictions that may be refused."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LinearRegression, RidgeClassifier
from small_class_fit import class_fit, kinds_of_binaries, measurement_fit, measurements, quick_classes
from small_fit import small_fit, told

from matterlearn.core.container import arrays_to_bytes, bytes_to_arrays
from matterlearn.core.errors import ArgumentError, DataError, ModelFileError
from matterlearn.core.journal import Journal
from matterlearn.models.class_blend import class_probabilities
from matterlearn.models.decisions.priors import shift_priors
from matterlearn.validation.classes.fitted import FittedClasses
from matterlearn.validation.classes.wide import class_rows
from matterlearn.workflow.fit import fit
from matterlearn.workflow.model import load_model
from matterlearn.workflow.predict import predict

BASELINES = ["class shares", "majority", "1-nearest neighbour", "shuffled targets"]
NEW = pd.DataFrame({"formula": ["LiF", "Rb2S3", "", "U2O5", "NaCl2"]})


@pytest.fixture(scope="module")
def evidence():
    return class_fit().evidence


class TestEvidence:
    def test_every_row_has_a_line_for_each_class(self, evidence):
        found = evidence.predictions
        assert set(found["class"]) == {"insulator", "metal"}
        by_row = found.groupby(["split", "model", "repeat", "fold", "row_id"])
        assert (by_row.size() == 2).all()
        np.testing.assert_allclose(by_row["prediction"].sum(), 1.0)
        assert (by_row["decided"].sum() == 1).all()
        assert (by_row["y"].sum() == 1).all()
        assert (by_row["rejected"].nunique() == 1).all()

    def test_both_splits_beside_all_baselines(self, evidence):
        scores = evidence.scores().query("role != 'train'").set_index(["split", "model"])
        assert set(scores.index) == {(s, m) for s in ("random", "element") for m in ["model", *BASELINES]}
        model = scores.xs("model", level="model")
        assert model.loc["random", "roc_auc"] > 0.85
        assert model.loc["random", "relative_log_loss"] < 0.8
        assert scores.loc[("random", "class shares"), "roc_auc"] == 0.5
        assert scores.loc[("random", "majority"), "roc_auc"] == 0.5
        assert scores.loc[("random", "shuffled targets"), "log_loss"] > model.loc["random", "log_loss"]

    def test_what_is_learned_is_learned_in_training_rows(self, evidence):
        y = evidence.predictions.query("model == 'model' and split == 'random' and y == 1").set_index("row_id")["class"]
        shares = evidence.predictions.query("model == 'class shares' and split == 'random' and `class` == 'metal'")
        for fold in [fold for fold in evidence.folds if fold["split"] == "random"]:
            tested = shares[shares["fold"] == fold["fold"]]
            train = y.drop(tested["row_id"])
            assert tested["prediction"].unique() == pytest.approx((train == "metal").mean())
            assert fold["priors"][1] == pytest.approx((train == "metal").mean())
            assert set(fold["calibration"]) <= {"random folds", "element groups"}
            assert fold["error_rate"] == 0.2
            assert 0 < fold["threshold"] < 1

    def test_decisions_and_refusals_follow_from_what_was_chosen(self, evidence):
        model = evidence.predictions.query("model == 'model' and split == 'random'")
        for fold in [fold for fold in evidence.folds if fold["split"] == "random"]:
            rows = class_rows(model[model["fold"] == fold["fold"]])
            assert (rows.decided == np.argmax(rows.P * fold["class_weights"], axis=1)).all()
            assert fold["threshold"] == pytest.approx(fold["class_weights"][0] / sum(fold["class_weights"]))
            theta = math.inf if fold["theta"] is None else fold["theta"]
            sure = rows.P[np.arange(len(rows)), rows.decided] >= theta
            assert (rows.rejected == ~(sure & rows.in_domain)).all()
            np.testing.assert_allclose(rows.difficulty, 1 - rows.P[np.arange(len(rows)), rows.decided])

    def test_the_card_names_the_classes(self, evidence):
        facts = evidence.data
        assert facts["task"] == "classification"
        assert facts["classes"] == ["insulator", "metal"]
        assert sum(facts["class_counts"].values()) == facts["n_rows"] == 118
        assert facts["positive"] in facts["classes"]
        kinds = [entry["severity"] for entry in evidence.diagnostics["leaks"]]
        assert set(kinds) <= {"warning", "note"}
        curve = evidence.diagnostics["learning_curve"]
        assert all(point["log_loss"] > 0 for point in curve)
        assert {entry["by"] for entry in evidence.diagnostics["importance"]} >= {"property"}

    def test_bad_rows_are_set_apart_with_their_reason(self):
        rejected = class_fit().dataset.rejected
        assert rejected["row"].tolist() == [4, 8]
        assert rejected["reason"].tolist()[1] == "its class has 1 rows, fewer than 10"
        assert any(
            "1 class is too rare to be judged (semimetal)" in note for note in class_fit().evidence.data["notes"]
        )


class TestPredictions:
    def test_each_row_is_answered_or_told_why_not(self):
        found = predict(class_fit().model, NEW)
        assert found.columns.tolist() == [
            "formula", "prediction", "probability insulator", "probability metal", "possible", "in_domain", "rejected",
            "reason",
        ]  # fmt: skip
        read = found.drop(index=2)
        np.testing.assert_allclose(read["probability insulator"] + read["probability metal"], 1)
        assert set(read["prediction"]) <= {"insulator", "metal"}
        assert all(p in possible.split(" | ") for p, possible in zip(read["prediction"], read["possible"], strict=True))
        assert (read["rejected"] == (read["reason"] != "")).all()
        unread, uranium = found.loc[2], found.loc[3]
        assert pd.isna(unread["prediction"])
        assert math.isnan(unread["probability metal"])
        assert unread["rejected"]
        assert unread["reason"].startswith("not read: column 'formula'")
        assert not uranium["in_domain"]
        assert uranium["reason"].startswith("U not in training")

    def test_a_file_gives_them_again(self, tmp_path):
        model = class_fit().model
        again = load_model(model.save(tmp_path / "model.mlz"))
        pd.testing.assert_frame_equal(again.predict(NEW), model.predict(NEW), check_exact=True)
        assert again.classes == ("insulator", "metal")

    def test_other_shares_of_the_classes_follow_bayes(self):
        model, priors = class_fit().model, {"metal": 0.01, "insulator": 0.99}
        usual, shifted = model.predict(NEW).drop(index=2), model.predict(NEW, priors=priors).drop(index=2)
        columns = ["probability insulator", "probability metal"]
        trained = model.fitted[0].reliability.priors
        expected = shift_priors(usual[columns].to_numpy(), trained, np.array([0.99, 0.01]))
        np.testing.assert_allclose(shifted[columns].to_numpy(), expected, atol=1e-12)
        sets = [
            set(text.split(" | ")) - {p} for text, p in zip(shifted["possible"], shifted["prediction"], strict=True)
        ]
        before = [set(text.split(" | ")) for text in usual["possible"]]
        assert all(new <= old for new, old in zip(sets, before, strict=True))  # sets do not depend on shares

    @pytest.mark.parametrize(
        ("priors", "message"),
        [
            ({"metal": 0.1}, "no share is stated for 'insulator'"),
            ({"metal": 0.1, "insulator": 0.0}, "must be a number above 0"),
            ({"metal": 0.1, "insulatr": 0.9}, "no class 'insulatr'.*insulator"),
        ],
    )
    def test_shares_that_make_no_sense(self, priors, message):
        with pytest.raises(ArgumentError, match=message):
            class_fit().model.predict(NEW, priors=priors)
        with pytest.raises(ArgumentError, match="are about classes"):
            small_fit().model.predict(NEW, priors=priors)

    def test_no_row_at_all(self):
        found = class_fit().model.predict(NEW.iloc[:0])
        assert len(found) == 0
        assert found.columns.tolist() == list(class_fit().model.output_columns)


class TestMeasurements:
    def test_more_columns_than_rows_and_three_classes(self):
        result = measurement_fit()
        assert len(result.dataset.inputs) == 122  # not the empty one
        scores = result.evidence.scores().set_index(["split", "model"]).loc["random"]
        assert scores.loc["model", "roc_auc"] > 0.7
        assert scores.loc["model", "brier"] < scores.loc["class shares", "brier"]
        assert result.evidence.data["positive"] is None
        assert result.evidence.predictions.query("model == 'model'")["in_domain"].mean() > 0.7
        by_fold = result.evidence.by_fold("random", "model")
        assert by_fold["log_loss"].is_monotonic_decreasing

    def test_a_row_is_named_shortly(self):
        assert all(len(label) < 200 for label in measurement_fit().evidence.rows["label"])

    def test_predictions_of_a_new_table(self, tmp_path):
        model = load_model(measurement_fit().model.save(tmp_path / "m.mlz"))
        table = measurements(30)
        found = model.predict(table)
        assert (found["prediction"] == table["label"]).mean() > 0.8  # most of these were in training
        table = table.assign(**{name: table[name] * 1000.0 for name in table.columns if name.startswith("metab")})
        assert model.predict(table)["rejected"].mean() > 0.9


class TestWishes:
    def test_costs_move_the_threshold_and_find_more(self):
        table = kinds_of_binaries()
        fits = {cost: fit(table, "kind", costs={"metal": cost}, **quick_classes()) for cost in (1.0, 9.0)}
        found = {}
        for cost, result in fits.items():
            rows = class_rows(result.evidence.predictions.query("model == 'model' and split == 'random'"))
            found[cost] = (rows.decided[rows.codes == 1] == 1).mean()
            assert np.mean([fold["threshold"] for fold in result.evidence.folds]) == pytest.approx(
                1 / (1 + cost), abs=0.2
            )
        assert found[9.0] > found[1.0]
        balanced = fit(table, "kind", costs="balanced", **quick_classes()).evidence.plan["chosen"]["class_weights"]
        shares = table["kind"].value_counts(normalize=True)
        usual = [1 / (2 * shares["insulator"]), 1 / (2 * shares["metal"])]
        assert balanced[0] / balanced[1] == pytest.approx(usual[0] / usual[1], rel=0.5)

    def test_a_stricter_error_rate_refuses_more(self):
        table = kinds_of_binaries()
        strict, lax = (
            fit(table, "kind", error_rate=rate, **quick_classes()).evidence.scores() for rate in (0.05, 0.45)
        )
        strict, lax = (scores.query("model == 'model' and split == 'random'").iloc[0] for scores in (strict, lax))
        assert strict["answered"] < lax["answered"]
        assert strict["roc_auc"] == lax["roc_auc"]

    def test_the_positive_class_is_the_users(self):
        result = fit(kinds_of_binaries(), "kind", positive="insulator", **quick_classes())
        assert result.evidence.data["positive"] == "insulator"

    def test_an_own_classifier(self):
        result = fit(
            kinds_of_binaries(), "kind", models={"mine": LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.5)},
            **quick_classes(candidates=("mine",)),
        )  # fmt: skip
        assert result.evidence.plan["chosen"]["weights"] == {"mine": 1.0}

    def test_zeros_and_ones_are_classes(self):
        table = kinds_of_binaries().assign(kind=lambda t: (t["kind"] == "metal").astype(int))
        result = fit(table, "kind", **quick_classes())
        assert result.model.classes == ("0", "1")
        assert result.evidence.data["positive"] == "1"

    def test_weights_count_as_copies_in_shares(self):
        table = kinds_of_binaries().assign(w=lambda t: np.where(t["kind"] == "metal", 3.0, 1.0))
        result = fit(table, "kind", weights="w", **quick_classes(candidates=("logistic",)))
        n_metal = (table["kind"] == "metal").sum()
        expected = 3 * n_metal / (3 * n_metal + len(table) - n_metal)
        assert result.model.fitted[0].reliability.priors[1] == pytest.approx(expected)


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"costs": {"metall": 2}}, "unknown class 'metall'.*metal"),
            ({"costs": {"metal": 0}}, "costs"),
            ({"costs": "even"}, "costs"),
            ({"error_rate": 0}, "error_rate: must be between 0 and 1"),
            ({"error_rate": "few"}, "error_rate: must be between 0 and 1"),
            ({"positive": "Metal"}, "no class 'Metal'.*metal"),
            ({"models": {"r": LinearRegression()}}, "'r' is a LinearRegression and no classifier"),
            ({"models": {"r": RidgeClassifier()}}, "no classifier with probabilities"),
            ({"models": ["ridge"], "plan": None}, "'ridge' predicts numbers, and 'kind' holds classes"),
            ({"models": ["logit"], "plan": None}, "unknown model 'logit'"),
            ({"log": ["kind"]}, "have no logarithm"),
            ({"split": "extremes", "plan": None}, "classes have no extremes"),
        ],
    )
    def test_wishes_that_make_no_sense(self, changes, message):
        with pytest.raises(ArgumentError, match=message):
            fit(kinds_of_binaries(), "kind", **{**quick_classes(), **changes})

    def test_wishes_about_classes_for_numbers(self):
        table = kinds_of_binaries().assign(gap=np.linspace(0, 1, 120))
        for name, value in {"costs": "balanced", "error_rate": 0.2, "positive": "metal"}.items():
            with pytest.raises(ArgumentError, match=f"{name}: is about classes"):
                fit(table, "gap", **{name: value})

    def test_one_class_or_too_few_of_all(self):
        table = kinds_of_binaries(60)
        with pytest.raises(ArgumentError, match="every row that counts is 'metal'"):
            fit(table.assign(kind="metal"), "kind", **quick_classes())
        rare = table.assign(kind=["metal"] * 55 + ["insulator"] * 5)
        with pytest.raises(
            DataError, match="classes of kind with fewer than 10 rows cannot be judged: 'insulator' \\(5\\)"
        ):
            fit(rare, "kind", **quick_classes())
        with pytest.raises(DataError, match="'semimetal' \\(1\\)"):
            fit(kinds_of_binaries().replace({"kind": {}}).assign(
                kind=lambda t: ["semimetal", *t["kind"][1:]]), "kind", strict=True, **quick_classes())  # fmt: skip

    def test_names_instead_of_classes(self):
        with pytest.raises(DataError, match="free text or identifiers"):
            fit(kinds_of_binaries().assign(kind=[f"sample {k}" for k in range(120)]), "kind")


class TestModelFile:
    @staticmethod
    def parts():
        found, content = class_fit().model.fitted[0].to_parts()
        return dict(found), json.loads(json.dumps(content))

    def test_comes_back(self):
        again = FittedClasses.from_parts(*self.parts())
        own = class_fit().model.fitted[0]
        X = class_fit().dataset.X
        elements = class_fit().dataset.element_sets()
        raw = class_probabilities(own.estimator, X, np.arange(2))
        first, second = (part.reliability.judge(X, elements, raw) for part in (own, again))
        for name in ("probabilities", "decided", "level_needed", "rejected", "distance"):
            np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
        assert first.reasons == second.reasons

    @pytest.mark.parametrize(
        "changes",
        [
            {"classes": ["metal", "insulator"]},
            {"classes": ["metal"]},
            {"classes": ["insulator", "metal", "other"]},
            {"classes": "insulator, metal"},
            {"classes": ["insulator", 1]},
            {"theta": -0.1},
            {"theta": "0.5"},
            {"theta_coverage": 7},
            {"level": math.inf},
            {"error_rate": True},
            {"most_distant": math.nan},
            {"expected": {"inner_error": "none"}},
            {"elements": ["Xx"]},
        ],
    )
    def test_a_crafted_content_is_refused(self, changes):
        parts, content = self.parts()
        with pytest.raises(ModelFileError):
            FittedClasses.from_parts(parts, {**content, **changes})

    @pytest.mark.parametrize("name", ["class weights", "priors", "random folds/sets/scores 0"])
    def test_crafted_numbers_are_refused(self, name):
        parts, content = self.parts()
        arrays = bytes_to_arrays(parts["decisions.safetensors"])
        name = name if name in arrays else next(key for key in arrays if "/sets/" in key)
        for bad in (-np.abs(arrays[name]) - 1.0, np.full_like(arrays[name], np.nan), np.zeros((2, 2))):
            crafted = {**parts, "decisions.safetensors": arrays_to_bytes({**arrays, name: bad})}
            with pytest.raises(ModelFileError):
                FittedClasses.from_parts(crafted, content)

    def test_a_part_that_is_missing(self):
        parts, content = self.parts()
        for name in parts:
            with pytest.raises(ModelFileError):
                FittedClasses.from_parts({key: part for key, part in parts.items() if key != name}, content)


def test_a_journal_gives_the_same_again(tmp_path):
    (tmp_path / "place").mkdir()
    source = tmp_path / "t.csv"
    kinds_of_binaries(80).to_csv(source, index=False)

    def journal(key):
        return Journal(tmp_path / "place" / "out", key)

    first, second = (fit(source, "kind", journal=journal, **quick_classes()) for _ in range(2))
    assert second.evidence.timings["resumed"] == 4
    assert told(first.evidence) == told(second.evidence)
    pd.testing.assert_frame_equal(first.model.predict(NEW), second.model.predict(NEW), check_exact=True)


class TestFoundInReview:
    def test_numbers_too_large_are_set_apart_here_and_in_prediction(self):
        table = measurements(60, 6, 2).assign(ties=1.5)
        table.loc[5, "metabolite 1"] = 1e300
        result = fit(table, "label", inputs=["*"], **quick_classes())
        assert result.dataset.rejected["row"].tolist() == [6]
        assert "beyond 1e+30" in result.dataset.rejected["reason"][0]
        assert result.model.predict(table)["reason"][5].startswith("not read: column 'metabolite 1': a number beyond")

    def test_leaving_one_row_out_has_no_area(self):
        rng = np.random.default_rng(0)
        noise = pd.DataFrame({"x": rng.normal(size=24), "t": ["a", "b"] * 12})
        scores = fit(noise, "t", inputs=["x"], **quick_classes(splits=("kfold:N",))).evidence.scores()
        model = scores.query("model == 'model' and split == 'kfold:N'").iloc[0]
        assert math.isnan(model["roc_auc"])
        assert model["log_loss"] > 0.5

    def test_a_hold_out_of_one_class_that_training_lacks_is_told(self):
        table = measurements(60, 5, 3)
        table["set"] = np.where(table["label"] == "c", "test", "train")
        result = fit(table, "label", inputs=["met*"], **quick_classes(splits=("holdout:set",)))
        line = result.evidence.scores().query("model == 'model' and split == 'holdout:set'").iloc[0]
        assert line["accuracy"] == 0.0
        assert line["log_loss"] > 3
        assert any("'c' of label is tested in 1 folds" in note for note in result.evidence.notes)

    def test_probes_hold_answers(self, tmp_path):
        model = class_fit().model
        (part,) = model.fitted
        weights = np.array([1e6, 1.0])
        crafted = replace(model, fitted=(replace(part, reliability=replace(part.reliability, class_weights=weights)),))
        with pytest.raises(ModelFileError, match="predicts its probe rows differently"):
            load_model(crafted.save(tmp_path / "m.mlz"))

    @pytest.mark.parametrize("priors", [5, "metal", [0.5, 0.5], {"metal": 1e-320, "insulator": 1e300}])
    def test_shares_of_other_kinds(self, priors):
        with pytest.raises(ArgumentError, match="priors"):
            class_fit().model.predict(NEW, priors=priors)

    def test_no_promise_is_made_for_other_shares(self):
        found = class_fit().model.predict(class_fit().dataset.frame, priors={"metal": 0.4, "insulator": 0.6})
        reasons = found["reason"]
        assert not any("of the answers are wrong" in reason for reason in reasons)

    def test_classes_and_odd_costs(self):
        table = kinds_of_binaries()
        with pytest.raises(ArgumentError, match="'m' is a class and no classifier"):
            fit(table, "kind", models={"m": LinearDiscriminantAnalysis})
        with pytest.raises(ArgumentError, match="the cost of 'metal' must be a number"):
            fit(table, "kind", costs={"metal": True})
        with pytest.raises(ArgumentError, match="'logistic' predicts classes, and 'gap' holds numbers"):
            fit(table.assign(gap=np.linspace(0, 1, 120)), "gap", models=["logistic"])
        with pytest.raises(ArgumentError, match="'empty' has no value at all"):
            fit(table.assign(empty=np.nan), "kind", inputs=["empty"])

    def test_rows_without_weight_make_no_class(self):
        table = kinds_of_binaries().assign(w=1.0)
        table.loc[:39, "kind"] = "rare"
        table.loc[1:39, "w"] = 0.0
        result = fit(table, "kind", weights="w", **quick_classes(candidates=("logistic",)))
        assert result.model.classes == ("insulator", "metal")
