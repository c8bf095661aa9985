"""Which lines of the long table a figure or a table is about."""

from __future__ import annotations

from typing import Any

import pandas as pd

from matterlearn.report.words import LIKE_TRAINING, leading_split, split_kind
from matterlearn.validation.evidence import TRAINING, Evidence
from matterlearn.validation.protocol import MODEL

ELEMENT = "element"
"""Kind of the splits that leave elements out."""

HARD = ("element", "system", "cluster", "group", "extremes", "holdout", "file")
"""Kinds of splits that ask for more than filling gaps, the hardest question to a reader first."""


def model_rows(evidence: Evidence, split: str) -> pd.DataFrame:
    """Return the model's predictions on one split."""
    predictions = evidence.predictions
    return predictions[(predictions["model"] == MODEL) & (predictions["split"] == split)]


def tested_splits(evidence: Evidence) -> list[str]:
    """Return the names of the splits: first the kindest question, on rows like the training rows, then the others.

    Rows the model was fitted on are no split.
    """
    predictions = evidence.predictions
    names = predictions.loc[predictions["model"] == MODEL, "split"].unique()
    return sorted(
        (str(name) for name in names if name != TRAINING), key=lambda name: split_kind(name) not in LIKE_TRAINING
    )


def has_training_rows(evidence: Evidence) -> bool:
    """Tell whether the evidence holds predictions on the rows the final model was fitted on."""
    return bool((evidence.predictions["split"] == TRAINING).any())


def kind_and_hard(evidence: Evidence) -> list[str]:
    """Return the splits that most figures show: the one like the training rows, and the hardest question asked."""
    splits = tested_splits(evidence)
    kind = leading_split(splits, LIKE_TRAINING)
    hard = leading_split(splits, HARD)
    return [split for split in (kind, hard) if split is not None]


def label_of(evidence: Evidence) -> dict[int, str]:
    """Return what each row is, by its number in the table; empty where that is not known."""
    return dict(zip(evidence.rows["row_id"].tolist(), evidence.rows["label"].tolist(), strict=True))


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the lines of a table by the names of its columns."""
    return [{str(name): value for name, value in line.items()} for line in table.to_dict("records")]
