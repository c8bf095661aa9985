"""Audits as assertions, for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES, PERMUTATION
from matterlearn.core.errors import ArgumentError
from matterlearn.validation.audits.auditing import audit
from matterlearn.validation.audits.changes import LIKE_ATOMS
from matterlearn.validation.audits.equivariance import audit_vectors
from matterlearn.validation.audits.result import Audit


def assert_invariant(
    model: Any, structures: Any, symmetries: Sequence[str] | None = None, *, tolerance: float = 1e-6, **options: Any
) -> Audit:
    """Fail a test if a model breaks a symmetry.

    Parameters
    ----------
    model : object
        As for `audit`.
    structures : Conformers, sequence of objects, or matrix
        As for `audit`.
    symmetries : sequence of str, optional
        Those that must hold; all that such structures have by default.
    tolerance : float
        Relative change that counts as rounding.
    **options : object
        Others of `audit`.

    Returns
    -------
    Audit
        With what was found.

    Raises
    ------
    AssertionError
        If one is broken, or could not be tested; its text says which and by how much.

    Examples
    --------
    >>> from matterlearn.chemistry.molecules import Conformers, MoleculeGraph
    >>> pairs = Conformers.of_one(MoleculeGraph((1, 1)), [[[0, 0, 0], [0, 0, d]] for d in (0.7, 0.8)])
    >>> assert_invariant(lambda batch: batch.flat()[:, 5] - batch.flat()[:, 2], pairs, ["translation"]).holds
    True
    """
    found = audit(model, structures, symmetries=symmetries, tolerance=tolerance, **options)
    _assert_held(found, asked=symmetries is not None)
    return found


def assert_equivariant(
    function: Callable[[Any], Any],
    structures: Any,
    symmetries: Sequence[str] | None = None,
    *,
    tolerance: float = 1e-6,
    **options: Any,
) -> Audit:
    """Fail a test if vectors do not turn with their structures, or do not go with their atoms.

    Parameters
    ----------
    function : callable
        As for `audit_vectors`.
    structures : Conformers, or sequence of objects
        As for `audit_vectors`.
    symmetries : sequence of str, optional
        Those that must hold; all that such structures have by default.
    tolerance : float
        Change that counts as rounding, relative to the longest vector.
    **options : object
        Others of `audit_vectors`.

    Returns
    -------
    Audit
        With what was found.

    Raises
    ------
    AssertionError
        If one is broken, or could not be tested; its text says which and by how much.
    """
    found = audit_vectors(function, structures, symmetries=symmetries, tolerance=tolerance, **options)
    _assert_held(found, asked=symmetries is not None)
    return found


def _assert_held(found: Audit, *, asked: bool) -> None:
    """Raise if a symmetry is broken, if none was tested, or if one that was asked for could not be tested."""
    untested = [check.symmetry for check in found.checks if check.verdict == "not tested"]
    if found.broken or not found.held or (asked and untested):
        raise AssertionError(found.text)


def check_declared_symmetries(
    transformer: Any, structures: Any, *, tolerance: float = 1e-6, n_changes: int = 4, random_state: int = 0
) -> Audit:
    """Prove the symmetries that a transformer of molecules declares, and show that it breaks the others.

    Parameters
    ----------
    transformer : MoleculeTransformer
        With `symmetries`. Where it is not fitted, a copy is fitted to the structures.
    structures : Conformers, or sequence of objects
        As for `audit`. There must be something to see: molecules that are no mirror images of themselves, with two
        atoms of one element.
    tolerance : float
        Relative change that counts as rounding.
    n_changes : int
        Changes per symmetry, at most.
    random_state : int
        Seed.

    Returns
    -------
    Audit
        With what was found.

    Raises
    ------
    AssertionError
        If a declared symmetry is broken or could not be tested, or one that is not declared is never seen broken.
    ArgumentError
        If it declares nothing, or what is no symmetry of molecules.
    """
    declared = getattr(transformer, "symmetries", None)
    if declared is None or set(declared) - set(MOLECULE_SYMMETRIES):
        raise ArgumentError(
            f"declares {declared!r}", where="transformer", fix=f"some of {', '.join(MOLECULE_SYMMETRIES)}"
        )
    try:
        check_is_fitted(transformer)
    except NotFittedError:
        transformer = clone(transformer).fit(structures)
    found = audit(
        transformer,
        structures,
        method="transform",
        tolerance=tolerance,
        n_changes=n_changes,
        random_state=random_state,
    )
    name = type(transformer).__name__
    faults = []
    for symmetry in MOLECULE_SYMMETRIES:
        # Exchanging like atoms is part of listing atoms in another order: who declares this declares that.
        parts = (LIKE_ATOMS, PERMUTATION) if symmetry == PERMUTATION else (symmetry,)
        broken = [part for part in parts if part in found.broken]
        if symmetry in declared and broken:
            faults.append(f"{name} declares {symmetry}, and breaks it.")
        elif symmetry in declared and not any(part in found.held for part in parts):
            faults.append(f"{name} declares {symmetry}, which these structures cannot test.")
        elif symmetry not in declared and not broken:
            faults.append(f"{name} does not declare {symmetry}, and never breaks it.")
    if faults:
        raise AssertionError("\n".join([*faults, found.text]))
    return found
