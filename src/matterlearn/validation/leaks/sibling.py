"""Siblings of the target: columns that give it away, alone or two together."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from matterlearn.validation.leaks.identifier import identifiers
from matterlearn.validation.leaks.leak import Leak, severity
from matterlearn.validation.leaks.scaling import standardised
from matterlearn.validation.leaks.single_column import explained_by_labels, explained_by_numbers
from matterlearn.validation.leaks.subject import FEWEST_ROWS, Subject, TargetValues
from matterlearn.validation.leaks.words import listed

ORDERS: Final = 0.95
"""Rank correlation from which a column orders the target: measured causes rarely reach it, copies and parts do."""

PREDICTS: Final = 0.9
"""Share of the variance of the target's ranks that a column explains alone, along any curve, in cross-validation."""

PREDICTS_AS_CATEGORY: Final = 0.95
"""The same of a category among the inputs: a structure type or a route may well explain most of a target (0.83 of the
energy of intermetallic compounds), a class made of the target explains all."""

CONFOUNDS: Final = 0.6
"""The same of a column that is no input, for a target of classes: patients and controls that differ in age, materials
that come from two sources. What the inputs seem to tell may then be told by it. No measured metabolite of three tables
of patients and tumours explains more than 0.69, age of one explains 0.8."""

MOST_CLASSES: Final = 20
"""Values up to which a category may be a class made of the target; more of them are groups of rows (see `groups`)."""

GIVES: Final = 0.999
"""Share of the variance that two columns explain together by a straight line: a sum or a difference that was computed
(or, of logarithms, a product or a ratio). Nothing that was measured twice agrees as well."""

FILLED: Final = 0.5
"""Share of the target's rows that a column must fill to be looked at."""

MOST_PAIRS: Final = 3
"""Pairs of columns that are named; where a sum is in the table, many more say the same."""


def find_siblings(subject: Subject) -> list[Leak]:
    """Return the columns that give a target away: a warning for inputs, a note for columns left out of them.

    Identifiers and other targets are not looked at.

    Parameters
    ----------
    subject : Subject
        Data.

    Returns
    -------
    list of Leak
        Single columns first, then pairs.
    """
    skipped = {column.name for column in identifiers(subject)}
    found = []
    for target in subject.targets:
        alone = _alone(subject, target, skipped)
        known = {leak.column for leak in alone} | skipped
        found += alone + (_pairs(subject, target, known) if not target.is_class else [])
    return found


def _alone(subject: Subject, target: TargetValues, skipped: Collection[str]) -> list[Leak]:
    found = []
    for name in subject.columns:
        if name in skipped or subject.dataset.kinds[name] not in ("number", "category"):
            continue
        seed = subject.seed_of("sibling", target.name, name)
        if name in subject.numbers:
            column = subject.numbers[name][target.rows]
            filled = np.flatnonzero(np.isfinite(column))
        else:
            labels = subject.labels(name)[target.rows]
            filled = np.flatnonzero(labels >= 0)
        left_out = name not in subject.dataset.inputs
        enough = CONFOUNDS if target.is_class and left_out else PREDICTS
        y = target.ranks[filled]
        if len(filled) < max(FEWEST_ROWS, FILLED * len(target.rows)) or np.ptp(y, axis=0).max() == 0:
            continue
        if name not in subject.numbers:
            if len(np.unique(labels[filled])) > MOST_CLASSES:
                continue
            strength = max(
                explained_by_labels(labels[filled], values, seed=seed) for values in (y, target.values[filled])
            )
            if strength >= (enough if left_out else PREDICTS_AS_CATEGORY):
                how = f"alone tells {target.name} (its values explain {strength:.3f} of the variance)"
                found.append(_leak(subject, target, [name], strength, len(filled), how))
            continue
        order = float(spearmanr(column[filled], y[:, 0]).statistic) if np.ptp(column[filled]) > 0 else 0.0
        if not target.is_class and abs(order) > ORDERS:
            how = f"alone orders {target.name} almost perfectly (rank correlation {order:.3f})"
            found.append(_leak(subject, target, [name], abs(order), len(filled), how))
            continue
        strength = explained_by_numbers(column[filled], y, seed=seed, worth=enough)
        if strength >= enough:
            how = f"alone predicts {target.name} along a curve (a shallow tree explains {strength:.3f} of the variance)"
            found.append(_leak(subject, target, [name], strength, len(filled), how))
    return found


def _leak(subject: Subject, target: TargetValues, names: list[str], strength: float, n: int, how: str) -> Leak:
    among = [name in subject.dataset.inputs for name in names]
    if all(among):
        who = f"The input {names[0]}" if len(names) == 1 else f"The inputs {listed(names)}"
        advice = "make sure that it can be known before the target is, or leave it out of the inputs"
        if len(names) > 1:
            advice = "make sure that both can be known before the target is, or leave one out of the inputs"
    else:
        who = f"The column {names[0]}, no input," if len(names) == 1 else f"The columns {listed(names)}"
        advice = (
            "keep it out of the inputs if it comes from the same measurement or calculation as the target, and if it "
            "does not, ask whether it is the true cause"
        )
        if target.is_class and strength < PREDICTS:
            advice = (
                "what the inputs tell may be told by it, so judge them among rows that agree in it, or balance the "
                "classes over it"
            )
        if len(names) > 1:
            left_out = listed([name for name, inside in zip(names, among, strict=True) if not inside])
            advice = f"the target was probably computed from them, so keep {left_out} out of the inputs"
    text = f"{who} {how}: {advice}."
    return Leak(target.name, "sibling", severity(all(among)), text, column=", ".join(names), value=strength, n=n)


def _pairs(subject: Subject, target: TargetValues, skipped: Collection[str]) -> list[Leak]:
    columns = {
        name: values[target.rows]
        for name, values in subject.numbers.items()
        if name not in skipped and np.isfinite(values[target.rows]).mean() >= FILLED
    }
    y = target.raw[:, 0]
    found: list[Leak] = []
    used: set[str] = set()
    for what, table, goal in (
        ("a straight line of both", columns, y),
        ("a product or ratio of powers of both", _logarithms(columns), _logarithm(y)),
    ):
        for first, second, strength, n in _best_pairs(table, goal) if goal is not None else ():
            if len(found) < MOST_PAIRS and not used & {first, second}:
                used |= {first, second}
                how = f"together give {target.name}, as {what} (explained variance {strength:.5f})"
                found.append(_leak(subject, target, [first, second], strength, n, how))
    return found


def _logarithm(values: NDArray[np.float64]) -> NDArray[np.float64] | None:
    filled = values[np.isfinite(values)]
    if not len(filled) or np.any(filled == 0) or not (np.all(filled > 0) or np.all(filled < 0)):
        return None
    return np.asarray(np.log(np.abs(values)))


def _logarithms(columns: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    logs = {name: _logarithm(values) for name, values in columns.items()}
    return {name: values for name, values in logs.items() if values is not None}


_SCREENED = 0.99
_MOST_SCREENED = 50


def _best_pairs(columns: dict[str, NDArray[np.float64]], y: NDArray[np.float64]) -> list[tuple[str, str, float, int]]:
    """Return pairs that give y by a straight line where neither column does so alone, with the explained share.

    All pairs are screened by their correlations over the rows that both fill; those that pass are solved for.
    """
    if len(columns) < 2:
        return []
    names = list(columns)
    table = np.column_stack(list(columns.values()))  # (n_samples, n_columns)
    single, both, n_rows = _explained(table, y)
    enough = n_rows >= max(FEWEST_ROWS, FILLED * len(y))
    new = np.maximum(single, single.T) < GIVES
    passed = np.argwhere(np.triu(enough & new & (both > _SCREENED), 1))
    passed = passed[np.argsort(-both[tuple(passed.T)], kind="stable")][:_MOST_SCREENED]
    found = []
    for i, j in passed:
        strength, n = _solved(table[:, [i, j]], y)
        if strength >= GIVES:
            found.append((names[i], names[j], strength, n))
    return sorted(found, key=lambda pair: -round(pair[2], 6))  # of equally good ones the first in the table


def _explained(
    table: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Return for all pairs (i, j), on the rows that both fill, the share that i and that both explain, and the rows."""
    filled = np.isfinite(table).astype(float)
    scaled = np.nan_to_num(standardised(table))
    goal = ((y - y.mean()) / y.std())[:, None]
    n = filled.T @ filled
    with np.errstate(divide="ignore", invalid="ignore"):  # pairs without common rows and constant parts drop out below
        mean = scaled.T @ filled / n  # [i, j]: mean of column i on the rows that i and j fill
        goal_mean = (filled * goal).T @ filled / n
        variance = (scaled**2).T @ filled / n - mean**2
        goal_variance = (filled * goal**2).T @ filled / n - goal_mean**2
        with_goal = ((scaled * goal).T @ filled / n - mean * goal_mean) / np.sqrt(variance * goal_variance)
        with_other = (scaled.T @ scaled / n - mean * mean.T) / np.sqrt(variance * variance.T)
        rest = 1 - with_other**2
        both = (with_goal**2 + with_goal.T**2 - 2 * with_goal * with_goal.T * with_other) / rest
    usable = np.isfinite(both) & (rest > 1e-9) & (variance > 1e-12) & (variance.T > 1e-12)
    return np.nan_to_num(with_goal**2), np.where(usable, both, 0.0), n.astype(int)


def _solved(pair: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, int]:
    rows = np.isfinite(pair).all(axis=1)
    design = standardised(pair[rows])
    goal = y[rows] - y[rows].mean()
    solution = np.linalg.lstsq(design, goal, rcond=None)[0]
    return float(1 - ((goal - design @ solution) ** 2).sum() / (goal**2).sum()), int(rows.sum())
