"""Arguments of audits, checked before anything is asked."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

from matterlearn.core.errors import ArgumentError


def check_numbers(*, n_changes: Any, tolerance: Any, random_state: Any) -> None:
    """Check what every audit takes.

    Parameters
    ----------
    n_changes, tolerance, random_state : object
        A whole number from 1, a finite number from 0, and a whole number from 0.

    Raises
    ------
    ArgumentError
        If one is something else.

    Examples
    --------
    >>> check_numbers(n_changes=8, tolerance=1e-6, random_state=0)
    """
    for name, value, least in (("n_changes", n_changes, 1), ("random_state", random_state, 0)):
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise ArgumentError(f"must be a whole number, got {value!r}", where=name, fix=f"{least} or more")
        if value < least:
            raise ArgumentError(f"must be at least {least}, got {value}", where=name)
    if not (isinstance(tolerance, Real) and math.isfinite(tolerance) and float(tolerance) >= 0):
        raise ArgumentError(f"must be a number from 0, got {tolerance!r}", where="tolerance")
