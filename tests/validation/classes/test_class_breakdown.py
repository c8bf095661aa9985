from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics
from class_tables import class_lines, probabilities, within_folds

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.classes.breakdown import score_by_class, score_class_folds
from matterlearn.validation.classes.resampled import SCORES

N = 40
CODES = np.random.default_rng(0).integers(0, 3, N)
P = probabilities(np.random.default_rng(1), CODES, 3)
CLASSES = ["a", "b", "c"]
FOLD = np.arange(N) % 4


def fold(number, *, split="random", repeat=0, target="ER", label=None):
    return {"target": target, "split": split, "repeat": repeat, "fold": number, "label": label or f"part {number}"}


FOLDS = [fold(number) for number in range(4)] + [fold(0, split="group:x", label="wrong")]


def test_folds_worst_first_with_their_labels():
    table = class_lines(P, CODES, CLASSES, fold=FOLD)
    found = score_class_folds(table, FOLDS, "random", "model")
    assert found.columns.tolist()[:5] == ["target", "repeat", "fold", "held_out", "n_rows"]
    assert found["log_loss"].is_monotonic_decreasing
    assert found["n_rows"].tolist() == [10] * 4
    for _, line in found.iterrows():
        rows = line["fold"] == FOLD
        assert line["held_out"] == f"part {line['fold']}"
        assert line["log_loss"] == pytest.approx(sklearn.metrics.log_loss(CODES[rows], P[rows], labels=[0, 1, 2]))
        accuracy = sklearn.metrics.accuracy_score(CODES[rows], P[rows].argmax(axis=1))
        assert line["accuracy"] == line["accuracy_answered"] == pytest.approx(accuracy)
        assert line["answered"] == 1.0


def test_labels_belong_to_target_and_repeat():
    table = pd.concat(
        [
            class_lines(P, CODES, CLASSES),
            class_lines(P, CODES, CLASSES, repeat=1),
            class_lines(P, CODES, CLASSES, target="grade"),
        ]
    )
    folds = [fold(0, label="x"), fold(0, repeat=1, label="y"), fold(0, target="grade", label="z")]
    found = score_class_folds(table, folds, "random", "model")
    assert found[["target", "repeat", "held_out"]].values.tolist() == [
        ["ER", 0, "x"],
        ["ER", 1, "y"],
        ["grade", 0, "z"],
    ]


def test_a_fold_of_one_class_has_a_loss_and_no_area():
    table = class_lines(P[:, :2] / P[:, :2].sum(axis=1, keepdims=True), FOLD == 1, ["no", "yes"], fold=FOLD)
    found = score_class_folds(table, FOLDS, "random", "model")
    assert found["log_loss"].notna().all()
    assert found["roc_auc"].isna().all()
    assert found["balanced_accuracy"].isna().all()


def test_folds_by_weight_and_without():
    weight = np.where(FOLD == 3, 0.0, 1.0 + np.arange(N) % 2)
    found = score_class_folds(class_lines(P, CODES, CLASSES, fold=FOLD, weight=weight), FOLDS, "random", "model")
    assert found["fold"].iloc[-1] == 3
    assert found[list(SCORES)].iloc[-1].isna().all()
    rows = found["fold"].iloc[0] == FOLD
    expected = sklearn.metrics.log_loss(CODES[rows], P[rows], labels=[0, 1, 2], sample_weight=weight[rows])
    assert found["log_loss"].iloc[0] == pytest.approx(expected)


def test_the_positive_class_of_folds():
    two = (CODES > 0).astype(int)
    p = np.stack([P[:, 0], 1 - P[:, 0]], axis=1)
    table = class_lines(p, two, ["neg", "pos"])
    decided = p.argmax(axis=1)
    found = score_class_folds(table, [], "random", "model").iloc[0]
    assert found["f1"] == pytest.approx(sklearn.metrics.f1_score(two, decided))
    assert found["held_out"] == ""
    other = score_class_folds(table, [], "random", "model", positive={"ER": "neg"}).iloc[0]
    assert other["f1"] == pytest.approx(sklearn.metrics.f1_score(two, decided, pos_label=0))


def test_each_class_against_the_others():
    weight = 1.0 + np.arange(N) % 3
    table = class_lines(P, CODES, CLASSES, fold=FOLD, weight=weight, level_needed=1 - P)
    found = score_by_class(table, "random", "model", level=0.6)
    assert found["class"].tolist() == CLASSES
    assert found["n_rows"].tolist() == np.bincount(CODES).tolist() == found["n_predictions"].tolist()
    np.testing.assert_allclose(found["share"], np.bincount(CODES, weight) / weight.sum())
    precision, recall, f1, _ = sklearn.metrics.precision_recall_fscore_support(
        CODES, P.argmax(axis=1), sample_weight=weight
    )
    np.testing.assert_allclose(found["precision"], precision)
    np.testing.assert_allclose(found["recall"], recall)
    np.testing.assert_allclose(found["f1"], f1)
    for number, line in found.iterrows():
        is_class = number == CODES
        area = within_folds(sklearn.metrics.roc_auc_score, is_class, P[:, number], FOLD, weight)
        assert line["roc_auc"] == pytest.approx(area)
        precision = within_folds(sklearn.metrics.average_precision_score, is_class, P[:, number], FOLD, weight)
        assert line["average_precision"] == pytest.approx(precision)
        held = 1 - P[is_class, number] <= 0.6
        assert line["set_coverage"] == pytest.approx(np.average(held, weights=weight[is_class]))


def test_a_class_without_rows_or_decisions():
    found = score_by_class(class_lines([[0.6, 0.4, 0.0]] * 2, [0, 1], CLASSES), "random", "model")
    found = found.set_index("class")
    assert found.loc["a", ["precision", "recall"]].tolist() == [0.5, 1.0]
    assert math.isnan(found.loc["b", "precision"])
    assert found.loc["b", "recall"] == 0.0
    assert found.loc["c", "n_rows"] == 0
    assert found.loc["c", "share"] == 0.0
    for name in ("precision", "recall", "f1", "roc_auc", "average_precision", "set_coverage"):
        assert math.isnan(found.loc["c", name]), name
    nothing = score_by_class(class_lines(P, CODES, CLASSES, weight=0.0), "random", "model")
    assert nothing["share"].isna().all()
    assert nothing["n_rows"].sum() == N


@pytest.mark.parametrize(
    "function",
    [lambda *names: score_class_folds(names[0], [], *names[1:]), score_by_class],
    ids=["score_class_folds", "score_by_class"],
)
def test_what_was_not_judged(function):
    table = class_lines(P, CODES, CLASSES)
    with pytest.raises(ArgumentError, match="no split 'randm'; did you mean 'random'"):
        function(table, "randm", "model")
    with pytest.raises(ArgumentError, match="no model 'majority' was judged on the split 'random'"):
        function(table, "random", "majority")


def test_folds_of_a_model_without_the_positive_class():
    one = class_lines(np.ones((N, 1)), np.zeros(N), ["neg"], model="other")
    table = pd.concat([class_lines(P[:, :2] / P[:, :2].sum(axis=1, keepdims=True), FOLD == 1, ["neg", "pos"]), one])
    with pytest.raises(ArgumentError, match="no probabilities of 'pos'"):
        score_class_folds(table, [], "random", "other")
