"""How the prediction follows one feature when all else stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import _safe_indexing

from matterlearn.core.parallel import item_seed
from matterlearn.features.feature_facts import PLAIN
from matterlearn.validation.explain.importance import drawn_rows, permutation_importance, permuted_errors
from matterlearn.validation.explain.parts import Parts, model_parts
from matterlearn.validation.explain.wording import labels_with_sites

N_FEATURES = 4
"""Curves that are worth looking at."""

N_VALUES = 15
"""Most values of a feature at which its curve is computed."""

MOST_ROWS = 200
"""Rows whose curves are averaged."""

_WITHIN = (0.02, 0.98)  # quantiles of the rows between which the curve runs: there are few rows beyond
_FEW = 8  # different values below which quantiles of the rows say too little: most rows hold none of an element


def partial_dependence(
    model: Any,
    X: Any,
    *,
    seed: int,
    properties: Sequence[str] | None = None,
    n_features: int = N_FEATURES,
    max_rows: int = MOST_ROWS,
    units: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Return curves of the prediction against the leading features.

    In every member of the model a feature is replaced, for all rows, by the values it has in the same few rows; so
    it does not matter how a member scales it. All other features stay, those that would move along included: the
    other statistics of the property, and the amounts of other elements. A curve shows what the model does, not what
    happens to a material.

    Parameters
    ----------
    model : estimator
        Fitted; see `model_parts`.
    X : DataFrame, shape (n_rows, n_inputs)
        Rows to average over: those the model was fitted on.
    seed : int
        Sets the rows that are drawn.
    properties : sequence of str, optional
        Names as in `feature_groups`, the leading one first. By default those that move the prediction most when they
        are permuted.
    n_features : int
        Most curves. Each property has one: of its mean (its only value, its bit) on that site where it moves the
        prediction most.
    max_rows : int
        Rows used at most; more are drawn from.
    units : mapping of str to str, optional
        Units of the input columns that are numbers.

    Returns
    -------
    list of dict
        `feature` (for people), `property`, `site`, `unit`, and lists of equal length: `values` (rising, in the
        unit), `mean` of the predictions, `lower` and `upper` (10 % and 90 % quantile over the rows), in the unit of the
        target. Features that do not vary have no curve; those with two values come last.

    References
    ----------
    J. H. Friedman, Greedy function approximation: a gradient boosting machine, Ann. Stat. 29, 1189 (2001).
    A. Goldstein et al., Peeking inside the black box, J. Comput. Graph. Stat. 24, 44 (2015): curves of single rows.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> X = pd.DataFrame({"T_K": [300.0, 400.0, 500.0]})
    >>> curve = partial_dependence(LinearRegression().fit(X, 2 * X["T_K"]), X, seed=0)[0]
    >>> curve["unit"], curve["values"], np.round(curve["mean"], 6).tolist()
    ('K', [300.0, 400.0, 500.0], [600.0, 800.0, 1000.0])
    """
    rows = drawn_rows(len(X), max_rows, seed=item_seed(seed, "rows"))
    X = _safe_indexing(X, rows)
    taken = model_parts(model, X, units=units)
    if properties is None:
        prediction = taken.combine([part.predict(part.matrix) for part in taken.parts])
        moved = permutation_importance(model, X, prediction, seed=seed, n_repeats=1, units=units)
        properties = [entry["name"] for entry in moved if entry["by"] == "property" and entry["mean"] > 0]
    features = _features(taken)
    labels = dict(zip(features["name"], labels_with_sites(features), strict=True))
    curves: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    for name in properties:
        feature = _leading_feature(taken, features[features["property"] == name], seed)
        grid = None if feature is None else _grid(taken, X, feature["name"])
        if feature is None or grid is None:
            continue
        about = {"feature": labels[feature["name"]], **{key: feature[key] for key in ("property", "site", "unit")}}
        found = curves if len(grid[0]) > 2 else steps
        found.append({**about, **_curve(taken, feature["name"], *grid)})
        if len(curves) == n_features:
            break
    return [*curves, *steps][:n_features]


def _features(taken: Parts) -> pd.DataFrame:
    """Return the features of all parts that hold numbers, each once."""
    tables = []
    for part in taken.parts:
        is_number = np.ones(len(part.groups), dtype=bool)
        if isinstance(part.matrix, pd.DataFrame):
            is_number = np.array([pd.api.types.is_numeric_dtype(dtype) for dtype in part.matrix.dtypes], dtype=bool)
        tables.append(part.groups[is_number])
    return pd.concat(tables).drop_duplicates("name", ignore_index=True)


def _leading_feature(taken: Parts, features: pd.DataFrame, seed: int) -> dict[str, str] | None:
    """Return the feature of a property that moves the prediction most, if any does."""
    plain = features[features["statistic"].isin(PLAIN)]
    chosen = plain if len(plain) else features
    if len(chosen) == 0:
        return None
    base = [part.predict(part.matrix) for part in taken.parts]
    groups = [_places(taken, name) for name in chosen["name"]]
    permutation = np.random.default_rng(item_seed(seed, "leading feature")).permutation(len(base[0]))
    moved = permuted_errors(taken, base, groups, [permutation], taken.combine(base), np.ones(len(base[0])))
    best = chosen.iloc[int(np.argmax(moved[:, 0]))]
    return {str(key): str(value) for key, value in best.items()}


def _places(taken: Parts, name: str) -> tuple[NDArray[np.intp], ...]:
    """Return the column of a feature in each part; none where the part does without it."""
    return tuple(np.flatnonzero(part.groups["name"] == name) for part in taken.parts)


def _grid(taken: Parts, X: Any, name: str) -> tuple[NDArray[np.float64], NDArray[np.intp]] | None:
    """Return different values of a feature, rising, in its unit, and a row that has each."""
    part = next(part for part in taken.parts if name in set(part.groups["name"]))
    column = int(np.flatnonzero(part.groups["name"] == name)[0])
    if part.transformer is None:
        values = part.matrix.iloc[:, column].to_numpy(dtype=float)
    else:
        values = part.unscaled(X)[:, column]
    known = np.flatnonzero(np.isfinite(values))
    different, first = np.unique(values[known], return_index=True)
    if len(different) < 2:
        return None
    if len(different) > N_VALUES:
        shares = np.linspace(*_WITHIN, N_VALUES)
        chosen = np.quantile(values[known], shares, method="nearest")
        if len(np.unique(chosen)) < _FEW:
            chosen = np.quantile(different, np.linspace(0, 1, N_VALUES), method="nearest")
        places = np.searchsorted(different, np.unique(chosen))
        different, first = different[places], first[places]
    return different, known[first]


def _curve(taken: Parts, name: str, values: NDArray[np.float64], rows: NDArray[np.intp]) -> dict[str, list[float]]:
    predictions = []
    for part, columns in zip(taken.parts, _places(taken, name), strict=True):
        sources = [np.full(len(part.matrix), row) for row in rows]
        predictions.append(part.predict_moved([columns], sources)[0])
    curves = taken.combine(predictions)  # (n_values, n_rows)
    lower, upper = np.quantile(curves, [0.1, 0.9], axis=1)
    lists = {"values": values, "mean": curves.mean(axis=1), "lower": lower, "upper": upper}
    return {key: numbers.tolist() for key, numbers in lists.items()}
