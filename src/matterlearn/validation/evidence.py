"""What is known about how good a model is: plain data from which every figure and every sentence follows."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from matterlearn.core.errors import ArgumentError, DataError, did_you_mean
from matterlearn.core.writing import write_file
from matterlearn.validation.breakdown import score_folds
from matterlearn.validation.classes.breakdown import score_class_folds
from matterlearn.validation.classes.scores import class_score_table
from matterlearn.validation.scores import score_table

SCHEMA_VERSION = 3

COLUMNS = {
    "row_id": "int64",  # number of the row in its table, counted from 1
    "split": "str",  # how the rows were divided
    "repeat": "int64",
    "fold": "int64",
    "model": "str",
    "role": "str",  # "model"; "baseline"; "train": the final model on the rows it was fitted on, split "training rows"
    "target": "str",
    "class": "str",  # class a probability belongs to; empty for regression
    "y": "float64",  # of a class: 1 if the row has it, else 0
    "prediction": "float64",  # of a class: its probability
    "lower": "float64",  # ends of the interval; NaN for baselines
    "upper": "float64",
    "level_needed": "float64",  # smallest level whose interval holds y; NaN for baselines
    "calibrated_on": "str",  # errors that set the row's interval: "random folds", "element groups"; empty for baselines
    "difficulty": "float64",  # expected absolute error, unit of the target; NaN for baselines
    "spread": "float64",  # standard deviation over the members of the model; NaN where it has only one
    "domain": "float64",  # distance to the training rows in units of the limit; NaN for baselines
    "in_domain": "bool",  # whether the model said that it may be believed
    "weight": "float64",  # of the row in every score; 1 where none are stated
    "raw": "float64",  # probability before calibration; NaN for baselines and numbers
    "decided": "bool",  # whether this class is the answer
    "rejected": "bool",  # whether the model refuses to answer for the row
}
"""Columns of the long table of predictions with their types; a row of data may be predicted several times, or never.

Of a target of classes, a prediction has one line for each class."""

ROW_COLUMNS = {
    "row_id": "int64",
    "label": "str",  # composition, as text
    "elements": "str",  # symbols, sorted, separated by spaces
}
"""Columns of the table of rows: what a reader needs to recognise a row."""

TRAINING = "training rows"
"""Name that stands for a split where the final model is compared with the rows it was fitted on."""


@dataclass(frozen=True)
class Evidence:
    """Predictions on rows a model had not seen, and what is needed to read them.

    Attributes
    ----------
    predictions : DataFrame
        The long table, one prediction a row; `COLUMNS` names its columns.
    folds : list of dict
        Each fold: target, split, repeat, fold, label (what was held out), elements (those left out, a list), n_train,
        n_test, chosen candidates with their weights and inner scores, what calibrated the intervals.
    data : dict
        The data card: name, rows, rejected rows, inputs, elements, checksum, citation, licence, notes; `targets` maps
        each target to its unit, whether it is a logarithm, its rows, contradictions and summary, and the same of the
        first target stands at the top (`target`, `unit`, `log`, ...).
    plan : dict
        What was run: candidates, splits, folds, seed, and what was chosen in the end.
    rows : DataFrame
        What each row is: `ROW_COLUMNS` names its columns.
    diagnostics : dict of str to list of dict
        "learning_curve", "importance", "partial_dependence", "surrogate", "leaks": entries are plain values, each with
        the `target` it belongs to (empty: all).
    notes : list of str
        What a reader must know: splits that were not possible, contradictions in the data.
    timings : dict
        Seconds of each stage. The only part that differs between two runs of one plan.
    versions : dict
        Versions of matterlearn and what it computed with.
    """

    predictions: pd.DataFrame
    folds: list[dict[str, Any]]
    data: dict[str, Any]
    plan: dict[str, Any]
    rows: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(ROW_COLUMNS)).astype(ROW_COLUMNS))
    diagnostics: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    timings: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def is_class(self) -> bool:
        """Whether the target holds classes."""
        return bool(self.data.get("task") == "classification")

    @property
    def targets(self) -> list[str]:
        """Names of the targets, the first one first."""
        return list(self.data["targets"])

    def of(self, target: str) -> Evidence:
        """Return the part of the evidence that is about one target, with the target's facts at the top of `data`."""
        if target not in self.data["targets"]:
            raise ArgumentError(f"no target {target!r}", where="evidence", fix=did_you_mean(target, self.targets))
        facts = self.data["targets"][target]
        return replace(
            self,
            predictions=self.predictions[self.predictions["target"] == target].reset_index(drop=True),
            folds=[fold for fold in self.folds if fold["target"] == target],
            data={**self.data, "target": target, **facts, "targets": {target: facts}},
            plan={**self.plan, "chosen": self.plan["chosen_by_target"][target]},
            diagnostics={
                name: [entry for entry in entries if entry["target"] in ("", target)]
                for name, entries in self.diagnostics.items()
            },
        )

    def scores(self) -> pd.DataFrame:
        """Return a table of scores, one line per target, split and model, computed once.

        Returns
        -------
        DataFrame
            Each metric over all predictions of the split with its 95 % interval, the standard deviation of the mean
            absolute error over folds, coverage and width of the intervals, in the unit of the target;
            `matterlearn.validation.scores.SCORE_COLUMNS` names the columns. For classes the scores of
            `matterlearn.validation.classes.scores.CLASS_SCORE_COLUMNS`.
        """
        return self._scores.copy()

    @cached_property
    def _scores(self) -> pd.DataFrame:  # kept beside the fields: no part of equality, of replace or of the files
        if self.is_class:
            return class_score_table(self.predictions, self._positive, level=self.plan["level"])
        return score_table(self.predictions)

    @property
    def _positive(self) -> dict[str, str | None]:
        return {target: facts["positive"] for target, facts in self.data["targets"].items()}

    def by_fold(self, split: str, model: str) -> pd.DataFrame:
        """Return what was held out in each fold of a split and the scores there, worst first.

        Returns
        -------
        DataFrame
            Columns `target, repeat, fold, held_out, n_rows`, each metric, coverage and width.

        Raises
        ------
        ArgumentError
            If the model was not judged on such a split.
        """
        if self.is_class:
            options: dict[str, Any] = {"level": self.plan["level"], "positive": self._positive}
            return score_class_folds(self.predictions, self.folds, split, model, **options)
        return score_folds(self.predictions, self.folds, split, model)

    def save(self, folder: str | Path) -> None:
        """Write `evidence.json`, `predictions.parquet` and `rows.parquet` into a folder.

        Parameters
        ----------
        folder : path-like
            Must exist.
        """
        place = Path(folder)
        self.predictions.to_parquet(place / "predictions.parquet", index=False)
        self.rows.to_parquet(place / "rows.parquet", index=False)
        content = {
            "schema_version": SCHEMA_VERSION,
            "data": self.data,
            "plan": self.plan,
            "scores": self.scores().to_dict(orient="records"),
            "folds": self.folds,
            "diagnostics": self.diagnostics,
            "notes": self.notes,
            "timings": self.timings,
            "versions": self.versions,
        }
        write_file(place / "evidence.json", json.dumps(plain(content), indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, folder: str | Path) -> Evidence:
        """Read what `save` wrote.

        Parameters
        ----------
        folder : path-like
            Output folder of a fit.

        Returns
        -------
        Evidence
            Equal to the one saved.

        Raises
        ------
        DataError
            If the files are missing or from a newer version.
        """
        place = Path(folder)
        try:
            content = json.loads((place / "evidence.json").read_text(encoding="utf-8"))
            version = content["schema_version"]
            if version != SCHEMA_VERSION:
                raise DataError(
                    f"evidence has schema version {version}, this program reads {SCHEMA_VERSION}",
                    where=str(place),
                    fix="update matterlearn" if version > SCHEMA_VERSION else "run the fit again",
                )
            predictions = pd.read_parquet(place / "predictions.parquet")[list(COLUMNS)].astype(COLUMNS)
            rows = pd.read_parquet(place / "rows.parquet")[list(ROW_COLUMNS)].astype(ROW_COLUMNS)
            kept = ("folds", "data", "plan", "diagnostics", "notes", "timings", "versions")
            return cls(predictions=predictions, rows=rows, **{name: content[name] for name in kept})
        except DataError:
            raise
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"no evidence that can be read ({error})", where=str(place)) from error


def prediction_rows(
    *,
    row_id: Sequence[int],
    split: str,
    fold: int,
    model: str,
    role: str,
    target: str,
    y: Any,
    prediction: Any,
    lower: Any = math.nan,
    upper: Any = math.nan,
    level_needed: Any = math.nan,
    calibrated_on: Any = "",
    difficulty: Any = math.nan,
    spread: Any = math.nan,
    domain: Any = math.nan,
    in_domain: Any = True,
    repeat: int = 0,
    weight: Any = 1.0,
    of_class: Any = "",
    raw: Any = math.nan,
    decided: Any = False,
    rejected: Any = False,
) -> pd.DataFrame:
    """Return predictions of one model on one fold as rows of the long table.

    Arrays have shape (n_test,), for classes (n_test * n_classes,); scalars are repeated.
    """
    table = pd.DataFrame(
        {
            "row_id": row_id,
            "split": split,
            "repeat": repeat,
            "fold": fold,
            "model": model,
            "role": role,
            "target": target,
            "class": of_class,
            "y": y,
            "prediction": prediction,
            "lower": lower,
            "upper": upper,
            "level_needed": level_needed,
            "calibrated_on": calibrated_on,
            "difficulty": difficulty,
            "spread": spread,
            "domain": domain,
            "in_domain": in_domain,
            "weight": weight,
            "raw": raw,
            "decided": decided,
            "rejected": rejected,
        }
    )
    return table.astype(COLUMNS)


def plain(value: Any) -> Any:
    """Return a value that is valid JSON: no numpy scalars, None for what is not finite.

    Examples
    --------
    >>> plain({"n": (1, float("nan"))})
    {'n': [1, None]}
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
