from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from matterlearn.core.errors import ArgumentError
from matterlearn.validation import bootstrap as module
from matterlearn.validation.bootstrap import (
    RESAMPLED,
    ResampledScores,
    bootstrap,
    percentile_interval,
    resample_counts,
)
from matterlearn.validation.metrics import METRICS

N = 10
values = st.integers(-8, 8).map(lambda number: number / 2)  # ties, and sums without rounding


def plain_scores(y, prediction, weight, baseline):
    """The scores by the functions that know nothing of resamples; NaN where there is none."""
    found = {name: METRICS[name](y, prediction, weight) for name in ("mae", "rmse", "r2", "spearman")}
    has = np.isfinite(baseline) & (weight > 0)
    trivial = METRICS["mae"](y[has], baseline[has], weight[has]) if has.any() else 0.0
    own = METRICS["mae"](y[has], prediction[has], weight[has]) if has.any() else 0.0
    return {**found, "relative_mae": own / trivial if trivial > 0 else math.nan}


@settings(deadline=None)
@given(
    y=arrays(float, N, elements=values),
    prediction=arrays(float, N, elements=values),
    baseline=arrays(float, N, elements=values | st.just(math.nan)),
    weight=arrays(float, N, elements=st.integers(1, 6).map(lambda number: number / 2)),
)
def test_one_copy_of_everything_is_the_plain_score(y, prediction, baseline, weight):
    scores = ResampledScores(y, prediction, weight=weight, baseline=baseline)(np.ones((N, 1)))
    assert tuple(scores) == RESAMPLED
    for name, expected in plain_scores(y, prediction, weight, baseline).items():
        assert scores[name].shape == (1, 1)
        assert scores[name][0, 0] == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True), name


@settings(deadline=None)
@given(
    y=arrays(float, N, elements=values),
    predictions=arrays(float, (N, 2), elements=values),
    baseline=arrays(float, N, elements=values | st.just(math.nan)),
    unit=arrays(int, N, elements=st.integers(0, 3)),
    counts=arrays(int, (4, 3), elements=st.integers(0, 3)),
)
def test_copies_are_those_of_the_expanded_sample(y, predictions, baseline, unit, counts):
    unit[:4] = range(4)
    found = ResampledScores(y, predictions, unit=unit, baseline=baseline)(counts)
    for resample in range(3):
        drawn = np.repeat(np.arange(N), counts[unit, resample])
        for model in range(2):
            if len(drawn) == 0:
                assert all(math.isnan(scores[resample, model]) for scores in found.values())
                continue
            expected = plain_scores(y[drawn], predictions[drawn, model], np.ones(len(drawn)), baseline[drawn])
            for name, score in expected.items():
                assert found[name][resample, model] == pytest.approx(score, rel=1e-9, abs=1e-12, nan_ok=True), name


@pytest.mark.parametrize("ties", [False, True])
def test_resamples_against_scikit_learn_and_scipy(ties):
    """What the bootstrap returns is what the libraries say of each resample, drawn up row by row."""
    rng = np.random.default_rng(0)
    n = 200
    y = rng.lognormal(size=n) + 1e3  # far from zero: the variance must not drown
    prediction = y + rng.normal(size=n)
    if ties:
        y, prediction = np.round(y, 1), np.round(prediction, 0)
    scores = ResampledScores(y, prediction, baseline=np.full(n, y.mean()))
    found = bootstrap(scores, np.random.default_rng(7), n_resamples=30)
    counts = np.concatenate(list(resample_counts(n, 30, np.random.default_rng(7))), axis=1)
    for resample in range(30):
        drawn = np.repeat(np.arange(n), counts[:, resample].astype(int))
        a, b = y[drawn], prediction[drawn]
        mae = sklearn.metrics.mean_absolute_error(a, b)
        expected = {
            "mae": mae,
            "rmse": sklearn.metrics.root_mean_squared_error(a, b),
            "r2": sklearn.metrics.r2_score(a, b),
            "spearman": scipy.stats.spearmanr(a, b).statistic,
            "relative_mae": mae / sklearn.metrics.mean_absolute_error(a, np.full(n, y.mean())),
        }
        for name, score in expected.items():
            assert found[name][resample, 0] == pytest.approx(score, rel=1e-9), name


def test_intervals_agree_with_those_of_scipy():
    rng = np.random.default_rng(3)
    error = rng.exponential(size=300)
    ours = percentile_interval(
        bootstrap(ResampledScores(np.zeros(300), error), np.random.default_rng(0), n_resamples=4000)["mae"][:, 0]
    )
    theirs = scipy.stats.bootstrap(
        (error,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours[0] == pytest.approx(theirs.low, abs=0.08 * width)
    assert ours[1] == pytest.approx(theirs.high, abs=0.08 * width)


def test_draws_do_not_depend_on_how_many_are_made_at_a_time(monkeypatch):
    rng = np.random.default_rng(5)
    y, prediction = rng.normal(size=(2, 37))
    scores = ResampledScores(y, prediction)
    whole = bootstrap(scores, np.random.default_rng(2), n_resamples=50)
    monkeypatch.setattr(module, "CHUNK", 37 * 7)
    pieces = bootstrap(scores, np.random.default_rng(2), n_resamples=50)
    for name in ("mae", "rmse", "r2", "spearman"):
        np.testing.assert_allclose(pieces[name], whole[name], rtol=1e-12)


def test_counts():
    parts = list(resample_counts(6, 5, np.random.default_rng(0), 4, chunk=2))
    assert [part.shape for part in parts] == [(6, 2), (6, 2), (6, 1)]
    counts = np.concatenate(parts, axis=1)
    assert counts.sum(axis=0).tolist() == [4.0] * 5
    many = np.concatenate(list(resample_counts(6, 4000, np.random.default_rng(1))), axis=1)
    # Each unit is drawn once on average, with the variance 1 - 1/n of a multinomial draw.
    np.testing.assert_allclose(many.mean(axis=1), 1.0, atol=0.06)
    np.testing.assert_allclose(many.var(axis=1), 5 / 6, rtol=0.1)


def test_whole_units_vary_more_than_rows_where_units_differ():
    """Five rows of a unit with one error are one observation, not five."""
    unit = np.repeat(np.arange(20), 5)
    error = np.repeat(np.random.default_rng(0).exponential(size=20), 5)
    y = np.zeros(100)
    spread = {
        name: bootstrap(ResampledScores(y, error, unit=units), np.random.default_rng(1))["mae"].std()
        for name, units in {"rows": None, "units": unit}.items()
    }
    assert spread["units"] == pytest.approx(math.sqrt(5) * spread["rows"], rel=0.1)


def test_fewer_draws_vary_more():
    error = np.random.default_rng(0).exponential(size=40)
    scores = ResampledScores(np.zeros(40), error)
    all_, some = (bootstrap(scores, np.random.default_rng(1), n_drawn=n)["mae"].std() for n in (None, 10))
    assert some == pytest.approx(2 * all_, rel=0.15)


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_to_draw_from(n):
    found = bootstrap(ResampledScores(np.zeros(n), np.ones(n)), np.random.default_rng(0), n_resamples=4)
    for name in RESAMPLED:
        assert found[name].shape == (4, 1)
        assert np.isnan(found[name]).all()


def test_resamples_without_weight_have_no_score():
    scores = ResampledScores([0.0, 1.0, 3.0], [0.5, 1.0, 2.0], weight=[1.0, 0.0, 0.0], baseline=[2.0, 2.0, 2.0])
    found = scores(np.array([[0, 1], [2, 1], [1, 1]]))
    assert np.isnan([found[name][0, 0] for name in RESAMPLED]).all()
    assert found["mae"][1, 0] == 0.5
    assert found["relative_mae"][1, 0] == 0.25


def test_rounding_makes_no_r2_of_equal_values():
    """A resample of the rows whose y is 0.1 has no R2, whatever the weights are."""
    rng = np.random.default_rng(0)
    y = np.r_[np.full(30, 0.1), 5.0]
    scores = ResampledScores(y, y + rng.normal(size=31), weight=rng.uniform(0.1, 3.0, 31))
    counts = np.vstack([rng.integers(0, 4, (30, 200)), np.zeros((1, 200), dtype=int)])
    found = scores(counts)
    assert np.isnan(found["r2"]).all()
    assert np.isnan(found["spearman"]).all()
    assert np.isfinite(found["mae"]).all()


def test_memory_does_not_grow_with_the_number_of_resamples():
    rng = np.random.default_rng(0)
    y, prediction = rng.normal(size=(2, 20_000))
    scores = ResampledScores(y, prediction)
    tracemalloc.start()
    try:
        bootstrap(scores, np.random.default_rng(0), n_resamples=120)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 120e6  # all resamples at once would be 19 MB an array, 1,000 of them 160 MB


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"y": [0.0, math.nan], "prediction": [1.0, 1.0]}, "not finite"),
        ({"y": [0.0, 1.0], "prediction": [1.0, math.inf]}, "not finite"),
        ({"y": [0.0, 1.0], "prediction": [1.0]}, "prediction: 1 values for 2 of y"),
        ({"y": [0.0, 1.0], "prediction": [1.0, 2.0], "weight": [1.0]}, "weight: 1 values for 2 of y"),
        ({"y": [0.0, 1.0], "prediction": [1.0, 2.0], "unit": [0, 2]}, "without a gap"),
        ({"y": [0.0, 1.0], "prediction": [1.0, 2.0], "unit": [-1, 0]}, "without a gap"),
    ],
)
def test_what_cannot_be_resampled(arguments, what):
    with pytest.raises(ArgumentError) as error:
        ResampledScores(**arguments)
    assert what in str(error.value)


def test_percentiles():
    assert percentile_interval([math.nan, 3.0, math.nan]) == (3.0, 3.0)
    assert all(map(math.isnan, percentile_interval([math.nan])))
    assert all(map(math.isnan, percentile_interval([])))
    drawn = np.random.default_rng(0).normal(size=200_000)
    low, high = percentile_interval(drawn)
    assert (low, high) == pytest.approx((-1.96, 1.96), abs=0.02)
    with pytest.raises(ArgumentError, match="strictly between"):
        percentile_interval(drawn, level=95)


@pytest.mark.parametrize("n", [2, 5, 10, 100])
def test_few_units_give_the_interval_of_student(n):
    """Resampled means of n normal numbers are normal with the variance (n - 1) / n s^2 / n."""
    sd = 3.0
    resampled = (
        scipy.stats.norm.ppf((np.arange(2_000_000) + 0.5) / 2_000_000) * sd * math.sqrt((n - 1) / n) / math.sqrt(n)
    )
    found = percentile_interval(resampled, 0.8, n_units=n)
    assert found == pytest.approx(scipy.stats.t.interval(0.8, n - 1, scale=sd / math.sqrt(n)), rel=3e-3)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """Ten groups, each with its own error: 95 % within chance; without expansion it would be 89 %."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        error = rng.lognormal(0.0, 0.4, size=10)
        scores = ResampledScores(np.zeros(10), error)
        low, high = percentile_interval(bootstrap(scores, rng, n_resamples=400)["mae"][:, 0], n_units=10)
        held += low <= math.exp(0.08) <= high
    assert 0.91 <= held / 200 <= 0.99


def test_fewer_than_two_units_tell_nothing():
    assert all(map(math.isnan, percentile_interval([1.0, 2.0], n_units=1)))
