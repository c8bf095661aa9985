"""What the headline, the tables and the figures of one target share, worked out once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from matterlearn.report.rows import ELEMENT, records, tested_splits
from matterlearn.report.words import LIKE_TRAINING, leading_split, split_kind
from matterlearn.validation import breakdown
from matterlearn.validation.evidence import TRAINING, Evidence
from matterlearn.validation.protocol import MODEL


@dataclass(frozen=True)
class TargetFacts:
    """Evidence of one target, of numbers or classes, and tables from it.

    Attributes
    ----------
    evidence : Evidence
        Of one target.
    """

    evidence: Evidence
    _by_element: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    _by_fold: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    @property
    def errors(self) -> pd.DataFrame:
        """Long table with one line for each prediction whose error, prediction - y, the breakdowns take."""
        return self.evidence.predictions

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Scores of every model on every split, in the order of `splits`, the training rows last."""
        order = {split: position for position, split in enumerate([*self.splits, TRAINING])}
        return self.evidence.scores().sort_values("split", key=lambda names: names.map(order), kind="stable")

    @cached_property
    def model_scores(self) -> dict[str, dict[str, Any]]:
        """Scores of the judged model on each split."""
        return {line["split"]: line for line in records(self.scores[self.scores["model"] == MODEL])}

    @cached_property
    def splits(self) -> list[str]:
        """Splits whose rows the model had not seen, the kindest question first."""
        return tested_splits(self.evidence)

    @cached_property
    def kind(self) -> str | None:
        """The split whose test rows are like the training rows."""
        return leading_split(self.splits, LIKE_TRAINING)

    @cached_property
    def element_splits(self) -> list[str]:
        """Splits that leave elements out."""
        return [split for split in self.splits if split_kind(split) == ELEMENT]

    @property
    def level(self) -> float:
        """What the intervals promise."""
        return float(self.evidence.plan["level"])

    def by_element(self, split: str) -> pd.DataFrame:
        """Return errors and intervals over the rows that hold each element."""
        if split not in self._by_element:
            evidence = self.evidence
            self._by_element[split] = breakdown.by_element(self.errors, evidence.rows, evidence.folds, split)
        return self._by_element[split]

    @cached_property
    def left_out_elements(self) -> pd.DataFrame:
        """Errors and intervals of each element where it was left out, largest error first.

        With several such splits, the one that left out the fewest other elements at the same time speaks for it.
        """
        others = {
            split: max((len(fold["elements"]) for fold in self.evidence.folds if fold["split"] == split), default=0)
            for split in self.element_splits
        }
        tables = [self.by_element(split) for split in sorted(others, key=lambda split: others[split])]
        if not tables:
            return pd.DataFrame({"element": [], "mae": []})
        table = pd.concat(tables).drop_duplicates("element")
        return table.sort_values("mae", ascending=False, ignore_index=True, kind="stable")

    def by_fold(self, split: str) -> pd.DataFrame:
        """Return what was held out in each fold and the scores there, worst first."""
        if split not in self._by_fold:
            self._by_fold[split] = self.evidence.by_fold(split, MODEL)
        return self._by_fold[split]


@dataclass(frozen=True)
class Facts(TargetFacts):
    """Evidence of one target of numbers, and tables from it."""

    @property
    def unit(self) -> str:
        """Unit of the target."""
        return str(self.evidence.data["unit"])

    def mae(self, split: str) -> float:
        """Return the mean absolute error of the model on a split."""
        return float(self.model_scores[split]["mae"])
