from __future__ import annotations

import json
import math
import pickle
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from planted_evidence import planted

from matterlearn.core.errors import DataError
from matterlearn.validation.evidence import COLUMNS, SCHEMA_VERSION, Evidence, plain, prediction_rows

ERRORS = {"random": {"random rows": 0.25, "others": 0.75}, "element": {"Na": 0.5, "Cl": 2.0}}


def test_schema_of_the_long_table():
    predictions = planted(ERRORS).predictions
    assert {name: str(kind) for name, kind in predictions.dtypes.items()} == COLUMNS
    assert " ".join(COLUMNS) == (
        "row_id split repeat fold model role target class y prediction lower upper level_needed calibrated_on"
        " difficulty spread domain in_domain weight raw decided rejected"
    )


def test_rows_of_a_baseline_have_no_interval_and_no_domain():
    rows = prediction_rows(
        row_id=[3], split="random", fold=1, model="mean", role="baseline", target="y", y=[1.0], prediction=[2.0]
    )
    assert rows[["lower", "upper", "level_needed", "difficulty", "spread", "domain"]].isna().all(axis=None)
    assert rows["in_domain"].tolist() == [True]
    assert rows["class"].tolist() == rows["calibrated_on"].tolist() == [""]
    assert rows["weight"].tolist() == [1.0]


def test_scores_against_hand_computed_ones():
    scores = planted(ERRORS).scores().set_index(["split", "model"])
    assert len(scores) == 4
    model = scores.loc[("random", "model")]
    assert model["role"] == "model"
    assert model["n_rows"] == model["n_predictions"] == 20
    assert model["mae"] == pytest.approx(0.5)
    assert model["median_ae"] == pytest.approx(0.5)
    assert model["rmse"] == pytest.approx(math.sqrt((0.25**2 + 0.75**2) / 2))
    y = np.linspace(0, 9, 10)
    assert model["r2"] == pytest.approx(1 - 10 * (0.25**2 + 0.75**2) / (2 * np.sum((y - y.mean()) ** 2)))
    assert model["mae_sd"] == pytest.approx(np.std([0.25, 0.75], ddof=1))
    assert model["coverage"] == 1.0
    assert model["width"] == pytest.approx(2.0)
    assert scores.loc[("element", "model"), "coverage"] == 0.5
    baseline = scores.loc[("element", "mean")]
    assert baseline["role"] == "baseline"
    assert baseline["mae"] == pytest.approx(3.0)
    assert math.isnan(baseline["coverage"])
    assert math.isnan(baseline["width"])
    assert scores.loc[("random", "model"), "relative_mae"] == pytest.approx(0.5 / 3)
    assert scores["resampled"].unique().tolist() == ["rows"]  # two folds of elements tell little


def test_one_fold_has_no_spread():
    scores = planted({"holdout:set": {"set = test": 0.5}}).scores()
    assert scores["mae_sd"].isna().all()


def test_rows_predicted_twice_are_counted_once():
    evidence = planted(ERRORS)
    twice = evidence.predictions.assign(row_id=1)
    scores = Evidence(twice, evidence.folds, evidence.data, evidence.plan).scores()
    assert scores["n_rows"].tolist() == [1, 1, 1, 1]
    assert scores["n_predictions"].tolist() == [20, 20, 20, 20]


def test_scores_are_computed_once(monkeypatch):
    evidence = planted(ERRORS)
    first = evidence.scores()
    monkeypatch.setattr("matterlearn.validation.evidence.score_table", None)
    pd.testing.assert_frame_equal(evidence.scores(), first)


def test_what_a_reader_does_to_the_scores_is_his_own():
    evidence = planted(ERRORS)
    table = evidence.scores()
    table["mae"] = 0.0
    assert evidence.scores()["mae"].min() == pytest.approx(0.5)


def test_scores_follow_the_predictions():
    """Neither a changed copy nor the part of one target inherits what was computed for another table."""
    evidence = planted(ERRORS, others={"modulus": {"random": {"random rows": 2.0}}})
    whole = evidence.scores()
    half = evidence.predictions.assign(prediction=lambda t: t["y"] + (t["prediction"] - t["y"]) / 2)
    assert replace(evidence, predictions=half).scores()["mae"].tolist() == pytest.approx((whole["mae"] / 2).tolist())
    parts = [evidence.of(target).scores() for target in evidence.targets]
    assert [part["target"].unique().tolist() for part in parts] == [["gap_eV"], ["modulus"]]
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole, check_exact=True)


def test_scores_take_no_part_in_equality_and_survive_copies():
    evidence = planted(ERRORS)
    same = replace(evidence)
    evidence.scores()
    assert evidence == same
    assert [field.name for field in fields(evidence)] == [field.name for field in fields(same)]
    again = pickle.loads(pickle.dumps(evidence))
    pd.testing.assert_frame_equal(again.scores(), evidence.scores(), check_exact=True)


def test_by_fold_worst_first():
    folds = planted(ERRORS).by_fold("element", "model")
    assert folds["held_out"].tolist() == ["Cl", "Na"]
    assert folds["mae"].tolist() == pytest.approx([2.0, 0.5])
    assert folds["coverage"].tolist() == [0.0, 1.0]
    assert folds["n_rows"].tolist() == [10, 10]


def test_by_fold_of_repeats():
    evidence = planted(ERRORS)
    again = evidence.predictions.assign(repeat=1, prediction=lambda t: t["y"] + 3 * (t["prediction"] - t["y"]))
    labels = [{**fold, "repeat": 1, "label": f"{fold['label']} again"} for fold in evidence.folds]
    both = replace(
        evidence,
        predictions=pd.concat([evidence.predictions, again], ignore_index=True),
        folds=[*evidence.folds, *labels],
    )
    folds = both.by_fold("element", "model")
    assert folds["held_out"].tolist() == ["Cl again", "Cl", "Na again", "Na"]
    assert folds["mae"].tolist() == pytest.approx([6.0, 2.0, 1.5, 0.5])
    assert folds["repeat"].tolist() == [1, 0, 1, 0]


def test_what_is_saved_is_loaded(tmp_path):
    evidence = planted(ERRORS)
    evidence.save(tmp_path)
    again = Evidence.load(tmp_path)
    pd.testing.assert_frame_equal(again.predictions, evidence.predictions, check_exact=True)
    for name in ("folds", "data", "plan", "notes", "timings", "versions"):
        assert getattr(again, name) == getattr(evidence, name), name
    pd.testing.assert_frame_equal(again.scores(), evidence.scores(), check_exact=True)


def test_the_file_is_plain_json_with_the_scores(tmp_path):
    evidence = planted(ERRORS, half_width=math.inf)  # an unbounded interval must not make it invalid
    evidence.save(tmp_path)

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    content = json.loads((tmp_path / "evidence.json").read_text(encoding="utf-8"), parse_constant=refuse)
    assert content["schema_version"] == SCHEMA_VERSION
    assert [line["mae"] for line in content["scores"]] == pytest.approx([0.5, 3.0, 1.25, 3.0])
    assert content["scores"][0]["width"] is None
    assert np.isinf(Evidence.load(tmp_path).predictions["upper"]).any()


def changed(folder, **changes):
    planted(ERRORS).save(folder)
    path = folder / "evidence.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_newer_schema_is_refused(tmp_path):
    changed(tmp_path, schema_version=SCHEMA_VERSION + 1)
    with pytest.raises(DataError, match=rf"schema version {SCHEMA_VERSION + 1}.*update matterlearn"):
        Evidence.load(tmp_path)


def test_an_empty_folder_has_no_evidence(tmp_path):
    with pytest.raises(DataError, match="no evidence that can be read"):
        Evidence.load(tmp_path)


@pytest.mark.parametrize("content", ["{", "[]", "{}", f'{{"schema_version": {SCHEMA_VERSION}}}'])
def test_broken_evidence(tmp_path, content):
    planted(ERRORS).save(tmp_path)
    (tmp_path / "evidence.json").write_text(content)
    with pytest.raises(DataError, match="no evidence that can be read"):
        Evidence.load(tmp_path)


def test_predictions_that_are_others_are_refused(tmp_path):
    planted(ERRORS).save(tmp_path)
    pd.DataFrame({"y": [1.0]}).to_parquet(tmp_path / "predictions.parquet")
    with pytest.raises(DataError, match="no evidence that can be read"):
        Evidence.load(tmp_path)


def test_plain():
    found = plain({1: (np.float64(0.5), np.int64(2), math.inf), "a": [None, True, "x", {"b": np.nan}]})
    assert found == {"1": [0.5, 2, None], "a": [None, True, "x", {"b": None}]}
    assert type(found["1"][0]) is float
    assert type(found["1"][1]) is int
