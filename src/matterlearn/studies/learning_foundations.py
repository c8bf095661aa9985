"""Study `learning-foundations`: what learning from data rests on, each claim as an experiment whose answer is known.

Data: made by formulas and laws of physics, stated in each chapter; nothing is read. Models: least squares, polynomials,
kernels, neighbours, forests. Tests: closed forms wherever there is one, fresh draws of the same distribution elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from matterlearn.core.parallel import single_thread
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.foundations.chapters.choosing import add_choosing
from matterlearn.studies.foundations.chapters.descent import add_descent
from matterlearn.studies.foundations.chapters.dimensions import add_dimensions
from matterlearn.studies.foundations.chapters.importances import add_importances
from matterlearn.studies.foundations.chapters.kernel_trick import add_kernel_trick
from matterlearn.studies.foundations.chapters.likelihood import add_likelihood
from matterlearn.studies.foundations.chapters.risk import add_risk
from matterlearn.studies.foundations.chapters.selecting import add_selecting
from matterlearn.studies.foundations.chapters.shrinkage import add_shrinkage
from matterlearn.studies.foundations.chapters.trade_off import add_trade_off
from matterlearn.studies.foundations.chapters.two_gaussians import add_two_gaussians
from matterlearn.studies.foundations.headline import add_headline
from matterlearn.studies.page import StudyPage
from matterlearn.studies.run import StudyRun

TITLE = "Foundations of learning: each claim as an experiment whose answer is known"

Chapter = Callable[[CasePage, StudyRun], None]

CHAPTERS: Final[tuple[tuple[str, str, Chapter], ...]] = (
    ("risk", "empirical risk and the risk it stands for", add_risk),
    ("descent", "linear regression by gradient descent", add_descent),
    ("likelihood", "losses from the likelihood", add_likelihood),
    ("tradeoff", "bias and variance", add_trade_off),
    ("choosing", "hyper-parameters and validation", add_choosing),
    ("penalty", "the path of a penalty", add_shrinkage),
    ("kernel", "the kernel trick", add_kernel_trick),
    ("importance", "permutation importance", add_importances),
    ("selection", "feature selection", add_selecting),
    ("dimensions", "the curse of dimensionality", add_dimensions),
    ("decision", "two normal distributions", add_two_gaussians),
)
"""For each chapter the beginning of its numbers' names, what it is about, and what writes it."""


def build(run: StudyRun) -> StudyPage:
    """Compute the study and return its page.

    Parameters
    ----------
    run : StudyRun
        What was asked for. No data set is needed, so `demo` changes nothing.

    Returns
    -------
    StudyPage
        Complete, not yet written.
    """
    page = StudyPage(TITLE, run)
    page.source(data="made by formulas and laws of physics, stated in each chapter")
    with single_thread():
        for key, about, add in CHAPTERS:
            run.say(about)
            add(CasePage(page, key), run)
    add_headline(page)
    return page
