"""Runs of the command that start at once: a process that has imported everything forks for each of them.

A run of the real command spends seconds on imports, and fifty kills would hit little else. The forks run the same
`main` with the same arguments; they use one worker, because a process that was forked must start no threads of numba.

As a program: reads one request a line and answers one line, both JSON; see `WarmRuns` and `Ended`.
"""

from __future__ import annotations

import glob
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matterlearn

SOURCE = Path(matterlearn.__file__).parents[1]
LONGEST_S = 900.0
"""A run that takes longer hangs, and is killed."""

ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    code: int
    """Below 0: the signal that ended it."""

    seconds: float
    printed: str
    seen: float | None
    """Seconds after the start at which a path fitted the pattern of the kill."""


class WarmRuns:
    """Starts runs in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(
        self,
        *arguments: object,
        after: float | None = None,
        once: object = None,
        largest_file: int | None = None,
        folder: object = None,
    ) -> Ended:
        """Run the command, and kill it `after` seconds if that is given.

        They count from the start, or from the moment at which a path fits `once`, a pattern.

        With `largest_file`, writing beyond so many bytes in one file fails; `folder` is the working directory.
        """
        kill = None if after is None else {"after": after, "once": None if once is None else str(once)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {
            "arguments": [str(word) for word in arguments],
            "kill": kill,
            "largest_file": largest_file,
            "folder": None if folder is None else str(folder),
        }
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))


@contextmanager
def warm_runs(modules: Iterator[str] | list[str]) -> Iterator[WarmRuns]:
    """Start the process that forks, with these modules imported, and end it afterwards."""
    path = os.pathsep.join([str(SOURCE), str(Path(__file__).parent)])
    process = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": path},
    )
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(list(modules)) + "\n")
        process.stdin.flush()
        yield WarmRuns(process)
    finally:
        process.communicate(timeout=LONGEST_S)


def modules_of_a_run(*arguments: object) -> list[str]:
    """Run the command as the shell does, and return the modules that were loaded at its end."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": str(SOURCE)},
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout.splitlines()[-1]))


LOADED = """
import json, sys
from matterlearn.cli.main import main

try:
    main()
except SystemExit as end:
    if end.code:
        raise
names = [name for name, module in sys.modules.items() if getattr(module, "__spec__", None) and name != "__main__"]
print(json.dumps([name for name in names if not name.startswith("_")]))
"""


def _serve() -> None:
    for name in json.loads(sys.stdin.readline()):
        with suppress(ImportError, AttributeError):  # modules that others make while they are imported
            importlib.import_module(name)
    answers = os.dup(1)
    os.dup2(2, 1)  # what libraries print is no answer
    for line in iter(sys.stdin.readline, ""):
        os.write(answers, (json.dumps(_run(**json.loads(line))) + "\n").encode())


def _run(
    arguments: list[str], kill: dict[str, Any] | None, largest_file: int | None, folder: str | None
) -> dict[str, Any]:
    with tempfile.TemporaryFile() as printed:
        start = time.monotonic()
        child = os.fork()
        if child == 0:
            _become_the_command(arguments, printed.fileno(), largest_file, folder)
        seen = _wait_and_kill(child, start, kill)
        _, status = os.waitpid(child, 0)
        seconds = time.monotonic() - start
        printed.seek(0)
        text = printed.read().decode(errors="replace")
    return {"code": os.waitstatus_to_exitcode(status), "seconds": seconds, "seen": seen, "printed": text}


def _become_the_command(arguments: list[str], printed: int, largest_file: int | None, folder: str | None) -> None:
    from matterlearn.cli.main import main

    code: Any = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        if folder is not None:
            os.chdir(folder)
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
        sys.argv = ["matterlearn", *arguments]
        main()
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _wait_and_kill(child: int, start: float, kill: dict[str, Any] | None) -> float | None:
    """Wait for the end of the run or kill it; return when the pattern was seen."""
    pattern = kill["once"] if kill else None
    since = None if pattern else start
    while not _has_ended(child):
        now = time.monotonic()
        if since is None and glob.glob(pattern, include_hidden=True):
            since = now
        late = now - start > LONGEST_S
        if late or (kill and since is not None and now - since >= kill["after"]):
            os.kill(child, signal.SIGKILL)
            break
        time.sleep(0.002)
    return None if since is None or not pattern else since - start


def _has_ended(child: int) -> bool:
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


if __name__ == "__main__":
    _serve()
