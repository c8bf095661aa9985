"""Small fits that several tests look at, and plans in which no clock has a say."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from matter_tables import binaries

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

QUICK = {"plan": SMALLEST, "workers": 1}

SEED = 7


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


def decided_by(split: str) -> dict[str, object]:
    """The smallest fit with a split that decides, beside random rows and elements."""
    return {**QUICK, "plan": replace(SMALLEST, splits=tuple(dict.fromkeys([split, *SMALLEST.splits])))}
