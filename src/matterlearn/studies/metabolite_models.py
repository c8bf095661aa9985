"""The classifiers of the study `metabolomics`, each with the scaling it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from matterlearn.studies.auc_interval import auc
from matterlearn.studies.metabolite_cases import MetaboliteCase, Split

UNPENALISED, RIDGE, LASSO = "no penalty", "L2", "L1"
FOREST, EXTRA = "random forest", "extra trees"

LOGISTIC = (UNPENALISED, RIDGE, LASSO)
"""The logistic regressions, as they are called on the page."""

DEPTH, TREES = 2, 20
"""The forest of the exercise."""

EXTRA_TREES, QUICK_EXTRA_TREES = 200, 40
"""Extremely randomised trees in a full and in a quick study."""

MOST_STEPS = 50_000
"""Steps of saga, which needs thousands where columns are many and alike."""

_FREE_INTERCEPT = 1_000.0
"""liblinear penalises the intercept; scaled by so much, it is as good as free."""

Floats = NDArray[np.float64]


def unpenalised(tol: float = 1e-4) -> LogisticRegression:
    """Return logistic regression without penalty.

    Parameters
    ----------
    tol : float
        Gradient at which it stops. Where the classes are separable there is no minimum, and this alone decides how
        large the weights become.
    """
    return LogisticRegression(C=np.inf, tol=tol, max_iter=10_000)


def ridge(C: float = 1.0) -> LogisticRegression:
    """Return logistic regression with the L2 penalty of scikit-learn's default."""
    return LogisticRegression(C=C, max_iter=10_000)


def lasso_saga(C: float = 1.0) -> LogisticRegression:
    """Return logistic regression with an L1 penalty, solved by saga as the exercise asks."""
    return LogisticRegression(C=C, l1_ratio=1.0, solver="saga", max_iter=MOST_STEPS, random_state=0)


def lasso(C: float = 1.0) -> LogisticRegression:
    """Return the same problem solved by coordinate descent, a hundred times faster."""
    return LogisticRegression(
        C=C, l1_ratio=1.0, solver="liblinear", intercept_scaling=_FREE_INTERCEPT, max_iter=10_000, random_state=0
    )


def forest(seed: int) -> RandomForestClassifier:
    """Return the forest of the exercise."""
    return RandomForestClassifier(max_depth=DEPTH, n_estimators=TREES, random_state=seed)


def extra_trees(seed: int, n_trees: int = EXTRA_TREES) -> ExtraTreesClassifier:
    """Return fully grown extremely randomised trees."""
    return ExtraTreesClassifier(n_estimators=n_trees, random_state=seed)


def scaled(model: Any) -> Any:
    """Return a pipeline that learns the scale of each column from the rows the model learns from."""
    return make_pipeline(StandardScaler(), model)


def fold_models(quick: bool) -> dict[str, Callable[[int], Any]]:
    """Return what is judged on folds, each from a seed.

    The pipeline of the exercise, its L1 sister, the forest of the exercise, and trees that are not pruned: fewer in a
    quick study.
    """
    n_trees = QUICK_EXTRA_TREES if quick else EXTRA_TREES
    return {
        f"logistic, {RIDGE}": lambda seed: scaled(ridge()),
        f"logistic, {LASSO}": lambda seed: scaled(lasso()),
        FOREST: forest,
        EXTRA: lambda seed: extra_trees(seed, n_trees),
    }


@dataclass(frozen=True)
class FoldScores:
    """What a model makes of rows it has not learned from.

    Attributes
    ----------
    auc : ndarray, shape (n_folds,)
        Area under the ROC curve of each fold.
    probability : ndarray, shape (n_rows,)
        Mean probability of the class that is looked for, over the folds that had the row as a test row.
    wins, times : ndarray, shape (n_ones, n_zeros)
        In how many folds a row of class 1 and one of class 0 were test rows together, and in how many of them the
        first had the larger probability (a tie counts half).
    """

    auc: Floats
    probability: Floats
    wins: Floats
    times: Floats


def on_folds(model: Callable[[int], Any], X: Floats, y: NDArray[np.intp], folds: Sequence[Split]) -> FoldScores:
    """Fit a model on each fold and judge it on the rest.

    Parameters
    ----------
    model : callable
        From a seed, here the number of the fold, to a classifier.
    X : ndarray, shape (n_rows, n_columns)
        Inputs.
    y : ndarray of int, shape (n_rows,)
        0 or 1.
    folds : sequence of (ndarray, ndarray)
        Positions of training and test rows. Every row is in a test at least once.

    Returns
    -------
    FoldScores
        Areas and probabilities.
    """
    areas, total, n_tests = [], np.zeros(len(y)), np.zeros(len(y))
    wins = np.zeros((int((y == 1).sum()), int((y == 0).sum())))
    times = np.zeros_like(wins)
    place = np.where(y == 1, np.cumsum(y == 1), np.cumsum(y == 0)) - 1  # of a row among those of its class
    for number, (train, test) in enumerate(folds):
        p = positive(model(number).fit(X[train], y[train]), X[test])
        areas.append(auc(y[test], p))
        total[test] += p
        n_tests[test] += 1
        ones, zeros = (test[y[test] == kind] for kind in (1, 0))
        by_row = dict(zip(test.tolist(), p.tolist(), strict=True))
        p_ones, p_zeros = (np.array([by_row[row] for row in rows.tolist()]) for rows in (ones, zeros))
        block = np.ix_(place[ones], place[zeros])
        wins[block] += (p_ones[:, None] > p_zeros) + 0.5 * (p_ones[:, None] == p_zeros)
        times[block] += 1
    return FoldScores(np.array(areas), total / n_tests, wins, times)


def positive(model: Any, X: Any) -> Floats:
    """Return the probability of the class 1, shape (n_rows,)."""
    return np.asarray(model.predict_proba(X)[:, 1], dtype=float)


@dataclass(frozen=True)
class SplitData:
    """One split into 80 % and 20 %, scaled by what the 80 % say.

    Attributes
    ----------
    train, test : ndarray of int
        Positions of the rows.
    X_train, X_test : ndarray
        Scaled inputs.
    y_train, y_test : ndarray of int
        1 for the class that is looked for.
    """

    train: NDArray[np.intp]
    test: NDArray[np.intp]
    X_train: Floats
    X_test: Floats
    y_train: NDArray[np.intp]
    y_test: NDArray[np.intp]


def scaled_split(case: MetaboliteCase, seed: int, number: int = 0) -> SplitData:
    """Return a split of a table; each number gives another draw."""
    train, test = case.random_split(seed, number)
    scaler = StandardScaler().fit(case.values[train])
    X_train, X_test = scaler.transform(case.values[train]), scaler.transform(case.values[test])
    return SplitData(train, test, X_train, X_test, case.y[train], case.y[test])
