"""A linear model of a few terms that can be computed by hand."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import orthogonal_mp

from matterlearn.features.feature_facts import BIT
from matterlearn.validation.explain.wording import resolution, rounded, text_of, with_unit

MOST_TERMS = 6
"""Terms that can be read at a glance."""


@dataclass(frozen=True)
class SparseLinear:
    """`intercept + sum of slope * (feature - centre)`.

    Attributes
    ----------
    intercept : float
        Prediction where every feature is at its centre.
    terms : tuple of (int, float, float)
        Column, slope (unit of the target per unit of the feature), centre; the term that moves the prediction most
        first.
    """

    intercept: float
    terms: tuple[tuple[int, float, float], ...]

    @property
    def n_terms(self) -> int:
        """Number of features used."""
        return len(self.terms)

    def predict(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum, shape (n_rows,)."""
        out = np.full(len(matrix), self.intercept)
        for column, slope, centre in self.terms:
            out += slope * (matrix[:, column] - centre)
        return out

    def text(self, labels: Sequence[str], features: pd.DataFrame, target: str, unit: str) -> list[str]:
        """Return the formula, a line per term; see `RuleList.text` for the parameters."""
        lines = [f"{target} = {with_unit(text_of(self.intercept), unit)}"]
        for column, slope, centre in self.terms:
            sign, size = "−" if slope < 0 else "+", text_of(abs(slope))
            if features["statistic"].iloc[column] == BIT:
                lines.append(f"{sign} {with_unit(size, unit)} if {labels[column]}")
                continue
            per = features["unit"].iloc[column]
            factor = with_unit(size, f"{unit} per {per}" if unit and per else unit or (f"per {per}" if per else ""))
            between = f"{'+' if centre < 0 else '−'} {with_unit(text_of(abs(centre)), per)}"
            shown = f"({labels[column]} {between})" if centre else labels[column]
            lines.append(f"{sign} {factor} × {shown}")
        return lines


def fit_linear(
    matrix: NDArray[np.float64], values: NDArray[np.float64], features: pd.DataFrame, *, n_terms: int = MOST_TERMS
) -> list[SparseLinear]:
    """Add one feature after the other by orthogonal matching pursuit and return every stage.

    Features are standardised for the pursuit. What is returned is in their own units, rounded as it is printed.

    Parameters
    ----------
    matrix : ndarray of float, shape (n_rows, n_features)
        Features in their units.
    values : ndarray of float, shape (n_rows,)
        What to follow.
    features : DataFrame
        As from `feature_groups`: which columns are bits, which have no centre.
    n_terms : int
        Most terms.

    Returns
    -------
    list of SparseLinear
        With no term, one term, two terms, ... Fewer than asked for where fewer follow the values exactly.

    References
    ----------
    J. A. Tropp, A. C. Gilbert, Signal recovery from random measurements via orthogonal matching pursuit, IEEE Trans.
    Inf. Theory 53, 4655 (2007).

    Examples
    --------
    >>> x = np.array([[1.0, 5.0], [2.0, 3.0], [3.0, 4.0], [6.0, 8.0]])
    >>> table = pd.DataFrame({"statistic": ["", ""], "unit": ["K", ""]})
    >>> line = fit_linear(x, 1.0 + 2.0 * x[:, 0], table)[1]
    >>> line.terms, line.text(["T", "n"], table, "gap", "eV")
    (((0, 2.0, 3.0),), ['gap = 7 eV', '+ 2 eV per K × (T − 3 K)'])
    """
    round_value, mean, spread = resolution(values), matrix.mean(axis=0), matrix.std(axis=0)
    stages = [SparseLinear(round_value(values.mean()), ())]
    usable = np.flatnonzero(spread > 1e-12 * np.maximum(np.abs(mean), 1.0))
    if len(usable) == 0 or np.ptp(values) == 0:
        return stages
    scaled = (matrix[:, usable] - mean[usable]) / spread[usable]
    most = min(n_terms, len(usable), len(values) - 1)
    with warnings.catch_warnings():
        # It ends early where nothing is left to follow, and says so.
        warnings.simplefilter("ignore", RuntimeWarning)
        path = orthogonal_mp(scaled, values - values.mean(), n_nonzero_coefs=most, return_path=True)
    path = np.asarray(path).reshape(len(usable), -1)  # (n_usable, n_stages)
    is_bit = features["statistic"].to_numpy() == BIT
    for stage in path.T:
        order = sorted(np.flatnonzero(stage).tolist(), key=lambda place: -abs(stage[place]))
        terms = []
        for place in order:
            column = int(usable[place])
            centre = 0.0 if is_bit[column] else rounded(float(mean[column]))
            terms.append((column, rounded(float(stage[place] / spread[column])), centre))
        without = SparseLinear(0.0, tuple(terms))
        stages.append(SparseLinear(round_value(float(np.mean(values - without.predict(matrix)))), tuple(terms)))
    return stages
