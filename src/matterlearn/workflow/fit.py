"""From a table to a model and its evidence."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.pipeline import make_pipeline

import matterlearn
from matterlearn.chemistry.ions import Ion
from matterlearn.core.errors import ArgumentError
from matterlearn.core.journal import Journal
from matterlearn.core.parallel import available_workers, item_seed, single_thread
from matterlearn.data.dataset import Dataset, make_dataset
from matterlearn.data.duplicates import duplicate_groups
from matterlearn.features.table_features import Representation, citations_of, table_features
from matterlearn.models.candidates import FAMILIES, Family, family, make_baselines, make_candidates
from matterlearn.models.class_candidates import CLASS_FAMILIES, make_class_baselines
from matterlearn.models.class_selection import ClassSelector
from matterlearn.models.selection import CandidateSelector
from matterlearn.models.weighting import takes_weights
from matterlearn.report.headline import headline
from matterlearn.validation.classes.reliability import Decision
from matterlearn.validation.evidence import Evidence, plain
from matterlearn.validation.fitted import FittedTarget
from matterlearn.validation.folds import Fold, make_folds
from matterlearn.validation.leaks import find_leaks
from matterlearn.validation.protocol import Judgement, Protocol
from matterlearn.validation.splits import ElementGroupSplit, GroupSplit, RandomSplit, why_no_element_split
from matterlearn.workflow.audit import audit_model, has_positions
from matterlearn.workflow.classes import checked_decision, without_rare_classes
from matterlearn.workflow.machine import slowness
from matterlearn.workflow.model import Model, make_probes
from matterlearn.workflow.plan import Plan, Work, item_costs, make_plan, parse_duration, read_plan, say_duration

FEWEST_ROWS = 20
"""Rows below which five folds with three inner folds each say nothing."""

N_AUDITED, N_CHANGES = 50, 3
"""Rows whose atoms are moved in the audit of symmetries, and how often for each symmetry."""

FEW_DIFFERENT = 0.8
"""Share of different rows below which a reader must know that rows are not independent."""

FEWEST_DIFFERENT = 10
"""Different rows of inputs that are needed: equal ones stay in one fold."""

LARGEST = 1e100
"""Largest target: squares of larger ones, summed, overflow."""

SMALLEST = 1e-100
"""Smallest spread of a target: squares of smaller ones underflow."""

UNKNOWN_COST = 1.0
"""Seconds per 1,000 rows that a fit of the user's own estimator is expected to take."""

DOMAIN_S, EXPLAIN_S, ONCE_S = 0.6, 2.5, 10.0
"""Seconds per 1,000 rows to learn a domain and to explain a fold; seconds for leak checks and the page of a target."""

LIBRARIES = ("joblib", "numpy", "pandas", "scikit-learn", "scipy", "skops")


@dataclass(frozen=True)
class Fit:
    """What `fit` returns.

    Attributes
    ----------
    model : Model
        Fitted on all rows.
    evidence : Evidence
        How good it is, on rows it had not seen.
    dataset : Dataset
        The rows it was fitted on, and those that were rejected.
    plan : Plan
        What was done; `fit(..., plan=plan)` does it again.
    """

    model: Model
    evidence: Evidence
    dataset: Dataset
    plan: Plan


def fit(
    table: str | os.PathLike[str] | pd.DataFrame | Dataset,
    target: str | Sequence[str] | None = None,
    *,
    inputs: Sequence[str] | None = None,
    kinds: Mapping[str, str] | None = None,
    log: bool | Sequence[str] = False,
    weights: str | None = None,
    split: str = "random",
    budget: str | float | None = "5m",
    plan: str | os.PathLike[str] | Plan | None = None,
    models: Sequence[str] | Mapping[str, Any] | None = None,
    features: Any = None,
    costs: Mapping[str, float] | str | None = None,
    error_rate: float = 0.1,
    positive: str | None = None,
    seed: int = 0,
    strict: bool = False,
    workers: int | None = None,
    ions: Mapping[str, Ion] | None = None,
    progress: bool = False,
    journal: Callable[[str], Journal] | None = None,
    show_plan: Callable[[Plan], None] | None = None,
) -> Fit:
    """Fit the best model for a table and judge it on rows and chemistry it has not seen.

    Candidates are compared in inner folds; the best one, or a blend of several that beats it, is kept. The whole
    procedure is judged on outer folds of random rows and, beside them, of left-out groups of elements.

    Parameters
    ----------
    table : path-like, DataFrame or Dataset
        The data: a file (CSV, TSV, JSON, JSON lines, Parquet, Excel, plain or gzip), a frame, or a data set.
    target : str or sequence of str, optional
        Name of the column to predict: numbers, or classes (words, or 0 and 1); or of several columns of numbers, in
        which cells may be missing. May be left out for a `Dataset`, which has its own.
    inputs : sequence of str, optional
        Input columns. By default those that describe matter: sites or a formula. Patterns stand for all numbers and
        categories that fit them, and `!` leaves columns out: `["*", "!age_years"]`.
    kinds : mapping of str to str, optional
        Kinds of columns ("formula", "site", "number", "category", "text") where the detected one is not meant.
    log : bool or sequence of str
        Targets whose decimal logarithm is learned and judged: all, or those named. Predictions are given back in the
        unit of the column.
    weights : str, optional
        Column with weights of the rows, in fitting as in scores. Candidates that take none are left out.
    split : str
        What decides, as in `matterlearn.validation.folds.make_folds`: "random", "kfold:10", "element", "element:O",
        "system", "cluster", "extremes", "group:COLUMN", "holdout:COLUMN", "file:FOLDS" and others. Random and element
        splits are always computed, where they are possible.
    budget : str or float, optional
        Time, as "90s", "5m", "1h" or seconds. None for the full plan.
    plan : path-like or Plan, optional
        Plan of an earlier fit, to be followed instead of making one: plan.json or the output folder. It states
        candidates, splits and seed, so `split`, `budget`, `models` by name and `seed` are not looked at, and no clock
        says what is done.
    models : sequence of str or mapping of str to estimator, optional
        Candidates: names of families, or your own regressors or classifiers, which get the feature matrix.
    features : transformer, optional
        Your own transformer from the input columns to a feature matrix; by default descriptors and fractions of the
        elements. It is fitted in each training fold.
    costs : mapping of str to float, or "balanced", optional
        Of classes: what it costs to miss a row of each, 1 by default; "balanced": every class the same as a whole.
        Thresholds follow, inside training folds.
    error_rate : float
        Of classes: share of wrong answers that is acceptable. The model refuses to answer where it is less sure.
    positive : str, optional
        Of two classes: the one that is looked for; guessed from the labels by default.
    seed : int
        The same seed and plan give the same numbers, bit for bit on one machine.
    strict : bool
        Stop at the first bad row instead of rejecting it.
    workers : int, optional
        Processes; as many as there are processors by default.
    ions : mapping of str to Ion, optional
        Molecular ions of your own that may stand on a site.
    progress : bool
        Whether to show a progress bar on a terminal.
    journal : callable, optional
        Takes the key of the run (what its numbers depend on) and returns where finished folds are kept, so that a run
        that was killed goes on from there. Not with estimators of your own.
    show_plan : callable, optional
        Is given the plan before the work begins.

    Returns
    -------
    Fit
        With `model`, `evidence`, `dataset` and `plan`.

    Raises
    ------
    ArgumentError
        If an argument cannot be used.
    DataError
        If the table cannot be used.

    Examples
    --------
    >>> import pandas as pd
    >>> metals = ["Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr"]
    >>> table = pd.DataFrame([(f"{a}{x}", float(len(a) + i)) for i, x in enumerate(["F", "Cl", "Br"]) for a in metals],
    ...                      columns=["formula", "gap_eV"])
    >>> result = fit(table, "gap_eV", models=["ridge"], budget="10s", workers=1)
    >>> result.model.predict(pd.DataFrame({"formula": ["NaCl"]})).columns.tolist()
    ['prediction', 'lower', 'upper', 'in_domain', 'reason']
    """
    start, begun = time.perf_counter(), time.time()
    _check_arguments(split, workers, seed)
    dataset = _dataset(table, target, inputs, kinds, strict, ions, log, weights)
    is_class = dataset.task == "classification"
    if is_class:
        dataset = without_rare_classes(dataset, strict=strict)
    decision = checked_decision(costs, error_rate, positive, dataset)
    for name in dataset.targets:
        _check(dataset, name)
    workers = available_workers() if workers is None else workers
    given = plan if isinstance(plan, Plan) or plan is None else read_plan(plan)
    budget_s = _seconds(budget) if given is None else None
    descriptors = _features(dataset, "descriptors")
    if given is not None and not isinstance(models, Mapping):
        models = given.candidates
    estimators, notes = _estimators(models, features, dataset)
    splits, why_not = _possible_splits(_wanted_splits(split) if given is None else given.splits, dataset)
    key = _key(dataset, given, splits, budget_s, models, features, seed, decision)
    kept = None if journal is None or key is None else journal(key)
    stored = None if kept is None or given is not None else kept.get_text("plan")
    work = _work(estimators, dataset, workers, measure=budget_s is not None)
    if given is not None:
        made = _checked_plan(replace(given, splits=tuple(splits)), estimators)
    elif stored is not None:
        made = Plan.from_text(stored)
    else:
        made = make_plan(work, splits, budget_s=budget_s, seed=seed)
    folds = _folds(made, dataset, descriptors)  # where an argument is wrong, nothing was shown or kept before
    if kept is not None and given is None and stored is None:
        kept.put_text("plan", made.to_text())
    if show_plan is not None:
        show_plan(made)

    candidates = [(name, estimators[name]) for name in made.candidates]
    inner_folds, inner_groups = _inner_folds(made, folds, dataset)
    # Of an estimator of their own users expect the predictions that it makes. And the zero of an energy of a molecule
    # is arbitrary: that none in the table is negative means nothing.
    nonnegative = not isinstance(models, Mapping) and not has_positions(dataset.schema)
    selector: Any = CandidateSelector(candidates, cv=inner_folds, nonnegative=nonnegative)
    if is_class:
        selector = ClassSelector(candidates, cv=inner_folds)
    baselines = make_class_baselines if is_class else make_baselines
    protocol = Protocol(
        folds,
        baselines(descriptors, dataset.inputs, dataset.kinds, ions=dataset.ions),
        descriptors,
        calibration_folds=made.calibration_folds,
        calibration_splits=made.calibration_splits,
        n_explained=made.n_explained,
        seed=made.seed,
        workers=workers,
        notes=[*notes, *why_not, *_plan_notes(made)],
        inner_groups=inner_groups,
        costs=item_costs(made, work),
        skipped=made.skipped,
        decision=decision,
    )
    with single_thread():
        leaks = find_leaks(dataset, folds, descriptors=descriptors, seed=made.seed)
    leaks_s = time.perf_counter() - start
    judgement = protocol.run(
        selector,
        dataset,
        label="judging" if progress else None,
        deadline=None if budget_s is None else begun + budget_s - work.after_s(made.n_explained),
        journal=kept,
    )
    carried_out = replace(made, skipped=(*made.skipped, *judgement.skipped))
    evidence = _complete(judgement, dataset, carried_out, [leak.to_dict() for leak in leaks])
    evidence.timings.update({"leaks_s": leaks_s, "total_s": time.perf_counter() - start, "budget_s": budget_s})
    model = _model(judgement, evidence, dataset)
    audits = _audits(model, dataset, made.seed)
    if audits:
        evidence = replace(evidence, diagnostics={**evidence.diagnostics, "symmetries": audits})
        model = replace(model, card=_card(evidence))
    return Fit(model, evidence, dataset, carried_out)


def _check_arguments(split: Any, workers: Any, seed: Any) -> None:
    if not isinstance(split, str):
        raise ArgumentError(f"must be the name of a split, got {split!r}", where="split", fix="write 'random'")
    if workers is not None and not (_is_whole(workers) and workers >= 1):
        raise ArgumentError(f"must be at least 1, got {workers!r}", where="workers")
    if not _is_whole(seed):
        raise ArgumentError(f"must be a whole number, got {seed!r}", where="seed")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _seconds(budget: Any) -> float | None:
    if budget is None:
        return None
    if isinstance(budget, str):
        return parse_duration(budget)
    if isinstance(budget, int | float | np.number) and float(budget) > 0:
        return float(budget) if np.isfinite(budget) else None
    raise ArgumentError(f"must be positive, got {budget!r}", where="budget", fix="write '5m' or seconds")


def _complete(judgement: Judgement, dataset: Dataset, plan: Plan, leaks: list[dict[str, Any]]) -> Evidence:
    """Return the evidence with plan, leaks, versions and what a reader must know."""
    evidence = judgement.evidence
    first = judgement.fitted[dataset.targets[0]]
    notes = list(evidence.notes)
    n_different = len(np.unique(duplicate_groups(dataset.X, dataset.kinds, ions=dataset.ions)))
    if n_different < FEW_DIFFERENT * len(dataset.frame):
        notes.append(
            f"the {len(dataset.frame)} rows hold {n_different} different compositions or inputs: intervals of the "
            "scores take rows for independent and are too narrow"
        )
    for target, fitted in judgement.fitted.items():
        if isinstance(fitted, FittedTarget) and fitted.reliability.intervals.floor is not None:
            notes.append(f"no value of {target} that counts is negative, so predictions and intervals end at 0")
    return replace(
        evidence,
        plan={
            **plain(plan.to_dict()),
            **evidence.plan,
            "chosen": evidence.plan["chosen_by_target"][first.target],
            "citations": citations_of(first.reliability.domain.features_),
        },
        diagnostics={**evidence.diagnostics, "leaks": leaks},
        notes=notes,
        versions=_versions(),
        timings={**evidence.timings, "progress": [list(sample) for sample in judgement.progress]},
    )


def _audits(model: Model, dataset: Dataset, seed: int) -> list[dict[str, Any]]:
    """Return what audits of the symmetries of physics find, as plain values; nothing where no input has positions."""
    if not has_positions(model.schema):
        return []
    # Without the targets: of rows that the model was fitted on, its error says nothing.
    rows = dataset.frame.drop(columns=list(dataset.targets))
    found = audit_model(model, rows, n=N_AUDITED, n_changes=N_CHANGES, seed=seed)
    return [{"target": target, **plain(result.to_dict(changes=True))} for target, result in found.items()]


def _model(judgement: Judgement, evidence: Evidence, dataset: Dataset) -> Model:
    fitted = tuple(judgement.fitted[target] for target in dataset.targets)
    model = Model(fitted, dataset.schema, _card(evidence), {})
    return replace(model, probes=make_probes(model, dataset.X))


def _card(evidence: Evidence) -> dict[str, Any]:
    return {
        "data": evidence.data,
        "plan": evidence.plan,
        "scores": plain(evidence.scores().round(6).to_dict("records")),
        "notes": evidence.notes,
        "versions": evidence.versions,
        "headline": {target: headline(evidence.of(target)) for target in evidence.targets},
    }


def _key(
    dataset: Dataset,
    given: Plan | None,
    splits: Sequence[str],
    budget_s: float | None,
    models: Sequence[str] | Mapping[str, Any] | None,
    features: Any,
    seed: int,
    decision: Decision,
) -> str | None:
    """Return what names the run, or None if its numbers depend on objects of the user."""
    if isinstance(models, Mapping) or features is not None or dataset.sha256 is None:
        return None
    files = [split.partition(":")[2] for split in splits if split.startswith("file:")]
    content = {
        "data": dataset.sha256,
        "rows": dataset.frame.index.tolist(),
        "schema": dataset.schema,
        "plan": None if given is None else asdict(given),
        "arguments": [list(splits), budget_s, None if models is None else list(models), int(seed)],
        "decision": asdict(decision) if dataset.task == "classification" else None,
        "folds": [hashlib.sha256(Path(name).read_bytes()).hexdigest() for name in files if Path(name).is_file()],
        "versions": _versions(),
    }
    return hashlib.sha256(json.dumps(plain(content), sort_keys=True).encode()).hexdigest()


def _work(estimators: Mapping[str, Any], dataset: Dataset, workers: int, *, measure: bool) -> Work:
    n_rows = len(dataset.frame)
    factor = slowness() if measure else 1.0
    thousands = max(n_rows / 1_000, 0.05)
    known = _families(dataset)
    costs = {name: known[name].cost(n_rows) if name in known else UNKNOWN_COST * thousands for name in estimators}
    n_elements = len({element for row in dataset.element_sets() for element in row})
    return Work(
        {name: factor * cost for name, cost in costs.items()},
        domain_s=factor * (0.1 + DOMAIN_S * thousands),
        explain_s=factor * (1.0 + EXPLAIN_S * thousands),
        report_s=factor * (ONCE_S + thousands) * len(dataset.targets),
        n_targets=len(dataset.targets),
        n_elements=n_elements,
        n_rows=n_rows,
        workers=workers,
    )


def _checked_plan(plan: Plan, estimators: Mapping[str, Any]) -> Plan:
    for name in plan.candidates:
        if name not in estimators:
            raise ArgumentError(f"the candidate {name!r} cannot be used for this table", where="plan")
    return plan


def _dataset(
    table: Any,
    target: str | Sequence[str] | None,
    inputs: Sequence[str] | None,
    kinds: Mapping[str, str] | None,
    strict: bool,
    ions: Mapping[str, Ion] | None,
    log: bool | Sequence[str],
    weights: str | None,
) -> Dataset:
    if isinstance(table, Dataset):
        other = target is not None and table.targets != ((target,) if isinstance(target, str) else tuple(target))
        if inputs is not None or kinds is not None or other or log or weights is not None:
            raise ArgumentError("a Dataset already has its target and inputs", fix="pass its frame, or leave them out")
        return table
    if target is None:
        raise ArgumentError("say which column to predict", where="target")
    return make_dataset(
        table, target=target, inputs=inputs, kinds=kinds, strict=strict, ions=ions, log=log, weights=weights
    )


def _check(whole: Dataset, target: str) -> None:
    dataset = whole.of(target)
    counting = np.ones(len(dataset), dtype=bool) if dataset.weights is None else dataset.weights > 0
    if counting.sum() < FEWEST_ROWS:
        of_target = f" with a value of {target!r}" if len(whole.targets) > 1 else ""
        weighted = " and a weight above 0" if of_target else " with a weight above 0"
        more = of_target + (weighted if not counting.all() else "")
        raise ArgumentError(
            f"{counting.sum()} usable rows{more} are too few to judge a model", fix=f"bring {FEWEST_ROWS}"
        )
    n_different = len(np.unique(duplicate_groups(dataset.X, dataset.kinds, ions=dataset.ions)[counting]))
    if n_different < FEWEST_DIFFERENT:
        raise ArgumentError(
            f"the rows have only {n_different} different {'values' if n_different > 1 else 'value'} of the inputs "
            f"({', '.join(dataset.inputs)}): too few to judge a model",
            fix=f"bring {FEWEST_DIFFERENT}, or name other inputs",
        )
    if dataset.task == "classification":
        n_classes = len(np.unique(dataset.y[counting]))
        if n_classes < 2:
            found = f"every row that counts is {str(dataset.y[counting][0])!r}"
            raise ArgumentError(f"{target}: {found}: there is nothing to tell apart", where="target")
        return
    y = np.asarray(dataset.y, dtype=float)[counting]
    if 0 < np.ptp(y) < SMALLEST:
        raise ArgumentError(f"values of {target!r} differ by {np.ptp(y):.1e} only", where="target", fix="change unit")
    if np.ptp(y) == 0:
        raise ArgumentError(f"every row has the same value of {target!r}: there is nothing to learn", where="target")
    if np.max(np.abs(y)) > LARGEST:
        raise ArgumentError(
            f"values of {target!r} reach {np.max(np.abs(y)):.1e}, beyond {LARGEST:.0e}",
            where="target",
            fix="change unit",
        )


def _families(dataset: Dataset) -> Mapping[str, Family]:
    return CLASS_FAMILIES if dataset.task == "classification" else FAMILIES


def _features(dataset: Dataset, representation: Representation) -> Any:
    return table_features(dataset.inputs, dataset.kinds, representation=representation, ions=dataset.ions)


def _estimators(
    models: Sequence[str] | Mapping[str, Any] | None, features: Any, dataset: Dataset
) -> tuple[dict[str, Any], list[str]]:
    """Return the candidates as pipelines from input columns, by name, and what is to be said of them."""
    found = _unweighted_estimators(models, features, dataset)
    if dataset.weights is None:
        return found, []
    usable = {name: estimator for name, estimator in found.items() if takes_weights(estimator)}
    without = [name for name in found if name not in usable]
    if not usable or (without and models is not None):
        what = f"{without[0]!r} takes no weights of rows"
        raise ArgumentError(what, where="models", fix="leave it or the weights out")
    if isinstance(models, Mapping):
        return usable, []
    # The same whether candidates are named, as a plan does, or not.
    deaf = [name for name, kind in _families(dataset).items() if kind.by_default and not takes_weights(kind.make())]
    return usable, [f"{', '.join(deaf)}: no candidate, since it takes no weights of rows"] if deaf else []


def _unweighted_estimators(
    models: Sequence[str] | Mapping[str, Any] | None, features: Any, dataset: Dataset
) -> dict[str, Any]:
    families = _families(dataset)
    if isinstance(models, str):
        raise ArgumentError(f"must be a list of names, got {models!r}", where="models", fix=f"write [{models!r}]")
    if models is not None and len(models) == 0:
        raise ArgumentError("no model is named", where="models", fix=f"known: {', '.join(families)}")
    if isinstance(models, Mapping):
        for name, estimator in models.items():
            _check_estimator(name, estimator, dataset)
        return {name: make_pipeline(_matrix(features, own, dataset), own) for name, own in models.items()}
    n_rows = min(len(dataset.of(target).frame) for target in dataset.targets)
    if models is None:
        names = [name for name, kind in families.items() if kind.by_default and n_rows >= kind.fewest_rows]
    else:
        names = [_family_for(str(name), families, dataset).name for name in models]
        for name in names:
            if n_rows < families[name].fewest_rows:
                raise ArgumentError(
                    f"{name!r} needs {families[name].fewest_rows} rows, here are {n_rows}", where="models"
                )
    if len(set(names)) < len(names):
        raise ArgumentError(f"a model is named twice: {', '.join(names)}", where="models")
    return dict(
        make_candidates(names, dataset.inputs, dataset.kinds, features=features, ions=dataset.ions, families=families)
    )


def _matrix(features: Any, estimator: Any, dataset: Dataset) -> Any:
    """Return what stands before an estimator of the user: their features, ours, or the structures as they are."""
    if features is not None:
        return clone(features)
    return _features(dataset, "structures" if getattr(estimator, "takes_structures", False) else "both")


def _family_for(name: str, families: Mapping[str, Family], dataset: Dataset) -> Family:
    """Return the family of a name; say so where it is one for another kind of target."""
    if name not in families and name in (*FAMILIES, *CLASS_FAMILIES):
        target = dataset.targets[0]
        if dataset.task == "classification":
            what, fix = f"{name!r} predicts numbers, and {target!r} holds classes", f"use {', '.join(families)}"
        else:
            what, fix = f"{name!r} predicts classes, and {target!r} holds numbers", "state its kind 'category'"
        raise ArgumentError(what, where="models", fix=fix)
    return family(name, families)


def _check_estimator(name: str, estimator: Any, dataset: Dataset) -> None:
    """Stop at what of the user's own cannot predict such a target."""
    if isinstance(estimator, type):
        wanted = "classifier" if dataset.task == "classification" else "regressor"
        raise ArgumentError(f"{name!r} is a class and no {wanted}", where="models", fix=f"pass a {wanted} object")
    if dataset.task == "classification":
        wanted, sound = "classifier", is_classifier(estimator) and hasattr(estimator, "predict_proba")
        fix = "pass a classifier object that has predict_proba"
    else:
        wanted, sound = "regressor", is_regressor(estimator)
        fix = "pass a regressor object"
    if not sound:
        found = f"a {type(estimator).__name__}"
        without = " with probabilities" if wanted == "classifier" and is_classifier(estimator) else ""
        raise ArgumentError(f"{name!r} is {found} and no {wanted}{without}", where="models", fix=fix)


def _wanted_splits(split: str) -> list[str]:
    """Return the splits of a fit, the deciding one first; repeated random folds are random folds."""
    known = () if split.startswith(("random:", "kfold:")) else ("random",)
    return list(dict.fromkeys([split, *known, "element"]))


def _possible_splits(splits: Sequence[str], dataset: Dataset) -> tuple[list[str], list[str]]:
    """Return those of the splits that can be made, and why one is missing."""
    reason = why_no_element_split(dataset.element_sets())
    if not reason:
        return list(splits), []
    if splits[0] == "element":
        raise ArgumentError(reason, where="split", fix="use another split")
    return [name for name in splits if name != "element"], [reason]


def _folds(plan: Plan, dataset: Dataset, descriptors: Any) -> list[Fold]:
    return [
        fold
        for split in plan.splits
        for fold in make_folds(
            split,
            dataset,
            features=descriptors,
            n_folds=plan.n_folds,
            n_element_groups=plan.n_element_groups,
            seed=item_seed(plan.seed, "split", split),
        )
    ]


def _inner_folds(plan: Plan, folds: Sequence[Fold], dataset: Dataset) -> tuple[Any, Sequence[Any] | None]:
    """Return the inner folds on which candidates are compared, and what they leave out: the deciding split's question.

    If that split tests mostly on rows with elements that its training rows do not hold, the inner folds leave elements
    out; if it leaves groups out, they leave its groups out; else they are random rows.
    """
    deciding = [fold for fold in folds if fold.split == plan.splits[0]]
    seed = item_seed(plan.seed, "inner")
    elements = dataset.element_sets()
    tested = unseen = 0
    for fold in deciding:
        known = frozenset().union(*(elements[i] for i in fold.train))
        tested += len(fold.test)
        unseen += sum(not elements[i] <= known for i in fold.test)
    if 2 * unseen > tested:
        return ElementGroupSplit(plan.inner_folds, random_state=seed), elements
    if plan.splits[0].partition(":")[0] in ("group", "system", "cluster", "file"):
        groups = np.full(len(elements), -1)  # rows that are never tested are one more group
        for fold in deciding:
            groups[fold.test] = fold.number
        return GroupSplit(plan.inner_folds, random_state=seed), groups.tolist()
    return RandomSplit(plan.inner_folds, random_state=seed), None


def _plan_notes(plan: Plan) -> list[str]:
    if plan.budget_s is None or plan.expected_s <= plan.budget_s:
        return []
    expected, budget = say_duration(plan.expected_s), say_duration(plan.budget_s)
    return [f"the smallest plan takes about {expected}, more than the budget of {budget}"]


def _versions() -> dict[str, str]:
    return {
        "matterlearn": matterlearn.__version__,
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }
