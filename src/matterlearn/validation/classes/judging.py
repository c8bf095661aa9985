"""Carrying out one item of a protocol's work where the target is a class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from matterlearn.core.parallel import item_seed
from matterlearn.models.class_blend import class_probabilities
from matterlearn.models.class_selection import ClassSelector
from matterlearn.models.weighting import fit_weighted
from matterlearn.validation.classes.explaining import explain_class_fold
from matterlearn.validation.classes.fitted import FittedClasses
from matterlearn.validation.classes.reliability import ClassReliability, indicators, learn_class_reliability
from matterlearn.validation.evidence import prediction_rows
from matterlearn.validation.jobs import (
    MODEL,
    SHUFFLED,
    FinalJob,
    FoldJob,
    Result,
    Rows,
    Settings,
    common_columns,
    fit_baseline,
    fit_of_rows,
    fold_facts,
)
from matterlearn.validation.seeding import chosen_model, selection_facts


def judge_class_fold(job: FoldJob) -> Result:
    """Judge a classifier on the rows of a fold."""
    settings, fold = job.settings, job.fold
    train, test = job.rows.of(fold.train), job.rows.of(fold.test)
    seed = item_seed(settings.seed, train.target, fold.split, fold.repeat, fold.number)
    common, facts = common_columns(test, fold), fold_facts(test.target, fold)
    if job.fitted is None:
        model = fit_of_rows(job.model, train, train.codes, seed)
        reliability = _reliability(chosen_model(model), train, settings, seed)
    else:
        model = fit_weighted(clone(job.fitted.estimator), train.X, train.codes, train.weight)
        reliability = job.fitted.reliability.without(
            train.X, train.codes, train.elements, features=settings.features, kinds=train.kinds, seed=seed
        )
    predictions = [_model_rows(model, reliability, test, "model", common)]
    for name, baseline in settings.baselines.items():
        predictions.append(_baseline_rows(fit_baseline(baseline, train, train.codes), name, test, common))
    if settings.shuffled:
        order = np.random.default_rng(item_seed(seed, "shuffled")).permutation(len(train.y))
        shuffled = fit_baseline(chosen_model(model), train, train.codes[order])
        predictions.append(_baseline_rows(shuffled, SHUFFLED, test, common))
    diagnostics = explain_class_fold(job, model, train, test, seed) if job.explain else {}
    facts |= {**selection_facts(model), **reliability.facts()}
    return Result(pd.concat(predictions, ignore_index=True), facts, diagnostics)


def fit_all_classes(job: FinalJob) -> Result:
    """Fit a classifier on all rows."""
    settings, rows = job.settings, job.rows
    seed = item_seed(settings.seed, rows.target, "final")
    model = fit_of_rows(job.model, rows, rows.codes, seed)
    reliability = _reliability(chosen_model(model), rows, settings, seed)
    estimator = model.model_ if isinstance(model, ClassSelector) else model
    return Result(
        _model_rows(estimator, reliability, rows, "train", common_columns(rows, None)),
        {"target": rows.target, **selection_facts(model), **reliability.facts()},
        fitted=FittedClasses(rows.target, rows.classes, estimator, reliability),
    )


def _reliability(model: Any, rows: Rows, settings: Settings, seed: int) -> ClassReliability:
    return learn_class_reliability(
        model,
        rows.X,
        rows.codes,
        classes=rows.classes,
        elements=rows.elements,
        duplicates=rows.duplicates,
        features=settings.features,
        kinds=rows.kinds,
        decision=settings.decision,
        weight=rows.weight,
        level=settings.level,
        n_random=settings.calibration_folds,
        n_groups=settings.calibration_splits,
        seed=seed,
    )


def _model_rows(
    model: Any, reliability: ClassReliability, rows: Rows, role: str, common: Mapping[str, Any]
) -> pd.DataFrame:
    n_classes = len(rows.classes)
    raw = class_probabilities(model, rows.X, np.arange(n_classes))
    verdict = reliability.judge(rows.X, rows.elements, raw)
    per_row = {
        "calibrated_on": verdict.calibrated_on,
        "difficulty": 1.0 - verdict.confidence,
        "domain": verdict.distance,
        "in_domain": verdict.inside,
        "rejected": verdict.rejected,
    }
    return _lines(
        rows,
        common,
        verdict.probabilities,
        verdict.decided,
        model=MODEL,
        role=role,
        raw=raw.ravel(),
        level_needed=verdict.level_needed.ravel(),
        **{name: np.repeat(values, n_classes) for name, values in per_row.items()},
    )


def _baseline_rows(model: Any, name: str, rows: Rows, common: Mapping[str, Any]) -> pd.DataFrame:
    P = class_probabilities(model, rows.X, np.arange(len(rows.classes)))
    return _lines(rows, common, P, np.argmax(P, axis=1), model=name, role="baseline")


def _lines(
    rows: Rows, common: Mapping[str, Any], P: NDArray[np.float64], decided: NDArray[np.intp], **columns: Any
) -> pd.DataFrame:
    """Return the lines of the long table about some rows: one for each row and class."""
    n_classes = len(rows.classes)
    repeated: dict[str, Any] = {
        name: np.repeat(value, n_classes) if isinstance(value, np.ndarray) else value for name, value in common.items()
    }
    return prediction_rows(
        **{**repeated, "y": indicators(rows.codes, n_classes).ravel()},
        of_class=np.tile(np.array(rows.classes, dtype=object), len(P)),
        prediction=P.ravel(),
        decided=indicators(decided, n_classes).ravel().astype(bool),
        **columns,
    )
