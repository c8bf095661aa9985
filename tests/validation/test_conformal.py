from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from matterlearn.core.container import arrays_to_bytes, bytes_to_arrays
from matterlearn.core.errors import ArgumentError, ModelFileError
from matterlearn.validation.conformal import (
    ELEMENTS,
    MOST_INFLATION,
    RANDOM,
    TRUST,
    Intervals,
    Scores,
    make_scores,
    weighted_quantile,
)


def scores_of(values, weights=None, **rest) -> Scores:
    ordered = np.sort(np.asarray(values, dtype=float))
    return Scores(ordered, np.ones(len(ordered)) if weights is None else np.asarray(weights, dtype=float), **rest)


def known(n_rows: int) -> np.ndarray:
    return np.zeros(n_rows, dtype=bool)


# The promise


@pytest.mark.parametrize(("n", "level"), [(9, 0.9), (19, 0.9), (50, 0.8), (30, 0.5), (200, 0.95)])
def test_coverage_is_exact_for_finite_samples(n, level):
    """A new error stays below the width with probability ceil((n + 1) level) / (n + 1), whatever its distribution."""
    rng = np.random.default_rng(0)
    trials = 3_000
    expected = rng.uniform(0.1, 5.0, size=(trials, n + 1))
    errors = expected * rng.lognormal(size=(trials, n + 1))
    held = 0
    for error, size in zip(errors, expected, strict=True):
        intervals = Intervals(level, {RANDOM: make_scores(error[:-1], size[:-1], np.ones(n))})
        lower, upper = intervals.around([0.0], size[-1:], known(1))
        held += bool(lower[0] <= error[-1] <= upper[0])
    promised = math.ceil((n + 1) * level) / (n + 1)
    assert promised >= level
    low, high = binom.interval(1 - 1e-6, trials, promised)
    assert low <= held <= high


@settings(deadline=None, max_examples=100)
@given(errors=st.lists(st.floats(0, 1e6), max_size=30), level=st.floats(0.01, 0.99))
def test_the_quantile_is_the_right_one_of_the_scores(errors, level):
    found = scores_of(errors).quantile(level)
    rank = math.ceil((len(errors) + 1) * level - 1e-9)  # 0.8 is a little more than 0.8
    if rank > len(errors):
        assert found == math.inf
    else:
        assert found in errors
        assert sum(error <= found for error in errors) >= rank
        assert sum(error < found for error in errors) < rank


def test_too_few_scores_promise_nothing():
    assert scores_of([]).quantile(0.5) == math.inf
    assert scores_of([0.1] * 8).quantile(0.9) == math.inf
    assert scores_of([0.1] * 9).quantile(0.9) == 0.1
    lower, upper = Intervals(0.9, {RANDOM: scores_of([0.1] * 8)}, floor=0.0).around([1.0], np.ones(1), known(1))
    assert (lower[0], upper[0]) == (0.0, math.inf)


def test_no_scores_at_all_promise_nothing():
    lower, upper = Intervals(0.9).around([1.0], np.ones(1), known(1))
    assert (lower[0], upper[0]) == (-math.inf, math.inf)
    assert Intervals(0.9).level_needed(np.ones(1), np.ones(1), known(1)).tolist() == [0.0]
    assert scores_of([]).level_needed([3.0])[0] <= 1e-9


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, 1.5, math.nan])
def test_level_is_a_share(level):
    with pytest.raises(ArgumentError, match="strictly between 0 and 1"):
        weighted_quantile(np.ones(3), np.ones(3), level)


# Against crepes


def crepes_intervals(errors, expected, bins, new, new_expected, new_bins, level, floor=-math.inf):
    # Its import sets the warning filters of the whole process, which is why the package does without it.
    with warnings.catch_warnings():
        from crepes import ConformalRegressor

        regressor = ConformalRegressor().fit(errors, sigmas=expected, bins=bins)
        warnings.simplefilter("ignore")
        return regressor.predict_int(new, sigmas=new_expected, bins=new_bins, confidence=level, y_min=floor)


# Levels and numbers for which crepes' rank, a product of floats cut off, is the exact one.
@pytest.mark.parametrize("level", [0.5, 0.75, 0.875, 0.9, 0.95])
@pytest.mark.parametrize(("n_random", "n_elements"), [(57, 31), (200, 12), (400, 163)])
def test_intervals_are_those_of_crepes(level, n_random, n_elements):
    rng = np.random.default_rng(n_random)
    n = n_random + n_elements
    errors, expected = rng.lognormal(size=n), rng.uniform(0.2, 2.0, size=n)
    bins = np.repeat([0, 1], [n_random, n_elements])
    new, new_expected, novel = rng.normal(size=50), rng.uniform(0.2, 2.0, size=50), rng.random(50) < 0.4
    scores = {
        name: make_scores(errors[bins == k], expected[bins == k], np.ones(int(np.sum(bins == k))))
        for k, name in enumerate((RANDOM, ELEMENTS))
    }
    lower, upper = Intervals(level, scores).around(new, new_expected, novel)
    oracle = crepes_intervals(errors, expected, bins, new, new_expected, novel.astype(int), level)
    np.testing.assert_allclose(np.column_stack([lower, upper]), oracle, rtol=1e-12)


def test_ends_at_a_floor_are_those_of_crepes():
    rng = np.random.default_rng(3)
    errors, new = rng.lognormal(size=40), rng.uniform(0, 5, size=20)
    lower, upper = Intervals(0.8, {RANDOM: make_scores(errors, np.ones(40), np.ones(40))}, 0.0).around(
        new, np.ones(20), known(20)
    )
    oracle = crepes_intervals(errors, None, None, new, None, None, 0.8, floor=0.0)
    np.testing.assert_allclose(np.column_stack([lower, upper]), oracle, rtol=1e-12)
    assert 0 < np.mean(lower == 0) < 1


# Weights


@settings(deadline=None, max_examples=200)
@given(
    pairs=st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5)), min_size=1, max_size=12),
    level=st.floats(0.01, 0.99),
)
def test_whole_weights_are_repeated_scores(pairs, level):
    """Each score as often as its weight says, and the new row, endlessly far off, as often as the mean weight."""
    pairs = sorted(pairs)
    values, weights = (np.array(part, dtype=float) for part in zip(*pairs, strict=True))
    n = len(pairs)  # times n, so that the mean weight is a whole number, too
    repeated = [value for value, weight in pairs for _ in range(n * weight)]
    repeated += [math.inf] * sum(weight for _, weight in pairs)
    rank = math.ceil(len(repeated) * level - 1e-9)
    assert weighted_quantile(values, weights, level) == repeated[rank - 1]


def test_equal_weights_are_no_weights():
    values = np.sort(np.random.default_rng(0).lognormal(size=37))
    for level in (0.1, 0.5, 0.9, 0.97, 0.99):
        plain = weighted_quantile(values, np.ones(37), level)
        assert weighted_quantile(values, np.full(37, 7.0), level) == plain
        assert weighted_quantile(values, np.full(37, 0.1), level) == plain


def test_heavy_rows_set_the_width():
    errors, weights = np.array([1.0] * 50 + [9.0] * 50), np.repeat([1.0, 50.0], 50)
    assert make_scores(errors, np.ones(100), weights[::-1]).quantile(0.9) == 1.0
    assert make_scores(errors, np.ones(100), weights).quantile(0.9) == 9.0


def test_rows_of_weight_zero_count_for_nothing():
    errors, weights = np.arange(1.0, 101.0), np.r_[np.ones(9), np.zeros(91)]
    groups = np.arange(100) % 3
    with_them = make_scores(errors, np.ones(100), weights, groups=groups)
    without = make_scores(errors[:9], np.ones(9), np.ones(9), groups=groups[:9])
    assert with_them.values.tolist() == without.values.tolist() == list(range(1, 10))
    assert with_them.inflation == without.inflation
    assert with_them.quantile(0.95) == math.inf  # nine errors say nothing at 95 %
    assert make_scores(errors, np.ones(100), np.zeros(100)).quantile(0.5) == math.inf


# Levels


@settings(deadline=None, max_examples=300)
@given(
    pairs=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 3)), min_size=1, max_size=12),
    score=st.integers(0, 12),
    level=st.one_of(st.floats(0.01, 0.99), st.tuples(st.integers(1, 12), st.integers(1, 13))),
)
def test_the_level_needed_is_where_the_quantile_reaches_the_score(pairs, score, level):
    pairs = sorted(pairs)
    scores = Scores(*(np.array(part, dtype=float) for part in zip(*pairs, strict=True)))
    if isinstance(level, tuple):  # k of n + 1, where ranks change
        level = level[0] / (len(pairs) + level[1])
        if not level < 1:
            return
    assert (score <= scores.quantile(level)) == (scores.level_needed(score) <= level)


@settings(deadline=None, max_examples=200)
@given(
    errors=st.lists(st.integers(0, 30), min_size=1, max_size=30),
    level=st.floats(0.02, 0.98),
    error=st.integers(0, 40),
    size=st.sampled_from([0.25, 1.0, 4.0, 16.0]),
    novel=st.booleans(),
    inflation=st.sampled_from([1.0, 1.5, 2.0]),
)
def test_a_value_lies_in_the_interval_of_a_level_from_the_level_needed_on(errors, level, error, size, novel, inflation):
    """All numbers are such that sums and roots are exact."""
    values = np.sort(np.array(errors, dtype=float))
    weights = np.ones(len(values))
    scores = {RANDOM: Scores(values, weights), ELEMENTS: Scores(values / 4, weights, 0.5, inflation)}
    intervals, row = Intervals(level, scores), np.array([novel])
    lower, upper = intervals.around([100.0], np.array([size]), row)
    needed = intervals.level_needed(np.array([float(error)]), np.array([size]), row)[0]
    assert bool(lower[0] <= 100.0 - error) == bool(100.0 + error <= upper[0]) == bool(needed <= level)


def test_the_levels_needed_of_exchangeable_errors_are_uniform():
    """The share of new rows whose interval of a level holds them is the share promised, for every level at once."""
    rng = np.random.default_rng(1)
    levels, n, trials = np.linspace(0.05, 0.95, 19), 40, 3_000
    needed = np.array([scores_of(rng.lognormal(size=n)).level_needed([rng.lognormal()])[0] for _ in range(trials)])
    for level in levels:
        promised = math.ceil((n + 1) * round(level, 9)) / (n + 1)
        low, high = binom.interval(1 - 1e-6, trials, promised)
        assert low <= np.sum(needed <= level) <= high


# Two calibrations


def test_a_row_with_an_unseen_element_is_served_by_left_out_elements():
    scores = {RANDOM: scores_of([1.0] * 20), ELEMENTS: scores_of([3.0] * 20, trust=0.5)}
    intervals, novel = Intervals(0.9, scores), np.array([False, True])
    lower, upper = intervals.around([10.0, 10.0], np.array([4.0, 4.0]), novel)
    assert lower.tolist() == [6.0, 4.0]  # 1 x 4, and 3 x sqrt(4)
    assert upper.tolist() == [14.0, 16.0]
    assert intervals.calibrated_on(novel).tolist() == [RANDOM, ELEMENTS]
    assert TRUST == {RANDOM: 1.0, ELEMENTS: 0.5}


def test_random_folds_serve_all_rows_where_no_element_could_be_left_out():
    intervals, novel = Intervals(0.9, {RANDOM: scores_of([1.0] * 20)}), np.array([False, True])
    assert intervals.calibrated_on(novel).tolist() == [RANDOM, RANDOM]
    assert intervals.around([0.0, 0.0], np.ones(2), novel)[1].tolist() == [1.0, 1.0]


def test_no_interval_reaches_below_the_floor():
    lower, upper = Intervals(0.9, {RANDOM: scores_of([0.5] * 20)}, floor=0.0).around([1.0, 0.2], np.ones(2), known(2))
    assert lower.tolist() == [0.5, 0.0]
    assert upper.tolist() == [1.5, 0.7]


def test_no_rows():
    intervals = Intervals(0.9, {RANDOM: scores_of([0.5] * 20)})
    lower, upper = intervals.around([], np.zeros(0), known(0))
    assert lower.shape == upper.shape == intervals.level_needed(np.zeros(0), np.zeros(0), known(0)).shape == (0,)


# Groups that differ


def group_scores(sizes, n_each=100, seed=0):
    rng = np.random.default_rng(seed)
    errors = np.abs(rng.normal(size=(len(sizes), n_each))) * np.array(sizes)[:, None]
    return errors.ravel(), np.repeat(np.arange(len(sizes)), n_each)


def inflation_of(errors, groups, level=0.9):
    return make_scores(errors, np.ones(len(errors)), np.ones(len(errors)), groups=groups, level=level).inflation


def test_equal_groups_widen_next_to_nothing():
    few, many = (
        [inflation_of(*group_scores([1.0] * 5, n_each=n, seed=seed)) for seed in range(8)] for n in (100, 1_000)
    )
    assert min(few) >= 1
    assert max(few) < 1.1
    assert max(many) < 1.03


def test_a_harder_group_widens_up_to_a_limit():
    by_hardness = [inflation_of(*group_scores([1, 1, 1, 1, hard])) for hard in (1, 1.25, 1.5, 2, 30)]
    assert by_hardness == sorted(by_hardness)
    assert 1.1 < by_hardness[2] < 1.5
    assert by_hardness[-1] == MOST_INFLATION == 2.0
    errors, _ = group_scores([1, 1, 1, 1, 3])
    assert make_scores(errors, np.ones(500), np.ones(500), trust=0.5).inflation == 1.0  # no groups, nothing to widen


@pytest.mark.parametrize("sizes", [[1.0, 1.2, 1.0, 1.4, 0.8], [1.0, 1.1, 1.0, 1.2, 0.9], [1.0, 1.5, 1.0, 1.5, 1.0]])
def test_quantiles_of_the_others_hold_what_is_promised_for_most_redraws_of_the_groups(sizes):
    """What the factor is made for, counted out with other redraws: it holds in about 80 % of them, and is not idle."""
    errors, groups = group_scores(sizes)
    redraws = np.random.default_rng(99).integers(5, size=(4_000, 5))

    def share_held(factor):
        held = [np.mean(errors[groups == g] <= factor * scores_of(errors[groups != g]).quantile(0.9)) for g in range(5)]
        return np.mean(np.array(held)[redraws].mean(axis=1) >= 0.9)

    factor = inflation_of(errors, groups)
    assert 0.75 < share_held(factor) < 0.95
    assert share_held(1.0) < 0.7


def test_the_factor_does_not_change_from_call_to_call():
    assert len({inflation_of(*group_scores([1.0, 1.2, 1.0, 1.4, 0.8])) for _ in range(3)}) == 1


def test_the_widening_counts_rows_by_their_weights():
    errors, groups = group_scores([1, 1, 1, 1, 3])
    light = make_scores(errors, np.ones(500), np.where(groups == 4, 0.01, 1.0), groups=groups)
    assert light.inflation < inflation_of(errors, groups)


def test_perfect_groups_widen_nothing_and_lonely_ones_most():
    assert inflation_of(np.zeros(40), np.arange(40) % 4) == 1.0
    assert inflation_of(np.ones(40), np.zeros(40, dtype=int)) == MOST_INFLATION  # there are no others
    assert inflation_of(np.ones(16), np.arange(16) // 8) == MOST_INFLATION  # the others are too few to say anything


def test_the_factor_widens_the_interval():
    wide = Intervals(0.9, {RANDOM: scores_of([1.0] * 20, inflation=1.5)})
    assert wide.around([0.0], np.array([2.0]), known(1))[1][0] == 3.0


# Files


def real_intervals() -> Intervals:
    rng = np.random.default_rng(0)
    parts = {}
    for name, n in ((RANDOM, 50), (ELEMENTS, 30)):
        errors, expected, weights = rng.lognormal(size=n), rng.uniform(0.1, 1, size=n), rng.uniform(0.5, 2, size=n)
        groups = np.arange(n) % 3 if name == ELEMENTS else None
        parts[name] = make_scores(errors, expected, weights, groups=groups, trust=TRUST[name])
    return Intervals(0.9, parts, 0.0)


@pytest.mark.parametrize("names", [(RANDOM, ELEMENTS), (RANDOM,)])
def test_arrays_give_the_same_intervals_back(names):
    one = real_intervals()
    one = Intervals(one.level, {name: one.scores[name] for name in names}, one.floor)
    two = Intervals.from_arrays(0.9, 0.0, bytes_to_arrays(arrays_to_bytes(one.to_arrays())))
    assert list(two.scores) == list(names)
    assert (two.level, two.floor) == (0.9, 0.0)
    rng = np.random.default_rng(1)
    prediction, expected, novel = rng.normal(size=40), rng.uniform(0.1, 2, size=40), rng.random(40) < 0.5
    for a, b in zip(one.around(prediction, expected, novel), two.around(prediction, expected, novel), strict=True):
        assert a.tobytes() == b.tobytes()
    errors = np.abs(prediction)
    assert one.level_needed(errors, expected, novel).tobytes() == two.level_needed(errors, expected, novel).tobytes()


def test_intervals_of_no_scores_come_back_too():
    empty = Intervals(0.9, {RANDOM: make_scores(np.ones(2), np.ones(2), np.zeros(2))})
    again = Intervals.from_arrays(0.9, None, bytes_to_arrays(arrays_to_bytes(empty.to_arrays())))
    assert again.around([0.0], np.ones(1), known(1))[1][0] == math.inf


def changed(name: str, **by):
    def change(arrays):
        return {**arrays, **{f"{name} {what}": value for what, value in by.items()}}

    return change


def dropped(key: str):
    return lambda arrays: {name: value for name, value in arrays.items() if name != key}


@pytest.mark.parametrize(
    "change",
    [
        dropped(f"{RANDOM} values"),
        dropped(f"{RANDOM} inflation"),
        dropped(f"{ELEMENTS} values"),
        dropped(f"{ELEMENTS} weights"),
        dropped(f"{ELEMENTS} trust"),
        dropped(f"{ELEMENTS} inflation"),
        changed(RANDOM, values=np.arange(50.0)[::-1].copy()),
        changed(RANDOM, values=np.r_[-1.0, np.arange(49.0)]),
        changed(RANDOM, values=np.r_[np.arange(49.0), np.nan]),
        changed(RANDOM, values=np.r_[np.arange(49.0), np.inf]),
        changed(RANDOM, values=np.arange(49.0)),
        changed(RANDOM, values=np.arange(50)),
        changed(RANDOM, values=np.arange(50, dtype=np.float32)),
        changed(RANDOM, values=np.zeros((50, 1))),
        changed(RANDOM, weights=np.zeros(50)),
        changed(RANDOM, weights=-np.ones(50)),
        changed(RANDOM, weights=np.full(50, np.nan)),
        changed(ELEMENTS, trust=np.array([1.5])),
        changed(ELEMENTS, trust=np.array([-0.5])),
        changed(ELEMENTS, trust=np.array([0.5, 0.5])),
        changed(ELEMENTS, trust=np.zeros(0)),
        changed(ELEMENTS, inflation=np.array([0.9])),
        changed(ELEMENTS, inflation=np.array([1e9])),
        changed(ELEMENTS, inflation=np.array([np.inf])),
        changed(ELEMENTS, inflation=np.ones((1, 1))),
        lambda arrays: {},
    ],
)
def test_numbers_that_make_no_sense_are_refused(change):
    with pytest.raises(ModelFileError, match="make no sense"):
        Intervals.from_arrays(0.9, None, change(real_intervals().to_arrays()))


@pytest.mark.parametrize(
    ("level", "floor"),
    [
        *((level, None) for level in (0.0, 1.0, math.nan, "0.9", None, True)),
        *((0.9, floor) for floor in (math.nan, -math.inf, "0", False, [0.0])),
    ],
)
def test_levels_and_floors_that_make_no_sense_are_refused(level, floor):
    with pytest.raises(ModelFileError, match="makes no sense"):
        Intervals.from_arrays(level, floor, real_intervals().to_arrays())
