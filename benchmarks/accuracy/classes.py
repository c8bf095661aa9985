"""Classifiers chosen inside training folds, beside forests, extra trees and logistic regression on the same folds.

    MATTERLEARN_DATA=FOLDER python benchmarks/accuracy/classes.py [PART ...] [--workers N]

Parts: glass, er_status, tumor_normal, plasma; all if none is named.

glass: the rows of Matbench at hand, official fold numbers. er_status, tumor_normal: two tables of metabolites in
tissue, 5 times 5 stratified folds. In each training part a blend of the default families is chosen by the log loss of
inner folds, and two thresholds on its largest probability: one below which a fifth of the inner rows lie, one that
promises an error rate. What they do is measured on the test part, which chose nothing. plasma has no aim: age alone
separates its classes, as the last line of its scores shows.

Areas under the ROC curve are means over folds, of probabilities. Results are written after each fold to
benchmarks/results/accuracy_classes.json; parts that are not named keep their earlier results.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from harness import RESULTS, rounded
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from matterlearn.core.parallel import available_workers, item_seed, map_items
from matterlearn.data.catalog import load_dataset
from matterlearn.data.dataset import Dataset
from matterlearn.data.duplicates import duplicate_groups
from matterlearn.features.composition_descriptors import CompositionDescriptors
from matterlearn.models.candidates import make_candidates
from matterlearn.models.class_candidates import CLASS_FAMILIES
from matterlearn.models.class_selection import ClassSelector
from matterlearn.models.decisions.rejection import theta_for_coverage, theta_for_error
from matterlearn.validation.seeding import fit_seeded, selection_facts

RESULT = RESULTS / "accuracy_classes.json"
INNER_FOLDS = 3
GLASS_FAMILIES = ("extra-trees", "logistic", "kernel-ridge", "extra-trees-wide", "forest", "boosting")
"""The others take as long again on thousands of alloys."""

DRAWS = {"plasma": 0, "er_status": 1, "tumor_normal": 1}
"""Seeds of the repeated folds. Parts of those of the seed 0 had been seen when settings of families were chosen."""

COVERAGE = 0.8
ERROR_RATES = {"glass": 0.05, "er_status": 0.10, "tumor_normal": 0.10}
DATASETS = {
    "glass": "matbench_glass_sample",
    "er_status": "breast_cancer_er_status",
    "tumor_normal": "breast_cancer_tumor_normal",
    "plasma": "breast_cancer_plasma",
}
OURS = "matterlearn"


@dataclass(frozen=True)
class Fold:
    """What one fold needs."""

    part: str
    dataset: Dataset
    train: np.ndarray
    test: np.ndarray
    seed: int


def main(parts: list[str], workers: int) -> None:
    for part in parts:
        dataset = load_dataset(DATASETS[part])
        labels = _labels(dataset)
        folds = [
            Fold(part, dataset, train, test, item_seed(0, part, k))
            for k, (train, test) in enumerate(_folds(part, dataset, labels))
        ]
        found: dict[int, dict[str, Any]] = {}
        start = time.perf_counter()

        def keep(k: int, result: dict[str, Any], *, part: str = part, found: dict[int, Any] = found) -> None:
            found[k] = result
            _write(part, [found[key] for key in sorted(found)])

        map_items(_plasma_fold if part == "plasma" else _fold, folds, workers=workers, label=part, keep=keep)
        print(f"{part}: {len(folds)} folds in {time.perf_counter() - start:.0f} s", flush=True)
        print(json.dumps(json.loads(RESULT.read_text())["parts"][part]["scores"], indent=1), flush=True)


def _folds(part: str, dataset: Dataset, labels: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    if part == "glass":
        fold = dataset.frame["fold"].astype(int).to_numpy()
        return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(5)]
    return list(RepeatedStratifiedKFold(n_splits=5, n_repeats=5, random_state=DRAWS[part]).split(labels, labels))


def _labels(dataset: Dataset) -> np.ndarray:
    return np.asarray(dataset.y).astype(str)


def _fold(fold: Fold) -> dict[str, Any]:
    dataset, labels = fold.dataset, _labels(fold.dataset)
    X, y = dataset.X.iloc[fold.train], labels[fold.train]
    names = [name for name, kind in CLASS_FAMILIES.items() if kind.by_default and len(dataset.X) >= kind.fewest_rows]
    names = [name for name in names if fold.part != "glass" or name in GLASS_FAMILIES]
    candidates = make_candidates(names, dataset.inputs, dataset.kinds, families=CLASS_FAMILIES)
    start = time.process_time()
    model = fit_seeded(
        ClassSelector(list(candidates.items()), cv=INNER_FOLDS),
        X,
        y,
        seed=fold.seed,
        duplicates=duplicate_groups(dataset.X, dataset.kinds, ions=dataset.ions)[fold.train],
    )
    seconds = time.process_time() - start
    X_test, y_test = dataset.X.iloc[fold.test], labels[fold.test]
    P = {OURS: model.predict_proba(X_test)}
    for name, other in _others(fold).items():
        P[name] = clone(other).fit(X, y).predict_proba(X_test)
    return {
        "n_test": len(fold.test),
        "scores": {name: _scores(y_test, p, model.classes_) for name, p in P.items()},
        "reject": _reject(model, y, y_test, P[OURS], ERROR_RATES[fold.part]),
        "seconds_of_choosing": seconds,
        **selection_facts(model),
    }


def _others(fold: Fold) -> dict[str, Any]:
    """Return what stands beside: on descriptors of the composition, or on the columns as they are."""
    first = [CompositionDescriptors()] if fold.part == "glass" else []
    forests = {
        "forest": RandomForestClassifier(500, random_state=0),
        "extra trees": ExtraTreesClassifier(500, random_state=0),
    }
    linear = {"logistic": LogisticRegression(max_iter=5_000)} if fold.part == "glass" else _l1_models()
    return {
        **{name: make_pipeline(*first, model) for name, model in forests.items()},
        **{name: make_pipeline(*first, StandardScaler(), model) for name, model in linear.items()},
    }


def _l1_models() -> dict[str, Any]:
    chosen = LogisticRegressionCV(
        Cs=np.logspace(-2, 1, 10),
        l1_ratios=(1.0,),
        solver="liblinear",
        cv=StratifiedKFold(5, shuffle=True, random_state=0),
        scoring="neg_log_loss",
        use_legacy_attributes=False,
        random_state=0,
    )
    plain = LogisticRegression(l1_ratio=1.0, solver="liblinear", random_state=0)
    return {"L1 logistic": plain, "L1 logistic, penalty chosen": chosen}


def _scores(y: np.ndarray, P: np.ndarray, classes: np.ndarray) -> dict[str, float]:
    decided = classes[P.argmax(axis=1)]
    return {
        "roc_auc": roc_auc_score(y == classes[1], P[:, 1]),
        "log_loss": log_loss(y, np.clip(P, 1e-3, 1 - 1e-3), labels=classes),
        "accuracy": accuracy_score(y, decided),
        "balanced_accuracy": balanced_accuracy_score(y, decided),
    }


def _reject(model: ClassSelector, y: np.ndarray, y_test: np.ndarray, P: np.ndarray, rate: float) -> dict[str, Any]:
    """Measure on test rows what two thresholds do that were chosen on the inner folds of the training rows."""
    inner = model.inner_
    correct = model.classes_[inner.probabilities.argmax(axis=1)] == y[inner.rows]
    confidence = inner.probabilities.max(axis=1)
    promised = theta_for_error(correct, confidence, rate)
    thetas = {"for_coverage": theta_for_coverage(confidence, COVERAGE), "for_error_rate": promised.theta}
    is_right, sure = model.classes_[P.argmax(axis=1)] == y_test, P.max(axis=1)
    surest = np.argsort(-sure, kind="stable")[: round(COVERAGE * len(sure))]
    found: dict[str, Any] = {
        "wanted_error_rate": rate,
        "promised": promised.promised,
        "accuracy_of_surest_80_percent": is_right[surest].mean(),
    }
    for name, theta in thetas.items():
        answered = sure >= theta
        found[name] = {"theta": theta, "n_answered": answered.sum(), "n_right": is_right[answered].sum()}
    return found


def _plasma_fold(fold: Fold) -> dict[str, Any]:
    dataset, labels = fold.dataset, _labels(fold.dataset)
    metabolites = dataset.X.to_numpy(dtype=float)
    age = dataset.frame[["age_years"]].astype(float).to_numpy()
    forest = RandomForestClassifier(20, max_depth=2, random_state=0)
    logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5_000))
    trials = {
        "forest of the exercise": (forest, metabolites),
        **{name: (make_pipeline(StandardScaler(), model), metabolites) for name, model in _l1_models().items()},
        "logistic": (logistic, metabolites),
        "forest on age alone": (clone(forest), age),
    }
    scores = {}
    for name, (model, X) in trials.items():
        fitted = model.fit(X[fold.train], labels[fold.train])
        scores[name] = _scores(labels[fold.test], fitted.predict_proba(X[fold.test]), fitted.classes_)
    return {"n_test": len(fold.test), "scores": scores}


def _write(part: str, folds: list[dict[str, Any]]) -> None:
    """Write what is there of a part, beside what was there of the others."""
    content = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {"parts": {}}
    summary: dict[str, Any] = {"n_folds": len(folds), "scores": _summary(folds)}
    if part != "plasma":
        summary |= {"difference": _differences(folds), "reject": _reject_summary(folds), "weights": _weights(folds)}
    content["protocol"] = (__doc__ or "").strip()
    content["parts"][part] = {**summary, "folds": folds}
    content["versions"] = {
        "python": platform.python_version(),
        **{package: version(package) for package in ("matterlearn", "numpy", "scikit-learn")},
    }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(rounded(content), indent=1, ensure_ascii=False, allow_nan=False)
    RESULT.write_text(text + "\n", encoding="utf-8")


def _summary(folds: list[dict[str, Any]]) -> dict[str, Any]:
    """Return mean and standard deviation over the folds of each score of each model."""
    summary = {}
    for name in folds[0]["scores"]:
        lines = {score: [fold["scores"][name][score] for fold in folds] for score in folds[0]["scores"][name]}
        summary[name] = {score: {"mean": np.mean(line), "sd": _spread(line)} for score, line in lines.items()}
    return summary


def _differences(folds: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how much larger our area is than that of each other model on the same folds."""
    found = {}
    for name in folds[0]["scores"]:
        if name != OURS:
            gains = [fold["scores"][OURS]["roc_auc"] - fold["scores"][name]["roc_auc"] for fold in folds]
            found[name] = {
                "roc_auc_mean": np.mean(gains),
                "roc_auc_sd": _spread(gains),
                "folds_better": int(np.sum(np.array(gains) > 0)),
            }
    return found


def _reject_summary(folds: list[dict[str, Any]]) -> dict[str, Any]:
    """Return shares over the rows of all folds: answered, and right among those."""
    n_rows = sum(fold["n_test"] for fold in folds)
    lines = [fold["reject"] for fold in folds]
    found: dict[str, Any] = {
        "accuracy_without_rejection": _mean_over_rows(folds),
        "accuracy_of_surest_80_percent": np.mean([line["accuracy_of_surest_80_percent"] for line in lines]),
        "wanted_error_rate": lines[0]["wanted_error_rate"],
        "folds_with_a_promise": sum(line["promised"] for line in lines),
    }
    for name in ("for_coverage", "for_error_rate"):
        answered, right = (sum(line[name][key] for line in lines) for key in ("n_answered", "n_right"))
        found[name] = {"coverage": answered / n_rows, "accuracy": right / answered if answered else None}
    return found


def _mean_over_rows(folds: list[dict[str, Any]]) -> float:
    weights = [fold["n_test"] for fold in folds]
    return float(np.average([fold["scores"][OURS]["accuracy"] for fold in folds], weights=weights))


def _weights(folds: list[dict[str, Any]]) -> dict[str, float]:
    """Return the mean weight of each family in the chosen blends."""
    names = [name for name in CLASS_FAMILIES if any(name in fold["weights"] for fold in folds)]
    return {name: float(np.mean([fold["weights"].get(name, 0.0) for fold in folds])) for name in names}


def _spread(values: list[float]) -> float | None:
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Measure classifiers on real tables.")
    arguments.add_argument("parts", nargs="*", help=f"of {', '.join(DATASETS)}; all if none is named")
    arguments.add_argument("--workers", type=int, default=available_workers())
    chosen = arguments.parse_args()
    unknown = sorted(set(chosen.parts) - set(DATASETS))
    if unknown:
        arguments.error(f"unknown parts: {', '.join(unknown)}")
    main(chosen.parts or list(DATASETS), chosen.workers)
