"""Identifiers: columns that name rows, and whether their order or their beginning tells the target."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matterlearn.data.cells import is_missing
from matterlearn.validation.leaks.leak import Leak, severity
from matterlearn.validation.leaks.single_column import explained_by_labels, explained_by_numbers
from matterlearn.validation.leaks.subject import Subject, TargetValues, number_labels
from matterlearn.validation.leaks.words import percent

NEARLY_UNIQUE: Final = 0.95
"""Share of different values from which a column may name rows."""

PREDICTS_AS_INPUT: Final = 0.1
"""Share of the variance that an identifier among the inputs must explain: what it tells, a new row's will not."""

PREDICTS: Final = 0.5
"""The same of an identifier that is no input, where it does no harm but says how the table was put together."""


CHANCE: Final = 5.0
"""Added to both, divided by the number of rows: of 20 rows chance explains a fifth now and then."""


@dataclass(frozen=True, eq=False)
class Identifier:
    """A column that names rows.

    Parameters
    ----------
    name : str
        The column.
    order : ndarray of float, shape (n_rows,)
        The number in it; NaN where there is none.
    prefix : ndarray of int, shape (n_rows,)
        Number of the text before it; -1 where the cell is empty.
    """

    name: str
    order: NDArray[np.float64]
    prefix: NDArray[np.intp]


def find_identifiers(subject: Subject) -> list[Leak]:
    """Return the identifiers that predict a target: a warning for those among the inputs, else a note.

    Parameters
    ----------
    subject : Subject
        Data.

    Returns
    -------
    list of Leak
        At most one per target and identifier.
    """
    columns = identifiers(subject)
    return [leak for target in subject.targets for column in columns for leak in _leak(subject, target, column)]


def _leak(subject: Subject, target: TargetValues, column: Identifier) -> list[Leak]:
    y, seed = target.ranks, subject.seed_of("identifier", target.name, column.name)
    is_input = column.name in subject.dataset.inputs
    worth = (PREDICTS_AS_INPUT if is_input else PREDICTS) + CHANCE / len(y)
    order = column.order[target.rows]
    filled = np.isfinite(order)
    by_order = explained_by_numbers(order[filled], y[filled], seed=seed, worth=worth)
    by_prefix = explained_by_labels(column.prefix[target.rows], y, seed=seed)
    strength = max(by_order, by_prefix)
    if strength < worth:
        return []
    what = "the order" if by_order >= by_prefix else "the beginning"
    if is_input:
        rest = "which a new row's cannot know; leave it out of the inputs"
    else:
        rest = (
            "so rows were collected in an order or from sources that go with it; keep it out of the inputs, and ask "
            "what else changed along it"
        )
    text = (
        f"The {'input ' if is_input else 'column '}{column.name} names rows, and {what} of its values alone explains "
        f"{percent(strength)} of the variance of {target.name}, {rest}."
    )
    n = int(filled.sum())
    return [Leak(target.name, "identifier", severity(is_input), text, column=column.name, value=strength, n=n)]


_ID_WORDS = frozenset(
    {"id", "ids", "no", "nr", "num", "number", "index", "idx", "row", "key", "code", "sample", "entry", "uuid", "uid"}
    | {"mbid", "mpid", "icsd", "cod", "identifier", "label", "name"}
)
_with_number = re.compile(r"^(.*?)([0-9]+)[^0-9]*$", re.DOTALL).match
_MAX_LENGTH = 60  # characters: longer cells are documents


def identifiers(subject: Subject) -> list[Identifier]:
    """Return the columns that name rows.

    A column of whole numbers, (nearly) all different, that is named like an identifier or counts through the rows; or
    one of short texts, (nearly) all different, most of which end in a number.

    Parameters
    ----------
    subject : Subject
        Data.

    Returns
    -------
    list of Identifier
        In the order of the table.
    """
    found = []
    for name in subject.columns:
        kind = subject.dataset.kinds[name]
        if kind == "number" and name in subject.numbers:
            numbers = subject.numbers[name]
            if _names_rows(name, numbers) and name not in subject.dataset.units:
                found.append(Identifier(name, numbers, np.where(np.isfinite(numbers), 0, -1)))
        elif kind in ("text", "category"):
            column = _text_identifier(name, subject.dataset.frame[name].to_numpy(dtype=object))
            found += [column] if column else []
    return found


def _names_rows(name: str, numbers: NDArray[np.float64]) -> bool:
    filled = numbers[np.isfinite(numbers)]
    if len(filled) < NEARLY_UNIQUE * len(numbers) or np.any(filled != np.round(filled)):
        return False
    if len(np.unique(filled)) < NEARLY_UNIQUE * len(filled):
        return False
    words = set(re.findall("[a-z]+", name.casefold()))
    counts_through = np.ptp(filled) < 2 * len(filled)
    return bool(words & _ID_WORDS) or bool(counts_through)


def _text_identifier(name: str, cells: NDArray[Any]) -> Identifier | None:
    texts = ["" if is_missing(cell) else str(cell).strip() for cell in cells]
    filled = [text for text in texts if text]
    if not filled or len(filled) < NEARLY_UNIQUE * len(texts) or max(map(len, filled)) > _MAX_LENGTH:
        return None
    if len(set(filled)) < NEARLY_UNIQUE * len(filled):
        return None
    parts = [_with_number(text) for text in texts]
    numbered = sum(part is not None for part in parts)
    order = np.array([float(part[2]) if part else np.nan for part in parts])
    different = len(np.unique(order[np.isfinite(order)]))
    if numbered < NEARLY_UNIQUE * len(filled) or different < 0.5 * numbered:
        return None
    prefix = number_labels([part[1] if part else None for part in parts])
    return Identifier(name, order, prefix)
