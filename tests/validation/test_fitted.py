from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from matter_tables import binaries
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from matterlearn.core.container import arrays_to_bytes, bytes_to_arrays
from matterlearn.core.errors import ModelFileError
from matterlearn.data.elements_of import element_sets
from matterlearn.features.table_features import table_features
from matterlearn.models.blend import Blend
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes
from matterlearn.validation.conformal import ELEMENTS
from matterlearn.validation.difficulty import SIGNS
from matterlearn.validation.fitted import FittedTarget
from matterlearn.validation.reliability import Reliability, learn_reliability, predict_with_spread

KINDS = {"formula": "formula", "family": "category", "T_K": "number"}


def table(n_rows: int, seed: int = 0) -> pd.DataFrame:
    frame = binaries(n_rows, seed=seed)
    frame["T_K"] = 300.0 + 7.1 * np.arange(n_rows)
    return frame


def features():
    return table_features(list(KINDS), KINDS, representation="descriptors")


@cache
def fitted(n_rows: int = 70) -> FittedTarget:
    frame = table(n_rows)
    X, y = frame[list(KINDS)], frame["gap_eV"].to_numpy()
    blend = Blend(
        [
            ("trees", make_pipeline(features(), ExtraTreesRegressor(5, random_state=0))),
            ("line", make_pipeline(features(), Ridge())),
        ],
        [0.6, 0.4],
        0.0,
    )
    reliability = learn_reliability(
        blend,
        X,
        y,
        elements=element_sets(X, KINDS),
        duplicates=np.arange(n_rows),
        features=features(),
        kinds=KINDS,
        n_random=3,
        n_groups=3,
    )
    return FittedTarget("gap_eV", blend.fit(X, y), reliability)


@cache
def cached_parts():
    return fitted().to_parts()


def parts_and_content():
    """Return copies, to be changed."""
    parts, content = cached_parts()
    return dict(parts), dict(content)


def through_bytes(one: FittedTarget) -> FittedTarget:
    parts, content = one.to_parts()
    return FittedTarget.from_parts(parts, json.loads(json.dumps(content, allow_nan=False)))


def assert_says_the_same(one: FittedTarget, two: FittedTarget) -> None:
    new = pd.concat([table(91, seed=1), table(91, seed=1).assign(formula="AuTe", T_K=1e5)], ignore_index=True)
    new = new.astype({"family": object})
    new.loc[0, "family"] = "no family"
    X, elements = new[list(KINDS)], element_sets(new[list(KINDS)], KINDS)
    results = []
    for each in (one, two):
        prediction, spread = predict_with_spread(each.estimator, X)
        results.append((prediction, each.reliability.judge(X, elements, prediction, spread)))
    (prediction, verdict), (again, verdict_again) = results
    assert prediction.tobytes() == again.tobytes()
    for name in ("lower", "upper", "expected", "novel", "distance", "inside"):
        assert getattr(verdict, name).tobytes() == getattr(verdict_again, name).tobytes(), name
    assert verdict.reasons == verdict_again.reasons
    assert {reason.split()[0] for reason in verdict.reasons if reason} >= {"family", "Au,"}
    assert verdict.calibrated_on.tolist() == verdict_again.calibrated_on.tolist()
    assert one.reliability.facts() == two.reliability.facts()


@pytest.mark.parametrize("n_rows", [70, 25])
def test_parts_say_the_same(n_rows):
    one = fitted(n_rows)
    assert (one.reliability.difficulty.forest_ is None) == (n_rows == 25)
    two = through_bytes(one)
    assert two.target == "gap_eV"
    assert_says_the_same(one, two)


def test_parts_of_parts_are_the_same():
    parts, content = fitted().to_parts()
    again, same = through_bytes(fitted()).to_parts()
    assert same == content
    assert again == parts


def with_limits(one: FittedTarget, **limits: float) -> FittedTarget:
    return replace(one, reliability=replace(one.reliability, **limits))


@pytest.mark.parametrize("limits", [{"most_expected": 0.25, "most_distant": math.inf}, {"most_distant": 0.0}])
def test_every_limit_that_calibration_finds_comes_back(limits):
    """Where nearly all rows have copies, the distance that ends the domain is 0."""
    one = with_limits(fitted(), **limits)
    assert_says_the_same(one, through_bytes(one))


def test_a_perfect_model_comes_back():
    frame = table(40)
    y = np.full(40, 1.5)
    reliability = learn_reliability(
        DummyRegressor(),
        frame[["T_K"]],
        y,
        elements=[frozenset({"Na"})] * 40,
        duplicates=np.arange(40),
        features=table_features(["T_K"], {"T_K": "number"}),
        kinds={"T_K": "number"},
    )
    two = through_bytes(FittedTarget("y", DummyRegressor().fit(frame[["T_K"]], y), reliability))
    verdict = two.reliability.judge(frame[["T_K"]], [frozenset({"Na"})] * 40, y, y)
    assert verdict.upper.tolist() == y.tolist()
    assert two.reliability.facts() == reliability.facts()


# The forest of expected errors


def test_the_forest_passes_the_checks_of_a_file():
    forest = fitted().reliability.difficulty.forest_
    assert not hasattr(forest, "oob_prediction_")
    again = estimator_from_bytes(estimator_to_bytes(forest))
    signs = np.random.default_rng(0).normal(size=(50, len(SIGNS)))
    assert again.predict(signs).tobytes() == forest.predict(signs).tobytes()


def test_a_crafted_tree_of_expected_errors_is_refused():
    """An index out of range, which compiled code would follow out of its arrays."""
    one = fitted()
    broken = estimator_from_bytes(estimator_to_bytes(one.reliability.difficulty.forest_))
    state = broken.estimators_[0].tree_.__getstate__()
    nodes = state["nodes"].copy()
    nodes["feature"][0] = 10**6
    broken.estimators_[0].tree_.__setstate__({**state, "nodes": nodes})
    parts, content = parts_and_content()
    with pytest.raises(ModelFileError, match="points outside itself"):
        FittedTarget.from_parts({**parts, "difficulty.skops": estimator_to_bytes(broken)}, content)


RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "forest",
    [
        RandomForestRegressor(2).fit(RNG.normal(size=(20, 4)), RNG.normal(size=20)),
        RandomForestRegressor(2).fit(RNG.normal(size=(20, 5)), RNG.normal(size=(20, 2))),
        RandomForestRegressor(2),
        Ridge().fit(RNG.normal(size=(20, 5)), RNG.normal(size=20)),
    ],
    ids=["four signs", "two outputs", "not fitted", "no forest"],
)
def test_another_model_in_its_place_is_refused(forest):
    parts, content = parts_and_content()
    with pytest.raises(ModelFileError, match="expects of errors"):
        FittedTarget.from_parts({**parts, "difficulty.skops": estimator_to_bytes(forest)}, content)


# What is missing or makes no sense


@pytest.mark.parametrize(
    "name",
    ["estimator.skops", "features.skops", "difficulty.skops", "domain.safetensors", "intervals.safetensors"],
)
def test_every_part_is_needed_and_read(name):
    parts, content = parts_and_content()
    assert name in parts
    assert len(parts) == 5
    with pytest.raises(ModelFileError, match=f"the part '{name}' is missing"):
        FittedTarget.from_parts({key: part for key, part in parts.items() if key != name}, content)
    for damaged in (parts[name][: len(parts[name]) // 2], b"", b"\x80\x04K\x01."):
        with pytest.raises(ModelFileError):
            FittedTarget.from_parts({**parts, name: damaged}, content)


ENTRIES = (
    *("elements", "errors_differ", "floor", "level", "mean_error"),
    *("most_distant", "most_expected", "seen", "target"),
)


def test_these_are_all_entries():
    assert sorted(parts_and_content()[1]) == list(ENTRIES)


@pytest.mark.parametrize("name", ENTRIES)
def test_every_entry_is_needed(name):
    parts, content = parts_and_content()
    del content[name]
    with pytest.raises(ModelFileError, match=f"it does not say '{name}'"):
        FittedTarget.from_parts(parts, content)


@pytest.mark.parametrize(
    "change",
    [
        *({"mean_error": value} for value in (0.0, -1.0, math.nan, math.inf, None, "1", True)),
        *({"most_expected": value} for value in (-1.0, math.nan, math.inf, "1", True, [1.0])),
        *({"most_distant": value} for value in (-1.0, math.nan, "1")),
        *({"level": value} for value in (0.0, 1.0, math.nan, None, "0.9")),
        *({"floor": value} for value in (math.nan, "0", [0.0])),
        *({"elements": value} for value in (["Qq"], [1], None)),
        *({"seen": value} for value in ([], {"T_K": [2.0, 1.0]}, {"family": []})),
    ],
    ids=str,
)
def test_entries_that_make_no_sense_are_refused(change):
    parts, content = parts_and_content()
    with pytest.raises(ModelFileError):
        FittedTarget.from_parts(parts, {**content, **change})


def shorter(array):
    return array[:-1]


def unknown(array):
    return np.full_like(array, np.nan)


def single(array):
    return array.astype(np.float32)


def negative(array):
    return -np.abs(array) - 1


@pytest.mark.parametrize(
    ("name", "change"),
    [
        *(("target of reference", change) for change in (shorter, unknown, single, None)),
        *(("error of reference", change) for change in (shorter, unknown, single, negative, None)),
        *(("reference", change) for change in (shorter, unknown, single, None)),
        *(("scale", change) for change in (shorter, unknown, single, negative, None)),
        *(("limit", change) for change in (shorter, unknown, single, negative, None)),
    ],
)
def test_arrays_that_make_no_sense_are_refused(name, change):
    parts, content = parts_and_content()
    arrays = bytes_to_arrays(parts["domain.safetensors"])
    values = arrays.pop(name)
    if change is not None:
        arrays[name] = change(values)
    with pytest.raises(ModelFileError, match="sense"):
        FittedTarget.from_parts({**parts, "domain.safetensors": arrays_to_bytes(arrays)}, content)


def test_numbers_of_intervals_that_make_no_sense_are_refused():
    parts, content = parts_and_content()
    arrays = bytes_to_arrays(parts["intervals.safetensors"])
    del arrays[f"{ELEMENTS} weights"]
    with pytest.raises(ModelFileError, match="intervals make no sense"):
        FittedTarget.from_parts({**parts, "intervals.safetensors": arrays_to_bytes(arrays)}, content)


def test_a_type_that_is_not_trusted_is_refused():
    one = fitted()
    stranger = replace(one, estimator=Stranger().fit(None, None))
    parts, content = stranger.to_parts()
    with pytest.raises(ModelFileError):
        FittedTarget.from_parts(parts, content)
    trusted = FittedTarget.from_parts(parts, content, trusted=[f"{Stranger.__module__}.Stranger"])
    assert isinstance(trusted.estimator, Stranger)
    assert isinstance(trusted.reliability, Reliability)


class Stranger(DummyRegressor):
    """An estimator of somebody else."""

    def fit(self, X, y):
        return super().fit([[0.0]], [0.0])
