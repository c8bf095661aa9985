"""One thing that makes a score kinder than it should be, or that a reader should know to judge it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Literal

CHECKS: Final = (
    "duplicates",
    "contradictions",
    "near_duplicates",
    "sibling",
    "identifier",
    "row_order",
    "groups",
)
"""What is looked for, in the order of the report."""

Severity = Literal["warning", "note"]
"""How much it matters."""

MOST_ROWS: Final = 20
"""Row numbers that a finding names."""


@dataclass(frozen=True)
class Leak:
    """One finding.

    Parameters
    ----------
    target : str
        Target it belongs to; empty for all.
    check : str
        One of `CHECKS`.
    severity : {"warning", "note"}
        A warning: the score of a split must not be believed as it stands, or the model learns from what it will not
        have. A note: worth knowing.
    text : str
        One sentence: what, why it matters, what to do.
    column : str
        Column or columns it is about, separated by commas; empty if it is about rows.
    value : float
        How strong it is: a share of rows, an explained share of variance, a ratio of errors; `text` says which.
    n : int
        Rows or groups concerned.
    rows : tuple of int
        Numbers of rows, as in the index of the data, at most `MOST_ROWS`.

    Examples
    --------
    >>> Leak("gap", "sibling", "warning", "The input hull alone orders gap.", column="hull", value=0.99).to_dict()["n"]
    0
    """

    __module__ = "matterlearn.validation.leaks.leak"

    target: str
    check: str
    severity: Severity
    text: str
    column: str = ""
    value: float = math.nan
    n: int = 0
    rows: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain values; a value that is not finite becomes None."""
        return {
            "target": self.target,
            "check": self.check,
            "severity": self.severity,
            "text": self.text,
            "column": self.column,
            "value": float(self.value) if math.isfinite(self.value) else None,
            "n": int(self.n),
            "rows": [int(row) for row in self.rows[:MOST_ROWS]],
        }


def severity(is_warning: bool) -> Severity:
    """Return "warning" or "note"."""
    return "warning" if is_warning else "note"
