"""The page of a target of classes."""

from __future__ import annotations

from matterlearn.report.class_facts import ClassFacts
from matterlearn.report.class_gallery import class_plates
from matterlearn.report.class_headline import class_headline
from matterlearn.report.class_tables import (
    balance_lines,
    class_lines,
    confused_lines,
    decision_facts,
    domain_lines,
    refusal_lines,
    worst_lines,
)
from matterlearn.report.sentences import symmetry_lines
from matterlearn.report.tables import element_lines
from matterlearn.report.target_page import TargetPage, calibrated_on, inner_errors
from matterlearn.validation.evidence import Evidence

PARTS = (
    ("data", "Data"),
    ("scores", "Scores"),
    ("curves", "ROC and PR"),
    ("confusion", "Confusion"),
    ("probabilities", "Probabilities"),
    ("refusal", "Refusal"),
    ("decisions", "Decisions"),
    ("elements", "Elements"),
    ("learning", "More data"),
    ("importance", "Importance"),
    ("dependence", "Dependence"),
    ("surrogate", "In words"),
    ("symmetries", "Symmetries"),
    ("domain", "Domain"),
    ("worst", "Worst rows"),
)
"""Parts of the page in their order."""

ALWAYS = frozenset(dict(PARTS)) - {"elements", "learning", "importance", "dependence", "surrogate", "symmetries"}
"""Parts that every fit has."""


def class_page(evidence: Evidence) -> TargetPage:
    """Return what the page says of a target of classes.

    Parameters
    ----------
    evidence : Evidence
        Of one target.

    Returns
    -------
    TargetPage
    """
    facts = ClassFacts(evidence)
    chosen = evidence.plan["chosen"]
    return TargetPage(
        template="page_classes.html",
        parts=PARTS,
        always=ALWAYS,
        headline=class_headline(evidence, facts),
        plates=class_plates(facts),
        tables={
            "symmetries": symmetry_lines(evidence),
            "facts": facts,
            "balance": balance_lines(facts),
            "by_class": class_lines(facts),
            "confused": confused_lines(facts),
            "refusal": refusal_lines(facts),
            "decisions": decision_facts(facts),
            "elements": element_lines(facts),
            "domain": domain_lines(facts),
            "worst": worst_lines(facts),
            "inner": inner_errors(chosen, "inner_log_loss", "inner log loss"),
            "final_calibration": calibrated_on(chosen.get("calibrated_on"), "probabilities"),
        },
    )
