"""A search that is killed at any moment goes on, and ends as one that nobody disturbed."""

from __future__ import annotations

import json
import os
import random
import signal
from collections import Counter
from pathlib import Path

import pytest
from forked_searches import N_TRIALS, Run, fork_server

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the searches are forks")


@pytest.fixture(scope="module")
def start():
    with fork_server() as function:
        yield function


def entries(journal: Path) -> list[dict]:
    return [json.loads(line) for line in journal.read_text().splitlines()]


CREATE_TRIAL, SET_STATE, SET_TRIAL_ATTRIBUTE = 4, 6, 8


def check_that_each_was_done_once(journal: Path) -> None:
    """Every trial was begun and finished once, and drew once, whoever was killed."""
    found = entries(journal)
    assert sum(entry["op_code"] == CREATE_TRIAL for entry in found) == N_TRIALS
    finished = Counter(entry["trial_id"] for entry in found if entry["op_code"] == SET_STATE)
    assert finished == dict.fromkeys(range(N_TRIALS), 1)
    drawn = [e["trial_id"] for e in found if e["op_code"] == SET_TRIAL_ATTRIBUTE and "drawn" in e["user_attr"]]
    assert sorted(drawn) == list(range(N_TRIALS))


@pytest.mark.parametrize(
    ("batch_size", "pruner", "kills"), [(1, None, 4), (4, None, 3), (1, "median", 3)], ids=["single", "batch", "pruned"]
)
def test_killed_at_random_moments(start, tmp_path, batch_size, pruner, kills):
    undisturbed = Run(str(tmp_path / "whole.log"), str(tmp_path / "whole.json"), batch_size, pruner)
    assert start(undisturbed) == [0]
    expected = json.loads(Path(undisturbed.result).read_text())
    states = {"single": {"complete", "failed"}, "median": {"complete", "failed", "pruned"}}
    assert set(expected["state"]) == states["median" if pruner else "single"]
    n_lines = len(entries(Path(undisturbed.journal)))

    journal, result = tmp_path / "killed.log", tmp_path / "killed.json"
    moments = random.Random(batch_size)
    cut_off = 0
    for kill in range(kills):
        # Spread over the whole search; the delay moves the kill off the line that it waited for.
        line = 1 + (n_lines - 12) * kill // kills + moments.randrange(n_lines // (2 * kills))
        run = Run(str(journal), str(result), batch_size, pruner, line, moments.uniform(0.0, 0.008))
        assert start(run) == [-signal.SIGKILL]
        states = Counter(entry["op_code"] for entry in entries_so_far(journal))
        cut_off += states[CREATE_TRIAL] > states[SET_STATE]
    assert cut_off > 0  # some were hit between the beginning and the end of a trial
    assert start(Run(str(journal), str(result), batch_size, pruner)) == [0]
    assert json.loads(result.read_text()) == expected
    check_that_each_was_done_once(journal)


def entries_so_far(journal: Path) -> list[dict]:
    """Read a journal whose last line may be cut off."""
    return [json.loads(line) for line in journal.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def test_two_processes_on_one_storage(start, tmp_path):
    journal = tmp_path / "shared.log"
    runs = [Run(str(journal), str(tmp_path / f"{k}.json")) for k in range(2)]
    assert start(*runs) == [0, 0]
    first, second = (json.loads(Path(run.result).read_text()) for run in runs)
    assert first == second  # both wait for the last trial
    assert len(first["params"]) == N_TRIALS
    check_that_each_was_done_once(journal)
    assert len(owners(journal)) == 2  # both did some


def test_one_of_two_is_killed_and_the_other_does_its_trial(start, tmp_path):
    journal, result = tmp_path / "shared.log", tmp_path / "left.json"
    killed = Run(str(journal), str(tmp_path / "killed.json"), kill_at_lines=60, delay_s=0.002)
    left = Run(str(journal), str(result))
    assert start(killed, left) == [-signal.SIGKILL, 0]
    assert len(json.loads(result.read_text())["params"]) == N_TRIALS
    check_that_each_was_done_once(journal)
    assert len(owners(journal)) == 2


def owners(journal: Path) -> set[str]:
    """Return the locks of the processes that began or took over a trial."""
    found = entries(journal)
    marks = [e["user_attrs"]["owner"] for e in found if e["op_code"] == CREATE_TRIAL]
    marks += [
        e["user_attr"]["owner"] for e in found if e["op_code"] == SET_TRIAL_ATTRIBUTE and "owner" in e["user_attr"]
    ]
    return {mark["lock"] for mark in marks}
