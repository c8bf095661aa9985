"""From which change on a symmetry is broken: what is rounding, and what is too small to be told from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matterlearn.validation.audits.outputs import Kind, Outputs

ROUNDING: Final = 100 * float(np.finfo(np.float64).eps)
"""Change relative to the largest output that is rounding of doubles, whatever the tolerance."""

TOO_SMALL: Final = 1e-12
"""In the unit of the output: where all outputs are smaller, they may be sums that cancel, and so may their changes."""


@dataclass(frozen=True, eq=False)
class Limits:
    """How changes are measured.

    Parameters
    ----------
    kind : Kind
        What the model says.
    limit : ndarray of float, shape (n_outputs,)
        A larger change breaks a symmetry.
    sure : ndarray of float, shape (n_outputs,)
        Up to here a change is rounding; between both it cannot be told. Smaller than `limit` only for outputs that are
        zero but for rounding.
    spread : ndarray of float, shape (n_outputs,)
        Standard deviation of the unchanged outputs.
    per : ndarray of float, shape (n_outputs,)
        What a difference is divided by before it is reported: 1 for a prediction, the spread for one of several.
    largest : float
        Largest absolute output of the unchanged structures.
    """

    kind: Kind
    limit: NDArray[np.float64]
    sure: NDArray[np.float64]
    spread: NDArray[np.float64]
    per: NDArray[np.float64]
    largest: float = 0.0

    @classmethod
    def of(cls, before: Outputs, tolerance: float) -> Limits:
        """Return the limits of what a model said of unchanged structures.

        Parameters
        ----------
        before : Outputs
            What it said.
        tolerance : float
            Change that counts as rounding, relative to the spread of an output. Where it does not vary: relative
            to its size, or to 1 in its unit if this is less. Of probabilities absolute.

        Returns
        -------
        Limits
        """
        n = before.values.shape[1]
        ones = np.ones(n)
        if before.kind == "class":
            return cls("class", np.zeros(n), np.zeros(n), ones, ones)
        largest = np.abs(before.values).max(axis=0)
        spread = before.values.std(axis=0)
        if before.kind == "probability":
            limit = np.full(n, float(tolerance))
            return cls("probability", limit, limit, spread, ones, float(largest.max()))
        varies = spread > ROUNDING * largest
        sure = np.maximum(tolerance * np.where(varies, spread, np.minimum(largest, 1.0)), ROUNDING * largest)
        # Smaller than the rounding of its neighbours, an output may be what is left of them where they cancel.
        floor = max(TOO_SMALL, ROUNDING * float(largest.max()))
        small = largest <= floor
        limit = np.where(small, np.maximum(sure, floor), sure)
        if before.kind == "prediction":
            return cls("prediction", limit, sure, spread, ones, float(largest.max()))
        # Counted in spreads; what has none, so that the tolerance means the limit.
        known = limit / tolerance if tolerance > 0 else np.maximum(largest, floor)
        per = np.where(varies & ~small, spread, known)
        return cls("features", limit, sure, spread, np.where(per > 0, per, 1.0), float(largest.max()))

    def too_small(self, differences: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which changes, shape (n_rows, n_outputs), are neither surely rounding nor surely more."""
        return np.asarray((differences > self.sure) & (differences <= self.limit))
