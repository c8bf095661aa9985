"""Vectors that must turn with what they belong to: forces, dipole moments."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.audits.arguments import check_numbers
from matterlearn.validation.audits.changes import Change, changes_of, chosen_symmetries, why_not
from matterlearn.validation.audits.limits import TOO_SMALL
from matterlearn.validation.audits.result import CHANGE_COLUMNS, Audit
from matterlearn.validation.audits.samples import Samples, read_samples
from matterlearn.validation.audits.summing import check_of, table_of
from matterlearn.validation.audits.trying import tried
from matterlearn.validation.audits.wording import short


def audit_vectors(
    function: Callable[[Any], Any],
    structures: Any,
    *,
    symmetries: Sequence[str] | None = None,
    axial: bool = False,
    n_changes: int = 8,
    tolerance: float = 1e-6,
    unit: str = "",
    random_state: int = 0,
) -> Audit:
    """Find out whether vectors turn with the structures they belong to, and go with their atoms.

    Parameters
    ----------
    function : callable
        From structures to one vector for each atom (forces) or one for each structure (a dipole moment): a list of
        arrays of shape (n_atoms, 3) or (3,), or one array of shape (n_structures, 3), (n_structures, n_atoms, 3) or
        (n_atoms of all, 3).
    structures : Conformers, or sequence of objects
        As for `audit`.
    symmetries : sequence of str, optional
        Some of `ALL_SYMMETRIES`; all that such structures have by default.
    axial : bool
        Whether the vectors are axial, as a magnetic moment is: a mirror image of theirs also changes sign.
    n_changes : int
        Changes per symmetry, at most.
    tolerance : float
        Change that counts as rounding, relative to the longest vector. Where vectors and changes are all shorter than
        `TOO_SMALL`, they may be sums that cancel: not tested.
    unit : str
        Unit of the vectors, for the text.
    random_state : int
        Seed.

    Returns
    -------
    Audit
        Of the kind "vectors". A difference is the length of the difference of two vectors, the largest of the atoms of
        a structure; the spread is the root mean square length.

    Raises
    ------
    ArgumentError
        If an argument cannot be used, or what the function gives for the unchanged structures is not one finite vector
        per atom or structure.
    RowError
        If a structure cannot be read.
    """
    check_numbers(n_changes=n_changes, tolerance=tolerance, random_state=random_state)
    samples = read_samples(structures, takes="structures")
    chosen = chosen_symmetries(samples, symmetries)
    before = vectors_of(function(structures), samples.sizes)
    if not all(np.isfinite(vectors).all() for vectors in before):
        raise ArgumentError("a vector of an unchanged structure is not finite", where="function")
    lengths = np.linalg.norm(np.concatenate(before), axis=1)
    longest, usual = float(lengths.max()), float(np.sqrt((lengths**2).mean()))
    # Vectors this short may be sums that cancel, as forces at rest are; so may be what becomes of them.
    sure, small = tolerance * longest, longest <= TOO_SMALL
    limit = max(sure, TOO_SMALL) if small else sure
    checks, tables = [], []
    for symmetry in chosen:
        found: list[pd.DataFrame] = []
        for change in changes_of(samples, symmetry, n_changes=n_changes, random_state=random_state):
            hopeless = bool(found) and bool((found[-1]["reason"] != "").all())
            found.append(_compared(function, change, before, limit, axial=axial, hopeless=hopeless))
        reason = "" if found else why_not(samples, symmetry)
        doubtful = small and any((part["difference"] > sure).any() for part in found)
        doubt = f"the vectors are {short(longest)} long at most, and no change can be told from rounding"
        checks.append(
            check_of(symmetry, found, reason=reason, spread=usual, judged=not small, doubt=doubt if doubtful else "")
        )
        tables += found
    return Audit(
        checks=tuple(checks),
        changes=pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(CHANGE_COLUMNS)),
        kind="vectors",
        noun=samples.noun,
        unit=unit,
        n_rows=len(samples),
        spread=usual,
        error=math.nan,
        tolerance=float(tolerance),
        limit=limit,
        random_state=int(random_state),
    )


def _compared(
    function: Callable[[Any], Any],
    change: Change,
    before: list[NDArray[np.float64]],
    limit: float,
    *,
    axial: bool,
    hopeless: bool,
) -> pd.DataFrame:
    def ask(samples: Samples) -> list[NDArray[np.float64]]:
        return vectors_of(function(samples.given()), samples.sizes)

    found, reasons = tried(ask, change.samples, hopeless=hopeless)
    differences = np.full(len(found), np.nan)
    lengths = np.full((len(found), 2), np.nan)
    for k, (row, matrix, sites) in enumerate(zip(change.rows, change.matrices, change.sites, strict=True)):
        old, new = before[row], found[k]
        sign = np.linalg.det(matrix) if axial else 1.0
        if new is None:
            continue
        is_per_atom = len(old) > 1 or len(new) == len(sites)
        expected = sign * (old[sites] if is_per_atom else old) @ matrix.T
        if new.shape != expected.shape:
            reasons[k] = f"{len(new)} vectors in place of {len(expected)}"
        elif not np.isfinite(new).all():
            reasons[k] = "a vector is not finite"
        else:
            gaps = np.linalg.norm(new - expected, axis=1)
            worst = int(np.argmax(gaps))
            differences[k] = gaps[worst]
            lengths[k] = np.linalg.norm(expected[worst]), np.linalg.norm(new[worst])
    return table_of(
        change,
        output="vectors",
        before=lengths[:, 0],
        after=lengths[:, 1],
        differences=differences,
        beyond=~(differences <= limit),
        reasons=reasons,
    )


def vectors_of(values: Any, sizes: NDArray[np.intp]) -> list[NDArray[np.float64]]:
    """Return vectors structure by structure.

    Parameters
    ----------
    values : list of arrays, or array
        One vector for each atom or for each structure; see `audit_vectors` for the shapes.
    sizes : ndarray of int, shape (n_structures,)
        Number of atoms of each structure.

    Returns
    -------
    list of ndarray, each of shape (n_atoms, 3) or (1, 3)

    Raises
    ------
    ArgumentError
        If there is neither one for each atom nor one for each structure.

    Examples
    --------
    >>> [part.shape for part in vectors_of(np.zeros((5, 3)), np.array([2, 3]))]
    [(2, 3), (3, 3)]
    """
    n = len(sizes)
    if isinstance(values, list | tuple):
        parts = [np.asarray(part, dtype=np.float64) for part in values]
    else:
        array = np.asarray(values, dtype=np.float64)
        flat = array.ndim == 2 and len(array) == sizes.sum() and len(array) != n
        parts = list(np.split(array, np.cumsum(sizes)[:-1])) if flat else list(array)
    parts = [part[None] if part.ndim == 1 else part for part in parts]
    fits = len(parts) == n and all(
        part.ndim == 2 and part.shape[1] == 3 and len(part) in (1, size)
        for part, size in zip(parts, sizes, strict=False)
    )
    if not fits:
        shapes = ", ".join(str(part.shape) for part in parts[:3])
        raise ArgumentError(
            f"gave {len(parts)} arrays of shapes {shapes} for {n} structures",
            where="function",
            fix="give one vector per atom, or one per structure",
        )
    return parts
