from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import sklearn.metrics

from matterlearn.core.errors import ArgumentError
from matterlearn.core.parallel import item_seed
from matterlearn.validation.bootstrap import ResampledScores, bootstrap, percentile_interval
from matterlearn.validation.evidence import TRAINING, prediction_rows
from matterlearn.validation.scores import (
    SCORE_COLUMNS,
    effective_rows,
    interval_scores,
    resampling_units,
    score_table,
)

N = 60
Y = np.random.default_rng(0).normal(size=N)
NOISE = np.random.default_rng(1).normal(size=(3, N))
METRICS = ("mae", "rmse", "r2", "spearman", "relative_mae")


def predictions(
    split: str = "random",
    *,
    n_folds: int = 6,
    repeats: int = 1,
    target: str = "gap_eV",
    weight=1.0,
    mean: bool = True,
) -> pd.DataFrame:
    """Every row once a repeat: a model with an error of 0.5 and intervals of half-width 0.6, and the mean."""
    tables = []
    for repeat in range(repeats):
        for fold in range(n_folds):
            rows = np.flatnonzero((np.arange(N) + repeat) % n_folds == fold)
            common = {
                "row_id": rows + 1,
                "split": split,
                "repeat": repeat,
                "fold": fold,
                "target": target,
                "y": Y[rows],
                "weight": np.broadcast_to(weight, N)[rows],
            }
            predicted = Y[rows] + 0.5 * NOISE[repeat][rows]
            tables.append(
                prediction_rows(
                    **common,
                    model="model",
                    role="model",
                    prediction=predicted,
                    lower=predicted - 0.6,
                    upper=predicted + 0.6,
                )
            )
            if mean:
                tables.append(prediction_rows(**common, model="mean", role="baseline", prediction=0.1))
    return pd.concat(tables, ignore_index=True)


def line(table: pd.DataFrame, model: str = "model", **arguments) -> pd.Series:
    scores = score_table(table, **arguments)
    return scores[scores["model"] == model].iloc[0]


def test_columns_and_types():
    table = score_table(predictions())
    assert {name: str(kind) for name, kind in table.dtypes.items()} == SCORE_COLUMNS
    assert table["model"].tolist() == ["model", "mean"]
    empty = score_table(predictions().iloc[:0])
    assert {name: str(kind) for name, kind in empty.dtypes.items()} == SCORE_COLUMNS
    assert len(empty) == 0


def test_scores_are_those_of_the_libraries():
    weight = np.random.default_rng(2).uniform(0.5, 2.0, N)
    found = line(predictions(weight=weight))
    predicted = Y + 0.5 * NOISE[0]
    weighted = {"sample_weight": weight}
    mae = sklearn.metrics.mean_absolute_error(Y, predicted, **weighted)
    assert found["mae"] == pytest.approx(mae)
    assert found["rmse"] == pytest.approx(sklearn.metrics.root_mean_squared_error(Y, predicted, **weighted))
    assert found["r2"] == pytest.approx(sklearn.metrics.r2_score(Y, predicted, **weighted))
    trivial = sklearn.metrics.mean_absolute_error(Y, np.full(N, 0.1), **weighted)
    assert found["relative_mae"] == pytest.approx(mae / trivial)
    inside = np.abs(predicted - Y) <= 0.6
    assert found["coverage"] == pytest.approx(np.average(inside, weights=weight))
    assert found["width"] == found["width_median"] == pytest.approx(1.2)
    fold = np.arange(N) % 6
    by_fold = [
        sklearn.metrics.mean_absolute_error(Y[fold == k], predicted[fold == k], sample_weight=weight[fold == k])
        for k in range(6)
    ]
    assert found["mae_sd"] == pytest.approx(np.std(by_fold, ddof=1))
    assert (found["n_rows"], found["n_predictions"]) == (N, N)


def test_the_order_correlation_and_the_binomial_interval():
    found = line(predictions())
    predicted = Y + 0.5 * NOISE[0]
    assert found["spearman"] == pytest.approx(scipy.stats.spearmanr(Y, predicted).statistic)
    held = int(np.sum(np.abs(predicted - Y) <= 0.6))
    expected = scipy.stats.binomtest(held, N).proportion_ci(0.95, method="exact")
    assert found["coverage"] == pytest.approx(held / N)
    assert (found["coverage_low"], found["coverage_high"]) == pytest.approx((expected.low, expected.high))


def test_scores_lie_within_their_intervals():
    for split in ("random", "element"):
        for _, found in score_table(predictions(split)).iterrows():
            for name in METRICS:
                if found["model"] == "model":
                    assert found[f"{name}_low"] < found[name] < found[f"{name}_high"], name
    baseline = line(predictions(), "mean")
    assert baseline["relative_mae"] == baseline["relative_mae_low"] == baseline["relative_mae_high"] == 1.0
    assert math.isnan(baseline["spearman"])  # constant
    assert math.isnan(baseline["spearman_high"])
    assert math.isnan(baseline["coverage"])
    assert math.isnan(baseline["width"])


def test_the_interval_is_the_bootstrap_of_the_split():
    found = line(predictions(), n_resamples=200, seed=3)
    order = np.lexsort([np.arange(N), np.arange(N) % 6])  # as the table is ordered: by fold, then by row
    scores = ResampledScores(Y[order], (Y + 0.5 * NOISE[0])[order], unit=order, baseline=np.full(N, 0.1))
    rng = np.random.default_rng(item_seed(3, "bootstrap", "gap_eV", "random"))
    drawn = bootstrap(scores, rng, n_resamples=200)
    for name in METRICS:
        expected = percentile_interval(drawn[name][:, 0], n_units=N)
        assert (found[f"{name}_low"], found[f"{name}_high"]) == pytest.approx(expected)


def test_all_models_of_a_split_meet_the_same_resamples():
    """The model at a tenth of the baseline's error has a tenth of it in every resample."""
    table = predictions()
    model = table["model"] == "model"
    table.loc[model, "prediction"] = table.loc[model, "y"] + 0.1 * (0.1 - table.loc[model, "y"])
    found = line(table)
    assert found["relative_mae_low"] == pytest.approx(0.1)
    assert found["relative_mae_high"] == pytest.approx(0.1)


def test_without_resampling():
    with_, without = (score_table(predictions(), intervals=on) for on in (True, False))
    ends = [f"{name}_{end}" for name in METRICS for end in ("low", "high")]
    assert without[ends].isna().all(axis=None)
    assert without["resampled"].tolist() == ["", ""]
    rest = [name for name in SCORE_COLUMNS if name not in (*ends, "resampled")]
    pd.testing.assert_frame_equal(with_[rest], without[rest])


def test_the_same_whatever_the_order_of_the_table():
    table = predictions(repeats=2)
    shuffled = table.sample(frac=1.0, random_state=0)
    a, b = (score_table(t).sort_values("model", ignore_index=True) for t in (table, shuffled))
    pd.testing.assert_frame_equal(a, b, check_exact=True)


def test_each_target_as_if_alone():
    tables = [predictions(), predictions("element"), predictions(target="modulus_GPa", weight=2.0)]
    together = score_table(pd.concat(tables, ignore_index=True))
    assert together[["target", "split"]].drop_duplicates().values.tolist() == [
        ["gap_eV", "random"],
        ["gap_eV", "element"],
        ["modulus_GPa", "random"],
    ]
    alone = pd.concat([score_table(table) for table in tables], ignore_index=True)
    pd.testing.assert_frame_equal(together, alone, check_exact=True)


@pytest.mark.parametrize(
    ("split", "n_folds", "resampled"),
    [
        ("random", 6, "rows"),
        ("random:2", 6, "rows"),
        ("stratified", 6, "rows"),
        ("extremes", 6, "rows"),
        ("holdout:set", 1, "rows"),
        ("element", 6, "folds"),
        ("element:each", 6, "folds"),
        ("element", 5, "folds"),
        ("element", 4, "rows"),
        ("cluster", 6, "folds"),
        ("group:a:b", 6, "folds"),
        ("system", 6, "folds"),
        ("file:folds.csv", 6, "folds"),
        (TRAINING, 1, "rows"),
    ],
)
def test_what_is_resampled(split, n_folds, resampled):
    assert score_table(predictions(split, n_folds=n_folds))["resampled"].tolist() == [resampled, resampled]


def test_units_of_repeats():
    rows = predictions(repeats=3, mean=False)
    kind, unit, n_drawn = resampling_units(rows, "random")
    assert (kind, n_drawn) == ("rows", N)
    assert (unit == rows["row_id"] - 1).all()  # the three predictions of a row are one unit
    kind, unit, n_drawn = resampling_units(rows, "group:x")
    assert (kind, n_drawn) == ("folds", 6)  # repeats test the same rows again: they make no more folds
    assert (unit == 6 * rows["repeat"] + rows["fold"]).all()


def test_repeats_make_the_interval_no_narrower_than_one_of_them():
    """Three repeats with the same folds and errors tell what one tells."""
    once = predictions("cluster")
    thrice = pd.concat([once.assign(repeat=repeat) for repeat in range(3)], ignore_index=True)
    a, b = line(once), line(thrice)
    assert b["mae"] == pytest.approx(a["mae"])
    assert b["mae_high"] - b["mae_low"] == pytest.approx(a["mae_high"] - a["mae_low"], rel=0.15)


def test_groups_that_differ_widen_the_interval():
    table = predictions("element")
    table["prediction"] = table["y"] + 0.1 * (1 + table["fold"]) ** 2
    rows = line(table.assign(split="random"))
    folds = line(table)
    assert folds["mae"] == rows["mae"]
    assert folds["mae_high"] - folds["mae_low"] > 2 * (rows["mae_high"] - rows["mae_low"])


def test_rows_predicted_twice_do_not_count_twice_in_the_binomial_interval():
    once = line(predictions())
    table = predictions()
    twice = line(pd.concat([table, table.assign(repeat=1)], ignore_index=True))
    assert (twice["n_rows"], twice["n_predictions"]) == (N, 2 * N)
    for name in ("coverage", "coverage_low", "coverage_high"):
        assert twice[name] == pytest.approx(once[name])
    # Two equal predictions of a row tell no more than one.
    assert twice["mae_high"] - twice["mae_low"] == pytest.approx(once["mae_high"] - once["mae_low"], rel=0.15)


def test_without_the_mean_nothing_is_relative():
    found = line(predictions(mean=False))
    assert math.isnan(found["relative_mae"])
    assert math.isnan(found["relative_mae_low"])
    assert found["mae_low"] < found["mae"]


def test_a_candidate_called_mean_is_no_baseline():
    table = predictions()
    table.loc[table["model"] == "mean", "role"] = "model"
    assert score_table(table)["relative_mae"].isna().all()


def test_relative_to_the_mean_where_both_predicted():
    table = predictions()
    dropped = (table["model"] == "mean") & (table["row_id"] > 40)
    found = line(table[~dropped])
    first = np.arange(N) < 40
    expected = np.abs(0.5 * NOISE[0])[first].mean() / np.abs(Y - 0.1)[first].mean()
    assert found["relative_mae"] == pytest.approx(expected)
    assert found["relative_mae_low"] < expected < found["relative_mae_high"]


def test_rows_without_weight_do_not_count():
    weight = np.where(np.arange(N) < 40, 1.0, 0.0)
    whole = predictions(weight=weight)
    part = whole[whole["weight"] > 0]
    a, b = line(whole), line(part)
    scored = [name for name in SCORE_COLUMNS if name not in ("n_rows", "n_predictions")]
    pd.testing.assert_series_equal(a[scored], b[scored], check_names=False)
    assert (a["n_rows"], b["n_rows"]) == (N, 40)


def test_nothing_has_weight():
    found = score_table(predictions(weight=0.0))
    assert found["n_rows"].tolist() == [N, N]
    assert found.loc[:, "mae":"width_median"].isna().all(axis=None)


def test_training_rows_are_a_line():
    training = prediction_rows(
        row_id=np.arange(N) + 1,
        split=TRAINING,
        fold=0,
        model="model",
        role="train",
        target="gap_eV",
        y=Y,
        prediction=Y + 0.01,
    )
    table = score_table(pd.concat([predictions(), training], ignore_index=True)).set_index("split")
    found = table.loc[TRAINING]
    assert found["role"] == "train"
    assert found["mae"] == pytest.approx(0.01)
    assert math.isnan(found["relative_mae"])
    assert math.isnan(found["mae_sd"])


def test_a_single_row():
    found = line(predictions().query("row_id == 1"))
    assert found["n_rows"] == 1
    assert math.isnan(found["mae_low"])
    assert math.isnan(found["r2"])
    assert found["mae"] == pytest.approx(abs(0.5 * NOISE[0][0]))


def test_unbounded_and_missing_intervals():
    rows = predictions(mean=False)
    unbounded = rows.assign(upper=np.where(rows["row_id"] < 4, math.inf, rows["upper"]))
    assert interval_scores(unbounded)["width"] == math.inf
    assert interval_scores(unbounded)["width_median"] == pytest.approx(1.2)
    missing = rows.assign(upper=np.where(rows["row_id"] < 4, math.nan, rows["upper"]))
    assert all(map(math.isnan, interval_scores(missing).values()))


def test_the_effective_number_of_rows():
    rows = pd.DataFrame({"row_id": [1, 2, 3, 3], "weight": [1.0, 1.0, 2.0, 2.0]})
    assert effective_rows(rows) == pytest.approx(16 / 6)
    assert effective_rows(rows.assign(weight=0.1)) == pytest.approx(3.0)
    assert effective_rows(rows.assign(weight=0.0)) == 0.0


def test_predictions_that_are_no_numbers():
    with pytest.raises(ArgumentError, match="not finite"):
        score_table(predictions().assign(prediction=math.nan))
    with pytest.raises(ArgumentError, match="negative"):
        score_table(predictions(weight=np.r_[-1.0, np.ones(N - 1)]))
