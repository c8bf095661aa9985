"""Study `perovskite-alloys`: energy above hull from how much of each element stands on each site.

Data: alloyed perovskite oxides, or the binary alloys of the embedded set with amounts. Models: a small network on site
fractions, the best of a search over networks, and that again in PyTorch. Tests: 20 % of the rows at random, other
random splits, and every element left out in turn. Last, the network as a classifier of band types, on other tables.
"""

from __future__ import annotations

from matterlearn.studies.alloy_models import fit_variants
from matterlearn.studies.alloy_search_models import search_alloys
from matterlearn.studies.cases import alloyed_perovskites
from matterlearn.studies.page import StudyPage
from matterlearn.studies.parts.alloy_data import add_alloys, add_fractions
from matterlearn.studies.parts.alloy_headline import add_headline
from matterlearn.studies.parts.alloy_network import add_stated, add_transfer_of_alloys, add_variants
from matterlearn.studies.parts.alloy_search import add_search
from matterlearn.studies.parts.alloy_torch import add_torch
from matterlearn.studies.parts.band_types import add_band_types
from matterlearn.studies.run import StudyRun


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
    case = alloyed_perovskites(run)
    page = StudyPage("Energy above hull of alloys from site fractions", run)
    page.source(
        data=f"{case.dataset.name}: {case.rows_are}",
        citation=case.dataset.citation,
        licence=case.dataset.licence,
        sha256=case.dataset.sha256,
    )
    run.say(f"data: {len(case.y)} {case.rows_are}")
    add_alloys(page, case)
    add_fractions(page, case)
    run.say("the network as stated, and with its target in other units")
    results = fit_variants(case, run)
    add_stated(page, case, results)
    add_variants(page, case, results)
    run.say("every element left out in turn")
    add_transfer_of_alloys(page, case, run, results)
    run.say("a search over networks")
    found = search_alloys(case, run, results.rows)
    add_search(page, case, run, found)
    run.say("the network that was found, in PyTorch")
    add_torch(page, case, run, found)
    add_band_types(page, run, found.settings)
    add_headline(page, run)
    return page
