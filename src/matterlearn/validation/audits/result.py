"""What an audit found."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final, Literal

import pandas as pd

from matterlearn.validation.audits.outputs import Kind
from matterlearn.validation.audits.wording import check_text, summary
from matterlearn.validation.evidence import plain

Verdict = Literal["holds", "broken", "not tested"]
"""Whether a symmetry holds."""

CHANGE_COLUMNS: Final = (
    "symmetry",
    "change",
    "number",
    "row",
    "output",
    "before",
    "after",
    "difference",
    "beyond",
    "reason",
)
"""Columns of `Audit.changes`."""


@dataclass(frozen=True)
class SymmetryCheck:
    """One symmetry under audit.

    Attributes
    ----------
    symmetry : str
        Which.
    verdict : {"holds", "broken", "not tested"}
        Broken: at least one change is beyond the tolerance, or makes the model fail. Not tested: no structure can be
        changed so, or the predictions are so small that no change can be told from rounding.
    n_rows, n_changes, n_failed : int
        Structures that were changed, changes of each at most, structures for which the model failed.
    largest, median : float
        Of the absolute changes of the prediction, over structures and changes, in its unit. For several outputs: the
        largest over the outputs, in units of the spread of each. NaN where the model always failed.
    first_median : float
        The same of the first change alone: of `FIRST_SHIFT` for translation.
    largest_of_spread, median_of_spread, first_median_of_spread : float
        The same in units of the standard deviation of the unchanged predictions.
    largest_of_error, median_of_error, first_median_of_error : float
        In units of the model's mean absolute error; NaN without one.
    share_beyond : float
        Share of the structures of which a change is beyond the tolerance, or fails.
    share_of_classes : float
        Share of the predicted classes that change; NaN unless classes are predicted.
    error_after : float
        The model's error on changed structures; NaN without one.
    largest_change, first_change : str
        What was done in the largest change and in the first one.
    output : str
        Of several outputs: the one that changed most.
    reason : str
        Why the model failed, why it was not tested, or which output could not be judged.
    """

    symmetry: str
    verdict: Verdict
    n_rows: int = 0
    n_changes: int = 0
    n_failed: int = 0
    largest: float = math.nan
    median: float = math.nan
    first_median: float = math.nan
    largest_of_spread: float = math.nan
    median_of_spread: float = math.nan
    first_median_of_spread: float = math.nan
    largest_of_error: float = math.nan
    median_of_error: float = math.nan
    first_median_of_error: float = math.nan
    share_beyond: float = math.nan
    share_of_classes: float = math.nan
    error_after: float = math.nan
    largest_change: str = ""
    first_change: str = ""
    output: str = ""
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Audit:
    """What happens to a model's predictions when structures change in ways that must not matter.

    Attributes
    ----------
    checks : tuple of SymmetryCheck
        One for each symmetry.
    changes : DataFrame
        One line for each changed structure: `symmetry`, `change` (what was done), `number` of the change, `row` of the
        structure, `output` (the one that changed most), `before`, `after`, `difference` (see `SymmetryCheck.largest`),
        `beyond` the tolerance or not, and `reason` where the model failed.
    kind : {"prediction", "probability", "class", "features", "vectors"}
        What the model says.
    noun : {"molecule", "crystal"}
        What was changed.
    unit : str
        Of the prediction.
    n_rows : int
        Structures.
    spread : float
        Standard deviation of the unchanged predictions.
    error : float
        Mean absolute error of the unchanged predictions, for classes the share that is wrong; NaN without measured
        values.
    tolerance, limit : float
        Relative to the spread, and as a change of the prediction; of several outputs each has its own limit, and
        `limit` is NaN.
    intensive : bool
        Whether the prediction of a supercell must be that of the cell; if not, it grows with the number of atoms.
    random_state : int
        Seed.
    """

    checks: tuple[SymmetryCheck, ...]
    changes: pd.DataFrame
    kind: Kind | Literal["vectors"]
    noun: str
    unit: str
    n_rows: int
    spread: float
    error: float
    tolerance: float
    limit: float
    intensive: bool = True
    random_state: int = 0

    @property
    def holds(self) -> bool:
        """Whether at least one symmetry held and none is broken."""
        return bool(self.held) and not self.broken

    @property
    def broken(self) -> tuple[str, ...]:
        """Symmetries that are broken."""
        return tuple(check.symmetry for check in self.checks if check.verdict == "broken")

    @property
    def held(self) -> tuple[str, ...]:
        """Symmetries that hold."""
        return tuple(check.symmetry for check in self.checks if check.verdict == "holds")

    def check(self, symmetry: str) -> SymmetryCheck:
        """Return what was found of one symmetry; KeyError if it was not audited."""
        for check in self.checks:
            if check.symmetry == symmetry:
                return check
        raise KeyError(symmetry)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """One or two sentences for each symmetry."""
        return tuple(check_text(self, check) for check in self.checks)

    @property
    def text(self) -> str:
        """A summary, and a line for each symmetry: which is broken, and by how much."""
        return "\n".join([summary(self), *self.sentences])

    @property
    def table(self) -> pd.DataFrame:
        """The checks as a table, one row per symmetry."""
        return pd.DataFrame([asdict(check) for check in self.checks])

    def to_dict(self, *, changes: bool = False) -> dict[str, Any]:
        """Return it as plain values.

        Parameters
        ----------
        changes : bool
            With every single change, column by column; needed for `from_dict`.

        Returns
        -------
        dict
            Ready for JSON: what is not finite is None.
        """
        facts = {
            name: getattr(self, name)
            for name in (
                *("kind", "noun", "unit", "n_rows", "spread", "error", "tolerance", "limit", "intensive"),
                "random_state",
            )
        }
        content = {
            **facts,
            "checks": [asdict(check) for check in self.checks],
            "text": [summary(self), *self.sentences],
        }
        if changes:
            content["changes"] = self.changes.to_dict("list")
        found: dict[str, Any] = plain(content)
        return found

    def to_json(self, *, changes: bool = False) -> str:
        """Return `to_dict` as JSON."""
        return json.dumps(self.to_dict(changes=changes), ensure_ascii=False, indent=1)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Audit:
        """Make an audit of what `to_dict(changes=True)` returned."""
        facts = {key: value for key, value in content.items() if key not in ("checks", "changes", "text")}
        changes = pd.DataFrame({name: content["changes"][name] for name in CHANGE_COLUMNS})
        if content["kind"] != "class":
            changes = changes.astype({"before": float, "after": float})
        return cls(
            checks=tuple(SymmetryCheck(**_numbers(check)) for check in content["checks"]),
            changes=changes.astype({"difference": float}),
            **_numbers(facts),
        )


def _numbers(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: math.nan if value is None else value for key, value in content.items()}
