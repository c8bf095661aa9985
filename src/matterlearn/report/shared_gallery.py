"""Figures that the reports of numbers and of classes share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from matterlearn.report.facts import TargetFacts
from matterlearn.report.figures.importance import importance
from matterlearn.report.figures.learning_curve import learning_curve, mean_curve, power_law
from matterlearn.report.figures.partial_dependence import partial_dependence
from matterlearn.report.figures.periodic_table import periodic_table
from matterlearn.report.figures.symmetry_audit import symmetry_audit
from matterlearn.report.measure import Measure
from matterlearn.report.plate import Plate
from matterlearn.report.rows import records
from matterlearn.report.words import in_unit, number, percent, split_words
from matterlearn.validation.audits import Audit
from matterlearn.validation.evidence import Evidence

MOST_DEPENDENCES = 6
"""Features whose partial dependence is drawn."""


def element_plates(facts: TargetFacts, measure: Measure, *, typical: float | None, held: str) -> Iterator[Plate]:
    """Draw periodic tables of errors: on rows like the training rows, and where elements were left out.

    Parameters
    ----------
    facts : TargetFacts
        Of one target.
    measure : Measure
        What the column "mae" of its breakdowns is.
    typical : float, optional
        The error on all rows like the training rows.
    held : str
        What is said of the share of rows whose interval or set held.

    Yields
    ------
    Plate
        None for rows without elements.
    """
    if facts.kind is not None and len(table := facts.by_element(facts.kind)):
        yield _table_of_elements(
            table,
            measure,
            held,
            "elements-random",
            "Rows with the element, random rows",
            {} if typical is None else {"all rows": typical},
            "Error on rows that hold the element. Small print: number of rows. Blank: not in these rows.",
        )
    if len(table := facts.left_out_elements):
        yield _table_of_elements(
            table,
            measure,
            held,
            "elements-left-out",
            "When the element was left out of training",
            {} if typical is None else {"random rows": typical},
            "Error on rows that hold the element, by a model that never saw it. Each panel has its own colours.",
        )


def _table_of_elements(
    table: pd.DataFrame, measure: Measure, held: str, name: str, title: str, marks: dict[str, float], caption: str
) -> Plate:
    lines = records(table)
    values = {line["element"]: line["mae"] for line in lines}
    texts = {
        line["element"]: f"{line['element']}\n{measure.short} {measure.say(line['mae'])} on {line['n_rows']} rows\n"
        f"{percent(line['coverage'])} {held}"
        for line in lines
    }
    said = percent if measure.is_share else number
    many = measure.name.replace("share", "shares", 1) if measure.is_share else f"{measure.name}s"
    worst = in_unit(", ".join(f"{line['element']} {said(line['mae'])}" for line in lines[:5]), measure.unit)
    return Plate(
        "elements",
        name,
        periodic_table(
            values,
            {line["element"]: line["n_rows"] for line in lines},
            label=measure.name,
            unit=measure.unit,
            title=title,
            texts=texts,
            marks=marks,
        ),
        f"Periodic table of {many}. {title}. Largest: {worst}.",
        caption,
    )


def learning_plates(evidence: Evidence, measure: Measure) -> Iterator[Plate]:
    """Draw the error against the number of training rows, if it was measured."""
    entries = evidence.diagnostics.get("learning_curve", [])
    entries = [entry for entry in entries if entry.get(measure.key) is not None]  # of rows of one class there is none
    if not entries:
        return
    evidence = replace(evidence, diagnostics={**evidence.diagnostics, "learning_curve": entries})
    said = []
    for split in dict.fromkeys(str(entry["split"]) for entry in entries):
        curve = mean_curve([entry for entry in entries if entry["split"] == split], measure.key)
        fitted = power_law(curve, measure.key)
        if fitted is not None:
            change = 2 ** fitted[1] - 1
            said.append(f"{'+' if change > 0 else '−'}{abs(change):.0%} on {split_words(split)}".replace("%", " %"))
    guide = f" Twice as many rows of this kind would change the error by about {', '.join(said)}." if said else ""
    yield Plate(
        "learning",
        "learning-curve",
        learning_curve(evidence, measure),
        f"{measure.name.capitalize()} against the number of training rows.{guide}",
        f"{measure.name.capitalize()} against the number of training rows. Small points: single folds. Dashed: a power "
        f"law, as a guide.{guide}",
    )


def importance_plates(evidence: Evidence, measure: Measure) -> Iterator[Plate]:
    """Draw by how much the error rises when values are shuffled, if it was measured."""
    entries = evidence.diagnostics.get("importance", [])
    error = "error" if measure.unit or not evidence.is_class else measure.name
    shown: list[set[str]] = []
    for by in ("property", "site", "input"):
        names = {entry["name"] for entry in entries if entry["by"] == by}
        if len(names) < 2 or names in shown:  # where every input is a site, both say the same
            continue
        shown.append(names)
        yield Plate(
            "importance",
            f"importance-by-{by}",
            importance(evidence, by, measure),
            f"Rise of the error when values are shuffled, by {by}.",
            f"How much the {error} on unseen rows rises when all features of one {by} are shuffled together. "
            "Bars: one standard deviation over folds and repeats.",
        )


def symmetry_plates(evidence: Evidence) -> Iterator[Plate]:
    """Draw how predictions change where they must not, if the inputs hold positions of atoms."""
    for entry in evidence.diagnostics.get("symmetries", []):
        found = Audit.from_dict({name: value for name, value in entry.items() if name != "target"})
        yield Plate(
            "symmetries",
            "symmetries",
            symmetry_audit(found),
            " ".join(entry["text"]),
            f"How much the prediction changes under each symmetry, on {found.n_rows} training rows. Each point is a "
            f"{found.noun} and a change; the bar is the middle half, the large point the median, the tick the largest.",
        )


def dependence_plates(evidence: Evidence) -> Iterator[Plate]:
    """Draw how predictions follow features, if it was worked out."""
    for k, entry in enumerate(evidence.diagnostics.get("partial_dependence", [])[:MOST_DEPENDENCES], start=1):
        yield Plate(
            "dependence",
            f"partial-dependence-{k}",
            partial_dependence(evidence, entry),
            f"Mean prediction against {entry['feature']}: from {number(entry['mean'][0])} to "
            f"{number(entry['mean'][-1])}.",
        )
