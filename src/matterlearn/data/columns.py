"""Which columns of a table are inputs of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from matterlearn.chemistry.ions import Ion
from matterlearn.core.errors import ArgumentError, DataError, did_you_mean
from matterlearn.data.agreement import is_same_matter
from matterlearn.data.cells import INPUT_KINDS, IS_MISSING, MATTER_KINDS, MOLECULE_KINDS, ParsedFrame, is_missing
from matterlearn.data.input_names import is_empty
from matterlearn.data.keys import are_all_equal
from matterlearn.data.kinds import TOLERANCE, detect_kinds, near_miss

__all__ = ["Inputs", "choose_inputs", "choose_parsed_inputs", "detect_kinds"]


@dataclass(frozen=True)
class Inputs:
    """Columns that a model learns from.

    Parameters
    ----------
    columns : tuple of str
        Their names.
    notes : tuple of str
        What was left out or added and why, one sentence each.
    """

    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()


def choose_inputs(
    frame: pd.DataFrame,
    kinds: Mapping[str, str],
    target: str | Sequence[str],
    named: str | Sequence[str] | None = None,
    *,
    groups: Sequence[str] = (),
    ions: Mapping[str, Ion] | None = None,
) -> Inputs:
    """Choose the columns that a model learns from.

    Columns that describe matter are inputs by themselves, numbers and categories only when named. A structure goes
    before a molecule (SMILES), and both before compositions. Of the columns that hold compositions the sites are
    taken: those named by a single letter if there are any, else those that are filled in at least `TOLERANCE` of the
    rows; a site that is the same in every row is left out. A formula beside them is left out where it says the same.
    Without sites the formula is taken; of several, one named formula or composition, then the one that varies most.

    Parameters
    ----------
    frame : DataFrame
        The table.
    kinds : mapping of str to str
        Column -> kind, from `detect_kinds` or stated.
    target : str or sequence of str
        Columns to predict; never an input.
    named : str or sequence of str, optional
        Columns the user wants. If one of them describes matter, they are the inputs as they stand; if none does, they
        stand beside the columns that do.
    groups : sequence of str
        Columns that rows are grouped by; no inputs unless named.
    ions : mapping of str to Ion, optional
        The user's own ions, beside the built-in ones.

    Returns
    -------
    Inputs
        Columns and notes.

    Raises
    ------
    ArgumentError
        If a named column does not exist, is a target, or is free text.
    DataError
        If nothing was named and no column describes matter, or the only one that does cannot be read in any row.

    Examples
    --------
    >>> frame = pd.DataFrame({"A": ["Ca", "Sr"], "X": ["O", "O"], "T_K": [300, 400], "gap_eV": [3.5, 3.2]})
    >>> chosen = choose_inputs(frame, detect_kinds(frame), "gap_eV", named="T_K")
    >>> chosen.columns
    ('A', 'T_K')
    """
    return choose_parsed_inputs(ParsedFrame(frame, kinds, ions=ions), target, named, groups=groups)


def choose_parsed_inputs(
    parsed: ParsedFrame,
    target: str | Sequence[str],
    named: str | Sequence[str] | None = None,
    *,
    groups: Sequence[str] = (),
) -> Inputs:
    """Choose the columns that a model learns from, as `choose_inputs` does, from a table whose columns are read once.

    Parameters
    ----------
    parsed : ParsedFrame
        The table, with the kinds of its columns.
    target, named, groups
        As in `choose_inputs`.

    Returns
    -------
    Inputs
        Columns and notes.
    """
    frame, kinds = parsed.frame, parsed.kinds
    targets = _as_names(target)
    wanted = _checked_names(_as_names(named), frame, kinds, targets)
    if any(kinds[name] in MATTER_KINDS for name in wanted):
        return Inputs(wanted)
    others = [name for name in map(str, frame.columns) if name not in targets and name not in wanted]
    notes = [
        f"{name} is a group column and therefore no input; name it among the inputs to use it as one."
        for name in others
        if name in groups and kinds[name] in MATTER_KINDS
    ]
    free = [name for name in others if name not in groups]
    unread = _unread_molecules(parsed, free)
    matter = _matter(parsed, [name for name in free if name not in unread])
    notes += [f"{name} is left out: none of its cells can be read (the first: {why})." for name, why in unread.items()]
    notes += matter.notes
    near = [
        text
        for name in free
        if kinds[name] in ("category", "text") and (text := near_miss(name, frame[name], ions=parsed.ions)) is not None
    ]
    if not matter.columns and not wanted:
        for name, why in unread.items():
            what = f"none of {len(frame)} rows can be used; the first: {why}"
            raise DataError(what, where=f"column {name!r}", fix="mend it, or name other inputs")
        found = "".join(f": {text.rstrip('.')}" for text in (*near, *matter.notes)[:1])
        raise DataError(f"no column describes matter{found}", fix="name the inputs, or state the kind of a column")
    if matter.columns and wanted:
        what = f"{_listed(matter.columns)} {_are(matter.columns)} used beside the named inputs"
        reason = "it describes" if len(matter.columns) == 1 else "they describe"
        notes.append(f"{what}, since {reason} matter; state the kind 'text' to leave such a column out.")
    return Inputs((*matter.columns, *wanted), (*notes, *(f"{text[0].upper()}{text[1:]}." for text in near)))


def _as_names(names: str | Sequence[str] | None) -> tuple[str, ...]:
    if names is None:
        return ()
    return (names,) if isinstance(names, str) else tuple(dict.fromkeys(names))


def _checked_names(
    names: tuple[str, ...], frame: pd.DataFrame, kinds: Mapping[str, str], targets: Sequence[str]
) -> tuple[str, ...]:
    columns = list(map(str, frame.columns))
    for name in names:
        if name not in columns:
            raise ArgumentError(f"no column {name!r}", where="inputs", fix=did_you_mean(name, columns))
        if name in targets:
            raise ArgumentError(f"{name!r} is a target", where="inputs", fix="a target cannot be an input")
        if is_empty(frame[name]):
            raise ArgumentError(f"{name!r} has no value at all", where="inputs", fix="leave it out")
        if kinds[name] not in INPUT_KINDS:
            fix = f"state its kind, one of {', '.join(INPUT_KINDS)}, if it is no text"
            raise ArgumentError(f"{name!r} holds free text or identifiers", where="inputs", fix=fix)
    return names


def _matter(parsed: ParsedFrame, free: Sequence[str]) -> Inputs:
    """Choose among the columns that describe matter."""
    frame, kinds = parsed.frame, parsed.kinds
    molecules = _molecules(parsed, free)
    if molecules is not None:
        return molecules
    sites = [name for name in free if kinds[name] == "site"]
    formulas = [name for name in free if kinds[name] == "formula"]
    letters = [name for name in sites if len(name) == 1]
    formula = max(formulas, key=lambda name: _rank(name, frame)) if formulas else None
    chosen = letters or [name for name in sites if _filled(frame[name]) >= TOLERANCE]
    if formula is None:
        chosen = chosen or sites  # rows with an empty site are then rejected
    notes = []
    if sites and formula and not (chosen and is_same_matter(parsed, chosen, formula)):
        notes.append(f"{_listed(sites)} {_are(sites)} left out: {formula} says more.")
        chosen = []
    elif chosen:
        rest = [name for name in sites if name not in chosen]
        if rest:
            notes.append(f"{_listed(rest)} {_are(rest)} left out: the sites are read from {_listed(chosen)}.")
    varying = [name for name in chosen if not are_all_equal(parsed[name], "site")]
    notes += [_constant_note(name, frame) for name in chosen if name not in varying]
    if varying:
        if formulas:
            notes.append(
                f"{_listed(formulas)} {_are(formulas)} left out: {_listed(chosen)} describe the same matter;"
                " name it among the inputs to use it."
            )
        return Inputs(tuple(varying), tuple(notes))
    if formula is None:
        return Inputs((), tuple(notes))
    if are_all_equal(parsed[formula], "formula"):
        return Inputs((), (*notes, _constant_note(formula, frame)))
    rest = [name for name in formulas if name != formula]
    if rest:
        notes.append(f"{_listed(rest)} {_are(rest)} left out: the composition is read from {formula}.")
    return Inputs((formula,), tuple(notes))


def _molecules(parsed: ParsedFrame, free: Sequence[str]) -> Inputs | None:
    """Choose the structure, or else the molecule, which say more than any composition; None where there is none."""
    for kind in MOLECULE_KINDS:
        found = [name for name in free if parsed.kinds[name] == kind and not is_empty(parsed.frame[name])]
        varying = [name for name in found if not are_all_equal(parsed[name], kind)]
        if varying:
            rest = [name for name in free if parsed.kinds[name] in MATTER_KINDS and name != varying[0]]
            note = f"{_listed(rest)} {_are(rest)} left out: {varying[0]} says more." if rest else ""
            return Inputs((varying[0],), (note,) if note else ())
    return None


def _unread_molecules(parsed: ParsedFrame, free: Sequence[str]) -> dict[str, str]:
    """Return the structures and molecules of which no cell can be read, each with the reason of its first one."""
    unread = {}
    for name in free:
        if parsed.kinds[name] in MOLECULE_KINDS and not is_empty(parsed.frame[name]):
            cells = parsed[name]
            if all(value is None for value in cells.values):
                # An empty cell says nothing about those that are filled.
                unread[name] = next(why for why in cells.reasons.values() if why != IS_MISSING)
    return unread


def _rank(name: str, frame: pd.DataFrame) -> tuple[bool, int]:
    """Return what the best of several formula columns has most of."""
    return name.casefold() in ("formula", "composition"), frame[name].astype(str).nunique()


def _filled(column: pd.Series[Any]) -> float:
    return sum(not is_missing(cell) for cell in column.to_numpy(dtype=object)) / max(len(column), 1)


def _constant_note(name: str, frame: pd.DataFrame) -> str:
    first = next((str(cell).strip() for cell in frame[name] if not is_missing(cell)), "empty")
    return f"{name} is left out: it is the same in every row ({first})."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
