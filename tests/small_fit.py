"""Small fits that several tests look at, and plans in which no clock has a say."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from matter_tables import binaries

from matterlearn.validation.evidence import Evidence
from matterlearn.workflow.fit import Fit, fit
from matterlearn.workflow.plan import Plan

PLAN = Plan(
    candidates=("ridge",),
    splits=("random", "element"),
    n_folds=3,
    n_element_groups=3,
    inner_folds=2,
    calibration_folds=3,
    calibration_splits=3,
    n_explained=1,
)
"""Three folds of both splits, one of them explained."""

SMALLEST = replace(PLAN, calibration_folds=2, calibration_splits=2, n_explained=0)
"""The least that is a fit."""

SEED = 7


def quick(**changes: Any) -> dict[str, Any]:
    """Arguments of the least that is a fit, with changes to its plan."""
    return {"plan": replace(SMALLEST, **changes), "workers": 1}


QUICK = quick()


@cache
def small_fit() -> Fit:
    """Ridge on 40 binaries, of which two cannot be read."""
    return fit(with_bad_rows(), "gap_eV", plan=replace(PLAN, seed=SEED), workers=1)


def with_bad_rows():
    table = binaries(42)
    table.loc[3, "formula"] = "Xx2O"
    table["gap_eV"] = table["gap_eV"].astype(object)
    table.loc[10, "gap_eV"] = "unknown"
    return table


@cache
def two_target_fit() -> Fit:
    """A gap, and the logarithm of a modulus that spans decades; both lack rows; rows have weights."""
    return fit(two_targets(), ["gap_eV", "k_GPa"], log=["k_GPa"], weights="n_runs", **quick(seed=SEED))


def two_targets():
    table = binaries(45)
    gap = table["gap_eV"].to_numpy()
    table["k_GPa"] = np.round(10 ** (gap - 4.0), 6)  # 0.001 to 10,000
    table["n_runs"] = [1 + i % 3 for i in range(len(table))]
    table.loc[:4, "gap_eV"] = np.nan
    table.loc[[20, 30, 44], "k_GPa"] = np.nan
    return table


def told(evidence: Evidence) -> str:
    """Everything that evidence tells but timings; the repr of a float tells all of its bits."""
    parts = (evidence.folds, evidence.data, evidence.plan, evidence.diagnostics, evidence.notes, evidence.versions)
    return repr([evidence.predictions.to_dict("list"), evidence.rows.to_dict("list"), *parts])
