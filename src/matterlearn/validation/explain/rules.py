"""A short list of rules, made from a shallow decision tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeRegressor

from matterlearn.features.feature_facts import BIT
from matterlearn.validation.explain.wording import DIGITS, resolution, rounded, text_of, with_unit

MOST_LEAVES = 8
"""Rules that can be read at a glance."""

MOST_CONDITIONS = 3
"""Depth of the tree: conditions of one rule, before those on one feature are joined."""

_FEWEST_ROWS = 5  # for one rule
_FEWEST_SHARE = 0.01
_MOST_DIGITS = 17  # of a float: all there are


@dataclass(frozen=True)
class Rule:
    """A prediction for all rows whose features lie within bounds.

    Attributes
    ----------
    bounds : tuple of (int, float, float)
        Column, and the values between which it lies: above the first, at most the second.
    value : float
        The prediction.
    n_rows : int
        Rows it was made from.
    """

    bounds: tuple[tuple[int, float, float], ...]
    value: float
    n_rows: int


@dataclass(frozen=True)
class RuleList:
    """Rules of which exactly one holds for every row.

    Attributes
    ----------
    rules : tuple of Rule
        In the order of the tree.
    """

    rules: tuple[Rule, ...]

    @property
    def n_terms(self) -> int:
        """Number of rules."""
        return len(self.rules)

    def predict(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the value of the rule that holds, shape (n_rows,)."""
        out = np.full(len(matrix), np.nan)
        for rule in self.rules:
            holds = np.ones(len(matrix), dtype=bool)
            for column, low, high in rule.bounds:
                holds &= (matrix[:, column] > low) & (matrix[:, column] <= high)
            out[holds] = rule.value
        return out

    def text(self, labels: Sequence[str], features: pd.DataFrame, target: str, unit: str) -> list[str]:
        """Return a line per rule.

        Parameters
        ----------
        labels : sequence of str
            What to call each column.
        features : DataFrame
            As from `feature_groups`: units, and which columns are bits.
        target : str
            What is predicted.
        unit : str
            Its unit.

        Returns
        -------
        list of str
            "if melting point, A <= 1230 K: 0.034 eV/atom (212 rows)".
        """
        lines = []
        for rule in self.rules:
            parts = [
                _condition(labels[c], features["statistic"].iloc[c], features["unit"].iloc[c], low, high)
                for c, low, high in rule.bounds
            ]
            value, rows = with_unit(text_of(rule.value), unit), "row" if rule.n_rows == 1 else "rows"
            lines.append(f"{'if ' + ' and '.join(parts) if parts else 'always'}: {value} ({rule.n_rows} {rows})")
        return lines


def fit_rules(matrix: NDArray[np.float64], values: NDArray[np.float64], *, n_leaves: int, seed: int) -> RuleList:
    """Fit a tree with few leaves and return it as rules, rounded so that they predict what they say.

    Parameters
    ----------
    matrix : ndarray of float, shape (n_rows, n_features)
        Features in their units.
    values : ndarray of float, shape (n_rows,)
        What to follow.
    n_leaves : int
        Most rules.
    seed : int
        Decides between features that split equally well.

    Returns
    -------
    RuleList
        Bounds have three significant digits, and more only where three would move a row to the other side.

    Examples
    --------
    >>> x = np.linspace(0, 1, 40)[:, None]
    >>> rules = fit_rules(x, np.where(x[:, 0] > 0.5, 2.0, 1.0), n_leaves=8, seed=0)
    >>> [(rule.bounds, rule.value) for rule in rules.rules]
    [(((0, -inf, 0.5),), 1.0), (((0, 0.5, inf),), 2.0)]
    """
    fewest = max(1, min(max(_FEWEST_ROWS, int(_FEWEST_SHARE * len(values))), len(values) // 2))
    tree = DecisionTreeRegressor(
        max_leaf_nodes=max(n_leaves, 2), max_depth=MOST_CONDITIONS, min_samples_leaf=fewest, random_state=seed
    ).fit(matrix, values)
    round_value = resolution(values)
    found: list[Rule] = []

    def descend(node: int, bounds: dict[int, tuple[float, float]], rows: NDArray[np.intp]) -> None:
        left, right = tree.tree_.children_left[node], tree.tree_.children_right[node]
        if left == right:  # a leaf
            value = values[rows].mean() if len(rows) else tree.tree_.value[node, 0, 0]
            found.append(Rule(tuple((c, *pair) for c, pair in bounds.items()), round_value(value), len(rows)))
            return
        column = int(tree.tree_.feature[node])
        threshold = _short(float(tree.tree_.threshold[node]), matrix[rows, column])
        low, high = bounds.get(column, (-np.inf, np.inf))
        below = matrix[rows, column] <= threshold
        descend(left, {**bounds, column: (low, min(high, threshold))}, rows[below])
        descend(right, {**bounds, column: (max(low, threshold), high)}, rows[~below])

    descend(0, {}, np.arange(len(values)))
    return RuleList(tuple(found))


def _short(threshold: float, values: NDArray[np.float64]) -> float:
    """Return the threshold with as few digits as leave every row on its side."""
    below = values <= threshold
    for digits in range(DIGITS, _MOST_DIGITS):
        short = rounded(threshold, digits)
        if np.array_equal(values <= short, below):
            return short
    return threshold


def _condition(label: str, statistic: str, unit: str, low: float, high: float) -> str:
    if statistic == BIT:
        return label if low >= 0 else label.replace(" is ", " is not ", 1)
    if np.isinf(low):
        return f"{label} <= {with_unit(text_of(high), unit)}"
    if np.isinf(high):
        return f"{label} > {with_unit(text_of(low), unit)}"
    return f"{text_of(low)} < {label} <= {with_unit(text_of(high), unit)}"
