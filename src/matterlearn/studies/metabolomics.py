"""Study `metabolomics`: classification done right on tables of metabolites, and what such a table cannot show.

Data: plasma of patients and controls, and two tissues; or scikit-learn's bundled table of cell nuclei. Models: logistic
regression with and without penalty, forests, and what `fit` finds. Tests: one split, repeated folds, many random
splits, and, before all, persons of the same age.
"""

from __future__ import annotations

from matterlearn.studies.case_page import CasePage
from matterlearn.studies.metabolite_cases import (
    BUNDLED,
    TITLES,
    MetaboliteCase,
    metabolite_cases,
    with_data_at_hand,
)
from matterlearn.studies.metabolite_models import scaled_split
from matterlearn.studies.page import StudyPage
from matterlearn.studies.parts.measure_leak import add_leak
from matterlearn.studies.parts.metabolite_best import add_best
from matterlearn.studies.parts.metabolite_confounder import add_confounder
from matterlearn.studies.parts.metabolite_data import add_describe
from matterlearn.studies.parts.metabolite_folds import LOGISTIC, add_fold_numbers, add_folds, judge_on_folds
from matterlearn.studies.parts.metabolite_headline import add_headline
from matterlearn.studies.parts.metabolite_importance import add_importance
from matterlearn.studies.parts.metabolite_logistic import add_logistic, add_separable, fit_logistic
from matterlearn.studies.parts.metabolite_marker_ranks import add_markers
from matterlearn.studies.parts.metabolite_path import add_geometry, add_path
from matterlearn.studies.parts.metabolite_pathways import add_pathways
from matterlearn.studies.parts.metabolite_split import add_split
from matterlearn.studies.run import StudyRun

TITLE = "Breast cancer from metabolites, and the confounder that comes first"

DEMO_TITLE = "Classification done right: demonstration on scikit-learn's table of cell nuclei"


def build(run: StudyRun) -> StudyPage:
    """Compute the study and return its page.

    Parameters
    ----------
    run : StudyRun
        What was asked for.

    Returns
    -------
    StudyPage
        Complete, not yet written.

    Raises
    ------
    DataError
        If a table in the data home, or a map of pathways, cannot be used.
    """
    run = with_data_at_hand(run)
    cases = metabolite_cases(run)
    page = StudyPage(DEMO_TITLE if run.demo else TITLE, run)
    _add_sources(page, cases)
    add_fold_numbers(page)
    for case in cases:
        _add_case(page, case, run, is_first=case is cases[0])
    add_headline(page, cases)
    return page


def _add_case(page: StudyPage, case: MetaboliteCase, run: StudyRun, *, is_first: bool) -> None:
    """Write all sections of a table; the first one has more of them."""
    part = CasePage(page, case.key)
    run.say(f"{TITLES[case.key]}: {len(case.y)} rows, {case.values.shape[1]} {case.columns_are}")
    add_describe(part, case)
    if is_first:
        run.say(f"{TITLES[case.key]}: the confounder")
        add_confounder(part, case)
    split = scaled_split(case, run.seed)
    add_split(part, case, split)
    fitted = fit_logistic(split, saga=is_first)
    add_logistic(part, case, split, fitted, saga=is_first)
    add_separable(part, split)
    add_path(part, case, split)
    if is_first:
        add_geometry(part, case, split)
    run.say(f"{TITLES[case.key]}: repeated folds")
    judged = judge_on_folds(case, run)
    add_folds(part, case, judged)
    if is_first:
        add_leak(part, case, run)
    add_markers(part, case, run)
    add_importance(part, case, run)
    run.say(f"{TITLES[case.key]}: the best candidate of fit")
    add_best(part, case, run)
    if is_first:
        add_pathways(part, case, run, judged[LOGISTIC])


def _add_sources(page: StudyPage, cases: list[MetaboliteCase]) -> None:
    names = {case.key: case.dataset.name if case.dataset else "scikit-learn, load_breast_cancer" for case in cases}
    first, *others = cases
    what = "cell nuclei of breast tumours" if first.key == BUNDLED else "metabolites in plasma"
    page.source(
        data=f"{names[first.key]}: {what}",
        citation=first.citation,
        licence=first.licence,
        sha256=first.sha256,
        **{
            TITLES[case.key]: "; ".join(filter(None, [names[case.key], case.citation, case.licence, case.sha256]))
            for case in others
        },
    )
