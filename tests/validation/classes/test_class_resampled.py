from __future__ import annotations

import math
import time

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics
from class_tables import probabilities
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.bootstrap import percentile_interval, resample_counts
from matterlearn.validation.classes import metrics
from matterlearn.validation.classes import resampled as module
from matterlearn.validation.classes.resampled import (
    RANKED,
    RESAMPLED,
    SCORES,
    ResampledClassScores,
    bootstrap_classes,
    ranked_resamples,
)

N = 10


def plain_scores(codes, P, decided, baseline, positive, weight=None):
    """The scores by the functions that know nothing of resamples; NaN where there is none."""
    weight = np.ones(len(codes)) if weight is None else weight
    has = np.isfinite(baseline) & (weight > 0)
    trivial = np.average(baseline[has], weights=weight[has]) if has.any() else 0.0
    own = metrics.log_loss(codes[has], P[has], weight[has]) if has.any() else 0.0
    found = {
        **{name: getattr(metrics, name)(codes, P, weight) for name in ("log_loss", "brier")},
        **{name: getattr(metrics, name)(codes, P, weight, positive=positive) for name in RANKED},
        **{
            name: getattr(metrics, name)(codes, decided, weight)
            for name in ("accuracy", "balanced_accuracy", "matthews")
        },
        "f1": metrics.f1(codes, decided, weight, positive=positive),
        "relative_log_loss": own / trivial if trivial > 0 else math.nan,
    }
    assert set(found) == set(RESAMPLED)
    return found


@st.composite
def predictions(draw):
    """Rows of two or three classes by two models, with ties; some have no baseline."""
    k = draw(st.integers(2, 3))
    codes = draw(arrays(int, N, elements=st.integers(0, k - 1)))
    P = draw(arrays(float, (N, 2, k), elements=st.integers(0, 3).map(float)))
    P[..., 0] += P.sum(axis=2) == 0
    decided = draw(arrays(int, (N, 2), elements=st.integers(0, k - 1)))
    baseline = draw(arrays(float, N, elements=st.sampled_from([0.0, 0.5, 2.0, math.nan])))
    positive = draw(st.sampled_from([None, *range(k)]))
    return codes, P / P.sum(axis=2, keepdims=True), decided, baseline, positive


@settings(max_examples=60)
@given(
    predictions(),
    arrays(int, N, elements=st.integers(0, 3)),
    arrays(int, (4, 3), elements=st.integers(0, 3)),
)
def test_copies_are_those_of_the_expanded_sample(drawn, unit, counts):
    codes, P, decided, baseline, positive = drawn
    unit[:4] = range(4)
    found = ResampledClassScores(codes, P, decided, unit=unit, baseline=baseline, positive=positive)(counts)
    assert tuple(found) == RESAMPLED
    for resample in range(3):
        rows = np.repeat(np.arange(N), counts[unit, resample])
        for model in range(2):
            if len(rows) == 0:
                assert all(math.isnan(scores[resample, model]) for scores in found.values())
                continue
            expected = plain_scores(codes[rows], P[rows, model], decided[rows, model], baseline[rows], positive)
            for name, score in expected.items():
                assert found[name][resample, model] == pytest.approx(score, rel=1e-9, abs=1e-12, nan_ok=True), name


@settings(max_examples=60)
@given(predictions(), arrays(float, N, elements=st.integers(1, 6).map(lambda number: number / 2)))
def test_one_copy_of_everything_is_the_plain_score(drawn, weight):
    codes, P, decided, baseline, positive = drawn
    scores = ResampledClassScores(codes, P, decided, weight=weight, baseline=baseline, positive=positive)
    found = scores(np.ones((N, 1)))
    for model in range(2):
        expected = plain_scores(codes, P[:, model], decided[:, model], baseline, positive, weight)
        for name, score in expected.items():
            assert found[name][0, model] == pytest.approx(score, rel=1e-9, abs=1e-12, nan_ok=True), name


@pytest.mark.parametrize("decimals", [None, 0])
def test_resamples_against_scikit_learn(decimals):
    """What the bootstrap returns is what the library says of each resample, drawn up row by row."""
    rng = np.random.default_rng(0)
    n, k = 150, 3
    codes = rng.integers(0, k, n)
    P = probabilities(rng, codes, k, decimals=decimals)
    decided = P.argmax(axis=1)
    scores = ResampledClassScores(codes, P[:, None], decided[:, None])
    found = bootstrap_classes(scores, np.random.default_rng(7), n_resamples=15)
    counts = np.concatenate(list(resample_counts(n, 15, np.random.default_rng(7))), axis=1)
    for resample in range(15):
        rows = np.repeat(np.arange(n), counts[:, resample].astype(int))
        a, p, d = codes[rows], P[rows], decided[rows]
        expected = {
            "log_loss": sklearn.metrics.log_loss(a, p),
            "brier": sklearn.metrics.brier_score_loss(a, p, labels=range(k)),
            "roc_auc": sklearn.metrics.roc_auc_score(a, p, multi_class="ovr"),
            "average_precision": sklearn.metrics.average_precision_score(a, p),
            "accuracy": sklearn.metrics.accuracy_score(a, d),
            "balanced_accuracy": sklearn.metrics.balanced_accuracy_score(a, d),
            "f1": sklearn.metrics.f1_score(a, d, average="macro"),
            "matthews": sklearn.metrics.matthews_corrcoef(a, d),
        }
        assert set(expected) == set(SCORES)
        for name, score in expected.items():
            assert found[name][resample, 0] == pytest.approx(score, rel=1e-9), name


def test_draws_do_not_depend_on_how_many_are_made_at_a_time(monkeypatch):
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 2, 37)
    P = probabilities(rng, codes, 2)
    scores = ResampledClassScores(codes, P[:, None], P.argmax(axis=1)[:, None], positive=1)
    whole = bootstrap_classes(scores, np.random.default_rng(2), n_resamples=50)
    monkeypatch.setattr(module, "CHUNK", 37 * 7)
    pieces = bootstrap_classes(scores, np.random.default_rng(2), n_resamples=50)
    for name in SCORES:
        np.testing.assert_allclose(pieces[name], whole[name], rtol=1e-12)


def test_whole_units_vary_more_than_rows_where_units_differ():
    """Five rows of a unit with one fate are one observation, not five."""
    rng = np.random.default_rng(0)
    codes = np.arange(100) % 2
    right = np.repeat(rng.uniform(size=20) < 0.7, 5)
    decided = np.where(right, codes, 1 - codes)
    P = np.where(np.arange(2) == decided[:, None], 0.9, 0.1)
    spread = {
        name: bootstrap_classes(
            ResampledClassScores(codes, P[:, None], decided[:, None], unit=unit), np.random.default_rng(1)
        )["accuracy"].std()
        for name, unit in {"rows": None, "units": np.repeat(np.arange(20), 5)}.items()
    }
    assert spread["units"] == pytest.approx(math.sqrt(5) * spread["rows"], rel=0.1)


def test_the_interval_of_an_area_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    truth = scipy.stats.norm.cdf(1 / math.sqrt(2))  # P(x + 1 > y) of two normal numbers
    codes = np.repeat([0, 1], [60, 40])
    held = 0
    for _ in range(150):
        p = scipy.stats.norm.cdf(rng.normal(size=100) + codes)
        P = np.stack([1 - p, p], axis=1)
        scores = ResampledClassScores(codes, P[:, None], P.argmax(axis=1)[:, None], positive=1)
        low, high = percentile_interval(bootstrap_classes(scores, rng, n_resamples=300)["roc_auc"][:, 0], n_units=100)
        held += low <= truth <= high
    assert 0.90 <= held / 150 <= 0.99


def test_nothing_to_draw_from():
    scores = ResampledClassScores([0], [[[0.5, 0.5]]], [[1]])
    found = bootstrap_classes(scores, np.random.default_rng(0), n_resamples=4)
    for name in RESAMPLED:
        assert found[name].shape == (4, 1)
        assert np.isnan(found[name]).all()


def test_resamples_of_one_class_have_no_score_that_tells_classes_apart():
    P = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])[:, None]
    found = ResampledClassScores([0, 1, 0], P, [[0], [1], [1]])(np.array([[1, 1], [0, 1], [2, 0]]))
    for name in ("roc_auc", "average_precision", "balanced_accuracy", "matthews"):
        assert math.isnan(found[name][0, 0]), name
        assert found[name][1, 0] == 1.0, name
    assert found["accuracy"][:, 0].tolist() == pytest.approx([1 / 3, 1.0])
    assert found["log_loss"][0, 0] == pytest.approx(-math.log(0.9 * 0.6**2) / 3)


def test_ranked_scores_of_many_classes_are_resampled_less_often(monkeypatch):
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 60)
    P = probabilities(rng, codes, 4)
    scores = ResampledClassScores(codes, P[:, None], P.argmax(axis=1)[:, None])
    assert ranked_resamples(scores, 1000) == 1000
    whole = bootstrap_classes(scores, np.random.default_rng(0), n_resamples=60)
    monkeypatch.setattr(module, "MOST_RANKED", 60 * 4 * 20)
    monkeypatch.setattr(module, "FEWEST_RANKED", 10)
    monkeypatch.setattr(module, "CHUNK", 60)
    assert ranked_resamples(scores, 1000) == 20
    assert ranked_resamples(scores, 7) == 7
    found = bootstrap_classes(scores, np.random.default_rng(0), n_resamples=60)
    for name in SCORES:
        n_known = 20 if name in RANKED else 60
        assert np.isnan(found[name][n_known:]).all()
        np.testing.assert_allclose(found[name][:n_known], whole[name][:n_known], rtol=1e-12)


def test_six_models_of_five_thousand_rows_take_seconds():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2, 5000)
    P = np.stack([probabilities(rng, codes, 2) for _ in range(6)], axis=1)
    scores = ResampledClassScores(codes, P, P.argmax(axis=2), positive=1)
    start = time.process_time()
    bootstrap_classes(scores, np.random.default_rng(0), n_resamples=1000)
    assert time.process_time() - start < 8  # 0.4 s where it was written


GOOD = {"codes": [0, 1], "P": np.full((2, 1, 2), 0.5), "decided": [[0], [1]]}


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"P": np.full((2, 2), 0.5)}, "want \\(n_samples, n_models, n_classes\\) of 2"),
        ({"P": np.full((3, 1, 2), 0.5)}, "of 2 samples"),
        ({"P": np.full((2, 1, 2), 0.6)}, "do not sum to 1"),
        ({"P": np.full((2, 1, 2), math.nan)}, "not finite"),
        ({"decided": [0, 1]}, "decided: shape \\(2,\\), want \\(2, 1\\)"),
        ({"decided": [[0], [2]]}, "not among 2"),
        ({"decided": [[0], [-1]]}, "not among 2"),
        ({"codes": [0, 2]}, "not among 2"),
        ({"positive": 2}, "not among 2"),
        ({"weight": [1.0]}, "weight: shape"),
        ({"weight": [1.0, -1.0]}, "negative"),
        ({"baseline": [1.0]}, "baseline: shape"),
        ({"unit": [0, 2]}, "without a gap"),
        ({"unit": [-1, 0]}, "without a gap"),
    ],
)
def test_what_cannot_be_resampled(arguments, what):
    with pytest.raises(ArgumentError, match=what):
        ResampledClassScores(**{**GOOD, **arguments})
