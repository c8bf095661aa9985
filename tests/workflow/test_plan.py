from __future__ import annotations

import json
import math
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matterlearn.core.errors import ArgumentError, DataError
from matterlearn.workflow.plan import (
    FEWEST,
    SCHEMA_VERSION,
    Plan,
    Work,
    expected_s,
    item_costs,
    make_plan,
    parse_duration,
    read_plan,
    say_duration,
)

COSTS = {"ridge": 0.1, "near": 0.2, "trees": 1.0, "network": 8.0}
SPLITS = ["random", "element"]
WORK = Work(COSTS, domain_s=0.05, explain_s=0.5, report_s=1.0)
TINY = 1e-9
SPLIT_NAMES = st.sampled_from(
    ["random", "random:3", "element", "element:each", "element:O,N", "cluster", "extremes", "group:x", "holdout:y"]
)


def effort(plan: Plan) -> tuple[int, ...]:
    """How thorough a plan is, in each respect."""
    return (len(plan.candidates), *(getattr(plan, name) for name in FEWEST))


def test_without_a_budget_nothing_is_left_out():
    plan = make_plan(WORK, SPLITS)
    assert plan.candidates == tuple(COSTS)
    assert plan.splits == ("random", "element")
    assert plan.left_out == plan.skipped == ()
    assert plan.budget_s is None
    assert plan == replace(Plan(tuple(COSTS), ("random", "element")), expected_s=expected_s(plan, WORK))


works = st.builds(
    Work,
    costs=st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.001, 100), min_size=1),
    domain_s=st.floats(0, 3),
    explain_s=st.floats(0, 10),
    report_s=st.floats(0, 20),
    n_targets=st.integers(1, 3),
    n_elements=st.integers(1, 70),
    workers=st.integers(1, 4),
)


@settings(deadline=None)
@given(
    work=works,
    budgets=st.lists(st.floats(0.01, 1e5), min_size=2, max_size=2).map(sorted),
    splits=st.lists(SPLIT_NAMES, min_size=1, max_size=4, unique=True),
)
def test_a_larger_budget_never_leaves_out_more(work, budgets, splits):
    everything, least = make_plan(work, splits), make_plan(work, splits, budget_s=TINY)
    small, large = (make_plan(work, splits, budget_s=budget) for budget in budgets)
    assert all(less <= more for less, more in zip(effort(small), effort(large), strict=True))
    assert small.expected_s <= large.expected_s
    assert len(large.left_out) <= len(small.left_out)
    for plan, budget in zip((small, large), budgets, strict=True):
        assert plan.budget_s == budget
        assert plan.expected_s == expected_s(plan, work)
        # Only the smallest of all plans may exceed the budget.
        assert plan.expected_s <= budget or replace(plan, budget_s=None) == replace(least, budget_s=None)
        assert set(plan.candidates) <= set(work.costs)
        assert len(plan.candidates) >= min(len(work.costs), 2)
        n_dropped = len(everything.candidates) - len(plan.candidates)
        assert n_dropped == sum(text.startswith("candidate ") for text in plan.left_out)
        assert (plan.left_out == ()) == (replace(plan, budget_s=None) == everything)


def test_the_smallest_plan_is_listed_in_full():
    plan = make_plan(WORK, SPLITS, budget_s=TINY)
    assert set(COSTS) - set(plan.candidates) == {
        text.removeprefix("candidate ") for text in plan.left_out if text.startswith("candidate ")
    }
    assert [text for text in plan.left_out if not text.startswith("candidate ")] == [
        "3 of 5 folds",
        "3 of 10 groups of elements",
        "2 of 3 inner folds",
        "3 of 10 calibration folds",
        "3 of 5 groups of calibration",
        "0 of 3 explained folds",
    ]


def test_more_workers_allow_more():
    needed = make_plan(WORK, SPLITS).expected_s
    with_two = make_plan(replace(WORK, workers=2), SPLITS).expected_s
    assert needed / 2 < with_two < 0.9 * needed
    assert make_plan(WORK, SPLITS, budget_s=with_two).left_out
    assert not make_plan(replace(WORK, workers=2), SPLITS, budget_s=with_two).left_out


def test_what_makes_a_fit_long():
    """The time follows from what is computed: folds, targets, elements, candidates."""
    plan = make_plan(WORK, SPLITS)
    assert expected_s(plan, replace(WORK, n_targets=2)) == pytest.approx(2 * (plan.expected_s - 1.0) + 1.0)
    assert expected_s(replace(plan, n_explained=0), WORK) < plan.expected_s
    named = replace(plan, splits=("random", "element:O,N"))
    assert expected_s(named, WORK) < expected_s(replace(plan, splits=("random", "element:O,N,F")), WORK)
    each = replace(plan, splits=("random", "element:each"))
    by_elements = [expected_s(each, replace(WORK, n_elements=n)) for n in (10, 20, 30)]
    assert by_elements[2] - by_elements[1] == pytest.approx(by_elements[1] - by_elements[0])
    # Ten elements that use the final choice cost less than ten that choose again.
    assert by_elements[0] < expected_s(replace(plan, splits=("random", "element")), WORK)
    alone = item_costs(Plan(("ridge",), ("random",)), WORK)
    assert alone.fold < item_costs(Plan(("ridge", "trees"), ("random",)), WORK).fold


def test_deterministic():
    plan = make_plan(WORK, SPLITS, budget_s=30, seed=4)
    assert plan == make_plan(WORK, SPLITS, budget_s=30, seed=4)
    assert plan.seed == 4


@pytest.mark.parametrize("budget", [0, -1.0, math.nan])
def test_budget_is_positive(budget):
    with pytest.raises(ArgumentError, match="budget: must be positive"):
        make_plan(WORK, SPLITS, budget_s=budget)


def test_workers_are_positive():
    with pytest.raises(ArgumentError, match="workers: must be at least 1, got 0"):
        make_plan(replace(WORK, workers=0), SPLITS)


names = st.lists(st.text(min_size=1), min_size=1, max_size=4, unique=True).map(tuple)
seconds = st.floats(0, 1e9)
plans = st.builds(
    Plan,
    candidates=names,
    splits=names,
    n_folds=st.integers(2, 99),
    n_element_groups=st.integers(2, 99),
    inner_folds=st.integers(2, 99),
    calibration_folds=st.integers(2, 99),
    calibration_splits=st.integers(2, 99),
    n_explained=st.integers(0, 99),
    seed=st.integers(-(2**40), 2**40),
    expected_s=seconds,
    budget_s=st.none() | seconds,
    left_out=st.lists(st.text()).map(tuple),
    skipped=st.lists(st.text()).map(tuple),
)


@given(plan=plans)
def test_a_plan_comes_back_from_its_text(plan):
    again = Plan.from_text(plan.to_text())
    assert again == plan
    assert [type(value) for value in asdict(again).values()] == [type(value) for value in asdict(plan).values()]


def test_a_numpy_seed_can_be_written():
    plan = make_plan(WORK, SPLITS, seed=np.int64(5), budget_s=np.float64(20.0))
    assert Plan.from_text(plan.to_text()) == plan


def test_read_from_a_file_or_an_output_folder(tmp_path):
    plan = make_plan(WORK, SPLITS, budget_s=30)
    (tmp_path / "plan.json").write_text(plan.to_text())
    assert read_plan(tmp_path) == read_plan(str(tmp_path / "plan.json")) == plan


GOOD = json.loads(Plan(("ridge",), ("random",)).to_text())


def changed(**values: object) -> str:
    return json.dumps({**GOOD, **values})


NONSENSE: dict[str, tuple[str, str]] = {
    "empty": ("", "is no plan; use plan.json of an earlier fit"),
    "cut off": (changed()[:-20], "is no plan"),
    "a list": ("[1, 2]", "is no plan"),
    "a text": ('"plan"', "is no plan"),
    "null": ("null", "is no plan"),
    "another file": ('{"data": {}}', "is no plan"),
    "nested too deep": ("[" * 100_000, "is no plan"),
    "a future version": (changed(schema_version=SCHEMA_VERSION + 1), "has schema version 2, this program reads 1"),
    "a version of words": (changed(schema_version="one"), "has schema version one"),
    "no candidates": (changed(candidates=[]), "plan, candidates: names none"),
    "no splits": (changed(splits=[]), "plan, splits: names none"),
    "candidates missing": (json.dumps({k: v for k, v in GOOD.items() if k != "candidates"}), "names no candidates"),
    "one candidate as text": (changed(candidates="ridge"), "candidates = ridge is no part of a plan"),
    "a candidate twice": (changed(candidates=["ridge", "ridge"]), "names ridge, ridge; each must be named once"),
    "a split twice": (changed(splits=["random", "random"]), "each must be named once"),
    "a number as split": (changed(splits=[5]), "splits = [5]"),
    "one fold": (changed(n_folds=1), "plan, n_folds: must be at least 2, got 1"),
    "no calibration": (changed(calibration_folds=0), "calibration_folds: must be at least 2"),
    "less than nothing": (changed(n_explained=-1), "n_explained: must be at least 0"),
    "half a fold": (changed(n_folds=2.5), "n_folds = 2.5"),
    "true folds": (changed(n_folds=True), "n_folds = True"),
    "folds of words": (changed(n_folds="3"), "n_folds = 3"),
    "no number of folds": (changed(n_folds=None), "n_folds = None"),
    "endless seed": (changed(seed=10**30), "seed = 1000"),
    "endless time": (changed(expected_s=math.inf), "expected_s = inf"),
    "time that is none": (changed(expected_s=math.nan), "expected_s = nan"),
    "negative budget": (changed(budget_s=-1), "budget_s = -1"),
    "a word that is unknown": (changed(n_trees=7), "n_trees = 7 is no part of a plan"),
    "lines in a value": (changed(seed="a\n" * 90), "seed = a a a"),
}


@pytest.mark.parametrize(("text", "what"), NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_refused_in_one_line(text, what, tmp_path):
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(DataError) as caught:
        read_plan(tmp_path)
    assert "\n" not in str(caught.value)
    assert what in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "plan.json"))


@given(name=st.sampled_from([item.name for item in fields(Plan)]), value=st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
))  # fmt: skip
def test_any_value_is_taken_or_refused(name, value):
    try:
        plan = Plan.from_text(changed(**{name: value}))
    except DataError as error:
        said = str(error)
    else:
        said = Plan.from_text(plan.to_text()) == plan
    assert said is True or "\n" not in said


def test_plans_that_cannot_be_found(tmp_path):
    for place in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(DataError, match="no plan that can be read"):
            read_plan(place)
    (tmp_path / "plan.json").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"plan\.json: no plan that can be read"):
        read_plan(Path(tmp_path))


@pytest.mark.parametrize("name", FEWEST)
def test_a_plan_of_one_s_own_is_checked_too(name):
    with pytest.raises(ArgumentError, match=f"plan, {name}: must be at least"):
        Plan(("ridge",), ("random",), **{name: FEWEST[name] - 1})
    assert Plan(("ridge",), ("random",), **{name: FEWEST[name]})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5m", 300), ("1h", 3600), ("1.5h", 5400), (" 2 M ", 120), ("45", 45), (".5m", 30), ("1e3s", 1000)],
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "five minutes", "5 d", "5mm", "1:30", "m5"])
def test_no_durations(text):
    with pytest.raises(ArgumentError, match="no duration; write 90s, 5m or 1h"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0", "-5m", "infh", "nan", "1e400"])
def test_durations_without_end_or_beginning(text):
    with pytest.raises(ArgumentError, match="must be positive and finite"):
        parse_duration(text)


@given(seconds=st.floats(0, 1e8))
def test_what_is_said_of_a_duration_is_nearly_the_duration(seconds):
    text = say_duration(seconds)
    number, unit = text.split(" ")
    assert float(number) > 0
    assert "e" not in number or seconds > 1e7
    said = float(number) * {"s": 1, "min": 60, "h": 3600}[unit]
    assert said == pytest.approx(max(seconds, 0.001), rel=0.06, abs=0.5 if seconds >= 1 else 0)
