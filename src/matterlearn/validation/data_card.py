"""What a reader must know about the data, as plain values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from matterlearn.data.dataset import Dataset
from matterlearn.data.duplicates import contradictions
from matterlearn.validation.evidence import ROW_COLUMNS


def data_card(dataset: Dataset) -> dict[str, Any]:
    """Return the data card of a data set; the facts of its first target stand at the top, too.

    Parameters
    ----------
    dataset : Dataset
        Clean rows.

    Returns
    -------
    dict
        See `Evidence.data`.
    """
    conflicts = contradictions(dataset)
    targets = {target: _target_facts(dataset.of(target), conflicts) for target in dataset.targets}
    return {
        "name": dataset.name,
        "task": dataset.task,
        "inputs": {name: dataset.kinds[name] for name in dataset.inputs},
        "n_rejected": dataset.n_rejected,
        "elements": sorted({element for row in dataset.element_sets() for element in row}),
        "sha256": dataset.sha256,
        "citation": dataset.citation,
        "licence": dataset.licence,
        "notes": list(dataset.notes),
        "weights": dataset.schema.get("weights"),
        "targets": targets,
        "target": dataset.targets[0],
        **targets[dataset.targets[0]],
    }


def _target_facts(dataset: Dataset, conflicts: pd.DataFrame) -> dict[str, Any]:
    target, y = dataset.targets[0], np.asarray(dataset.y, dtype=float)
    return {
        "unit": dataset.y_unit(target),
        "log": target in dataset.log,
        "n_rows": len(y),
        "n_contradictions": int((conflicts["target"] == target).sum()),
        "target_summary": {
            "mean": float(y.mean()),
            "sd": float(y.std()),
            "min": float(y.min()),
            "median": float(np.median(y)),
            "max": float(y.max()),
        },
    }


def row_table(dataset: Dataset) -> pd.DataFrame:
    """Return what each row is, for people: `ROW_COLUMNS` of `Evidence.rows`."""
    named = [name for name in dataset.frame.columns if dataset.kinds[name] == "formula"][:1] or list(dataset.inputs)
    labels = [" ".join(_text(cell) for cell in cells) for cells in dataset.frame[named].itertuples(index=False)]
    elements = [" ".join(sorted(row)) for row in dataset.element_sets()]
    table = pd.DataFrame({"row_id": dataset.frame.index, "label": labels, "elements": elements})
    return table.astype(ROW_COLUMNS)


def _text(cell: Any) -> str:
    if isinstance(cell, dict):
        return "".join(f"{species}{amount:g}" if amount != 1 else str(species) for species, amount in cell.items())
    return " ".join(str(cell).split())[:80]
