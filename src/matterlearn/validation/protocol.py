"""How a model is judged: on which splits, against which baselines, with which intervals."""

from __future__ import annotations

import io
import json
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd

from matterlearn.core.errors import ArgumentError, ModelFileError
from matterlearn.core.journal import Journal
from matterlearn.core.parallel import item_seed, map_items, single_thread
from matterlearn.core.time_left import TimeLeft
from matterlearn.data.dataset import Dataset
from matterlearn.validation.classes.explaining import explain_final_classes
from matterlearn.validation.classes.fitted import FittedClasses
from matterlearn.validation.classes.reliability import Decision
from matterlearn.validation.data_card import data_card, row_table
from matterlearn.validation.evidence import COLUMNS, Evidence
from matterlearn.validation.explain.fold import explain_final
from matterlearn.validation.fitted import FittedTarget, fitted_from_parts
from matterlearn.validation.folds import UNNESTED, Fold
from matterlearn.validation.jobs import MODEL, FinalJob, FoldJob, Result, Rows, Settings, rows_of
from matterlearn.validation.judging import run_job
from matterlearn.validation.seeding import chosen_model, fit_seeded, selection_facts

__all__ = ["MODEL", "Costs", "Judgement", "Protocol", "chosen_model", "fit_seeded", "selection_facts"]

ESSENTIAL_FOLDS = 2
"""Folds of each split that are computed whatever the time."""


@dataclass(frozen=True)
class Costs:
    """Expected seconds of the items of a protocol, each on all rows."""

    final: float = 1.0
    fold: float = 1.0
    explain: float = 0.0
    fold_without_choice: float = 1.0


@dataclass(frozen=True)
class Judgement:
    """What a protocol returns.

    Attributes
    ----------
    evidence : Evidence
        Without the workflow's part of plan and versions.
    fitted : dict of str to FittedTarget
        Final model of each target; `FittedClasses` of one that holds classes.
    progress : list of (float, float)
        Seconds passed and total expected then.
    skipped : list of str
        Folds that were left out for time, as "target/split/repeat/fold".
    """

    evidence: Evidence
    fitted: dict[str, FittedTarget | FittedClasses]
    progress: list[tuple[float, float]]
    skipped: list[str]


@dataclass(frozen=True)
class Protocol:
    """Judge a model on folds it has not seen, beside baselines, and fit it on all rows.

    On every fold the model is cloned, seeded for that fold and fitted on the training rows alone: whatever it
    chooses, it chooses there. Its errors on inner folds of random rows and of left-out groups of elements, again within
    the training rows, set expected errors, intervals and the domain. Rows with weight 0 are predicted where they are
    tested, and nothing is learned from them.

    Parameters
    ----------
    folds : sequence of Fold
        Training and test rows of every split; see `matterlearn.validation.folds`. Those of "element:each" and
        "kfold:N" are not nested: the model that was chosen on all rows, and its calibration, are used in each.
    baselines : mapping of str to estimator
        What a trivial model scores on the same folds.
    features : transformer
        Descriptors in which distance to the training rows is measured.
    level : float
        Coverage that the intervals promise.
    calibration_folds, calibration_splits : int
        How many of ten random parts and how many groups of elements are left out in turn for the calibration.
    shuffled : bool
        Whether the chosen model is also fitted to shuffled targets, as a baseline.
    n_explained : int
        Folds for which learning curve, importance and surrogate are computed.
    seed : int
        Seed of the run; each fold has its own, derived from it.
    workers : int
        Processes. Numbers do not depend on it.
    notes : sequence of str
        What a reader of the evidence must know.
    inner_groups : sequence, shape (n_samples,), optional
        What the inner folds of a `CandidateSelector` leave out; random rows without it.
    costs : Costs
        For the progress bar and for what a deadline allows.
    skipped : collection of str
        Folds to leave out, as in `Judgement.skipped`: an earlier run had no time for them.
    decision : Decision
        What is wanted of decisions between classes: costs, an error rate, and which class is looked for.

    Examples
    --------
    See `matterlearn.fit`, which puts a protocol together from a table.
    """

    folds: Sequence[Fold]
    baselines: Mapping[str, Any]
    features: Any
    level: float = 0.9
    calibration_folds: int = 5
    calibration_splits: int = 5
    shuffled: bool = True
    n_explained: int = 2
    seed: int = 0
    workers: int = 1
    notes: Sequence[str] = field(default=())
    inner_groups: Sequence[Any] | None = None
    costs: Costs = field(default_factory=Costs)
    skipped: Collection[str] = ()
    decision: Decision = field(default_factory=Decision)

    def run(
        self,
        model: Any,
        dataset: Dataset,
        *,
        label: str | None = None,
        deadline: float | None = None,
        journal: Journal | None = None,
    ) -> Judgement:
        """Return the evidence for a model on a data set, and the model fitted on all rows.

        Parameters
        ----------
        model : estimator
            Regressor that takes the data set's input columns; usually a `CandidateSelector`.
        dataset : Dataset
            Clean rows with one or several targets; each target is judged on the rows that have it.
        label : str, optional
            Text of the progress bar.
        deadline : float, optional
            Moment, as `time.time()` counts, beyond which no fold is begun that would end later. The first two folds
            of each split and the final fits are always computed.
        journal : Journal, optional
            Where results are kept as they come, and taken from if they are there.

        Returns
        -------
        Judgement
            Folds that were left out for time are missing in the evidence.
        """
        settings = Settings(
            baselines=self.baselines,
            features=self.features,
            level=self.level,
            calibration_folds=self.calibration_folds,
            calibration_splits=self.calibration_splits,
            shuffled=self.shuffled,
            seed=self.seed,
            decision=self.decision,
        )
        start = time.perf_counter()
        rows = {target: self._rows(dataset, target) for target in dataset.targets}
        nested = [fold for fold in self.folds if not _is_unnested(fold)]
        finals: list[FinalJob | FoldJob] = [
            FinalJob(settings, model, part.of(part.counting)) for part, _ in rows.values()
        ]
        essential, others = self._fold_jobs(settings, model, rows, nested)
        if not essential and not any(map(_is_unnested, self.folds)):
            raise ArgumentError("no fold is left to judge the model on", where="plan, skipped", fix="skip fewer folds")
        runner = _Runner(self, deadline, journal, label)
        results = runner.run([*finals, *essential, *others], essential=len(finals) + len(essential))
        fitted = {
            result.fitted.target: result.fitted
            for result in results[: len(finals)]
            if result is not None and result.fitted is not None
        }
        jobs = [*finals, *essential, *others]
        unnested = [fold for fold in self.folds if _is_unnested(fold)]
        if unnested:
            first, rest = self._fold_jobs(settings, model, rows, unnested, fitted)
            results += runner.run([*first, *rest], essential=len(first))
            jobs += [*first, *rest]
        skipped = [_name(job) for job, result in zip(jobs, results, strict=True) if result is None]
        done = _in_order([result for result in results if result is not None], self.folds, dataset.targets)
        folds = [result for result in done if "split" in result.facts]
        evidence = Evidence(
            predictions=pd.concat([result.predictions for result in done], ignore_index=True),
            folds=[result.facts for result in folds],
            data=data_card(dataset, positive=self.decision.positive),
            plan={
                "level": self.level,
                "chosen_by_target": {r.facts["target"]: r.facts for r in done if "split" not in r.facts},
                **({"decision": asdict(self.decision)} if dataset.task == "classification" else {}),
            },
            rows=row_table(dataset),
            diagnostics=self._explain(folds, fitted, rows),
            notes=[
                *self.notes,
                *self._missing_folds(rows, [*self.skipped, *skipped]),
                *self._missing_classes(rows),
            ],
            timings={
                "evidence_s": time.perf_counter() - start,
                "folds_s": [result.seconds for result in folds],
                "final_s": [result.seconds for result in done if "split" not in result.facts],
                "resumed": runner.n_resumed,
            },
        )
        return Judgement(evidence, fitted, runner.progress, skipped)

    def _rows(self, dataset: Dataset, target: str) -> tuple[Rows, np.ndarray[Any, Any]]:
        """Return the rows that have a target, and the place of each row of the data among them, -1 if it has none."""
        part = dataset.of(target)
        place = np.full(len(dataset.frame), -1)
        place[dataset.frame.index.get_indexer(part.frame.index)] = np.arange(len(part.frame))
        groups = None if self.inner_groups is None else [self.inner_groups[int(i)] for i in np.flatnonzero(place >= 0)]
        return rows_of(part, groups), place

    def _fold_jobs(
        self,
        settings: Settings,
        model: Any,
        rows: Mapping[str, tuple[Rows, np.ndarray[Any, Any]]],
        folds: Sequence[Fold],
        fitted: Mapping[str, FittedTarget | FittedClasses] | None = None,
    ) -> tuple[list[FoldJob], list[FoldJob]]:
        """Return the jobs of some folds in turn, one of each split at a time: first the essential ones, then others."""
        explained = _explained(self.folds, self.n_explained)
        by_split: dict[str, list[Fold]] = {}
        for fold in folds:
            by_split.setdefault(fold.split, []).append(fold)
        essential: list[FoldJob] = []
        others: list[FoldJob] = []
        for number, round_of_folds in enumerate(zip_longest(*by_split.values())):
            for fold in round_of_folds:
                for target, (part, place) in rows.items():
                    restricted = None if fold is None else _restricted(fold, part, place)
                    if restricted is None or _fold_name(target, restricted) in self.skipped:
                        continue
                    job = FoldJob(
                        settings,
                        model,
                        part,
                        restricted,
                        explain=_key(restricted) in explained,
                        fitted=None if fitted is None else fitted[target],
                    )
                    (essential if number < ESSENTIAL_FOLDS else others).append(job)
        return essential, others

    def _explain(
        self,
        folds: Sequence[Result],
        fitted: Mapping[str, FittedTarget | FittedClasses],
        rows: Mapping[str, tuple[Rows, np.ndarray[Any, Any]]],
    ) -> dict[str, list[dict[str, Any]]]:
        found = _joined(result.diagnostics for result in folds)
        if not self.n_explained:
            return found
        scored = found.pop("surrogate", [])
        for target, model in fitted.items():
            part = rows[target][0]
            entries = {
                "importance": [entry for entry in found.get("importance", []) if entry["target"] == target],
                "surrogates": [entry for entry in scored if entry["target"] == target],
            }
            seed = item_seed(self.seed, target, "explain")
            if isinstance(model, FittedClasses):
                with single_thread():
                    final = explain_final_classes(
                        model.estimator,
                        part,
                        descriptors=self.features,
                        seed=seed,
                        positive=self.decision.positive,
                        **entries,
                    )
                found = _joined([found, final])
                continue
            with single_thread():
                final = explain_final(
                    model.estimator,
                    part.X,
                    descriptors=self.features,
                    seed=seed,
                    target=target,
                    unit=part.unit,
                    units=part.units,
                    **entries,
                )
            found = _joined([found, final])
        return found

    def _missing_classes(self, rows: Mapping[str, tuple[Rows, np.ndarray[Any, Any]]]) -> list[str]:
        """Say which classes are tested in folds whose training rows do not hold them."""
        found: Counter[tuple[str, str, str]] = Counter()
        for fold in self.folds:
            for target, (part, place) in rows.items():
                restricted = _restricted(fold, part, place) if part.classes else None
                if restricted is not None:
                    missing = set(part.codes[restricted.test].tolist()) - set(part.codes[restricted.train].tolist())
                    found.update((target, fold.split, part.classes[code]) for code in sorted(missing))
        return [
            f"{name!r} of {target} is tested in {n} folds of the split {split} whose training rows do not hold it: "
            "such rows cannot be right there"
            for (target, split, name), n in found.items()
        ]

    def _missing_folds(
        self, rows: Mapping[str, tuple[Rows, np.ndarray[Any, Any]]], skipped: Collection[str]
    ) -> list[str]:
        """Say which splits have fewer folds than planned, and why."""
        n_folds = Counter(fold.split for fold in self.folds)
        planned: Counter[str] = Counter()
        late: Counter[str] = Counter()
        impossible: Counter[tuple[str, str]] = Counter()
        for fold in self.folds:
            for target, (part, place) in rows.items():
                if _restricted(fold, part, place) is None:
                    impossible[target, fold.split] += 1
                    continue
                planned[fold.split] += 1
                late[fold.split] += _fold_name(target, fold) in skipped
        notes = [
            f"{n} of {n_folds[split]} folds of the split {split} are left out for {target}: too few rows that have "
            f"it to train on, or none to test"
            for (target, split), n in impossible.items()
        ]
        return notes + [
            f"{planned[split] - n} of {planned[split]} folds of the split {split} were computed in the time given"
            for split, n in late.items()
            if n
        ]


def _is_unnested(fold: Fold) -> bool:
    return fold.split in UNNESTED


def _key(fold: Fold) -> tuple[str, int, int]:
    return fold.split, fold.repeat, fold.number


def _explained(folds: Sequence[Fold], n_explained: int) -> set[tuple[str, int, int]]:
    """Return the folds that are explained: those of random rows if there are any, since what matters is asked there."""
    random = [fold for fold in folds if fold.split.partition(":")[0] == "random"]
    return {_key(fold) for fold in (random or list(folds))[:n_explained]}


def _restricted(fold: Fold, rows: Rows, place: np.ndarray[Any, Any]) -> Fold | None:
    """Return a fold over the rows that have a target, and count for something in training; None if they are too few."""
    train, test = (place[part][place[part] >= 0] for part in (fold.train, fold.test))
    train = train[np.isin(train, rows.counting)]
    enough = len(train) >= FEWEST_TRAINING_ROWS and len(np.unique(rows.duplicates[train])) >= FEWEST_DIFFERENT
    if rows.classes and enough:
        # Two classes at least must be there to be told apart, in inner folds too.
        enough = bool((np.bincount(rows.codes[train]) >= FEWEST_OF_CLASS).sum() > 1)
    return replace(fold, train=train, test=test) if enough and len(test) else None


FEWEST_TRAINING_ROWS = 10
"""Rows with the target that a fold must leave to train on."""

FEWEST_OF_CLASS = 4
"""Training rows that at least two classes must have."""

FEWEST_DIFFERENT = 4
"""Of them different ones: with fewer there are no inner folds."""


class _Runner:
    """Computes jobs, or takes their results from the journal."""

    def __init__(self, protocol: Protocol, deadline: float | None, journal: Journal | None, label: str | None) -> None:
        self.protocol, self.deadline, self.journal, self.label = protocol, deadline, journal, label
        self.n_resumed = 0
        self.progress: list[tuple[float, float]] = []

    def run(self, jobs: Sequence[FinalJob | FoldJob], *, essential: int) -> list[Result | None]:
        """Return the results in order, None for what was left out for time."""
        results = [self._from_journal(job) for job in jobs]
        open_jobs = [i for i, result in enumerate(results) if result is None]
        self.n_resumed += len(jobs) - len(open_jobs)
        costs = [self._cost(jobs[i]) for i in open_jobs]
        time_left = TimeLeft(costs, workers=min(self.protocol.workers, max(len(open_jobs), 1)))

        def keep(index: int, result: Result) -> None:
            if self.journal is not None:
                self.journal.put(_name(jobs[open_jobs[index]]), _to_parts(result))

        computed = map_items(
            run_job,
            [jobs[i] for i in open_jobs],
            workers=self.protocol.workers,
            label=self.label,
            costs=costs,
            deadline=self.deadline,
            essential=sum(i < essential for i in open_jobs),
            keep=keep,
            time_left=time_left,
        )
        self.progress += time_left.samples
        for i, result in zip(open_jobs, computed, strict=True):
            results[i] = result
        return results

    def _from_journal(self, job: FinalJob | FoldJob) -> Result | None:
        parts = None if self.journal is None else self.journal.get(_name(job))
        try:
            return None if parts is None else _from_parts(parts)
        except ModelFileError:  # an estimator of a type that is not known here
            return None

    def _cost(self, job: FinalJob | FoldJob) -> float:
        costs = self.protocol.costs
        if isinstance(job, FinalJob):
            return costs.final
        share = len(job.fold.train) / max(len(job.rows.y), 1)
        return share * (costs.fold if job.fitted is None else costs.fold_without_choice) + job.explain * costs.explain


def _name(job: FinalJob | FoldJob) -> str:
    return f"{job.rows.target}/final" if isinstance(job, FinalJob) else _fold_name(job.rows.target, job.fold)


def _fold_name(target: str, fold: Fold) -> str:
    return f"{target}/{fold.split}/{fold.repeat}/{fold.number}"


def _to_parts(result: Result) -> dict[str, bytes]:
    table = io.BytesIO()
    result.predictions.to_parquet(table, index=False)
    content: dict[str, Any] = {
        "facts": result.facts,
        "diagnostics": result.diagnostics,
        "seconds": result.seconds,
        "fitted": None,
    }
    parts = {"predictions.parquet": table.getvalue()}
    if result.fitted is not None:
        model, content["fitted"] = result.fitted.to_parts()
        parts |= {f"model-{name}": part for name, part in model.items()}
    return {**parts, "result.json": json.dumps(content).encode()}


def _from_parts(parts: Mapping[str, bytes]) -> Result:
    content = json.loads(parts["result.json"])
    model = {name.removeprefix("model-"): part for name, part in parts.items() if name.startswith("model-")}
    return Result(
        predictions=pd.read_parquet(io.BytesIO(parts["predictions.parquet"]))[list(COLUMNS)].astype(COLUMNS),
        facts=content["facts"],
        diagnostics=content["diagnostics"],
        fitted=None if content["fitted"] is None else fitted_from_parts(model, content["fitted"]),
        seconds=content["seconds"],
    )


def _in_order(results: Sequence[Result], folds: Sequence[Fold], targets: Sequence[str]) -> list[Result]:
    """Return results in the order of the folds, whatever the order in which they were computed; final fits last."""
    place = {_key(fold): number for number, fold in enumerate(folds)}

    def order(result: Result) -> tuple[int, int]:
        facts = result.facts
        fold = place[facts["split"], facts["repeat"], facts["fold"]] if "split" in facts else len(place)
        return targets.index(facts["target"]), fold

    return sorted(results, key=order)


def _joined(parts: Iterable[Mapping[str, list[dict[str, Any]]]]) -> dict[str, list[dict[str, Any]]]:
    joined: dict[str, list[dict[str, Any]]] = {}
    for part in parts:
        for name, entries in part.items():
            joined.setdefault(name, []).extend(entries)
    return joined
