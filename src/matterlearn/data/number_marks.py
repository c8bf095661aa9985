"""Numbers written with marks between their digits: what the marks may mean, and how to write the number instead.

A comma separates thousands in one half of the world and decimals in the other. What is meant is never guessed: `1,000`
read the wrong way is wrong by a factor of a thousand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_GAP = "[ '’\u00a0\u2009\u202f]"  # a space, also the narrow and unbroken ones, or an apostrophe
_LEAD, _THREE = "[1-9][0-9]{0,2}", "[0-9]{3}"


def _number(digits: str) -> re.Pattern[str]:
    return re.compile(f"[-+−–]?(?:{digits})(?:[eE][-+−–]?[0-9]+)?")  # also the typed minus and the dash


_EITHER = _number(f"{_LEAD},{_THREE}")
_THOUSANDS = _number(rf"(?:{_LEAD}(?:,{_THREE})+|{_LEAD}(?:{_GAP}{_THREE})+)(?:\.[0-9]*)?")
_POINTED = _number(rf"{_LEAD}\.{_THREE}(?:\.{_THREE})+")
_DECIMAL = _number(rf"(?:[0-9]*|{_LEAD}(?:\.{_THREE})+|{_LEAD}(?:{_GAP}{_THREE})+),[0-9]+")


def mark_in_number(text: str) -> str | None:
    """Tell what the marks in a number that `float` cannot read may mean.

    Parameters
    ----------
    text : str
        A cell of a table.

    Returns
    -------
    str or None
        "thousands" for `1,234.5`, `1,234,567`, `1 234` and `1.234.567`; "decimal" for `1,5`, `0,123` and `1.234,5`;
        "either" for `1,234`. None where the text is no such number.

    Examples
    --------
    >>> [mark_in_number(text) for text in ("1,234.5", "1,5", "1,234", "1234.5", "a,b")]
    ['thousands', 'decimal', 'either', None, None]
    """
    number = text.strip()
    if _EITHER.fullmatch(number):
        return "either"
    if _THOUSANDS.fullmatch(number) or _POINTED.fullmatch(number):
        return "thousands"
    return "decimal" if _DECIMAL.fullmatch(number) else None


def mark_fault(text: str, meaning: str | None = None) -> tuple[str, str] | None:
    """Return what is wrong with a number for the marks in it, and how to write it.

    Parameters
    ----------
    text : str
        A cell of a table.
    meaning : {"thousands", "decimal", "either"}, optional
        What the marks of the whole column mean; by default what the cell alone tells.

    Returns
    -------
    tuple of two str, or None
        What is wrong and what to do; None where the text is no number with such marks.

    Examples
    --------
    >>> mark_fault("1,234.5")
    ("'1,234.5' has a thousands separator", 'write 1234.5')
    >>> mark_fault("1,000")
    ("in '1,000' the comma may separate thousands or decimals", 'write 1000 or 1.000')
    """
    number = text.strip()
    alone = mark_in_number(number)
    if alone is None:
        return None
    if alone == "either":
        alone = meaning or alone
    shown = f"{number[:40]!r}"
    as_thousands = re.sub(rf"{_GAP}|,", "", number)
    as_decimal = re.sub(rf"{_GAP}|\.", "", number).replace(",", ".")
    if alone == "thousands" and re.search(_GAP, number):  # or two numbers in one cell
        return f"{shown} has a gap between its digits", f"write {as_thousands} if it is one number"
    if alone == "thousands":
        plain = number.replace(".", "") if _POINTED.fullmatch(number) else as_thousands
        return f"{shown} has a thousands separator", f"write {plain}"
    if alone == "decimal":
        return f"{shown} has a decimal comma", f"write {as_decimal}"
    return f"in {shown} the comma may separate thousands or decimals", f"write {as_thousands} or {as_decimal}"


def marks_of_column(cells: Iterable[object]) -> tuple[int, str | None, str | None]:
    """Look for numbers with marks in a column.

    Parameters
    ----------
    cells : iterable of object
        The cells.

    Returns
    -------
    n_marked : int
        How many are such numbers.
    meaning : {"thousands", "decimal", "either"} or None
        What their marks mean, as far as the cells together tell: "either" where they are silent or disagree.
    first : str or None
        The first of them.

    Examples
    --------
    >>> marks_of_column(["1,000", "2,500.5", "12.5", 3.0])
    (2, 'thousands', '1,000')
    """
    n_marked, first, told = 0, None, set()
    for cell in cells:
        meaning = mark_in_number(cell) if isinstance(cell, str) else None
        if meaning is not None:
            n_marked += 1
            first = str(cell).strip() if first is None else first
            told.add(meaning)
    told.discard("either")
    if first is None:
        return 0, None, None
    return n_marked, told.pop() if len(told) == 1 else "either", first
