"""Which of two classes is the one that is looked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_NEGATIVE = (
    "false n none negative neg normal control controls ctrl healthy benign absent wild wildtype wt background "
    "baseline placebo untreated alive survived unaffected inactive reference"
)
NEGATIVE = frozenset(_NEGATIVE.split())
"""Words for the class that is not looked for."""

_POSITIVE = (
    "yes true y t positive pos cancer cancerous tumor tumour tumors tumours case cases patient patients disease "
    "diseased ill sick affected malignant malign present carcinoma mutant mutated mutation treated dead died deceased "
    "active event relapse abnormal"
)
POSITIVE = frozenset(_POSITIVE.split())
"""Words for the class that is looked for."""

SIDES = (("p", "n"), ("pos", "neg"), ("positive", "negative"), ("+", "-"), ("+", "−"), ("+ve", "-ve"), ("1", "0"))
"""Endings of labels that else agree, the class looked for first."""

NEGATIONS = ("non", "not", "no", "un", "in")
"""Beginnings that turn a label into its contrary."""

DENYING = frozenset({"no", "not", "non", "without", "free"})
"""Words that put a label on the negative side whatever its other words are."""


def positive_class(classes: Sequence[str], counts: Mapping[str, float] | None = None) -> str | None:
    """Return which of two classes is the positive one: a disease, a property that is present, a "yes".

    Numbers come first (1 beside 0, or beside -1), then labels that differ in their ending only (ERp beside ERn, "+"
    beside "-"), labels of which one denies the other (toxic beside non-toxic), and known words. Where none of this
    tells, it is the rarer class, because that is what one usually looks for.

    Parameters
    ----------
    classes : sequence of str
        Labels.
    counts : mapping of str to float, optional
        How often each occurs.

    Returns
    -------
    str or None
        One of the labels; the last in the alphabet if both are equally frequent, or nothing is known of that. None
        unless there are exactly two.

    Examples
    --------
    >>> positive_class(["control", "cancer"]), positive_class(["0", "1"]), positive_class(["ERn", "ERp"])
    ('cancer', '1', 'ERp')
    >>> positive_class(["a", "b"], counts={"a": 3, "b": 9})
    'a'
    >>> positive_class(["a", "b", "c"]) is None
    True
    """
    labels = sorted({str(label) for label in classes})
    if len(labels) != 2:
        return None
    for tell in (_of_numbers, _of_endings, _of_negations, _of_words):
        found = tell(*labels)
        if found is not None:
            return found
    first, second = labels
    frequency = counts or {}
    return first if frequency.get(first, 0) < frequency.get(second, 0) else second


def _of_numbers(first: str, second: str) -> str | None:
    """Return 1 beside 0 or -1, or any number beside 0 that is larger."""
    try:
        value = {first: float(first), second: float(second)}
    except ValueError:
        return None
    larger, smaller = (first, second) if value[first] > value[second] else (second, first)
    return larger if value[smaller] == 0 or (value[larger], value[smaller]) == (1, -1) else None


def _of_endings(first: str, second: str) -> str | None:
    one, other = first.strip().casefold(), second.strip().casefold()
    for yes, no in SIDES:
        for label, plus, minus in ((first, one, other), (second, other, one)):
            if plus.endswith(yes) and minus.endswith(no) and plus.removesuffix(yes) == minus.removesuffix(no):
                return label
    return None


def _of_negations(first: str, second: str) -> str | None:
    one, other = (re.sub(r"[\W_]+", "", label.casefold()) for label in (first, second))
    for label, plain, denied in ((first, one, other), (second, other, one)):
        # "normal" beside "abnormal" is left to the words: there the denied one is looked for.
        if plain and plain not in NEGATIVE and any(denied == start + plain for start in NEGATIONS):
            return label
    return None


def _of_words(first: str, second: str) -> str | None:
    """Return the label with a word for the positive side, or the one beside a label for the negative side."""
    one, other = _side(first), _side(second)
    if one == other:
        return None
    return first if one > other else second


def _side(label: str) -> int:
    """Return 1 for a label of the positive side, -1 for one of the negative side, 0 if words do not tell."""
    words = re.findall(r"[^\W_]+", label.casefold())
    if DENYING.intersection(words):
        return -1
    yes, no = any(word in POSITIVE for word in words), any(word in NEGATIVE for word in words)
    return int(yes) - int(no)
