"""What an output folder holds, in a form in which two of them can be compared bit for bit."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from matterlearn.core.container import read_container
from matterlearn.validation.evidence import Evidence
from matterlearn.workflow.model import load_model

CLOCK = ("timings", "expected_s", "left_out")
"""What may differ between two runs of one plan: it comes from a clock."""

TOLD_TIME = re.compile(r"^(the smallest plan takes about ).*(, more than the budget of )")
"""A note with such a time in its words."""

KNOWN: dict[tuple[str, ...], Any] = {}
"""What was made of bytes that lay in an output before: the tests read the same ones a hundred times."""


def read_output(folder: Path) -> dict[str, Any]:
    """Return what a whole output says, without what clocks said; raise if anything of it is missing or damaged."""
    evidence = Evidence.load(folder)
    told = without_clocks(json.loads((folder / "evidence.json").read_text(encoding="utf-8")))
    predictions = sha256((folder / "predictions.parquet").read_bytes())
    return {
        "names": sorted(path.name for path in folder.iterdir()),
        "figures": sorted(path.name for path in (folder / "figures").iterdir()),
        "report": (folder / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>"),
        "predictions": predictions,
        "rows": sha256((folder / "rows.parquet").read_bytes()),
        "rejected": (folder / "rejected.csv").read_bytes(),
        "evidence": told,
        "scores": once(("scores", predictions, json.dumps(told)), lambda: evidence.scores().to_csv(index=False)),
        **once(("model", sha256((folder / "model.mlz").read_bytes())), lambda: read_model(folder / "model.mlz")),
    }


def read_model(path: Path) -> dict[str, Any]:
    """Return what a model file says."""
    load_model(path)  # checks sums, and that the model predicts what it predicted
    container = read_container(path, "model")
    parts = {name: sha256(part) for name, part in container.parts.items()}
    return {"model": parts, "card": without_clocks(container.manifest)}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def once(key: tuple[str, ...], make: Callable[[], Any]) -> Any:
    """Return what is made of some bytes, made at their first sight; what cannot be made is tried again."""
    if key not in KNOWN:
        KNOWN[key] = make()
    return KNOWN[key]


def without_clocks(value: Any) -> Any:
    """Return a value of JSON without the entries that `CLOCK` names and the times of notes, at any depth."""
    if isinstance(value, dict):
        return {name: without_clocks(part) for name, part in value.items() if name not in CLOCK}
    if isinstance(value, list):
        return [without_clocks(part) for part in value]
    return TOLD_TIME.sub(r"\1...\2", value) if isinstance(value, str) else value


def difference(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """Return the names of the parts in which two outputs differ."""
    return sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))


def small_table(path: Path, n_rows: int = 40) -> Path:
    """Write a table of binaries, one of which cannot be read."""
    from matter_tables import binaries

    table: pd.DataFrame = binaries(n_rows)
    table.loc[3, "formula"] = "Xx2O"
    table.to_csv(path, index=False)
    return path
