"""The small fit that is broken in every way, and what it gives when nobody disturbs it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from outputs import difference, read_output, small_table
from warm_runs import WarmRuns, modules_of_a_run, warm_runs

from matterlearn.workflow.plan import Plan

if not hasattr(os, "fork"):
    collect_ignore_glob = ["test_*.py"]  # the runs are forks


LONGEST_S = 1800
"""A test starts several fits; where the rest of the suite runs at the same time they take minutes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of this folder their time, where they state none of their own."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(LONGEST_S))


SMALLEST = Plan(
    candidates=("ridge",),
    splits=("random",),
    n_folds=3,
    inner_folds=2,
    calibration_folds=2,
    calibration_splits=2,
    n_explained=0,
)
"""A plan of a second; no clock says what of it is done."""


@dataclass(frozen=True)
class Undisturbed:
    """Two fits of one table, that differ in their seed, and how long one takes."""

    table: Path
    plans: Path
    """Folder with the plans `1.json` and `2.json`, that differ in the seed."""
    old: Path
    new: Path
    old_output: dict[str, Any]
    new_output: dict[str, Any]
    seconds: float
    """Of a warm run."""

    staged: float
    """Seconds of a warm run before it begins to write its output."""

    def arguments(self, out: Path, *, seed: int = 2, table: Path | None = None) -> list[object]:
        """Return the command that gives the new output, or the old one with seed 1."""
        plan = self.plans / f"{seed}.json"
        return ["fit", table or self.table, "--target", "gap_eV", "--plan", plan, "--workers", "1", "--out", out]


@pytest.fixture(scope="session")
def cold(tmp_path_factory) -> tuple[Undisturbed, list[str]]:
    """The old output, written by the command as the shell starts it, and what that imported."""
    folder = tmp_path_factory.mktemp("undisturbed")
    for seed in (1, 2):
        (folder / f"{seed}.json").write_text(replace(SMALLEST, seed=seed).to_text())
    table = small_table(folder / "table.csv")
    found = Undisturbed(table, folder, folder / "old", folder / "new", {}, {}, 0.0, 0.0)
    modules = modules_of_a_run(*found.arguments(found.old, seed=1))
    assert "matterlearn.workflow.fit" in modules
    return replace(found, old_output=read_output(found.old)), modules


@pytest.fixture(scope="session")
def modules(cold) -> list[str]:
    """What a run of the command imports."""
    return cold[1]


@pytest.fixture(scope="session")
def run(modules) -> Iterator[WarmRuns]:
    """Runs the command in a fork of a process that has imported everything."""
    with warm_runs(modules) as start:
        yield start


@pytest.fixture(scope="session")
def undisturbed(cold, run) -> Undisturbed:
    """The outputs to which all others are compared."""
    found = cold[0]
    folder = found.new.parent
    ended = run(*found.arguments(found.new), after=1e9, once=folder / ".new.staging-*")
    assert ended.code == 0, ended.printed
    assert ended.seen is not None
    new = read_output(found.new)
    assert {"predictions", "model"} <= set(difference(found.old_output, new))  # else a mixture would not be seen
    assert sorted(path.name for path in folder.iterdir()) == ["1.json", "2.json", "new", "old", "table.csv"]
    return replace(found, new_output=new, seconds=ended.seconds, staged=ended.seen)
