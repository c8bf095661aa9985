"""Read model files and predict with them, where crashing, hanging and taking all memory harms nobody.

Arguments: a folder with good.mlz and rows.csv, and the files. Prints a line of JSON per file.
"""

from __future__ import annotations

import faulthandler
import json
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from matterlearn.core.errors import ModelFileError
from matterlearn.workflow.model import load_model

ROOM = 2 * 1024**3
"""Bytes that reading a file may take beside what the libraries take."""

SECONDS = 20.0
"""Processor time that reading a file may take; on a busy machine the clock says nothing."""


def limit_memory() -> None:
    """Let this process have no more memory than it has and `ROOM`, where the system can do that."""
    if sys.platform == "linux":
        import resource

        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, used + ROOM))


@contextmanager
def limited_time() -> Iterator[None]:
    """End this process, telling where it was, if the block takes too long."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    faulthandler.register(signal.SIGPROF, chain=True)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def outcome(path: str, rows: pd.DataFrame, expected: pd.DataFrame) -> dict[str, object]:
    try:
        found = load_model(path).predict(rows)
    except ModelFileError as error:
        return {"refused": str(error)}
    except BaseException as error:
        return {"error": repr(error)[:500]}
    return {"same": found.equals(expected)}


def main() -> None:
    folder, *files = sys.argv[1:]
    warnings.simplefilter("error")
    rows = pd.read_csv(Path(folder) / "rows.csv")
    expected = load_model(Path(folder) / "good.mlz").predict(rows)
    limit_memory()
    for path in files:
        print(json.dumps({"begun": Path(path).name}), flush=True)
        with limited_time():
            found = outcome(path, rows, expected)
        print(json.dumps({"name": Path(path).stem, **found}), flush=True)


if __name__ == "__main__":
    main()
