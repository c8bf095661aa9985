"""Checks of arguments of the transformers of molecules."""

from __future__ import annotations

from collections.abc import Collection
from math import isfinite, nan
from numbers import Integral, Real

from matterlearn.core.errors import ArgumentError, did_you_mean


def check_choice(value: object, choices: Collection[str], argument: str) -> None:
    """Raise an ArgumentError if an argument is none of the words it may be.

    Parameters
    ----------
    value : object
        What was passed.
    choices : collection of str
        What may be passed.
    argument : str
        Name of the argument.

    Examples
    --------
    >>> check_choice("plain", ("plain", "inverse"), "form")
    """
    if not isinstance(value, str) or value not in choices:
        listed = " or ".join(repr(choice) for choice in choices)
        fix = did_you_mean(value, choices) if isinstance(value, str) and len(choices) > 12 else None
        raise ArgumentError(f"must be {listed}, got {value!r}", where=argument, fix=fix)


def check_number(value: object, argument: str, *, above: float = 0.0, equal: bool = False) -> None:
    """Raise an ArgumentError if an argument is no finite number above a limit.

    Parameters
    ----------
    value : object
        What was passed.
    argument : str
        Name of the argument.
    above : float
        The limit.
    equal : bool
        The limit itself may be passed.
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    number = float(value) if is_number else nan  # type: ignore[arg-type]
    if isfinite(number) and (number > above or (equal and number == above)):
        return
    words = "at least" if equal else "above"
    raise ArgumentError(f"must be a finite number {words} {above:g}, got {value!r}", where=argument)


def check_whole(value: object, argument: str, *, least: int, most: int) -> None:
    """Raise an ArgumentError if an argument is no whole number between two limits.

    Parameters
    ----------
    value : object
        What was passed.
    argument : str
        Name of the argument.
    least, most : int
        The limits, which may be passed themselves.
    """
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not is_whole or not least <= int(value) <= most:  # type: ignore[call-overload]
        raise ArgumentError(f"must be a whole number from {least} to {most:,}, got {value!r}", where=argument)
