"""Calibrated probabilities: scikit-learn's where definitions agree, never worse by choice, never 0."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss, roc_auc_score

from matterlearn.core.errors import ArgumentError, ModelFileError
from matterlearn.models.decisions import ProbabilityCalibrator
from matterlearn.models.decisions.calibration import LEAST_ROWS
from matterlearn.models.decisions.folds import dealt_folds

METHODS = ("none", "temperature", "sigmoid", "isotonic")


class Said(ClassifierMixin, BaseEstimator):
    """A classifier whose probabilities are its input."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.asarray(X)

    def predict(self, X):
        return self.classes_[np.argmax(X, axis=1)]


class SaidInOdds(Said):
    """One that answers with log-odds, as the curve of Platt takes them."""

    def decision_function(self, X):
        P = np.asarray(X)
        return np.log(P[:, 1] / P[:, 0]) if P.shape[1] == 2 else np.log(P / (1 - P))


def of_scikit_learn(model, method, P, codes, weight, new):
    frozen = FrozenEstimator(model.fit(P, codes))
    fitted = CalibratedClassifierCV(frozen, method=method).fit(P, codes, sample_weight=weight)
    assert len(fitted.calibrated_classifiers_) == 1  # learned on all rows at once
    return fitted.predict_proba(new)


def said_and_true(n, n_classes, *, sharpness=2.5, seed=0):
    """Probabilities that are too sure by a factor on the logarithms, and classes."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, n_classes)) * 1.5
    codes = (softmax(logits, axis=1).cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    return softmax(sharpness * logits, axis=1), codes


FROZEN = pytest.mark.filterwarnings("ignore:Since FrozenEstimator does not appear to accept sample_weight")


@FROZEN
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("weighted", [False, True])
def test_temperature_and_sigmoid_are_those_of_scikit_learn(n_classes, weighted):
    P, codes = said_and_true(300, n_classes)
    new = said_and_true(100, n_classes, seed=1)[0]
    weight = np.random.default_rng(2).integers(1, 4, 300).astype(float) if weighted else None
    for method, model in (("temperature", Said()), ("sigmoid", SaidInOdds())):
        ours = ProbabilityCalibrator(method).fit(P, codes, weight).transform(new)
        np.testing.assert_allclose(ours, of_scikit_learn(model, method, P, codes, weight, new), atol=2e-6)


@FROZEN
@pytest.mark.parametrize("n_classes", [2, 4])
def test_isotonic_is_that_of_scikit_learn_but_for_zero_and_one(n_classes):
    P, codes = said_and_true(400, n_classes)
    new = said_and_true(200, n_classes, seed=1)[0]
    weight = np.random.default_rng(2).integers(1, 4, 400).astype(float)
    ours = ProbabilityCalibrator("isotonic").fit(P, codes, weight).transform(new)
    theirs = of_scikit_learn(Said(), "isotonic", P, codes, weight, new)
    assert (theirs == 0).any()  # an infinite log loss in waiting
    assert ours.min() > 0
    if n_classes == 2:
        inside = (theirs > 0.03) & (theirs < 0.97)
        np.testing.assert_allclose(ours[inside], theirs[inside], atol=1e-9)
        assert inside.mean() > 0.5
        for end in (theirs[:, 1] == 0, theirs[:, 1] == 1):
            assert len(np.unique(ours[end, 1])) == 1
    else:
        inside = (theirs.min(axis=1) > 0.03) & (theirs.max(axis=1) < 0.97)
        np.testing.assert_allclose(ours[inside], theirs[inside], atol=1e-9)
        assert inside.sum() > 10
        assert np.abs(ours - theirs).max() < 0.05


def test_isotonic_step_of_no_row_is_the_rule_of_succession():
    p = np.repeat([0.1, 0.5, 0.9], [38, 40, 22])
    codes = np.concatenate([np.zeros(38), np.tile([0, 1], 20), np.ones(22)]).astype(int)
    calibrator = ProbabilityCalibrator("isotonic").fit(np.column_stack([1 - p, p]), codes)
    found = calibrator.transform([[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]])[:, 1]
    np.testing.assert_allclose(found, [1 / 40, 0.5, 1 - 1 / 24])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_temperature_is_the_minimum_found_by_another_road(n_classes):
    P, codes = said_and_true(200, n_classes)
    weight = np.random.default_rng(1).random(200)

    def loss(power):
        return log_loss(codes, softmax(power[0] * np.log(P), axis=1), sample_weight=weight)

    best = minimize(loss, [1.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14}).x[0]
    arrays, _ = ProbabilityCalibrator("temperature").fit(P, codes, weight).to_arrays()
    assert arrays["power"][0] == pytest.approx(best, abs=1e-5)
    assert 0.3 < best < 0.6  # 1 / 2.5


def test_repaired_on_fresh_rows():
    P, codes = said_and_true(600, 3)
    fresh, fresh_codes = said_and_true(4000, 3, seed=5)
    before = log_loss(fresh_codes, fresh)
    for method in METHODS[1:]:
        after = log_loss(fresh_codes, ProbabilityCalibrator(method).fit(P, codes).transform(fresh))
        assert after < 0.8 * before
    chosen = ProbabilityCalibrator().fit(P, codes)
    assert chosen.method_ == "temperature"
    assert set(chosen.losses_) == set(METHODS)
    assert chosen.losses_["temperature"] < chosen.losses_["none"] < 2


def test_what_is_calibrated_is_left_alone():
    kept = [ProbabilityCalibrator().fit(*said_and_true(300, 2, sharpness=1.0, seed=s)).method_ for s in range(20)]
    assert kept.count("none") >= 16  # within one standard error five times in six


def test_auto_sees_a_shape_that_only_steps_have():
    rng = np.random.default_rng(0)
    p = rng.random(4000)
    truth = np.where(p < 0.3, 0.05, np.where(p < 0.7, 0.9, 0.95))
    codes = (rng.random(4000) < truth).astype(int)
    assert ProbabilityCalibrator().fit(np.column_stack([1 - p, p]), codes).method_ == "isotonic"


def test_auto_sees_a_shift_that_no_temperature_mends():
    rng = np.random.default_rng(1)
    odds = rng.normal(scale=1.5, size=1500)
    codes = (rng.random(1500) < expit(odds + 1.5)).astype(int)
    chosen = ProbabilityCalibrator().fit(np.column_stack([expit(-odds), expit(odds)]), codes)
    assert chosen.method_ == "sigmoid"
    arrays, _ = chosen.to_arrays()
    assert arrays["offset"][0] == pytest.approx(1.5, abs=0.25)
    assert arrays["slope"][0] == pytest.approx(1.0, abs=0.25)


def test_zeros_that_happened_are_mended():
    # As a forest of ten trees says it: in tenths, and once what all trees ruled out is true.
    rng = np.random.default_rng(2)
    p = np.round(expit(rng.normal(scale=3, size=200)), 1)
    codes = (rng.random(200) < p).astype(int)
    p[0], codes[0] = 0.0, 1
    P = np.column_stack([1 - p, p])
    chosen = ProbabilityCalibrator().fit(P, codes)
    assert chosen.method_ != "none"
    assert chosen.transform(P).min() > 1e-4
    assert log_loss(codes, chosen.transform(P)) < log_loss(codes, P)
    assert ProbabilityCalibrator("none").fit(P, codes).transform(P).min() == 0  # as asked
    kept = P[np.arange(200), codes] > 0  # what was ruled out has not happened so far: it may
    lucky = ProbabilityCalibrator().fit(P[kept], codes[kept])
    assert lucky.transform(P).min() > 1e-4
    assert log_loss(codes, lucky.transform(P)) < log_loss(codes, P)


def test_order_is_kept_and_never_reversed():
    P, codes = said_and_true(200, 2)
    for method in ("temperature", "sigmoid"):
        better = ProbabilityCalibrator(method).fit(P, codes).transform(P)
        assert roc_auc_score(codes, better[:, 1]) == roc_auc_score(codes, P[:, 1])
        wrong = ProbabilityCalibrator(method).fit(P, 1 - codes).transform(P)  # worse than chance
        assert np.all(np.diff(wrong[np.argsort(P[:, 1], kind="stable"), 1]) >= -1e-12)
    steps = ProbabilityCalibrator("isotonic").fit(P, codes).transform(P)
    assert np.all(np.diff(steps[np.argsort(P[:, 1], kind="stable"), 1]) >= 0)


@pytest.mark.parametrize("method", ["auto", *METHODS])
def test_few_rows_or_one_class_leave_it(method):
    P, codes = said_and_true(LEAST_ROWS, 3)
    few = ProbabilityCalibrator(method).fit(P[:-1], codes[:-1])
    one = ProbabilityCalibrator(method).fit(P, np.full(LEAST_ROWS, 2))
    weightless = ProbabilityCalibrator(method).fit(P, codes, np.arange(LEAST_ROWS) > 0)
    for calibrator in (few, one, weightless):
        assert calibrator.method_ == "none"
        np.testing.assert_array_equal(calibrator.transform(P), P)
        assert calibrator.transform(P) is not P
    if method not in ("auto", "none"):
        assert ProbabilityCalibrator(method).fit(P, codes).method_ == method


@given(
    st.integers(1, 4),
    st.sampled_from(["random", "constant", "hard", "ties"]),
    st.sampled_from(["random", "one class", "as said", "never as said"]),
    st.sampled_from(["auto", *METHODS]),
    st.integers(0, 3),
)
@settings(deadline=None, max_examples=60)
def test_degenerate_rows_give_probabilities(n_classes, said, true, method, seed):
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(np.ones(n_classes), size=40)
    if said == "constant":
        P = np.full((40, n_classes), 1 / n_classes)
    elif said == "hard":
        P = np.eye(n_classes)[rng.integers(0, n_classes, 40)]
    elif said == "ties":
        P = P[rng.integers(0, 3, 40)]
    codes = {
        "random": rng.integers(0, n_classes, 40),
        "one class": np.zeros(40, dtype=int),
        "as said": P.argmax(axis=1),
        "never as said": P.argmin(axis=1),
    }[true]
    weight = rng.integers(0, 2, 40) + (rng.random(40) < 0.5)
    calibrator = ProbabilityCalibrator(method).fit(P, codes, weight if seed % 2 else None)
    new = np.vstack([P, np.eye(n_classes), rng.dirichlet(np.ones(n_classes), size=5)])
    better = calibrator.transform(new)
    np.testing.assert_allclose(better.sum(axis=1), 1.0)
    assert better.min() >= 0
    if calibrator.method_ != "none" and n_classes > 1:
        assert better.min() > 0
    arrays, facts = calibrator.to_arrays()
    again = ProbabilityCalibrator.from_arrays(arrays, json.loads(json.dumps(facts)))
    np.testing.assert_array_equal(again.transform(new), better)
    assert again.to_arrays()[1] == facts


def test_rows_of_weight_zero_count_nothing():
    P, codes = said_and_true(200, 3)
    kept = np.random.default_rng(3).random(200) < 0.6
    for method in ("auto", *METHODS):
        a = ProbabilityCalibrator(method).fit(P, codes, kept.astype(float))
        b = ProbabilityCalibrator(method).fit(P[kept], codes[kept])
        assert (a.method_, a.losses_) == (b.method_, b.losses_)
        np.testing.assert_array_equal(a.transform(P), b.transform(P))


def test_folds_hold_every_class_evenly():
    codes = np.random.default_rng(0).choice(4, 203, p=[0.5, 0.3, 0.15, 0.05])
    fold = dealt_folds(codes, 5)
    for k in range(4):
        assert np.ptp(np.bincount(fold[codes == k], minlength=5)) <= 1
    assert np.ptp(np.bincount(fold)) <= 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c, P, y: ProbabilityCalibrator("platt").fit(P, y), "method: unknown calibration 'platt'; known: auto"),
        (lambda c, P, y: ProbabilityCalibrator().transform(P), "ProbabilityCalibrator: it is not fitted; call fit"),
        (lambda c, P, y: c.transform(np.eye(3)), "P: 3 classes, but calibrated on 2"),
        (lambda c, P, y: c.fit(2 * P, y), "P: "),
        (lambda c, P, y: c.fit(P, y + 1), "codes: 2 is no position among 2 classes"),
        (lambda c, P, y: c.fit(P, y, -np.ones(40)), "weight: a weight is negative"),
        (lambda c, P, y: c.fit(P, y, np.zeros(40)), "weight: every weight is 0"),
        (lambda c, P, y: c.fit(P, y, np.ones(3)), "weight: must have the shape"),
    ],
)
def test_nonsense_is_named(change, message):
    P, codes = said_and_true(40, 2)
    with pytest.raises(ArgumentError, match=f"^{message}"):
        change(ProbabilityCalibrator().fit(P, codes), P, codes)


NAN = np.array([np.nan])
CRAFTED = [
    ("temperature", {"power": np.array([-1.0])}, {}),
    ("temperature", {"power": np.array([1e9])}, {}),
    ("temperature", {"power": np.array([1.0, 1.0])}, {}),
    ("temperature", {"power": NAN}, {}),
    ("temperature", {"power": np.array([1], dtype=int)}, {}),
    ("temperature", {"power": None}, {}),
    ("temperature", {"floor": np.array([0.0])}, {}),
    ("temperature", {"extra": np.array([0.0])}, {}),
    ("sigmoid", {"slope": np.array([-1.0, 1.0, 1.0])}, {}),
    ("sigmoid", {"slope": np.array([1.0])}, {}),
    ("sigmoid", {"offset": np.array([1.0, 1.0, np.inf])}, {}),
    ("sigmoid", {"floor": None}, {}),
    ("isotonic", {"low": np.zeros(3)}, {}),
    ("isotonic", {"high": np.full(3, 1.5)}, {}),
    ("isotonic", {"sizes": np.array([1e9, 1.0, 1.0])}, {}),
    ("isotonic", {"sizes": np.array([1.5, 1.5, 1.0])}, {}),
    ("isotonic", {"knots": "reversed"}, {}),
    ("isotonic", {"values": "reversed"}, {}),
    ("isotonic", {"values": np.zeros((2, 2))}, {}),
    ("none", {"power": np.array([1.0])}, {}),
    ("none", {}, {"method": "os.system"}),
    ("none", {}, {"method": ["none"]}),
    ("none", {}, {"asked": None}),
    ("none", {}, {"n_classes": 0}),
    ("none", {}, {"n_classes": True}),
    ("none", {}, {"n_classes": "3"}),
    ("none", {}, {"losses": {"none": float("nan")}}),
    ("none", {}, {"losses": {"none": "0"}}),
    ("none", {}, {"losses": [1]}),
    ("sigmoid", {}, {"n_classes": 2}),
    ("sigmoid", {}, {"method": "isotonic"}),
]


@pytest.mark.parametrize(("method", "arrays", "facts"), CRAFTED)
def test_crafted_numbers_are_refused(method, arrays, facts):
    good, told = ProbabilityCalibrator(method).fit(*said_and_true(100, 3)).to_arrays()
    ProbabilityCalibrator.from_arrays(good, told)
    bad = {**good, **{name: good[name][::-1].copy() if isinstance(x, str) else x for name, x in arrays.items()}}
    with pytest.raises(ModelFileError, match=r"the calibration of its probabilities makes no sense; do not use"):
        ProbabilityCalibrator.from_arrays(bad, {**told, **facts})
