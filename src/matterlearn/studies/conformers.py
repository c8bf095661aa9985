"""Study `conformers`: a first force field that fails for a reason, the audit that shows it, and what mends it.

Data: conformers of one molecule, made on the spot with the energies of a force field. Models: the workshop's boosted
trees on raw coordinates; augmentation; invariant features; an invariant network. Tests: conformers and molecules that
were not seen, and audits of the symmetries of physics.
"""

from __future__ import annotations

from matterlearn.studies.molecules.cheaper import add_cheaper
from matterlearn.studies.molecules.data import conformer_data
from matterlearn.studies.molecules.fitting import fit_all
from matterlearn.studies.molecules.learners import learners
from matterlearn.studies.molecules.sections import add_curves, add_data, add_headline, add_repairs
from matterlearn.studies.molecules.transfer import add_transfer
from matterlearn.studies.molecules.workshop import add_workshop
from matterlearn.studies.page import StudyPage
from matterlearn.studies.run import StudyRun

TITLE = "Energies of conformers: a force field that fails for a reason, and three ways to mend it"


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
    """
    page = StudyPage(TITLE, run)
    run.say("making conformers; made before, they are found again")
    data = conformer_data(run)
    page.source(
        data=f"{len(data.conformers):,} conformers made on this machine by RDKit, energies of MMFF94",
        citation="; ".join(
            (
                "ETKDG: S. Riniker, G. A. Landrum, J. Chem. Inf. Model. 55, 2562 (2015)",
                "MMFF94: T. A. Halgren, J. Comput. Chem. 17, 490 (1996)",
            )
        ),
        licence="computed here",
    )
    add_data(page, data)
    fitted = fit_all(learners(run.quick, run.seed), data, run)
    add_workshop(page, data, fitted["workshop"])
    add_repairs(page, data, fitted)
    add_curves(page, fitted)
    add_transfer(page, data, fitted, run)
    add_cheaper(page, data, run)
    add_headline(page, fitted)
    return page
