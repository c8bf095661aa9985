"""The audit: predictions of structures, and of the same structures changed in ways that must not matter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.chemistry.symmetries import SUPERCELL
from matterlearn.core.errors import ArgumentError
from matterlearn.validation.audits.arguments import check_numbers
from matterlearn.validation.audits.changes import Change, changes_of, chosen_symmetries, why_not
from matterlearn.validation.audits.limits import Limits
from matterlearn.validation.audits.outputs import Asked, Outputs, how_to_ask
from matterlearn.validation.audits.result import CHANGE_COLUMNS, Audit, SymmetryCheck
from matterlearn.validation.audits.samples import Crystals, Molecules, Samples, Takes, read_samples
from matterlearn.validation.audits.summing import check_of, table_of
from matterlearn.validation.audits.trying import tried
from matterlearn.validation.audits.wording import short

Property = Literal["intensive", "extensive"]
"""Whether a property is one per amount (energy per atom, gap, density) or grows with it (energy of the cell)."""


def audit(
    model: Any,
    structures: Any,
    y: Any = None,
    *,
    symmetries: Sequence[str] | None = None,
    takes: Takes = "structures",
    method: str | None = None,
    property: Property = "intensive",
    n_changes: int = 8,
    tolerance: float = 1e-6,
    unit: str = "",
    random_state: int = 0,
) -> Audit:
    r"""Find out which symmetries a model breaks, and by how much.

    Molecules are moved, turned about their centres, mirrored, and given with their atoms in another order; crystals
    are, besides, described by other cells and supercells, and atoms are moved by whole lattice vectors. Each structure
    reaches the model in the type it came in.

    Parameters
    ----------
    model : object
        With `predict`, `predict_proba` or `transform`, or a function of the structures. A property that must not change
        is expected: an energy, not a force (`audit_vectors`). Of a classifier its probabilities are audited, of a
        transformer all features, each in units of its spread.
    structures : Conformers, sequence of objects, or matrix
        Conformer, RDKit Mol, ASE Atoms, pymatgen Molecule, texts of MOL or XYZ blocks; or crystals: pymatgen
        Structure, ASE Atoms that repeat. A matrix of coordinates if the model takes such.
    y : array-like, shape (n_structures,), optional
        Measured values, to compare the changes with the model's error.
    symmetries : sequence of str, optional
        Some of `ALL_SYMMETRIES`; all that such structures have by default.
    takes : {"structures", "coordinates"}
        Whether the model takes the structures themselves or their coordinates as a matrix of shape
        (n_structures, 3 * n_atoms): x_0, y_0, z_0, x_1, ... Atoms can then only exchange places with their like.
    method : {"predict", "predict_proba", "transform", "call"}, optional
        How the model is asked.
    property : {"intensive", "extensive"}
        Of crystals: whether the prediction of a supercell is that of the cell, or grows with the number of atoms.
    n_changes : int
        Changes per symmetry, at most.
    tolerance : float
        Change that counts as rounding, relative to the spread of the predictions (their standard deviation); where they
        do not vary, to the largest, or to 1 in their unit if this is less; of a probability absolute. A change below
        `ROUNDING` of the largest prediction is rounding in any case.
    unit : str
        Unit of the prediction, for the text.
    random_state : int
        Seed.

    Returns
    -------
    Audit
        A structure that makes the model fail only when changed counts as broken, with the reason. Where predictions
        and their changes are all below `TOO_SMALL`, they may be sums that cancel: not tested.

    Raises
    ------
    ArgumentError
        If an argument cannot be used, or a prediction of an unchanged structure is not finite.
    RowError
        If a structure cannot be read.
    Exception
        Whatever the model raises for the unchanged structures.

    Examples
    --------
    A model of distances from the origin turns with the molecule, but must not be moved:

    >>> pairs = [f"2\n\nH 0 0 {-d}\nH 0 0 {d}\n" for d in (0.37, 0.4, 0.45)]
    >>> def model(texts):
    ...     return [sum(abs(float(line.split()[3])) for line in text.splitlines()[2:]) for text in texts]
    >>> found = audit(model, pairs, symmetries=["translation", "reflection"], unit="angstrom")
    >>> found.broken, found.held
    (('translation',), ('reflection',))
    """
    check_numbers(n_changes=n_changes, tolerance=tolerance, random_state=random_state)
    if property not in get_args(Property):
        raise ArgumentError(f"{property!r} is unknown", where="property", fix="intensive or extensive")
    ask = how_to_ask(model, method)
    columns = getattr(model, "feature_names_in_", None) if takes == "coordinates" else None
    samples = read_samples(structures, takes=takes, columns=None if columns is None else list(columns))
    chosen = chosen_symmetries(samples, symmetries)
    as_given = takes == "structures" and not isinstance(structures, Molecules | Crystals)
    before = ask(structures if as_given else samples.given(), len(samples))
    _check_finite(before)
    measured = _measured(y, before, len(samples))
    rule = Limits.of(before, tolerance)
    checks, tables = [], []
    for symmetry in chosen:
        found: list[_Found] = []
        for change in changes_of(samples, symmetry, n_changes=n_changes, random_state=random_state):
            factor = _factor(samples, change) if property == "extensive" else np.ones(len(change.rows))
            hopeless = bool(found) and all(found[-1].reasons)
            found.append(_compared(ask, change, before, factor, rule, hopeless=hopeless))
        reason = "" if found else why_not(samples, symmetry)
        checks.append(_check(symmetry, found, reason, before, measured, rule))
        tables += [part.table for part in found]
    return Audit(
        checks=tuple(checks),
        changes=pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(CHANGE_COLUMNS)),
        kind=before.kind,
        noun=samples.noun,
        unit=unit,
        n_rows=len(samples),
        spread=_spread(rule),
        error=_error(before.values, measured, before, np.ones(len(samples))),
        tolerance=float(tolerance),
        limit=float(rule.limit[0]) if before.kind in ("prediction", "probability") else math.nan,
        intensive=property == "intensive",
        random_state=int(random_state),
    )


@dataclass(frozen=True, eq=False)
class _Found:
    """What one change did."""

    change: Change
    values: NDArray[Any]  # (n_changed, n_outputs); NaN or None where the model failed
    reasons: list[str]
    factor: NDArray[np.float64]  # (n_changed,), by how much the property grows
    too_small: NDArray[np.bool_]  # (n_changed, n_outputs), changes that cannot be told from rounding
    table: pd.DataFrame


def _compared(
    ask: Asked, change: Change, before: Outputs, factor: NDArray[np.float64], rule: Limits, *, hopeless: bool
) -> _Found:
    old = before.values[change.rows]

    def rows_of(samples: Samples) -> list[NDArray[Any]]:
        after = ask(samples.given(), len(samples))
        if after.values.shape[1] != old.shape[1] or after.kind != before.kind:
            raise ArgumentError(f"gives {after.values.shape[1]} outputs in place of {old.shape[1]}", where="model")
        return list(after.values)

    found, reasons = tried(rows_of, change.samples, hopeless=hopeless)
    after = np.full(old.shape, None if rule.kind == "class" else np.nan, dtype=old.dtype)
    for row, values in enumerate(found):
        if values is None:
            continue
        after[row] = values
        if rule.kind != "class" and not np.isfinite(after[row]).all():
            reasons[row] = "what it says is not finite"
    if rule.kind == "class":
        differences = (after != old).astype(np.float64)
        beyond = differences[:, 0] > 0
        too_small = np.zeros(differences.shape, dtype=bool)
    else:
        differences = np.abs(after - old * factor[:, None])
        beyond = ~np.all(differences <= rule.limit * np.maximum(factor, 1.0)[:, None], axis=1)
        too_small = rule.too_small(differences / np.maximum(factor, 1.0)[:, None])
    counted = differences / rule.per
    worst = np.argmax(np.where(np.isnan(counted), -1.0, counted), axis=1)
    place = np.arange(len(worst))
    table = table_of(
        change,
        output=[before.names[k] for k in worst],
        before=old[place, worst],
        after=after[place, worst],
        differences=counted[place, worst],
        beyond=beyond,
        reasons=reasons,
    )
    return _Found(change, after, reasons, factor, too_small, table)


def _check(
    symmetry: str, found: list[_Found], reason: str, before: Outputs, measured: NDArray[Any] | None, rule: Limits
) -> SymmetryCheck:
    errors = [_error(part.values, measured, before, part.factor, part.change.rows) for part in found]
    return check_of(
        symmetry,
        [part.table for part in found],
        reason=reason,
        judged=bool((rule.sure == rule.limit).any()),
        doubt=_doubt(found, before, rule),
        spread=_spread(rule),
        error=_error(before.values, measured, before, np.ones(len(before.values)))
        if rule.kind == "prediction"
        else math.nan,
        error_after=float(np.mean(errors)) if errors and np.isfinite(errors).all() else math.nan,
        share_of_classes=_share_of_classes(found, before),
    )


def _doubt(found: list[_Found], before: Outputs, rule: Limits) -> str:
    """Return what cannot be judged because it is zero but for rounding; empty if nothing is."""
    doubtful = np.any([part.too_small.any(axis=0) for part in found], axis=0) if found else np.zeros(1, dtype=bool)
    if not doubtful.any():
        return ""
    if (rule.sure == rule.limit).any():
        return f"output {before.names[int(np.argmax(doubtful))]!r} is zero but for rounding and was not judged"
    return f"the predictions are {short(rule.largest)} at most, and no change can be told from rounding"


def _spread(rule: Limits) -> float:
    """Return what the differences are compared with; features are counted in their spreads already."""
    return {"prediction": float(rule.spread[0]), "features": 1.0}.get(rule.kind, math.nan)


def _share_of_classes(found: list[_Found], before: Outputs) -> float:
    if before.kind not in ("class", "probability"):
        return math.nan
    changed = []
    for part in found:
        ok = np.array([not reason for reason in part.reasons])
        old, new = before.values[part.change.rows][ok], part.values[ok]
        same = old.argmax(axis=1) == new.argmax(axis=1) if before.kind == "probability" else (old == new)[:, 0]
        changed += (~same).tolist()
    return float(np.mean(changed)) if changed else math.nan


def _error(
    values: NDArray[Any],
    measured: NDArray[Any] | None,
    before: Outputs,
    factor: NDArray[np.float64],
    rows: NDArray[np.intp] | None = None,
) -> float:
    """Return the mean absolute error of predictions, or the share of wrong classes; NaN without measured values."""
    if measured is None or before.kind == "features":
        return math.nan
    truth = measured if rows is None else measured[rows]
    if before.kind == "prediction":
        return float(np.abs(values[:, 0] - truth * factor).mean())
    if before.kind == "class":
        return float(np.mean([not _same_class(a, b) for a, b in zip(values[:, 0], truth, strict=True)]))
    if not np.isfinite(values).all():  # the model failed for some
        return math.nan
    labels = [before.labels[k] for k in values.argmax(axis=1)]
    return float(np.mean([not _same_class(a, b) for a, b in zip(labels, truth, strict=True)]))


def _same_class(predicted: Any, measured: Any) -> bool:
    """Tell whether two classes are one: 1, 1.0 and True are, and so are a class and its name."""
    return bool(predicted == measured) or str(predicted) == str(measured)


def _measured(y: Any, before: Outputs, n: int) -> NDArray[Any] | None:
    if y is None:
        return None
    if before.kind == "features":
        raise ArgumentError("several outputs have no one measured value", where="y", fix="leave y out")
    try:
        values = np.asarray(y, dtype=np.float64 if before.kind == "prediction" else object)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            "not numbers, as the predictions are", where="y", fix="pass one measured number per structure"
        ) from error
    if values.shape != (n,):
        raise ArgumentError(f"shape {values.shape} for {n} structures", where="y")
    if before.kind == "prediction" and not np.isfinite(values).all():
        raise ArgumentError("a value is not finite", where="y", fix="leave such rows out")
    return values


def _check_finite(before: Outputs) -> None:
    if before.kind == "class":
        return
    bad = np.flatnonzero(~np.isfinite(before.values).all(axis=1))
    if len(bad):
        raise ArgumentError(f"what it says of structure {bad[0]} is not finite, unchanged", where="model")


def _factor(samples: Samples, change: Change) -> NDArray[np.float64]:
    """Return by how much an extensive property of each changed row grows."""
    if change.symmetry != SUPERCELL:
        return np.ones(len(change.rows))
    return np.asarray(change.samples.sizes / samples.sizes[change.rows], dtype=np.float64)
