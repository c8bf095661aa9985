"""Study `metabolomics`: classification done right on tables of metabolites, and what such a table cannot show.

Data: plasma of patients and controls, and two tissues; or scikit-learn's bundled table of cell nuclei. Models: logistic
regression with and without penalty, a forest. Tests: 80/20, repeated folds, and, before all, persons of the same age.
"""

from __future__ import annotations

from matterlearn.studies.case_page import CasePage
from matterlearn.studies.metabolite_cases import metabolite_cases
from matterlearn.studies.metabolite_models import scaled_split
from matterlearn.studies.page import StudyPage
from matterlearn.studies.parts.metabolite_confounder import add_confounder
from matterlearn.studies.parts.metabolite_data import add_describe
from matterlearn.studies.parts.metabolite_folds import add_fold_numbers, add_folds, judge_on_folds
from matterlearn.studies.parts.metabolite_logistic import add_logistic, add_separable, fit_logistic
from matterlearn.studies.parts.metabolite_split import add_split
from matterlearn.studies.run import StudyRun


def build(run: StudyRun) -> StudyPage:
    """Compute the study and return its page."""
    first, *others = metabolite_cases(run)
    page = StudyPage("Metabolites and breast cancer", run)
    page.source(data="x")
    add_fold_numbers(page)
    for number, case in enumerate([first, *others]):
        part = CasePage(page, case.key)
        split = scaled_split(case, run.seed)
        saga = not number
        run.say(case.key)
        add_describe(part, case)
        judged = judge_on_folds(case, run)
        if saga:
            add_confounder(part, case)
        add_split(part, case, split)
        fitted = fit_logistic(split, saga=saga)
        add_logistic(part, case, split, fitted, saga=saga)
        add_separable(part, split)
        add_folds(part, case, judged)
    return page
