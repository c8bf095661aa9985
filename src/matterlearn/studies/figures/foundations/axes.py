"""Logarithmic axes with labels that need no mathematical typesetting, and axes of counts."""

from __future__ import annotations

import math
from typing import Any, Literal

from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_FEW = 1.6  # decades up to which 2 and 5 are labelled, too
_PLAIN = (-3, 4)  # powers of ten that are written out
_MOST = 7


def logarithmic(axis: Any, which: Literal["x", "y"], *, at: Any = None) -> None:
    """Make an axis logarithmic and label it; call it when its limits are settled.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        What is drawn in.
    which : "x" or "y"
        The axis.
    at : sequence of float, optional
        Where labels stand; by default at powers of ten, or at 1, 2 and 5 where there are few of them.
    """
    (axis.set_xscale if which == "x" else axis.set_yscale)("log")
    low, high = axis.get_xlim() if which == "x" else axis.get_ylim()
    one = axis.xaxis if which == "x" else axis.yaxis
    if at is not None:
        one.set_major_locator(NullLocator())
        one.set_ticks(list(at))
        one.set_minor_locator(NullLocator())
    elif math.log10(high / low) <= _FEW:
        one.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        one.set_minor_locator(NullLocator())
    else:
        one.set_major_locator(LogLocator(numticks=_MOST))
    one.set_major_formatter(FuncFormatter(lambda value, _: power(value)))
    one.set_minor_formatter(NullFormatter())


def counting(axis: Any) -> None:
    """Label the vertical axis at whole numbers only.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        What counts are drawn in.
    """
    axis.yaxis.set_major_locator(MaxNLocator(nbins="auto", steps=[1, 2, 5, 10], integer=True))


def power(value: float) -> str:
    """Return a number as a label: written out if it is of usual size, as a power of ten otherwise.

    Examples
    --------
    >>> power(0.05), power(10_000), power(1e-9), power(2e6)
    ('0.05', '10,000', '10⁻⁹', '2·10⁶')
    """
    if value <= 0:
        return f"{value:g}"
    exponent = math.floor(math.log10(value) + 1e-9)
    if _PLAIN[0] <= exponent <= _PLAIN[1]:
        return f"{value:,.10g}"
    front = f"{value / 10.0**exponent:.3g}"
    raised = "10" + str(exponent).translate(_RAISED)
    return raised if front == "1" else f"{front}·{raised}"
