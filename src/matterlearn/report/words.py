"""Numbers, splits and lists as a reader wants them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

KINDS = {
    "random": "random rows",
    "stratified": "random rows, stratified by target",
    "element": "unseen elements",
    "system": "unseen chemical systems",
    "cluster": "unseen kinds of composition",
    "extremes": "extremes of the target",
    "training rows": "training rows",
}
"""What a split tests, in words, by the first part of its name."""

DETAILED = {"group": "unseen values of", "holdout": "hold-out by", "file": "folds of"}
"""The same for splits that name a column or a file."""

UNNESTED = "element:each"
"""Split whose model was chosen with the left-out elements in sight."""

LIKE_TRAINING = ("random", "stratified", "kfold")
"""Kinds of splits whose test rows are like the training rows."""


def split_words(split: str) -> str:
    """Return what a split tests, in words.

    Examples
    --------
    >>> split_words("element"), split_words("holdout:set"), split_words("random:3")
    ('unseen elements', 'hold-out by set', 'random rows, 3 times')
    >>> split_words("element:each"), split_words("element:O,N")
    ('each element unseen (un-nested)', 'unseen O, N')
    >>> split_words("kfold:10")
    'random rows, 10 folds'
    """
    kind, _, detail = split.partition(":")
    if split == UNNESTED:
        return "each element unseen (un-nested)"
    if kind == "element" and detail:
        return f"unseen {', '.join(part.strip() for part in detail.split(','))}"
    if kind == "random" and detail:
        return f"random rows, {detail} times"
    if kind == "kfold":
        return "random rows, one left out at a time (un-nested)" if detail == "N" else f"random rows, {detail} folds"
    if kind in DETAILED:
        return f"{DETAILED[kind]} {detail}".rstrip()
    words = KINDS.get(kind, kind)
    return f"{words} ({detail})" if detail else words


def split_kind(split: str) -> str:
    """Return the kind of a split: the part of its name before the colon.

    Examples
    --------
    >>> split_kind("holdout:set=test")
    'holdout'
    """
    return split.partition(":")[0]


def leading_split(splits: Collection[str], kinds: Sequence[str]) -> str | None:
    """Return the first split of one of these kinds, in the order of the kinds; None without one.

    Examples
    --------
    >>> leading_split(["element", "random:3"], LIKE_TRAINING)
    'random:3'
    """
    return next((split for kind in kinds for split in splits if split_kind(split) == kind), None)


def number(value: Any) -> str:
    """Return a number with three significant digits, without exponents where they can be avoided.

    Examples
    --------
    >>> number(0.09731), number(1234.5), number(0.0)
    ('0.0973', '1230', '0')
    """
    if value is None or not np.isfinite(value):
        return "unknown" if value is None or np.isnan(value) else "unbounded"
    text = np.format_float_positional(value, precision=3, unique=False, fractional=False, trim="-")
    return text if 1e-4 <= abs(value) < 1e7 or value == 0 else f"{value:.3g}"


def short_number(value: Any) -> str:
    """Return a number with two significant digits, for sentences.

    Examples
    --------
    >>> short_number(0.10234), short_number(12.7), short_number(140.0)
    ('0.10', '13', '140')
    """
    if not np.isfinite(value) or value == 0 or not 1e-4 <= abs(value) < 1e7:
        return number(value)
    decimals = max(0, 1 - int(np.floor(np.log10(abs(float(f"{value:.1e}"))))))
    return f"{float(f'{value:.1e}'):.{decimals}f}"


def times(factor: Any) -> str:
    """Return a factor as a reader says it.

    Examples
    --------
    >>> times(3.96), times(1.62), times(14.2)
    ('4x', '1.6x', '14x')
    """
    return f"{float(f'{factor:.1e}'):g}x"


def percent(share: Any) -> str:
    r"""Return a share as a percentage; empty where there is none, and 100 % only where nothing is missing.

    Examples
    --------
    >>> percent(0.898), percent(0.9996), percent(None)
    ('90\xa0%', '99.9\xa0%', '')
    """
    if share is None or share != share:
        return ""
    if 0.995 <= share < 1 or 0 < share < 0.005:
        return f"{min(max(share, 0.001), 0.999):.1%}".replace("%", "\N{NO-BREAK SPACE}%")
    return f"{share:.0%}".replace("%", "\N{NO-BREAK SPACE}%")


def in_unit(value: str, unit: str) -> str:
    """Return a number, as text, with its unit.

    Examples
    --------
    >>> in_unit("0.1", "eV"), in_unit("0.1", "")
    ('0.1 eV', '0.1')
    """
    return f"{value} {unit}".rstrip()


def named(names: Sequence[str], most: int = 6) -> str:
    """Return names as a list, the first ones if they are many.

    Examples
    --------
    >>> named(["Te", "Bi"]), named(["Te", "Bi", "Os", "Ir"], most=3)
    ('Te, Bi', 'Te, Bi and 2 more')
    """
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"


def short_list(names: str, most: int = 6) -> str:
    """Return a comma-separated list with its first names and how many there are, if they are many.

    Examples
    --------
    >>> short_list("Te, Bi"), short_list("Te, Bi, Os, Ir, Pt, Au, Hg")
    ('Te, Bi', 'Te, Bi, Os, Ir, Pt ... (7)')
    """
    parts = names.split(", ")
    return names if len(parts) <= most else f"{', '.join(parts[: most - 1])} ... ({len(parts)})"


def shortened(text: str, most: int = 40) -> str:
    """Return a text that fits, cut in the middle where it does not.

    Examples
    --------
    >>> shortened("abcdefghij", 7)
    'abc…hij'
    """
    if len(text) <= most:
        return text
    head = most // 2
    return f"{text[:head]}…{text[len(text) - (most - head - 1) :]}"


def file_name(text: str) -> str:
    """Return a text as part of a file name: lower-case letters, digits and dashes.

    Examples
    --------
    >>> file_name("holdout:set=A b"), file_name("能隙")
    ('holdout-set-a-b', '')
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-")
