"""Evidence of a realistic size: perovskites that do not exist, with errors as a model of real ones makes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from planted_evidence import planted_diagnostics

from matterlearn.validation.evidence import COLUMNS, ROW_COLUMNS, TRAINING, Evidence

A_SITES = ["Ba", "Sr", "Ca", "La", "Ce", "Pr", "Nd", "Sm", "Gd", "Dy", "Y", "K", "Na", "Rb", "Cs", "Pb", "Bi", "Cd"]
B_SITES = [
    "Ti",
    "Zr",
    "Hf",
    "V",
    "Nb",
    "Ta",
    "Cr",
    "Mo",
    "W",
    "Mn",
    "Tc",
    "Re",
    "Fe",
    "Ru",
    "Os",
    "Co",
    "Rh",
    "Ir",
    "Ni",
    "Pd",
    "Al",
    "Ga",
    "In",
    "Sc",
    "Sn",
    "Ge",
    "Mg",
    "Zn",
    "Cu",
]
LEVEL = 0.9
WILD = {"Tc", "Os"}
"""Elements whose rows are planted four times worse than others."""


def perovskites(
    n_rows: int = 1500, *, splits: tuple[str, ...] = ("random", "element", "cluster"), seed: int = 0
) -> Evidence:
    """Return evidence for the energy above hull of `n_rows` made-up perovskites."""
    rng = np.random.default_rng(seed)
    a, b = _sites(rng, A_SITES, n_rows), _sites(rng, B_SITES, n_rows)
    rows = pd.DataFrame(
        {
            "row_id": np.arange(1, n_rows + 1),
            "label": [f"{_text(x)}{_text(z)}O3" for x, z in zip(a, b, strict=True)],
            "elements": [" ".join(sorted({*x, *z, "O"})) for x, z in zip(a, b, strict=True)],
        }
    ).astype(ROW_COLUMNS)
    sets = [set(text.split()) for text in rows["elements"]]
    element_energy = dict(zip(A_SITES + B_SITES, rng.gamma(2.0, 0.06, len(A_SITES) + len(B_SITES)), strict=True))
    y = np.array([sum(element_energy[e] for e in group if e != "O") for group in sets])
    y = np.abs(y - 0.1 + 0.06 * rng.standard_normal(n_rows))
    wild = np.array([bool(group & WILD) for group in sets])
    tables, folds = [], []
    for split in splits:
        for fold, (label, left_out, test, harder) in enumerate(_folds(split, sets, rng, n_rows)):
            tables += _fold_tables(rng, split, fold, test + 1, y[test], wild[test], harder)
            folds.append(
                {
                    "target": "e_above_hull_eV_atom",
                    "split": split,
                    "repeat": 0,
                    "fold": fold,
                    "label": label,
                    "elements": left_out,
                    "n_train": n_rows - len(test),
                    "n_test": len(test),
                    "weights": {"ridge": 0.3, "extra-trees": 0.7},
                    "calibrated_on": {"random folds": 900, "element groups": 600},
                }
            )
    everything = np.arange(n_rows)
    tables += _fold_tables(rng, TRAINING, 0, everything + 1, y, np.zeros(n_rows, dtype=bool), 0.3)[:1]
    tables[-1]["role"] = "train"
    return Evidence(
        predictions=pd.concat(tables, ignore_index=True).astype(COLUMNS),
        folds=folds,
        data=_card(rows, y),
        plan=_plan(splits),
        rows=rows,
        diagnostics=_diagnostics(rng, n_rows),
        notes=["no target is negative, so predictions and intervals end at 0"],
        timings={"evidence_s": 71.0, "folds_s": [2.9] * len(folds), "final_fit_s": 6.1, "total_s": 80.4},
        versions={"matterlearn": "0.1.0", "python": "3.11.9", "numpy": "2.4.0", "scikit-learn": "1.9.0"},
    )


def _sites(rng: np.random.Generator, names: list[str], n: int) -> list[list[str]]:
    weight = rng.dirichlet(np.full(len(names), 2.0))
    return [rng.choice(names, size=1 + (rng.random() < 0.3), replace=False, p=weight).tolist() for _ in range(n)]


def _text(site: list[str]) -> str:
    return site[0] if len(site) == 1 else f"({site[0]}0.5{site[1]}0.5)"


def _folds(
    split: str, sets: list[set[str]], rng: np.random.Generator, n_rows: int
) -> list[tuple[str, Any, Any, float]]:
    if split.partition(":")[0] == "element":
        names = rng.permutation(A_SITES + B_SITES)
        groups = [sorted(part.tolist()) for part in np.array_split(names, 10)]
        tests = [np.flatnonzero([bool(set(group) & row) for row in sets]) for group in groups]
        return [
            (", ".join(group), group, test, 1.2 + 1.3 * rng.random())
            for group, test in zip(groups, tests, strict=True)
            if len(test)
        ]
    parts = np.array_split(rng.permutation(n_rows), 5)
    harder = 1.0 if split.startswith("random") else 1.4
    return [(f"part {k}", [], np.sort(part), harder) for k, part in enumerate(parts)]


def _fold_tables(
    rng: np.random.Generator, split: str, fold: int, row_id: Any, y: Any, wild: Any, harder: float
) -> list[pd.DataFrame]:
    n = len(y)
    domain = rng.gamma(4.0, 0.16, n) * harder**0.7
    difficulty = 0.018 * harder * (0.5 + domain) * (1 + 2.0 * y)
    error = difficulty * rng.standard_t(4, n) * np.where(wild, 4.0, 1.0)
    prediction = np.maximum(0.0, y + error)
    half_width = 2.1 * difficulty / harder**0.5
    common = {
        "row_id": row_id,
        "split": split,
        "repeat": 0,
        "fold": fold,
        "target": "e_above_hull_eV_atom",
        "class": "",
        "y": y,
        "weight": 1.0,
        "raw": np.nan,
        "decided": False,
        "rejected": False,
    }
    model = {
        "model": "model",
        "role": "model",
        "prediction": prediction,
        "lower": np.maximum(0.0, prediction - half_width),
        "upper": prediction + half_width,
        "level_needed": 1 - (1 - LEVEL) ** (np.abs(prediction - y) / half_width),
        "calibrated_on": np.where(domain > 0.8, "element groups", "random folds"),
        "difficulty": difficulty,
        "spread": difficulty * rng.uniform(0.5, 1.5, n),
        "domain": domain,
        "in_domain": domain <= 1,
    }
    without = {
        "role": "baseline",
        **dict.fromkeys(("lower", "upper", "level_needed", "difficulty", "spread", "domain"), np.nan),
        "calibrated_on": "",
        "in_domain": True,
    }
    baselines = {
        "mean": np.full(n, 0.25),
        "1-nearest neighbour": np.maximum(0, y + 0.09 * harder * rng.standard_normal(n)),
        "shuffled targets": rng.permutation(y),
        "linear on fractions": np.maximum(0, y + 0.10 * harder * rng.standard_normal(n)),
    }
    return [
        pd.DataFrame({**common, **model}),
        *(pd.DataFrame({**common, **without, "model": name, "prediction": p}) for name, p in baselines.items()),
    ]


def _card(rows: pd.DataFrame, y: Any) -> dict[str, Any]:
    facts = {
        "unit": "eV/atom",
        "log": False,
        "n_rows": len(rows),
        "n_contradictions": 3,
        "target_summary": {
            "mean": float(y.mean()),
            "sd": float(y.std()),
            "min": float(y.min()),
            "median": float(np.median(y)),
            "max": float(y.max()),
        },
    }
    return {
        "name": "made-up perovskites",
        "target": "e_above_hull_eV_atom",
        **facts,
        "targets": {"e_above_hull_eV_atom": facts},
        "task": "regression",
        "inputs": {"A": "site", "B": "site", "X": "site"},
        "n_rejected": 4,
        "elements": sorted({element for text in rows["elements"] for element in text.split()}),
        "sha256": "5f2b" * 16,
        "citation": "A. Author and B. Author, Journal 1, 1 (2020)",
        "licence": "CC BY 4.0",
        "notes": ["site fractions of 12 rows were scaled to 1"],
    }


def _plan(splits: tuple[str, ...]) -> dict[str, Any]:
    chosen = {
        "weights": {"ridge": 0.3, "extra-trees": 0.7},
        "inner_mae": {"ridge": 0.061, "kernel-ridge": 0.055, "extra-trees": 0.052},
        "inner_mae_chosen": 0.049,
        "calibrated_on": {"random folds": 1200, "element groups": 900},
    }
    return {
        "candidates": ["ridge", "kernel-ridge", "extra-trees"],
        "splits": list(splits),
        "n_folds": 5,
        "n_element_groups": 10,
        "inner_folds": 3,
        "calibration_splits": 5,
        "seed": 0,
        "expected_s": 74.0,
        "left_out": ["candidate network", "3 of 5 groups of calibration"],
        "level": LEVEL,
        "chosen": chosen,
        "chosen_by_target": {"e_above_hull_eV_atom": chosen},
        "citations": [
            "L. Ward et al., npj Comput. Mater. 2, 16028 (2016)",
            "R. D. Shannon, Acta Cryst. A 32, 751 (1976)",
        ],
    }


def _diagnostics(rng: np.random.Generator, n_rows: int) -> dict[str, list[dict[str, Any]]]:
    target = "e_above_hull_eV_atom"
    properties = (
        "electronegativity",
        "ionic radius",
        "group",
        "covalent radius",
        "melting point",
        "valence electrons",
        "atomization enthalpy",
        "dipole polarizability",
        "fraction of the element",
        "ground state volume",
        "electron affinity",
        "space group",
        "period",
        "atomic weight",
    )
    importance = [
        {
            "target": target,
            "by": by,
            "name": name,
            "fold": fold,
            "mean": float(top * 0.72**rank * rng.uniform(0.85, 1.15)),
            "sd": 0.002,
            "n_repeats": 5,
            "mae": 0.045,
        }
        for by, names, top in (("property", properties, 0.09), ("site", ("B", "A", "X"), 0.12))
        for rank, name in enumerate(names)
        for fold in range(5)
    ]
    curve = [
        {
            "target": target,
            "split": split,
            "repeat": 0,
            "fold": fold,
            "n_train": int(0.8 * n_rows * share),
            "n_test": n_rows // 5,
            "mae": float(scale * (0.8 * n_rows * share) ** -0.32 * rng.uniform(0.93, 1.07)),
        }
        for split, scale in (("random", 0.46), ("element", 0.8))
        for fold in range(5)
        for share in (0.0625, 0.125, 0.25, 0.5, 1.0)
    ]
    grid = np.linspace(1.0, 2.4, 20)
    dependence = [
        {
            "target": target,
            "feature": f"{site} {name} mean",
            "property": name,
            "site": site,
            "unit": unit,
            "values": (grid * scale).tolist(),
            "mean": (0.2 + 0.1 * np.sin(3 * grid + scale)).tolist(),
            "lower": (0.12 + 0.09 * np.sin(3 * grid + scale)).tolist(),
            "upper": (0.3 + 0.12 * np.sin(3 * grid + scale)).tolist(),
        }
        for site, name, unit, scale in (
            ("B", "electronegativity", "1", 1.0),
            ("A", "ionic radius", "pm", 60.0),
            ("B", "valence electrons", "1", 3.0),
            ("B", "melting point", "K", 900.0),
        )
    ]
    surrogate = [
        {
            "target": target,
            "kind": "rules",
            "text": [
                "B electronegativity mean <= 1.72 and A ionic radius mean > 130 pm: 0.05",
                "B electronegativity mean <= 1.72: 0.14",
                "B valence electrons mean > 7.5: 0.31",
                "otherwise: 0.19",
            ],
            "mae": 0.081,
            "mae_sd": 0.004,
            "model_mae": 0.047,
            "fidelity_r2": 0.71,
            "n_terms": 4,
        }
    ]
    leaks = [{**entry, "target": ""} for entry in planted_diagnostics([])["leaks"]]
    return {
        "learning_curve": curve,
        "importance": importance,
        "partial_dependence": dependence,
        "surrogate": surrogate,
        "leaks": leaks,
    }
