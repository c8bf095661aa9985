"""The best candidate of `fit`, beside the models of the exercise."""

from __future__ import annotations

from typing import Any

import numpy as np

from matterlearn.report.words import number
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.corrected_test import corrected_test
from matterlearn.studies.metabolite_cases import TITLES, MetaboliteCase
from matterlearn.studies.page import Column, listed
from matterlearn.studies.run import StudyRun

MOST_POINTED_OUT = 5
"""Columns left out of the inputs that are named."""


def add_best(part: CasePage, case: MetaboliteCase, run: StudyRun) -> None:
    """Write the section on `fit`; a quick study leaves it out.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    case : MetaboliteCase
        The table.
    run : StudyRun
        With seed and processes.
    """
    part.section(f"The best candidate of fit: {TITLES[case.key]}")
    part.add(has_fit=not run.quick)
    if run.quick:
        part.text(
            "Left out in a quick study. The full one hands the table to matterlearn fit, which compares families of"
            " models in inner folds, calibrates the best of them or a blend, and is judged on outer folds."
        )
        return
    from matterlearn.studies.metabolite_fit import best_of_fit

    found = best_of_fit(case, run)
    lines: list[dict[str, Any]] = [{"model": "best of fit", "auc": found.auc}]
    lines += [{"model": name, "auc": scores.auc} for name, scores in found.beside.items()]
    best = max(found.beside, key=lambda name: float(found.beside[name].auc.mean()))
    chosen = found.evidence.plan["chosen"]
    part.add(
        fit_families=list(found.evidence.plan["candidates"]),
        fit_auc=found.auc.mean(),
        fit_n_folds=len(found.auc),
        fit_chosen=_said(chosen),
        fit_best_other=best,
        fit_best_other_auc=found.beside[best].auc.mean(),
        fit_difference=float(np.mean(found.auc - found.beside[best].auc)),
    )
    part.text(
        "matterlearn fit gets the table and follows its full plan: it compares families of models ({_fit_families}) in"
        " inner folds of the training rows, keeps the best one or a blend of several, and judges the whole procedure on"
        " {_fit_n_folds} outer folds, so that what is chosen has not seen the rows it is judged on. On all rows it"
        " chooses {_fit_chosen}. The models of the exercise are fitted on the same outer folds.",
    )
    part.table(
        "fit",
        [{"model": line["model"], "mean": line["auc"].mean(), "sd": line["auc"].std(ddof=1)} for line in lines],
        [Column("model", "model"), Column("mean", "AUC", ".3f"), Column("sd", "spread", ".3f")],
        "Mean and standard deviation over the outer folds of fit.",
    )
    part.text(
        _compared(part, found.auc - found.beside[best].auc, _ratio(found.folds)), _pointed_out(part, found.evidence)
    )


def _ratio(folds: Any) -> float:
    return float(np.mean([len(test) / len(train) for train, test in folds]))


def _compared(part: CasePage, differences: Any, ratio: float) -> str:
    if len(differences) < 2:
        return "One fold is too few to compare them."
    test = corrected_test(differences, ratio)
    part.add(fit_low=test.low, fit_high=test.high)
    verdict = (
        "which these folds do not tell from none."
        if test.low <= 0 <= test.high
        else "in favour of fit."
        if test.mean > 0
        else "to its disadvantage."
    )
    return (
        "The best of the others is {_fit_best_other} with {_fit_best_other_auc:.3f}; fit minus this one is"
        f" {{_fit_difference:.3f}} [{{_fit_low:.3f}}, {{_fit_high:.3f}}], {verdict}"
    )


def _said(chosen: Any) -> str:
    """Return the chosen candidates with their weights in words."""
    weights = chosen.get("weights", chosen) if isinstance(chosen, dict) else {str(chosen): 1.0}
    return listed([name if weight == 1 else f"{name} ({number(weight)})" for name, weight in weights.items()])


def _pointed_out(part: CasePage, evidence: Any) -> str:
    """Return which columns beside the inputs `fit` has found to predict the label."""
    leaks = evidence.diagnostics.get("leaks", [])
    inputs = evidence.data["inputs"]
    found = (str(entry["column"]) for entry in leaks if entry.get("column") and entry["column"] not in inputs)
    names = list(dict.fromkeys(found))[:MOST_POINTED_OUT]
    part.add(fit_pointed_out=names)
    return (
        "By itself it points out columns that are no inputs and predict the label: {_fit_pointed_out}." if names else ""
    )
