"""What the headline, the tables and the figures of one target of classes share, worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.models.decisions.thresholds import class_costs
from matterlearn.report.facts import TargetFacts
from matterlearn.report.rows import model_rows
from matterlearn.report.words import percent
from matterlearn.validation.classes.breakdown import score_by_class
from matterlearn.validation.classes.wide import ClassRows, class_rows
from matterlearn.validation.evidence import TRAINING, Evidence
from matterlearn.validation.protocol import MODEL

RARE = 0.2
"""Share of the rarest of two classes below which their imbalance matters; with more classes that many times less."""

ONE_SIDED = 0.8
"""Accuracy of always naming the most frequent class above which accuracy misleads."""


@dataclass(frozen=True)
class ClassFacts(TargetFacts):
    """Evidence of one target of classes, and tables from it."""

    _rows: dict[str, ClassRows] = field(default_factory=dict, repr=False)
    _by_class: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    @cached_property
    def errors(self) -> pd.DataFrame:
        """Long table whose error is 1 where a decision is wrong, else 0; its intervals hold where prediction sets do.

        So the breakdowns of errors by element and by distance count wrong decisions.
        """
        return decision_errors(self.evidence, self.level)

    @cached_property
    def classes(self) -> list[str]:
        """Labels, sorted."""
        return [str(label) for label in self.evidence.data["classes"]]

    @cached_property
    def counts(self) -> dict[str, int]:
        """Rows of each class."""
        counts: Mapping[str, int] = self.evidence.data["class_counts"]
        return {label: int(counts.get(label, 0)) for label in self.classes}

    @property
    def shares(self) -> dict[str, float]:
        """Share of each class among all rows."""
        total = max(1, sum(self.counts.values()))
        return {label: count / total for label, count in self.counts.items()}

    @property
    def is_binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.classes) == 2

    @property
    def positive(self) -> int | None:
        """Position of the class that is looked for, of two."""
        label = self.evidence.data.get("positive")
        return self.classes.index(label) if self.is_binary and label in self.classes else None

    @property
    def imbalance(self) -> str:
        """Why accuracy misleads, as a sentence; empty if classes are about as frequent."""
        rarest, commonest = (pick(self.shares, key=lambda label: self.shares[label]) for pick in (min, max))
        if self.shares[rarest] >= RARE * 2 / len(self.classes) and self.shares[commonest] <= ONE_SIDED:
            return ""
        return (
            f"The classes are unequal: {percent(self.shares[rarest])} of the rows are {rarest}, and always naming "
            f"{commonest} is right for {percent(self.shares[commonest])}. So accuracy misleads: read balanced "
            "accuracy, average precision and the recall of each class."
        )

    def rows(self, split: str) -> ClassRows:
        """Return the predictions of the judged model on a split, or of the final one on the training rows."""
        if split not in self._rows:
            self._rows[split] = class_rows(model_rows(self.evidence, split))
        return self._rows[split]

    def right(self, split: str) -> NDArray[np.bool_]:
        """Return which decisions are right, shape (n_predictions,)."""
        rows = self.rows(split)
        return np.asarray(rows.decided == rows.codes)

    def confidence(self, split: str) -> NDArray[np.float64]:
        """Return the probability of the class decided for, shape (n_predictions,)."""
        rows = self.rows(split)
        return np.asarray(rows.P[np.arange(len(rows)), rows.decided])

    def by_class(self, split: str) -> pd.DataFrame:
        """Return how well each class is told from the others."""
        if split not in self._by_class:
            self._by_class[split] = score_by_class(self.evidence.predictions, split, MODEL, level=self.level)
        return self._by_class[split]

    def of_folds(self, split: str, name: str) -> list[Any]:
        """Return what the folds of a split state under a name; folds that state nothing are left out."""
        said = [fold.get(name) for fold in self.evidence.folds if fold["split"] == split]
        return [value for value in said if value is not None]

    def thresholds(self, split: str) -> list[float]:
        """Return the probability of the positive class from which on it is decided for, in each fold."""
        second = [float(value) for value in self.of_folds(split, "threshold")]
        return [1.0 - value for value in second] if self.positive == 0 else second

    def theta(self, split: str) -> float | None:
        """Return the confidence below which rows are refused, the median over the folds."""
        thetas = [float(value) for value in self.of_folds(split, "theta")]
        return float(np.median(thetas)) if thetas else None

    @cached_property
    def error_rate(self) -> float | None:
        """Share of wrong answers that the threshold for refusing was chosen for."""
        rates = [float(fold["error_rate"]) for fold in self.evidence.folds if fold.get("error_rate") is not None]
        return rates[0] if rates else None

    def vector(self, split: str, name: str) -> NDArray[np.float64] | None:
        """Return numbers by class that the folds state, "priors" or "class_weights", their mean over the folds."""
        found = [list(value.values()) if isinstance(value, Mapping) else value for value in self.of_folds(split, name)]
        found = [value for value in found if len(value) == len(self.classes)]
        return np.mean(np.array(found, dtype=float), axis=0) if found else None

    @cached_property
    def costs(self) -> NDArray[np.float64]:
        """Cost of missing a row of each class, shape (n_classes,); 1 each if none are stated."""
        stated = (self.evidence.plan.get("decision") or {}).get("costs")
        shares = np.maximum(list(self.shares.values()), 1e-9)
        return np.asarray(class_costs(stated, self.classes, shares / shares.sum()))


def decision_errors(evidence: Evidence, level: float) -> pd.DataFrame:
    """Return a long table with one line for each prediction of the model: y is 0, the prediction 1 where it is wrong.

    Parameters
    ----------
    evidence : Evidence
        Of one target of classes.
    level : float
        Level of the prediction sets.

    Returns
    -------
    DataFrame
        The interval holds 0 where the prediction set holds the class of the row; NaN without sets.
    """
    predictions = evidence.predictions
    judged = predictions[predictions["model"] == MODEL]
    actual = judged[judged["y"] == 1.0]
    held = (actual["level_needed"] <= level).to_numpy()
    known = actual["level_needed"].notna().to_numpy()
    return actual.assign(
        y=0.0,
        prediction=np.where(actual["decided"], 0.0, 1.0),
        lower=np.where(known, np.where(held, 0.0, 1.0), np.nan),
        upper=np.where(known, 1.0, np.nan),
    ).reset_index(drop=True)


def judged_splits(facts: ClassFacts) -> list[str]:
    """Return the splits of the model, the training rows last if they were predicted."""
    found = facts.evidence.predictions["split"].unique()
    return [*facts.splits, *([TRAINING] if TRAINING in found else [])]
