"""Which rows a search learns from, and why there are two tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from matterlearn.studies.cases import Case
from matterlearn.studies.page import Column, StudyPage
from matterlearn.studies.parts.data import DEMO
from matterlearn.studies.search_models import FIRST, SECOND, TRAIN, SearchResults


def add_search_rows(page: StudyPage, case: Case, results: SearchResults) -> None:
    """Write the section on the rows.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    case : Case
        The data.
    results : SearchResults
        With the sets of rows.
    """
    unseen = frozenset(case.unseen)
    lines: list[dict[str, Any]] = []
    for name in (TRAIN, FIRST, SECOND):
        part = results.rows[name]
        elements = [case.elements[row] for row in part]
        lines.append(
            {
                "rows": name,
                "n_rows": len(part),
                "n_elements": len(frozenset[str]().union(*elements)),
                "n_with_unseen": sum(not unseen.isdisjoint(row) for row in elements),
                "mean": float(case.y[part].mean()),
                "spread": float(case.y[part].std()),
            }
        )
    page.section("The rows")
    page.add(
        unit=case.unit,
        n_rows=len(case.y),
        n_open=int((~case.held_out).sum()),
        n_hold_out=int(case.held_out.sum()),
        unseen=list(case.unseen),
        n_vocabulary=len(case.vocabulary),
        n_train=lines[0]["n_rows"],
        n_test=lines[1]["n_rows"],
        n_second_test=lines[2]["n_rows"],
        n_added=int(case.held_out[results.rows[TRAIN]].sum()),
        test_share=lines[1]["n_rows"] / int((~case.held_out).sum()),
        second_share=lines[2]["n_rows"] / int(case.held_out.sum()),
        n_repeated=len(case.y) - len(np.unique(case.duplicates)),
    )
    if case.is_demo:
        page.text(DEMO)
    page.text(
        "The study perovskites keeps {n_hold_out} of {n_rows} rows out of training, those with {unseen}: a bit that was"
        " never set says nothing about its element. The way out with bits is to measure such rows, and here they are"
        " added. First the other {n_open} rows are split, and {test_share:.0%} of them are the test; then the hold-out"
        " is added to what is learned from.",
        "But the first test has no row with {unseen} and cannot tell what the new rows were good for. So"
        " {second_share:.0%} of the hold-out, {n_second_test} rows, are kept as a second test, and the other {n_added}"
        " are learned from.",
    )
    page.table(
        "row_sets",
        lines,
        [
            Column("rows", "rows"),
            Column("n_rows", "number", ",d"),
            Column("n_elements", "elements", "d"),
            Column("n_with_unseen", f"with {', '.join(case.unseen)}", "d"),
            Column("mean", f"mean E_hull ({case.unit})", ".3f"),
            Column("spread", "standard deviation", ".3f"),
        ],
        "Each element is one bit on each site, over a vocabulary of {n_vocabulary}"
        + (", and each structure type one bit." if case.categories else "."),
    )
