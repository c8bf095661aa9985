"""Read model files and predict with them, where crashing, hanging and taking all memory harms nobody.

Arguments: a folder with good.mlz and rows.csv, seconds per file, and the files. Prints a line of JSON per file.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import warnings
from pathlib import Path

import pandas as pd

from matterlearn.core.errors import ModelFileError
from matterlearn.workflow.model import load_model

ROOM = 2 * 1024**3
"""Bytes that reading a file may take beside what the libraries take."""


def limit_memory() -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, used + ROOM))


def outcome(path: str, rows: pd.DataFrame, expected: pd.DataFrame) -> dict[str, object]:
    try:
        found = load_model(path).predict(rows)
    except ModelFileError as error:
        return {"refused": str(error)}
    except BaseException as error:
        return {"error": repr(error)[:500]}
    return {"same": found.equals(expected)}


def main() -> None:
    folder, seconds, *files = sys.argv[1:]
    warnings.simplefilter("error")
    rows = pd.read_csv(Path(folder) / "rows.csv")
    expected = load_model(Path(folder) / "good.mlz").predict(rows)
    if sys.platform == "linux":
        limit_memory()
    for path in files:
        print(json.dumps({"begun": Path(path).name}), flush=True)
        signal.alarm(int(seconds))  # ends the process
        print(json.dumps({"name": Path(path).stem, **outcome(path, rows, expected)}), flush=True)
        signal.alarm(0)


if __name__ == "__main__":
    main()
