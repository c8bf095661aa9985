"""Area under the ROC curve over folds, and whether one model is better than another."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from matterlearn.studies.case_page import CasePage
from matterlearn.studies.corrected_test import corrected_test
from matterlearn.studies.figures.fold_areas import fold_areas
from matterlearn.studies.metabolite_cases import N_FOLDS, TITLES, MetaboliteCase
from matterlearn.studies.metabolite_models import (
    DEPTH,
    EXTRA,
    EXTRA_TREES,
    FOREST,
    LASSO,
    QUICK_EXTRA_TREES,
    RIDGE,
    TREES,
    FoldScores,
    fold_models,
    on_folds,
)
from matterlearn.studies.page import Column, StudyPage
from matterlearn.studies.run import StudyRun

N_REPEATS = 5
"""Draws of the folds."""

LOGISTIC = f"logistic, {RIDGE}"

SURE = 0.05
"""Probability below which a difference is called sure."""


def judge_on_folds(case: MetaboliteCase, run: StudyRun) -> dict[str, FoldScores]:
    """Fit every model on the same repeated folds.

    Parameters
    ----------
    case : MetaboliteCase
        The table.
    run : StudyRun
        With the seed.

    Returns
    -------
    dict of str to FoldScores
        By model; the first five areas are those of the first draw.
    """
    folds = case.repeated_folds(run.seed, N_REPEATS)
    return {name: on_folds(model, case.values, case.y, folds) for name, model in fold_models(run.quick).items()}


def add_fold_numbers(page: StudyPage) -> None:
    """Make the settings that all tables share known to the page."""
    page.add(
        n_folds=N_FOLDS,
        n_repeats=N_REPEATS,
        n_all_folds=N_FOLDS * N_REPEATS,
        forest_depth=DEPTH,
        forest_trees=TREES,
        extra_n_trees=QUICK_EXTRA_TREES if page.run.quick else EXTRA_TREES,
        sure=SURE,
    )


def add_folds(part: CasePage, case: MetaboliteCase, judged: Mapping[str, FoldScores]) -> None:
    """Write the section on the folds.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    case : MetaboliteCase
        The table.
    judged : mapping of str to FoldScores
        What `judge_on_folds` returns.
    """
    part.section(f"Folds and a forest: {TITLES[case.key]}")
    lines = [
        {
            "model": name,
            "mean": scores.auc[:N_FOLDS].mean(),
            "sd": scores.auc[:N_FOLDS].std(ddof=1),
            "all_mean": scores.auc.mean(),
            "all_sd": scores.auc.std(ddof=1),
            "low": scores.auc.min(),
            "high": scores.auc.max(),
        }
        for name, scores in judged.items()
    ]
    best = max(lines, key=lambda line: float(line["all_mean"]))
    keys = {LOGISTIC: "logistic", f"logistic, {LASSO}": "sparse", FOREST: "forest", EXTRA: "extra"}
    for line in lines:
        part.add(**{f"{keys[str(line['model'])]}_{name}": line[name] for name in ("mean", "sd", "all_mean", "all_sd")})
    part.add(best_model=best["model"], best_auc=best["all_mean"], best_sd=best["all_sd"])
    part.text(
        "One test is one draw. Here every row is a test row once in each of {n_repeats} draws of {n_folds} folds, with"
        " the same share of both classes in each fold; scale, weights and trees are learned inside the training rows of"
        " each fold. All models meet the same folds: the scaled logistic pipeline, its L1 sister, the forest of the"
        " exercise ({forest_trees} trees of depth {forest_depth}), and {extra_n_trees} extra trees that are not pruned."
    )
    part.table(
        "folds",
        lines,
        [
            Column("model", "model"),
            Column("mean", "AUC, first draw", ".3f"),
            Column("sd", "spread", ".3f"),
            Column("all_mean", "AUC, all draws", ".3f"),
            Column("all_sd", "spread", ".3f"),
            Column("low", "lowest fold", ".3f"),
            Column("high", "highest fold", ".3f"),
        ],
        "Mean area under the ROC curve and its standard deviation over the {n_folds} folds of the first draw, and over"
        " all {n_all_folds}.",
    )
    part.figure(
        "folds",
        fold_areas({name: scores.auc for name, scores in judged.items()}),
        "Area under the ROC curve on each of the {n_all_folds} folds; a thin line joins the values of one fold, the"
        " long bar is the mean.",
    )
    _add_test(part, case, judged)


def _add_test(part: CasePage, case: MetaboliteCase, judged: Mapping[str, FoldScores]) -> None:
    ratio = float(np.mean([len(test) / len(train) for train, test in case.folds(part.page.run.seed)]))
    found = corrected_test(judged[FOREST].auc - judged[LOGISTIC].auc, ratio)
    part.add(
        gain=found.mean,
        gain_low=found.low,
        gain_high=found.high,
        gain_t=found.t,
        gain_p=found.p,
        gain_naive_p=found.naive_p,
        gain_wins=int(np.sum(judged[FOREST].auc > judged[LOGISTIC].auc)),
        test_per_train=ratio,
    )
    part.text(
        "Forest minus logistic pipeline is {_gain:.3f} in AUC, 95 % interval {_gain_low:.3f} to {_gain_high:.3f}"
        " (p = {_gain_p:.2g}), and the forest is ahead on {_gain_wins} of {n_all_folds} folds:",
        _said(part),
        "The folds share most of their training rows and are no independent trials. The test therefore takes the"
        " variance of the mean as (1 / J + n_test / n_train) s² with J = {n_all_folds} and n_test / n_train ="
        " {_test_per_train:.2f} (Nadeau and Bengio); a test that forgets this would give p = {_gain_naive_p:.1g}.",
    )


def _said(part: CasePage) -> str:
    if part["gain_p"] >= SURE:
        return "the folds do not show that either is better."
    return "the forest is better." if part["gain"] > 0 else "the logistic pipeline is better."
