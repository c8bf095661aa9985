"""What an output folder holds, in a form in which two of them can be compared bit for bit."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd

from matterlearn.core.container import read_container
from matterlearn.validation.evidence import Evidence
from matterlearn.workflow.model import load_model

CLOCK = ("timings", "expected_s", "left_out")
"""What may differ between two runs of one plan: it comes from a clock."""


def read_output(folder: Path) -> dict[str, Any]:
    """Return what a whole output says, without what clocks said; raise if anything of it is missing or damaged."""
    load_model(folder / "model.mlz")  # checks sums, and that the model predicts what it predicted
    evidence = Evidence.load(folder)
    model = read_container(folder / "model.mlz", "model")
    return {
        "names": sorted(path.name for path in folder.iterdir()),
        "figures": sorted(path.name for path in (folder / "figures").iterdir()),
        "report": (folder / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>"),
        "predictions": hashlib.sha256((folder / "predictions.parquet").read_bytes()).hexdigest(),
        "rows": hashlib.sha256((folder / "rows.parquet").read_bytes()).hexdigest(),
        "rejected": (folder / "rejected.csv").read_bytes(),
        "evidence": without_clocks(json.loads((folder / "evidence.json").read_text(encoding="utf-8"))),
        "scores": evidence.scores().to_csv(index=False),
        "model": {name: hashlib.sha256(part).hexdigest() for name, part in model.parts.items()},
        "card": without_clocks(model.manifest),
    }


def without_clocks(value: Any) -> Any:
    """Return a value of JSON without the entries that `CLOCK` names, at any depth."""
    if isinstance(value, dict):
        return {name: without_clocks(part) for name, part in value.items() if name not in CLOCK}
    if isinstance(value, list):
        return [without_clocks(part) for part in value]
    return value


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
