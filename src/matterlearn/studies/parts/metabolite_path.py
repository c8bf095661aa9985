"""How many metabolites a penalty leaves, how good the model is then, and why L1 makes zeros and L2 does not."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np

from matterlearn.core.parallel import item_seed
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.figures.penalty_contours import penalty_contours
from matterlearn.studies.figures.penalty_path import penalty_path
from matterlearn.studies.metabolite_cases import N_FOLDS, TITLES, MetaboliteCase
from matterlearn.studies.metabolite_models import LASSO, RIDGE, Floats, SplitData, lasso, on_folds, ridge, scaled
from matterlearn.studies.page import Column
from matterlearn.studies.penalty_geometry import SHARES, corner_share, first_touch, profile_loss
from matterlearn.validation.splits import StratifiedSplit

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""Values of C, the inverse strength of the penalty."""

CANDIDATES = (0, 1, 2, 4, 8, 16)
"""Places, in the order of how much columns differ between the classes, of those whose pairs are tried for the figure of
contours: two that tell as much as each other are hardly ever met at a corner.
"""

MODELS: dict[str, Callable[[float], Any]] = {RIDGE: ridge, LASSO: lasso}


def add_path(part: CasePage, case: MetaboliteCase, split: SplitData) -> None:
    """Write the section on the strength of the penalty.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    case : MetaboliteCase
        The table.
    split : SplitData
        The strength is looked at on folds of its training rows.
    """
    part.section(f"Strength of the penalty: {TITLES[case.key]}")
    X, y = case.values[split.train], split.y_train
    splitter = StratifiedSplit(N_FOLDS, random_state=item_seed(part.page.run.seed, "path"))
    folds = list(splitter.split(X, y, groups=case.groups[split.train]))
    lines = []
    for C in STRENGTHS:
        line: dict[str, Any] = {"C": C}
        for name, model in MODELS.items():
            scores = on_folds(_always(scaled(model(C))), X, y, folds).auc
            weights = model(C).fit(split.X_train, y).coef_[0]
            line |= {
                f"{name}_auc": scores.mean(),
                f"{name}_sd": scores.std(ddof=1),
                f"{name}_n_nonzero": int(np.sum(weights != 0)),
                f"{name}_norm": float(np.linalg.norm(weights)),
            }
        lines.append(line)
    best = {name: max(lines, key=lambda line: float(line[f"{name}_auc"])) for name in MODELS}
    near = best[LASSO][f"{LASSO}_auc"] - best[LASSO][f"{LASSO}_sd"] / np.sqrt(N_FOLDS)
    small = next(line for line in lines if line[f"{LASSO}_auc"] >= near)
    part.add(
        path_best_C=best[LASSO]["C"],
        path_best_auc=best[LASSO][f"{LASSO}_auc"],
        path_best_n=best[LASSO][f"{LASSO}_n_nonzero"],
        path_small_C=small["C"],
        path_small_auc=small[f"{LASSO}_auc"],
        path_small_n=small[f"{LASSO}_n_nonzero"],
        path_ridge_C=best[RIDGE]["C"],
        path_ridge_auc=best[RIDGE][f"{RIDGE}_auc"],
        path_strongest=STRENGTHS[0],
        path_weakest=STRENGTHS[-1],
    )
    part.figure(
        "path",
        penalty_path(
            STRENGTHS,
            {
                name: ([line[f"{name}_auc"] for line in lines], [line[f"{name}_sd"] for line in lines])
                for name in MODELS
            },
            {name: [line[f"{name}_n_nonzero"] for line in lines] for name in MODELS},
            split.X_train.shape[1],
        ),
        f"AUC over {{n_folds}} folds of the training rows (left; bars: one standard deviation over the folds) and"
        f" number of {case.columns_are} with a weight (right), from the strongest penalty to the weakest.",
    )
    part.text(
        "C is the inverse of the strength. L1 is best at C = {_path_best_C:g} with {_path_best_n} "
        f"{case.columns_are} (AUC {{_path_best_auc:.3f}}), L2 at C = {{_path_ridge_C:g}} with all of them"
        " ({_path_ridge_auc:.3f}).",
        "The fewest within one standard error of the best of L1 are {_path_small_n}, at C = {_path_small_C:g}"
        " ({_path_small_auc:.3f})."
        if small is not best[LASSO]
        else "No stronger penalty comes within one standard error of it.",
        "The strength is judged here on folds of the training rows; the test rows have no part in it.",
    )
    part.table(
        "path",
        lines,
        [
            Column("C", "C", "g"),
            Column(f"{LASSO}_n_nonzero", "weights not 0, L1", "d"),
            Column(f"{LASSO}_auc", "AUC, L1", ".3f"),
            Column(f"{LASSO}_sd", "spread", ".3f"),
            Column(f"{LASSO}_norm", "length of the weights, L1", ".2f"),
            Column(f"{RIDGE}_auc", "AUC, L2", ".3f"),
            Column(f"{RIDGE}_sd", "spread", ".3f"),
            Column(f"{RIDGE}_norm", "length, L2", ".2f"),
        ],
        "A penalty so strong that all weights are 0 leaves the share of the classes and an AUC of one half.",
    )


def _always(model: Any) -> Callable[[int], Any]:
    return lambda seed: model


def add_geometry(part: CasePage, case: MetaboliteCase, split: SplitData) -> None:
    """Write why L1 makes zeros, on two columns of the table.

    Parameters
    ----------
    part : CasePage
        Gets paragraphs and a figure.
    case : MetaboliteCase
        The table.
    split : SplitData
        Its training rows are drawn.
    """
    pair, share = telling_pair(split.X_train, split.y_train)
    X = split.X_train[:, pair]
    free, diamond, circle = first_touch(X, split.y_train, share)
    first, second = (case.names[column] for column in pair)
    part.add(
        pair=[first, second],
        pair_correlation=float(np.corrcoef(X[:, 0], X[:, 1])[0, 1]),
        free_weights=free,
        diamond_weights=diamond,
        circle_weights=circle,
        diamond_share=np.abs(diamond).sum() / np.abs(free).sum(),
        diamond_size=np.abs(diamond).sum(),
        diamond_loss=profile_loss(X, split.y_train, diamond[None, :])[0],
        circle_loss=profile_loss(X, split.y_train, circle[None, :])[0],
        free_loss=profile_loss(X, split.y_train, free[None, :])[0],
    )
    at_corner = bool(np.any(diamond == 0))
    part.add(at_corner=at_corner)
    part.figure(
        "contours",
        penalty_contours(
            lambda weights: profile_loss(X, split.y_train, weights), free, diamond, circle, (first, second)
        ),
        "Contours of the log loss over the weights of two {what}, {_pair} (intercept at its best everywhere). The cross"
        " is the minimum without penalty; the points are where the first contour touches the diamond |w₁| + |w₂| ≤ s"
        " (L1) and the circle w₁² + w₂² ≤ r² (L2).".replace("{what}", case.columns_are),
    )
    part.text(
        f"Why L1 makes zeros: a penalty is the same as a bound on the weights. Take two {case.columns_are} only,"
        f" {{_pair}}"
        " (correlation {_pair_correlation:.2f}), and let their contours of equal loss grow from the minimum until they"
        " touch the region that the bound leaves. The circle of L2 is smooth: a contour touches it somewhere, and to"
        " meet it exactly on an axis would be chance. The diamond of L1 has corners on the axes that stick out, and a"
        " whole range of contours touches there first.",
        "Here the bound is {_diamond_share:.0%} of what the weights sum to without penalty ({_free_weights:.2f}), and",
        "the diamond is met at its corner: the weights are {_diamond_weights:.2f}, one of them exactly 0. On the circle"
        " with the same loss they are {_circle_weights:.2f}, both in use."
        if at_corner
        else "the diamond is met on an edge, at the weights {_diamond_weights:.2f}; on the circle with the same loss"
        " they are {_circle_weights:.2f}.",
        "With hundreds of columns there are as many directions in which a corner can be met, and most weights are 0.",
    )


def telling_pair(X: Floats, y: Any) -> tuple[list[int], float]:
    """Return the two columns that show best how a corner is met, and the size of the diamond.

    Parameters
    ----------
    X : ndarray, shape (n_rows, n_columns)
        Scaled inputs.
    y : ndarray of int, shape (n_rows,)
        1 or 0.

    Returns
    -------
    list of int
        Of the pairs of `CANDIDATES`: the one with the largest diamond met at a corner, times the ratio of the smaller
        to the larger weight without penalty (a ratio above 1/2 counts as 1/2).
    float
        The size, in parts of the sum of the weights without penalty.
    """
    between = np.abs(X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0))
    order = np.argsort(-between, kind="stable")
    columns = [int(order[place]) for place in CANDIDATES if place < len(order)]
    found = []
    for pair in combinations(columns, 2):
        share, balance = corner_share(X[:, pair], y)
        found.append((share * min(balance, 0.5), list(pair), share))
    _, chosen, share = max(found, key=lambda entry: entry[0])
    return chosen, share or SHARES[-1]
