"""Small fits of classes that several tests look at."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from matter_tables import METALS, NONMETALS
from small_fit import PLAN, SEED, SMALLEST

from matterlearn.workflow.fit import Fit, fit

CLASS_PLAN = replace(PLAN, candidates=("knn", "lda"), calibration_folds=2, calibration_splits=2, seed=SEED)


def quick_classes(**changes: Any) -> dict[str, Any]:
    """Arguments of the least that is a fit of classes, with changes to its plan."""
    return {"plan": replace(SMALLEST, **{"candidates": ("lda",), "splits": ("random",), **changes}), "workers": 1}


def kinds_of_binaries(n: int = 120) -> pd.DataFrame:
    """Binaries whose class follows from their elements, and now and then from chance."""
    rng = np.random.default_rng(5)
    possible = [(a, i, b, j) for a in METALS for b in NONMETALS for i, j in ((1, 1), (1, 2), (2, 1), (2, 3), (1, 3))]
    chosen = [possible[k] for k in rng.permutation(len(possible))[:n]]
    formula = ["".join(f"{part}" for part in row) for row in chosen]
    score = np.array([METALS.index(a) / len(METALS) - NONMETALS.index(b) / len(NONMETALS) for a, _, b, _ in chosen])
    metal = score + rng.normal(0, 0.15, n) > 0.1
    return pd.DataFrame({"formula": formula, "kind": np.where(metal, "metal", "insulator")})


def measurements(n: int = 90, n_columns: int = 120, n_classes: int = 3) -> pd.DataFrame:
    """More columns than rows, a constant one, one with ties, one that is empty; the first few tell the class."""
    rng = np.random.default_rng(8)
    codes = np.arange(n) % n_classes
    values = rng.lognormal(size=(n, n_columns))
    values[:, :4] *= np.exp(1.2 * (codes[:, None] == np.arange(4) % n_classes))
    table = pd.DataFrame(values, columns=[f"metabolite {k}" for k in range(n_columns)])
    table["constant"], table["ties"], table["empty"] = 1.0, np.arange(n) // 30, np.nan
    table.insert(0, "label", np.array(["a", "b", "c"])[codes])
    return table


@cache
def class_fit() -> Fit:
    """Two classes of binaries, one row that cannot be read, one class that is too rare."""
    table = kinds_of_binaries()
    table.loc[3, "formula"] = "Xx2O"
    table.loc[7, "kind"] = "semimetal"
    return fit(table, "kind", plan=CLASS_PLAN, workers=1, error_rate=0.2)


@cache
def measurement_fit() -> Fit:
    """Three classes of a table of measurements."""
    return fit(measurements(), "label", inputs=["*"], plan=replace(CLASS_PLAN, splits=("random",)), workers=1)
