from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from matterlearn.core.errors import ArgumentError, DataError
from matterlearn.validation.comparison import COMPARISON_COLUMNS, compare
from matterlearn.validation.evidence import ROW_COLUMNS, Evidence, plain, prediction_rows

N = 120
Y = np.random.default_rng(0).normal(size=N)
DIFFICULTY = np.random.default_rng(1).lognormal(size=N)  # what makes a row hard for any model
SPLITS = ("random", "element")


def run(
    factor=1.0,
    *,
    splits=SPLITS,
    n_folds=6,
    shift=0,
    rows=range(N),
    half_width=1.0,
    sha256="a" * 64,
    targets=("gap_eV",),
    unit="eV",
    log=False,
    level=0.9,
    noise=0.0,
    weight=1.0,
    repeats=1,
) -> Evidence:
    """A run whose error on a row is the row's difficulty times a factor."""
    kept = np.asarray(rows, dtype=int)
    factor = np.broadcast_to(factor, N)
    error = DIFFICULTY * factor * (1 + noise * np.random.default_rng(7).normal(size=N))
    tables, folds = [], []
    for target in targets:
        for split in splits:
            for repeat in range(repeats):
                dealt = (kept + shift + repeat) % n_folds
                for fold in range(n_folds):
                    test = kept[dealt == fold]
                    tables.append(
                        prediction_rows(
                            row_id=test + 1,
                            split=split,
                            repeat=repeat,
                            fold=fold,
                            model="model",
                            role="model",
                            target=target,
                            y=Y[test],
                            prediction=Y[test] + error[test],
                            lower=Y[test] + error[test] - half_width,
                            upper=Y[test] + error[test] + half_width,
                            weight=np.broadcast_to(weight, N)[test],
                        )
                    )
                    folds.append(
                        {
                            "target": target,
                            "split": split,
                            "repeat": repeat,
                            "fold": fold,
                            "n_train": len(kept) - len(test),
                        }
                    )
    labels = pd.DataFrame({"row_id": kept + 1, "label": [f"Na{k}Cl" for k in kept], "elements": "Cl Na"})
    facts = {"unit": unit, "log": log}
    return Evidence(
        predictions=pd.concat(tables, ignore_index=True),
        folds=folds,
        data={"sha256": sha256, "targets": dict.fromkeys(targets, facts), "target": targets[0], **facts},
        plan={"level": level},
        rows=labels.astype(ROW_COLUMNS),
    )


def one(first, other, split="random") -> pd.Series:
    table = compare({"first": first, "other": other})
    return table.set_index("split").loc[split]


def test_columns_and_types():
    table = compare({"a": run(), "b": run(1.1), "c": run(0.9)})
    assert {name: str(kind) for name, kind in table.dtypes.items()} == COMPARISON_COLUMNS
    assert table[["first", "other", "split"]].values.tolist() == [
        ["a", "b", "random"],
        ["a", "b", "element"],
        ["a", "c", "random"],
        ["a", "c", "element"],
    ]
    assert table["verdict"].tolist() == ["worse", "worse", "better", "better"]
    assert json.loads(json.dumps(plain(table.to_dict("records")), allow_nan=False))[0]["same_folds"] is True


def test_the_difference_and_its_sign():
    found = one(run(), run(0.8, half_width=2.0))
    assert found["n_rows"] == N
    assert found["mae_first"] == pytest.approx(DIFFICULTY.mean())
    assert found["mae_other"] == pytest.approx(0.8 * DIFFICULTY.mean())
    assert found["difference"] == pytest.approx(-0.2 * DIFFICULTY.mean())
    assert found["relative"] == pytest.approx(-20.0)
    assert found["difference_low"] < found["difference"] < found["difference_high"] < 0
    assert found["verdict"] == "better"
    assert (found["coverage_first"], found["coverage_other"]) == pytest.approx(
        (np.mean(DIFFICULTY <= 1), np.mean(0.8 * DIFFICULTY <= 2))
    )
    assert (found["width_first"], found["width_other"]) == pytest.approx((2.0, 4.0))
    assert found["note"] == ""


def test_a_run_is_like_itself():
    for _, found in compare({"a": run(), "b": run()}).iterrows():
        assert found["difference"] == found["relative"] == found["difference_low"] == found["difference_high"] == 0
        assert found["verdict"] == "not distinguishable"


def test_the_other_way_round():
    there, back = one(run(), run(noise=0.5)), one(run(noise=0.5), run())
    assert there["difference"] == pytest.approx(-back["difference"])
    assert there["difference_low"] == pytest.approx(-back["difference_high"])


def test_the_interval_is_that_of_a_paired_bootstrap():
    found = one(run(), run(noise=0.5))
    change = np.abs(DIFFICULTY * (1 + 0.5 * np.random.default_rng(7).normal(size=N))) - DIFFICULTY
    expected = scipy.stats.bootstrap(
        (change,), np.mean, n_resamples=5000, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    width = expected.high - expected.low
    assert found["difference"] == pytest.approx(change.mean())
    assert found["difference_low"] == pytest.approx(expected.low, abs=0.1 * width)
    assert found["difference_high"] == pytest.approx(expected.high, abs=0.1 * width)


def test_pairing_finds_what_two_intervals_would_hide():
    """Rows differ by far more than the runs; on the same rows the runs are told apart."""
    first, other = run(), run(0.97)
    table = pd.concat([first.scores(), other.scores()])
    random = table[table["split"] == "random"]
    assert random["mae_high"].min() > random["mae_low"].max()  # the intervals of the scores overlap
    assert one(first, other)["verdict"] == "better"


def test_noise_is_not_called_a_difference():
    rng = np.random.default_rng(5)
    called = [
        one(run(1.0, splits=["random"]), run(1 + 0.3 * rng.normal(size=N), splits=["random"]))["verdict"]
        for _ in range(40)
    ]
    assert called.count("not distinguishable") >= 34  # 95 % of 40, less chance


def test_whole_folds_where_groups_are_left_out():
    """One fold is hard for the other run and the rest are easier: over rows that looks better than it is."""
    hard = np.where(np.arange(N) % 6 == 0, 2.5, 0.8)
    first, other = run(), run(hard)
    by_rows, by_folds = one(first, other, "random"), one(first, other, "element")
    assert (by_rows["resampled"], by_folds["resampled"]) == ("rows", "folds")
    assert by_rows["difference"] == pytest.approx(by_folds["difference"])
    width = {f["resampled"]: f["difference_high"] - f["difference_low"] for f in (by_rows, by_folds)}
    assert width["folds"] > 1.3 * width["rows"]
    assert by_folds["verdict"] == "not distinguishable"


def test_few_folds_have_the_tails_of_student():
    fold = np.arange(N) % 6
    factor = 1 + np.array([-0.2, -0.1, 0.0, 0.05, 0.1, 0.2])[fold] / DIFFICULTY
    found = one(run(), run(factor), "element")
    means = [(DIFFICULTY * (factor - 1))[fold == k].mean() for k in range(6)]
    low, high = scipy.stats.t.interval(0.95, 5, loc=np.mean(means), scale=scipy.stats.sem(means))
    # Plain percentiles of six folds would reach 0.7 of it.
    assert found["difference_high"] - found["difference_low"] == pytest.approx(high - low, rel=0.15)


def test_every_row_counts_once_however_often_it_was_predicted():
    """Row 1 is predicted in every repeat and fold of one split, as a row with elements of several groups is."""
    first, other = run(), run(0.5)

    def often(evidence, error):
        extra = prediction_rows(
            row_id=[1, 1],
            split="element",
            fold=[3, 4],
            model="model",
            role="model",
            target="gap_eV",
            y=Y[0],
            prediction=Y[0] + np.array(error),
            lower=0.0,
            upper=0.0,
        )
        return replace(evidence, predictions=pd.concat([evidence.predictions, extra], ignore_index=True))

    found = one(often(first, [3.0, -5.0]), often(other, [1.0, 1.0]), "element")
    errors = DIFFICULTY.copy(), 0.5 * DIFFICULTY
    errors[0][0], errors[1][0] = (errors[0][0] + 8.0) / 3, (errors[1][0] + 2.0) / 3
    assert found["n_rows"] == N
    assert found["same_folds"]
    assert found["mae_first"] == pytest.approx(errors[0].mean())
    assert found["mae_other"] == pytest.approx(errors[1].mean())


def test_other_folds_are_said():
    found = one(run(), run(0.8, shift=1), "element")
    assert not found["same_folds"]
    assert "folds were not the same" in found["note"]
    assert "between protocols" in found["note"]
    assert found["resampled"] == "rows"  # there is no fold that both had
    assert found["difference"] == pytest.approx(-0.2 * DIFFICULTY.mean())


def test_the_same_test_rows_after_other_training_rows_are_not_the_same_folds():
    grown = run(0.8)
    for fold in grown.folds:
        fold["n_train"] += 50
    assert not one(run(), grown)["same_folds"]


def test_the_numbers_of_repeats_may_differ():
    found = one(run(), run(0.8, repeats=3))
    assert not found["same_folds"]
    assert found["n_rows"] == N
    assert found["relative"] == pytest.approx(-20.0)


def test_only_rows_that_both_predicted():
    found = one(run(rows=range(100)), run(0.8, rows=range(40, N)))
    assert found["n_rows"] == 60
    assert found["mae_first"] == pytest.approx(DIFFICULTY[40:100].mean())
    assert found["coverage_first"] == pytest.approx(np.mean(DIFFICULTY[40:100] <= 1))
    assert not found["same_folds"]


def test_weights_of_rows():
    weight = np.random.default_rng(3).uniform(0.5, 3.0, N)
    found = one(run(weight=weight), run(0.8, weight=weight))
    assert found["mae_first"] == pytest.approx(np.average(DIFFICULTY, weights=weight))
    assert found["note"] == ""
    unlike = one(run(weight=weight), run(0.8))
    assert unlike["mae_first"] == found["mae_first"]
    assert "the weights of first are used" in unlike["note"]
    nothing = one(run(weight=0.0), run(0.8, weight=0.0))
    assert math.isnan(nothing["difference"])
    assert nothing["verdict"] == "not distinguishable"


def test_baselines_and_training_rows_are_not_compared():
    other = run(0.8)
    extra = [
        other.predictions.assign(model="mean", role="baseline", prediction=1e6),
        other.predictions.assign(split="training rows", role="train"),
    ]
    other = replace(other, predictions=pd.concat([other.predictions, *extra], ignore_index=True))
    table = compare({"a": other, "b": other})
    assert table["split"].tolist() == list(SPLITS)
    assert table["mae_first"].tolist() == pytest.approx([0.8 * DIFFICULTY.mean()] * 2)


def test_splits_and_targets_that_both_have():
    first = run(splits=["random", "element", "cluster"], targets=("gap_eV", "modulus"))
    other = run(splits=["cluster", "random"], targets=("hardness", "modulus"))
    table = compare({"a": first, "b": other})
    assert table[["target", "split"]].values.tolist() == [["modulus", "random"], ["modulus", "cluster"]]


def test_levels_that_differ_are_said():
    assert "promise 90% and 80%" in one(run(), run(level=0.8))["note"]


def test_it_is_the_same_every_time():
    runs = {"a": run(), "b": run(noise=0.3)}
    pd.testing.assert_frame_equal(compare(runs), compare(runs), check_exact=True)
    alone = compare({"x": runs["a"], "y": runs["b"]}).drop(columns=["first", "other"])
    pd.testing.assert_frame_equal(alone, compare(runs).drop(columns=["first", "other"]), check_exact=True)


# Other data


def test_a_table_that_grew_is_compared_and_said():
    found = one(run(rows=range(100), sha256="a" * 64), run(0.8, sha256="b" * 64))
    assert found["n_rows"] == 100
    assert "tables differ" in found["note"]


@pytest.mark.parametrize("sums", [("a", "b"), (None, None), ("a", None)])
def test_rows_of_another_table_are_refused(sums):
    other = run(sha256=sums[1])
    other = replace(other, rows=other.rows.assign(label=other.rows["label"].iloc[::-1].to_numpy()))
    with pytest.raises(DataError) as error:
        compare({"old": run(sha256=sums[0]), "new": other})
    text = str(error.value)
    assert "old and new: the runs come from different data: row 1 is 'Na0Cl' and 'Na119Cl'" in text
    assert "120 of 120 rows" in text
    assert "\n" not in text


def test_rows_that_no_table_of_rows_names():
    other = run(sha256="b")
    with pytest.raises(DataError, match="row 1 is 'Na0Cl' and 'nan'"):
        compare({"a": run(), "b": replace(other, rows=other.rows.iloc[1:])})


def test_labels_do_not_matter_where_the_table_is_the_same():
    """One run reads the formula column, the other the sites of the same file."""
    other = run()
    other = replace(other, rows=other.rows.assign(label="sites"))
    assert one(run(), other)["n_rows"] == N


def with_values(evidence, values):
    table = evidence.predictions
    return replace(evidence, predictions=table.assign(y=values[table["row_id"] - 1]))


def test_corrected_values_are_left_out_and_said():
    values = Y.copy()
    values[:3] += 1.0
    found = one(run(), with_values(run(0.8, sha256="b"), values))
    assert found["n_rows"] == N - 3
    assert found["relative"] == pytest.approx(-20.0)
    assert "3 rows whose measured values differ" in found["note"]


def test_what_a_text_file_loses_is_no_difference():
    found = one(run(), with_values(run(0.8, sha256="b"), Y * (1 + 1e-12)))
    assert found["n_rows"] == N


def test_other_values_are_refused():
    for sha256 in ("a" * 64, "b" * 64):
        with pytest.raises(DataError, match="measured values of 120 of 120 rows differ"):
            compare({"a": run(), "b": with_values(run(sha256=sha256), Y * 1000)})


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (run(targets=("modulus",)), "a and b: the runs predict different targets: gap_eV and modulus"),
        (run(splits=["cluster"]), "a and b: the runs have no split in common: random, element and cluster"),
        (run(unit="meV"), "different units of 'gap_eV': eV and meV"),
        (run(unit=""), "different units of 'gap_eV': eV and none"),
        (run(log=True), "one run predicts the logarithm of 'gap_eV'"),
        (run(rows=[]), "no split in common: random, element and none"),
    ],
    ids=["targets", "splits", "unit", "no unit", "logarithm", "nothing"],
)
def test_runs_that_cannot_be_compared(other, what):
    with pytest.raises(DataError) as error:
        compare({"a": run(), "b": other})
    assert what in str(error.value)
    assert "\n" not in str(error.value)


def test_no_row_in_common():
    with pytest.raises(DataError, match="no row was predicted in both runs"):
        compare({"a": run(rows=range(60)), "b": run(rows=range(60, N))})


@pytest.mark.parametrize("runs", [{}, {"a": run()}])
def test_too_few_runs(runs):
    with pytest.raises(ArgumentError, match=f"at least two runs, got {len(runs)}"):
        compare(runs)
