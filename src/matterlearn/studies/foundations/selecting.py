"""Choosing columns: what each way finds, and what a choice that saw the test rows pretends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.feature_selection import RFE, SelectFromModel, SelectKBest, r_regression
from sklearn.linear_model import Lasso, LassoCV, LinearRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline

from matterlearn.features.selection import BestSubset, PearsonFilter

Floats = NDArray[np.float64]

SPREADS: Mapping[str, float] = {"temperature": 0.2, "viscosity": 1.0, "radius": 0.5}
"""Standard deviations of the logarithms in the law of Stokes and Einstein."""

SIGNS: Mapping[str, float] = {"temperature": 1.0, "viscosity": -1.0, "radius": -1.0}
"""Powers in that law."""

N_TRUE = len(SPREADS)

LIKENESS = 0.9
"""Correlation of a column and its second reading."""

N_OTHERS = 6
"""Columns that have nothing to do with it."""

NOISE = 0.1
"""Standard deviation of the logarithm of a measured diffusion coefficient."""

N_TRAIN, N_TEST = 60, 2_000

N_NOISE_ROWS, N_CHOSEN, N_FOLDS = 50, 10, 5
"""Rows of pure noise, columns that a choice keeps, folds."""

COPY_FROM = 0.8
"""Correlation from which two columns are taken for readings of one thing."""

SHARE = 0.5
"""Part of the columns that each step of the wrapper drops."""


@dataclass(frozen=True)
class Found:
    """What a way to choose columns found, over several data sets.

    Attributes
    ----------
    n_chosen : float
        Columns, in the mean.
    n_true : float
        Of them those of the law.
    all_true : float
        Share of the data sets in which all columns of the law are chosen.
    error : float
        Root mean squared error of least squares on the chosen columns, on new rows.
    """

    n_chosen: float
    n_true: float
    all_true: float
    error: float


def diffusion(n_rows: int, *, seed: int) -> tuple[Floats, Floats]:
    """Return 12 columns and the logarithm of a diffusion coefficient, all as deviations from their means.

    Stokes and Einstein: D = kT / (6π viscosity radius). Columns: temperature, viscosity, radius; a second reading of
    each; and others without effect. All are scaled to standard deviation 1.

    Parameters
    ----------
    n_rows : int
        Rows.
    seed : int
        Of the draws.
    """
    rng = np.random.default_rng(seed)
    true = rng.normal(size=(n_rows, N_TRUE))
    again = LIKENESS * true + np.sqrt(1 - LIKENESS**2) * rng.normal(size=(n_rows, N_TRUE))
    others = rng.normal(size=(n_rows, N_OTHERS))
    weights = np.array([SIGNS[name] * spread for name, spread in SPREADS.items()])
    return np.hstack([true, again, others]), true @ weights + NOISE * rng.normal(size=n_rows)


def correlations() -> dict[str, float]:
    """Return the correlation with the target of each column of the law and, by "... again", of its second reading."""
    spread = np.sqrt(sum(part**2 for part in SPREADS.values()) + NOISE**2)
    first = {name: float(part / spread) for name, part in SPREADS.items()}
    return first | {f"{name} again": LIKENESS * value for name, value in first.items()}


def ways(seed: int) -> dict[str, Any]:
    """Return the ways to choose columns, by kind and name; None takes all."""
    strongest = SelectKBest(_strength, k=N_TRUE)
    return {
        "none: all columns": None,
        "filter: strongest correlations": strongest,
        "filter: the same, copies dropped first": make_pipeline(PearsonFilter(COPY_FROM), strongest),
        "wrapper: weakest dropped one by one": RFE(LinearRegression(), n_features_to_select=N_TRUE),
        "wrapper: best of all subsets (BIC)": BestSubset(),
        "embedded: lasso": SelectFromModel(LassoCV(alphas=30, cv=N_FOLDS, random_state=seed)),
    }


def judge_ways(n_sets: int, seeds: list[int], *, seed: int) -> dict[str, Found]:
    """Let each way choose on several data sets, and judge least squares on what it chose on new rows.

    Parameters
    ----------
    n_sets : int
        Data sets.
    seeds : list of int
        Of each data set, and last of the new rows.
    seed : int
        Of folds.
    """
    X_new, y_new = diffusion(N_TEST, seed=seeds[n_sets])
    found = {}
    for name, selector in ways(seed).items():
        chosen, true, complete, squares = [], [], [], []
        for k in range(n_sets):
            X, y = diffusion(N_TRAIN, seed=seeds[k])
            support = np.ones(X.shape[1], dtype=bool) if selector is None else _support(clone(selector).fit(X, y), X)
            both, target = np.vstack([X, X_new])[:, support], np.concatenate([y, y_new])
            rows = np.arange(len(both))
            predicted = _predicted(both, target, rows[: len(y)], rows[len(y) :])
            chosen.append(support.sum())
            true.append(support[:N_TRUE].sum())
            complete.append(support[:N_TRUE].all())
            squares.append(np.mean((predicted - y_new) ** 2))
        found[name] = Found(
            n_chosen=float(np.mean(chosen)),
            n_true=float(np.mean(true)),
            all_true=float(np.mean(complete)),
            error=float(np.sqrt(np.mean(squares))),
        )
    return found


def selectors() -> dict[str, Any]:
    """Return one way of each kind that keeps `N_CHOSEN` of many columns."""
    return {
        "filter": SelectKBest(_strength, k=N_CHOSEN),
        "wrapper": RFE(Ridge(), n_features_to_select=N_CHOSEN, step=SHARE),
        "embedded": SelectFromModel(Lasso(alpha=0.1, max_iter=10_000), threshold=-np.inf, max_features=N_CHOSEN),
    }


def noise_scores(selector: Any, n_columns: int, *, seed: int) -> tuple[float, float]:
    """Return R² over folds on pure noise, the columns chosen on all rows or on the training rows of each fold.

    Parameters
    ----------
    selector : selector
        Keeps some of the columns; cloned.
    n_columns : int
        Columns of noise.
    seed : int
        Of the noise and the folds; with the same seed, fewer columns are the first of more, beside the same target.

    Returns
    -------
    outside, inside : float
        1 − sum of squared errors of the held rows / sum of squares around the mean.
    """
    rng = np.random.default_rng(seed)
    y, X = rng.normal(size=N_NOISE_ROWS), rng.normal(size=(n_columns, N_NOISE_ROWS)).T
    seen = _support(clone(selector).fit(X, y), X)
    errors = np.zeros(2)
    for train, test in KFold(N_FOLDS, shuffle=True, random_state=seed % 2**32).split(X):
        own = _support(clone(selector).fit(X[train], y[train]), X)
        for k, support in enumerate((seen, own)):
            errors[k] += np.sum((_predicted(X[:, support], y, train, test) - y[test]) ** 2)
    outside, inside = 1 - errors / np.sum((y - y.mean()) ** 2)
    return float(outside), float(inside)


def _predicted(X: Floats, y: Floats, train: NDArray[np.intp], test: NDArray[np.intp]) -> Floats:
    """Return what least squares with an intercept predicts for the test rows."""
    with_one = np.column_stack([X, np.ones(len(X))])
    return np.asarray(with_one[test] @ np.linalg.lstsq(with_one[train], y[train])[0])


def _strength(X: Floats, y: Floats) -> Floats:
    return np.asarray(np.abs(r_regression(X, y)))


def _support(selector: Any, X: Floats) -> NDArray[np.bool_]:
    """Return which columns a fitted selector, or a pipeline of several, keeps."""
    steps = [step for _, step in selector.steps] if hasattr(selector, "steps") else [selector]
    places = np.arange(X.shape[1])
    for step in steps:
        places = places[step.get_support()]
    return np.isin(np.arange(X.shape[1]), places)
