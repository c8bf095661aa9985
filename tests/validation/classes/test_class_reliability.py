"""Calibration, decisions and refusals learned inside training rows, whatever these look like."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import FunctionTransformer

from matterlearn.core.errors import ArgumentError, DataError
from matterlearn.models.class_blend import class_probabilities
from matterlearn.validation.classes.metrics import log_loss
from matterlearn.validation.classes.reliability import Decision, learn_class_reliability
from matterlearn.workflow.fit import fit
from matterlearn.workflow.plan import Plan

COLUMNS = FunctionTransformer(feature_names_out="one-to-one")


def learned(X, codes, n_classes, *, decision=None, weight=None, elements=None, seed=0, model=None):
    frame = pd.DataFrame(X, columns=[f"x{k}" for k in range(X.shape[1])])
    return frame, learn_class_reliability(
        model or GaussianNB(),
        frame,
        codes,
        classes=[str(k) for k in range(n_classes)],
        elements=elements or [frozenset()] * len(frame),
        duplicates=np.arange(len(frame)),
        features=COLUMNS,
        kinds=dict.fromkeys(frame.columns, "number"),
        decision=decision or Decision(),
        weight=weight,
        n_random=5,
        seed=seed,
    )


def judged(X, frame, codes, reliability, n_classes):
    model = GaussianNB().fit(frame, codes)
    new = pd.DataFrame(X, columns=frame.columns)
    raw = class_probabilities(model, new, np.arange(n_classes))
    return reliability.judge(new, [frozenset()] * len(new), raw)


def shifted(n, n_columns, n_classes, seed, gap=1.0):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, n_classes, n)
    return rng.normal(size=(n, n_columns)) + gap * codes[:, None] * (np.arange(n_columns) < 2), codes


@settings(max_examples=25)
@given(
    n=st.integers(20, 60),
    n_columns=st.integers(1, 80),
    n_classes=st.integers(2, 4),
    seed=st.integers(0, 1000),
    digits=st.sampled_from([0, 1, 6]),
    constant=st.booleans(),
    lonely=st.booleans(),
)
def test_any_table_gives_probabilities_decisions_and_reasons(n, n_columns, n_classes, seed, digits, constant, lonely):
    X, codes = shifted(n, n_columns, n_classes, seed)
    X = X.round(digits)
    if constant:
        X[:, -1] = 3.0
    if lonely:  # a class with two rows: some folds lack it
        codes = np.where(codes == n_classes - 1, 0, codes)
        codes[:2] = n_classes - 1
    codes[: 2 * n_classes : 2] = np.arange(n_classes)
    if len(np.unique(X.round(6), axis=0)) < 3:
        return
    frame, reliability = learned(X, codes, n_classes, seed=seed)
    verdict = judged(np.vstack([X[:5], X[:1] + 1e6]), frame, codes, reliability, n_classes)
    np.testing.assert_allclose(verdict.probabilities.sum(axis=1), 1, atol=1e-9)
    assert np.isfinite(verdict.probabilities).all()
    assert (verdict.rejected == np.array([bool(reason) for reason in verdict.reasons])).all()
    assert (verdict.level_needed < 1).all()
    assert verdict.rejected[-1] or (constant and n_columns == 1)
    assert verdict.reasons[-1].startswith(("far from", "x")) or not verdict.rejected[-1]
    assert reliability.priors.sum() == pytest.approx(1)


def test_calibration_mends_a_model_that_is_too_sure():
    X, codes = shifted(600, 40, 2, seed=1, gap=0.4)
    X = np.repeat(X[:, :10], 8, axis=1)  # copies of columns make naive Bayes far too sure
    frame, reliability = learned(X[:300], codes[:300], 2)
    verdict = judged(X[300:], frame, codes[:300], reliability, 2)
    raw, found = (log_loss(codes[300:], part) for part in (verdict.raw, verdict.probabilities))
    assert reliability.calibrators["random folds"].method_ != "none"
    assert found < 0.8 * raw


def test_promises_hold_on_rows_that_chose_nothing():
    errors, answered, covered = [], [], []
    for seed in range(12):
        X, codes = shifted(700, 4, 2, seed=100 + seed, gap=1.2)
        frame, reliability = learned(X[:200], codes[:200], 2, decision=Decision(error_rate=0.1), seed=seed)
        verdict = judged(X[200:], frame, codes[:200], reliability, 2)
        kept = ~verdict.rejected
        answered.append(kept.mean())
        errors.append((verdict.decided != codes[200:])[kept].mean() if kept.any() else 0.0)
        needed = verdict.level_needed[np.arange(500), codes[200:]]
        covered.append([(needed <= 0.9)[codes[200:] == k].mean() for k in range(2)])
    assert 0.3 < np.mean(answered) < 0.95
    assert np.mean(errors) < 0.11
    assert np.all(np.mean(covered, axis=0) > 0.88)
    assert np.all(np.mean(covered, axis=0) < 0.95)


def test_rows_without_weight_teach_nothing():
    X, codes = shifted(80, 3, 2, seed=4)
    weight = np.where(np.arange(80) < 60, 1.0, 0.0)
    garbage = X.copy()
    garbage[60:] = 1e3
    first = learned(X, codes, 2, weight=weight)[1]
    second = learned(garbage, np.where(weight > 0, codes, 1 - codes), 2, weight=weight)[1]
    assert first.facts() == second.facts()


def test_unseen_elements_have_a_calibration_of_their_own():
    rng = np.random.default_rng(0)
    names = np.array(["Li", "Na", "K", "Mg", "Ca"])
    who = rng.integers(0, 5, 300)
    codes = rng.integers(0, 2, 300)
    # What the columns say of the class is turned round for some elements.
    X = np.column_stack([who, codes * np.where(who < 2, 1.0, -1.0) + rng.normal(0, 0.3, 300)]).astype(float)
    elements = [frozenset([str(names[k]), "O"]) for k in who]
    frame, reliability = learned(X, codes, 2, elements=elements)
    assert set(reliability.calibrators) == {"random folds", "element groups"}
    raw = class_probabilities(GaussianNB().fit(frame, codes), frame[:4], np.arange(2))
    known, novel = (reliability.judge(frame[:4], [frozenset(pair)] * 4, raw) for pair in (("Li", "O"), ("Zr", "O")))
    assert set(known.calibrated_on) == {"random folds"}
    assert set(novel.calibrated_on) == {"element groups"}
    assert novel.rejected.all()
    assert novel.reasons[0].startswith("Zr not in training")


@settings(max_examples=6)
@given(
    n=st.integers(24, 40),
    n_columns=st.integers(1, 60),
    seed=st.integers(0, 99),
    fault=st.sampled_from(
        ["none", "empty column", "constant column", "missing cells", "copies", "one class in a half"]
    ),
)
def test_a_fit_answers_or_says_why_not(n, n_columns, seed, fault):
    X, codes = shifted(n, n_columns, 2, seed)
    codes[:20] = np.arange(20) % 2
    table = pd.DataFrame(X, columns=[f"x{k}" for k in range(n_columns)])
    table["t"] = np.where(codes == 1, "ill", "well")
    if fault == "empty column":
        table["empty"] = np.nan
    elif fault == "constant column":
        table["same"] = 1.0
    elif fault == "missing cells":
        table.loc[[0, n - 1], "x0"] = np.nan
    elif fault == "copies":
        table.loc[n // 2 :, table.columns[:-1]] = table.loc[: n - n // 2 - 1, table.columns[:-1]].to_numpy()
    elif fault == "one class in a half":
        table = table.sort_values("t", ignore_index=True)
    plan = Plan(("nb",), ("random",), 3, 2, 2, 2, 2, 0)
    try:
        result = fit(table, "t", inputs=["*"], models={"nb": GaussianNB()}, plan=plan, workers=1)
    except (ArgumentError, DataError) as error:
        said = str(error)
    else:
        said = ""
    if said:
        assert "\n" not in said
        assert "too few" in said or "fewer than" in said
        return
    scores = result.evidence.scores().query("model == 'model' and split == 'random'").iloc[0]
    assert scores["log_loss"] > 0
    found = result.model.predict(table)
    read = found["prediction"].notna()
    assert set(found["prediction"][read]) <= {"ill", "well"}
    assert (~read).sum() == (2 if fault == "missing cells" else 0)
    assert found["rejected"][~read].all()
