"""The page of classes: its parts, what they say, and that nothing breaks it."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from class_evidence import FOUR, class_evidence
from test_page import EVIL, Elements, numbers

from matterlearn.data.rejects import rejected_table
from matterlearn.report.class_facts import ClassFacts
from matterlearn.report.class_gallery import class_plates
from matterlearn.report.class_headline import class_headline
from matterlearn.report.class_tables import class_lines, confused_lines, domain_lines, refusal_lines, worst_lines
from matterlearn.report.headline import headline
from matterlearn.report.page import write_report
from matterlearn.validation.evidence import Evidence

PARTS = [
    *("The data", "How good, compared with what", "At every threshold", "Which are taken for which"),
    *("Whether probabilities can be believed", "When it refuses, and what that buys", "How it decides"),
    *("Where in the periodic table", "What more data would bring", "What the model looks at"),
    *("Where the model may be believed", "The worst rows", "The plan", "Provenance"),
]
UNBALANCED = class_evidence(n_rows=300, shares=(0.9, 0.1), costs={"malignant": 5.0})


def report(folder: Path, evidence: Evidence) -> str:
    write_report(evidence, folder, rejected=rejected_table([], pd.RangeIndex(0)))
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("classes")
    report(place, UNBALANCED)
    return place


@pytest.fixture
def page(folder) -> Elements:
    return Elements((folder / "report.html").read_text(encoding="utf-8"))


def whole(page: Elements) -> str:
    return " ".join(page.text).replace("\N{NO-BREAK SPACE}", " ")


def test_parts_stand_in_their_order(page) -> None:
    positions = [len(page.text) - 1 - page.text[::-1].index(part) for part in PARTS]
    assert positions == sorted(positions)
    assert page.open == []
    headings = [int(tag[1]) for tag, _ in page.found if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(headings))
    names = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    links = {attributes["href"].removeprefix("#") for tag, attributes in page.found if tag == "a"}
    assert links <= set(names)


def test_no_number_is_missing(page) -> None:
    assert not {"nan", "NaN", "None", "inf", "unknown"} & set(re.split(r"[\s,;:()]+", whole(page)))
    alts = " ".join(image["alt"] for image in page.pictures())
    assert not {"nan", "None", "inf"} & set(re.split(r"[\s,;:()]+", alts))


def test_every_figure_is_in_the_page_and_beside_it(folder, page) -> None:
    names = sorted(path.stem for path in (folder / "figures").glob("*.png"))
    assert sorted(path.stem for path in (folder / "figures").glob("*.svg")) == names
    assert len(page.pictures()) == len(names)
    assert set(names) == {
        *("scores-by-split", "left-out-elements", "roc", "precision-recall", "confusion"),
        *("reliability-random", "reliability-element", "probabilities-random", "probabilities-element"),
        *("accuracy-coverage", "prediction-sets", "threshold-cost", "class-priors"),
        *("elements-random", "elements-left-out", "learning-curve", "importance-by-property", "importance-by-site"),
        *("domain-random", "domain-element"),
    }


def test_the_page_says_what_the_tables_say(page) -> None:
    facts = ClassFacts(UNBALANCED.of("kind"))
    text = whole(page)
    assert "2; looked for is malignant" in text
    for line in facts.scores.to_dict("records"):
        assert f"{line['log_loss']:.3f}" in text
        assert f"{line['balanced_accuracy']:.3f}" in text
    first = facts.model_scores["random"]
    assert f"model {first['log_loss']:.3f} {first['log_loss_low']:.3f}–{first['log_loss_high']:.3f}" in text
    assert "from a probability of 0.167 on" in text  # a miss costs five false alarms
    assert "costs of a miss benign 1, malignant 5" in text
    assert "temperature on random folds (5 of 5 folds)" in text
    assert "The column sample_id orders the target" in text


def test_imbalance_is_named_only_where_it_matters() -> None:
    unequal, equal = ClassFacts(UNBALANCED.of("kind")), ClassFacts(class_evidence(n_rows=100).of("kind"))
    assert "accuracy misleads" in unequal.imbalance
    assert f"{100 * unequal.shares['benign']:.0f}\N{NO-BREAK SPACE}%" in unequal.imbalance
    assert equal.imbalance == ""
    assert any("accuracy misleads" in sentence for sentence in class_headline(UNBALANCED.of("kind")))
    assert ClassFacts(class_evidence(FOUR, n_rows=200).of("kind")).imbalance == ""  # a quarter each is no imbalance


def test_tables_count_what_the_long_table_holds() -> None:
    facts = ClassFacts(UNBALANCED.of("kind"))
    rows = facts.rows("random")
    wrong = rows.decided != rows.codes
    inside, *outside = (line for line in domain_lines(facts) if line["split"] == "random")
    assert inside["mae"] == pytest.approx(wrong[rows.in_domain].mean())
    assert inside["mae_low"] < inside["mae"] < inside["mae_high"]
    assert outside[0]["mae"] == pytest.approx(wrong[~rows.in_domain].mean())
    line = refusal_lines(facts)[0]
    assert line["answered"] + line["unsure"] + line["outside"] == pytest.approx(1)
    assert line["accuracy_answered"] == pytest.approx((~wrong)[~rows.rejected].mean())
    confused = [entry for entry in confused_lines(facts) if entry["split"] == "random"]
    assert sum(entry["n"] for entry in confused) == wrong.sum()
    assert [entry["class"] for entry in class_lines(facts)[0]] == ["benign", "malignant"]
    worst = [entry for entry in worst_lines(facts) if entry["split"] == "random"]
    sure = np.sort(facts.confidence("random")[wrong])[::-1][:10]
    assert [entry["p_decided"] for entry in worst] == pytest.approx(sure)
    assert all(entry["actual"] != entry["decided"] for entry in worst)
    element = facts.by_element("random").set_index("element").loc["Ti"]
    label = dict(zip(UNBALANCED.rows["row_id"], UNBALANCED.rows["elements"], strict=True))
    holds = np.array(["Ti" in label[row].split() for row in rows.row_id])
    assert element["mae"] == pytest.approx(wrong[holds].mean())


def test_points_are_rows_with_their_classes(page) -> None:
    (target,) = page.points["targets"]
    assert target["classes"] == ["benign", "malignant"]
    judged = UNBALANCED.predictions[UNBALANCED.predictions["model"] == "model"]
    actual = judged[judged["y"] == 1.0]
    assert numbers(target["p"], "<f4") == pytest.approx(actual["prediction"], abs=1e-6)
    has, says = (numbers(target[name], "<u2") for name in ("has", "says"))
    assert [target["classes"][k] for k in has] == actual["class"].tolist()
    assert (has == says).tolist() == actual["decided"].tolist()
    refused = np.unpackbits(numbers(target["refused"], "u1"), bitorder="little", count=len(has))
    assert refused.astype(bool).tolist() == actual["rejected"].tolist()
    domain = [plot for plot in page.points["plots"] if "box" in plot["panels"][0]]
    assert [plot["panels"][0]["y"] for plot in domain] == ["a", "a"]


@pytest.mark.usefixtures("undrawn")
def test_names_of_others_stay_text(tmp_path) -> None:
    names = (EVIL, f"{EVIL} 2", "random")
    evidence = class_evidence(names, n_rows=60, splits=("random",), target=EVIL, diagnostics=False)
    source = report(tmp_path, replace(evidence, rows=evidence.rows.assign(label=EVIL)))
    assert "<img src=x" not in source
    found = Elements(source)
    assert found.open == []
    assert all("onerror" not in attributes for _, attributes in found.found)
    assert list(found.raw) == ["style", "application/json", "script"]
    assert set(found.points["targets"][0]["classes"]) == {name[:90] for name in names}


def test_thirty_classes_do_not_break_the_layout(tmp_path) -> None:
    names = [f"a rather long name of a structure type, {k}" for k in range(30)]
    evidence = class_evidence(names, n_rows=300, splits=("random",), skill=3.0, diagnostics=False)
    evidence = replace(evidence, rows=evidence.rows.assign(elements=""))
    page = Elements(report(tmp_path, evidence))
    assert "and 18 more, the rarest" in whole(page)
    assert all(int(image["width"]) < 2_000 and int(image["height"]) < 2_000 for image in page.pictures())
    assert {"roc-random", "precision-recall-random", "confusion"} <= {p.stem for p in tmp_path.rglob("*.png")}
    assert not {"nan", "None"} & set(whole(page).split())


def test_a_table_without_matter_has_no_elements() -> None:
    evidence = class_evidence(n_rows=100, splits=("random",), matter=False, diagnostics=False)
    facts = ClassFacts(evidence.of("kind"))
    assert facts.by_element("random").empty
    sections = {plate.section for plate in class_plates(facts)}
    assert not {"elements", "learning", "importance"} & sections


def test_both_kinds_have_their_headline() -> None:
    evidence = UNBALANCED.of("kind")
    assert headline(evidence) == class_headline(evidence)
    said = " ".join(headline(evidence)).replace("\N{NO-BREAK SPACE}", " ")
    assert said.startswith("Random rows: ROC AUC 0.9")
    for words in (
        *("unseen elements: ROC AUC", "(guessing 0.", "1 warning about the data", "Of the log loss of guessing"),
        *("With elements left out,", "Probabilities", "The model refuses on random rows", "Wanted were 95 %"),
        "Sets of classes that promise 90 % held",
    ):
        assert words in said, words
    assert "nan" not in re.split(r"[\s,;:()]+", said)


def test_a_useless_model_is_called_so() -> None:
    evidence = class_evidence(n_rows=400, splits=("random",), skill=0.02).of("kind")
    table = evidence.predictions
    judged = table["model"] == "model"
    noise = np.random.default_rng(0).uniform(0.02, 0.98, judged.sum() // 2)
    stated = np.stack([noise, 1 - noise], axis=1).ravel()
    table.loc[judged, "prediction"] = stated
    said = " ".join(class_headline(evidence))
    assert "No better than a trivial baseline on random rows: " in said
    assert "Probabilities do not come true on random rows" in said
    assert "they are too sure" in said


@pytest.mark.usefixtures("undrawn")
def test_rows_of_one_class_break_nothing(tmp_path) -> None:
    """A hold-out may hold one class only: its scores do not exist, and are left blank."""
    evidence = class_evidence(n_rows=80, splits=("random", "holdout:set"), matter=False, diagnostics=False)
    table = evidence.predictions
    benign = set(table.loc[(table["class"] == "benign") & (table["y"] == 1.0), "row_id"])
    kept = (table["split"] != "holdout:set") | table["row_id"].isin(benign)
    page = Elements(report(tmp_path, replace(evidence, predictions=table[kept].reset_index(drop=True))))
    assert "hold-out by set: rows of one class only, which tell nothing apart" in whole(page)
    assert not {"nan", "None", "inf"} & set(re.split(r"[\s,;:()]+", whole(page)))


def test_a_confounder_stands_in_the_headline() -> None:
    evidence = class_evidence()
    target = evidence.data["target"]
    note = {"target": target, "check": "sibling", "severity": "note", "column": "age", "text": "", "value": 0.8}
    told = headline(replace(evidence, diagnostics={**evidence.diagnostics, "leaks": [note]}))
    assert f"age is no input and tells {target} alone: what the inputs tell may be told by it." in told
    both = headline(replace(evidence, diagnostics={"leaks": [note, {**note, "column": "site"}]}))
    assert f"age, site are no inputs and each tell {target} alone: what the inputs tell may be told by them." in both
    warned = headline(replace(evidence, diagnostics={"leaks": [{**note, "severity": "warning"}]}))
    assert not any("is no input" in sentence for sentence in warned)
