"""The error that a report speaks of, in words."""

from __future__ import annotations

from dataclasses import dataclass

from matterlearn.report.words import in_unit, number, percent


@dataclass(frozen=True)
class Measure:
    """An error: the smaller, the better.

    Attributes
    ----------
    key : str
        Its name in tables and in the entries of diagnostics.
    name : str
        Its name on an axis.
    short : str
        Its name where space is short.
    unit : str
        Its unit; empty if it has none.
    is_share : bool
        Whether it is a share, which is written in percent.
    """

    key: str
    name: str
    short: str
    unit: str = ""
    is_share: bool = False

    def say(self, value: float) -> str:
        """Return a value with its unit.

        Examples
        --------
        >>> absolute_error("eV").say(0.1234), LOG_LOSS.say(0.5)
        ('0.123 eV', '0.5')
        """
        return percent(value) if self.is_share else in_unit(number(value), self.unit)


LOG_LOSS = Measure("log_loss", "log loss", "log loss")

OF_PROBABILITY = Measure("mae", "mean absolute error of the probability", "error of the probability")

WRONG = Measure("mae", "share of wrong decisions", "wrong", is_share=True)
"""The mean of an error that is 1 for a wrong decision and 0 for a right one."""


def absolute_error(unit: str) -> Measure:
    """Return the mean absolute error of a target with this unit.

    Examples
    --------
    >>> absolute_error("eV").short
    'MAE'
    """
    return Measure("mae", "mean absolute error", "MAE", unit)
