"""The same seed gives the same numbers, bit for bit, whatever the number of workers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matter_tables import sites
from outputs import difference, read_output, without_clocks

from matterlearn import fit
from matterlearn.core.parallel import available_workers
from matterlearn.models.candidates import FAMILIES, default_names
from matterlearn.validation.evidence import plain
from matterlearn.workflow.fit import Fit
from matterlearn.workflow.output import write_fit
from matterlearn.workflow.plan import Plan

N_ROWS = 60

TWICE = {"svr-fractions", "extra-trees-fractions"}
"""The estimators of other families on other features."""


def plan(seed: int) -> Plan:
    """Return a small plan with every estimator that a table of this size allows, and with explanations."""
    return Plan(
        candidates=tuple(
            name for name in default_names() if FAMILIES[name].fewest_rows <= N_ROWS and name not in TWICE
        ),
        splits=("random", "element"),
        n_folds=2,
        n_element_groups=2,
        inner_folds=2,
        calibration_folds=2,
        calibration_splits=2,
        n_explained=1,
        seed=seed,
    )


def same_numbers(one: Fit, other: Fit) -> list[str]:
    """Return the parts of the evidence in which two fits differ in any bit."""
    parts = {"predictions": (one.evidence.predictions, other.evidence.predictions)}
    parts["rows"] = (one.evidence.rows, other.evidence.rows)
    different = [name for name, (a, b) in parts.items() if not (a.dtypes.equals(b.dtypes) and bits(a) == bits(b))]
    for name in ("folds", "data", "plan", "diagnostics", "notes", "versions"):
        a, b = (repr(without_clocks(plain(getattr(found.evidence, name)))) for found in (one, other))
        different += [name] if a != b else []
    return different


def bits(table: pd.DataFrame) -> list[bytes | list[object]]:
    """Return each column as its bytes: NaN equals NaN, and 0.0 is not -0.0."""
    return [
        np.asarray(column).tobytes() if column.dtype.kind in "fib" else column.tolist() for _, column in table.items()
    ]


@pytest.fixture(scope="module")
def alone() -> Fit:
    return fit(sites(N_ROWS), "gap_eV", plan=plan(5), workers=1)


@pytest.mark.skipif(available_workers() < 2, reason="one processor")
def test_two_workers_give_the_bits_of_one(alone, undrawn, tmp_path):
    both = fit(sites(N_ROWS), "gap_eV", plan=plan(5), workers=2)
    assert same_numbers(alone, both) == []
    # And so do the model and all files that are made of it.
    first, second = (read_output(write_fit(found, tmp_path / name)) for name, found in (("1", alone), ("2", both)))
    assert difference(first, second) == []


def test_another_seed_gives_others():
    """Else equality would say nothing; one quick candidate shows it."""
    one, other = (
        fit(sites(N_ROWS), "gap_eV", plan=replace(plan(seed), candidates=("ridge",)), workers=1) for seed in (5, 6)
    )
    assert {"predictions", "folds", "diagnostics"} <= set(same_numbers(one, other))
