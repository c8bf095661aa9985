"""Numbers and lists as words."""

from __future__ import annotations

from collections.abc import Sequence


def count(n: int, what: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> count(1, "row"), count(2, "row")
    ('1 row', '2 rows')
    """
    return f"{n} {what}{'' if n == 1 else 's'}"


def percent(share: float) -> str:
    """Return a share as text, with a digit behind the point where it is small.

    Examples
    --------
    >>> percent(0.5), percent(0.0123)
    ('50 %', '1.2 %')
    """
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"


def rounded(value: float) -> str:
    """Return a number that is not negative with two digits, or as a whole number.

    Examples
    --------
    >>> rounded(0.0123), rounded(312.4)
    ('0.012', '312')
    """
    return f"{value:.0f}" if 100 <= value < 1e6 else f"{value:.2g}"


def listed(names: Sequence[str]) -> str:
    """Return names as a list of words.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
