"""Carrying out one item of a protocol's work: a fold to judge a model on, or the final fit on all rows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from matterlearn.core.parallel import item_seed
from matterlearn.models.selection import CandidateSelector
from matterlearn.models.weighting import fit_weighted
from matterlearn.validation.classes.judging import fit_all_classes, judge_class_fold
from matterlearn.validation.evidence import plain, prediction_rows
from matterlearn.validation.explain.fold import explain_fold
from matterlearn.validation.explain.learning_curve import learning_curve
from matterlearn.validation.fitted import FittedTarget
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
from matterlearn.validation.reliability import Reliability, learn_reliability, predict_with_spread
from matterlearn.validation.seeding import chosen_model, fit_seeded, selection_facts


def run_job(job: FoldJob | FinalJob) -> Result:
    """Compute one item."""
    start = time.perf_counter()
    if job.rows.classes:
        result = fit_all_classes(job) if isinstance(job, FinalJob) else judge_class_fold(job)
    else:
        result = _fit_all(job) if isinstance(job, FinalJob) else _judge_fold(job)
    return Result(
        result.predictions,
        plain(result.facts),
        plain(result.diagnostics),
        result.fitted,
        time.perf_counter() - start,
    )


def _judge_fold(job: FoldJob) -> Result:
    settings, fold = job.settings, job.fold
    train, test = job.rows.of(fold.train), job.rows.of(fold.test)
    seed = item_seed(settings.seed, train.target, fold.split, fold.repeat, fold.number)
    common, facts = common_columns(test, fold), fold_facts(test.target, fold)
    if job.fitted is None:
        model = _fit(job.model, train, seed)
        reliability = _reliability(chosen_model(model), train, settings, seed)
    else:
        model = fit_weighted(clone(job.fitted.estimator), train.X, train.y, train.weight)
        reliability = job.fitted.reliability.without(
            train.X, train.y, train.elements, features=settings.features, kinds=train.kinds, seed=seed
        )
    predictions = [_model_rows(model, reliability, test, "model", common)]
    for name, baseline in settings.baselines.items():
        fitted = fit_baseline(baseline, train, train.y)
        predictions.append(prediction_rows(**common, model=name, role="baseline", prediction=fitted.predict(test.X)))
    if settings.shuffled:
        order = np.random.default_rng(item_seed(seed, "shuffled")).permutation(len(train.y))
        fitted = fit_baseline(chosen_model(model), train, train.y[order])
        predictions.append(
            prediction_rows(**common, model=SHUFFLED, role="baseline", prediction=fitted.predict(test.X))
        )
    diagnostics = _explain_fold(job, model, train, test, seed) if job.explain else {}
    facts |= {**selection_facts(model), **reliability.facts()}
    return Result(pd.concat(predictions, ignore_index=True), facts, diagnostics)


def _fit_all(job: FinalJob) -> Result:
    settings, rows = job.settings, job.rows
    seed = item_seed(settings.seed, rows.target, "final")
    model = _fit(job.model, rows, seed)
    reliability = _reliability(chosen_model(model), rows, settings, seed)
    estimator = model.model_ if isinstance(model, CandidateSelector) else model
    common = common_columns(rows, None)
    return Result(
        _model_rows(estimator, reliability, rows, "train", common),
        {"target": rows.target, **selection_facts(model), **reliability.facts()},
        fitted=FittedTarget(rows.target, estimator, reliability),
    )


def _fit(model: Any, rows: Rows, seed: int) -> Any:
    if rows.is_log and isinstance(model, CandidateSelector):  # a logarithm has no floor
        model = clone(model).set_params(nonnegative=False)
    return fit_of_rows(model, rows, rows.y, seed)


def _reliability(model: Any, rows: Rows, settings: Settings, seed: int) -> Reliability:
    return learn_reliability(
        model,
        rows.X,
        rows.y,
        elements=rows.elements,
        duplicates=rows.duplicates,
        features=settings.features,
        kinds=rows.kinds,
        weight=rows.weight,
        level=settings.level,
        n_random=settings.calibration_folds,
        n_groups=settings.calibration_splits,
        seed=seed,
    )


def _model_rows(model: Any, reliability: Reliability, rows: Rows, role: str, common: Mapping[str, Any]) -> pd.DataFrame:
    prediction, spread = predict_with_spread(model, rows.X)
    verdict = reliability.judge(rows.X, rows.elements, prediction, spread)
    errors = np.abs(prediction - rows.y)
    return prediction_rows(
        **common,
        model=MODEL,
        role=role,
        prediction=prediction,
        lower=verdict.lower,
        upper=verdict.upper,
        level_needed=reliability.intervals.level_needed(errors, verdict.expected, verdict.novel),
        calibrated_on=verdict.calibrated_on,
        difficulty=verdict.expected,
        spread=spread,
        domain=verdict.distance,
        in_domain=verdict.inside,
    )


def _explain_fold(job: FoldJob, model: Any, train: Rows, test: Rows, seed: int) -> dict[str, list[dict[str, Any]]]:
    estimator = model.model_ if isinstance(model, CandidateSelector) else model
    about = {"target": test.target, "split": job.fold.split, "repeat": job.fold.repeat, "fold": job.fold.number}
    weight = test.weight if test.weight is not None and test.weight.any() else None
    curve = learning_curve(
        chosen_model(model),
        train.X,
        train.y,
        test.X,
        test.y,
        fit=fit_seeded,
        duplicates=train.duplicates,
        seed=seed,
        full_mae=float(np.average(np.abs(estimator.predict(test.X) - test.y), weights=weight)),
        sample_weight=train.weight,
        test_weight=weight,
    )
    found = explain_fold(
        estimator,
        train.X,
        test.X,
        test.y,
        descriptors=job.settings.features,
        seed=seed,
        target=test.target,
        fold=job.fold.number,
        unit=test.unit,
        units=test.units,
        weight=weight,
    )
    return {"learning_curve": [{**about, **point} for point in curve], **found}
