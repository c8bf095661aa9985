"""What a reader must know about the data, as plain values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from matterlearn.data.dataset import Dataset
from matterlearn.data.duplicates import contradictions
from matterlearn.validation.classes.positive import positive_class
from matterlearn.validation.evidence import ROW_COLUMNS


def data_card(dataset: Dataset, *, positive: str | None = None) -> dict[str, Any]:
    """Return the data card of a data set; the facts of its first target stand at the top, too.

    Parameters
    ----------
    dataset : Dataset
        Clean rows.
    positive : str, optional
        Which of two classes is looked for; guessed from the labels by default.

    Returns
    -------
    dict
        See `Evidence.data`.
    """
    conflicts = contradictions(dataset)
    targets = {target: _target_facts(dataset.of(target), conflicts, positive) for target in dataset.targets}
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


def _target_facts(dataset: Dataset, conflicts: pd.DataFrame, positive: str | None) -> dict[str, Any]:
    target = dataset.targets[0]
    facts = {
        "unit": dataset.y_unit(target),
        "log": target in dataset.log,
        "n_rows": len(dataset.y),
        "n_contradictions": int((conflicts["target"] == target).sum()),
    }
    if dataset.task == "classification":
        classes, counts = np.unique(dataset.y, return_counts=True)
        shares = dict(zip(map(str, classes), map(int, counts), strict=True))
        found = positive_class(list(shares), shares) if positive is None else positive
        return {**facts, "classes": list(shares), "class_counts": shares, "positive": found}
    y = np.asarray(dataset.y, dtype=float)
    summary = {
        "mean": float(y.mean()),
        "sd": float(y.std()),
        "min": float(y.min()),
        "median": float(np.median(y)),
        "max": float(y.max()),
    }
    return {**facts, "target_summary": summary}


def row_table(dataset: Dataset) -> pd.DataFrame:
    """Return what each row is, for people: `ROW_COLUMNS` of `Evidence.rows`."""
    named = [name for name in dataset.frame.columns if dataset.kinds[name] == "formula"][:1]
    if not named and len(dataset.inputs) > MOST_INPUTS:  # of a table of measurements the name of the sample says more
        named = [name for name in dataset.frame.columns if _names_rows(dataset, name)][:1]
    named = named or list(dataset.inputs[:MOST_INPUTS])
    # Of structures the read cells say more than the blocks of text in the table.
    cells = dataset.frame[named].assign(
        **{name: dataset.X[name] for name in named if dataset.kinds[name] == "structure"}
    )
    labels = [" ".join(_text(cell) for cell in row) for row in cells.itertuples(index=False)]
    elements = [" ".join(sorted(row)) for row in dataset.element_sets()]
    table = pd.DataFrame({"row_id": dataset.frame.index, "label": labels, "elements": elements})
    return table.astype(ROW_COLUMNS)


MOST_INPUTS = 6
"""Inputs that make up the name of a row where nothing else does."""


def _names_rows(dataset: Dataset, name: str) -> bool:
    return dataset.kinds[name] == "text" and dataset.frame[name].astype(str).is_unique


def _text(cell: Any) -> str:
    if hasattr(cell, "graph"):  # a structure: its conformers have one formula
        return str(cell.graph.formula)
    if isinstance(cell, dict):
        return "".join(f"{species}{amount:g}" if amount != 1 else str(species) for species, amount in cell.items())
    return " ".join(str(cell).split())[:80]
