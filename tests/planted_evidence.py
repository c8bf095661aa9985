"""Evidence with errors that a test plants."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from matterlearn.validation.evidence import ROW_COLUMNS, TRAINING, Evidence, prediction_rows

N_ROWS = 10
"""Rows of each fold."""

N_DATA = 100
"""Rows of the data."""

LEVEL = 0.9
"""What the intervals promise."""


def planted(
    errors: Mapping[str, Mapping[str, float]],
    *,
    baselines: Mapping[str, float] | None = None,
    half_width: float = 1.0,
    unit: str = "eV",
    target: str = "gap_eV",
    training: float | None = None,
    others: Mapping[str, Mapping[str, Mapping[str, float]]] | None = None,
) -> Evidence:
    """Return evidence whose absolute errors are planted: split -> what a fold holds out -> error of every row.

    Baselines have the same error in every fold; intervals reach `half_width` to either side. `training` is the error
    of the final model on the rows it was fitted on. `others` maps further targets to their errors.

    Fold k of each split tests rows 10 k + 1 to 10 k + 10, with y from 0 to 9. In the first split by elements a row of
    fold k holds oxygen and one of the elements that are left out there, in turn; without such a split all rows are
    Na Cl.
    """
    by_target = {target: errors, **(others or {})}
    tables: list[pd.DataFrame] = []
    folds: list[dict[str, Any]] = []
    for name, planted_errors in by_target.items():
        _add_folds(tables, folds, name, planted_errors, baselines or {"mean": 3.0}, half_width)
        if training is not None:
            y, sign = _values()
            tables.append(
                _model_rows(np.arange(1, N_ROWS + 1), TRAINING, 0, name, y, y + sign * training, half_width, "train")
            )
    facts = {
        "unit": unit,
        "log": False,
        "n_rows": N_DATA,
        "n_contradictions": 0,
        "target_summary": {"mean": 4.5, "sd": float(_values()[0].std()), "min": 0.0, "median": 4.5, "max": 9.0},
    }
    rows = _rows(errors)
    data = {
        "name": "planted",
        "target": target,
        **facts,
        "targets": dict.fromkeys(by_target, facts),
        "task": "regression",
        "inputs": {"formula": "formula"},
        "n_rejected": 0,
        "elements": sorted({element for text in rows["elements"] for element in text.split()}),
        "sha256": "0" * 64,
        "citation": None,
        "licence": None,
        "notes": ["A note on the data."],
    }
    chosen = {
        "weights": {"ridge": 1.0},
        "inner_mae": {"ridge": 0.5},
        "inner_mae_chosen": 0.5,
        "calibrated_on": {"element groups": 60, "random folds": 40},
    }
    plan = {
        "candidates": ["ridge"],
        "splits": list(errors),
        "n_folds": 5,
        "n_element_groups": 10,
        "inner_folds": 3,
        "calibration_splits": 5,
        "seed": 0,
        "expected_s": 1.0,
        "left_out": [],
        "level": LEVEL,
        "chosen": chosen,
        "chosen_by_target": dict.fromkeys(by_target, chosen),
        "citations": ["A source."],
    }
    return Evidence(
        predictions=pd.concat(tables, ignore_index=True),
        folds=folds,
        data=data,
        plan=plan,
        rows=rows,
        diagnostics=planted_diagnostics(list(by_target)),
        notes=["A note on the evidence."],
        timings={"evidence_s": 1.0, "folds_s": [0.5], "final_fit_s": 0.5, "total_s": 2.0},
        versions={"matterlearn": "0.1.0", "python": "3.11.0"},
    )


def planted_diagnostics(targets: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Return a few entries of every kind for each target."""
    return {
        "learning_curve": [
            {
                "target": target,
                "split": "random",
                "repeat": 0,
                "fold": fold,
                "n_train": n,
                "n_test": 20,
                "mae": 8.0 * n**-0.5 * (1 + 0.1 * fold),
            }
            for target in targets
            for fold in range(2)
            for n in (10, 20, 40, 80)
        ],
        "importance": [
            {
                "target": target,
                "by": by,
                "name": name,
                "fold": fold,
                "mean": mean * (1 + 0.1 * fold),
                "sd": 0.05,
                "n_repeats": 5,
                "mae": 0.5,
            }
            for target in targets
            for by, names in (
                ("property", {"electronegativity": 0.9, "covalent radius": 0.3, "group": 0.01}),
                ("site", {"A": 0.2, "B": 1.0}),
            )
            for name, mean in names.items()
            for fold in range(2)
        ],
        "partial_dependence": [
            {
                "target": target,
                "feature": "B electronegativity mean",
                "property": "electronegativity",
                "site": "B",
                "unit": "1",
                "values": [1.0, 1.5, 2.0],
                "mean": [2.0, 3.0, 5.0],
                "lower": [1.0, 2.5, 4.0],
                "upper": [3.0, 3.5, 6.0],
            }
            for target in targets
        ],
        "surrogate": [
            {
                "target": target,
                "kind": "rules",
                "text": ["B electronegativity mean <= 1.6: 2.1", "otherwise: 4.8"],
                "mae": 0.9,
                "mae_sd": 0.1,
                "model_mae": 0.6,
                "fidelity_r2": 0.81,
                "n_terms": 2,
            }
            for target in targets
        ],
        "leaks": [
            {
                "target": "",
                "check": "near-duplicates",
                "severity": "note",
                "text": "2 rows have a near-duplicate in another fold.",
                "column": "formula",
                "value": 0.02,
                "n": 2,
                "rows": [3, 17],
            },
            {
                "target": "",
                "check": "identifier",
                "severity": "warning",
                "text": "The column sample_id orders the target (rank correlation 0.97).",
                "column": "sample_id",
                "value": 0.97,
                "n": 100,
                "rows": [],
            },
        ],
    }


def _values() -> tuple[Any, Any]:
    """Return y of a fold and the sign of its errors."""
    return np.linspace(0.0, 9.0, N_ROWS), np.where(np.arange(N_ROWS) % 2 == 0, 1.0, -1.0)


def _add_folds(
    tables: list[pd.DataFrame],
    folds: list[dict[str, Any]],
    target: str,
    errors: Mapping[str, Mapping[str, float]],
    baselines: Mapping[str, float],
    half_width: float,
) -> None:
    y, sign = _values()
    for split, held_out in errors.items():
        for number, (label, error) in enumerate(held_out.items()):
            row_id = number * N_ROWS + np.arange(1, N_ROWS + 1)
            tables.append(_model_rows(row_id, split, number, target, y, y + sign * error, half_width, "model"))
            for name, baseline in baselines.items():
                tables.append(
                    prediction_rows(
                        row_id=row_id,
                        split=split,
                        fold=number,
                        model=name,
                        role="baseline",
                        target=target,
                        y=y,
                        prediction=y + sign * baseline,
                    )
                )
            folds.append(
                {
                    "target": target,
                    "split": split,
                    "repeat": 0,
                    "fold": number,
                    "label": label,
                    "elements": label.split(", ") if split.partition(":")[0] == "element" else [],
                    "n_train": 80 if split == "random" else 60,
                    "n_test": N_ROWS,
                    "calibrated_on": "element groups",
                }
            )


def _model_rows(
    row_id: Any, split: str, fold: int, target: str, y: Any, prediction: Any, half_width: float, role: str
) -> pd.DataFrame:
    in_half_widths = np.abs(prediction - y) / half_width if half_width > 0 else np.full(len(y), math.inf)
    domain = np.linspace(0.1, 1.9, N_ROWS)
    return prediction_rows(
        row_id=row_id,
        split=split,
        fold=fold,
        model="model",
        role=role,
        target=target,
        y=y,
        prediction=prediction,
        lower=prediction - half_width,
        upper=prediction + half_width,
        level_needed=1 - (1 - LEVEL) ** in_half_widths,
        calibrated_on="element groups",
        difficulty=half_width / 2 if math.isfinite(half_width) else math.nan,
        spread=0.1,
        domain=domain,
        in_domain=domain <= 1,
    )


def _rows(errors: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    by_elements = [list(held_out) for split, held_out in errors.items() if split.partition(":")[0] == "element"]
    groups = by_elements[0] if by_elements else []
    n_rows = max(N_DATA, N_ROWS * max(map(len, errors.values()), default=0))
    lines = []
    for position in range(n_rows):
        fold, number = divmod(position, N_ROWS)
        if fold < len(groups):
            left_out = groups[fold].split(", ")
            elements = sorted({left_out[number % len(left_out)], "O"})
        else:
            elements = ["Cl", "Na"]
        lines.append(
            {"row_id": position + 1, "label": f"{''.join(elements)}{number + 2}", "elements": " ".join(elements)}
        )
    return pd.DataFrame(lines).astype(ROW_COLUMNS)
