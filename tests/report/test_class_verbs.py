"""`show` and `compare` for models of classes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from class_evidence import FOUR, class_evidence
from planted_evidence import planted
from sklearn.metrics import log_loss, roc_auc_score

from matterlearn.cli.compare import compare as compare_command
from matterlearn.cli.show import show
from matterlearn.core.container import write_container
from matterlearn.core.errors import DataError
from matterlearn.report.class_facts import ClassFacts
from matterlearn.report.headline import headline
from matterlearn.validation.comparison import CLASS_COMPARISON_COLUMNS, compare
from matterlearn.validation.evidence import Evidence, plain
from matterlearn.workflow.show import KIND, model_facts

WORSE, BETTER = class_evidence(FOUR, skill=1.5), class_evidence(FOUR, skill=2.5)


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    evidence = class_evidence(("benign", "\x1b[31mred"))
    schema = {"targets": ["kind"], "task": "classification", "inputs": ["formula"], "kinds": {"formula": "formula"}}
    card = {
        "data": evidence.data,
        "plan": evidence.plan,
        "scores": evidence.scores().to_dict("records"),
        "headline": {"kind": headline(evidence.of("kind"))},
        "notes": evidence.notes,
        "versions": evidence.versions,
    }
    place = tmp_path_factory.mktemp("model") / "model.mlz"
    return write_container(place, KIND, {}, plain({"schema": schema, "card": card}))


def test_the_facts_of_a_model_of_classes(path) -> None:
    facts = model_facts(path)
    assert facts["task"] == "classification"
    (target,) = facts["predicts"]
    assert target["classes"] == ["benign", "\x1b[31mred"]
    assert sum(target["class_counts"].values()) == target["n_rows"] == 300
    assert target["positive"] == "\x1b[31mred"
    scores = class_evidence(("benign", "\x1b[31mred")).scores().set_index(["split", "model"])
    for line in facts["evidence"]:
        assert line["log_loss"] == pytest.approx(scores.loc[(line["split"], "model"), "log_loss"])
        assert line["log_loss_of_shares"] == pytest.approx(scores.loc[(line["split"], "class shares"), "log_loss"])
        assert line["log_loss_low"] < line["log_loss"] < line["log_loss_high"]
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


def test_what_a_person_sees(path, capsys) -> None:
    show(path)
    out = capsys.readouterr().out
    line = next(line for line in out.splitlines() if line.startswith("random rows"))
    facts = model_facts(path)["evidence"][0]
    assert f"{facts['roc_auc']:.3f}" in line
    assert "?[31mred" in out  # escape sequences do not get through to the terminal
    assert "\x1b" not in out
    assert "looked for" in out
    assert "log loss" in out
    assert "MAE" not in out


def test_a_card_that_says_nothing_of_classes(path, tmp_path) -> None:
    schema = {"targets": ["kind"], "task": "classification"}
    facts = model_facts(write_container(tmp_path / "m.mlz", KIND, {}, {"schema": schema, "card": {"scores": [{}, 3]}}))
    assert facts["predicts"][0]["classes"] == []
    assert facts["evidence"] == []


def test_the_log_loss_of_each_run_is_compared_row_by_row() -> None:
    table = compare({"old": WORSE, "new": BETTER}).set_index("split")
    assert list(table.columns) == [name for name in CLASS_COMPARISON_COLUMNS if name != "split"]
    line = table.loc["random"]
    for name, evidence in (("first", WORSE), ("other", BETTER)):
        rows = ClassFacts(evidence.of("kind")).rows("random")
        assert line[f"log_loss_{name}"] == pytest.approx(log_loss(rows.codes, rows.P, labels=range(4)))
        in_set = rows.level_needed <= 0.9
        assert line[f"set_coverage_{name}"] == pytest.approx(in_set[np.arange(len(rows)), rows.codes].mean())
        assert line[f"set_size_{name}"] == pytest.approx(in_set.sum(axis=1).mean())
        scores = evidence.scores().set_index(["split", "model"]).loc[("random", "model")]
        assert line[f"roc_auc_{name}"] == pytest.approx(scores["roc_auc"])
    assert 0 < line["roc_auc_difference_low"] < line["roc_auc_difference"] < line["roc_auc_difference_high"]
    assert line["difference_low"] < line["difference"] < line["difference_high"] < 0
    assert line["difference"] == pytest.approx(line["log_loss_other"] - line["log_loss_first"])
    assert set(table["verdict"]) == {"better"}
    assert table["resampled"].to_dict() == {"random": "rows", "element": "folds"}
    same = compare({"old": WORSE, "same": WORSE})
    assert same["difference"].tolist() == same["roc_auc_difference"].tolist() == [0.0, 0.0]


def test_folds_that_differ_compare_mean_probabilities_of_rows() -> None:
    old, new = (class_evidence(FOUR, skill=skill, splits=("random",)) for skill in (1.5, 2.5))
    shifted = new.predictions.assign(fold=(new.predictions["fold"] + new.predictions["row_id"]) % 5)
    table = compare({"old": old, "new": replace(new, predictions=shifted)}).set_index("split")
    assert not table["same_folds"].any()
    assert "The folds were not the same" in table["note"].iloc[0]
    rows = ClassFacts(new.of("kind")).rows("random")  # each row is predicted once
    area = roc_auc_score(rows.codes, rows.P, multi_class="ovr")
    assert table.loc["random", "roc_auc_other"] == pytest.approx(area)
    assert (table["roc_auc_difference_low"] > 0).all()


def test_runs_that_cannot_be_compared() -> None:
    with pytest.raises(DataError, match="one run predicts classes, the other numbers"):
        compare({"classes": WORSE, "numbers": planted({"random": {"a": 0.5}}, target="kind")})
    with pytest.raises(DataError, match="measured values"):  # other rows, other classes
        compare({"a": WORSE, "b": class_evidence(FOUR, seed=5)})


def test_a_table_of_the_comparison(tmp_path, capsys) -> None:
    for name, evidence in {"old": WORSE, "new": BETTER}.items():
        (tmp_path / name).mkdir()
        evidence.save(tmp_path / name)
        assert Evidence.load(tmp_path / name).is_class
    compare_command([tmp_path / "old", tmp_path / "new"])
    out = capsys.readouterr().out
    assert "log loss" in out
    assert "in set" in out
    assert "better" in out
    assert "ROC AUC of new on random rows: 0." in out
    assert "MAE" not in out
    compare_command([tmp_path / "old", tmp_path / "new"], as_json=True)
    lines = json.loads(capsys.readouterr().out)
    assert {"log_loss_first", "set_size_other"} <= set(lines[0])
