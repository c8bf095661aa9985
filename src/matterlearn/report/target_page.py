"""What the page says of one target, whatever its kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from matterlearn.report.plate import Plate
from matterlearn.report.words import number


@dataclass(frozen=True)
class TargetPage:
    """What differs between the pages of numbers and of classes.

    Attributes
    ----------
    template : str
        Name of the template that sets the parts.
    parts : tuple of (str, str)
        Parts in their order: where figures go, and what the list of contents says.
    always : frozenset of str
        Parts that stand there without a figure.
    headline : list of str
        Sentences.
    plates : iterable of Plate
        Figures, drawn one after the other.
    tables : mapping of str to object
        What else the template shows, by name.
    """

    template: str
    parts: tuple[tuple[str, str], ...]
    always: frozenset[str]
    headline: list[str]
    plates: Iterable[Plate]
    tables: Mapping[str, Any]


def inner_errors(chosen: Mapping[str, Any], key: str, words: str) -> str:
    """Return the errors by which the model was chosen, in words; empty if they are not known.

    Examples
    --------
    >>> inner_errors({"inner_mae": {"ridge": 0.51}, "inner_mae_chosen": 0.5}, "inner_mae", "inner errors")
    'inner errors: ridge 0.51, chosen 0.5'
    """
    errors = chosen.get(key)
    if not errors:
        return ""
    named = ", ".join(f"{name} {number(error)}" for name, error in errors.items())
    final = chosen.get(f"{key}_chosen")
    return f"{words}: {named}" + (f", chosen {number(final)}" if final is not None else "")


def calibrated_on(value: Any, what: str) -> str:
    """Return what calibrated the final model, in words; empty if that is not known.

    Examples
    --------
    >>> calibrated_on({"element groups": 60, "random folds": 40}, "intervals")
    'intervals calibrated on element groups (60), random folds (40)'
    """
    if isinstance(value, Mapping):
        value = ", ".join(f"{name} ({n})" if isinstance(n, int) else str(name) for name, n in value.items())
    return f"{what} calibrated on {value}" if value else ""
