"""A rerun does what the run that was killed had planned, and repeats at most what was in work."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from outputs import difference, read_output
from real_runs import results_kept

from matterlearn.core.container import read_container
from matterlearn.validation.evidence import Evidence


def test_a_rerun_follows_the_plan_that_was_made_before_the_kill(undisturbed, run, tmp_path):
    """What a plan expects follows from the machine's speed at that moment: no two runs would make the same."""
    out, other = tmp_path / "out", tmp_path / "other"
    budget = ("--target", "gap_eV", "--models", "ridge", "--budget", "0.01s", "--workers", "1")
    ended = run("fit", undisturbed.table, *budget, "--out", out, after=0.0, once=tmp_path / ".out.staging-*")
    assert ended.code == -signal.SIGKILL
    plan = entry(tmp_path / ".out.run", "plan")
    kept = results_kept(out) - 1  # the plan is no result
    assert kept >= 5  # the final model, and two folds of each split

    ended = run("fit", undisturbed.table, *budget, "--out", out)
    assert ended.code == 0, ended.printed
    assert Evidence.load(out).timings["resumed"] == kept
    assert json.loads((out / "plan.json").read_text())["expected_s"] == json.loads(plan)["expected_s"]

    ended = run("fit", undisturbed.table, *budget, "--out", other)
    assert ended.code == 0, ended.printed
    assert Evidence.load(other).timings["resumed"] == 0
    assert difference(read_output(out), read_output(other)) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "out"]


def entry(journal: Path, name: str) -> str:
    """Return the text of an entry, found without the key of the run."""
    found = {}
    for path in journal.glob("[!.]*"):
        container = read_container(path, "journal")
        found[container.manifest["name"]] = container.parts
    return found[name]["text"].decode()


def test_another_seed_takes_nothing_over(undisturbed, run, tmp_path):
    out = tmp_path / "out"
    first = run(*undisturbed.arguments(out, seed=1), after=0.0, once=tmp_path / ".out.staging-*")
    assert first.code == -signal.SIGKILL
    assert results_kept(out) > 0
    second = run(*undisturbed.arguments(out, seed=2))
    assert second.code == 0, second.printed
    assert Evidence.load(out).timings["resumed"] == 0
    assert difference(read_output(out), undisturbed.new_output) == []
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
