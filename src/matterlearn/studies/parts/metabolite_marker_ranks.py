"""The first five metabolites, with their sign, and whether they come first on other rows, too."""

from __future__ import annotations

from typing import Any

import numpy as np

from matterlearn.studies.case_page import CasePage
from matterlearn.studies.figures.rank_intervals import rank_intervals
from matterlearn.studies.metabolite_cases import TITLES, MetaboliteCase
from matterlearn.studies.metabolite_markers import ALONE, N_QUICK_SPLITS, N_SPLITS, TOP, Rankings, rank_on_splits
from matterlearn.studies.metabolite_models import LASSO, RIDGE
from matterlearn.studies.page import Column
from matterlearn.studies.run import StudyRun
from matterlearn.studies.selection_stability import selection_stability

LOW, HIGH = 5, 95
"""Percentiles of the ranks."""

N_DRAWN = 12
"""Metabolites in the figure."""


def add_markers(part: CasePage, case: MetaboliteCase, run: StudyRun) -> None:
    """Write the section on the metabolites that a model puts first.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    case : MetaboliteCase
        The table.
    run : StudyRun
        With the seed. A quick study draws fewer splits.
    """
    rankings = rank_on_splits(case, run.seed, N_QUICK_SPLITS if run.quick else N_SPLITS)
    part.section(f"The first five: {TITLES[case.key]}")
    part.add(n_splits=len(rankings.weights[RIDGE]), top=TOP)
    part.text(
        f"The weights are of scaled {case.columns_are}, so they can be compared; + means that more of it speaks for"
        " {_positive}, − for {_negative}. The models of the split above name {_top} each. On {_n_splits} random splits,"
        " that one among them, the same models are fitted again.",
    )
    for name, key in ((RIDGE, "ridge"), (LASSO, "lasso")):
        _add_first(part, case, rankings, name, key)
    _add_stability(part, case, rankings)


def _add_first(part: CasePage, case: MetaboliteCase, rankings: Rankings, name: str, key: str) -> None:
    weights, ranks, first = rankings.weights[name], rankings.ranks[name], rankings.first[name]
    chosen = np.argsort(-np.abs(weights[0]), kind="stable")[:TOP]
    low, middle, high = np.percentile(ranks, [LOW, 50, HIGH], axis=0)
    lines: list[dict[str, Any]] = [
        {
            "metabolite": case.names[column],
            "weight": weights[0, column],
            "sign": "+" if weights[0, column] > 0 else "−",
            "frequency": first[:, column].mean(),
            "kept": rankings.kept[name][:, column].mean(),
            "same_sign": np.mean(np.sign(weights[:, column]) == np.sign(weights[0, column])),
            "rank": middle[column],
            "ranks": f"{low[column]:.0f} to {high[column]:.0f}",
        }
        for column in chosen
    ]
    part.add(**{f"{key}_first": [f"{line['metabolite']} ({line['sign']})" for line in lines]})
    part.table(
        f"first_{key}",
        lines,
        [
            Column("metabolite", f"{case.column_is}, {name}"),
            Column("sign", "sign"),
            Column("weight", "weight", ".2f"),
            Column("frequency", "share of splits among the first", ".0%"),
            *([Column("kept", "share with a weight", ".0%")] if name == LASSO else []),
            Column("same_sign", "same sign", ".0%"),
            Column("rank", "median rank", ".0f"),
            Column("ranks", "ranks, 5 % to 95 %"),
        ],
        f"The first {{_top}} of the {name} model, and how they fare over the splits.",
    )


def _add_stability(part: CasePage, case: MetaboliteCase, rankings: Rankings) -> None:
    lines = []
    keys = {RIDGE: "ridge", LASSO: "lasso", ALONE: "alone"}
    for name, key in keys.items():
        first = rankings.first[name]
        found = selection_stability(first)
        lines.append(_line(f"first {TOP} by {name}", found, first))
        part.add(**{f"stability_{key}": found.value, f"n_ever_{key}": int(first.any(axis=0).sum())})
    kept = rankings.kept[LASSO]
    found = selection_stability(kept)
    lines.append(_line(f"all with a weight, {LASSO}", found, kept))
    part.add(stability_kept=found.value, n_kept_always=int(kept.all(axis=0).sum()), n_kept_mean=kept.sum(axis=1).mean())
    part.table(
        "stability",
        lines,
        [
            Column("what", "what is chosen"),
            Column("size", "mean number", ".1f"),
            Column("ever", "chosen at least once", "d"),
            Column("always", "chosen every time", "d"),
            Column("index", "stability", ".2f"),
            Column("interval", "95 % interval"),
        ],
        "Stability is one minus the variance of the choice over that of a random choice of as many columns (Nogueira,"
        " Sechidis and Brown): 1 if the choice is always the same, 0 if it is drawn. The splits share most of their"
        " rows, so other patients would change the choice more than this says.",
    )
    part.text(
        f"Over the splits {{_n_ever_ridge}} {case.columns_are} come among the first {{_top}} of the L2 model at least"
        " once, {_n_ever_lasso} of the L1 model and {_n_ever_alone} by the difference of their means alone; the"
        " stabilities are {_stability_ridge:.2f}, {_stability_lasso:.2f} and {_stability_alone:.2f}. Of the"
        f" {{_n_kept_mean:.0f}} {case.columns_are} that L1 keeps on average, {{_n_kept_always}} are kept every time"
        " (stability {_stability_kept:.2f}).",
        _said(part, case),
    )
    order = np.argsort(np.median(rankings.ranks[RIDGE], axis=0), kind="stable")[:N_DRAWN]
    part.figure(
        "ranks",
        rank_intervals(
            [case.names[column] for column in order],
            {name: rankings.ranks[name][:, order] for name in (RIDGE, LASSO)},
            (LOW, HIGH),
            TOP,
        ),
        f"Ranks of the {case.columns_are} with the best median rank in the L2 model, over the splits: median, and bars"
        " from the smallest to the largest but for one split in twenty at each end. The grey band marks the"
        " first {_top}. Where L1 gives no weight the rank is the last.",
    )


def _line(what: str, found: Any, chosen: Any) -> dict[str, Any]:
    return {
        "what": what,
        "size": chosen.sum(axis=1).mean(),
        "ever": int(chosen.any(axis=0).sum()),
        "always": int(chosen.all(axis=0).sum()),
        "index": found.value,
        "interval": f"{found.low:.2f} to {found.high:.2f}",
    }


def _said(part: CasePage, case: MetaboliteCase) -> str:
    index = min(part["stability_ridge"], part["stability_lasso"])
    if index < 0.4:
        return (
            f"That is poor: the name of a {case.column_is} in such a list says more about the draw of the rows than"
            " about the disease."
        )
    if index < 0.75:
        return f"That is middling: some {case.columns_are} of the list return, others do not."
    return f"That is good: mostly the same {case.columns_are} return, though that says nothing of why."
