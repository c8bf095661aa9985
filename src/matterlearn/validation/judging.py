"""One item of a protocol's work: a fold to judge a model on, or the final fit on all rows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from matterlearn.core.parallel import item_seed
from matterlearn.data.dataset import Dataset
from matterlearn.data.duplicates import duplicate_groups
from matterlearn.models.selection import CandidateSelector
from matterlearn.models.weighting import fit_weighted, takes_weights
from matterlearn.validation.evidence import TRAINING, plain, prediction_rows
from matterlearn.validation.explain.fold import explain_fold
from matterlearn.validation.explain.learning_curve import learning_curve
from matterlearn.validation.fitted import FittedTarget
from matterlearn.validation.folds import Fold
from matterlearn.validation.reliability import Reliability, learn_reliability, predict_with_spread
from matterlearn.validation.seeding import chosen_model, fit_seeded, selection_facts

MODEL: Final = "model"
"""Name of the judged model in the long table."""

SHUFFLED: Final = "shuffled targets"
"""Name of the chosen model when it learns from targets in random order: what it finds in noise."""


@dataclass(frozen=True)
class Settings:
    """What all items of a protocol share.

    Attributes
    ----------
    baselines : mapping of str to estimator
        Trivial models.
    features : transformer
        Descriptors for distances, importance and rules.
    level : float
        Coverage that intervals promise.
    calibration_folds, calibration_splits : int
        Inner folds of random rows and of left-out groups of elements, on which errors are measured.
    shuffled : bool
        Whether the chosen model also learns from shuffled targets.
    seed : int
        Seed of the run.
    """

    baselines: Mapping[str, Any]
    features: Any
    level: float
    calibration_folds: int
    calibration_splits: int
    shuffled: bool
    seed: int


@dataclass(frozen=True)
class Rows:
    """The rows of one target, worked out once for all folds."""

    target: str
    unit: str
    is_log: bool
    X: pd.DataFrame
    y: NDArray[np.float64]
    weight: NDArray[np.float64] | None
    row_ids: NDArray[np.int64]
    elements: Sequence[frozenset[str]]
    duplicates: NDArray[np.intp]
    kinds: Mapping[str, str]
    units: Mapping[str, str]
    inner_groups: Sequence[Any] | None

    @property
    def counting(self) -> NDArray[np.intp]:
        """Positions of the rows that count: those with a weight above 0."""
        return np.arange(len(self.y)) if self.weight is None else np.flatnonzero(self.weight)

    def of(self, which: NDArray[np.intp]) -> Rows:
        """Return some of the rows."""
        return Rows(
            target=self.target,
            unit=self.unit,
            is_log=self.is_log,
            X=self.X.iloc[which],
            y=self.y[which],
            weight=None if self.weight is None else self.weight[which],
            row_ids=self.row_ids[which],
            elements=[self.elements[i] for i in which],
            duplicates=self.duplicates[which],
            kinds=self.kinds,
            units=self.units,
            inner_groups=None if self.inner_groups is None else [self.inner_groups[i] for i in which],
        )


def rows_of(dataset: Dataset, inner_groups: Sequence[Any] | None) -> Rows:
    """Return the rows of a data set with one target."""
    target = dataset.targets[0]
    return Rows(
        target=target,
        unit=dataset.y_unit(target),
        is_log=target in dataset.log,
        X=dataset.X,
        y=np.asarray(dataset.y, dtype=float),
        weight=dataset.weights,
        row_ids=dataset.frame.index.to_numpy(),
        elements=dataset.element_sets(),
        duplicates=duplicate_groups(dataset.X, dataset.kinds, ions=dataset.ions),
        kinds={name: dataset.kinds[name] for name in dataset.inputs},
        units=dict(dataset.units),
        inner_groups=inner_groups,
    )


@dataclass(frozen=True)
class FoldJob:
    """A fold to judge; with `fitted` the choice and the calibration of the final model are used as they are."""

    settings: Settings
    model: Any
    rows: Rows
    fold: Fold
    explain: bool = False
    fitted: FittedTarget | None = None


@dataclass(frozen=True)
class FinalJob:
    """The fit on all rows."""

    settings: Settings
    model: Any
    rows: Rows


@dataclass(frozen=True)
class Result:
    """What an item gives: rows of the long table, facts and diagnostics as plain values, and the final model."""

    predictions: pd.DataFrame
    facts: dict[str, Any]
    diagnostics: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    fitted: FittedTarget | None = None
    seconds: float = 0.0


def run_job(job: FoldJob | FinalJob) -> Result:
    """Compute one item."""
    start = time.perf_counter()
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
    common: dict[str, Any] = {
        "row_id": test.row_ids,
        "split": fold.split,
        "repeat": fold.repeat,
        "fold": fold.number,
        "target": test.target,
        "y": test.y,
        "weight": 1.0 if test.weight is None else test.weight,
    }
    facts: dict[str, Any] = {
        "target": test.target,
        "split": fold.split,
        "repeat": fold.repeat,
        "fold": fold.number,
        "label": fold.label,
        "elements": list(fold.elements),
        "n_train": len(fold.train),
        "n_test": len(fold.test),
    }
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
        fitted = _fit_baseline(baseline, train, train.y)
        predictions.append(prediction_rows(**common, model=name, role="baseline", prediction=fitted.predict(test.X)))
    if settings.shuffled:
        order = np.random.default_rng(item_seed(seed, "shuffled")).permutation(len(train.y))
        fitted = _fit_baseline(chosen_model(model), train, train.y[order])
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
    common = {
        "row_id": rows.row_ids,
        "split": TRAINING,
        "fold": 0,
        "target": rows.target,
        "y": rows.y,
        "weight": 1.0 if rows.weight is None else rows.weight,
    }
    return Result(
        _model_rows(estimator, reliability, rows, "train", common),
        {"target": rows.target, **selection_facts(model), **reliability.facts()},
        fitted=FittedTarget(rows.target, estimator, reliability),
    )


def _fit(model: Any, rows: Rows, seed: int) -> Any:
    if rows.is_log and isinstance(model, CandidateSelector):  # a logarithm has no floor
        model = clone(model).set_params(nonnegative=False)
    return fit_seeded(
        model,
        rows.X,
        rows.y,
        seed=seed,
        duplicates=rows.duplicates,
        inner_groups=rows.inner_groups,
        sample_weight=rows.weight,
    )


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


def _fit_baseline(model: Any, rows: Rows, y: NDArray[np.float64]) -> Any:
    weight = rows.weight if takes_weights(model) else None
    return fit_weighted(clone(model), rows.X, y, weight)


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
