"""Chapter: the path of a penalty, and its geometry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from matterlearn.core.parallel import item_seed
from matterlearn.studies.auc_interval import auc
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.figures.foundations.axes import counting
from matterlearn.studies.figures.foundations.penalty_touch import penalty_touch
from matterlearn.studies.figures.foundations.weight_paths import weight_paths as draw_paths
from matterlearn.studies.figures.penalty_path import penalty_path
from matterlearn.studies.foundations import shrinkage
from matterlearn.studies.foundations.shrinkage import (
    TRUE,
    orthogonal_design,
    shrunk_by_library,
    shrunk_by_rule,
    two_classes,
    weight_paths,
)
from matterlearn.studies.metabolite_models import LASSO, RIDGE, lasso, on_folds, ridge, scaled
from matterlearn.studies.page import Column
from matterlearn.studies.penalty_geometry import SHARES, corner_share, first_touch, profile_loss
from matterlearn.studies.run import StudyRun
from matterlearn.validation.splits import StratifiedSplit

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""Values of C, the inverse strength of the penalty."""

N_FOLDS = 5

N_NEW = 50
"""Data sets of new rows that stand for the risk."""

PAIR = (0, 1)
"""Two columns that go together, of which only the first matters."""

RULE_STRENGTH = 0.05
"""Strength at which the rules for orthogonal columns are checked."""

MODELS: dict[str, Callable[[float], Any]] = {LASSO: lasso, RIDGE: ridge}


def add_shrinkage(part: CasePage, run: StudyRun) -> None:
    """Write the chapter.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    run : StudyRun
        With the seed.
    """
    part.section("The path of a penalty, and its geometry")
    X, y = two_classes(item_seed(run.seed, "two classes"))
    _add_data(part, run)
    lines = _measured(run, X, y)
    _add_path(part, lines, X, y)
    _add_geometry(part, X, y)
    best = {name: max(lines, key=lambda line: float(line[f"{name}_new"])) for name in MODELS}
    by_folds = max(lines, key=lambda line: float(line[f"{LASSO}_auc"]))
    part.add(
        lasso_best=best[LASSO]["C"],
        lasso_best_auc=best[LASSO][f"{LASSO}_new"],
        lasso_best_n=best[LASSO][f"{LASSO}_n"],
        lasso_best_true=best[LASSO]["n_true"],
        lasso_weak_auc=lines[-1][f"{LASSO}_new"],
        ridge_best=best[RIDGE]["C"],
        ridge_best_auc=best[RIDGE][f"{RIDGE}_new"],
        folds_best=by_folds["C"],
        folds_best_auc=by_folds[f"{LASSO}_new"],
    )
    part.text(
        "What it shows: on new rows L1 is best at C = {_lasso_best:g} (AUC {_lasso_best_auc:.3f}; with hardly any"
        " penalty {_lasso_weak_auc:.3f}), where {_lasso_best_n} weights are left, {_lasso_best_true} of the {_n_true}"
        " that matter among them; L2 at C = {_ridge_best:g} (AUC {_ridge_best_auc:.3f}) with all {_n_columns}. The"
        " folds choose C = {_folds_best:g} for L1, whose AUC on new rows is {_folds_best_auc:.3f}."
    )


def _add_data(part: CasePage, run: StudyRun) -> None:
    design, target = orthogonal_design(item_seed(run.seed, "orthogonal"))
    weights = design.T @ target / len(target)
    rule, library = (f(*arguments) for f, arguments in (
        (shrunk_by_rule, (weights, RULE_STRENGTH)),
        (shrunk_by_library, (design, target, RULE_STRENGTH)),
    ))  # fmt: skip
    part.add(
        n_rows=shrinkage.N_ROWS,
        n_columns=shrinkage.N_COLUMNS,
        n_true=len(TRUE),
        true_places=[column + 1 for column in TRUE],
        true_weights=list(TRUE.values()),
        likeness=shrinkage.LIKENESS,
        n_folds=N_FOLDS,
        n_new=N_NEW * shrinkage.N_ROWS,
        rule_rows=design.shape[0],
        rule_columns=design.shape[1],
        rule_strength=RULE_STRENGTH,
        rule_lasso_off=np.abs(rule[LASSO] - library[LASSO]).max(),
        rule_ridge_off=np.abs(rule[RIDGE] - library[RIDGE]).max(),
        rule_n_zero=int(np.sum(library[LASSO] == 0)),
    )
    part.text(
        "A penalty on the weights makes a model simpler without throwing columns away. What does its strength do to the"
        " weights and to the score, and why does L1 make zeros while L2 does not?"
    )
    part.formula("J(w) + λ Σ |wⱼ|   (L1)   or   J(w) + λ/2 Σ wⱼ²   (L2)")
    part.text(
        "J is made of the losses of the rows. Where columns are orthogonal and J is half the mean of the squared"
        " errors, the answer is a rule: L1 moves each least-squares weight by λ towards 0 and stops there, L2 divides"
        " each by 1 + λ. On {_rule_rows} rows of {_rule_columns} such columns scikit-learn's weights at λ ="
        " {_rule_strength:g} differ from the rules by {_rule_lasso_off:.0e} and {_rule_ridge_off:.0e}; {_rule_n_zero}"
        " of L1's are exactly 0."
    )
    part.text(
        "Otherwise columns stand in for each other. Data by formula: {_n_rows} rows of {_n_columns} standard normal"
        " columns, neighbours correlated by {_likeness:g}; the odds of class 1 are the exponential of a weighted sum of"
        " columns {_true_places}, with the weights {_true_weights:g}. Logistic regression: J is the sum of the"
        " log losses of the rows, and C = 1 / λ. {_n_new:,} new rows stand for the risk."
    )


def _measured(run: StudyRun, X: Any, y: Any) -> list[dict[str, Any]]:
    folds = list(StratifiedSplit(N_FOLDS, random_state=item_seed(run.seed, "path")).split(X, y))
    new = [two_classes(item_seed(run.seed, "new rows", k)) for k in range(N_NEW)]
    X_new, y_new = np.vstack([rows for rows, _ in new]), np.concatenate([classes for _, classes in new])
    paths = weight_paths(X, y, STRENGTHS)
    lines = []
    for k, C in enumerate(STRENGTHS):
        line: dict[str, Any] = {"C": C, "n_true": int(np.sum(paths[LASSO][k, list(TRUE)] != 0))}
        for name, model in MODELS.items():
            scores = on_folds(_always(scaled(model(C))), X, y, folds).auc
            line |= {
                f"{name}_n": int(np.sum(paths[name][k] != 0)),
                f"{name}_auc": scores.mean(),
                f"{name}_sd": scores.std(ddof=1),
                f"{name}_new": auc(y_new, X_new @ paths[name][k]),
                f"{name}_norm": float(np.linalg.norm(paths[name][k])),
            }
        lines.append(line)
    return lines


def _add_path(part: CasePage, lines: list[dict[str, Any]], X: Any, y: Any) -> None:
    part.figure(
        "weights",
        draw_paths(STRENGTHS, weight_paths(X, y, STRENGTHS), TRUE, {column: f"column {column + 1}" for column in TRUE}),
        "Weights against C. Colours: the columns that matter, their true weights as bars at the right; grey: the"
        " others.",
    )
    path = penalty_path(
        STRENGTHS,
        {name: ([line[f"{name}_auc"] for line in lines], [line[f"{name}_sd"] for line in lines]) for name in MODELS},
        {name: [line[f"{name}_n"] for line in lines] for name in MODELS},
        shrinkage.N_COLUMNS,
    )
    counting(path.axes[1])
    part.figure(
        "path",
        path,
        "AUC over {_n_folds} folds (left; bars: one standard deviation over the folds) and number of weights that are"
        " not 0 (right).",
    )
    part.table(
        "path",
        lines,
        [
            Column("C", "C", "g"),
            Column(f"{LASSO}_n", "weights not 0, L1", "d"),
            Column("n_true", "of those that matter", "d"),
            Column(f"{LASSO}_auc", "AUC in folds, L1", ".3f"),
            Column(f"{LASSO}_new", "new rows", ".3f"),
            Column(f"{RIDGE}_auc", "AUC in folds, L2", ".3f"),
            Column(f"{RIDGE}_new", "new rows", ".3f"),
            Column(f"{RIDGE}_norm", "length of the weights, L2", ".2f"),
        ],
    )


def _add_geometry(part: CasePage, X: Any, y: Any) -> None:
    two = X[:, list(PAIR)]
    share, _ = corner_share(two, y)
    share = share or SHARES[-1]
    free, diamond, circle = first_touch(two, y, share)
    at_corner = bool(np.any(diamond == 0))
    part.add(
        pair=[column + 1 for column in PAIR],
        pair_correlation=float(np.corrcoef(two.T)[0, 1]),
        free_weights=free,
        diamond_weights=diamond,
        circle_weights=circle,
        diamond_share=share,
        at_corner=at_corner,
    )
    part.figure(
        "contours",
        penalty_touch(
            lambda weights: profile_loss(two, y, weights),
            free,
            diamond,
            circle,
            (f"column {PAIR[0] + 1}", f"column {PAIR[1] + 1}"),
        ),
        "Contours of the mean log loss over the weights of columns {_pair}. The cross is the minimum without penalty,"
        " thin contours lie between it and the one that touches; the points are where the first contour touches the"
        " diamond |w₁| + |w₂| ≤ s (L1) and the circle w₁² + w₂² ≤ r² (L2).",
    )
    part.text(
        "The geometry: a penalty is the same as a bound on the weights. Take columns {_pair} only (correlation"
        " {_pair_correlation:.2f}; the second has no effect of its own). Contours of equal mean loss grow from the"
        " minimum, weights {_free_weights:.2f}, until they touch what the bound leaves, here {_diamond_share:.0%} of"
        " their sum.",
        "The diamond is touched at its corner: weights {_diamond_weights:.2f}, one exactly 0. On the circle of the same"
        " mean loss they are {_circle_weights:.2f}, both in use: a circle has no corners."
        if at_corner
        else "The diamond is touched on an edge, at {_diamond_weights:.2f}; on the circle of the same mean loss the"
        " weights are {_circle_weights:.2f}.",
    )


def _always(model: Any) -> Callable[[int], Any]:
    return lambda seed: model
