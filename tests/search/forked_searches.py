"""Searches that start at once: a process that has imported everything forks for each of them.

As a program: reads one request a line and answers one line, both JSON. A request is a list of searches that run at the
same time; see `Run`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import Ridge

import matterlearn
from matterlearn.core.errors import TrainingError
from matterlearn.search import Choice, Float, Integer, TPESearch

SOURCE = Path(matterlearn.__file__).parents[1]
LONGEST_S = 200.0


@dataclass(frozen=True)
class Run:
    """A search with its trials in a journal file, and when to kill it."""

    journal: str
    result: str
    """File that gets `summary` of the finished search."""

    batch_size: int = 1
    pruner: str | None = None
    kill_at_lines: int | None = None
    """Lines of the journal after which it is killed."""

    delay_s: float = 0.0
    """Time between these lines and the kill."""


class SlowRidge(Ridge):
    """Takes its time, and cannot be fitted everywhere."""

    def __init__(self, alpha=1.0, *, solver="auto", max_iter=None):
        super().__init__(alpha, solver=solver, max_iter=max_iter)

    def fit(self, X, y, sample_weight=None):
        time.sleep(0.003)
        if self.alpha > 300:
            raise TrainingError(f"alpha={self.alpha:.0f} is too much")
        return super().fit(X, y, sample_weight)


SPACE = {
    "alpha": Float(1e-3, 1e3, log=True),
    "solver": Choice(["cholesky", "lsqr"]),
    "max_iter": Integer(1, 5, when={"solver": "lsqr"}),
}
N_TRIALS = 16


def search(run: Run) -> TPESearch:
    """Return a finished search."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 4))
    y = X @ [1.0, 2.0, 0.0, -1.0] + rng.normal(size=30)
    model = TPESearch(
        SlowRidge(),
        SPACE,
        n_trials=N_TRIALS,
        cv=2,
        n_startup_trials=5,
        batch_size=run.batch_size,
        pruner=run.pruner,
        storage=run.journal,
    )
    return model.fit(X, y)


def summary(found: TPESearch) -> dict[str, Any]:
    """Return all that must not depend on whether a search was killed."""
    table = {name: column for name, column in found.cv_results_.items() if not name.endswith("_fit_time")}
    plain = {name: np.ma.asarray(column).tolist() for name, column in table.items() if name != "params"}
    # JSON has no NaN that equals itself
    return json.loads(
        json.dumps({**plain, "params": table["params"], "best": found.best_params_}).replace("NaN", "null")
    )


@contextmanager
def fork_server() -> Iterator[Any]:
    """Give a function that runs searches, at the same time if there are several, and returns their exit codes."""
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
    locks = tempfile.TemporaryDirectory()  # what is killed leaves its lock behind
    process = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **threads, "PYTHONPATH": str(SOURCE), "TMPDIR": locks.name},
    )

    def start(*runs: Run) -> list[int]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([asdict(run) for run in runs]) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    try:
        yield start
    finally:
        process.communicate(timeout=LONGEST_S)
        locks.cleanup()


def _serve() -> None:
    import matterlearn.search.tpe_search  # noqa: F401 (everything is imported before the first fork)

    answers = os.dup(1)
    os.dup2(2, 1)  # what libraries print is no answer
    for line in iter(sys.stdin.readline, ""):
        runs = [Run(**request) for request in json.loads(line)]
        children = [_fork(run) for run in runs]
        codes = _watch(dict(zip(children, runs, strict=True)))
        os.write(answers, (json.dumps([codes[child] for child in children]) + "\n").encode())


def _fork(run: Run) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            Path(run.result).write_text(json.dumps(summary(search(run))))
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    return child


def _watch(running: dict[int, Run]) -> dict[int, int]:
    """Wait for the end of all, and kill those whose moment has come."""
    codes: dict[int, int] = {}
    deadline = time.monotonic() + LONGEST_S
    seen: dict[int, float] = {}
    while len(codes) < len(running):
        now = time.monotonic()
        for child, run in running.items():
            if child in codes:
                continue
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                codes[child] = os.waitstatus_to_exitcode(status)
                continue
            if run.kill_at_lines is not None and _lines(run.journal) >= run.kill_at_lines:
                seen.setdefault(child, now)
            if now > deadline or (child in seen and now - seen[child] >= run.delay_s):
                os.kill(child, signal.SIGKILL)
        time.sleep(0.0005)
    return codes


def _lines(journal: str) -> int:
    try:
        return Path(journal).read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0


if __name__ == "__main__":
    _serve()
