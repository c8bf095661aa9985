"""A fit with two workers that is stopped: one line, no process left, the old output whole, and a rerun goes on."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from outputs import difference, read_output
from real_runs import PATIENCE_S, end_session, living, results_kept, start, wait_until

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")


def stop(run, kind: signal.Signals, whole_group: bool) -> None:
    (os.killpg if whole_group else os.kill)(run.pid, kind)


@pytest.mark.parametrize(
    ("kind", "whole_group", "code"),
    [
        (signal.SIGINT, True, 130),  # Ctrl-C: the terminal sends it to workers too
        (signal.SIGTERM, False, 130),
        (signal.SIGKILL, False, -signal.SIGKILL),
    ],
    ids=["Ctrl-C", "SIGTERM", "SIGKILL"],
)
def test_a_fit_that_is_stopped(undisturbed, run, tmp_path, kind, whole_group, code):
    out = shutil.copytree(undisturbed.old, tmp_path / "out")
    stopped = start(*undisturbed.arguments(out), "--workers", "2")
    try:
        wait_until(lambda: results_kept(out) > 0, stopped)
        stop(stopped, kind, whole_group)
        _, err = stopped.communicate(timeout=PATIENCE_S)
        assert stopped.returncode == code, err
        wait_until(lambda: not living(stopped.pid))
    finally:
        end_session(stopped.pid)
    if kind != signal.SIGKILL:
        assert err == "matterlearn: stopped\n"
        assert {path.name for path in tmp_path.iterdir()} == {"out", ".out.run"}
    assert difference(read_output(out), undisturbed.old_output) == []

    # The rerun has one worker where the first had two, and takes over its results.
    kept = results_kept(out)
    rerun = run(*undisturbed.arguments(out))
    assert rerun.code == 0, rerun.printed
    assert difference(read_output(out), undisturbed.new_output) == []
    assert resumed(out) == kept
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def resumed(out: Path) -> int:
    """Return how many results the run that wrote an output had taken over."""
    from matterlearn.validation.evidence import Evidence

    return int(Evidence.load(out).timings["resumed"])
