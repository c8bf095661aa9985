"""Rows as a PyTorch `Dataset`, and a `DataLoader` that makes batches of them."""

from __future__ import annotations

from typing import Any

from matterlearn.models.networks import make_loader
from matterlearn.studies.cases import Case
from matterlearn.studies.page import Column, StudyPage
from matterlearn.studies.parts.devices import add_device
from matterlearn.studies.torch_models import BATCH, BITS, TorchResults, datasets

_NAMES = {"train": "learned from", "validation": "validation", "test": "test"}


def add_batches(page: StudyPage, case: Case, results: TorchResults) -> None:
    """Write the section on device, rows and batches.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    case : Case
        The data.
    results : TorchResults
        Of the networks in PyTorch.
    """
    sets = datasets(case, {name: results.rows[name] for name in _NAMES}, results.fits[BITS].encoder)
    lines: list[dict[str, Any]] = []
    for name, rows in sets.items():
        loader = make_loader(rows, batch_size=BATCH, shuffle=name == "train")
        batches = list(loader)
        lines.append(
            {
                "rows": _NAMES[name],
                "n_rows": len(rows),
                "n_batches": len(batches),
                "inputs": str(tuple(batches[0][0].shape)),
                "targets": str(tuple(batches[0][1].shape)),
                "last": len(batches[-1][1]),
            }
        )
    train = lines[0]
    page.section("PyTorch: device, rows and batches")
    page.add(
        torch_batch_size=BATCH,
        torch_n_train=train["n_rows"],
        torch_n_validation=lines[1]["n_rows"],
        torch_n_batches=train["n_batches"],
        torch_validation_share=lines[1]["n_rows"] / (train["n_rows"] + lines[1]["n_rows"]),
    )
    page.text(
        "A network with the same layers, now in PyTorch, where the loop that scikit-learn runs by itself is written"
        " out."
    )
    add_device(page, results.device, sets["test"].X)
    page.text(
        "The test rows are those of the models above. Of the {n_train} rows to learn from, {torch_n_validation}"
        " ({torch_validation_share:.0%}) become validation rows, which are only watched while the network learns from"
        " the other {torch_n_train}.",
        "A Dataset holds the rows as tensors, and a DataLoader deals them out in batches of {torch_batch_size}, those"
        " that are learned from in a new order every time:",
    )
    page.table(
        "torch_loaders",
        lines,
        [
            Column("rows", "rows"),
            Column("n_rows", "number", "d"),
            Column("n_batches", "batches", "d"),
            Column("inputs", "inputs of the first batch"),
            Column("targets", "its targets"),
            Column("last", "rows of the last batch", "d"),
        ],
        "Shapes of the tensors: rows of the batch, numbers for each row.",
    )
