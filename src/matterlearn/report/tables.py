"""The tables of the page, as plain lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from matterlearn.report.facts import TargetFacts
from matterlearn.report.rows import label_of, model_rows, records, tested_splits
from matterlearn.report.words import percent
from matterlearn.validation.breakdown import by_domain
from matterlearn.validation.evidence import Evidence

WORST = 10
"""Rows of each split in the table of the worst ones."""

WORST_SPLITS = 4
"""Splits in that table."""

MOST_REASONS = 8
"""Reasons for rejecting rows that are listed; the rest is counted."""


def scores_by_split(scores: pd.DataFrame) -> list[list[dict[str, Any]]]:
    """Return the lines of the table of scores, split by split, the model first."""
    return [
        records(part.sort_values("role", key=lambda role: role == "baseline", kind="stable"))
        for _, part in scores.groupby("split", sort=False)
    ]


def domain_lines(evidence: Evidence) -> list[dict[str, Any]]:
    """Return error and coverage inside and outside the domain, split by split."""
    lines: list[dict[str, Any]] = []
    for split in tested_splits(evidence):
        sides = by_domain(evidence.predictions, split)
        sides = sides[sides["part"] != "distance"]
        total = sides["n_predictions"].sum()
        lines += [{"split": split, "share": line["n_predictions"] / total, **line} for line in records(sides)]
    return lines


def element_lines(facts: TargetFacts) -> list[dict[str, Any]]:
    """Return errors and coverage of each element: on rows like the training rows, and where it was left out."""
    lines: dict[str, dict[str, Any]] = {}
    known = facts.by_element(facts.kind) if facts.kind is not None else None
    for key, table in (("known", known), ("unseen", facts.left_out_elements)):
        for line in records(table) if table is not None else ():
            lines.setdefault(line["element"], {})[key] = line
    return [{"element": element, "known": None, "unseen": None, **lines[element]} for element in sorted(lines)]


def worst_lines(evidence: Evidence) -> list[dict[str, Any]]:
    """Return the predictions with the largest errors of each split, every row once per split."""
    labels = label_of(evidence)
    lines: list[dict[str, Any]] = []
    for split in tested_splits(evidence)[:WORST_SPLITS]:
        rows = model_rows(evidence, split)
        rows = rows.assign(error=rows["prediction"] - rows["y"])
        rows = rows.iloc[rows["error"].abs().argsort(kind="stable")[::-1]].drop_duplicates("row_id").head(WORST)
        lines += [
            {**line, "label": labels.get(line["row_id"], ""), "missed": not line["lower"] <= line["y"] <= line["upper"]}
            for line in records(rows)
        ]
    return lines


def reasons(rejected: pd.DataFrame) -> list[tuple[str, int]]:
    """Return why rows were rejected and how often, the most frequent first; what differs from row to row is left out.

    Examples
    --------
    >>> reasons(pd.DataFrame({"reason": ["unknown element 'Xx'", "unknown element 'Qq'", "no number"]}))
    [('unknown element …', 2), ('no number', 1)]
    """
    if rejected.empty:
        return []
    counts = rejected["reason"].map(lambda text: re.sub(r"'[^']*'|\"[^\"]*\"", "…", str(text))).value_counts(sort=False)
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    shown = [(str(text), int(n)) for text, n in ordered[:MOST_REASONS]]
    rest = sum(int(n) for _, n in ordered[MOST_REASONS:])
    return [*shown, ("other reasons", rest)] if rest else shown


def leak_lines(evidence: Evidence) -> list[dict[str, Any]]:
    """Return what the checks of the data found, warnings first."""
    return sorted(evidence.diagnostics.get("leaks", []), key=lambda entry: entry["severity"] != "warning")


def shares_in_words(values: Sequence[str]) -> str:
    """Return values and how often they occur, the most frequent first.

    Examples
    --------
    >>> shares_in_words(["a", "b", "a", "a"]).replace("\N{NO-BREAK SPACE}", " "), shares_in_words(["a"])
    ('a (75 %), b (25 %)', 'a')
    """
    counts = Counter(values)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    total = counts.total()
    return ", ".join(name if len(counts) == 1 else f"{name} ({percent(n / total)})" for name, n in ordered)
