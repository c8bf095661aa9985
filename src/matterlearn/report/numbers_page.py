"""The page of a target of numbers."""

from __future__ import annotations

from matterlearn.report.facts import Facts
from matterlearn.report.gallery import plates
from matterlearn.report.headline import headline
from matterlearn.report.rows import model_rows
from matterlearn.report.sentences import symmetry_lines
from matterlearn.report.tables import domain_lines, element_lines, shares_in_words, worst_lines
from matterlearn.report.target_page import TargetPage, calibrated_on, inner_errors
from matterlearn.validation.evidence import Evidence

PARTS = (
    ("data", "Data"),
    ("scores", "Scores"),
    ("parity", "Parity"),
    ("elements", "Elements"),
    ("residuals", "Errors"),
    ("learning", "More data"),
    ("importance", "Importance"),
    ("dependence", "Dependence"),
    ("surrogate", "In words"),
    ("symmetries", "Symmetries"),
    ("calibration", "Intervals"),
    ("domain", "Domain"),
    ("worst", "Worst rows"),
)
"""Parts of the page in their order."""

ALWAYS = frozenset({"data", "scores", "parity", "residuals", "domain", "worst"})
"""Parts that every fit has."""


def numbers_page(evidence: Evidence) -> TargetPage:
    """Return what the page says of a target of numbers.

    Parameters
    ----------
    evidence : Evidence
        Of one target.

    Returns
    -------
    TargetPage
    """
    facts = Facts(evidence)
    chosen = evidence.plan["chosen"]
    used = [value for split in facts.splits for value in model_rows(evidence, split)["calibrated_on"] if value]
    return TargetPage(
        template="page_numbers.html",
        parts=PARTS,
        always=ALWAYS,
        headline=headline(evidence, facts),
        plates=plates(facts),
        tables={
            "symmetries": symmetry_lines(evidence),
            "facts": facts,
            "elements": element_lines(facts),
            "domain": domain_lines(evidence),
            "worst": worst_lines(evidence),
            "calibrated_on": shares_in_words(used),
            "inner": inner_errors(chosen, "inner_mae", "inner errors"),
            "final_calibration": calibrated_on(chosen.get("calibrated_on"), "intervals"),
        },
    )
