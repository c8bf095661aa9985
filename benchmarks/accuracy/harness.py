"""What the accuracy scripts share: folds fitted in parallel, paired differences, results as JSON."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.pipeline import make_pipeline

from matterlearn.core.parallel import available_workers, item_seed, map_items
from matterlearn.data.dataset import Dataset
from matterlearn.data.duplicates import duplicate_groups
from matterlearn.models.candidates import FAMILIES, make_baselines, make_candidates
from matterlearn.models.selection import CandidateSelector
from matterlearn.validation.metrics import METRICS
from matterlearn.validation.protocol import fit_seeded, selection_facts
from matterlearn.validation.splits import ElementGroupSplit, RandomSplit

RESULTS = Path(__file__).parents[1] / "results"
N_BOOTSTRAP = 4_000
INNER_FOLDS = 3


@dataclass(frozen=True)
class Job:
    """One fold: which rows, and whether inner folds leave elements out."""

    dataset: Dataset
    train: np.ndarray
    test: np.ndarray
    anchor: Any
    descriptors: Any
    by_element: bool
    seed: int


def run_folds(
    dataset: Dataset,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
    anchor: Any,
    descriptors: Any,
    *,
    by_element: bool = False,
    label: str,
    seed: int = 0,
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Return one line per tested row (position, fold, y, predictions by model) and what each fold chose."""
    jobs = [
        Job(dataset, train, test, anchor, descriptors, by_element, item_seed(seed, label, k))
        for k, (train, test) in enumerate(folds)
    ]
    start = time.perf_counter()
    results = map_items(_run, jobs, workers=available_workers(), label=label)
    print(f"{label}: {len(folds)} folds in {time.perf_counter() - start:.0f} s", flush=True)
    tables = [table.assign(fold=k) for k, (table, _) in enumerate(results)]
    return pd.concat(tables, ignore_index=True), [facts for _, facts in results]


def _run(job: Job) -> tuple[pd.DataFrame, dict[str, Any]]:
    dataset = job.dataset
    X, y = dataset.X, np.asarray(dataset.y, dtype=float)
    elements = dataset.element_sets()
    candidates = make_candidates(list(FAMILIES), dataset.inputs, dataset.kinds, ions=dataset.ions)
    inner = ElementGroupSplit(6) if job.by_element else RandomSplit(INNER_FOLDS)
    inner.random_state = job.seed
    model = fit_seeded(
        CandidateSelector(list(candidates.items()), cv=inner),
        X.iloc[job.train],
        y[job.train],
        seed=job.seed,
        inner_groups=[elements[i] for i in job.train] if job.by_element else None,
        duplicates=duplicate_groups(X, dataset.kinds, ions=dataset.ions)[job.train],
    )
    baselines = make_baselines(job.descriptors, dataset.inputs, dataset.kinds, ions=dataset.ions)
    others = {"extra trees": job.anchor, **baselines}
    table = {"position": job.test, "y": y[job.test], "matterlearn": model.predict(X.iloc[job.test])}
    for name, other in others.items():
        table[name] = clone(other).fit(X.iloc[job.train], y[job.train]).predict(X.iloc[job.test])
    return pd.DataFrame(table), selection_facts(model)


def anchor_trees(features: Any, n_trees: int = 200) -> Any:
    """Return extra trees on the anchor's features, scikit-learn's defaults otherwise."""
    return make_pipeline(features, ExtraTreesRegressor(n_trees, random_state=0))


MODELS = ("matterlearn", "extra trees", "1-nearest neighbour", "linear on fractions", "mean")


def score(table: pd.DataFrame, models: Sequence[str] = MODELS) -> dict[str, Any]:
    """Return the metrics of each model over all tested rows, with the spread of the mean absolute error over folds."""
    lines = {}
    for name in models:
        by_fold = [METRICS["mae"](part["y"], part[name]) for _, part in table.groupby("fold")]
        lines[name] = {
            **{metric: function(table["y"], table[name]) for metric, function in METRICS.items()},
            "mae_mean_over_folds": float(np.mean(by_fold)),
            "mae_sd_over_folds": float(np.std(by_fold, ddof=1)) if len(by_fold) > 1 else None,
        }
    return lines


def paired_difference(table: pd.DataFrame, a: str = "matterlearn", b: str = "extra trees") -> dict[str, float]:
    """Return the relative difference of the mean absolute errors of two models on the same rows.

    The 95 % interval is a bootstrap over rows. It does not know the spread over seeds and over what the set was drawn
    from, and is narrower than those would make it.
    """
    error_a, error_b = (np.abs(table[name] - table["y"]).to_numpy() for name in (a, b))
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(table), (N_BOOTSTRAP, len(table)))
    relative = 100 * (error_a[draws].mean(axis=1) / error_b[draws].mean(axis=1) - 1)
    return {
        "percent": 100 * (error_a.mean() / error_b.mean() - 1),
        "low": float(np.quantile(relative, 0.025)),
        "high": float(np.quantile(relative, 0.975)),
    }


def write(name: str, protocol: str, result: Mapping[str, Any]) -> None:
    """Write a result with protocol and versions, and print its scores."""
    content = {
        "protocol": protocol,
        **result,
        "versions": {
            "python": platform.python_version(),
            **{package: version(package) for package in ("matterlearn", "numpy", "scikit-learn")},
        },
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"accuracy_{name}.json"
    path.write_text(json.dumps(rounded(content), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(rounded({key: content[key] for key in result}), indent=1, ensure_ascii=False)[:6000])


def rounded(value: Any) -> Any:
    """Return numbers of a result with five digits, and None for what is not finite."""
    if isinstance(value, Mapping):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.5g}") if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def tail(table: pd.DataFrame, describe: Callable[[int], Mapping[str, Any]], n_rows: int = 15) -> dict[str, Any]:
    """Return the rows that carry the squared error, with their errors, and the scores without the worst 1 %."""
    squared = (table["matterlearn"] - table["y"]) ** 2
    worst = squared.sort_values(ascending=False)
    kept = table.loc[worst.index[max(1, round(0.01 * len(table))) :]]
    return {
        "share_of_squared_error": {str(n): worst.iloc[:n].sum() / squared.sum() for n in (4, n_rows)},
        "without_worst_1_percent": {
            "mae": METRICS["mae"](kept["y"], kept["matterlearn"]),
            "rmse": METRICS["rmse"](kept["y"], kept["matterlearn"]),
        },
        "rows": [
            {
                **describe(int(table.loc[i, "position"])),
                "error": table.loc[i, "matterlearn"] - table.loc[i, "y"],
                "share_of_squared_error": squared[i] / squared.sum(),
            }
            for i in worst.index[:n_rows]
        ],
    }
