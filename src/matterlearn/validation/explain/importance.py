"""How much a model loses when it may no longer use a property, a site or an input column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import _safe_indexing

from matterlearn.core.errors import ArgumentError
from matterlearn.core.parallel import item_seed
from matterlearn.validation.explain.parts import Parts, model_parts

N_REPEATS = 5
"""Permutations per group."""

MOST_ROWS = 250
"""Rows that are permuted: the error of the mean comes from the folds, and the cost grows with the rows."""

MOST_PROPERTIES = 150
"""Properties that are permuted; of more (a user's transformer may have thousands of features) those that go with the
prediction most."""


def permutation_importance(
    model: Any,
    X: Any,
    y: ArrayLike,
    *,
    weight: ArrayLike | None = None,
    seed: int,
    n_repeats: int = N_REPEATS,
    max_rows: int = MOST_ROWS,
    units: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Permute groups of features after the transform and return how much the mean absolute error grows.

    All features of a group are permuted together, by the same permutation of the rows in every member of the model:
    all that the model knows of a melting point goes, or of a site, or of an input column. Groups are permuted one at a
    time. Properties that go together (radii, say) stand in for each other, so each looks less important than all of
    them are: they share what their common information is worth. The groups by site and by input column, which
    hold all properties of the site or column, do not share in this way as long as the sites vary independently.

    Parameters
    ----------
    model : estimator
        Fitted; see `model_parts`.
    X : DataFrame, shape (n_rows, n_inputs)
        Rows that the model has not seen.
    y : array-like of float, shape (n_rows,)
        Their targets.
    weight : array-like of float, shape (n_rows,), optional
        Weights of the rows in the error.
    seed : int
        Sets the rows and the permutations, which are the same for all groups.
    n_repeats : int
        Permutations of each group.
    max_rows : int
        Rows used at most; more are drawn from.
    units : mapping of str to str, optional
        Units of the input columns that are numbers.

    Returns
    -------
    list of dict
        For each group `by` ("property", "site", "input"), `name`, `mean` and `sd` of the increase over the repeats (in
        the unit of the target; sd is 0 for one repeat), `n_repeats`, and `mae` without permutation. The most important
        group of a kind first. Sites and inputs are left out where there is only one.

    Raises
    ------
    ArgumentError
        If there are no rows or no repeats.

    References
    ----------
    L. Breiman, Random forests, Machine Learning 45, 5 (2001). A. Fisher, C. Rudin, F. Dominici, All models are wrong,
    but many are useful, J. Mach. Learn. Res. 20, 177 (2019).

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> X = pd.DataFrame({"x": np.arange(40.0), "noise": np.tile([0.0, 1.0], 20)})
    >>> model = LinearRegression().fit(X, X["x"])
    >>> found = permutation_importance(model, X, X["x"], seed=0)
    >>> [(entry["by"], entry["name"], round(entry["mean"])) for entry in found]
    [('property', 'x', 14), ('property', 'noise', 0), ('input', 'x', 14), ('input', 'noise', 0)]
    """
    truth = np.asarray(y, dtype=np.float64)
    if len(truth) == 0 or n_repeats < 1:
        raise ArgumentError("needs at least one row and one repeat", where="permutation importance")
    weights = np.ones(len(truth)) if weight is None else np.asarray(weight, dtype=np.float64)
    rows = drawn_rows(len(truth), max_rows, seed=item_seed(seed, "rows"))
    truth, weights = truth[rows], weights[rows]
    if not weights.any():
        weights = np.ones(len(rows))
    taken = model_parts(model, _safe_indexing(X, rows), units=units)
    permutations = permutations_of(len(rows), n_repeats, seed=seed)
    base = [part.predict(part.matrix) for part in taken.parts]
    mae = _mean_error(taken.combine(base), truth, weights)
    groups = _groups(taken, base)
    increases = permuted_errors(taken, base, list(groups.values()), permutations, truth, weights) - mae
    entries = [
        {
            "by": by,
            "name": name,
            "mean": float(increase.mean()),
            "sd": float(increase.std(ddof=1)) if n_repeats > 1 else 0.0,
            "n_repeats": n_repeats,
            "mae": float(mae),
        }
        for (by, name), increase in zip(groups, increases, strict=True)
    ]
    return _ordered(entries)


def summarise_importance(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Combine the importances of several folds.

    Parameters
    ----------
    entries : sequence of mapping
        As `permutation_importance` returns them, with or without `target` and `fold`.

    Returns
    -------
    list of dict
        For each target and group `target` (empty if not stated), `by`, `name`, `mean` over the folds, `sd` over all
        repeats of all folds together, `n_folds`, `n_repeats` (of all folds) and `mae` without permutation. The most
        important group of a kind first. A group that a fold does not have (a feature that was not made there) is
        averaged over the folds that have it.

    Examples
    --------
    >>> one = {"by": "site", "name": "A", "mean": 0.2, "sd": 0.1, "n_repeats": 2, "mae": 0.5}
    >>> summarise_importance([one, {**one, "mean": 0.4}])[0]["mean"].__round__(3)
    0.3
    """
    grouped: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for entry in entries:
        grouped.setdefault((entry.get("target", ""), entry["by"], entry["name"]), []).append(entry)
    combined = []
    for (target, by, name), found in grouped.items():
        counts = np.array([entry["n_repeats"] for entry in found])
        means, sds = (np.array([entry[key] for entry in found], dtype=float) for key in ("mean", "sd"))
        overall = float(np.average(means, weights=counts))
        squares = np.sum((counts - 1) * sds**2) + np.sum(counts * (means - overall) ** 2)
        combined.append(
            {
                "target": target,
                "by": by,
                "name": name,
                "mean": overall,
                "sd": float(np.sqrt(squares / max(counts.sum() - 1, 1))),
                "n_folds": len(found),
                "n_repeats": int(counts.sum()),
                "mae": float(np.average([entry["mae"] for entry in found], weights=counts)),
            }
        )
    return _ordered(combined)


def permutations_of(n_rows: int, n_repeats: int, *, seed: int) -> list[NDArray[np.intp]]:
    """Return the permutations of the rows, one per repeat: all groups of features take the same ones."""
    return [
        np.random.default_rng(item_seed(seed, "permutation", repeat)).permutation(n_rows) for repeat in range(n_repeats)
    ]


def drawn_rows(n_rows: int, most: int, *, seed: int) -> NDArray[np.intp]:
    """Return positions of at most so many rows, drawn without replacement and sorted."""
    if n_rows <= most:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(seed).choice(n_rows, most, replace=False))


def permuted_errors(
    taken: Parts,
    base: Sequence[NDArray[np.float64]],
    groups: Sequence[tuple[NDArray[np.intp], ...]],
    permutations: Sequence[NDArray[np.intp]],
    truth: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the mean absolute error with each group permuted, shape (n_groups, n_repeats).

    Parameters
    ----------
    taken : Parts
        The model on the rows.
    base : sequence of ndarray of float, shape (n_rows,)
        Predictions of its parts without permutation.
    groups : sequence of tuple of ndarray of int
        For each group the columns in each part.
    permutations : sequence of ndarray of int, shape (n_rows,)
        For each row the one whose values it takes.
    truth, weights : ndarray of float, shape (n_rows,)
        What the predictions are compared with: targets, or the predictions themselves.
    """
    shape = (len(groups), len(permutations), len(truth))
    predictions = []
    for p, (part, values) in enumerate(zip(taken.parts, base, strict=True)):
        varies = _varying(part.matrix)
        found = np.broadcast_to(values, shape).copy()
        # Two groups may be the same columns (all inputs may be sites): each set is predicted once.
        sets: dict[tuple[int, ...], list[int]] = {}
        for g, columns in enumerate(groups):
            sets.setdefault(tuple(columns[p][varies[columns[p]]].tolist()), []).append(g)
        sets.pop((), None)  # nothing to permute: the prediction stays
        permuted = part.predict_moved([np.array(columns) for columns in sets], permutations)
        for members, of_set in zip(sets.values(), permuted, strict=True):
            found[members] = of_set
        predictions.append(found)
    return np.asarray(np.average(np.abs(taken.combine(predictions) - truth), axis=-1, weights=weights))


def _groups(taken: Parts, base: Sequence[NDArray[np.float64]]) -> dict[tuple[str, str], tuple[NDArray[np.intp], ...]]:
    """Return the columns of each group in each part, by ("property", name), ("site", name), ("input", name)."""
    found = {}
    for by in ("property", "site", "input"):
        names = list(dict.fromkeys(name for part in taken.parts for name in part.groups[by] if name))
        if by == "property" and len(names) > MOST_PROPERTIES:
            names = _leading(taken, base, names)
        if by != "property" and len(names) < 2:
            continue
        for name in names:
            found[by, name] = tuple(np.flatnonzero(part.groups[by] == name) for part in taken.parts)
    return found


def _leading(taken: Parts, base: Sequence[NDArray[np.float64]], names: Sequence[str]) -> list[str]:
    """Return the properties with the feature most correlated with the prediction, in their order."""
    prediction = taken.combine(base)
    strength = dict.fromkeys(names, 0.0)
    for part in taken.parts:
        if isinstance(part.matrix, pd.DataFrame):
            numeric = part.matrix.select_dtypes("number")
            places, values = part.matrix.columns.get_indexer(numeric.columns), numeric.to_numpy(dtype=float)
        else:
            places, values = np.arange(part.matrix.shape[1]), part.matrix
        values, centred = values - values.mean(axis=0), prediction - prediction.mean()
        norms = np.linalg.norm(values, axis=0) * np.linalg.norm(centred)
        correlations = np.abs(centred @ values) / np.where(norms > 0, norms, 1.0)
        for name, correlation in zip(part.groups["property"].iloc[places], correlations, strict=True):
            strength[name] = max(strength[name], float(correlation))
    chosen = set(sorted(names, key=lambda name: -strength[name])[:MOST_PROPERTIES])
    return [name for name in names if name in chosen]


def _varying(matrix: Any) -> NDArray[np.bool_]:
    if isinstance(matrix, pd.DataFrame):  # cells may be compositions, which cannot be compared
        return np.ones(matrix.shape[1], dtype=bool)
    return np.asarray(np.ptp(matrix, axis=0) > 0)


def _mean_error(prediction: NDArray[np.float64], truth: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    return float(np.average(np.abs(prediction - truth), weights=weights))


def _ordered(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kinds = {"property": 0, "site": 1, "input": 2}
    targets = {entry.get("target", ""): None for entry in entries}
    order = {target: place for place, target in enumerate(targets)}
    return sorted(entries, key=lambda e: (order[e.get("target", "")], kinds[e["by"]], -e["mean"], e["name"]))
