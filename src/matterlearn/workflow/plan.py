"""What a fit will do within its budget, written down before it starts and read again to do the same.

Costs are seconds on one core of the processor on which `benchmarks/candidate_costs.py` measured them, times how much
slower this machine is at a small task. So two plans for one table may differ; the same plan gives the same numbers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from matterlearn.core.errors import ArgumentError, DataError
from matterlearn.validation.folds import N_CLUSTERS, UNNESTED
from matterlearn.validation.protocol import Costs

EFFICIENCY = 0.65
"""Share of the ideal speed-up that several workers reach: folds differ in length, and processors may share a core."""

CHOSEN_SHARE = 0.6
"""Cost of what is chosen as a share of the cost of all candidates: most blends leave some out."""

CURVE_FITS = 0.9
"""Cost of a learning curve in fits of the chosen model: an eighth, a quarter and a half of the rows."""

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Plan:
    """Which models, splits and folds a fit computes.

    Attributes
    ----------
    candidates : tuple of str
        Candidate models, chosen among in inner folds.
    splits : tuple of str
        Splits, the one that decides first.
    n_folds : int
        Folds of random splits.
    n_element_groups : int
        Most groups of elements that are left out.
    inner_folds : int
        Folds inside the training rows on which candidates are compared.
    calibration_folds, calibration_splits : int
        How many of ten random parts and how many groups of elements are left out of the training rows in turn: errors
        there set intervals and domain.
    n_explained : int
        Folds for which learning curve, importance and surrogate are computed.
    seed : int
        Seed of the run.
    expected_s : float
        Expected time on the machine that made the plan, seconds; 0 if it is not known.
    budget_s : float or None
        Budget that the plan was made for, seconds. Who follows a plan keeps no budget.
    left_out : tuple of str
        What the budget did not allow.
    skipped : tuple of str
        Folds, as "target/split/repeat/fold", that the time did not allow; a replay leaves them out too.

    Raises
    ------
    ArgumentError
        If no fit can follow it: no candidates or splits, one named twice, or fewer folds than there must be.
    """

    candidates: tuple[str, ...]
    splits: tuple[str, ...]
    n_folds: int = 5
    n_element_groups: int = 10
    inner_folds: int = 3
    calibration_folds: int = 10
    calibration_splits: int = 5
    n_explained: int = 3
    seed: int = 0
    expected_s: float = 0.0
    budget_s: float | None = None
    left_out: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("candidates", "splits"):
            named = getattr(self, name)
            if not named or len(set(named)) < len(named):
                found = f"names {', '.join(named)}" if named else "names none"
                raise ArgumentError(f"{found}; each must be named once", where=f"plan, {name}")
        for name, fewest in FEWEST.items():
            if getattr(self, name) < fewest:
                raise ArgumentError(f"must be at least {fewest}, got {getattr(self, name)}", where=f"plan, {name}")

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain values."""
        return asdict(self)

    def to_text(self) -> str:
        """Return the plan as JSON."""
        return json.dumps({"schema_version": SCHEMA_VERSION, **asdict(self)}, indent=1) + "\n"

    @classmethod
    def from_text(cls, text: str, *, where: str = "plan") -> Plan:
        """Read what `to_text` returned.

        Raises
        ------
        DataError
            If it is no plan.
        """
        try:
            content = json.loads(text)
            version = content.pop("schema_version")
        except (ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
            raise DataError("is no plan", where=where, fix="use plan.json of an earlier fit") from error
        if version != SCHEMA_VERSION:
            what = f"has schema version {_shown(version)}, this program reads {SCHEMA_VERSION}"
            raise DataError(what, where=where)
        known = {item.name: item for item in fields(cls)}
        for name, value in content.items():
            if name not in known or not _fits(value, str(known[name].type)):
                raise DataError(f"{_shown(name)} = {_shown(value)} is no part of a plan", where=where)
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
        }
        try:
            return cls(**values)
        except TypeError as error:  # a field without a default is missing
            raise DataError("names no candidates or no splits", where=where) from error
        except ArgumentError as error:
            raise DataError(f"{error.where}: {error.what}", where=where) from error


FEWEST: Mapping[str, int] = MappingProxyType(
    {
        "n_folds": 2,
        "n_element_groups": 2,
        "inner_folds": 2,
        "calibration_folds": 2,
        "calibration_splits": 2,
        "n_explained": 0,
    }
)
"""Smallest numbers of a plan."""


def _shown(value: Any) -> str:
    return " ".join(str(value)[:60].split())


def _fits(value: Any, kind: str) -> bool:
    if kind.startswith("tuple"):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if kind == "int":
        return type(value) is int and abs(value) < 2**63
    if value is None:
        return kind.endswith("None")
    return type(value) in (int, float) and 0 <= value < float("inf")


def read_plan(path: str | os.PathLike[str]) -> Plan:
    """Read a plan from a file, or from the output folder of a fit.

    Raises
    ------
    DataError
        If there is none.
    """
    place = Path(path)
    file = place / "plan.json" if place.is_dir() else place
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"no plan that can be read ({getattr(error, 'strerror', error)})", where=str(file)) from error
    return Plan.from_text(text, where=str(file))


@dataclass(frozen=True)
class Work:
    """What a plan's time depends on, beside the plan.

    Attributes
    ----------
    costs : mapping of str to float
        Seconds that one fit of each candidate takes on all rows, the most worthwhile candidate first.
    domain_s : float
        Seconds to learn the domain from all rows, once per inner fold.
    explain_s : float
        Seconds for importance and surrogate of one fold.
    report_s : float
        Seconds for what is done once: reading, leak checks, writing.
    n_targets : int
        Number of targets.
    n_elements : int
        Elements that "element:each" leaves out.
    n_rows : int
        Rows that "kfold:N" leaves out.
    workers : int
        Processes.
    """

    costs: Mapping[str, float]
    domain_s: float = 0.0
    explain_s: float = 0.0
    report_s: float = 0.0
    n_targets: int = 1
    n_elements: int = 1
    n_rows: int = 1
    workers: int = 1

    def after_s(self, n_explained: int) -> float:
        """Return the seconds of what one process does when all folds are done."""
        return self.report_s + self.n_targets * (self.explain_s if n_explained else 0.0)


def make_plan(work: Work, splits: Sequence[str], *, budget_s: float | None = None, seed: int = 0) -> Plan:
    """Return the most thorough plan that the budget allows.

    Thoroughness is given up in this order: calibration folds, the last candidate, explained folds, groups of
    elements, inner folds, then candidates from the last to the first (two stay), folds.

    Parameters
    ----------
    work : Work
        What it costs.
    splits : sequence of str
        Splits to run.
    budget_s : float, optional
        Seconds; no limit if not given.
    seed : int
        Seed of the run, part of the plan.

    Returns
    -------
    Plan
        With `expected_s`, which exceeds the budget only if even the smallest plan does.

    Raises
    ------
    ArgumentError
        If the budget or the number of workers is not positive.

    Examples
    --------
    >>> plan = make_plan(Work({"ridge": 0.1, "forest": 0.3}), ["random", "element"], budget_s=90)
    >>> plan.n_folds, plan.expected_s <= 90
    (5, True)
    """
    if budget_s is not None and not budget_s > 0:
        raise ArgumentError(f"must be positive, got {budget_s:g} seconds", where="budget")
    if work.workers < 1:
        raise ArgumentError(f"must be at least 1, got {work.workers}", where="workers")
    full = Plan(tuple(work.costs), tuple(splits), seed=int(seed), budget_s=budget_s)
    plan = replace(full, expected_s=expected_s(full, work))
    for change in _savings(work.costs):
        if budget_s is None or plan.expected_s <= budget_s:
            break
        plan = change(plan)
        plan = replace(plan, expected_s=expected_s(plan, work))
    return replace(plan, left_out=_left_out(full, plan))


def _savings(costs: Mapping[str, float]) -> Iterator[Callable[[Plan], Plan]]:
    """Yield what can be given up, the least valuable first."""
    total = sum(costs.values())
    # Dropping what costs next to nothing saves nothing.
    droppable = [name for name in list(costs)[2:] if costs[name] > 0.05 * total][::-1]
    yield partial(replace, calibration_folds=5)
    yield from (partial(_without, name) for name in droppable[:1])
    yield partial(replace, n_explained=1)
    yield partial(replace, n_element_groups=7)
    yield partial(replace, calibration_splits=4)
    yield from (partial(_without, name) for name in droppable[1:3])
    yield partial(replace, n_element_groups=5)
    yield partial(replace, inner_folds=2)
    yield from (partial(_without, name) for name in droppable[3:])
    yield partial(replace, calibration_folds=4, calibration_splits=3)
    yield partial(replace, n_folds=3, n_element_groups=3, n_explained=0, calibration_folds=3)


def _left_out(full: Plan, plan: Plan) -> tuple[str, ...]:
    """Say what a plan lacks of the full one."""
    counts = {
        "n_folds": "folds",
        "n_element_groups": "groups of elements",
        "inner_folds": "inner folds",
        "calibration_folds": "calibration folds",
        "calibration_splits": "groups of calibration",
        "n_explained": "explained folds",
    }
    dropped = [f"candidate {name}" for name in full.candidates if name not in plan.candidates]
    fewer = [
        f"{getattr(plan, name)} of {getattr(full, name)} {what}"
        for name, what in counts.items()
        if getattr(plan, name) < getattr(full, name)
    ]
    return (*dropped, *fewer)


def _without(name: str, plan: Plan) -> Plan:
    return replace(plan, candidates=tuple(other for other in plan.candidates if other != name))


def item_costs(plan: Plan, work: Work) -> Costs:
    """Return the expected seconds of the items of a plan, each on all rows."""
    candidates = sum(work.costs[name] for name in plan.candidates)
    chosen = candidates * (CHOSEN_SHARE if len(plan.candidates) > 1 else 1.0)
    choice = plan.inner_folds * candidates * (1 - 1 / max(plan.inner_folds, 2)) if len(plan.candidates) > 1 else 0.0
    inner = plan.calibration_folds + plan.calibration_splits
    one_fit = choice + chosen + 0.85 * inner * (chosen + work.domain_s) + work.domain_s
    return Costs(
        final=one_fit,
        fold=one_fit + chosen,  # the second one learns from shuffled targets
        explain=work.explain_s + CURVE_FITS * chosen,
        fold_without_choice=2 * chosen + work.domain_s,
    )


def expected_s(plan: Plan, work: Work) -> float:
    """Return the expected seconds of a plan."""
    costs = item_costs(plan, work)
    folds = 0.0
    for split in plan.splits:
        n_folds, share = _folds_of(split, plan, work)
        folds += n_folds * share * (costs.fold_without_choice if split in UNNESTED else costs.fold)
    items = work.n_targets * (costs.final + folds + plan.n_explained * costs.explain)
    speed = 1.0 if work.workers == 1 else work.workers * EFFICIENCY
    return items / speed + work.after_s(plan.n_explained)


def _folds_of(split: str, plan: Plan, work: Work) -> tuple[int, float]:
    """Return how many folds a split has, and which share of a fit on all rows each costs."""
    kind, _, detail = split.partition(":")
    if kind == "kfold":
        n_folds = work.n_rows if detail == "N" else int(detail) if detail.isascii() and detail.isdigit() else 1
        return n_folds, 1.0 - 1.0 / max(n_folds, 2)
    if kind == "element":
        n_folds = work.n_elements if detail == "each" else len(detail.split(",")) if detail else plan.n_element_groups
        return n_folds, 0.8
    if kind == "holdout":
        return 1, 0.8
    if kind == "extremes":
        return 2, 0.8
    if kind == "cluster":
        return N_CLUSTERS, 0.85
    repeats = int(detail) if kind == "random" and detail.isdigit() else 1
    return repeats * plan.n_folds, 1 - 1 / max(plan.n_folds, 2)


def say_duration(seconds: float) -> str:
    """Return a duration as people say it; never "0 s".

    Examples
    --------
    >>> [say_duration(seconds) for seconds in (0.014, 7.4, 150, 9000)]
    ['0.014 s', '7 s', '2.5 min', '2.5 h']
    """
    if seconds < 1:
        return f"{max(seconds, 0.001):.2g} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    count, unit = (seconds / 60, "min") if seconds < 6000 else (seconds / 3600, "h")
    return f"{count:.1f} {unit}" if count < 10 else f"{count:.0f} {unit}"


_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def parse_duration(text: str) -> float:
    """Return seconds from a text like "90s", "5m" or "1.5h"; a bare number is seconds.

    Raises
    ------
    ArgumentError
        If the text is no duration.

    Examples
    --------
    >>> parse_duration("5m")
    300.0
    """
    cleaned = text.strip().casefold()
    number, unit = (cleaned[:-1], cleaned[-1]) if cleaned[-1:] in _UNITS else (cleaned, "s")
    try:
        seconds = float(number) * _UNITS[unit]
    except ValueError as error:
        raise ArgumentError(f"{text!r} is no duration", where="budget", fix="write 90s, 5m or 1h") from error
    if not 0 < seconds < float("inf"):
        raise ArgumentError(f"must be positive and finite, got {text!r}", where="budget")
    return seconds
