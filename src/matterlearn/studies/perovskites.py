"""Study `perovskites`: what a model of energy above hull knows about elements it has never seen.

Data: unalloyed perovskite oxides ABO3, or binary alloys of the embedded set. Models: ridge and a network, on one-hot
bits of the elements and on 16 properties of each. Tests: 20 % of the rows at random, a hold-out of unseen elements, and
every element left out in turn.
"""

from __future__ import annotations

from matterlearn.studies.cases import unalloyed_perovskites
from matterlearn.studies.page import StudyPage
from matterlearn.studies.parts.data import add_data
from matterlearn.studies.parts.descriptors import add_descriptors
from matterlearn.studies.parts.encoding import add_bits
from matterlearn.studies.parts.hold_out import add_hold_out
from matterlearn.studies.parts.hull import add_hull
from matterlearn.studies.parts.ridge_and_network import add_network, add_ridge
from matterlearn.studies.parts.torch_batches import add_batches
from matterlearn.studies.parts.torch_training import add_training
from matterlearn.studies.parts.torch_transfer import add_torch_transfer
from matterlearn.studies.parts.transfer import add_transfer
from matterlearn.studies.parts.weight_decay import add_weight_decay
from matterlearn.studies.perovskite_models import fit_models
from matterlearn.studies.run import StudyRun
from matterlearn.studies.torch_models import fit_torch


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
    page = StudyPage("Energy above hull, and elements never seen", run)
    page.source(
        data=f"{case.dataset.name}: {case.rows_are}",
        citation=case.dataset.citation,
        licence=case.dataset.licence,
        sha256=case.dataset.sha256,
    )
    run.say("energy above hull of Co2O3")
    add_hull(page)
    run.say(f"data: {len(case.y)} {case.rows_are}")
    add_data(page, case)
    add_bits(page, case)
    run.say("ridge and network, on bits and on descriptors")
    results = fit_models(case, run)
    add_ridge(page, case, results)
    add_network(page, case, results)
    add_hold_out(page, case, results)
    add_descriptors(page, case, results)
    run.say("the network in PyTorch")
    torch_results = fit_torch(case, run)
    add_batches(page, case, torch_results)
    add_training(page, case, torch_results)
    add_torch_transfer(page, case, torch_results)
    add_weight_decay(page, case, results, torch_results)
    run.say("every element left out in turn")
    add_transfer(page, case, run, results)
    return page
