from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.breakdown import (
    LEVELS,
    by_domain,
    by_element,
    by_size,
    calibration_curve,
    score_folds,
)
from matterlearn.validation.evidence import TRAINING, prediction_rows

SHARED = ["n_rows", "n_predictions", "mae", "bias", "coverage", "coverage_low", "coverage_high", "width"]


def table(error, *, split="random", fold=0, row_id=None, weight=1.0, half_width=1.0, role="model", **columns):
    """Predictions of one fold with the given errors, prediction - y, on y = 0."""
    error = np.asarray(error, dtype=float)
    return prediction_rows(
        row_id=np.arange(1, len(error) + 1) if row_id is None else row_id,
        split=split,
        fold=fold,
        model="model",
        role=role,
        target="gap_eV",
        y=0.0,
        prediction=error,
        lower=error - half_width,
        upper=error + half_width,
        weight=weight,
        **columns,
    )


def fold(split, number, elements=(), repeat=0, target="gap_eV"):
    return {
        "target": target,
        "split": split,
        "repeat": repeat,
        "fold": number,
        "label": ", ".join(elements) or f"fold {number}",
        "elements": list(elements),
    }


def rows(elements):
    return pd.DataFrame({"row_id": range(1, len(elements) + 1), "label": elements, "elements": elements})


# By element


def test_errors_over_rows_that_hold_an_element():
    found = by_element(table([1.0, -2.0, 3.0]), rows(["Na O", "Cl Na", "O"]), [fold("random", 0)], "random")
    assert found.columns.tolist() == ["element", *SHARED, "width_median"]
    found = found.set_index("element")
    assert found.index.tolist() == ["Cl", "O", "Na"]
    assert found["n_rows"].to_dict() == {"Na": 2, "O": 2, "Cl": 1}
    assert found["mae"].to_dict() == {"Na": 1.5, "O": 2.0, "Cl": 2.0}
    assert found["bias"].to_dict() == {"Na": -0.5, "O": 2.0, "Cl": -2.0}
    assert found["coverage"].to_dict() == {"Na": 0.5, "O": 0.5, "Cl": 0.0}
    assert found["width"].tolist() == [2.0, 2.0, 2.0]
    assert found["mae"].is_monotonic_decreasing


@pytest.mark.parametrize("split", ["element", "element:Na,O"])
def test_on_the_element_split_only_where_it_was_left_out(split):
    predictions = pd.concat(
        [
            table([1.0, 1.0], split=split, fold=0, row_id=[1, 2]),  # Na left out
            table([5.0, 5.0], split=split, fold=1, row_id=[1, 3]),  # O left out
        ]
    )
    folds = [fold(split, 0, ["Na"]), fold(split, 1, ["O", "Xe"]), fold("element:other", 0, ["Cl"])]
    found = by_element(predictions, rows(["Na O", "Cl Na", "O"]), folds, split).set_index("element")
    assert found["mae"].to_dict() == {"O": 5.0, "Na": 1.0}  # Cl was never left out here
    assert found["n_predictions"].to_dict() == {"O": 2, "Na": 2}


def test_elements_of_each_repeat():
    predictions = pd.concat(
        [
            table([1.0], split="element", fold=0, row_id=[1]),
            table([5.0], split="element", fold=0, row_id=[1]).assign(repeat=1),
        ]
    )
    folds = [fold("element", 0, ["Na"]), fold("element", 0, ["O"], repeat=1)]
    found = by_element(predictions, rows(["Na O"]), folds, "element").set_index("element")
    assert found["mae"].to_dict() == {"O": 5.0, "Na": 1.0}


def test_no_element_was_left_out():
    found = by_element(table([1.0], split="element"), rows(["Na O"]), [fold("element", 0)], "element")
    assert len(found) == 0
    assert found.columns.tolist() == ["element", *SHARED, "width_median"]
    assert len(by_element(table([1.0]), rows([""]), [fold("random", 0)], "random")) == 0


def test_elements_by_weight():
    predictions = table([1.0, -4.0], weight=[3.0, 1.0])
    found = by_element(predictions, rows(["Na", "Na"]), [fold("random", 0)], "random").iloc[0]
    assert found["mae"] == 1.75
    assert found["bias"] == -0.25
    assert found["coverage"] == 0.75


# By size


def test_bins_hold_equally_many():
    error = np.random.default_rng(0).permutation(100) / 10.0
    found = by_size(table(error, half_width=5.0), "random", n_bins=4)
    assert found.columns.tolist() == ["low", "high", *SHARED, "width_median"]
    assert found["n_predictions"].tolist() == [25] * 4
    assert found["low"].tolist() == pytest.approx([0.0, 2.5, 5.0, 7.5])
    assert found["high"].tolist() == pytest.approx([2.4, 4.9, 7.4, 9.9])
    assert found["mae"].tolist() == pytest.approx([1.2, 3.7, 6.2, 8.7])
    assert found["coverage"].tolist() == pytest.approx([1.0, 1.0, 1 / 25, 0.0])
    expected = scipy.stats.binomtest(1, 25).proportion_ci(0.95, method="exact")
    assert found["coverage_high"].iloc[2] == pytest.approx(expected.high)


def test_equal_predictions_share_a_bin():
    found = by_size(table([0.0] * 8 + [1.0, 2.0]), "random", n_bins=5)
    assert found["n_predictions"].tolist() == [8, 2]
    assert by_size(table([3.0] * 4), "random")["n_predictions"].tolist() == [4]
    assert by_size(table([3.0, 4.0]), "random", n_bins=10)["n_predictions"].tolist() == [1, 1]


@pytest.mark.parametrize("n_bins", [0, -3])
def test_bins_that_are_none(n_bins):
    with pytest.raises(ArgumentError, match="at least 1"):
        by_size(table([1.0]), "random", n_bins)
    with pytest.raises(ArgumentError, match="at least 1"):
        by_domain(table([1.0], domain=1.0), "random", n_bins)


# By distance


def test_inside_and_outside():
    distance = np.array([0.1, 0.5, 1.5, 3.0])
    predictions = table([0.1, 0.2, 2.0, 4.0], domain=distance, in_domain=distance < 1)
    found = by_domain(predictions, "random", n_bins=2)
    assert found.columns.tolist() == ["part", "low", "high", *SHARED, "width_median"]
    assert found["part"].tolist() == ["distance", "distance", "inside", "outside"]
    assert found["low"].tolist() == [0.1, 1.5, 0.1, 1.5]
    assert found["high"].tolist() == [0.5, 3.0, 0.5, 3.0]
    assert found["mae"].tolist() == pytest.approx([0.15, 3.0, 0.15, 3.0])
    assert found["coverage"].tolist() == [1.0, 0.0, 1.0, 0.0]


def test_all_inside():
    found = by_domain(table([0.1, 0.2], domain=[0.1, 0.2]), "random", n_bins=1)
    assert found["part"].tolist() == ["distance", "inside"]


def test_an_infinite_distance_is_in_the_last_bin_and_none_is_in_no_bin():
    predictions = table(
        [1.0, 2.0, 3.0, 4.0], domain=[0.5, 1.0, math.inf, math.nan], in_domain=[True, True, False, False]
    )
    found = by_domain(predictions, "random", n_bins=3)
    assert found["part"].tolist() == ["distance"] * 3 + ["inside", "outside"]
    assert found["n_predictions"].tolist() == [1, 1, 1, 2, 2]
    assert found["high"].iloc[2] == math.inf
    none = by_domain(table([1.0, 2.0]), "random")
    assert none["part"].tolist() == ["inside"]


# By level


def test_the_share_that_needs_at_most_a_level():
    needed = np.array([0.05, 0.31, 0.5, 0.95, math.inf])
    found = calibration_curve(table([1.0] * 5, level_needed=needed), "random")
    assert tuple(found["level"]) == LEVELS == tuple(k / 20 for k in range(1, 20))
    assert found["coverage"].tolist() == [np.mean(needed <= level) for level in LEVELS]
    expected = scipy.stats.binomtest(3, 5).proportion_ci(0.95, method="exact")
    at_half = found.set_index("level").loc[0.5]
    assert (at_half["coverage_low"], at_half["coverage_high"]) == pytest.approx((expected.low, expected.high))


def test_a_calibrated_model_follows_the_diagonal():
    needed = (np.arange(2000) + 0.5) / 2000
    found = calibration_curve(table(np.zeros(2000), level_needed=needed), "random")
    np.testing.assert_allclose(found["coverage"], found["level"])
    assert (found["coverage_low"] < found["level"]).all()
    assert (found["coverage_high"] > found["level"]).all()


def test_levels_by_weight():
    found = calibration_curve(table([1.0, 1.0, 1.0], level_needed=[0.2, 0.6, 0.1], weight=[3.0, 1.0, 0.0]), "random")
    assert found.set_index("level").loc[[0.15, 0.2, 0.6], "coverage"].tolist() == [0.0, 0.75, 1.0]


def test_no_intervals_no_curve():
    found = calibration_curve(table([1.0, 2.0]), "random")
    assert found["coverage"].isna().all()
    assert found["coverage_low"].isna().all()
    assert found["level"].notna().all()


# Which predictions


def test_only_the_judged_model_counts():
    baseline = table([100.0] * 3).assign(model="mean", role="baseline", lower=math.nan, upper=math.nan)
    predictions = pd.concat([table([1.0] * 3, level_needed=0.5, domain=0.5), baseline])
    assert by_size(predictions, "random")["mae"].tolist() == [1.0]
    assert by_domain(predictions, "random")["mae"].tolist() == [1.0, 1.0]
    assert by_element(predictions, rows(["Na"] * 3), [], "random")["mae"].tolist() == [1.0]
    assert calibration_curve(predictions, "random")["coverage"].iloc[-1] == 1.0


def test_the_final_model_on_its_training_rows():
    assert by_size(table([1.0], split=TRAINING, role="train"), TRAINING)["mae"].tolist() == [1.0]


FUNCTIONS = {
    "by_element": lambda predictions, split: by_element(predictions, rows(["Na"]), [], split),
    "by_size": by_size,
    "by_domain": by_domain,
    "calibration_curve": calibration_curve,
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_what_cannot_be_broken_down(function):
    with pytest.raises(ArgumentError, match="no split 'randm'") as error:
        function(table([1.0]), "randm")
    assert "did you mean 'random'?" in str(error.value)
    with pytest.raises(ArgumentError, match="several targets: gap_eV, modulus"):
        function(pd.concat([table([1.0]), table([1.0]).assign(target="modulus")]), "random")
    with pytest.raises(ArgumentError, match="no model was judged on the split 'random'"):
        function(table([1.0], role="baseline"), "random")


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_rows_without_weight_are_not_there(function):
    predictions = table([1.0, 50.0], level_needed=[0.5, 0.99], domain=[0.5, 9.0], weight=[1.0, 0.0])
    pd.testing.assert_frame_equal(function(predictions, "random"), function(predictions.iloc[:1], "random"))
    nothing = function(predictions.iloc[1:], "random")
    assert nothing["coverage"].isna().all()


# By fold


def test_labels_belong_to_target_repeat_and_fold():
    predictions = pd.concat(
        [
            table([1.0, 1.0], fold=0),
            table([2.0, 2.0], fold=1),
            table([3.0, 3.0], fold=0).assign(repeat=1),
            table([4.0, 4.0], fold=0).assign(target="modulus"),
        ]
    )
    folds = [
        {**fold("random", 0), "label": "a"},
        {**fold("random", 1), "label": "b"},
        {**fold("random", 0, repeat=1), "label": "c"},
        {**fold("random", 0, target="modulus"), "label": "d"},
        {**fold("element", 0), "label": "wrong"},
    ]
    found = score_folds(predictions, folds, "random", "model")
    assert found["held_out"].tolist() == ["d", "c", "b", "a"]
    assert found["mae"].tolist() == [4.0, 3.0, 2.0, 1.0]
    assert found[["target", "repeat", "fold"]].values.tolist()[:2] == [["modulus", 0, 0], ["gap_eV", 1, 0]]
    assert found["n_rows"].tolist() == [2, 2, 2, 2]
    assert found["coverage"].tolist() == [0.0, 0.0, 0.0, 1.0]


def test_folds_by_weight():
    found = score_folds(table([1.0, 5.0], weight=[3.0, 1.0]), [fold("random", 0)], "random", "model")
    assert found["mae"].tolist() == [2.0]
    nothing = score_folds(table([1.0, 5.0], weight=0.0), [fold("random", 0)], "random", "model")
    assert math.isnan(nothing["mae"].iloc[0])


def test_folds_of_what_was_not_judged():
    with pytest.raises(ArgumentError, match="no split 'element'"):
        score_folds(table([1.0]), [], "element", "model")
    with pytest.raises(ArgumentError, match="no model 'mean' was judged on the split 'random'"):
        score_folds(table([1.0]), [], "random", "mean")
