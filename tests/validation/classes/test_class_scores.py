from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import sklearn.metrics
from class_tables import class_lines, probabilities, within_folds

from matterlearn.core.errors import ArgumentError
from matterlearn.core.parallel import item_seed
from matterlearn.validation.bootstrap import percentile_interval
from matterlearn.validation.classes.metrics import row_log_loss
from matterlearn.validation.classes.resampled import SCORES, ResampledClassScores, bootstrap_classes
from matterlearn.validation.classes.scores import (
    CLASS_SCORE_COLUMNS,
    CLASS_SHARES,
    answer_scores,
    class_score_table,
    positive_labels,
)
from matterlearn.validation.classes.wide import class_rows

N = 60
CODES = np.random.default_rng(0).integers(0, 3, N)
P3 = [probabilities(np.random.default_rng(seed), CODES, 3) for seed in range(1, 4)]
TWO = (CODES > 0).astype(int)
P2 = [probabilities(np.random.default_rng(seed), TWO, 2) for seed in range(1, 4)]
SHARES2 = np.bincount(TWO) / N


def predictions(k=2, *, split="random", n_folds=6, repeats=1, target="ER", weight=1.0, baseline=True, **columns):
    """Every row once a repeat: a model, and the shares of the classes."""
    codes, models = (TWO, P2) if k == 2 else (CODES, P3)
    classes = ["neg", "pos"] if k == 2 else ["a", "b", "c"]
    shares = np.bincount(codes) / N
    tables = []
    for repeat in range(repeats):
        common = {
            "codes": codes,
            "classes": classes,
            "split": split,
            "repeat": repeat,
            "fold": (np.arange(N) + repeat) % n_folds,
            "target": target,
            "weight": weight,
        }
        tables.append(class_lines(models[repeat], **common, **columns))
        if baseline:
            tables.append(class_lines(np.tile(shares, (N, 1)), **common, model=CLASS_SHARES, role="baseline"))
    return pd.concat(tables, ignore_index=True)


def line(table, model="model", **arguments):
    scores = class_score_table(table, **arguments)
    return scores[scores["model"] == model].iloc[0]


def test_columns_and_types():
    table = class_score_table(predictions(), n_resamples=20)
    assert {name: str(kind) for name, kind in table.dtypes.items()} == CLASS_SCORE_COLUMNS
    assert table["model"].tolist() == ["model", CLASS_SHARES]
    assert table["role"].tolist() == ["model", "baseline"]
    empty = class_score_table(predictions().iloc[:0])
    assert {name: str(kind) for name, kind in empty.dtypes.items()} == CLASS_SCORE_COLUMNS
    assert len(empty) == 0


def test_two_classes_as_scikit_learn():
    weight = np.random.default_rng(2).uniform(0.5, 2.0, N)
    found = line(predictions(weight=weight), intervals=False)
    p, d, options = P2[0][:, 1], P2[0].argmax(axis=1), {"sample_weight": weight}
    loss = sklearn.metrics.log_loss(TWO, p, **options)
    expected = {
        "log_loss": loss,
        "brier": sklearn.metrics.brier_score_loss(TWO, p, **options),
        "roc_auc": within_folds(sklearn.metrics.roc_auc_score, TWO == 1, p, np.arange(N) % 6, weight),
        "average_precision": within_folds(
            sklearn.metrics.average_precision_score, TWO == 1, p, np.arange(N) % 6, weight
        ),
        "accuracy": sklearn.metrics.accuracy_score(TWO, d, **options),
        "balanced_accuracy": sklearn.metrics.balanced_accuracy_score(TWO, d, **options),
        "f1": sklearn.metrics.f1_score(TWO, d, **options),
        "matthews": sklearn.metrics.matthews_corrcoef(TWO, d, **options),
        "relative_log_loss": loss / sklearn.metrics.log_loss(TWO, np.tile(SHARES2, (N, 1)), **options),
    }
    for name, score in expected.items():
        assert found[name] == pytest.approx(score), name
    folds = [np.arange(N) % 6 == number for number in range(6)]
    of_folds = [sklearn.metrics.log_loss(TWO[f], p[f], sample_weight=weight[f], labels=[0, 1]) for f in folds]
    assert found["log_loss_sd"] == pytest.approx(np.std(of_folds, ddof=1))
    areas = [sklearn.metrics.roc_auc_score(TWO[f], p[f], sample_weight=weight[f]) for f in folds]
    assert found["roc_auc_sd"] == pytest.approx(np.std(areas, ddof=1))
    assert (found["n_rows"], found["n_predictions"], found["resampled"]) == (N, N, "")
    assert math.isnan(found["log_loss_low"])


def test_three_classes_as_scikit_learn():
    found = line(predictions(3), intervals=False)
    p, d = P3[0], P3[0].argmax(axis=1)
    for name, score in (("roc_auc", "roc_auc_score"), ("average_precision", "average_precision_score")):
        ranked = getattr(sklearn.metrics, score)
        of_classes = [within_folds(ranked, k == CODES, p[:, k], np.arange(N) % 6) for k in range(3)]
        assert found[name] == pytest.approx(np.mean(of_classes)), name
    assert found["f1"] == pytest.approx(sklearn.metrics.f1_score(CODES, d, average="macro"))
    assert found["brier"] == pytest.approx(sklearn.metrics.brier_score_loss(CODES, p))


def test_the_baseline_beside_itself():
    found = line(predictions(), CLASS_SHARES, n_resamples=50)
    assert found["relative_log_loss"] == pytest.approx(1.0)
    assert (found["relative_log_loss_low"], found["relative_log_loss_high"]) == pytest.approx((1.0, 1.0))
    assert found["roc_auc"] == 0.5
    assert found["matthews"] == 0.0
    assert found["calibration_error"] == pytest.approx(0.0, abs=1e-12)
    assert found["log_loss"] == pytest.approx(scipy.stats.entropy(SHARES2))
    assert math.isnan(line(predictions(baseline=False), intervals=False)["relative_log_loss"])


def test_the_baseline_on_some_rows_only():
    table = predictions()
    table = table[(table["model"] == "model") | (table["row_id"] <= 20)]
    found = line(table, intervals=False)
    own, trivial = row_log_loss(TWO[:20], P2[0][:20]), row_log_loss(TWO[:20], np.tile(SHARES2, (20, 1)))
    assert found["relative_log_loss"] == pytest.approx(own.sum() / trivial.sum())


def test_the_positive_class_is_that_of_the_user():
    table = predictions()
    default = line(table, intervals=False)
    other, both = (line(table, positive={"ER": label}, intervals=False) for label in ("neg", None))
    d = P2[0].argmax(axis=1)
    assert default["f1"] == pytest.approx(sklearn.metrics.f1_score(TWO, d))
    assert other["f1"] == pytest.approx(sklearn.metrics.f1_score(TWO, d, pos_label=0))
    assert both["f1"] == pytest.approx(sklearn.metrics.f1_score(TWO, d, average="macro"))
    expected = within_folds(sklearn.metrics.average_precision_score, TWO == 0, P2[0][:, 0], np.arange(N) % 6)
    assert other["average_precision"] == pytest.approx(expected)
    for name in ("log_loss", "brier", "roc_auc", "accuracy", "matthews", "balanced_accuracy"):
        assert default[name] == pytest.approx(other[name]), name
    with pytest.raises(ArgumentError, match="no class 'poss'; did you mean 'pos'"):
        class_score_table(table, {"ER": "poss"})


def test_the_rarer_class_is_counted_over_all_splits():
    """On one split a is the rarer class, in the whole table b."""
    few = class_lines(P2[0][:4], [0, 1, 1, 1], ["a", "b"], split="file:a")
    many = class_lines(P2[0], np.arange(N) % 3 == 0, ["a", "b"])
    table = pd.concat([few, many])
    assert positive_labels(table) == {"ER": "b"}
    assert positive_labels(few) == {"ER": "a"}
    assert positive_labels(predictions(3)) == {"ER": None}
    assert positive_labels(predictions(3), {"ER": "a"}) == {"ER": None}


def test_intervals_are_those_of_the_bootstrap():
    found = line(predictions(), n_resamples=200, seed=5)
    baseline = row_log_loss(TWO, np.tile(SHARES2, (N, 1)))
    # The order of the rows is that of folds and rows, as the table sorts them.
    order = np.argsort(np.arange(N) % 6, kind="stable")
    scores = ResampledClassScores(
        TWO[order],
        P2[0][order][:, None],
        P2[0][order].argmax(axis=1)[:, None],
        unit=order,
        baseline=baseline[order],
        positive=1,
        fold=order % 6,
    )
    rng = np.random.default_rng(item_seed(5, "bootstrap", "ER", "random"))
    drawn = bootstrap_classes(scores, rng, n_resamples=200)
    for name in (*SCORES, "relative_log_loss"):
        ends = percentile_interval(drawn[name][:, 0], n_units=N)
        assert (found[f"{name}_low"], found[f"{name}_high"]) == pytest.approx(ends), name
        assert ends[0] < found[name] < ends[1], name
    assert found["resampled"] == "rows"


def test_splits_that_leave_groups_out_resample_folds():
    table = class_score_table(predictions(split="group:patient"), n_resamples=50)
    assert table["resampled"].tolist() == ["folds", "folds"]
    few = class_score_table(predictions(split="group:patient", n_folds=3), n_resamples=50)
    assert few["resampled"].tolist() == ["rows", "rows"]


def test_models_share_their_draws():
    table = predictions()
    twin = table[table["model"] == "model"].assign(model="twin", role="baseline")
    scores = class_score_table(pd.concat([table, twin]), n_resamples=50).set_index("model")
    numbers = [name for name, kind in CLASS_SCORE_COLUMNS.items() if kind == "float64"]
    pd.testing.assert_series_equal(scores.loc["model", numbers], scores.loc["twin", numbers], check_names=False)
    other_order = class_score_table(table.sample(frac=1.0, random_state=0), n_resamples=50).set_index("model")
    pd.testing.assert_frame_equal(scores.loc[["model"]], other_order.loc[["model"]])


def test_repeats_are_rows_predicted_again():
    found = line(predictions(repeats=3), n_resamples=50)
    assert (found["n_rows"], found["n_predictions"]) == (N, 3 * N)
    p, fold = np.concatenate([part[:, 1] for part in P2]), np.arange(N) % 6 + 6 * np.arange(3)[:, None]
    expected = within_folds(sklearn.metrics.roc_auc_score, np.tile(TWO, 3) == 1, p, fold.ravel())
    assert found["roc_auc"] == pytest.approx(expected)
    right = np.mean([part.argmax(axis=1) == TWO for part in P2])
    expected = scipy.stats.binomtest(round(right * N * 3), 3 * N).proportion_ci(0.95, method="exact")
    # The interval knows that there are 60 rows, not 180.
    assert found["accuracy_answered"] == pytest.approx(right)
    assert found["accuracy_answered_high"] - found["accuracy_answered_low"] > 1.5 * (expected.high - expected.low)


def test_answers_and_sets():
    rejected = P2[0].max(axis=1) < 0.7
    needed = np.where(np.arange(2) == TWO[:, None], 0.5, 0.95)
    needed[:6, :] = [0.9, 0.91]
    found = line(predictions(rejected=rejected, level_needed=needed), intervals=False)
    right = P2[0].argmax(axis=1) == TWO
    assert found["answered"] == pytest.approx(1 - rejected.mean())
    assert found["accuracy_answered"] == pytest.approx(right[~rejected].mean())
    expected = scipy.stats.binomtest(int(right[~rejected].sum()), int((~rejected).sum())).proportion_ci(
        0.95, method="exact"
    )
    ends = (found["accuracy_answered_low"], found["accuracy_answered_high"])
    assert ends == pytest.approx((expected.low, expected.high))
    assert found["set_coverage"] == pytest.approx((N - TWO[:6].sum()) / N)
    assert found["set_size"] == 1.0
    wide = line(predictions(rejected=rejected, level_needed=needed), level=0.95, intervals=False)
    assert (wide["set_coverage"], wide["set_size"]) == (1.0, 2.0)
    narrow = line(predictions(level_needed=needed), level=0.4, intervals=False)
    assert (narrow["set_coverage"], narrow["set_size"]) == (0.0, 0.0)
    # Weights count.
    weight = np.where(rejected, 3.0, 1.0)
    weighted = line(predictions(rejected=rejected, weight=weight), intervals=False)
    assert weighted["answered"] == pytest.approx(np.average(~rejected, weights=weight))


def test_no_answers_and_no_sets():
    found = line(predictions(rejected=True), intervals=False)
    assert found["answered"] == 0.0
    assert math.isnan(found["accuracy_answered"])
    assert math.isnan(found["accuracy_answered_low"])
    assert math.isnan(found["set_coverage"])
    assert math.isnan(found["set_size"])
    for level in (0.0, 1.0, 90):
        with pytest.raises(ArgumentError, match="strictly between"):
            class_score_table(predictions(), level=level)


def test_one_class_only_has_no_scores_that_compare_classes():
    table = class_lines(P2[0], np.ones(N, dtype=int), ["neg", "pos"], level_needed=0.5)
    found = line(table)
    for name in ("roc_auc", "average_precision", "balanced_accuracy", "matthews", "roc_auc_sd"):
        assert math.isnan(found[name]), name
    for name in ("roc_auc", "balanced_accuracy"):
        assert math.isnan(found[f"{name}_low"]), name
    assert found["log_loss"] == pytest.approx(sklearn.metrics.log_loss(np.ones(N), P2[0], labels=[0, 1]))
    assert found["log_loss_low"] < found["log_loss"] < found["log_loss_high"]
    assert found["accuracy"] == pytest.approx((P2[0].argmax(axis=1) == 1).mean())
    assert (found["n_rows"], found["answered"], found["set_coverage"]) == (N, 1.0, 1.0)


def test_folds_of_one_class_have_no_area_but_a_loss():
    order = np.argsort(TWO, kind="stable")
    table = class_lines(P2[0][order], TWO[order], ["neg", "pos"], fold=np.arange(N) // 10)
    found = line(table, intervals=False)
    assert found["log_loss_sd"] > 0
    assert math.isnan(found["roc_auc_sd"])  # one fold at most holds both


def test_rows_without_weight_are_not_there():
    weight = np.where(np.arange(N) < 30, 1.0, 0.0)
    table = predictions(weight=weight)
    whole, part = line(table, n_resamples=30), line(table[table["weight"] > 0], n_resamples=30)
    assert (whole["n_rows"], part["n_rows"]) == (N, 30)
    numbers = [name for name, kind in CLASS_SCORE_COLUMNS.items() if kind == "float64"]
    pd.testing.assert_series_equal(whole[numbers], part[numbers], check_names=False)
    nothing = line(predictions(weight=0.0))
    assert nothing[numbers].isna().all()


def test_weights_are_copies():
    weight = 1.0 + np.arange(N) % 3
    rows = np.repeat(np.arange(N), weight.astype(int))
    found = line(class_lines(P2[0], TWO, ["neg", "pos"], weight=weight), intervals=False)
    copied = line(class_lines(P2[0][rows], TWO[rows], ["neg", "pos"]), intervals=False)
    for name in (*SCORES, "calibration_error", "answered", "accuracy_answered"):
        assert found[name] == pytest.approx(copied[name]), name


def test_targets_and_splits_in_the_order_of_the_table():
    table = pd.concat([predictions(3, target="grade"), predictions(split="group:x"), predictions()])
    scores = class_score_table(table, intervals=False)
    assert scores[["target", "split"]].drop_duplicates().values.tolist() == [
        ["grade", "random"],
        ["ER", "group:x"],
        ["ER", "random"],
    ]


def test_a_single_row():
    found = line(class_lines([[0.3, 0.7]], [1], ["neg", "pos"]))
    assert found["log_loss"] == pytest.approx(-math.log(0.7))
    assert math.isnan(found["log_loss_low"])
    assert found["accuracy_answered"] == 1.0


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        ({"weight": -1.0}, "negative"),
        ({"prediction": math.nan}, "not finite"),
        ({"prediction": 0.7}, "do not sum to 1"),
    ],
)
def test_what_has_no_score(broken, what):
    with pytest.raises(ArgumentError, match=what):
        class_score_table(predictions(baseline=False).assign(**broken))
    one_class = class_lines(P2[0], np.ones(N, dtype=int), ["neg", "pos"])
    with pytest.raises(ArgumentError, match=what):
        class_score_table(one_class.assign(**broken))


def test_a_model_without_a_class_of_the_others():
    table = pd.concat([predictions(), class_lines(np.ones((N, 1)), np.zeros(N), ["neg"], model="other")])
    with pytest.raises(ArgumentError, match="model 'other' has the classes neg, others neg, pos"):
        class_score_table(table)


def test_answers_of_some_rows():
    rows = class_rows(predictions(baseline=False))
    assert answer_scores(rows)["answered"] == 1.0
    assert all(math.isnan(value) for value in answer_scores(rows.where(np.zeros(N, dtype=bool))).values())
