"""Study `perovskite-search`: hyper-parameters of a network, searched on a grid with every element known.

Data: unalloyed perovskite oxides ABO3 with most of the hold-out among the rows to learn from, or binary alloys of the
embedded set. Models: networks on one-hot bits, 27 combinations of layers, learning rate and weight decay. Tests: 20 %
of the rows without, and 20 % of the rows with the elements of the hold-out.
"""

from __future__ import annotations

from matterlearn.studies.cases import unalloyed_perovskites
from matterlearn.studies.page import StudyPage
from matterlearn.studies.parts.search_grid import add_grid
from matterlearn.studies.parts.search_rows import add_search_rows
from matterlearn.studies.parts.search_tests import add_tests
from matterlearn.studies.run import StudyRun
from matterlearn.studies.search_models import search_networks


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
        If the data set is not in the data home.
    """
    case = unalloyed_perovskites(run)
    page = StudyPage("Hyper-parameters of a network, searched on a grid", run)
    page.source(
        data=f"{case.dataset.name}: {case.rows_are}",
        citation=case.dataset.citation,
        licence=case.dataset.licence,
        sha256=case.dataset.sha256,
    )
    run.say(f"data: {len(case.y)} {case.rows_are}")
    run.say("every combination on every fold")
    results = search_networks(case, run)
    add_search_rows(page, case, results)
    add_grid(page, results)
    add_tests(page, case, results)
    return page
