"""The command as the shell starts it, in a session of its own, and the processes that belong to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from warm_runs import ONE_THREAD, SOURCE

PATIENCE_S = 900.0
"""Time after which what is waited for does not come any more."""


def start(*arguments: object, preexec: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    """Start `matterlearn ARGUMENTS` as leader of a session."""
    return subprocess.Popen(
        [sys.executable, "-m", "matterlearn", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": str(SOURCE)},
        # A shell that starts the tests in the background has the signal ignored, and children inherit that.
        preexec_fn=preexec or partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


def wait_until(holds: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    """Wait until something holds; fail if it takes too long, or if the process ends before."""
    until = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until, "waited in vain"
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.01)


def results_kept(out: Path) -> int:
    """Return how many results lie in the journal of a run that was given its plan: its entries without the head."""
    return max(len(list(out.with_name(f".{out.name}.run").glob("[!.]*"))) - 1, 0)


def living(session: int) -> list[int]:
    """Return the processes of a session that live."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                fields = Path("/proc", name, "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it ended just now
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(name))
    return found


def end_session(session: int) -> None:
    """Kill what is left of a session, so that a test that fails leaves nothing."""
    for process in living(session):
        os.kill(process, signal.SIGKILL)
