from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from matter_tables import METALS, NONMETALS, smooth
from scipy.stats import binom
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from matterlearn.chemistry.elements import element_property
from matterlearn.core.parallel import item_seed
from matterlearn.models.blend import Blend
from matterlearn.models.selection import CandidateSelector
from matterlearn.validation.conformal import ELEMENTS, RANDOM
from matterlearn.validation.reliability import (
    FEWEST_OUTSIDE,
    N_PARTS,
    OUTSIDE_ERROR,
    Reliability,
    Verdict,
    learn_reliability,
    predict_with_spread,
)
from matterlearn.validation.splits import RandomSplit

PROPERTIES = ("electronegativity", "covalent_radius", "mendeleev_number")
OWN = dict(zip((*METALS, *NONMETALS), np.random.default_rng(7).normal(0, 0.5, 20), strict=True))
"""What each element adds that does not follow from its properties."""

SMALL = Blend(
    [
        ("forest", ExtraTreesRegressor(10, min_samples_leaf=3, random_state=0)),
        ("line", make_pipeline(StandardScaler(), Ridge())),
    ],
    [0.7, 0.3],
)


@dataclass(frozen=True)
class Rows:
    """Salts of two elements at some temperature."""

    X: pd.DataFrame
    y: np.ndarray
    elements: list[frozenset[str]]

    def of(self, which) -> Rows:
        return Rows(self.X.iloc[which], self.y[which], [self.elements[i] for i in which])


def planted(n: int, seed: int, *, noisy: str = "", noise: float = 0.3) -> Rows:
    """A smooth target with noise, ten times as much for the salts of one metal."""
    rng = np.random.default_rng(seed)
    pairs = [(str(rng.choice(METALS)), str(rng.choice(NONMETALS))) for _ in range(n)]
    X = pd.DataFrame(
        [[element_property(element, name) for element in pair for name in PROPERTIES] for pair in pairs],
        columns=[f"{site} {name}" for site in "AX" for name in PROPERTIES],
    )
    X["T_K"] = rng.uniform(300, 900, n)
    scale = np.array([10 * noise if metal == noisy else noise for metal, _ in pairs])
    y = np.array([smooth(*pair) + OWN[pair[0]] + OWN[pair[1]] for pair in pairs]) + X["T_K"].to_numpy() / 600
    return Rows(X, y + scale * rng.normal(size=n), [frozenset(pair) for pair in pairs])


def learn(rows: Rows, model=SMALL, **options) -> Reliability:
    defaults = {"duplicates": np.arange(len(rows.y)), "features": FunctionTransformer(), "kinds": {"T_K": "number"}}
    return learn_reliability(model, rows.X, rows.y, elements=rows.elements, **{**defaults, **options})


def judged(reliability: Reliability, train: Rows, test: Rows, model=SMALL) -> tuple[Verdict, np.ndarray]:
    """Return what is said of test rows, and their errors."""
    prediction, spread = predict_with_spread(model.fit(train.X, train.y), test.X)
    return reliability.judge(test.X, test.elements, prediction, spread), prediction - test.y


def held(verdict: Verdict, errors, test: Rows) -> np.ndarray:
    return (verdict.lower <= test.y) & (test.y <= verdict.upper)


@cache
def random_case(seed: int):
    rows = planted(800, seed, noisy="Cs")
    train, test = rows.of(range(400)), rows.of(range(400, 800))
    reliability = learn(train, seed=seed, n_random=N_PARTS)
    return reliability, test, *judged(reliability, train, test)


@cache
def learned() -> tuple[Rows, Reliability]:
    rows = planted(150, 0)
    return rows, learn(rows)


# What is promised


def test_intervals_of_random_rows_hold_what_is_promised():
    inside = np.concatenate([held(verdict, errors, test) for _, test, verdict, errors in map(random_case, range(4))])
    low, high = binom.interval(0.99, len(inside), 0.9)
    assert low <= inside.sum() <= high


def test_rows_outside_the_domain_carry_twice_the_error():
    for seed in range(4):
        reliability, test, verdict, errors = random_case(seed)
        assert not verdict.novel.any()
        assert 0 < np.mean(~verdict.inside) < 0.2
        assert np.abs(errors[~verdict.inside]).mean() > 2 * np.abs(errors[verdict.inside]).mean()
        cesium = np.array(["Cs" in row for row in test.elements])
        assert np.mean(cesium[~verdict.inside]) > 4 * cesium.mean()
        assert reliability.most_expected < math.inf


def test_intervals_are_wide_where_errors_are_large():
    _, test, verdict, _ = random_case(0)
    cesium = np.array(["Cs" in row for row in test.elements])
    width = verdict.upper - verdict.lower
    assert np.median(width[cesium]) > 2.5 * np.median(width[~cesium])
    assert np.median(verdict.expected[cesium]) > 2.5 * np.median(verdict.expected[~cesium])


def test_intervals_of_unseen_elements_hold_on_average():
    rows, coverage = planted(300, 11, noise=0.1), []
    for number in range(6):
        left_out = {METALS[number], METALS[number + 6]}
        out = np.array([bool(left_out & row) for row in rows.elements])
        train, test = rows.of(np.flatnonzero(~out)), rows.of(np.flatnonzero(out))
        reliability = learn(train, seed=number)
        verdict, errors = judged(reliability, train, test)
        assert verdict.novel.all()
        assert not verdict.inside.any()
        assert set(verdict.calibrated_on) == {ELEMENTS}
        assert all("not in training; nearest: " in reason for reason in verdict.reasons)
        coverage.append(held(verdict, errors, test).mean())
    assert np.mean(coverage) >= 0.85
    assert np.min(coverage) > 0.5  # nothing is promised of each


# How it is worked out


def test_errors_are_those_of_folds_that_keep_duplicates_together():
    """Against scikit-learn: what a model that has not seen a row, nor its copies, predicts of it."""
    rows = planted(80, 1)
    duplicates = np.arange(80) // 2
    folds = list(RandomSplit(N_PARTS, random_state=item_seed(3, "random")).split(rows.X, groups=duplicates))
    errors = np.abs(cross_val_predict(SMALL, rows.X, rows.y, cv=folds) - rows.y)
    for n_random in (N_PARTS, 4):
        reliability = learn(rows, duplicates=duplicates, seed=3, n_random=n_random, level=0.8)
        tested = np.concatenate([test for _, test in folds[:n_random]])
        known = np.full(80, errors[tested].mean())  # what is said of rows that no fold tested
        known[tested] = errors[tested]
        reference = reliability.domain.reference_rows_
        np.testing.assert_allclose(reliability.neighbor_errors, known[reference], rtol=1e-12)
        np.testing.assert_array_equal(reliability.neighbor_targets, rows.y[reference])
        assert len(reliability.intervals.scores[RANDOM].values) == len(tested)


class Recorder:
    """Takes down the signs that it is asked about."""

    def predict(self, signs):
        self.signs = signs
        return np.ones(len(signs))


def test_signs_are_those_that_the_difficulty_was_taught():
    rows, reliability = learned()
    new, recorder = planted(7, 5), Recorder()
    prediction, spread = np.arange(7.0), np.linspace(0, 1, 7)
    replace(reliability, difficulty=recorder).judge(new.X, new.elements, prediction, spread)
    seen = reliability.domain.assess(new.X, new.elements)
    neighbors = reliability.domain.reference_rows_[seen.neighbors]
    np.testing.assert_allclose(recorder.signs[:, 0], seen.distance)
    np.testing.assert_allclose(recorder.signs[:, 1], reliability.neighbor_errors[seen.neighbors].mean(axis=1))
    np.testing.assert_allclose(recorder.signs[:, 2], rows.y[neighbors].std(axis=1))
    np.testing.assert_allclose(recorder.signs[:, 3], spread)
    np.testing.assert_allclose(recorder.signs[:, 4], prediction)


def test_each_row_says_why_it_is_outside():
    rows, reliability = learned()
    row = rows.of([0, 0, 0, 0])
    near, far = replace(reliability, most_expected=math.inf), replace(reliability, most_distant=-1.0)
    prediction, spread = SMALL.fit(rows.X, rows.y).predict_with_spread(row.X)
    salt = row.elements[0]
    verdict = near.judge(row.X, [salt, salt | {"Tc"}, salt, salt], prediction, spread)
    assert verdict.inside.tolist() == [True, False, True, True]
    assert verdict.reasons[0] == ""
    assert verdict.reasons[1].startswith("Tc not in training; nearest: ")
    assert far.judge(row.X, row.elements, prediction, spread).reasons[0].startswith("far from the training rows: ")
    strict = replace(reliability, most_expected=1e-3)
    assert "an error of" in strict.judge(row.X, row.elements, prediction, spread).reasons[0]
    hot = row.X.assign(T_K=5000.0)
    assert near.judge(hot, row.elements, prediction, spread).reasons[0].startswith("T_K = 5000 outside training")


def test_the_limit_is_where_calibration_says():
    """Beyond the limit of the expected error lie errors of at least 2.5 times those within, in calibration."""
    reliability, *_ = random_case(0)
    assert np.isfinite(reliability.most_expected)
    rows = planted(800, 0, noisy="Cs").of(range(400))
    folds = RandomSplit(N_PARTS, random_state=item_seed(0, "random")).split(rows.X, groups=np.arange(400))
    order = np.concatenate([test for _, test in folds])
    expected = reliability.difficulty.expected_[:400]
    errors = np.empty(400)
    errors[reliability.domain.reference_rows_] = reliability.neighbor_errors
    beyond = expected > reliability.most_expected
    assert FEWEST_OUTSIDE <= beyond.sum() <= 40
    assert errors[order][beyond].mean() >= OUTSIDE_ERROR * errors[order][~beyond].mean()


def test_no_element_can_be_left_out():
    rows = planted(60, 2)
    steel = Rows(rows.X, rows.y, [frozenset({"Fe", "C"})] * 60)
    reliability = learn(steel)
    assert list(reliability.intervals.scores) == [RANDOM]
    verdict, _ = judged(reliability, steel, Rows(rows.X, rows.y, [frozenset({"Fe", "W"})] * 60))
    assert verdict.novel.all()
    assert set(verdict.calibrated_on) == {RANDOM}
    assert np.all(np.isfinite(verdict.upper))


def test_copies_of_one_row_teach_nothing_about_an_element():
    """Fluorine holds all the rows that differ; what is left without it is one row many times."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": np.r_[np.zeros(20), np.arange(1.0, 16.0)], "z": np.r_[np.zeros(20), rng.normal(size=15)]})
    elements = [frozenset({"Na", "Cl"})] * 20 + [frozenset({"F", METALS[1 + i % 3]}) for i in range(15)]
    duplicates = np.r_[np.zeros(20, dtype=int), np.arange(1, 16)]
    rows = Rows(X, X["x"].to_numpy() + rng.normal(0, 0.1, 35), elements)
    reliability = learn(rows, Ridge(), duplicates=duplicates, kinds={})
    verdict, _ = judged(reliability, rows, rows, Ridge())
    assert np.all(np.isfinite(verdict.expected))
    assert RANDOM in reliability.intervals.scores


def test_only_copies_of_one_row_are_left_without_any_element():
    X = pd.DataFrame({"x": np.r_[np.zeros(20), np.arange(1.0, 13.0)]})
    elements = [frozenset({"Na"})] * 20 + [frozenset({"F", "K"})] * 12  # each of the two with the same rows
    rows = Rows(X, X["x"].to_numpy(), elements)
    reliability = learn(rows, Ridge(), duplicates=np.r_[np.zeros(20, dtype=int), np.arange(1, 13)], kinds={})
    assert list(reliability.intervals.scores) == [RANDOM]


@pytest.mark.parametrize("n", [10, 20, 25])
def test_tiny_tables(n):
    rows, new = planted(n, 3), planted(15, 4)
    reliability = learn(rows, make_pipeline(StandardScaler(), Ridge()))
    verdict, _ = judged(reliability, rows, new, make_pipeline(StandardScaler(), Ridge()))
    assert reliability.difficulty.forest_ is None or n > 20
    assert not np.isnan(verdict.lower).any()
    assert not np.isnan(verdict.upper).any()
    assert np.all(verdict.expected > 0)
    assert reliability.most_expected == math.inf  # too few to know one
    assert reliability.most_distant < math.inf
    n_errors = len(reliability.intervals.scores[RANDOM].values)
    assert n_errors == n  # of so few rows every part is left out
    assert np.all(np.isfinite(verdict.upper[~verdict.novel]))
    json.dumps(reliability.facts(), allow_nan=False)


@pytest.mark.parametrize(
    ("n", "level", "n_errors"),
    [(16, 0.9, 16), (40, 0.9, 30), (100, 0.9, 30), (300, 0.9, 90), (40, 0.5, 12), (100, 0.95, 60)],
)
def test_small_tables_are_dealt_into_larger_parts(n, level, n_errors):
    """As many models as asked for, whatever the size, and three errors beyond the intervals where there can be."""
    Counting.fits = 0
    rows = planted(n, 3)
    reliability = learn(rows, Counting(), n_random=3, n_groups=2, level=level)
    assert len(reliability.intervals.scores[RANDOM].values) == n_errors
    assert Counting.fits == 5


class Counting(Ridge):
    """Counts how often it is fitted."""

    fits = 0

    def fit(self, X, y):
        Counting.fits += 1
        return super().fit(X, y)


class Exact(RegressorMixin, BaseEstimator):
    """Knows the answer, or misses it by a little."""

    def __init__(self, answer: str = "answer", miss: float = 0.0) -> None:
        self.answer = answer
        self.miss = miss

    def fit(self, X, y):
        self.is_fitted_ = True
        return self

    def predict(self, X):
        return X[self.answer].to_numpy() + self.miss


@pytest.mark.parametrize("n", [20, 200])
def test_a_perfect_model_is_believed(n):
    rows = planted(n, 6)
    rows = Rows(rows.X.assign(answer=rows.y), rows.y, rows.elements)
    reliability = learn(rows, Exact())
    verdict, _ = judged(reliability, rows, rows, Exact())
    assert np.all(np.isfinite(verdict.expected) & (verdict.expected > 0))
    np.testing.assert_array_equal(verdict.lower, rows.y)
    np.testing.assert_array_equal(verdict.upper, rows.y)
    assert verdict.inside.all()  # there is no place where it fails
    assert reliability.intervals.scores[ELEMENTS].inflation == 1.0
    json.dumps(reliability.facts(), allow_nan=False)


@pytest.mark.parametrize("miss", [1e-15, 1e-150, 1e150])
def test_errors_that_are_all_alike(miss):
    rows = planted(100, 6)
    rows = Rows(rows.X.assign(answer=rows.y * min(miss, 1.0)), rows.y * min(miss, 1.0), rows.elements)
    verdict, _ = judged(learn(rows, Exact(miss=miss)), rows, rows, Exact(miss=miss))
    assert np.all(np.isfinite(verdict.upper) & (verdict.upper > verdict.lower))
    assert verdict.inside.all()
    np.testing.assert_allclose(verdict.upper - verdict.lower, 2 * miss, rtol=0.2)


def test_a_constant_target():
    rows = planted(80, 6)
    rows = Rows(rows.X, np.full(80, 2.0), rows.elements)
    verdict, _ = judged(learn(rows, KNeighborsRegressor(3)), rows, rows, KNeighborsRegressor(3))
    assert verdict.lower.tolist() == verdict.upper.tolist() == [2.0] * 80
    assert np.all(np.isfinite(verdict.distance))


# Weights


def test_rows_of_weight_zero_count_for_nothing():
    rows, new = planted(140, 8), planted(30, 9)
    wild = Rows(rows.X, np.where(np.arange(140) < 100, rows.y, 1e6), rows.elements)
    weight = np.where(np.arange(140) < 100, 1.0, 0.0)
    one, two = learn(wild, weight=weight), learn(rows.of(range(100)))
    prediction, spread = np.zeros(30), np.ones(30)
    a, b = (each.judge(new.X, new.elements, prediction, spread) for each in (one, two))
    for name in ("lower", "upper", "expected", "distance", "novel", "inside"):
        assert getattr(a, name).tobytes() == getattr(b, name).tobytes(), name
    assert a.reasons == b.reasons
    assert one.facts() == two.facts()


def test_an_element_of_rows_of_weight_zero_is_new():
    rows = planted(60, 8)
    elements = [row | {"Tc"} if i == 0 else row for i, row in enumerate(rows.elements)]
    reliability = learn(Rows(rows.X, rows.y, elements), weight=np.r_[0.0, np.ones(59)])
    assert "Tc" not in reliability.domain.elements_


def test_errors_of_heavy_rows_set_the_width():
    rows = planted(200, 10, noisy="Cs")
    cesium = np.array(["Cs" in row for row in rows.elements])
    heavy, light = (learn(rows, weight=np.where(cesium, at, 1.0)) for at in (30.0, 0.03))
    widths = [each.intervals.scores[RANDOM].quantile(0.9) for each in (light, heavy)]
    assert widths[1] > 1.3 * widths[0]


def test_weights_that_are_all_the_same_are_none():
    rows, line = planted(80, 10), make_pipeline(StandardScaler(), LinearRegression())
    one, two = learn(rows, line), learn(rows, line, weight=np.full(80, 3.0))
    for name in (RANDOM, ELEMENTS):
        quantiles = [each.intervals.scores[name].quantile(0.9) for each in (one, two)]
        assert quantiles[0] == pytest.approx(quantiles[1], rel=1e-6)


# Beside


def test_a_model_that_knows_fewer_rows():
    rows, reliability = learned()
    some = rows.of(np.flatnonzero(["F" not in row for row in rows.elements]))
    fewer = reliability.without(
        some.X, some.y, some.elements, features=FunctionTransformer(), kinds={"T_K": "number"}, seed=1
    )
    assert fewer.domain.elements_ == reliability.domain.elements_ - {"F"}
    assert fewer.intervals is reliability.intervals
    assert fewer.difficulty is reliability.difficulty
    assert (fewer.most_expected, fewer.most_distant) == (reliability.most_expected, reliability.most_distant)
    assert fewer.neighbor_targets.tolist() == some.y[fewer.domain.reference_rows_].tolist()
    assert set(fewer.neighbor_errors) == {reliability.difficulty.mean_}
    verdict, _ = judged(fewer, some, rows)
    fluorides = np.array(["F" in row for row in rows.elements])
    assert verdict.novel.tolist() == fluorides.tolist()
    assert not verdict.inside[fluorides].any()


def test_the_same_seed_gives_the_same():
    rows, one = learned()
    two, other = learn(rows), learn(rows, seed=1)
    new = planted(40, 12)
    verdicts = [judged(each, rows, new)[0] for each in (one, two, other)]
    for name in ("lower", "upper", "expected", "distance"):
        values = [getattr(verdict, name).tobytes() for verdict in verdicts]
        assert values[0] == values[1]
    assert verdicts[0].lower.tobytes() != verdicts[2].lower.tobytes()
    assert one.facts() == two.facts()


def test_facts_are_plain():
    _, reliability = learned()
    facts = reliability.facts()
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert facts["calibrated_on"][RANDOM] == 75  # five parts of ten
    assert facts["calibrated_on"][ELEMENTS] >= 50
    assert 1.0 <= facts["inflation"][ELEMENTS] <= 2.0
    assert facts["inflation"][RANDOM] == 1.0
    assert replace(reliability, most_distant=math.inf).facts()["most_distant"] is None


def test_a_single_row_and_a_level_of_choice():
    rows, reliability = learned()
    one = rows.of([3])
    verdict, _ = judged(reliability, rows, one)
    wide, _ = judged(learn(rows, level=0.95), rows, one)
    assert verdict.lower.shape == verdict.inside.shape == (1,)
    assert wide.upper[0] - wide.lower[0] > verdict.upper[0] - verdict.lower[0]


def test_the_floor_is_that_of_the_model():
    rows = planted(60, 13)
    floored = Blend([("line", Ridge())], [1.0], 1.5)
    reliability = learn(rows, floored)
    assert reliability.intervals.floor == 1.5
    assert judged(reliability, rows, rows, floored)[0].lower.min() == 1.5
    assert learned()[1].intervals.floor is None


def test_a_model_without_members_has_no_spread():
    rows = planted(70, 14)
    prediction, spread = predict_with_spread(Ridge().fit(rows.X, rows.y), rows.X)
    assert np.isnan(spread).all()
    assert prediction.shape == (70,)
    verdict, _ = judged(learn(rows, Ridge()), rows, rows, Ridge())
    assert np.all(np.isfinite(verdict.expected))


def test_a_selector_spreads_as_what_it_chose():
    """Expected errors are learned from the spread of the blend: a selector that hid it would seem to be surer."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 2)), rng.normal(size=60)
    pair = [("line", LinearRegression()), ("trees", ExtraTreesRegressor(5, random_state=0))]
    selector = CandidateSelector(pair, cv=2).fit(X, y)
    selector.model_ = Blend(pair, [0.5, 0.5]).fit(X, y)
    prediction, spread = predict_with_spread(selector, X)
    np.testing.assert_array_equal(prediction, selector.model_.predict(X))
    np.testing.assert_array_equal(spread, selector.model_.spread(X))
    assert np.all(np.isfinite(spread))
