"""Runs side by side: how far their errors differ on the same rows, and whether that can be told from chance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError, DataError
from matterlearn.core.parallel import item_seed, single_thread
from matterlearn.validation.bootstrap import CHUNK, percentile_interval, resample_counts
from matterlearn.validation.classes.area_difference import area_difference
from matterlearn.validation.classes.losses import prediction_losses
from matterlearn.validation.evidence import Evidence
from matterlearn.validation.scores import KEY, interval_scores, resampling_units

COMPARISON_COLUMNS = {
    "target": "str",
    "unit": "str",
    "split": "str",
    "first": "str",  # the run that all others are compared with
    "other": "str",
    "n_rows": "int64",  # rows that both predicted
    "mae_first": "float64",  # mean over these rows of each row's mean absolute error
    "mae_other": "float64",
    "difference": "float64",  # other - first: below 0 the other run is better
    "difference_low": "float64",  # ends of the 95 % paired bootstrap interval
    "difference_high": "float64",
    "relative": "float64",  # difference in percent of the first run's error
    "verdict": "str",  # of the other run: "better", "worse" or "not distinguishable"
    "coverage_first": "float64",  # of the intervals on these rows
    "coverage_other": "float64",
    "width_first": "float64",
    "width_other": "float64",
    "same_folds": "bool",  # whether the rows were dealt out in the same way
    "resampled": "str",  # what the bootstrap drew: "rows" or "folds"
    "note": "str",  # what a reader must know, sentences; empty if nothing
}
"""Columns of the table of comparisons with their types."""

OF_CLASSES = {
    "mae": "log_loss",  # mean over the rows of each row's log loss
    "coverage": "set_coverage",  # share of these rows whose prediction set holds their class
    "width": "set_size",  # mean number of classes in a set
}
"""What columns are called, up to `_first` and `_other`, where the targets are classes, and what then stands there."""

AREAS = {
    "roc_auc_first": "float64",  # on the predictions of these rows, over all folds
    "roc_auc_other": "float64",
    "roc_auc_difference": "float64",  # other - first: above 0 the other run is better
    "roc_auc_difference_low": "float64",  # ends of the 95 % paired bootstrap interval
    "roc_auc_difference_high": "float64",
}
"""Columns that only runs of classes have."""

CLASS_COMPARISON_COLUMNS = {
    **{
        "_".join((OF_CLASSES[name], run)) if (name := column.rpartition("_")[0]) in OF_CLASSES else column: kind
        for column, kind in COMPARISON_COLUMNS.items()
        for run in (column.rpartition("_")[2],)
    },
    **AREAS,
}
"""The same for runs that predict classes; difference and verdict are those of the log loss."""

SAME_VALUE = 1e-9
"""Relative difference up to which measured values count as equal: what a table loses when it is written as text."""


def compare(evidences: Mapping[str, Evidence], *, n_resamples: int = 2000, seed: int = 0) -> pd.DataFrame:
    """Return how far the errors of runs differ from those of the first one, row by row.

    Only rows that both runs predicted are compared, so that neither has the easier ones. The error of a row is the mean
    over its predictions. The 95 % interval of the mean difference comes from a bootstrap that keeps the two errors of a
    row together: what makes a row hard for both runs cancels. Where both had the same folds and the split leaves groups
    out (at least five), whole folds are drawn instead, as for scores. A run is called better or worse if the interval
    does not hold zero. Of twenty comparisons between equals one is expected to be called so by chance.

    If the folds were not the same, the models were trained on other rows, and the difference is one between protocols:
    the column `note` says so.

    Of runs that predict classes the log loss is compared: the error of a row is -ln of the probability of its class.

    Rows are matched by their number in the table, so the runs must come from one table. If the checksums of their data
    differ, the rows that both predicted must hold the same composition under the same number; rows whose measured value
    was changed are left out. The note says both.

    Parameters
    ----------
    evidences : mapping of str to Evidence
        At least two runs by name; all others are compared with the first.
    n_resamples : int
        Resamples of the bootstrap.
    seed : int
        Seed of the draws.

    Returns
    -------
    DataFrame
        `COMPARISON_COLUMNS` names its columns, for classes `CLASS_COMPARISON_COLUMNS`. One line for each other run,
        target and split that it shares with the first.

    Raises
    ------
    ArgumentError
        If there are fewer than two runs.
    DataError
        If two runs have no target or no split in common, state units that differ, or come from different data; or if
        one predicts classes and the other numbers.

    Examples
    --------
    >>> from matterlearn.validation.evidence import prediction_rows
    >>> def run(error):
    ...     y = np.arange(40.0)
    ...     table = prediction_rows(row_id=np.arange(1, 41), split="random", fold=np.arange(40) % 4, model="model",
    ...                             role="model", target="gap", y=y, prediction=y + error)
    ...     data = {"sha256": "a", "targets": {"gap": {"unit": "eV", "log": False}}}
    ...     return Evidence(table, [], data, {"level": 0.9})
    >>> table = compare({"old": run(0.2), "new": run(0.1)})
    >>> table[["other", "difference", "relative", "verdict"]].round(6).values.tolist()
    [['new', -0.1, -50.0, 'better']]
    """
    if len(evidences) < 2:
        raise ArgumentError(f"a comparison needs at least two runs, got {len(evidences)}", where="runs")
    (first, reference), *others = evidences.items()
    for other, evidence in others:
        if evidence.is_class != reference.is_class:
            raise DataError("one run predicts classes, the other numbers", where=f"{first} and {other}")
    with single_thread():  # the order of sums in a matrix product depends on the number of threads
        lines = [
            line
            for other, evidence in others
            for pair in _pairs(first, reference, other, evidence)
            for line in _compare(pair, n_resamples, seed)
        ]
    columns = {**COMPARISON_COLUMNS, **(AREAS if reference.is_class else {})}
    table = pd.DataFrame(lines, columns=list(columns)).astype(columns)
    return table.set_axis(list(CLASS_COMPARISON_COLUMNS), axis=1) if reference.is_class else table


@dataclass(frozen=True)
class _Pair:
    """Two runs and a target that both predict."""

    names: tuple[str, str]
    runs: tuple[Evidence, Evidence]
    target: str

    @property
    def where(self) -> str:
        return " and ".join(self.names)

    def facts(self, name: str) -> list[Any]:
        """Return what the two runs state about the target."""
        return [run.data["targets"][self.target].get(name) for run in self.runs]

    def predictions(self) -> list[pd.DataFrame]:
        """Return the predictions of the judged models, one line each, with their `error`."""
        tables = [run.predictions for run in self.runs]
        tables = [table[(table["target"] == self.target) & (table["role"] == "model")] for table in tables]
        if not self.runs[0].is_class:
            return [table.assign(error=_absolute_error) for table in tables]
        classes = sorted({str(label) for table in tables for label in table["class"].unique()})
        levels = [float(run.plan["level"]) for run in self.runs]
        return [prediction_losses(table, classes, level) for table, level in zip(tables, levels, strict=True)]


def _pairs(first: str, reference: Evidence, other: str, evidence: Evidence) -> list[_Pair]:
    targets = [target for target in reference.targets if target in evidence.targets]
    if not targets:
        found = f"{', '.join(reference.targets)} and {', '.join(evidence.targets)}"
        raise DataError(f"the runs predict different targets: {found}", where=f"{first} and {other}")
    return [_Pair((first, other), (reference, evidence), target) for target in targets]


def _compare(pair: _Pair, n_resamples: int, seed: int) -> list[dict[str, Any]]:
    unit = _same_unit(pair)
    is_class = pair.runs[0].is_class
    parts = pair.predictions()
    splits = [split for split in parts[0]["split"].unique() if split in set(parts[1]["split"])]
    if not splits:
        found = " and ".join(", ".join(part["split"].unique()) or "none" for part in parts)
        raise DataError(f"the runs have no split in common: {found}", where=pair.where, fix="fit both on one split")
    changed, notes = _check_rows(pair, parts)
    levels = [run.plan["level"] for run in pair.runs]
    if levels[0] != levels[1]:
        notes.append(
            f"The intervals promise {levels[0]:.0%} and {levels[1]:.0%}: coverage and width cannot be compared."
        )
    lines = []
    for split in splits:
        a, b = (part[part["split"] == split] for part in parts)
        shared = np.setdiff1d(np.intersect1d(a["row_id"], b["row_id"]), changed)
        if len(shared) == 0:
            continue
        same = _same_folds(a, b) and _same_training(pair, split)
        paired = _Paired(a[a["row_id"].isin(shared)], b[b["row_id"].isin(shared)], split, same)
        said = [] if same else ["The folds were not the same: the difference is also one between protocols."]
        if paired.weights_differ:
            said.append(f"Rows weigh differently in the two runs: the weights of {pair.names[0]} are used.")
        key = item_seed(seed, "compare", pair.target, str(split))
        rng = np.random.default_rng(key)
        lines.append(
            {
                "target": pair.target,
                "unit": unit,
                "split": split,
                "first": pair.names[0],
                "other": pair.names[1],
                **paired.scores(rng, n_resamples),
                **(_areas(pair, split, shared, same, key, n_resamples) if is_class else {}),
                "same_folds": same,
                "note": " ".join([*notes, *said]),
            }
        )
    if not lines:
        raise DataError("no row was predicted in both runs", where=pair.where, fix="fit both on the same table")
    return lines


def _areas(
    pair: _Pair, split: str, shared: NDArray[Any], same_folds: bool, seed: int, n_resamples: int
) -> dict[str, float]:
    """Return the areas under the ROC curve of two runs on the same rows, and how far they differ."""
    lines = []
    for run in pair.runs:
        table = run.predictions
        of_run = (table["target"] == pair.target) & (table["role"] == "model") & (table["split"] == split)
        lines.append(table[of_run & table["row_id"].isin(shared)])
    first, other = lines
    positive = pair.runs[0].data["targets"][pair.target].get("positive")
    found = area_difference(first, other, split, positive, same_folds=same_folds, seed=seed, n_resamples=n_resamples)
    return dict(zip(AREAS, found, strict=True))


def _same_unit(pair: _Pair) -> str:
    logs, units = pair.facts("log"), pair.facts("unit")
    if bool(logs[0]) != bool(logs[1]):
        raise DataError(f"one run predicts the logarithm of {pair.target!r}, the other its value", where=pair.where)
    if units[0] != units[1]:
        found = " and ".join(str(unit or "none") for unit in units)
        raise DataError(f"the runs state different units of {pair.target!r}: {found}", where=pair.where)
    return str(units[0] or "")


def _check_rows(pair: _Pair, parts: list[pd.DataFrame]) -> tuple[Any, list[str]]:
    """Return the rows whose measured value differs between the runs, and what a reader must know.

    A checksum stands for a whole table. With different ones rows have to show that they are the same: a table that
    grew at its end is fine, one in another order is not.
    """
    sums = [run.data.get("sha256") for run in pair.runs]
    values = [part.groupby("row_id")["y"].first() for part in parts]
    both = values[0].index.intersection(values[1].index)
    y, other_y = (column.loc[both].to_numpy(dtype=float) for column in values)
    is_changed = ~np.isclose(y, other_y, rtol=SAME_VALUE, atol=0.0)
    if sums[0] is not None and sums[0] == sums[1]:
        notes = []
    else:
        _check_labels(pair, both)
        notes = ["The tables differ, but the rows compared hold the same compositions and values."]
    n_changed = int(is_changed.sum())
    if 2 * n_changed > len(both):
        raise DataError(
            f"the runs come from different data: the measured values of {n_changed} of {len(both)} rows differ",
            where=pair.where,
            fix="fit both on the same table",
        )
    if n_changed:
        notes.append(f"Left out are {n_changed} rows whose measured values differ.")
    return both[is_changed].to_numpy(), notes


def _check_labels(pair: _Pair, both: Any) -> None:
    tables = (run.rows.drop_duplicates("row_id").set_index("row_id")["label"] for run in pair.runs)
    labels, other_labels = (table.reindex(both) for table in tables)
    unlike = both[~(labels == other_labels).to_numpy(dtype=bool, na_value=False)]
    if len(unlike):
        row = unlike[0]
        found = " and ".join(repr(str(column[row])) for column in (labels, other_labels))
        raise DataError(
            f"the runs come from different data: row {row} is {found}, and so differ {len(unlike)} of {len(both)} rows",
            where=pair.where,
            fix="fit both on the same table",
        )


def _same_folds(a: pd.DataFrame, b: pd.DataFrame) -> bool:
    """Return whether every prediction of one run has its counterpart in the other: same row, same fold."""
    keys = [part[KEY].sort_values(KEY).to_numpy() for part in (a, b)]
    return bool(np.array_equal(keys[0], keys[1]))


def _same_training(pair: _Pair, split: str) -> bool:
    """Return whether the folds had as many rows to train on; equal test rows alone do not tell."""
    sizes = [
        {
            (fold["repeat"], fold["fold"]): fold["n_train"]
            for fold in run.folds
            if fold["target"] == pair.target and fold["split"] == split
        }
        for run in pair.runs
    ]
    return sizes[0] == sizes[1]


class _Paired:
    """The absolute errors of two runs on the same rows, as sums over what is resampled."""

    def __init__(self, a: pd.DataFrame, b: pd.DataFrame, split: str, same_folds: bool) -> None:
        tables = [part.sort_values(KEY, kind="stable") for part in (a, b)]
        by_row = [table.groupby("row_id")[["error", "weight"]].mean() for table in tables]  # (n_rows,), same order
        self.tables = (a, b)
        self.n_rows = len(by_row[0])
        self.weights_differ = not np.allclose(by_row[0]["weight"], by_row[1]["weight"])
        if same_folds:  # pairs are predictions; together those of a row weigh as the row
            self.kind, unit, self.n_drawn = resampling_units(tables[0], split)
            times = tables[0].groupby("row_id")["row_id"].transform("size")
            weight = (tables[0]["weight"] / times).to_numpy(dtype=float)
        else:
            tables = by_row
            self.kind, unit, self.n_drawn = "rows", np.arange(self.n_rows), self.n_rows
            weight = by_row[0]["weight"].to_numpy(dtype=float)
        error, other_error = (table["error"].to_numpy(dtype=float) for table in tables)
        terms = (weight, weight * error, weight * (other_error - error))
        self.sums = np.stack([np.bincount(unit, term) for term in terms], axis=1)  # (n_units, 3)

    def scores(self, rng: np.random.Generator, n_resamples: int) -> dict[str, Any]:
        """Return the columns of a comparison that are numbers, and the verdict."""
        weight, error, change = self.sums.sum(axis=0)
        first, difference = (error / weight, change / weight) if weight > 0 else (math.nan, math.nan)
        low, high = self._interval(rng, n_resamples)
        intervals, other_intervals = (interval_scores(table) for table in self.tables)
        return {
            "n_rows": self.n_rows,
            "mae_first": first,
            "mae_other": first + difference,
            "difference": difference,
            "difference_low": low,
            "difference_high": high,
            "relative": 100 * difference / first if first > 0 else math.nan,
            "verdict": "better" if high < 0 else "worse" if low > 0 else "not distinguishable",
            "coverage_first": intervals["coverage"],
            "coverage_other": other_intervals["coverage"],
            "width_first": intervals["width"],
            "width_other": other_intervals["width"],
            "resampled": self.kind,
        }

    def _interval(self, rng: np.random.Generator, n_resamples: int) -> tuple[float, float]:
        n_units = len(self.sums)
        if n_units < 2:
            return math.nan, math.nan
        draws = resample_counts(n_units, n_resamples, rng, self.n_drawn, chunk=max(1, CHUNK // n_units))
        totals = np.concatenate([counts.T @ self.sums for counts in draws])  # (n_resamples, 3)
        with np.errstate(invalid="ignore"):  # a resample of rows without weight
            return percentile_interval(totals[:, 2] / totals[:, 0], n_units=self.n_drawn)


def _absolute_error(table: pd.DataFrame) -> pd.Series:
    return (table["prediction"] - table["y"]).abs()
