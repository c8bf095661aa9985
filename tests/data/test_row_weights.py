"""A column of weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matterlearn.core.errors import DataError
from matterlearn.data.dataset import make_dataset
from matterlearn.data.weights import relative_weights

FORMULAS = ["TiO2", "SiO2", "GeO2", "SnO2", "PbO2", "CaO"]


def test_rows_without_a_usable_weight_are_rejected() -> None:
    weights = ["300", "", "-1", "heavy", "0", "100"]
    frame = pd.DataFrame({"formula": FORMULAS, "n_runs": weights, "y": range(6)})
    dataset = make_dataset(frame, "y", weights="n_runs", kinds={"n_runs": "number"})
    assert dataset.frame.index.tolist() == [1, 5, 6]
    assert dataset.weights is not None
    assert dataset.weights.tolist() == [1.5, 0.0, 0.5]
    assert list(dataset.rejected.itertuples(index=False, name=None)) == [
        (2, "n_runs", "", "the cell is empty"),
        (3, "n_runs", "-1", "the weight is negative"),
        (4, "n_runs", "heavy", "'heavy' is not a number"),
    ]
    assert dataset.inputs == ("formula",)
    assert dataset.schema["weights"] == "n_runs"
    assert "Weight 0, so that they count for nothing, have 1 rows." in dataset.notes
    assert repr(dataset) == "Dataset(unnamed: 3 rows, 3 rejected, regression, formula -> y, weighted by n_runs)"


def test_without_weights() -> None:
    dataset = make_dataset(pd.DataFrame({"formula": FORMULAS, "y": range(6)}), "y")
    assert dataset.weights is None
    assert dataset.schema["weights"] is None


def test_a_row_with_a_bad_weight_is_not_used_for_any_target() -> None:
    frame = pd.DataFrame({"formula": FORMULAS, "w": [1, 1, -1, 1, 1, 1], "a": range(6), "b": [*"12?45", "6"]})
    dataset = make_dataset(frame, ["a", "b"], weights="w")
    assert dataset.rejected["reason"].tolist() == ["the weight is negative", "'?' is not a number"]
    assert dataset.frame.index.tolist() == [1, 2, 4, 5, 6]


def test_each_target_has_its_own_mean_weight() -> None:
    frame = pd.DataFrame({"formula": FORMULAS, "w": [1, 3, 1, 1, 2, 4], "a": range(6), "b": [1, 2, *[None] * 4]})
    dataset = make_dataset(frame, ["a", "b"], weights="w")
    np.testing.assert_allclose(dataset.weights, np.array([1, 3, 1, 1, 2, 4]) / 2)
    assert dataset.of("b").weights.tolist() == [0.5, 1.5]


@pytest.mark.parametrize(
    ("weights", "targets", "message"),
    [
        ([0] * 6, "a", "table, column 'w': all weights are 0; choose other weights, or none"),
        ([0, 0, 0, 0, 5, 0], "a", "only 1 row has a weight above 0; choose"),
        ([0, 0, 0, 0, 5, 5], ["a", "b"], "all weights are 0 where 'b' is known"),
    ],
)
def test_weights_that_leave_nothing(weights: list[int], targets: str | list[str], message: str) -> None:
    frame = pd.DataFrame({"formula": FORMULAS, "w": weights, "a": range(6), "b": [1, 2, *[None] * 4]})
    with pytest.raises(DataError) as caught:
        make_dataset(frame, targets, weights="w")
    assert message in str(caught.value)


@given(
    weights=st.lists(st.just(0.0) | st.floats(1e-3, 1e3), min_size=1, max_size=9).filter(any),
    scale=st.sampled_from([1e-300, 1e-9, 1.0, 1e9, 1e300]),
)
def test_only_ratios_count(weights: list[float], scale: float) -> None:
    raw = np.array(weights)
    relative = relative_weights(raw * scale)
    np.testing.assert_allclose(relative, relative_weights(raw), rtol=1e-12)
    assert relative[raw > 0].mean() == pytest.approx(1.0)
    assert relative[raw == 0].tolist() == [0.0] * int((raw == 0).sum())
    np.testing.assert_allclose(relative * raw.max(), raw * relative.max(), rtol=1e-12)


@given(weight=st.floats(1e-300, 1e300), n_rows=st.integers(1, 50))
def test_equal_weights_are_one(weight: float, n_rows: int) -> None:
    assert relative_weights(np.full(n_rows, weight)).tolist() == [1.0] * n_rows
