"""Evidence of a classification: rows that do not exist, told apart as well as a test wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from planted_evidence import planted_diagnostics

from matterlearn.validation.evidence import COLUMNS, ROW_COLUMNS, TRAINING, Evidence

LEVEL = 0.9
ERROR_RATE = 0.05
BINARY = ("benign", "malignant")
FOUR = ("cubic", "hexagonal", "monoclinic", "tetragonal")
METALS = ("Ti", "Zr", "Hf", "V", "Nb", "Ta", "Cr", "Mo", "W", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Al", "Sn", "Pb")


def class_evidence(
    classes: Sequence[str] = BINARY,
    n_rows: int = 300,
    *,
    shares: Sequence[float] | None = None,
    splits: Sequence[str] = ("random", "element"),
    skill: float = 2.0,
    overconfident: float = 1.6,
    costs: Mapping[str, float] | None = None,
    matter: bool = True,
    target: str = "kind",
    diagnostics: bool = True,
    seed: int = 0,
) -> Evidence:
    """Return evidence of a model that tells classes apart.

    What is seen of a row's own class is `skill` times as large as the noise (half as large where elements are left
    out). Raw probabilities are `overconfident` times as far out in their logarithms as they should be.
    """
    rng = np.random.default_rng(seed)
    k = len(classes)
    share = np.full(k, 1 / k) if shares is None else np.asarray(shares, dtype=float)
    codes = np.r_[np.arange(k), rng.choice(k, n_rows - k, p=share)]  # each class at least once
    rng.shuffle(codes)
    labels, elements = _labels(rng, n_rows, matter)
    rows = pd.DataFrame({"row_id": np.arange(1, n_rows + 1), "label": labels, "elements": elements}).astype(ROW_COLUMNS)
    weights = np.array([(costs or {}).get(name, 1.0) for name in classes])
    tables, folds = [], []
    for split in splits:
        harder = 1.0 if split.startswith(("random", "stratified")) else 0.5
        for fold, (label, left_out, test) in enumerate(_folds(split, elements, rng, n_rows)):
            tables += _fold(
                rng, split, fold, test, codes, classes, share, weights, skill * harder, overconfident, target
            )
            folds.append(_fold_facts(target, split, fold, label, left_out, n_rows, len(test), classes, share, weights))
    trained = _fold(rng, TRAINING, 0, np.arange(n_rows), codes, classes, share, weights, 3 * skill, 1.0, target)[0]
    tables.append(trained.assign(role="train"))
    facts = {
        "unit": "",
        "log": False,
        "n_rows": n_rows,
        "n_contradictions": 0,
        "classes": list(classes),
        "class_counts": {name: int(n) for name, n in zip(classes, np.bincount(codes, minlength=k), strict=True)},
        "positive": classes[1] if k == 2 else None,
    }
    return Evidence(
        predictions=pd.concat(tables, ignore_index=True).astype(COLUMNS),
        folds=folds,
        data=_card(facts, rows, target, matter),
        plan={**_plan(splits, target), "decision": {"costs": dict(costs) if costs else None, "error_rate": ERROR_RATE}},
        rows=rows,
        diagnostics=_diagnostics(target) if diagnostics else {},
        notes=["A note on the evidence."],
        timings={"evidence_s": 1.0, "folds_s": [0.5] * len(folds), "final_fit_s": 0.5, "total_s": 2.0},
        versions={"matterlearn": "0.1.0", "python": "3.11.0"},
    )


def _labels(rng: np.random.Generator, n_rows: int, matter: bool) -> tuple[list[str], list[str]]:
    if not matter:
        return [f"sample {k}" for k in range(n_rows)], [""] * n_rows
    pairs = [sorted(rng.choice(METALS, 2, replace=False).tolist()) for _ in range(n_rows)]
    return [f"{a}{b}O{k % 4 + 2}" for k, (a, b) in enumerate(pairs)], [" ".join(sorted({a, b, "O"})) for a, b in pairs]


def _folds(split: str, elements: list[str], rng: np.random.Generator, n_rows: int) -> list[tuple[str, list[str], Any]]:
    if split == "element" and elements[0]:
        groups = np.array_split(rng.permutation(METALS), 6)
        held = [np.flatnonzero([bool(set(group) & set(text.split())) for text in elements]) for group in groups]
        return [(", ".join(sorted(g.tolist())), sorted(g.tolist()), test) for g, test in zip(groups, held, strict=True)]
    return [(f"part {k}", [], np.sort(part)) for k, part in enumerate(np.array_split(rng.permutation(n_rows), 5))]


def _fold(
    rng: np.random.Generator,
    split: str,
    fold: int,
    test: Any,
    all_codes: Any,
    classes: Sequence[str],
    share: Any,
    weights: Any,
    skill: float,
    overconfident: float,
    target: str,
) -> list[pd.DataFrame]:
    codes, n, k = all_codes[test], len(test), len(classes)
    own = np.eye(k)[codes]
    # Gaussian evidence for each class, so that these posteriors are exact.
    seen = skill * own + rng.standard_normal((n, k))
    exact = np.log(share) + skill * seen - skill**2 / 2
    P, raw = _softmax(exact), _softmax(overconfident * exact)
    theta = _theta(P, codes)
    decided = np.argmax(P * weights, axis=1)
    domain = rng.gamma(4.0, 0.16, n)
    needed = np.clip(1 - P + 0.02, 0, 1)
    lines = _lines(split, fold, test, own, classes, target)
    model = lines.assign(
        model="model",
        role="model",
        prediction=P.ravel(),
        raw=raw.ravel(),
        level_needed=needed.ravel(),
        calibrated_on="random folds",
        difficulty=np.repeat(1 - P.max(axis=1), k),
        domain=np.repeat(domain, k),
        in_domain=np.repeat(domain <= 1, k),
        decided=np.eye(k, dtype=bool)[decided].ravel(),
        rejected=np.repeat(P.max(axis=1) < theta, k),
    )
    near = _softmax(1.2 * (0.6 * skill * own + rng.standard_normal((n, k))))
    nearest = 0.98 * np.eye(k)[np.argmax(near, axis=1)] + 0.02 / k
    shuffled = _softmax(0.3 * rng.standard_normal((n, k)) + np.log(share))
    majority = np.tile(0.999 * np.eye(k)[np.argmax(share)] + 0.001 / k, (n, 1))
    baselines = {
        "class shares": np.tile(share, (n, 1)),
        "majority": majority,
        "1-nearest neighbour": nearest,
        "shuffled targets": shuffled,
    }
    unknown = dict.fromkeys(("raw", "level_needed", "difficulty", "domain"), np.nan)
    others = [
        lines.assign(
            model=name,
            role="baseline",
            prediction=stated.ravel(),
            **unknown,
            calibrated_on="",
            in_domain=True,
            decided=np.eye(k, dtype=bool)[np.argmax(stated, axis=1)].ravel(),
            rejected=False,
        )
        for name, stated in baselines.items()
    ]
    return [table[list(COLUMNS)] for table in (model, *others)]


def _lines(split: str, fold: int, test: Any, own: Any, classes: Sequence[str], target: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row_id": np.repeat(test + 1, len(classes)),
            "split": split,
            "repeat": 0,
            "fold": fold,
            "target": target,
            "class": list(classes) * len(test),
            "y": own.ravel(),
            **dict.fromkeys(("lower", "upper", "spread"), np.nan),
            "weight": 1.0,
        }
    )


def _theta(P: Any, codes: Any) -> float:
    """Return the smallest confidence from which on at most the wanted share of these rows is wrong."""
    order = np.argsort(-P.max(axis=1))
    wrong = np.cumsum(np.argmax(P, axis=1)[order] != codes[order]) / np.arange(1, len(codes) + 1)
    fine = np.flatnonzero(wrong <= ERROR_RATE)
    return float(P.max(axis=1)[order][fine[-1]]) if len(fine) else 1.0


def _softmax(logits: Any) -> Any:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _fold_facts(
    target: str,
    split: str,
    fold: int,
    label: str,
    left_out: list[str],
    n_rows: int,
    n_test: int,
    classes: Sequence[str],
    share: Any,
    weights: Any,
) -> dict[str, Any]:
    return {
        "target": target,
        "split": split,
        "repeat": 0,
        "fold": fold,
        "label": label,
        "elements": left_out,
        "n_train": n_rows - n_test,
        "n_test": n_test,
        "weights": {"logistic": 0.4, "extra-trees": 0.6},
        "calibrated_on": {"random folds": n_rows - n_test},
        "calibration": {"random folds": "temperature"},
        "sets_by_class": {"random folds": True},
        "class_weights": [float(weight) for weight in weights],
        "threshold": float(weights[0] / weights.sum()) if len(classes) == 2 else None,
        "theta": 0.8 + 0.01 * fold,
        "theta_coverage": 0.9,
        "theta_promised": True,
        "error_rate": ERROR_RATE,
        "priors": [float(value) for value in share],
        "most_distant": 1.0,
        "inner_error": 0.05,
    }


def _card(facts: dict[str, Any], rows: pd.DataFrame, target: str, matter: bool) -> dict[str, Any]:
    return {
        "name": "made-up rows",
        "target": target,
        **facts,
        "targets": {target: facts},
        "task": "classification",
        "inputs": {"formula": "formula"} if matter else {"height": "number", "width": "number"},
        "n_rejected": 0,
        "elements": sorted({element for text in rows["elements"] for element in text.split()}),
        "sha256": "0" * 64,
        "citation": None,
        "licence": None,
        "notes": ["A note on the data."],
    }


def _plan(splits: Sequence[str], target: str) -> dict[str, Any]:
    chosen = {
        "weights": {"logistic": 0.4, "extra-trees": 0.6},
        "inner_log_loss": {"logistic": 0.41, "extra-trees": 0.35},
        "inner_log_loss_chosen": 0.33,
        "calibrated_on": {"random folds": 300},
        "calibration": {"random folds": "temperature"},
        "theta": 0.82,
        "error_rate": ERROR_RATE,
    }
    return {
        "candidates": ["logistic", "extra-trees"],
        "splits": list(splits),
        "n_folds": 5,
        "n_element_groups": 6,
        "inner_folds": 3,
        "calibration_splits": 5,
        "seed": 0,
        "expected_s": 1.0,
        "left_out": [],
        "level": LEVEL,
        "chosen": chosen,
        "chosen_by_target": {target: chosen},
        "citations": ["A source."],
    }


def _diagnostics(target: str) -> dict[str, list[dict[str, Any]]]:
    found = planted_diagnostics([target])
    return {
        "learning_curve": [
            {
                **{key: value for key, value in entry.items() if key != "mae"},
                "log_loss": 0.2 + 2.0 * entry["n_train"] ** -0.5,
            }
            for entry in found["learning_curve"]
        ],
        "importance": [
            {**{key: value for key, value in entry.items() if key != "mae"}, "log_loss": 0.5}
            for entry in found["importance"]
        ],
        "leaks": found["leaks"],
    }
